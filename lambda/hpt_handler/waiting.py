"""Waiting for the end of a job: what a poll finds, whether it is good enough, and what is told of the best training.

Nothing here knows HTTP, Lambda or botocore, as in ``lifecycle.py``.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from urllib.parse import parse_qs, urlsplit

from .errors import Failure
from .lifecycle import Outcome

if TYPE_CHECKING:
    from .clock import Clock
    from .lifecycle import Stack
    from .sagemaker import Best, Progress

POLL_SECONDS = 60.0
_CALL_SECONDS = 60.0
"""For how long a poll tries its call; then Step Functions polls again."""

_BEFORE_THE_END = 60.0
"""Seconds before its timeout that a wait is ended with a reason: CloudFormation alone would give none."""

_MAY_STILL_ARRIVE = 600.0
"""For how long after its time a signal is sent again; CloudFormation's timeout may come a little late."""

_RUNNING = ("InProgress", "Stopping")


class Jobs(Protocol):
    """SageMaker, as far as waiting needs it."""

    def progress(self, name: str, until: float = math.inf) -> Progress | None: ...
    def model_url(self, training: str) -> str: ...


class Executions(Protocol):
    """Step Functions, as far as waiting needs it."""

    def start(self, machine: str, name: str, text: str) -> None: ...
    def stop(self, machine: str, name: str, cause: str) -> None: ...


class Gate(NamedTuple):
    """What the best training has to come to."""

    at_least: float | None
    at_most: float | None

    @classmethod
    def of(cls, properties: dict[str, Any]) -> Gate:
        """The gate in a resource's properties, or in what they were handed over to."""
        least, most = (properties.get(key) for key in ("ObjectiveAtLeast", "ObjectiveAtMost"))
        return cls(None if least is None else float(least), None if most is None else float(most))

    def problem(self, value: float, direction: str) -> str:
        """What is asked for and not reached; nothing if the value is good enough.

        There are both only where definitions differ: then the direction of the best one's objective decides.
        """
        least, most = self
        if least is not None and most is not None:
            least, most = (None, most) if direction == "Minimize" else (least, None)
        # SageMaker's values have single precision: 0.83 comes as 0.82999998. A value that is no number reaches nothing.
        if least is not None and not _single(value) >= _single(least):
            return f"at least {_shown(least)}"
        if most is not None and not _single(value) <= _single(most):
            return f"at most {_shown(most)}"
        return ""


class Signal(NamedTuple):
    """What CloudFormation is told of a wait that is over."""

    url: str
    job: str
    reason: str
    """Why it fails; nothing if the job is accepted."""


class Poll(NamedTuple):
    """What a poll has found: a signal to be sent, or how many seconds to wait for the next one."""

    signal: Signal | None = None
    wait: float = POLL_SECONDS


def start(event: dict[str, Any], executions: Executions, clock: Clock) -> Outcome:
    """Begin to wait for the job of a new resource.

    Delivered again, it finds its execution: that has the name of the handle, of which there is one a wait.
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
        "TimeoutInSeconds": timeout,
        **{key: properties[key] for key in ("ObjectiveAtLeast", "ObjectiveAtMost") if key in properties},
        "poll": {"wait": 0},
    }
    name = execution(url)
    executions.start(properties["StateMachineArn"], name, json.dumps(told))
    return Outcome(name, data={})


def stop(event: dict[str, Any], executions: Executions) -> Outcome:
    """Wait no longer: the resource is gone, or its job is not the one any more that the handle was made for."""
    properties = event["ResourceProperties"]
    name = execution(properties["HandleUrl"])
    executions.stop(properties["StateMachineArn"], name, "CloudFormation does not wait for this tuning job any more")
    return Outcome(event["PhysicalResourceId"], data={})


def poll(told: dict[str, Any], jobs: Jobs, clock: Clock) -> Poll:
    """Look after a job once."""
    name, url, until = told["TuningJobName"], told["HandleUrl"], told["Until"]
    progress = jobs.progress(name, clock.now() + _CALL_SECONDS)
    if progress and progress.job.status in _RUNNING:
        left = until - clock.now()
        if left > 0:
            # Whole seconds, as Step Functions counts them.
            return Poll(wait=math.ceil(min(POLL_SECONDS, left)))
        return Poll(Signal(url, name, _too_late(progress, float(told["TimeoutInSeconds"]))))
    return Poll(Signal(url, name, problem(progress, name, Gate.of(told), only_completed=True)))


def is_past(told: dict[str, Any], clock: Clock) -> bool:
    """Whether a signal that does not arrive is of no use any more."""
    return clock.now() > float(told["Until"]) + _MAY_STILL_ARRIVE


def result(event: dict[str, Any], jobs: Jobs, stack: Stack) -> Outcome:
    """The best training of a job that has ended, as attributes of the resource.

    A rollback goes back to what was accepted before: nothing is refused then.
    """
    properties = event["ResourceProperties"]
    name = properties["TuningJobName"]
    progress = jobs.progress(name)
    is_waited_for = properties.get("Waited") == "true"
    if progress and progress.job.status in _RUNNING:
        reason = _still_running(progress, is_waited_for=is_waited_for)
    else:
        reason = problem(progress, name, Gate.of(properties), only_completed=is_waited_for)
    if reason and not (event["RequestType"] == "Update" and stack.status().endswith("ROLLBACK_IN_PROGRESS")):
        raise Failure(reason)
    best = progress and progress.best
    return Outcome(name, data=_attributes(best, jobs.model_url(best.name)) if best else {})


def problem(progress: Progress | None, name: str, gate: Gate, *, only_completed: bool) -> str:
    """Why a job that runs no more is not accepted; nothing if it is."""
    if progress is None:
        return f"The tuning job '{name}' has no record any more: it was deleted, and its best training is not known"
    job, best = progress.job, progress.best
    if only_completed and job.status != "Completed":
        return {
            "Failed": f"The tuning job '{name}' failed: {job.failure_reason or 'SageMaker gives no reason'}",
            "Stopped": f"The tuning job '{name}' was stopped by somebody before it had ended ({_so_far(progress)}). "
            "Deploy it again with another run='...'",
        }.get(job.status, f"The tuning job '{name}' is {job.status}")
    if best is None or best.value is None:
        return (
            f"The tuning job '{name}' ended ({job.status}) without a training that has a value of its objective. See "
            "the trainings' logs, and whether the algorithm emits the metric"
        )
    asked = gate.problem(best.value, best.direction)
    if asked:
        return (
            f"The tuning job '{name}' is not good enough: its best {best.metric} is {_shown(best.value)} (training "
            f"'{best.name}'), and wait_for_completion asks for {asked}"
        )
    return ""


def execution(url: str) -> str:
    """The name of the execution that signals to this handle."""
    return hashlib.sha256(url.encode()).hexdigest()


def _too_late(progress: Progress, timeout: float) -> str:
    hours, minutes = divmod(round(timeout / 60), 60)
    shown = " ".join(f"{number} {unit}" for number, unit in ((hours, "h"), (minutes, "min")) if number)
    return (
        f"The tuning job '{progress.job.name}' has not ended after {shown}: {_so_far(progress)}. Give "
        "wait_for_completion more time, or the tuning less to do"
    )


def _still_running(progress: Progress, *, is_waited_for: bool) -> str:
    what = f"The tuning job '{progress.job.name}' is still running ({_so_far(progress)})"
    if is_waited_for:
        return (
            f"{what}: a value that the template only refers to has changed and started it, and such a change alone is "
            "not waited for. Deploy it with another run='...'"
        )
    return f"{what}, so its best training is not known yet. Deploy again when it has ended"


def _so_far(progress: Progress) -> str:
    of = "" if progress.total is None else f" of {progress.total}"
    best = progress.best
    shown = f", best {best.metric} {_shown(best.value)}" if best and best.value is not None else ""
    return f"{progress.completed}{of} trainings completed{shown}"


def _attributes(best: Best, model_url: str) -> dict[str, str]:
    """The more important first: what an answer has no room for is left out from the end."""
    known = {
        "TrainingJobName": best.name,
        "TrainingJobArn": best.arn,
        "ModelDataUrl": model_url,
        "ObjectiveValue": "" if best.value is None else repr(best.value),
        "DefinitionName": best.definition,
        **{f"HyperParameters.{name}": value for name, value in best.hyperparameters.items()},
        "HyperParameters": json.dumps(best.hyperparameters, separators=(",", ":")),
    }
    # An attribute that is used and has no value fails the deployment, with its name; an empty model would not.
    return {name: value for name, value in known.items() if value or name.startswith("HyperParameters.")}


def _url_ends(url: str) -> float:
    """When the signature of a URL ends, if it says so."""
    query = parse_qs(urlsplit(url).query)
    try:
        signed = datetime.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return signed.timestamp() + float(query["X-Amz-Expires"][0])
    except (KeyError, ValueError):
        return math.inf


def _single(value: float) -> float:
    single: float = struct.unpack("f", struct.pack("f", value))[0]
    return single


def _shown(value: float) -> str:
    return f"{value:.7g}"
