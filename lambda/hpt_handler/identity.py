"""Which job belongs to which resource: the wish in an event, the name made of it, and the tags that prove whose a job
is.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, NamedTuple

PREFIX = "hpt-construct:"
STACK_ID = PREFIX + "stack-id"
LOGICAL_ID = PREFIX + "logical-id"
DIGEST = PREFIX + "request-digest"
CREATED_BY = PREFIX + "cloudformation-request"
REMOVAL_POLICY = PREFIX + "removal-policy"
"""A mark on jobs that RETAIN keeps: no deletion that has to look for its job may take one of them for it."""

REPLACES = PREFIX + "replaces"
"""A mark on a job that an update has started: the name of the one it takes the place of."""

_MOST_TAGS = 50

_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}")
_MARKER = "not-created:"
_DIGEST_IN_NAME = 9


class Wish(NamedTuple):
    """What one event asks for, in SageMaker's own types."""

    stack_id: str
    logical_id: str
    event_id: str
    """CloudFormation's id of the event: the same when it is delivered again, another for every other event."""
    request: dict[str, Any]
    """The request without name and tags."""
    tags: dict[str, str]
    """The user's tags; a change of them alone needs no new job."""
    given_name: str | None
    name_prefix: str
    run: str
    removal_policy: str
    """``destroy``, ``retain``, or nothing."""

    @property
    def digest(self) -> str:
        """The same for the same wish of the same resource, whatever event it comes with."""
        return self._hash()

    def name(self, attempt: int) -> str:
        """The given name, or one that no other wish has; a later attempt is for a name that an earlier run used up."""
        if self.given_name is not None:
            return self.given_name
        # Base 36 says more per character than hexadecimal, and job names ignore case.
        number, text = int(self._hash(attempt), 16), ""
        for _ in range(_DIGEST_IN_NAME):
            number, digit = divmod(number, 36)
            text += "0123456789abcdefghijklmnopqrstuvwxyz"[digit]
        return f"{self.name_prefix}-{text}"

    def was_invented(self, physical_id: str) -> bool:
        """Whether CloudFormation may have made this id up for a creation that it has had no answer to.

        It is then ``<stack>-<logical id>-<suffix>``: no job's name, or one with the logical id in it. That no job has
        this name is for the caller to see.
        """
        is_given = self.given_name is not None and physical_id.lower() == self.given_name.lower()
        if is_given or creation(physical_id) is not None:
            return False
        return not is_name(physical_id) or f"-{self.logical_id}-" in physical_id

    def arn_of(self, name: str) -> str:
        """The ARN of a job of that name beside the stack, for when SageMaker has no such job to tell it."""
        _, partition, _, region, account, *_ = self.stack_id.split(":")
        return f"arn:{partition}:sagemaker:{region}:{account}:hyper-parameter-tuning-job/{name}"

    def ownership_tags(self) -> dict[str, str]:
        """The tags that a job gets at its creation and keeps."""
        return {
            STACK_ID: self.stack_id,
            LOGICAL_ID: self.logical_id,
            DIGEST: self.digest,
            CREATED_BY: self.event_id,
        }

    def tags_at_creation(self, replaces: str) -> dict[str, str]:
        """The tags that a job starts with; marks are left out where there is no room for them."""
        tags = {**self.tags, **self.ownership_tags()}
        for key, value in ((REMOVAL_POLICY, self.mark), (REPLACES, replaces)):
            if value and len(tags) < _MOST_TAGS:
                tags[key] = value
        return tags

    @property
    def mark(self) -> str:
        """What the job's mark for its removal says; nothing means that it has none."""
        return self.removal_policy if self.removal_policy == "retain" else ""

    def owns(self, tags: dict[str, str]) -> bool:
        """Whether these are the tags of a job that this resource started."""
        mine = self.ownership_tags()
        return all(tags.get(key) == mine[key] for key in (STACK_ID, LOGICAL_ID))

    def _hash(self, *more: int) -> str:
        parts = [self.stack_id, self.logical_id, self.given_name, self.run, self.request, *more]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def is_name(physical_id: str) -> bool:
    """Whether a physical id can be the name of a job at all."""
    return _NAME.fullmatch(physical_id) is not None


def marker(event_id: str) -> str:
    """The physical id of a resource whose creation failed: never a name, or the deletion that follows could stop a
    stranger's job.
    """
    return _MARKER + event_id


def creation(physical_id: str) -> str | None:
    """The creating event that a marker stands for, or None if the id is no marker."""
    return physical_id.removeprefix(_MARKER) if physical_id.startswith(_MARKER) else None
