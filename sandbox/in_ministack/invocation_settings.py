"""Refuses settings of asynchronous invocations that Lambda refuses."""

from collections.abc import Callable
from typing import Any

from ministack.core.arn import parse_arn
from ministack.core.iam_evaluator import enforce
from ministack.core.responses import error_response_json, get_region
from ministack.services import lambda_svc, sts

# What a function's role has to allow, by the service of the destination.
_ACTIONS = {
    "lambda": "lambda:InvokeFunction",
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
    "events": "events:PutEvents",
}


def amend() -> None:
    """Add to MiniStack what it lacks."""
    lambda_svc._put_event_invoke_config = _checked(lambda_svc._put_event_invoke_config)


def _checked(put: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse destinations that Lambda refuses, and put all other settings."""

    def put_event_invoke_config(function: str, qualifier: str | None, data: dict[str, Any]) -> Any:
        for destination in (data.get("DestinationConfig") or {}).values():
            problem = _problem(function, (destination or {}).get("Destination", ""))
            if problem is not None:
                return error_response_json("InvalidParameterValueException", problem, 400)
        return put(function, qualifier, data)

    return put_event_invoke_config


def _problem(function: str, destination: str) -> str | None:
    """Return what Lambda says of a function's destination; None if it takes it."""
    name = destination.partition(":function:")[2].partition(":")[0]
    if name == function:
        return "You can't specify the function as a destination for itself."
    if name and lambda_svc._get_func_record_for_ref(destination)[0] is None:
        return f"The destination ARN {destination} is invalid."
    if function in lambda_svc._functions and destination.startswith("arn:"):
        action = _ACTIONS.get(parse_arn(destination).service)
        if action is not None and not _may(lambda_svc._functions[function]["config"], action, destination):
            call = action.partition(":")[2]
            return f"The function's execution role does not have permissions to call {call} on {destination}"
    return None


def _may(config: dict[str, Any], action: str, resource: str) -> bool:
    """Return whether the current policies of a function's role allow an action."""
    key = lambda_svc.execution_credentials(config)["AWS_ACCESS_KEY_ID"]
    try:
        return enforce(key, action, action.partition(":")[0], get_region(), resource) is None
    finally:
        del sts._sessions[key]
