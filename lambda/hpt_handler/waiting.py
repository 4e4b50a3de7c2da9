"""Waiting for a tuning job's end: what a poll finds, whether it is good enough, and the best training job's attributes.

As in ``lifecycle.py``, nothing here knows HTTP, Lambda or botocore.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import struct
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from urllib.parse import parse_qs, urlsplit

from .clock import backoff, signed_at
from .errors import Failure, ServiceError
from .lifecycle import START_SECONDS, Outcome

if TYPE_CHECKING:
    from .clock import Clock
    from .lifecycle import Stack
    from .sagemaker import Best, Progress

POLL_SECONDS = 60.0
_FIRST_WAIT = 30.0
"""Seconds before the first poll, in which CloudFormation creates the wait condition: that a signal counts which comes
before it is only suggested by the documentation.
"""

_CALL_SECONDS = 60.0
"""How long a poll tries its call before Step Functions polls again."""

_LAST_CALL_SECONDS = 10.0
"""The least time for the call of the last poll."""

_BEFORE_THE_END = 60.0
"""How many seconds before its timeout a wait ends with a reason; CloudFormation itself would give none."""

_MAY_STILL_ARRIVE = 600.0
"""How long after the end of a wait its signal is sent again; CloudFormation's timeout may come a little late."""

_ELSEWHERE_SECONDS = 20.0
"""How long a job that the stack only refers to is looked for: its name is wrong more often than it is new."""

_LONGEST_LOOK = 15.0
_LONGEST_ID = 1000
_LONGEST_ANSWER = 3500
"""Bytes of a physical id and the attributes together, so that CloudFormation's 4,096 are enough for all else."""

_HYPERPARAMETERS = "HyperParameters"
_RUNNING = ("InProgress", "Stopping")


class Jobs(Protocol):
    """What waiting needs of SageMaker."""

    def progress(self, name: str, until: float = math.inf) -> Progress | None: ...
    def model_url(self, training: str) -> str: ...


class Executions(Protocol):
    """What waiting needs of Step Functions."""

    def start(self, machine: str, name: str, text: str) -> None: ...
    def stop(self, machine: str, name: str, cause: str) -> None: ...


class Gate(NamedTuple):
    """What the best training job's objective must reach."""

    at_least: float | None
    at_most: float | None

    @classmethod
    def of(cls, properties: dict[str, Any]) -> Gate:
        """Read the gate from a resource's properties, or from the state machine's input."""
        least, most = (properties.get(key) for key in ("ObjectiveAtLeast", "ObjectiveAtMost"))
        return cls(None if least is None else float(least), None if most is None else float(most))

    def problem(self, value: float, direction: str) -> str:
        """Return what is required and not reached; an empty string if the value is good enough.

        Both bounds are given only where definitions differ; then the direction of the best one's objective decides.
        """
        least, most = self
        if least is not None and most is not None:
            least, most = (None, most) if direction == "Minimize" else (least, None)
        # SageMaker's values have single precision: 0.83 comes as 0.82999998. NaN reaches nothing.
        if least is not None and not _single(value) >= _single(least):
            return f"at least {_shown(least)}"
        if most is not None and not _single(value) <= _single(most):
            return f"at most {_shown(most)}"
        return ""


class Signal(NamedTuple):
    """The signal to CloudFormation that ends a wait."""

    url: str
    job: str
    reason: str
    """Why the wait fails; empty if the job is accepted."""


class Poll(NamedTuple):
    """What a poll has found: a signal to send, or how many seconds to wait for the next poll."""

    signal: Signal | None = None
    wait: float = POLL_SECONDS


def start(event: dict[str, Any], executions: Executions, clock: Clock) -> Outcome:
    """Begin to wait for the job of a new resource.

    An event that is delivered again finds its execution, which is named after the handle; each wait has its own handle.
    """
    properties = event["ResourceProperties"]
    timeout = float(properties["TimeoutInSeconds"])
    url = properties["HandleUrl"]
    until = min(clock.began + timeout - min(_BEFORE_THE_END, timeout / 2), _url_ends(url) - _BEFORE_THE_END)
    told = {
        "hpt-construct": "poll",
        "TuningJobName": properties["TuningJobName"],
        "HandleUrl": url,
        "Until": until,
        **{key: properties[key] for key in ("ObjectiveAtLeast", "ObjectiveAtMost") if key in properties},
        "poll": {"wait": math.ceil(min(_FIRST_WAIT, max(0.0, (until - clock.now()) / 2)))},
    }
    name = execution(url)
    executions.start(properties["StateMachineArn"], name, json.dumps(told))
    return Outcome(name, data={})


def stop(event: dict[str, Any], executions: Executions) -> Outcome:
    """Stop waiting, because the resource is gone, or no longer has the job that the handle was made for."""
    properties = event["ResourceProperties"]
    name = execution(properties["HandleUrl"])
    executions.stop(properties["StateMachineArn"], name, "CloudFormation no longer waits for this tuning job")
    return Outcome(event["PhysicalResourceId"], data={})


def poll(told: dict[str, Any], jobs: Jobs, clock: Clock) -> Poll:
    """Check a job once."""
    name, url, until = told["TuningJobName"], told["HandleUrl"], told["Until"]
    left = until - clock.now()
    patience = min(_CALL_SECONDS, max(left, _LAST_CALL_SECONDS))
    try:
        progress = _found(name, min(START_SECONDS, left), jobs, clock, patience=patience)
    except ServiceError as error:
        if until - clock.now() > POLL_SECONDS:
            raise
        # The next poll might come too late.
        return Poll(Signal(url, name, str(Failure(_unseen(name), error))))
    if progress and progress.job.status in _RUNNING:
        left = until - clock.now()
        if left > 0:
            # Whole seconds, as Step Functions counts them.
            return Poll(wait=math.ceil(min(POLL_SECONDS, left)))
        return Poll(Signal(url, name, _too_late(progress, clock)))
    return Poll(Signal(url, name, problem(progress, name, Gate.of(told), only_completed=True)))


def _found(name: str, seconds: float, jobs: Jobs, clock: Clock, *, patience: float = math.inf) -> Progress | None:
    """Return a job and its progress, or None if SageMaker says for so many seconds that there is no such job: once is
    not enough, because a new job may not be known everywhere yet. Each call has ``patience`` seconds.
    """
    tries, until = 0, clock.now() + seconds
    while True:
        progress = jobs.progress(name, clock.now() + patience)
        wait = backoff(tries, _LONGEST_LOOK)
        if progress or wait > min(until - clock.now(), clock.left()):
            return progress
        clock.wait(wait)
        tries += 1


def is_past(told: dict[str, Any], clock: Clock) -> bool:
    """Return whether it is too late to send a signal again."""
    return clock.now() > float(told["Until"]) + _MAY_STILL_ARRIVE


def result(event: dict[str, Any], jobs: Jobs, stack: Stack, clock: Clock) -> Outcome:
    """Return the best training job of a tuning job that has ended, as attributes of the resource.

    A rollback returns to what was accepted before, so it refuses nothing, and its answer is the one of then: somebody
    may have deleted the record since, and what uses an attribute that is missing could not be rolled back.
    """
    properties, known = event["ResourceProperties"], _known_answers(event.get("PhysicalResourceId", ""))
    name, old_name = properties["TuningJobName"], event.get("OldResourceProperties", {}).get("TuningJobName")

    def rolls_back() -> bool:
        return event["RequestType"] == "Update" and stack.status().endswith("ROLLBACK_IN_PROGRESS")

    # Where the record is gone, the job's own rollback may have answered another of its names.
    before = known.get(name) or next((told for job, told in known.items() if job != old_name), None)
    if before and rolls_back():
        return _answered({name: before})
    is_waited_for = properties.get("Waited") == "true"
    progress = _found(name, START_SECONDS if is_waited_for else _ELSEWHERE_SECONDS, jobs, clock)
    if progress and progress.job.status in _RUNNING:
        reason = _still_running(progress, is_waited_for=is_waited_for)
    else:
        reason = problem(progress, name, Gate.of(properties), only_completed=is_waited_for)
    if reason and not rolls_back():
        raise Failure(reason)
    best = progress and progress.best
    answers = {name: _attributes(best, jobs.model_url(best.name)) if best else {}}
    if old_name in known:
        answers.setdefault(old_name, known[old_name])
    return _answered(answers)


def problem(progress: Progress | None, name: str, gate: Gate, *, only_completed: bool) -> str:
    """Return why a job that no longer runs is not accepted; an empty string if it is."""
    if progress is None and only_completed:
        return (
            f"The tuning job '{name}' was deleted, so its best training job is not known. Deploy again to start "
            "another one: with another run='...', where rollback is disabled"
        )
    if progress is None:
        return (
            f"There is no tuning job '{name}' in this account and region. Correct the name, or deploy again when the "
            "tuning job has ended"
        )
    job, best = progress.job, progress.best
    if only_completed and job.status != "Completed":
        return {
            "Failed": f"The tuning job '{name}' failed: {job.failure_reason or 'SageMaker gives no reason'}",
            "Stopped": f"The tuning job '{name}' was stopped by somebody before it had ended ({_so_far(progress)}). "
            "Deploy again to start another one: with another tuning_job_name, if you gave one, and with another "
            "run='...', where rollback is disabled",
        }.get(job.status, f"The tuning job '{name}' is {job.status}")
    if best is None or best.value is None:
        return (
            f"The tuning job '{name}' ended ({job.status}) without a training job that has a value of its objective. "
            "See the training jobs' logs, and whether the algorithm emits the metric"
        )
    asked = gate.problem(best.value, best.direction)
    if asked:
        return (
            f"The tuning job '{name}' is not good enough: its best {best.metric} is {_shown(best.value)} (training job "
            f"'{best.name}'), but wait_for_completion requires {asked}. Another threshold judges this tuning job once "
            "more and starts none, except after the rollback of a first deployment"
        )
    return ""


def execution(url: str) -> str:
    """Return the name of the execution that signals to this handle."""
    return hashlib.sha256(url.encode()).hexdigest()


def _too_late(progress: Progress, clock: Clock) -> str:
    passed = _duration(clock.now() - progress.job.created.timestamp())
    return (
        f"The tuning job '{progress.job.name}' has not ended {passed} after its start: {_so_far(progress)}. Give "
        "wait_for_completion more time, or the tuning job less to do"
    )


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (0 if hours else rest, "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 s"


def _unseen(name: str) -> str:
    return (
        f"Whether the tuning job '{name}' has ended is not known: SageMaker refused to describe it until the time of "
        "wait_for_completion was over. Fix the cause and deploy again"
    )


def _still_running(progress: Progress, *, is_waited_for: bool) -> str:
    what = f"The tuning job '{progress.job.name}' is still running ({_so_far(progress)})"
    if is_waited_for:
        return (
            f"{what}, and the deployment did not wait for it: a value that the template only refers to has changed and "
            "started it, or CloudFormation has counted a signal of an earlier deployment. Deploy again with another "
            "timeout of wait_for_completion"
        )
    return f"{what}, so its best training job is not known yet. Deploy again when it has ended"


def _so_far(progress: Progress) -> str:
    of = "" if progress.total is None else f" of {progress.total}"
    best = progress.best
    shown = f", best {best.metric} {_shown(best.value)}" if best and best.value is not None else ""
    return f"{progress.completed}{of} training jobs completed{shown}"


def _attributes(best: Best, model_url: str) -> dict[str, str]:
    known = {
        "TrainingJobName": best.name,
        "TrainingJobArn": best.arn,
        "ModelDataUrl": model_url,
        "ObjectiveValue": "" if best.value is None else repr(best.value),
        "DefinitionName": best.definition,
        _HYPERPARAMETERS: json.dumps(best.hyperparameters, separators=(",", ":")),
    }
    # A missing attribute fails a deployment that uses it, and names it; an empty model would not.
    return _with_each_hyperparameter({name: value for name, value in known.items() if value})


def _with_each_hyperparameter(attributes: dict[str, str]) -> dict[str, str]:
    """Return all attributes, the more important first: an answer that is too long drops some from the end."""
    together = {_HYPERPARAMETERS: attributes[_HYPERPARAMETERS]}
    each = {f"{_HYPERPARAMETERS}.{name}": value for name, value in json.loads(together[_HYPERPARAMETERS]).items()}
    return {**{name: value for name, value in attributes.items() if name not in together}, **each, **together}


def _answered(answers: dict[str, dict[str, str]]) -> Outcome:
    """Return the first of the answers, each by its tuning job, with an id that a rollback finds the others in.

    An update's event has the id of the answer before, and so has the event of its rollback, which nothing else tells
    what was answered before the update. The answer itself has the first claim on the bytes that it may have.
    """
    [(name, data), *_] = answers.items()
    room = min(_LONGEST_ID, _LONGEST_ANSWER - len(json.dumps(data)))
    kept = [
        (job, {key: value for key, value in told.items() if not key.startswith(f"{_HYPERPARAMETERS}.")})
        for job, told in answers.items()
        if told
    ]
    while kept:
        text = zlib.compress(json.dumps(kept, separators=(",", ":")).encode())
        physical_id = f"{name}/{base64.urlsafe_b64encode(text).decode()}"
        if len(physical_id) <= room:
            return Outcome(physical_id, data=data)
        kept.pop()
    return Outcome(name, data=data)


def _known_answers(physical_id: str) -> dict[str, dict[str, str]]:
    """Return the answers that an id has kept, by their tuning jobs."""
    try:
        kept = json.loads(zlib.decompress(base64.urlsafe_b64decode(physical_id.partition("/")[2])))
    except (ValueError, zlib.error):
        return {}
    return {job: _with_each_hyperparameter(attributes) for job, attributes in kept}


def _url_ends(url: str) -> float:
    """Return when the signature of a URL expires, if the URL says so."""
    signed, expires = signed_at(url), parse_qs(urlsplit(url).query).get("X-Amz-Expires", [""])[0]
    return signed + float(expires) if signed is not None and expires.isdecimal() else math.inf


def _single(value: float) -> float:
    single: float = struct.unpack("f", struct.pack("f", value))[0]
    return single


def _shown(value: float) -> str:
    return f"{value:.7g}"
