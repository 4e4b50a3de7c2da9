"""Tries out the regular expression of a metric, as Python reads it; AWS doesn't say which dialect SageMaker reads."""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from itertools import chain, product
from typing import TYPE_CHECKING

from hpt_construct.errors import show

if TYPE_CHECKING:
    from collections.abc import Iterator

_NUMBER = "([-+0-9.eE]+)"
_NUMBERS = ("0.91", "7", "91", "-3", "1e-05", "nan", ".5", "inf")
_DIGITS = tuple("123456789"[:count] for count in range(1, 10))
_FOLLOWERS = ("", " ", ";", ", x")
# What is most often written needs no trial: a greedy class with digits.
_PLAIN = re.compile(r"[^()\\|]*\(\[[^]^]*0-9[^]^]*\]\+\)[^()|]*")
_KINDS_WITHOUT_CAPTURE = re.compile(r"\(\?(?::|[aims]+\))")


@lru_cache(maxsize=512)
def fault(regex: str) -> str | None:
    """Return why an expression finds no number, to follow it in a message, with the way out; None if it may find one.

    >>> fault("F1=(.*?)")
    "whose group captures '' of '0.91'; write 'F1=([-+0-9.eE]+)'"
    >>> fault("F1=(.*?);") is None
    True
    """
    if _PLAIN.fullmatch(regex):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            what = _fault(regex)
    except (re.error, OverflowError, RecursionError) as error:
        return f"which does not compile: {error}; correct it"
    # As in a raw string of Python that was copied from JSON.
    once = regex.replace(r"\\", "\\")
    if what is not None and once != regex and fault(once) is None:
        return f"{what.partition(';')[0]}; write each backslash once: {show(once)}"
    return what


def _fault(regex: str) -> str | None:
    if not re.compile(regex).groups:
        return f"which has no group; put the part that is the value into parentheses, as in 'loss={_NUMBER}'"
    spans = _groups(regex)
    if not spans:
        return None
    start, end = spans[0]
    alone = all(last <= end for _, last in spans)
    way_out = f"write {show(regex[:start] + _NUMBER + regex[end:])}" if alone else f"make it one like {_NUMBER}"
    if not any(_whole(regex[slice(*span)], number) for span in spans for number in chain(_NUMBERS, _more_numbers())):
        return f"whose group can't capture a number, like '0.91'; {way_out}"
    for number in _NUMBERS:
        if _whole(regex[start:end], number) and (less := _less(regex[start:], number)) is not None:
            return f"whose group captures {show(less)} of {show(number)}; {way_out}"
    return None


def _more_numbers() -> Iterator[str]:
    """Yield numbers with spaces around, and of any usual length, for a group that counts digits."""
    yield from (" 0.91", "0.91 ")
    for sign, whole, places in product(("", "-", "+"), ("0", *_DIGITS), ("", *_DIGITS)):
        yield f"{sign}{whole}{'.' if places else ''}{places}"
    for places, letter, sign, exponent in product(("", *_DIGITS), "eE", ("-", "+", ""), ("5", "05", "005")):
        yield f"1{'.' if places else ''}{places}{letter}{sign}{exponent}"


def _groups(regex: str) -> list[tuple[int, int]]:
    """Return where the capturing groups begin and end, in the order of their opening parentheses; none if there are
    lookarounds and the like, beside which a part can't be tried out alone.
    """
    spans: list[tuple[int, int]] = []
    opened: list[int | None] = []
    place = 0
    while place < len(regex):
        if regex[place] == "\\":
            place += 1
        elif regex[place] == "[":
            # A bracket that comes first, even after ^, is one of the class.
            place = _end_of_class(regex, place + (3 if regex[place + 1] == "^" else 2))
        elif regex[place] == "(":
            captures = regex[place + 1] != "?" or regex.startswith("(?P<", place)
            if not captures and not _KINDS_WITHOUT_CAPTURE.match(regex, place):
                return []
            opened.append(place if captures else None)
        elif regex[place] == ")" and (start := opened.pop()) is not None:
            spans.append((start, place + 1))
        place += 1
    return sorted(spans)


def _end_of_class(regex: str, place: int) -> int:
    while regex[place] != "]":
        place += 2 if regex[place] == "\\" else 1
    return place


def _whole(group: str, text: str) -> bool:
    """Return whether a group can capture a text as a whole."""
    return re.fullmatch(group, text) is not None


def _less(rest: str, number: str) -> str | None:
    """Return what the group at the beginning of the rest of an expression captures of a number, if that is never all of
    it, whatever follows the number; None if it may be all, or if the expression needs something else to follow.
    """
    captured = []
    for follower in _FOLLOWERS:
        found = re.match(rest, number + follower)
        if found is None or len(found[1] or "") >= len(number):
            return None
        captured.append(found[1] or "")
    return captured[0]
