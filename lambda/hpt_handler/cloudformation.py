"""What CloudFormation is doing with the stack at this moment, which events don't tell; they may also come late.

The function asks only if the answer decides about money: never in a creation, nor in an update without another request.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from .calls import Calls, new_client
from .errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from .clock import Clock

UNKNOWN = ""
"""The answer if CloudFormation can't be asked."""

ASK_SECONDS = 90.0
"""How long a run asks again where CloudFormation doesn't answer, all its questions together; then it asks each once.
Enough of the time in which a job may start is left.
"""


class Stack:
    """The stack that an event comes from."""

    def __init__(self, stack_id: str, client: Callable[[], Any], clock: Clock) -> None:
        self._stack_id = stack_id
        self._client = client
        self._clock = clock
        self._seconds = ASK_SECONDS
        self.refusal: ServiceError | None = None
        """Why the last question without an answer had none, if there was one."""

    def status(self) -> str:
        """Return the stack's status, such as UPDATE_IN_PROGRESS."""
        answer = self._ask("describe_stacks")
        return answer["Stacks"][0]["StackStatus"] if answer else UNKNOWN

    def updated_at(self) -> datetime | None:
        """Return when the last update began, also while it is rolled back, or the creation of a stack without one; None
        if that can't be told.
        """
        answer = self._ask("describe_stacks")
        if not answer:
            return None
        stack = answer["Stacks"][0]
        was_updated = stack["StackStatus"].startswith("UPDATE")
        began: datetime | None = stack.get("LastUpdatedTime", None if was_updated else stack["CreationTime"])
        return began

    def physical_id(self, logical_id: str) -> str:
        """Return the physical id that CloudFormation has for a resource; the new one while it cleans up an update."""
        answer = self._ask("describe_stack_resource", LogicalResourceId=logical_id)
        return answer["StackResourceDetail"].get("PhysicalResourceId", UNKNOWN) if answer else UNKNOWN

    def _ask(self, method: str, **arguments: str) -> Any:
        began = self._clock.now()
        until = began + max(0.0, self._seconds)
        try:
            return Calls(self._client(), self._clock).call(method, until, StackName=self._stack_id, **arguments)
        except ServiceError as refusal:
            self.refusal = refusal
            return None
        finally:
            self._seconds -= self._clock.now() - began


@cache
def client() -> Any:
    """Return botocore's client of CloudFormation."""
    return new_client("cloudformation")
