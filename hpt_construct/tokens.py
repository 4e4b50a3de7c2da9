"""Values that the CDK or CloudFormation will only know later, told apart without asking the jsii kernel (70 µs a
question).
"""

from __future__ import annotations

import re
import struct
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

LATER = "${Token[hpt-construct.later]}"
"""In place of what there is not yet: the checks take it for a token, and it never gets further than them."""

NOT_MADE = "which reads like a token, and the CDK has made no such token here; write out what it stands for"
"""What is said of a text that ``false_tokens`` finds."""

_MARK = "${Token["
_TOKEN = re.compile(r"\$\{Token\[[A-Za-z0-9:._-]+\]\}")
_MADE = {LATER}
"""The tokens that the CDK was asked for and has made."""

_DUMMY = "dummy-value-for-"
"""What the CDK's lookups of parameters return in the first synth, before the CLI looks them up; the name follows."""

_NUMBER_MARK = b"\xfb\xff"
"""What CDK writes into the highest two bytes of the double that stands for a number."""

_FAR_BELOW_ZERO = -1e280
"""Above any number with that mark."""


def is_token(value: Any) -> bool:
    """Whether the value itself stands for a later one; a list or map that merely contains tokens does not.

    CDK encodes tokens as strings with ``${Token[…]}`` in them, as doubles with a mark in their highest bytes, as lists
    of one such string with ``#``, or leaves them objects that can be resolved. The dummy value of a lookup counts as
    one: if the first synth failed over it, the CLI would never look up the real value, which the second synth checks.
    """
    if isinstance(value, str):
        return _MARK in value or _DUMMY in value
    # Asked of every value of a request, several times: an abstract class is slow to tell, and what is not far below
    # zero needs no look at its bytes. That a bool is a number does no harm.
    if isinstance(value, dict) or value is None:
        return False
    if isinstance(value, (int, float)):
        return value < _FAR_BELOW_ZERO and _is_marked(value)
    if isinstance(value, (list, tuple)):
        return len(value) == 1 and isinstance(value[0], str) and value[0].startswith("#{Token[")
    return not isinstance(value, Mapping) and hasattr(value, "resolve")


def awaits_lookup(value: Any) -> bool:
    """Whether the CLI still has to look the value up, or one in a list or map.

    The CDK takes it for a string that is known, and what is made of it is never deployed.

    >>> awaits_lookup({"RoleArn": "dummy-value-for-/ml/role"})
    True
    """
    if isinstance(value, str):
        return _DUMMY in value
    if isinstance(value, (dict, Mapping)):
        return any(map(awaits_lookup, value.values()))
    return isinstance(value, (list, tuple)) and any(map(awaits_lookup, value))


def false_tokens(texts: Iterable[str]) -> set[str]:
    """Those of the texts that have a token's text in them although the CDK has made no such token in this process.

    It would end with an error that names neither the job nor the member, or let the text through as it is. This is the
    only question to the kernel, at most one for all texts if they are right.
    """
    marked = [text for text in texts if _MARK in text]
    _ask_for({token for text in marked for token in _TOKEN.findall(text)} - _MADE)
    return {text for text in marked if _MARK in _TOKEN.sub(lambda found: "" if found[0] in _MADE else _MARK, text)}


def _ask_for(tokens: Collection[str]) -> None:
    import aws_cdk as cdk  # noqa: PLC0415 – hpt shares this module, and loads no CDK

    if not tokens:
        return
    try:
        cdk.Tokenization.reverse_string("".join(tokens))
    except RuntimeError:
        for token in tokens if len(tokens) > 1 else ():
            _ask_for([token])
    else:
        _MADE.update(tokens)


def is_calculated(value: Any) -> bool:
    """Whether a number seems to be calculated of one that is a token; of itself, nobody writes one that large.

    >>> is_calculated(2 * -1.8881545897087503e289)
    True
    """
    return isinstance(value, (int, float)) and -_FAR_BELOW_ZERO < abs(value) <= sys.float_info.max


def _is_marked(value: float) -> bool:
    try:
        return struct.pack(">d", float(value)).startswith(_NUMBER_MARK)
    except OverflowError:
        # An integer that no double holds; int(token) is one of 290 digits, which does.
        return False
