"""The names that synth fixes: the prefix of a generated job name, and the key of the stack output."""

from __future__ import annotations

import hashlib
import re

STACK_PART = 13
PREFIX = 22
_HASH = 4


def stack_prefix(stack: str) -> str:
    """What the names of all jobs of a stack begin with: one ARN pattern then scopes the function's permissions, however
    many jobs there are.

    A readable beginning of the stack's name and a hash of the whole, so that stacks whose names begin alike stay apart.
    Two stacks with the same prefix do each other no harm: a job's name ends in a digest of the stack's id, and what
    changes a job goes by its tags. So the hash is as short as deployed jobs have it.

    >>> stack_prefix("XgboostTuning")
    'xgboostt-0956'
    """
    digest = hashlib.sha256(stack.encode()).hexdigest()[:_HASH]
    return f"{_slug(stack, STACK_PART - _HASH - 1) or 'stack'}-{digest}"


def name_prefix(stack: str, construct_id: str) -> str:
    """The prefix of a job's generated name, at most 22 of the 32 characters; the function appends the digest.

    >>> name_prefix("XgboostTuning", "Tuning")
    'xgboostt-0956-tuning'
    """
    return f"{stack_prefix(stack)}-{_slug(construct_id, PREFIX - STACK_PART - 1) or 'job'}"


def _slug(text: str, longest: int) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:longest].strip("-")
