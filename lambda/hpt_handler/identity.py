"""Which job belongs to which resource: the wish in an event, the name derived from it, and the tags that prove who owns
a job.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

PREFIX = "hpt-construct:"
STACK_ID = PREFIX + "stack-id"
LOGICAL_ID = PREFIX + "logical-id"
DIGEST = PREFIX + "request-digest"
CREATED_BY = PREFIX + "cloudformation-request"
REMOVAL_POLICY = PREFIX + "removal-policy"
"""A mark on jobs that RETAIN keeps, so that a deletion that must search for its job never takes one of them."""

KEPT_ONCE_CREATED = "retain-except-on-create"
"""The removal policy of jobs that CloudFormation deletes only if their creation failed, and so the mark on them."""

REPLACES = PREFIX + "replaces"
"""A mark on a job that an update has started: the name of the job that it replaces."""

TAG_KEYS = PREFIX + "tag-keys"
"""A mark on a job with tags of the user's: hashes of their keys, so that an update that adopts the job knows them from
those of others.
"""

_MARKS = (REMOVAL_POLICY, REPLACES, TAG_KEYS)
_MOST_TAGS = 50
_HASH_OF_KEY = 5
"""Characters of a key's hash: with 30 bits each, those of fifty keys fit into a tag."""

_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}")
_MARKER = "not-created:"
_DIGEST_IN_NAME = 9


class Wish(NamedTuple):
    """What one event asks for, in SageMaker's own types."""

    stack_id: str
    logical_id: str
    event_id: str
    """CloudFormation's id of the event, which stays the same when the event is delivered again."""
    request: dict[str, Any]
    """The request without name and tags."""
    tags: dict[str, str]
    """The user's tags; a change of these alone needs no new job."""
    given_name: str | None
    name_prefix: str
    run: str
    removal_policy: str
    """``destroy``, ``retain``, ``retain-except-on-create``, or empty."""
    sent: float | None = None
    """When CloudFormation sent the event, in seconds since 1970, if the event says it."""

    @property
    def digest(self) -> str:
        """A hash that is the same for the same wish of the same resource, whatever the event."""
        return self._hash()

    def name(self, attempt: int) -> str:
        """Return the given name, or one that no other wish has; a later attempt if earlier runs used up the others."""
        if self.given_name is not None:
            return self.given_name
        # Base 36, because it holds more per character than hexadecimal, and job names ignore case.
        number, text = int(self._hash(attempt), 16), ""
        for _ in range(_DIGEST_IN_NAME):
            number, digit = divmod(number, 36)
            text += "0123456789abcdefghijklmnopqrstuvwxyz"[digit]
        return f"{self.name_prefix}-{text}"

    def was_invented(self, physical_id: str) -> bool:
        """Return whether CloudFormation may have made up this id for a creation that never answered.

        Such an id is ``<stack>-<logical id>-<suffix>``: not a job's name, or one that contains the logical id. The
        caller checks that no job has this name.
        """
        is_given = self.given_name is not None and physical_id.lower() == self.given_name.lower()
        is_generated = self.given_name is None and physical_id.startswith(f"{self.name_prefix}-")
        if is_given or is_generated or creation(physical_id) is not None:
            return False
        return not is_name(physical_id) or f"-{self.logical_id}-" in physical_id

    def arn_of(self, name: str) -> str:
        """Return the ARN of a job of that name in the stack's account and region, even if there is no such job."""
        _, partition, _, region, account, *_ = self.stack_id.split(":")
        return f"arn:{partition}:sagemaker:{region}:{account}:hyper-parameter-tuning-job/{name}"

    def ownership_tags(self) -> dict[str, str]:
        """Return the tags that a job gets at its creation and keeps."""
        return {
            STACK_ID: self.stack_id,
            LOGICAL_ID: self.logical_id,
            DIGEST: self.digest,
            CREATED_BY: self.event_id,
        }

    def tags_at_creation(self, replaces: str) -> dict[str, str]:
        """Return the tags that a job starts with."""
        return self._with_marks({**self.tags, **self.ownership_tags()}, replaces)

    def tags_later(self, tags: dict[str, str], old: Wish) -> dict[str, str]:
        """Return the tags that a job with these ``tags`` is to have, if the wish before was ``old``.

        It keeps those that say whose it is, and those of others.
        """
        users = tags.get(TAG_KEYS, _hashes(old.tags))
        own = {users[start : start + _HASH_OF_KEY] for start in range(0, len(users), _HASH_OF_KEY)}
        kept = {
            key: value
            for key, value in tags.items()
            if key not in _MARKS and (key.startswith(PREFIX) or _hashes([key]) not in own)
        }
        return self._with_marks({**kept, **self.tags}, tags.get(REPLACES, ""))

    def _with_marks(self, tags: dict[str, str], replaces: str) -> dict[str, str]:
        """Add the marks that there is room for."""
        for key, value in zip(_MARKS, (self.mark, replaces, _hashes(self.tags)), strict=True):
            if value and len(tags) < _MOST_TAGS:
                tags[key] = value
        return tags

    @property
    def mark(self) -> str:
        """The value of the job's removal mark; empty if it has none."""
        return self.removal_policy if self.removal_policy in ("retain", KEPT_ONCE_CREATED) else ""

    def owns(self, tags: dict[str, str]) -> bool:
        """Return whether these are the tags of a job that this resource started."""
        mine = self.ownership_tags()
        return all(tags.get(key) == mine[key] for key in (STACK_ID, LOGICAL_ID))

    def _hash(self, *more: int) -> str:
        parts = [self.stack_id, self.logical_id, self.given_name, self.run, self.request, *more]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _hashes(keys: Iterable[str]) -> str:
    digests = (hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest() for key in sorted(keys))
    return "".join(base64.urlsafe_b64encode(digest)[:_HASH_OF_KEY].decode() for digest in digests)


def is_name(physical_id: str) -> bool:
    """Return whether a physical id can be the name of a job."""
    return _NAME.fullmatch(physical_id) is not None


def trace(event_id: str) -> str:
    """Tell a person how to find what an event may have started."""
    return f"If a job was started, it has the tag {CREATED_BY} with the value {event_id}"


def marker(event_id: str) -> str:
    """Return the physical id of a resource whose creation failed. It is never a name, because the deletion that follows
    could then stop somebody else's job.
    """
    return _MARKER + event_id


def creation(physical_id: str) -> str | None:
    """Return the id of the creating event that a marker stands for, or None if the id is no marker."""
    return physical_id.removeprefix(_MARKER) if physical_id.startswith(_MARKER) else None
