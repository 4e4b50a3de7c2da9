"""Values that the CDK or CloudFormation will only know later, told apart without asking the jsii kernel (70 µs a
question).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_BELOW_ANY_NUMBER = -1e288


def is_token(value: Any) -> bool:
    """Whether the value itself stands for a later one; a list or map that merely contains tokens does not.

    CDK encodes tokens as strings with ``${Token[…]}`` in them, as doubles below any real number, as lists of one such
    string with ``#``,
    or leaves them objects that can be resolved.
    """
    if isinstance(value, str):
        return "${Token[" in value
    if isinstance(value, (bool, int)) or value is None:
        # int(token) keeps the value, and is an exact integer of 290 digits
        return isinstance(value, int) and value < _BELOW_ANY_NUMBER
    if isinstance(value, float):
        return value < _BELOW_ANY_NUMBER and value != float("-inf")
    if isinstance(value, (list, tuple)):
        return len(value) == 1 and isinstance(value[0], str) and value[0].startswith("#{Token[")
    return not isinstance(value, Mapping) and hasattr(value, "resolve")
