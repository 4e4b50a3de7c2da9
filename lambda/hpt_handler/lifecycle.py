"""What each event does to the job: the lifecycle table of DESIGN.md.

Nothing here knows HTTP, Lambda or botocore: the functions take the wish and the services (SageMaker, the stack, the
clock), and return the answer's content, or raise a ``Failure`` with the message for the person at the terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, NoReturn, Protocol

from . import identity
from .clock import backoff
from .errors import ComeAgain, ExplicitlyDenied, Failure, LimitExceeded, NameTaken, NotYet, ServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from .clock import Clock
    from .identity import Wish
    from .sagemaker import Job

START_SECONDS = 180.0
"""How long after its invocation the function may still start a job."""

EVENT_AGE_SECONDS = 600.0
"""The age that Lambda lets no event exceed; the construct sets it on the function."""

WATCH_SECONDS = EVENT_AGE_SECONDS + START_SECONDS + 30.0
"""The time after which no creation that was under way when a deletion arrived can start a job any more."""

HOLD_SECONDS = 10.0
"""How long a deletion that has told its job to stop waits before it makes room for the next one.

Where few functions may run at a time, Lambda doubles the pause before it tries a throttled event again, up to five
minutes. So runs have to be short, or the last jobs run on for a quarter of an hour before they are told to stop.
"""

_MOST_ATTEMPTS = 100
"""The most names that one wish may use up when it is launched, removed and launched again in one stack."""

_MOST_MISSING = 3
"""The most names in a row that may be free although a later one is taken, because somebody deleted their records."""

_CLOCKS_DIFFER = 10.0
"""How many seconds the clocks of CloudFormation and SageMaker may differ at most."""

_LONGEST_POLL = 15.0
_WORTH_KEEPING = ("InProgress", "Completed")
_GOES_FORWARD = "UPDATE_IN_PROGRESS"


class Jobs(Protocol):
    """What a lifecycle needs of SageMaker."""

    def create(self, name: str, request: dict[str, object], tags: dict[str, str], *, until: float) -> str: ...
    def describe(self, name: str) -> Job | None: ...
    def tags(self, arn: str) -> dict[str, str]: ...
    def add_tags(self, arn: str, tags: dict[str, str]) -> None: ...
    def delete_tags(self, arn: str, keys: list[str]) -> None: ...
    def stop(self, name: str) -> None: ...
    def delete_record(self, name: str) -> None: ...


class Stack(Protocol):
    """What a lifecycle needs of CloudFormation; an empty answer means that CloudFormation can't be asked."""

    refusal: ServiceError | None
    """Why CloudFormation has not answered, if it has not."""

    def status(self) -> str: ...
    def updated_at(self) -> datetime | None: ...
    def physical_id(self, logical_id: str) -> str: ...


class Services(NamedTuple):
    """The services that a decision can use."""

    jobs: Jobs
    stack: Stack
    clock: Clock


class Outcome(NamedTuple):
    """The answer to CloudFormation about an event that succeeded."""

    physical_id: str
    arn: str = ""
    note: str = ""
    """For the log: what happened, if the event's name does not say it."""
    data: dict[str, str] | None = None
    """The attributes, if they are not just the job's name and ARN."""


class GivenUpEvent(NamedTuple):
    """Why Lambda has given up an event of the stack's function, which the second function now answers."""

    condition: str
    """``EventAgeExceeded`` or ``RetriesExhausted``."""
    crashed: bool
    """Whether a run of the function ended with an error."""


def create(wish: Wish, services: Services) -> Outcome:
    """Start a new resource's job, or find the one that this same event has already started."""
    return _start(wish, None, "", services)


def update(wish: Wish, old: Wish, physical_id: str, services: Services) -> Outcome:
    """Leave the job as it is if the wish is the same apart from tags; otherwise start another.

    CloudFormation deletes the old job once the whole stack has changed. A rollback never starts a job: it returns to
    the previous one, whatever its state.
    """
    jobs, stack, _ = services
    current = jobs.describe(physical_id) if identity.is_name(physical_id) else None
    tags = jobs.tags(current.arn) if current else {}
    if current and wish.owns(tags) and tags.get(identity.DIGEST) == wish.digest:
        _retag(current, tags, wish, old, jobs)
        if old.digest != wish.digest:
            _stop_unanswered(old, physical_id, current, services)
        return Outcome(physical_id, current.arn)
    is_ours = current is not None and wish.owns(tags)
    never_created = identity.creation(physical_id) is not None or (
        current is None and wish.was_invented(physical_id) and old.was_invented(physical_id)
    )
    if old.digest == wish.digest and not is_ours and not never_created:
        # Somebody deleted the record or the tags. That is no reason to spend money again, which nobody asked for.
        note = "the request is unchanged, but its job is gone or not tagged as this resource's: nothing was done"
        return Outcome(physical_id, current.arn if current else wish.arn_of(physical_id), note)
    known = [(job, tags) for job, tags in _ours(wish, jobs) if tags.get(identity.DIGEST) == wish.digest]
    status = stack.status()
    if status not in ("", _GOES_FORWARD):
        _stop_own(wish, known, physical_id, services)
        if not _rolls_back(status):
            raise Failure(f"CloudFormation no longer waits for this update: the stack is {status}")
        _stop_unanswered(old, physical_id, None, services)
        _stop_answered(current if is_ours else None, tags, services)
        if known:
            return _adopt(*_best(known), wish, old, jobs)
        was_created = not never_created and (not current or identity.REPLACES in tags)
        return _go_back_to_nothing(wish, was_created=was_created)
    if known and _best(known)[0].status in _WORTH_KEEPING:
        return _adopt(*_best(known), wish, old, jobs)
    _check_that_it_may_start(wish, physical_id, current, status, stack)
    runs = current is not None and is_ours and current.status == "InProgress"
    return _start(wish, old, "" if never_created else physical_id, services, holds_quota=runs)


def delete(wish: Wish, physical_id: str, services: Services, given_up: GivenUpEvent | None = None) -> Outcome:
    """Stop the resource's job and wait for its end, because its role, network and buckets may be deleted next."""
    jobs = services.jobs
    note = ""
    delete_record = wish.removal_policy == "destroy"
    named = jobs.describe(physical_id) if identity.is_name(physical_id) else None
    if named:
        found, note = _to_delete(named, wish, services)
    elif (event_id := identity.creation(physical_id)) is not None:
        started = [job for job, _ in _started_by(event_id, wish, jobs)]
        found = _not_answered_with(started, wish, services)
    elif wish.was_invented(physical_id):
        found = _watch(wish, physical_id, services)
        # The creation may be delivered once more, and then knows by the record that it has started its job.
        delete_record = False
    else:
        found = []
    for job in found:
        if job.status == "InProgress":
            jobs.stop(job.name)
    for job in found:
        is_there = _await_end(job, services, patient=given_up is not None)
        if is_there and delete_record:
            jobs.delete_record(job.name)
    return Outcome(physical_id, note=note or ("" if found else "no tuning job to stop"))


def give_up(wish: Wish, physical_id: str, services: Services, given_up: GivenUpEvent) -> NoReturn:
    """Stop what a creation or an update has started before Lambda gave it up, and say so.

    A creation comes without a physical id.
    """
    why = {
        ("EventAgeExceeded", False): "The function was too busy with other events",
        ("EventAgeExceeded", True): "The function has crashed, and the next try would have come too late",
        ("RetriesExhausted", True): "The function has crashed three times",
    }.get(given_up, "Lambda has given up the event")
    what = "it left no tuning job running"
    try:
        for job, _ in _started_by(wish.event_id, wish, services.jobs):
            if _stop(job, wish, physical_id, services):
                what = f"the tuning job '{job.name}' was started and is being stopped"
            elif job.status == "InProgress":
                what = f"the tuning job '{job.name}' was started and has the name of the resource's job, so it runs"
    except ServiceError as error:
        raise Failure(f"{why}, and SageMaker refused a call. {identity.trace(wish.event_id)}", error) from error
    raise Failure(
        f"{why}; {what}. Deploy again; if this happens often, see the function's log and how many functions the "
        "account may run at a time"
    )


def _check_that_it_may_start(wish: Wish, physical_id: str, current: Job | None, status: str, stack: Stack) -> None:
    """Raise a failure if an update can't start a job, or mustn't."""
    if current and wish.given_name is not None and wish.given_name.lower() == physical_id.lower():
        raise Failure(
            f"The tuning job '{physical_id}' can't be changed: SageMaker can't update a tuning job, and a new one "
            "needs another name. Give the changed job another tuning_job_name, or leave it out, so that every change "
            "gets its own name"
        )
    if not status:
        raise Failure(
            f"The tuning job '{wish.name(0)}' was not started: CloudFormation did not tell whether it rolls the stack "
            "back, and a rollback must start none. If a policy denies the function cloudformation:DescribeStacks, have "
            "it allowed. Then deploy again, or continue the rollback",
            stack.refusal,
        )
    if stack.physical_id(wish.logical_id).lower() not in ("", physical_id.lower()):
        raise Failure("This update was carried out before: Lambda has delivered it once more")


def _go_back_to_nothing(wish: Wish, *, was_created: bool) -> Outcome:
    """End a rollback that has no job to return to: its record is gone, or its creation had failed."""
    name = wish.name(0)
    note = f"a rollback starts nothing, and there is no '{name}' to return to"
    # A marker tells the next update to start the job.
    return Outcome(name if was_created else identity.marker(wish.event_id), wish.arn_of(name), note)


def _best(known: list[tuple[Job, dict[str, str]]]) -> tuple[Job, dict[str, str]]:
    """Return the job to adopt: preferably one that has or will have results, the newest of them."""
    return min(known, key=lambda each: (each[0].status not in _WORTH_KEEPING, -each[0].created.timestamp()))


def _start(wish: Wish, old: Wish | None, replaces: str, services: Services, *, holds_quota: bool = False) -> Outcome:
    """Start a job under the first free name. For an update, ``old`` is the wish and ``replaces`` the job that it
    replaces, if there was one, and ``holds_quota`` says whether that one runs.
    """
    jobs, _, clock = services
    tags = wish.tags_at_creation(replaces)
    for attempt in range(_MOST_ATTEMPTS):
        name = wish.name(attempt)
        try:
            started = _create_or_find(name, wish, tags, services)
        except ServiceError as error:
            if holds_quota and isinstance(error, LimitExceeded):
                raise Failure(_no_room_for_both(name, replaces), error) from error
            raise Failure(_not_started(name, wish, error, clock), error) from error
        if isinstance(started, str):
            if old:
                _stop_if_overtaken(name, wish, services)
            return Outcome(name, started)
        if not wish.owns(started.tags):
            raise Failure(_taken(started, wish), started.refusal)
        same_event = started.tags.get(identity.CREATED_BY) == wish.event_id
        same_request = started.tags.get(identity.DIGEST) == wish.digest and started.job.status in _WORTH_KEEPING
        if same_event and old:
            _stop_if_overtaken(name, wish, services)
        if same_event or (old and same_request):
            return _adopt(started.job, started.tags, wish, old, jobs)
        if wish.given_name is not None:
            raise Failure(_taken(started, wish), started.refusal)
    raise Failure(
        f"The tuning job was not started: {_MOST_ATTEMPTS} names of earlier runs of the same request are taken, the "
        f"last is '{name}'. Give it another run='...', or delete records of old tuning jobs"
    )


def _not_started(name: str, wish: Wish, error: ServiceError, clock: Clock) -> str:
    if isinstance(error, NameTaken):
        return (
            f"It is not known whether the tuning job '{name}' was started: its name is taken, but SageMaker shows no "
            f"such job. If it runs and has the tag {identity.CREATED_BY} with the value {wish.event_id}, stop it. "
            "Then deploy again"
        )
    if isinstance(error, LimitExceeded):
        return (
            f"The tuning job '{name}' was not started: a quota of the account is used up. Wait for running jobs to "
            "end, use less at a time, or have the quota raised in the Service Quotas console (Amazon SageMaker), and "
            "deploy again"
        )
    if isinstance(error, ExplicitlyDenied):
        return (
            f"The tuning job '{name}' was not started: a policy denies it explicitly. Such policies often require a "
            "network (VpcConfig), keys (VolumeKmsKeyId, KmsKeyId), EnableNetworkIsolation or "
            "EnableInterContainerTrafficEncryption; ask who maintains the policy"
        )
    if isinstance(error, NotYet):
        return (
            f"The tuning job '{name}' was not started: SageMaker still refused it after "
            f"{clock.now() - clock.began:.0f} s of retries. Fix what it says, or deploy again if it was only busy"
        )
    if "WarmStartConfig" in wish.request:
        # A pipeline that deploys everything started the parent a minute ago, so nothing is wrong with the request.
        return (
            f"The tuning job '{name}' was not started. If a parent of its warm start still runs, deploy again when it "
            "has ended; otherwise change the request as SageMaker says"
        )
    return f"The tuning job '{name}' was not started. Change the request as SageMaker says"


def _no_room_for_both(name: str, replaced: str) -> str:
    return (
        f"The tuning job '{name}' was not started: a quota of the account is used up, and the tuning job '{replaced}', "
        f"which it replaces, runs and counts until the deployment has succeeded. Stop that one (hpt stop {replaced}), "
        "use less at a time, or have the quota raised in the Service Quotas console (Amazon SageMaker), and deploy "
        "again"
    )


class _Holder(NamedTuple):
    """The job that has the name, and the service's refusal."""

    job: Job
    tags: dict[str, str]
    refusal: NameTaken


def _create_or_find(name: str, wish: Wish, tags: dict[str, str], services: Services) -> str | _Holder:
    """Return the ARN of a new job, or the job that has the name."""
    jobs, _, clock = services
    until = clock.began + START_SECONDS
    tries = 0
    while True:
        try:
            return jobs.create(name, wish.request, tags, until=until)
        except NameTaken as error:
            holder = jobs.describe(name)
            if holder is not None:
                return _Holder(holder, jobs.tags(holder.arn), error)
            # Taken but not visible: just deleted, or just created (maybe by us) and not known everywhere yet. To try
            # another name now could start a second job.
            wait = backoff(tries, _LONGEST_POLL)
            if clock.now() + wait > until:
                raise
            clock.wait(wait)
            tries += 1


def _adopt(job: Job, tags: dict[str, str], wish: Wish, old: Wish | None, jobs: Jobs) -> Outcome:
    """Answer with an existing job.

    This same event started it and then crashed, or an earlier event started it for the same wish.
    """
    if old:
        _retag(job, tags, wish, old, jobs)
    return Outcome(job.name, job.arn, f"'{job.name}' ({job.status}) was started before for the same request: adopted")


def _retag(job: Job, tags: dict[str, str], wish: Wish, old: Wish, jobs: Jobs) -> None:
    """Give a job that exists the tags that are wished for now."""
    wanted = wish.tags_later(tags, old)
    gone = [key for key in tags if key not in wanted]
    changed = {key: value for key, value in wanted.items() if tags.get(key) != value}
    # In this order, because a job has no room for the old ones and the new ones.
    if gone:
        jobs.delete_tags(job.arn, gone)
    if changed:
        jobs.add_tags(job.arn, changed)


def _ours(wish: Wish, jobs: Jobs) -> Iterator[tuple[Job, dict[str, str]]]:
    """Yield this resource's jobs under the names that a wish may have used, each with its tags."""
    missing = 0
    for attempt in range(1 if wish.given_name is not None else _MOST_ATTEMPTS):
        job = jobs.describe(wish.name(attempt))
        if job is None:
            missing += 1
            if missing == _MOST_MISSING:
                return
            continue
        missing = 0
        tags = jobs.tags(job.arn)
        if wish.owns(tags):
            yield job, tags


def _started_by(event_id: str, wish: Wish, jobs: Jobs) -> Iterator[tuple[Job, dict[str, str]]]:
    """Yield what an event has started: one job at most."""
    for job, tags in _ours(wish, jobs):
        if tags.get(identity.CREATED_BY) == event_id:
            yield job, tags


def _unanswered(wish: Wish, jobs: Jobs) -> Iterator[Job]:
    """Yield the jobs that an event with this wish may have started without an answer to CloudFormation.

    Jobs that RETAIN keeps are not among them. Under RETAIN_ON_UPDATE_OR_DELETE, every job has a mark.
    """
    for job, tags in _ours(wish, jobs):
        mark = tags.get(identity.REMOVAL_POLICY)
        may_go = mark is None or mark == wish.mark == identity.KEPT_ONCE_CREATED
        if tags.get(identity.DIGEST) == wish.digest and may_go:
            yield job


def _stop_unanswered(old: Wish, physical_id: str, current: Job | None, services: Services) -> None:
    """In the rollback of an update, stop the job of that update if the function crashed before it could answer.

    That job is younger than the current one, and an event starts one at most: if the newest has ended, an earlier
    delivery of this event has stopped it.
    """
    found = [
        job
        for job in _unanswered(old, services.jobs)
        if job.name.lower() != physical_id.lower() and (current is None or job.created >= current.created)
    ]
    if found and _rolls_back(services.stack.status()):
        _stop(max(found, key=lambda job: job.created), old, physical_id, services)


def _stop_answered(current: Job | None, tags: dict[str, str], services: Services) -> None:
    """In the rollback of an update, stop the job that the update was answered with.

    The clean-up does not always delete it: the job may have taken the name of the one that the resource returns to, or
    another resource's rollback fails, and the user deletes the stack. If the job is older than the update, it is the
    one to return to, because the event is the update itself, which comes late.
    """
    if current and current.status == "InProgress" and identity.REMOVAL_POLICY not in tags:
        began = services.stack.updated_at()
        if began and current.created >= began:
            services.jobs.stop(current.name)


def _rolls_back(status: str) -> bool:
    """Return whether a rollback may be under way. Lambda may deliver its event once more when it has ended: a later
    deployment may then have the job that the update had.
    """
    return not status or status.endswith("ROLLBACK_IN_PROGRESS")


def _stop(job: Job, wish: Wish, physical_id: str, services: Services) -> bool:
    """Stop a job unless CloudFormation has it as the resource's job; return whether it was stopped.

    An update comes with a physical id. If CloudFormation has neither that nor the job, the update was answered and the
    next one is under way, whose rollback would return to the job.
    """
    if job.status != "InProgress":
        return False
    known = services.stack.physical_id(wish.logical_id).lower()
    if known == job.name.lower() or (physical_id and known not in ("", physical_id.lower())):
        return False
    services.jobs.stop(job.name)
    return True


def _stop_own(wish: Wish, known: list[tuple[Job, dict[str, str]]], physical_id: str, services: Services) -> None:
    """Stop what this same event has started, if its update has been rolled back in the meantime."""
    for job, tags in known:
        if tags.get(identity.CREATED_BY) == wish.event_id and _stop(job, wish, physical_id, services):
            raise _overtaken(job.name)


def _stop_if_overtaken(name: str, wish: Wish, services: Services) -> None:
    """Stop the job that an update has just started, if CloudFormation has given up the update in the meantime.

    The rollback looks for the job too. It may look too early, but never before the stack's status shows the rollback,
    so one of the two notices the other.
    """
    jobs, stack, _ = services
    if stack.status() in ("", _GOES_FORWARD):
        return
    # If the event was delivered twice at a time, the other delivery may have answered with this job.
    if stack.physical_id(wish.logical_id).lower() != name.lower():
        jobs.stop(name)
        raise _overtaken(name)


def _overtaken(name: str) -> Failure:
    return Failure(
        f"The tuning job '{name}' was started and is being stopped, because CloudFormation has given up this update in "
        "the meantime. Deploy again when the stack has been rolled back"
    )


def _to_delete(named: Job, wish: Wish, services: Services) -> tuple[list[Job], str]:
    """Return the job that a deletion names, with those that it has left behind; or why it is left alone."""
    tags = services.jobs.tags(named.arn)
    if not wish.owns(tags):
        return [], f"by its tags, the tuning job '{named.name}' does not belong to this resource: left alone"
    created, now = named.created.timestamp(), services.clock.now()
    # A job of the future shows that the clocks can't be compared, as in a sandbox that runs faster than life.
    if wish.sent is not None and wish.sent + _CLOCKS_DIFFER < created <= now + _CLOCKS_DIFFER:
        # Lambda delivers the deletion of an earlier job of this name once more, whose record is gone.
        return [], f"the tuning job '{named.name}' is younger than this deletion: left alone"
    return [named, *_left_behind(named, tags, wish, services)], ""


def _left_behind(deleted: Job, tags: dict[str, str], wish: Wish, services: Services) -> Iterator[Job]:
    """Yield the job that the deleted one replaced, if it still runs although CloudFormation has lost track of it; and
    the one before that, as long as they run.

    This happens after a failed rollback, when the stack is deleted or the resource skipped. Before that, an update may
    have failed while rollback was disabled, and another one.
    """
    jobs = services.jobs
    names = {deleted.name.lower()}
    while (name := tags.get(identity.REPLACES)) and name.lower() not in names:
        names.add(name.lower())
        job = jobs.describe(name)
        if job is None or job.ended:
            return
        tags = jobs.tags(job.arn)
        is_kept = not wish.owns(tags) or identity.REMOVAL_POLICY in tags
        if is_kept or services.stack.physical_id(wish.logical_id).lower() in ("", name.lower()):
            return
        yield job


def _watch(wish: Wish, physical_id: str, services: Services) -> list[Job]:
    """Return the jobs of creations that never answered CloudFormation and may still be under way.

    CloudFormation has then made up an id. That no job exists proves nothing while the creation can still start one. Nor
    does one that is older than the last update: while rollback was disabled, each of several creations may have started
    a job. One that has ended counts: an earlier delivery of this deletion has stopped it.
    """
    jobs, stack, clock = services
    until = (wish.sent or clock.began) + WATCH_SECONDS
    began = stack.updated_at()
    while True:
        found = sorted(_not_answered_with(list(_unanswered(wish, jobs)), wish, services), key=lambda job: job.created)
        # Without a time, only the newest of jobs that are kept once they are created can be one without an answer.
        candidates = found[-1:] if wish.mark and not began else found
        new = [job for job in candidates if (job.created >= began if began else not job.ended)]
        if new or clock.now() >= until or clock.left() <= 0:
            break
        clock.wait(min(_LONGEST_POLL, until - clock.now()))
    if not wish.mark:
        return found
    # Jobs are kept once they are created, so an older one may be such a job. But if the resource was created again, the
    # creation without an answer was that of an earlier update.
    is_earlier = stack.physical_id(wish.logical_id).lower() not in ("", physical_id.lower())
    return (found if is_earlier else new)[-1:]


def _not_answered_with(found: list[Job], wish: Wish, services: Services) -> list[Job]:
    """Leave out the job that CloudFormation has as the resource's: a later event has adopted it."""
    known = services.stack.physical_id(wish.logical_id).lower() if found else ""
    return [job for job in found if job.name.lower() != known]


def _await_end(job: Job, services: Services, *, patient: bool) -> bool:
    """Wait until a job has ended, and return whether its record is still there.

    One that was found stopping is waited for only if ``patient``: others need the place more. If Lambda has delivered
    the deletion twice, the other delivery may have deleted the record, and another job have the name.
    """
    jobs, _, clock = services
    now: Job | None = job
    tries = 0
    while now is not None and now.created == job.created and not now.ended:
        if not patient and (job.status != "InProgress" or clock.now() - clock.began >= HOLD_SECONDS):
            raise ComeAgain(f"'{job.name}' is still stopping: Lambda delivers the event again in a minute or two")
        if clock.left() <= 0:
            raise Failure(
                f"The tuning job '{job.name}' is still stopping: its training jobs take longer to end than this "
                "function may wait. Nothing is lost; run the deletion again in a few minutes"
            )
        clock.wait(backoff(tries, _LONGEST_POLL))
        tries += 1
        now = jobs.describe(job.name)
    return now is not None and now.created == job.created


def _taken(holder: _Holder, wish: Wish) -> str:
    job = holder.job
    return (
        f"The tuning job '{job.name}' was not started: the name is taken by {_owner(holder.tags, wish)} (status "
        f"{job.status}, created {job.created:%Y-%m-%d %H:%M:%S} UTC), and that job was not touched. "
        "Choose another tuning_job_name, or leave it out and a name is generated"
    )


def _owner(tags: dict[str, str], wish: Wish) -> str:
    if identity.STACK_ID not in tags:
        return "a tuning job that was not created by this construct"
    logical_id = tags.get(identity.LOGICAL_ID, "?")
    if wish.owns(tags):
        return "an earlier run of this same resource"
    stack_id = tags[identity.STACK_ID]
    if stack_id == wish.stack_id:
        return f"the tuning job of resource '{logical_id}' in this same stack"
    stack = stack_id.split("/")
    name = stack[1] if len(stack) > 1 else stack_id
    if stack[:2] == wish.stack_id.split("/")[:2]:
        return f"the tuning job of resource '{logical_id}' in an earlier stack '{name}', which was deleted"
    return f"the tuning job of resource '{logical_id}' in stack '{name}'"
