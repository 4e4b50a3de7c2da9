"""The entry point: every event gets exactly one answer, whatever happens in between."""

from __future__ import annotations

import json
import traceback
from typing import TYPE_CHECKING, Any

from . import cloudformation, identity, lifecycle, origin, properties, response, sagemaker
from .clock import Clock, LambdaClock, signed_at
from .errors import ComeAgain, Denied, Failure, PollFailed, ServiceError, StartAnew
from .lifecycle import GivenUpEvent, Services

if TYPE_CHECKING:
    from collections.abc import Callable

    from .lifecycle import Outcome, Stack

_FIRST_RETRY_SECONDS = 60.0
"""What Lambda waits before it delivers an event for the second time."""

_POLL = "hpt-construct"
"""The member that distinguishes the state machine's input from an event of CloudFormation."""

_LOGGED = ("RequestType", "LogicalResourceId", "PhysicalResourceId", "StackId", "RequestId")
_DOING = {
    "Create": "Starting the tuning job",
    "Update": "Updating the tuning job",
    "Delete": "Deleting the tuning job",
}
_WAIT, _RESULT = "wait", "result"
_SERVICES = ("SageMaker", "Step Functions")
_DOING_ABOUT = {_WAIT: "Waiting for the tuning job", _RESULT: "Reading the best training job"}


def handle(payload: Any, context: Any) -> dict[str, Any] | None:
    """Handle an event, Lambda's record of one that it has given up, or a poll; Lambda calls this."""
    clock = LambdaClock(context.get_remaining_time_in_millis)
    if isinstance(payload, dict) and _POLL in payload:
        if _is_own_poll(payload):
            return answer_to_poll(payload, sagemaker.client, clock)
        _log("refused", note="a poll that is none of this stack")
        return {"done": True, "wait": 0}
    event, given_up = unwrap(payload)
    if not _is_event(event):
        _log("refused", note="no event of CloudFormation")
        return None
    if origin.is_own_stack(event["StackId"]):
        stack = cloudformation.Stack(event["StackId"], cloudformation.client, clock)
        answer = answer_to(event, sagemaker.client, stack, clock, given_up)
    elif event["RequestType"] == "Delete":
        # The function has nothing of another stack. With FAILED, that stack could not be rolled back.
        answer = response.body(event, event["PhysicalResourceId"])
    else:
        answer = _failed(event, Failure("This function serves only the stack that it belongs to"))
    response.send(event["ResponseURL"], answer, clock)
    return None


def answer_to_poll(told: dict[str, Any], client: Callable[[], Any], clock: Clock) -> dict[str, Any]:
    """Check the job that a deployment waits for, and return whether the wait is over. Step Functions calls this, and
    calls again after an error.
    """
    from . import waiting  # noqa: PLC0415 – no cold start of a creation needs it

    try:
        signal, wait = waiting.poll(told, sagemaker.Jobs(client(), clock), clock)
    except ServiceError as error:
        # The log gets the exception, and the service's words may quote values of the request.
        raise PollFailed(error.code) from None
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
    given_up: GivenUpEvent | None = None,
) -> bytes:
    """Do what the event asks for, and return the answer; ``client`` makes botocore's client, which may fail too."""
    _log("event", **{key: event[key] for key in _LOGGED if key in event}, given_up=given_up and given_up.condition)
    kind = _kind(event)
    doing = _DOING_ABOUT.get(kind) or _DOING[event["RequestType"]]
    try:
        if kind in _DOING_ABOUT:
            # Carried out even if Lambda has given up the event: late is good enough.
            outcome = _run_waiting(event, client, stack, clock)
        else:
            jobs = sagemaker.Jobs(client(), clock)
            outcome = _run(event, jobs.request_shape, Services(jobs, stack, clock), given_up)
    except ComeAgain:
        # For Lambda this is an error like any other.
        raise
    except Failure as failure:
        _start_anew_if_denied(event, failure.service, clock)
        return _failed(event, failure)
    except ServiceError as error:
        _start_anew_if_denied(event, error, clock)
        service = _SERVICES[kind == _WAIT]
        what = f"{doing} failed: {service} refused a call. Fix the cause and try again{_trace(event)}"
        return _failed(event, Failure(what, error))
    except Exception as error:  # noqa: BLE001 – without an answer the stack would hang until CloudFormation gives up
        # The log gets the trace but not the message, which may quote values of the request.
        _log("bug", error=type(error).__name__, trace=traceback.format_tb(error.__traceback__))
        what = f"{doing} failed unexpectedly; try again{_trace(event)}"
        return _failed(event, Failure(what, quotes=f"{type(error).__name__}: {error}"))
    _log("done", PhysicalResourceId=outcome.physical_id, note=outcome.note)
    data = outcome.data
    if data is None:
        data = {"HyperParameterTuningJobName": outcome.physical_id, "HyperParameterTuningJobArn": outcome.arn}
    return response.body(event, outcome.physical_id, data=data)


def unwrap(payload: Any) -> tuple[Any, GivenUpEvent | None]:
    """Return CloudFormation's event, and why Lambda has given it up if the payload is Lambda's record of that."""
    match payload:
        case {
            "requestPayload": event,
            "requestContext": {"condition": str(condition)},
            "responseContext": {"functionError": _},
        }:
            return event, GivenUpEvent(condition, crashed=True)
        case {"requestPayload": event, "requestContext": {"condition": str(condition)}}:
            return event, GivenUpEvent(condition, crashed=False)
        case _:
            return payload, None


def _is_event(event: Any) -> bool:
    """Return whether this is an event of CloudFormation's, with all that the function reads from it."""
    match event:
        case {
            "RequestType": ("Create" | "Update" | "Delete") as kind,
            "ResponseURL": str(url),
            "StackId": str(),
            "RequestId": str(),
            "LogicalResourceId": str(),
            "ResourceProperties": dict(),
        }:
            has_id = isinstance(event.get("PhysicalResourceId"), str)
            has_old = isinstance(event.get("OldResourceProperties"), dict)
            return origin.is_cloudformations(url) and (kind == "Create" or (has_id and (has_old or kind == "Delete")))
        case _:
            return False


def _is_own_poll(told: dict[str, Any]) -> bool:
    """Return whether this is a poll of a wait of the function's own stack."""
    match told:
        case {
            "TuningJobName": str(),
            "HandleUrl": str(url),
            "Until": int() | float(),
        }:
            return origin.is_cloudformations(url) and origin.is_own_handle(url)
        case _:
            return False


def _run(event: dict[str, Any], shape: Any, services: Services, given_up: GivenUpEvent | None) -> Outcome:
    is_deletion = event["RequestType"] == "Delete"
    wish = properties.wish(event, event["ResourceProperties"], shape, needs_tags=not is_deletion)
    if is_deletion:
        return lifecycle.delete(wish, event["PhysicalResourceId"], services, given_up)
    if given_up:
        lifecycle.give_up(wish, event.get("PhysicalResourceId", ""), services, given_up)
    if event["RequestType"] == "Create":
        return lifecycle.create(wish, services)
    # Tags of a wrong form were never put on the job, and a rollback gets rid of them.
    old = properties.wish(event, event["OldResourceProperties"], shape, needs_tags=False)
    return lifecycle.update(wish, old, event["PhysicalResourceId"], services)


def _run_waiting(event: dict[str, Any], client: Callable[[], Any], stack: Stack, clock: Clock) -> Outcome:
    from . import stepfunctions, waiting  # noqa: PLC0415 – no cold start of a creation needs them

    is_deletion, physical_id = event["RequestType"] == "Delete", event.get("PhysicalResourceId")
    if _kind(event) == _RESULT:
        if is_deletion:
            return lifecycle.Outcome(event["PhysicalResourceId"], data={})
        return waiting.result(event, sagemaker.Jobs(client(), clock), stack, clock)
    executions = stepfunctions.Executions(stepfunctions.client(), clock)
    if not is_deletion and (physical_id is None or identity.creation(physical_id) is not None):
        return waiting.start(event, executions, clock)
    return waiting.stop(event, executions)


def _start_anew_if_denied(event: dict[str, Any], error: ServiceError | None, clock: Clock) -> None:
    """End the process if a permission was missing all the time, at the first delivery of an event.

    A function that started within a second of its policy was seen to be denied for as long as its environment lived.
    """
    sent = signed_at(event["ResponseURL"])
    if isinstance(error, Denied) and sent is not None and clock.began - sent < _FIRST_RETRY_SECONDS:
        _log("denied", code=error.code)
        raise StartAnew(1)


def _kind(event: dict[str, Any]) -> str:
    """Return what the event is about: a tuning job, the start of a wait, or a result.

    The properties tell, and not the type: in the clean-up of a rollback, CloudFormation was seen to call a custom
    resource of any type ``AWS::CloudFormation::CustomResource``.
    """
    properties = event["ResourceProperties"]
    if "HandleUrl" in properties:
        return _WAIT
    return _RESULT if "TuningJobName" in properties else "job"


def _trace(event: dict[str, Any]) -> str:
    """Return how to find the job that the function may have started before it came to this end, or when it handled the
    same event before.
    """
    starts_none = _kind(event) in _DOING_ABOUT or event["RequestType"] == "Delete"
    return "" if starts_none else f". {identity.trace(event['RequestId'])}"


def _failed(event: dict[str, Any], failure: Failure) -> bytes:
    _log("failed", reason=failure.ours, code=failure.code)
    # A failed update must keep the id: CloudFormation would take another id for a replacement, and delete the old job.
    physical_id = event.get("PhysicalResourceId") or identity.marker(event["RequestId"])
    return response.body(event, physical_id, reason=str(failure))


def _log(what: str, **facts: Any) -> None:
    """Write one JSON object a line; never the ResponseURL, credentials, or values of hyperparameters or environment."""
    told = {key: value for key, value in facts.items() if value not in ("", None)}
    if "PhysicalResourceId" in told:
        # What follows the name in a result's id are its attributes, hyperparameters among them.
        told["PhysicalResourceId"] = told["PhysicalResourceId"].partition("/")[0]
    print(json.dumps({"what": what, **told}))  # noqa: T201 – standard output is Lambda's log
