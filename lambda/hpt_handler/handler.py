"""The entry point: every event gets exactly one answer, whatever happens in between."""

from __future__ import annotations

import json
import traceback
from typing import TYPE_CHECKING, Any

from . import cloudformation, identity, lifecycle, properties, response, sagemaker
from .clock import Clock, LambdaClock
from .errors import ComeAgain, Failure, ServiceError
from .lifecycle import LastTry, Services

if TYPE_CHECKING:
    from collections.abc import Callable

    from .lifecycle import Outcome, Stack

_POLL = "hpt-construct"
"""The member that distinguishes the state machine's input from an event of CloudFormation."""

_LOGGED = ("RequestType", "LogicalResourceId", "PhysicalResourceId", "StackId", "RequestId")
_DOING = {
    "Create": "Starting the tuning job",
    "Update": "Updating the tuning job",
    "Delete": "Deleting the tuning job",
}
_WAIT = "Custom::SageMakerHyperParameterTuningJobWait"
_RESULT = "Custom::SageMakerHyperParameterTuningJobResult"
_SERVICES = ("SageMaker", "Step Functions")
_DOING_ABOUT = {_WAIT: "Waiting for the tuning job", _RESULT: "Reading the best training job"}


def handle(event: dict[str, Any], context: Any) -> dict[str, Any] | None:
    """Handle an event; Lambda calls this."""
    clock = LambdaClock(context.get_remaining_time_in_millis)
    if _POLL in event:
        return answer_to_poll(event, sagemaker.client, clock)
    event, last_try = _unwrapped(event)
    stack = cloudformation.Stack(event["StackId"], cloudformation.client, clock)
    answer = answer_to(event, sagemaker.client, stack, clock, last_try)
    response.send(event["ResponseURL"], answer, clock)
    return None


def answer_to_poll(told: dict[str, Any], client: Callable[[], Any], clock: Clock) -> dict[str, Any]:
    """Check the job that a deployment waits for, and return whether the wait is over. Step Functions calls this, and
    calls again after an error.
    """
    from . import waiting  # noqa: PLC0415 – no cold start of a creation needs it

    signal, wait = waiting.poll(told, sagemaker.Jobs(client(), clock), clock)
    if signal is None:
        return {"done": False, "wait": wait}
    _log("signal", job=signal.job, failed=signal.reason != "")
    try:
        response.send(signal.url, response.signal(signal.job, signal.reason), clock)
    except OSError:
        if not waiting.is_past(told, clock):
            raise
        _log("signal is too late", job=signal.job)
    return {"done": True, "wait": 0}


def answer_to(
    event: dict[str, Any],
    client: Callable[[], Any],
    stack: Stack,
    clock: Clock,
    last_try: LastTry | None = None,
) -> bytes:
    """Do what the event asks for, and return the answer; ``client`` makes botocore's client, which may fail too."""
    _log("event", **{key: event[key] for key in _LOGGED if key in event}, given_up=last_try and last_try.reasons)
    kind = event["ResourceType"]
    doing = _DOING_ABOUT.get(kind) or _DOING[event["RequestType"]]
    if last_try and last_try.is_hopeless:
        return _failed(event, Failure(f"{doing} failed: the function crashes at it, see its log{_trace(event)}"))
    try:
        if kind in _DOING_ABOUT:
            # Carried out even if Lambda has given up the event: late is good enough.
            outcome = _run_waiting(event, client, stack, clock)
        else:
            jobs = sagemaker.Jobs(client(), clock)
            outcome = _run(event, jobs.request_shape, Services(jobs, stack, clock), last_try)
    except ComeAgain:
        # For Lambda this is an error like any other.
        raise
    except Failure as failure:
        return _failed(event, failure)
    except ServiceError as error:
        service = _SERVICES[kind == _WAIT]
        what = f"{doing} failed: {service} refused a call. Fix the cause and try again{_trace(event)}"
        return _failed(event, Failure(what, error))
    except Exception as error:  # noqa: BLE001 – without an answer the stack would hang until CloudFormation gives up
        # The log gets the trace but not the message, which may quote values of the request.
        _log("bug", error=type(error).__name__, trace=traceback.format_tb(error.__traceback__))
        what = f"{doing} failed unexpectedly; try again{_trace(event)}. {type(error).__name__}: {error}"
        return _failed(event, Failure(what))
    _log("done", PhysicalResourceId=outcome.physical_id, note=outcome.note)
    data = outcome.data
    if data is None:
        data = {"HyperParameterTuningJobName": outcome.physical_id, "HyperParameterTuningJobArn": outcome.arn}
    return response.body(event, outcome.physical_id, data=data)


def _unwrapped(event: dict[str, Any]) -> tuple[dict[str, Any], LastTry | None]:
    """Unwrap an event that Lambda has given up, which comes back in a record that says why.

    Lambda can give up the record too, for the same reasons.
    """
    reasons = []
    while "requestPayload" in event:
        reasons.append(event["requestContext"]["condition"])
        event = event["requestPayload"]
    return event, LastTry(tuple(reasons)) if reasons else None


def _run(event: dict[str, Any], shape: Any, services: Services, last_try: LastTry | None) -> Outcome:
    wish = properties.wish(event, event["ResourceProperties"], shape)
    if event["RequestType"] == "Delete":
        return lifecycle.delete(wish, event["PhysicalResourceId"], services, last_try)
    if last_try:
        lifecycle.give_up(wish, event.get("PhysicalResourceId", ""), services, last_try)
    if event["RequestType"] == "Create":
        return lifecycle.create(wish, services)
    old = properties.wish(event, event["OldResourceProperties"], shape)
    return lifecycle.update(wish, old, event["PhysicalResourceId"], services)


def _run_waiting(event: dict[str, Any], client: Callable[[], Any], stack: Stack, clock: Clock) -> Outcome:
    from . import stepfunctions, waiting  # noqa: PLC0415 – no cold start of a creation needs them

    is_deletion, physical_id = event["RequestType"] == "Delete", event.get("PhysicalResourceId")
    if event["ResourceType"] == _RESULT:
        if is_deletion:
            return lifecycle.Outcome(event["PhysicalResourceId"], data={})
        return waiting.result(event, sagemaker.Jobs(client(), clock), stack)
    executions = stepfunctions.Executions(stepfunctions.client(), clock)
    if not is_deletion and (physical_id is None or identity.creation(physical_id) is not None):
        return waiting.start(event, executions, clock)
    return waiting.stop(event, executions)


def _trace(event: dict[str, Any]) -> str:
    """Return how to find the job that the function may have started before it came to this end, or when it handled the
    same event before.
    """
    starts_none = event["ResourceType"] in _DOING_ABOUT or event["RequestType"] == "Delete"
    return "" if starts_none else f". {identity.trace(event['RequestId'])}"


def _failed(event: dict[str, Any], failure: Failure) -> bytes:
    _log("failed", reason=failure.ours, code=failure.code)
    # A failed update must keep the id: CloudFormation would take another id for a replacement, and delete the old job.
    physical_id = event.get("PhysicalResourceId") or identity.marker(event["RequestId"])
    return response.body(event, physical_id, reason=str(failure))


def _log(what: str, **facts: Any) -> None:
    """Write one JSON object a line; never the ResponseURL, credentials, or values of hyperparameters or environment."""
    told = {key: value for key, value in facts.items() if value not in ("", None)}
    print(json.dumps({"what": what, **told}))  # noqa: T201 – standard output is Lambda's log
