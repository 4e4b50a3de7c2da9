"""A request as Python code: the typed construct, as a person would write it."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from hpt_construct import rendering, request
from hpt_construct.request import _part, ranges

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WIDTH: Final = 100
_INDENT: Final = "    "
# Python converts no longer ones.
_NUMBER: Final = re.compile(r"-?\d{1,100}(\.\d{1,100})?(e[+-]?\d{1,9})?")
_WORD: Final = re.compile(r"\w+")
_HOUR, _MINUTE = 3600, 60
# The SageMaker SDK ends names in -250131-0900 or -2025-01-31-09-00-00-000, notebooks in -09-00-00.
_OF_ONE_RUN: Final = re.compile(r"(-\d{6}-\d{4}|(-\d\d){3}(-\d{3})?)\Z")
_WORKS_ONCE: Final = "# This tuning_job_name works only once. Leave it out, and the stack generates one."


@dataclasses.dataclass(frozen=True)
class _Group:
    """Code in brackets, on one line if there is room, otherwise with one line for each item."""

    start: str
    items: Sequence[tuple[str, _Group | str]]
    """The prefix of an item (``name=``), and the item."""
    end: str


def construct_code(
    api_request: Mapping[str, Any], construct_id: str, scope: str = "self", indent: int = 0
) -> str | None:
    """Return the code of the construct that renders a request; None if the typed parts can't hold all of it.

    The typed parts hold every request that is structurally valid.

    :param api_request: The request, as the API takes it, without the members that only Describe returns.
    :param construct_id: The construct's id.
    :param scope: The name of the variable for the construct's scope.
    :param indent: How many times to indent the code, except its first line.
    """
    try:
        parsed = rendering.parse(api_request)
        fits = rendering.render(parsed) == api_request
    except TypeError:  # a required member is missing
        fits = False
    if not fits:
        return None
    arguments = [("", scope), ("", _string(construct_id)), *_arguments(parsed)]
    code = _laid_out(_Group("hpt.HyperparameterTuningJob(", arguments, ")"), indent, "")
    if _OF_ONE_RUN.search(str(parsed.tuning_job_name)):
        return f"{_WORKS_ONCE}\n{_INDENT * indent}{code}"
    return code


def _arguments(part: Any) -> Iterator[tuple[str, _Group | str]]:
    for field in _part.fields(part):
        value = getattr(part, field.name)
        if value is not None:
            is_positional = not field.kw_only and field.default is dataclasses.MISSING
            name = "" if is_positional else f"{field.name}="
            yield name, _node(value, field.metadata[_part.CODEC], str(field.type))


def _node(value: Any, codec: _part.Codec = _part.PLAIN, kind: str = "") -> _Group | str:  # noqa: PLR0911 – a line a kind
    if isinstance(value, request.Objective) and value.type in list(request.ObjectiveType):
        name = request.ObjectiveType(value.type).name.lower()
        return _Group(f"hpt.Objective.{name}(", [("", _node(value.metric_name))], ")")
    if isinstance(value, request.ParameterRanges):
        return _ranges(value)
    if dataclasses.is_dataclass(value):
        return _Group(f"hpt.{type(value).__name__}(", list(_arguments(value)), ")")
    if codec is _part.SECONDS and isinstance(value, int) and value > 0:
        return _duration(value)
    if codec is _part.GIBIBYTES and isinstance(value, int) and value > 0:
        return f"cdk.Size.gibibytes({value})"
    if kind.startswith("Mapping[str, str] | Sequence"):
        value = _tags(value)
    if isinstance(value, list):
        item = codec.item if isinstance(codec, _part.ListOf) else _part.PLAIN
        return _Group("[", [("", _node(each, item)) for each in value], "]")
    if isinstance(value, Mapping):
        item = _part.TEXT if codec is _part.TEXT_MAP else _part.PLAIN
        return _Group("{", [(f"{_string(key)}: ", _node(each, item)) for key, each in value.items()], "}")
    if isinstance(value, str):
        return _enum_member(value, kind) or _text(value, codec)
    return repr(value)


def _ranges(value: request.ParameterRanges) -> _Group:
    """Write a list of any ranges, which is shorter; ranges by kind only where a kind has an empty list."""
    kinds = [getattr(value, field.name) for field in _part.fields(value)]
    together = [each for kind in kinds if isinstance(kind, list) for each in kind]
    if all(map(dataclasses.is_dataclass, together)) and ranges.RANGES.render(together) == _part.render(value):
        return _Group("[", [("", _node(each)) for each in together], "]")
    return _Group("hpt.ParameterRanges(", list(_arguments(value)), ")")


def _tags(value: Any) -> Any:
    """Return tags as a mapping, unless that loses something."""
    if not isinstance(value, list) or not all(_is_tag(tag) for tag in value):
        return value
    mapping = {tag["Key"]: tag["Value"] for tag in value}
    return mapping if len(mapping) == len(value) else value


def _is_tag(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == {"Key", "Value"} and isinstance(value["Key"], str)


def _duration(seconds: int) -> str:
    if seconds % _HOUR == 0:
        return f"cdk.Duration.hours({seconds // _HOUR})"
    if seconds % _MINUTE == 0:
        return f"cdk.Duration.minutes({seconds // _MINUTE})"
    return f"cdk.Duration.seconds({seconds})"


def _enum_member(value: str, kind: str) -> str | None:
    for word in _WORD.findall(kind):
        found = getattr(request, word, None)
        # The string that everybody knows is shorter than an InstanceType.
        if isinstance(found, type) and issubclass(found, StrEnum) and found is not request.InstanceType:
            for member in found:
                if member.value == value:
                    return f"hpt.{word}.{member.name}"
    return None


def _text(value: str, codec: _part.Codec) -> str:
    """Write a string, or the number that becomes exactly that string."""
    if codec is _part.TEXT and _NUMBER.fullmatch(value):
        number = int(value) if re.fullmatch(r"-?\d+", value) else float(value)
        if math.isfinite(number) and _part.TEXT.render(number) == value:
            return repr(number)
    return _string(value)


def _string(value: str) -> str:
    """Write a literal in double quotes; repr() escapes whatever does not print."""
    quoted = repr(value)
    if quoted.startswith("'") and '"' not in quoted:
        inside = quoted[1:-1].replace("\\'", "'")
        return f'"{inside}"'
    return quoted


def _laid_out(code: _Group | str, indent: int, before: str) -> str:
    if isinstance(code, str):
        return code
    short = _on_one_line(code)
    # "<", because a comma follows everything but the whole.
    if len(_INDENT) * indent + len(before) + len(short) < _WIDTH and (indent or not code.items):
        return short
    margin = _INDENT * (indent + 1)
    lines = [f"{margin}{name}{_laid_out(item, indent + 1, name)},\n" for name, item in code.items]
    return f"{code.start}\n{''.join(lines)}{_INDENT * indent}{code.end}"


def _on_one_line(code: _Group | str) -> str:
    if isinstance(code, str):
        return code
    return code.start + ", ".join(f"{name}{_on_one_line(item)}" for name, item in code.items) + code.end
