"""The request against the API model: required and unknown members, types, enums, patterns, lengths and bounds."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from hpt_construct import api_model
from hpt_construct.errors import show
from hpt_construct.tokens import is_token

from .problem import Path, Problem

_KINDS = {
    "structure": ((dict, Mapping), "a structure"),
    "map": ((dict, Mapping), "a map of strings"),
    "list": ((list, tuple), "a list"),
    "string": (str, "a string"),
    "boolean": (bool, "true or false"),
    "integer": (int, "a whole number"),
    "long": (int, "a whole number"),
    "float": ((int, float), "a number"),
}
_BITS = {"integer": 31, "long": 63}
_MOST_SUGGESTED = 12


def structure_problems(request: Any) -> list[Problem]:
    """Everything in which the request differs from what the API model allows; a token is trusted to be right."""
    return list(_check(request, api_model.REQUEST, ()))


def _check(value: Any, shape_name: str, path: Path) -> Iterator[Problem]:
    if is_token(value):
        return
    shape = api_model.shapes()[shape_name]
    kind: str = shape["type"]
    expected, words = _KINDS[kind]
    if not isinstance(value, expected) or (isinstance(value, bool) and kind != "boolean"):  # type: ignore[arg-type]
        yield Problem(path, f"got {show(value)}, must be {words}{_hint(value, kind)}")
    elif kind == "structure":
        yield from _check_structure(value, shape_name, path)
    elif kind == "map":
        yield from _check_size(len(value), shape, path, "entries")
        for key, item in value.items():
            yield from _check(key, shape["key"]["shape"], (*path, key))
            yield from _check(item, shape["value"]["shape"], (*path, key))
    elif kind == "list":
        yield from _check_size(len(value), shape, path, "items")
        for index, item in enumerate(value):
            yield from _check(item, shape["member"]["shape"], (*path, index))
    elif kind == "string":
        yield from _check_string(value, shape, path)
    elif kind != "boolean":
        yield from _check_number(value, shape, path)


def _hint(value: Any, kind: str) -> str:
    if value is None:
        return "; leave the member out instead"
    if kind == "string" and isinstance(value, (bool, int, float)):
        return f"; write {str(value).lower() if isinstance(value, bool) else str(value)!r} in quotes"
    return ""


def _check_structure(value: Mapping[str, Any], shape_name: str, path: Path) -> Iterator[Problem]:
    members = api_model.members(shape_name)
    for name in api_model.shapes()[shape_name].get("required", ()):
        if name not in value and name != api_model.GENERATED:
            yield Problem((*path, name), "missing; the API requires it")
    for name, item in value.items():
        if name in members:
            yield from _check(item, members[name], (*path, name))
        elif name in api_model.OUTPUT_ONLY.get(shape_name, ()):
            yield Problem((*path, name), "only the service writes it; leave it out")
        elif not is_token(name):
            yield Problem((*path, name), f"not a member of {shape_name}{_nearest(name, members)}")


def _nearest(got: Any, allowed: Any) -> str:
    names = list(allowed)
    # Case is what people get wrong most: compare without it.
    by_folded = {name.casefold(): name for name in names}
    close = difflib.get_close_matches(str(got).casefold(), by_folded, n=1)
    if close:
        return f"; did you mean {by_folded[close[0]]!r}?"
    if len(names) <= _MOST_SUGGESTED:
        return f"; allowed: {', '.join(names)}"
    return ""


def _check_size(size: int, shape: Mapping[str, Any], path: Path, noun: str) -> Iterator[Problem]:
    low, high = shape.get("min", 0), shape.get("max", math.inf)
    if not low <= size <= high:
        bounds = f"{low} to {high}" if high != math.inf else f"at least {low}"
        yield Problem(path, f"has {size:,} {noun}, must have {bounds}")


def _check_string(value: str, shape: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    if "enum" in shape and value not in shape["enum"]:
        allowed = shape["enum"]
        few = (
            f", must be one of {', '.join(allowed)}"
            if len(allowed) <= _MOST_SUGGESTED
            else ", is not one that the API knows"
        )
        suggestion = _nearest(value, allowed)
        yield Problem(path, f"got {show(value)}{few}{suggestion if 'did you mean' in suggestion else ''}")
        return
    misfits = list(_check_size(len(value), shape, path, "characters"))
    yield from misfits
    if not misfits and "pattern" in shape and not _pattern(shape["pattern"]).fullmatch(value):
        yield Problem(path, f"got {show(value)}, must match {shape['pattern']}")


@cache
def _pattern(java: str) -> re.Pattern[str]:
    """The model's patterns are Java's: of what Python lacks, only classes of characters occur, and only inside
    brackets.
    """
    separators = " \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
    python = java.replace(r"\p{L}", r"\w").replace(r"\p{N}", r"\w").replace(r"\p{Z}", separators)
    # In the service a dot stands for a line break too: it takes hyperparameters of several lines.
    return re.compile(python, re.DOTALL)


def _check_number(value: float, shape: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    try:
        infinite = "" if math.isfinite(value) else str(value)
    except OverflowError:
        infinite = "a whole number that no double holds"
    if infinite:
        yield Problem(path, f"got {infinite}, must be a finite number")
        return
    bits = _BITS.get(shape["type"])
    low = shape.get("min", -(2**bits) if bits else -math.inf)
    high = shape.get("max", 2**bits - 1 if bits else math.inf)
    if not low <= value <= high:
        if "max" not in shape and value < low:
            yield Problem(path, f"got {value:,}, must be at least {low:,}")
        else:
            yield Problem(path, f"got {value:,}, must be {low:,} to {high:,}")
