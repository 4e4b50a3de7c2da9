"""Refuses settings of asynchronous invocations that Lambda refuses."""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import lambda_svc


def amend() -> None:
    """Add to MiniStack what it lacks."""
    lambda_svc._put_event_invoke_config = _checked(lambda_svc._put_event_invoke_config)


def _checked(put: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse a function as its own destination, and put all other settings."""

    def put_event_invoke_config(function: str, qualifier: str | None, data: dict[str, Any]) -> Any:
        for destination in (data.get("DestinationConfig") or {}).values():
            arn = (destination or {}).get("Destination", "")
            if arn.partition(":function:")[2].partition(":")[0] == function:
                return error_response_json(
                    "InvalidParameterValueException", "You can't specify the function as a destination for itself.", 400
                )
        return put(function, qualifier, data)

    return put_event_invoke_config
