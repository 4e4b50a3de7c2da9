"""Values that the CDK or CloudFormation will only know later, told apart without asking the jsii kernel (70 µs a
question).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

_NUMBER_MARK = b"\xfb\xff"
"""What CDK writes into the highest two bytes of the double that stands for a number."""


def is_token(value: Any) -> bool:
    """Whether the value itself stands for a later one; a list or map that merely contains tokens does not.

    CDK encodes tokens as strings with ``${Token[…]}`` in them, as doubles with a mark in their highest bytes, as lists
    of one such string with ``#``, or leaves them objects that can be resolved.
    """
    if isinstance(value, str):
        return "${Token[" in value
    if isinstance(value, (bool, int, float)) or value is None:
        # A bool is none, and int(token) is an exact integer of 290 digits.
        return value is not None and _is_marked(value)
    if isinstance(value, (list, tuple)):
        return len(value) == 1 and isinstance(value[0], str) and value[0].startswith("#{Token[")
    return not isinstance(value, Mapping) and hasattr(value, "resolve")


def _is_marked(value: float) -> bool:
    try:
        return struct.pack(">d", float(value)).startswith(_NUMBER_MARK)
    except OverflowError:
        return False
