"""Checks a request against the API model: required and unknown members, types, enums, patterns, lengths and bounds."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from hpt_construct import api_model
from hpt_construct.errors import show
from hpt_construct.request import spelling
from hpt_construct.tokens import is_calculated, is_token

from .other_requests import CONFIG, of_another_operation, operation_of, way_out
from .problem import Problem

_KINDS: Final[Mapping[str, tuple[type | tuple[type, ...], str]]] = {
    "structure": ((dict, Mapping), "a structure"),
    "map": ((dict, Mapping), "a map of strings"),
    "list": ((list, tuple), "a list"),
    "string": (str, "a string"),
    "boolean": (bool, "true or false"),
    "integer": (int, "a whole number"),
    "long": (int, "a whole number"),
    "float": ((int, float), "a number"),
}
_LATER_ITEM = "#{Token["
_BITS = {"integer": 31, "long": 63}
_MOST_SUGGESTED = 12
_NUL = "\0"
_UNSENDABLE = re.compile("[\0\ud800-\udfff]")
_LOST = "__proto__"
"""In JavaScript the prototype of an object, not an entry of it."""

_CALCULATED = (
    "got a number that was calculated from a token, which stands for a value that only the deployment knows; "
    "pass the token itself, or calculate with a number that is known at synth"
)

Check = Callable[[Any], Sequence[Problem]]
"""Returns what is wrong with a value of a shape, with paths that begin at the value."""


def structure_problems(request: Any) -> list[Problem]:
    """Return every difference between the request and what the API model allows; tokens count as right."""
    operation = operation_of(request) if isinstance(request, Mapping) else None
    if operation is not None:
        # Whatever else it lacks or has too much follows from that.
        return [Problem((CONFIG,), f"missing; this is {of_another_operation(operation)}", structural=True)]
    return [Problem(found.path, found.message, structural=True) for found in _check(api_model.REQUEST)(request)]


# Cached, so that a shape is read once and not for each value of each job. Paths are built from the bottom up and only
# where there is a problem, because most values have none.
@cache
def _check(shape_name: str) -> Check:
    shape = api_model.shapes()[shape_name]
    kind: str = shape["type"]
    expected, words = _KINDS[kind]
    if "enum" in shape:
        words = _one_of(shape["enum"])
    elif kind == "structure":
        required = [name for name in shape.get("required", ()) if name != api_model.GENERATED]
        words += f" with {', '.join(required)}" if required else ""
    check_inside = _INSIDE.get(kind, _check_number)(shape_name, shape)

    items = api_model.shapes()[shape["member"]["shape"]]["type"] if kind == "list" else ""

    def check(value: Any) -> Sequence[Problem]:
        if is_token(value):
            return _later_list(words, items) if isinstance(value, (list, tuple)) else ()
        # Only a metric may be as large as a number calculated from a token; seconds, counts and texts never are.
        if kind != "float" and is_calculated(value):
            return (Problem((), _CALCULATED),)
        if not isinstance(value, expected) or (isinstance(value, bool) and kind != "boolean"):
            return (Problem((), f"got {show(value)}, must be {words}{_hint(value, shape)}"),)
        return check_inside(value)

    return check


def _later_list(words: str, items: str) -> Sequence[Problem]:
    """Return what is wrong with a list of strings that only CloudFormation knows and whose items can't be separated."""
    got = "got a list of strings that only CloudFormation knows, must be"
    if items == "structure":
        return (Problem((), f"{got} a list of structures; write them out, their values may be tokens"),)
    way_out = "cdk.Fn.select(0, ...) takes an item" if words == "a string" else "write it out, its values may be tokens"
    return () if items else (Problem((), f"{got} {words}; {way_out}"),)


def _below(step: str | int, problems: Sequence[Problem]) -> Iterator[Problem]:
    return (Problem((step, *problem.path), problem.message) for problem in problems)


def _hint(value: Any, shape: Mapping[str, Any]) -> str:
    if value is None:
        return "; leave the member out instead"
    if shape["type"] == "string" and "enum" not in shape and isinstance(value, (bool, int, float)):
        return f"; write {str(value).lower() if isinstance(value, bool) else str(value)!r} in quotes"
    return ""


def _check_structure(shape_name: str, shape: Mapping[str, Any]) -> Check:
    members = api_model.members(shape_name)
    required = [name for name in shape.get("required", ()) if name != api_model.GENERATED]

    def check(value: Mapping[str, Any]) -> list[Problem]:
        found = [Problem((name,), "missing; the API requires it") for name in required if name not in value]
        for name, item in value.items():
            if name in members:
                # Checks are made only for members that a request has: most of the model's patterns are never compiled.
                if problems := _check(members[name])(item):
                    found += _below(name, problems)
            elif name in api_model.OUTPUT_ONLY.get(shape_name, ()):
                found.append(Problem((name,), "only the service writes it; leave it out"))
            elif not is_token(name):
                hint = way_out(shape_name, str(name)) or _nearest(_api_name(shape_name, name), members)
                found.append(Problem((name,), f"not a member of {shape_name}{hint}"))
        return found

    return check


def _check_map(_: str, shape: Mapping[str, Any]) -> Check:
    check_key, check_value = _check(shape["key"]["shape"]), _check(shape["value"]["shape"])

    def check(value: Mapping[str, Any]) -> list[Problem]:
        found = _size_problems(len(value), shape, "entries")
        for key, item in value.items():
            if problems := (*check_key(key), *check_value(item)):
                found += _below(key, problems)
        if _LOST in value:
            found.append(Problem((_LOST,), "got a name that the CDK can't pass on; rename it"))
        return found

    return check


def _check_list(_: str, shape: Mapping[str, Any]) -> Check:
    check_item = _check(shape["member"]["shape"])

    def check(value: Sequence[Any]) -> list[Problem]:
        found = _size_problems(len(value), shape, "items")
        for index, item in enumerate(value):
            if problems := check_item(item):
                found += _below(index, problems)
        return found

    return check


def _api_name(shape_name: str, name: Any) -> Any:
    """Return the member that a name of the typed form stands for, or the name itself."""
    return spelling.api_names(shape_name).get(str(name), name)


def _nearest(got: Any, allowed: Any) -> str:
    names = list(allowed)
    # Case is the most common mistake, so the comparison ignores it.
    by_folded = {name.casefold(): name for name in names}
    folded = str(got).casefold()
    # EC2 says m5.xlarge where SageMaker says ml.m5.xlarge; by its letters alone, another family would be as close.
    close = [name for name in by_folded if name.endswith(f".{folded}")]
    close += difflib.get_close_matches(folded, by_folded, n=1)
    if close:
        return f"; did you mean {by_folded[close[0]]!r}?"
    if len(names) <= _MOST_SUGGESTED:
        return f"; allowed: {', '.join(names)}"
    return ""


def _size_problems(size: int, shape: Mapping[str, Any], noun: str) -> list[Problem]:
    low, high = shape.get("min", 0), shape.get("max", math.inf)
    if low <= size <= high:
        return []
    bounds = f"{low} to {high}" if high != math.inf else f"at least {low}"
    return [Problem((), f"has {size:,} {noun}, must have {bounds}")]


def _check_string(shape_name: str, shape: Mapping[str, Any]) -> Check:
    if "enum" in shape:
        return _check_enum(shape["enum"])
    pattern = _pattern(shape["pattern"]) if "pattern" in shape else None

    def check(value: str) -> list[Problem]:
        if _LATER_ITEM in value:
            message = "got an item that was taken from a list with [0], and only CloudFormation knows the list"
            return [Problem((), f"{message}; use cdk.Fn.select(0, ...)")]
        unsendable = unsendable_problem(value)
        if unsendable is not None:
            return [Problem((), f"got {show(value)}, {unsendable}")]
        found = _size_problems(len(value), shape, "characters")
        # For a value that must be long, such as an ARN, "is not an ARN" says more than "is too short".
        short = len(value) < shape.get("min", 0) and shape["min"] > 1
        if (not found or short) and pattern is not None and not pattern.fullmatch(value):
            return [Problem((), f"got {show(value)}, must be {api_model.meaning(shape_name)}")]
        return found

    return check


def unsendable_problem(text: str) -> str | None:
    """Say which character of a text nobody can send: a NUL, or half of a character, which has no UTF-8."""
    found = None if text.isascii() and _NUL not in text else _UNSENDABLE.search(text)
    return found and f"has the character U+{ord(found[0]):04X}, which can't be sent; remove it"


def _one_of(allowed: Sequence[str]) -> str:
    if len(allowed) <= _MOST_SUGGESTED:
        return f"one of {', '.join(allowed)}"
    return f"one of the {len(allowed)} that the API knows, like {allowed[0]!r}"


def _check_enum(allowed: Sequence[str]) -> Check:
    known = frozenset(allowed)
    few = f", must be {_one_of(allowed)}" if len(allowed) <= _MOST_SUGGESTED else ", is not one that the API knows"

    def check(value: str) -> Sequence[Problem]:
        if value in known:
            return ()
        suggestion = _nearest(value, allowed)
        return (Problem((), f"got {show(value)}{few}{suggestion if 'did you mean' in suggestion else ''}"),)

    return check


def _check_boolean(_: str, _shape: Mapping[str, Any]) -> Check:
    return lambda _value: ()


@cache
def _pattern(java: str) -> re.Pattern[str]:
    """Translate a pattern of the model, which is Java's. Of what Python lacks, the model uses only character classes,
    and only inside brackets.
    """
    separators = " \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
    python = java.replace(r"\p{L}", r"\w").replace(r"\p{N}", r"\w").replace(r"\p{Z}", separators)
    # As in Java, classes are ASCII except those of Unicode, and a dot does not match a line break.
    return re.compile(python, 0 if python != java else re.ASCII)


def _check_number(_: str, shape: Mapping[str, Any]) -> Check:
    bits = _BITS.get(shape["type"])
    low = shape.get("min", -(2**bits) if bits else -math.inf)
    high = shape.get("max", 2**bits - 1 if bits else math.inf)

    def check(value: float) -> Sequence[Problem]:
        try:
            infinite = "" if math.isfinite(value) else str(value)
        except OverflowError:
            infinite = "a whole number that no double holds"
        if infinite:
            return (Problem((), f"got {infinite}, must be a finite number"),)
        if low <= value <= high:
            return ()
        bounds = f"at least {low:,}" if "max" not in shape and value < low else f"{low:,} to {high:,}"
        return (Problem((), f"got {value:,}, must be {bounds}"),)

    return check


_INSIDE: Final[Mapping[str, Callable[[str, Mapping[str, Any]], Check]]] = {
    "structure": _check_structure,
    "map": _check_map,
    "list": _check_list,
    "string": _check_string,
    "boolean": _check_boolean,
}
"""The check of each kind of shape; the other kinds are numbers."""
