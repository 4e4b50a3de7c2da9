"""Which stack owns a tuning job by its tags, and whether the stack still has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from . import target as targets
from .account import NotThereError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .account import Account

STACK_ID: Final = "hpt-construct:stack-id"
LOGICAL_ID: Final = "hpt-construct:logical-id"

HELD: Final = "held"
REPLACED: Final = "replaced"
GONE: Final = "gone"


@dataclass(frozen=True)
class Owner:
    """The resource that started a job."""

    stack_id: str
    logical_id: str

    @property
    def stack(self) -> str:
        """The stack's name."""
        return self.stack_id.partition("/")[2].partition("/")[0]


def owner_of(tags: Mapping[str, str]) -> Owner | None:
    """Return the resource that a job's tags name; None for a job that this library did not start."""
    if STACK_ID not in tags or LOGICAL_ID not in tags:
        return None
    return Owner(tags[STACK_ID], tags[LOGICAL_ID])


class Stacks:
    """The stacks of an account; each is read once."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._jobs: dict[str, dict[str, str]] = {}

    def state(self, owner: Owner, name: str) -> str:
        """Return whether a job is held by its resource, replaced by another, or gone with its resource or stack."""
        if owner.stack_id not in self._jobs:
            self._jobs[owner.stack_id] = self._read(owner.stack_id)
        jobs = self._jobs[owner.stack_id]
        if owner.logical_id not in jobs:
            return GONE
        return HELD if jobs[owner.logical_id].lower() == name.lower() else REPLACED

    def _read(self, stack_id: str) -> dict[str, str]:
        try:
            listed = targets.resources(self._account, stack_id)
        except NotThereError:
            return {}
        # Under its id, CloudFormation still lists a deleted stack for ninety days.
        return {
            resource["LogicalResourceId"]: resource.get("PhysicalResourceId", "")
            for resource in listed
            if resource["ResourceStatus"] not in {"DELETE_COMPLETE", "DELETE_SKIPPED"}
        }
