"""Takes the name of an execution as Step Functions does."""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json, get_account_id, get_region, json_response
from ministack.services import stepfunctions


def amend() -> None:
    """Add to MiniStack what it lacks."""
    stepfunctions._start_execution = _idempotent(stepfunctions._start_execution)


def _idempotent(start: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    """Answer a request once more while its execution runs, refuse its name for another one, and start all others."""

    def start_execution(data: dict[str, Any]) -> Any:
        machine = data.get("stateMachineArn", "").rpartition(":")[2]
        arn = f"arn:aws:states:{get_region()}:{get_account_id()}:execution:{machine}:{data.get('name')}"
        known = stepfunctions._executions.get(arn)
        if known is None:
            return start(data)
        if known["status"] == "RUNNING" and known["input"] == data.get("input", "{}"):
            return json_response({"executionArn": arn, "startDate": known["startDate"]})
        return error_response_json("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'", 400)

    return start_execution
