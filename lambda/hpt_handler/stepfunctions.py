"""The executions of the stack's state machine, which polls the jobs that a deployment waits for."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from .calls import Calls, new_client
from .errors import ServiceError

if TYPE_CHECKING:
    from .clock import Clock

_DENIED_SECONDS = 20.0
"""After how long a stop is no longer allowed for good: the state machine is about to be deleted."""

_AS_GOOD = ("ExecutionDoesNotExist", "StateMachineDoesNotExist", "ValidationException", "AccessDeniedException")


class Executions:
    """The executions of state machines."""

    def __init__(self, client: Any, clock: Clock) -> None:
        self._calls = Calls(client, clock)
        self._stops = Calls(client, clock, _DENIED_SECONDS)

    def start(self, machine: str, name: str, text: str) -> None:
        """Start an execution with an input in JSON; one of that name that runs, or has run, is fine too."""
        try:
            self._calls.call("start_execution", stateMachineArn=machine, name=name, input=text)
        except ServiceError as error:
            if error.code != "ExecutionAlreadyExists":
                raise

    def stop(self, machine: str, name: str, cause: str) -> None:
        """Stop an execution; one that has ended, or does not exist, is fine too."""
        arn = f"{machine.replace(':stateMachine:', ':execution:', 1)}:{name}"
        try:
            self._stops.call("stop_execution", executionArn=arn, cause=cause)
        except ServiceError as error:
            if error.code not in _AS_GOOD:
                raise


@cache
def client() -> Any:
    """Return botocore's client of Step Functions."""
    return new_client("stepfunctions")
