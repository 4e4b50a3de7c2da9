"""What each event does to the job: the lifecycle table of DESIGN.md.

Nothing here knows HTTP, Lambda or botocore: the wish comes in, SageMaker and the clock are handed over, and what goes
out is the answer's
content, or a ``Failure`` with the words for the person at the terminal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from . import identity
from .clock import Clock, backoff
from .errors import Failure, LimitExceeded, NameTaken, NotYet, ServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .identity import Wish
    from .sagemaker import Job

_MOST_ATTEMPTS = 100
"""Names that one wish may use up by being launched, removed and launched again in one stack."""

_LONGEST_BACKOFF = 8.0
_LONGEST_POLL = 15.0
_WORTH_KEEPING = ("InProgress", "Completed")


class Jobs(Protocol):
    """SageMaker, as far as a lifecycle needs it."""

    def create(self, name: str, request: dict[str, object], tags: dict[str, str]) -> str: ...
    def describe(self, name: str) -> Job | None: ...
    def tags(self, arn: str) -> dict[str, str]: ...
    def add_tags(self, arn: str, tags: dict[str, str]) -> None: ...
    def delete_tags(self, arn: str, keys: list[str]) -> None: ...
    def stop(self, name: str) -> None: ...
    def delete_record(self, name: str) -> None: ...


@dataclass(frozen=True)
class Outcome:
    """What CloudFormation is told of an event that went well."""

    physical_id: str
    arn: str = ""
    note: str = ""
    """For the log: what happened, where it is not what the event's name says."""


def create(wish: Wish, jobs: Jobs, clock: Clock) -> Outcome:
    """Start the job that a new resource wishes for, or find the one that this very event has started before."""
    return _start(wish, jobs, clock, adopt_same_request=False)


def update(wish: Wish, old: Wish, physical_id: str, jobs: Jobs, clock: Clock) -> Outcome:
    """Leave the job as it is if the wish is the same, tags aside; else start another, and let CloudFormation delete the
    old one.
    """
    current = jobs.describe(physical_id)
    tags = jobs.tags(current.arn) if current else {}
    if current and wish.owns(tags) and tags.get(identity.DIGEST) == wish.digest:
        _retag(current, tags, wish, old, jobs)
        return Outcome(physical_id, current.arn)
    if old.digest == wish.digest:
        # Somebody deleted the record or took the tags: no reason to spend money again that nobody asked to be spent.
        note = "the request is unchanged, but its job is gone or not tagged as this resource's: nothing was done"
        return Outcome(physical_id, current.arn if current else "", note)
    if wish.given_name is not None and wish.given_name.lower() == physical_id.lower():
        raise Failure(
            f"The tuning job '{physical_id}' can't be changed: SageMaker has no update, and its name is taken "
            "by itself. Give the changed job another tuning_job_name, or leave it out and every change gets a name of "
            "its own"
        )
    return _start(wish, jobs, clock, adopt_same_request=True)


def delete(wish: Wish, physical_id: str, jobs: Jobs, clock: Clock) -> Outcome:
    """Stop the resource's job and wait until it has stopped: its role, network and buckets may be deleted next."""
    found = list(_to_delete(wish, physical_id, jobs))
    for job, ours in found:
        if not ours:
            return Outcome(
                physical_id, note=f"the tuning job '{job.name}' is not this resource's by its tags: left alone"
            )
        if job.status == "InProgress":
            jobs.stop(job.name)
    for job, _ in found:
        _await_end(job, jobs, clock)
        if wish.delete_record:
            jobs.delete_record(job.name)
    return Outcome(physical_id, note="" if found else "no tuning job to stop")


def _start(wish: Wish, jobs: Jobs, clock: Clock, *, adopt_same_request: bool) -> Outcome:
    began = clock.now()
    for attempt in range(_MOST_ATTEMPTS):
        name = wish.name(attempt)
        try:
            return Outcome(name, _create_patiently(name, wish, jobs, clock))
        except NameTaken as error:
            holder = jobs.describe(name)
            if holder is None:
                # Deleted in the meantime, by somebody who may be at work on that name: ours is the next one.
                tags: dict[str, str] = {}
            else:
                tags = jobs.tags(holder.arn)
                if not wish.owns(tags):
                    raise Failure(_taken(holder, tags, wish), error) from error
                if _is_answer(holder, tags, wish, adopt_same_request=adopt_same_request):
                    return Outcome(
                        holder.name, holder.arn, f"'{holder.name}' was started before for the same wish: adopted"
                    )
            if wish.given_name is not None:
                raise Failure(_taken(holder, tags, wish), error) from error
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
    raise Failure(
        f"The tuning job was not started: {_MOST_ATTEMPTS} names of earlier runs of the same request are taken, the "
        f"last is '{name}'. Give it another run='...', or delete records of old tuning jobs"
    )


def _is_answer(holder: Job, tags: dict[str, str], wish: Wish, *, adopt_same_request: bool) -> bool:
    """Whether our own job of that name is what the event asks for.

    It is if this very event started it and then crashed. In an update it also is if an earlier event started it for the
    same wish and it
    has not been spoilt since: that is how a rollback returns to the job that still runs.
    """
    if tags.get(identity.CREATED_BY) == wish.event_id:
        return True
    return adopt_same_request and tags.get(identity.DIGEST) == wish.digest and holder.status in _WORTH_KEEPING


def _create_patiently(name: str, wish: Wish, jobs: Jobs, clock: Clock) -> str:
    began, tries = clock.now(), 0
    while True:
        try:
            return jobs.create(name, wish.request, {**wish.tags, **wish.ownership_tags()})
        except NotYet as error:
            if clock.now() - began >= error.patience or clock.left() <= 0:
                raise
            clock.wait(backoff(tries, _LONGEST_BACKOFF))
            tries += 1


def _retag(job: Job, tags: dict[str, str], wish: Wish, old: Wish, jobs: Jobs) -> None:
    changed = {key: value for key, value in wish.tags.items() if tags.get(key) != value}
    # Only what the resource itself put there goes: the job may carry tags of somebody else's.
    gone = [key for key in old.tags if key in tags and key not in wish.tags]
    if changed:
        jobs.add_tags(job.arn, changed)
    if gone:
        jobs.delete_tags(job.arn, gone)


def _to_delete(wish: Wish, physical_id: str, jobs: Jobs) -> Iterator[tuple[Job, bool]]:
    """The jobs that a deletion is about, each with whether it is ours.

    A marker, or an id that CloudFormation made up because no answer ever came, names no job: then it is those that a
    creation has started
    before it crashed, under the names that this wish has.
    """
    if wish.may_have_named(physical_id):
        job = jobs.describe(physical_id)
        if job is not None:
            yield job, wish.owns(jobs.tags(job.arn))
        return
    created_by = identity.creation(physical_id)
    for attempt in range(1 if wish.given_name is not None else _MOST_ATTEMPTS):
        job = jobs.describe(wish.name(attempt))
        if job is None:
            return
        tags = jobs.tags(job.arn)
        if wish.owns(tags) and created_by in (None, tags.get(identity.CREATED_BY)):
            yield job, True


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


def _taken(holder: Job | None, tags: dict[str, str], wish: Wish) -> str:
    name = wish.name(0) if holder is None else holder.name
    whose = f"is taken by {_owner(tags, wish)}"
    if holder is not None:
        whose += f" (status {holder.status}, created {holder.created:%Y-%m-%d %H:%M:%S} UTC)"
    return (
        f"The tuning job '{name}' was not started: the name {whose}, and that job was not touched. "
        "Choose another tuning_job_name, or leave it out and a name is made up"
    )


def _owner(tags: dict[str, str], wish: Wish) -> str:
    if identity.STACK_ID not in tags:
        return "a tuning job that was not created by this construct"
    logical_id = tags.get(identity.LOGICAL_ID, "?")
    if wish.owns(tags):
        return "an earlier run of this same resource"
    stack = tags[identity.STACK_ID].split("/")
    name = stack[1] if len(stack) > 1 else tags[identity.STACK_ID]
    return f"the tuning job of resource '{logical_id}' in stack '{name}'"
