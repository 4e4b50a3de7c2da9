"""What each event does to the job: the lifecycle table of DESIGN.md.

Nothing here knows HTTP, Lambda or botocore: the wish comes in, SageMaker and the clock are handed over, and what goes
out is the answer's content, or a ``Failure`` with the words for the person at the terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from . import identity
from .clock import backoff
from .errors import Failure, LimitExceeded, NameTaken, NotYet, ServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .clock import Clock
    from .identity import Wish
    from .sagemaker import Job

START_SECONDS = 180.0
"""How long after an event's arrival a job may still be started."""

EVENT_AGE_SECONDS = 600.0
"""How old Lambda lets an event become before it drops it; the construct sets it on the function."""

WATCH_SECONDS = EVENT_AGE_SECONDS + START_SECONDS + 30.0
"""After this, no creation that was under way when a deletion arrived can start a job any more."""

_MOST_ATTEMPTS = 100
"""Names that one wish may use up by being launched, removed and launched again in one stack."""

_MOST_MISSING = 3
"""Names in a row that may be free although a later one is taken: records that somebody deleted by hand."""

_LONGEST_POLL = 15.0
_WORTH_KEEPING = ("InProgress", "Completed")


class Jobs(Protocol):
    """SageMaker, as far as a lifecycle needs it."""

    def create(self, name: str, request: dict[str, object], tags: dict[str, str], *, until: float) -> str: ...
    def describe(self, name: str) -> Job | None: ...
    def tags(self, arn: str) -> dict[str, str]: ...
    def add_tags(self, arn: str, tags: dict[str, str]) -> None: ...
    def delete_tags(self, arn: str, keys: list[str]) -> None: ...
    def stop(self, name: str) -> None: ...
    def delete_record(self, name: str) -> None: ...


class Outcome(NamedTuple):
    """What CloudFormation is told of an event that went well."""

    physical_id: str
    arn: str = ""
    note: str = ""
    """For the log: what happened, where it is not what the event's name says."""


def create(wish: Wish, jobs: Jobs, clock: Clock) -> Outcome:
    """Start the job that a new resource wishes for, or find the one that this very event has started before."""
    return _start(wish, None, jobs, clock)


def update(wish: Wish, old: Wish, physical_id: str, jobs: Jobs, clock: Clock) -> Outcome:
    """Leave the job as it is if the wish is the same, tags aside; else start another.

    CloudFormation deletes the old one once the whole stack has changed.
    """
    current = jobs.describe(physical_id) if identity.is_name(physical_id) else None
    tags = jobs.tags(current.arn) if current else {}
    if current and wish.owns(tags) and tags.get(identity.DIGEST) == wish.digest:
        _retag(current, tags, wish, old, jobs)
        if old.digest != wish.digest:
            _stop_unanswered(old, physical_id, jobs, clock)
        return Outcome(physical_id, current.arn)
    if old.digest == wish.digest:
        # Somebody deleted the record or took the tags: no reason to spend money again that nobody asked to be spent.
        note = "the request is unchanged, but its job is gone or not tagged as this resource's: nothing was done"
        return Outcome(physical_id, current.arn if current else wish.arn_of(physical_id), note)
    if current and wish.given_name is not None and wish.given_name.lower() == physical_id.lower():
        raise Failure(
            f"The tuning job '{physical_id}' can't be changed: SageMaker has no update, and its name is taken by "
            "itself. Give the changed job another tuning_job_name, or leave it out and every change gets a name of "
            "its own"
        )
    if current is None:
        # Maybe a rollback that has nothing to return to.
        _stop_unanswered(old, physical_id, jobs, clock)
    if wish.given_name is None:
        for job, owned in _ours(wish, jobs):
            if job.status in _WORTH_KEEPING:
                return _adopt(job, owned, wish, old, jobs)
    return _start(wish, old, jobs, clock)


def delete(wish: Wish, physical_id: str, jobs: Jobs, clock: Clock) -> Outcome:
    """Stop the resource's job and wait until it has stopped: its role, network and buckets may be deleted next."""
    note = ""
    delete_record = wish.delete_record
    if wish.was_invented(physical_id):
        started = _watch(wish, jobs, clock)
        found = [started] if started else []
        # The creation may be delivered once more: by the record it knows that it has started its job.
        delete_record = False
    elif (event_id := identity.creation(physical_id)) is not None:
        found = [job for job, tags in _ours(wish, jobs) if tags.get(identity.CREATED_BY) == event_id]
    else:
        job = jobs.describe(physical_id)
        found = [job] if job else []
        if job and not wish.owns(jobs.tags(job.arn)):
            found = []
            note = f"the tuning job '{job.name}' is not this resource's by its tags: left alone"
    for job in found:
        if job.status == "InProgress":
            jobs.stop(job.name)
    for job in found:
        _await_end(job, jobs, clock)
        if delete_record:
            jobs.delete_record(job.name)
    return Outcome(physical_id, note=note or ("" if found else "no tuning job to stop"))


def _start(wish: Wish, old: Wish | None, jobs: Jobs, clock: Clock) -> Outcome:
    """Start a job under the first name that is free; ``old`` is the wish that an update replaces."""
    began = clock.now()
    for attempt in range(_MOST_ATTEMPTS):
        name = wish.name(attempt)
        try:
            started = _create_or_find(name, wish, began + START_SECONDS, jobs, clock)
        except LimitExceeded as error:
            raise Failure(
                f"The tuning job '{name}' was not started: a quota of the account is used up. Wait for running jobs "
                "to end, ask for less at a time, or have the quota raised in the Service Quotas console (Amazon "
                "SageMaker), and deploy again",
                error,
            ) from error
        except NotYet as error:
            raise Failure(
                f"The tuning job '{name}' was not started: SageMaker still refused it after "
                f"{clock.now() - began:.0f} s of trying. Mend what it says, or deploy again if it was only busy",
                error,
            ) from error
        except ServiceError as error:
            raise Failure(
                f"The tuning job '{name}' was not started. Change the request as SageMaker says", error
            ) from error
        if isinstance(started, str):
            return Outcome(name, started)
        if not wish.owns(started.tags):
            raise Failure(_taken(started, wish), started.refusal)
        same_event = started.tags.get(identity.CREATED_BY) == wish.event_id
        same_request = started.tags.get(identity.DIGEST) == wish.digest and started.job.status in _WORTH_KEEPING
        if same_event or (old and same_request):
            return _adopt(started.job, started.tags, wish, old, jobs)
        if wish.given_name is not None:
            raise Failure(_taken(started, wish), started.refusal)
    raise Failure(
        f"The tuning job was not started: {_MOST_ATTEMPTS} names of earlier runs of the same request are taken, the "
        f"last is '{name}'. Give it another run='...', or delete records of old tuning jobs"
    )


class _Holder(NamedTuple):
    """The job that has the name, and how the service put that."""

    job: Job
    tags: dict[str, str]
    refusal: NameTaken


def _create_or_find(name: str, wish: Wish, until: float, jobs: Jobs, clock: Clock) -> str | _Holder:
    """The ARN of a new job, or the one that has the name."""
    tags = {**wish.tags, **wish.ownership_tags()}
    tries = 0
    while True:
        try:
            return jobs.create(name, wish.request, tags, until=until)
        except NameTaken as error:
            holder = jobs.describe(name)
            if holder is not None:
                return _Holder(holder, jobs.tags(holder.arn), error)
            # Taken, but not to be seen: just deleted, or just created and not known everywhere yet, maybe by ourselves.
            # Another name now could mean a second job.
            wait = backoff(tries, _LONGEST_POLL)
            if clock.now() + wait > until:
                raise
            clock.wait(wait)
            tries += 1


def _adopt(job: Job, tags: dict[str, str], wish: Wish, old: Wish | None, jobs: Jobs) -> Outcome:
    """Answer with a job that runs already.

    It was started by this very event, which then crashed, or by an earlier one for the same wish, and nothing has
    spoilt it since: that is how a rollback returns to the job that still runs.
    """
    if old:
        _retag(job, tags, wish, old, jobs)
    return Outcome(job.name, job.arn, f"'{job.name}' was started before for the same wish: adopted")


def _retag(job: Job, tags: dict[str, str], wish: Wish, old: Wish, jobs: Jobs) -> None:
    changed = {key: value for key, value in wish.tags.items() if tags.get(key) != value}
    # Only what the resource itself put there goes: the job may carry tags of somebody else's.
    gone = [key for key in old.tags if key in tags and key not in wish.tags]
    if changed:
        jobs.add_tags(job.arn, changed)
    if gone:
        jobs.delete_tags(job.arn, gone)


def _ours(wish: Wish, jobs: Jobs) -> Iterator[tuple[Job, dict[str, str]]]:
    """The jobs of this resource under the names that a wish may have used, each with its tags."""
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


def _unanswered(wish: Wish, jobs: Jobs, clock: Clock) -> Job | None:
    """The running job that the last event with this wish may have started, if CloudFormation never had an answer to it.

    CloudFormation has waited for it no longer than the service timeout: an older job is another event's, and may have
    been kept on purpose. So may one with a newer beside it, for an event starts one job at most.
    """
    earliest = clock.now() - wish.service_timeout - EVENT_AGE_SECONDS
    young = [
        job
        for job, tags in _ours(wish, jobs)
        if not job.ended and job.created.timestamp() >= earliest and tags.get(identity.DIGEST) == wish.digest
    ]
    return max(young, key=lambda job: job.created, default=None)


def _stop_unanswered(old: Wish, physical_id: str, jobs: Jobs, clock: Clock) -> None:
    """In the rollback of an update, stop what that update has started if its function died before it could say so."""
    job = _unanswered(old, jobs, clock)
    if job and job.name.lower() != physical_id.lower():
        jobs.stop(job.name)


def _watch(wish: Wish, jobs: Jobs, clock: Clock) -> Job | None:
    """The job of a creation that CloudFormation had no answer to, and that may still be under way.

    CloudFormation then makes up an id. That there is no job yet proves nothing until the creation can start none.
    """
    until = clock.now() + WATCH_SECONDS
    while True:
        found = _unanswered(wish, jobs, clock)
        if found or clock.now() >= until or clock.left() <= 0:
            return found
        clock.wait(min(_LONGEST_POLL, until - clock.now()))


def _await_end(job: Job, jobs: Jobs, clock: Clock) -> None:
    now: Job | None = job
    tries = 0
    while now is not None and not now.ended:
        if clock.left() <= 0:
            raise Failure(
                f"The tuning job '{job.name}' is still stopping: its trainings take longer to end than this function "
                "may wait. Nothing is lost; run the deletion again in a few minutes"
            )
        clock.wait(backoff(tries, _LONGEST_POLL))
        tries += 1
        now = jobs.describe(job.name)


def _taken(holder: _Holder, wish: Wish) -> str:
    job = holder.job
    return (
        f"The tuning job '{job.name}' was not started: the name is taken by {_owner(holder.tags, wish)} (status "
        f"{job.status}, created {job.created:%Y-%m-%d %H:%M:%S} UTC), and that job was not touched. "
        "Choose another tuning_job_name, or leave it out and a name is made up"
    )


def _owner(tags: dict[str, str], wish: Wish) -> str:
    if identity.STACK_ID not in tags:
        return "a tuning job that was not created by this construct"
    logical_id = tags.get(identity.LOGICAL_ID, "?")
    if wish.owns(tags):
        return "an earlier run of this same resource"
    stack_id = tags[identity.STACK_ID]
    stack = stack_id.split("/")
    name = stack[1] if len(stack) > 1 else stack_id
    if stack[:2] == wish.stack_id.split("/")[:2]:
        return f"the tuning job of resource '{logical_id}' in an earlier stack '{name}', which was deleted"
    return f"the tuning job of resource '{logical_id}' in stack '{name}'"
