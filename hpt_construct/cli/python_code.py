"""A request as Python code: the typed construct, as a person would write it."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from hpt_construct import built_in_images, rendering, request
from hpt_construct.request import _part, ranges

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WIDTH: Final = 88
"""As ``ruff format`` and Black have it by default."""
_INDENT: Final = "    "
# Python converts no longer ones.
_NUMBER: Final = re.compile(r"-?\d{1,100}(\.\d{1,100})?(e[+-]?\d{1,9})?")
_WORD: Final = re.compile(r"\w+")
_HOUR, _MINUTE = 3600, 60
# The SageMaker SDK ends names in -250131-0900 or -2025-01-31-09-00-00-000, notebooks in -09-00-00.
_OF_ONE_RUN: Final = re.compile(r"(-\d{6}-\d{4}|(-\d\d){3}(-\d{3})?)\Z")
_WORKS_ONCE: Final = "This name works only once. Leave it out, and the stack generates one."


@dataclasses.dataclass(frozen=True)
class _Item:
    """What stands in brackets: code, the name of the argument or the key before it, a comment on the line above."""

    code: _Group | str
    name: str = ""
    comment: str = ""


@dataclasses.dataclass(frozen=True)
class _Group:
    """Code in brackets, on one line if there is room, otherwise with one line for each item."""

    start: str
    items: Sequence[_Item]
    end: str


def construct_code(
    api_request: Mapping[str, Any], construct_id: str, scope: str = "self", indent: int = 0
) -> str | None:
    """Return the code of the construct that renders a request; None if the typed parts can't hold all of it.

    The typed parts hold every request that is structurally valid. The code is laid out as ``ruff format`` does it.

    :param api_request: The request, as the API takes it, without the members that only Describe returns.
    :param construct_id: The construct's id.
    :param scope: The name of the variable for the construct's scope.
    :param indent: How many times to indent the code, except its first line.
    """
    construct = _construct(api_request, construct_id, scope, {})
    return None if construct is None else _laid_out(construct, indent)


def module_code(
    api_request: Mapping[str, Any], construct_id: str, comments: Mapping[str, str] | None = None
) -> str | None:
    """Return the same code after the imports that it needs.

    :param comments: Comments by the argument of the construct that each stands above.
    """
    construct = _construct(api_request, construct_id, "self", comments or {})
    if construct is None:
        return None
    cdk = "import aws_cdk as cdk\n" if any(start.startswith("cdk.") for start in _starts(construct)) else ""
    return f"{cdk}import hpt_construct as hpt\n\n{_laid_out(construct)}"


def _construct(
    api_request: Mapping[str, Any], construct_id: str, scope: str, comments: Mapping[str, str]
) -> _Group | None:
    try:
        parsed = rendering.parse(api_request)
        fits = rendering.render(parsed) == api_request
    except TypeError:  # a required member is missing
        fits = False
    if not fits:
        return None
    arguments = [
        dataclasses.replace(item, comment=comments.get(item.name.removesuffix("="), item.comment))
        for item in _arguments(parsed)
    ]
    return _Group("hpt.HyperparameterTuningJob(", [_Item(scope), _Item(_string(construct_id)), *arguments], ")")


def _arguments(part: Any) -> Iterator[_Item]:
    for field in _part.fields(part):
        value = getattr(part, field.name)
        if value is not None and value != field.default:
            is_positional = not field.kw_only and field.default is dataclasses.MISSING
            code = _node(value, field.metadata[_part.CODEC], str(field.type))
            yield _Item(code, "" if is_positional else f"{field.name}=", _comment(field.name, value))


def _comment(name: str, value: Any) -> str:
    """Say what can stand in place of an argument, if it is one of which people don't know."""
    if name == "tuning_job_name" and _OF_ONE_RUN.search(str(value)):
        return _WORKS_ONCE
    if name == "training_image" and isinstance(value, str) and (known := built_in_images.built_in(value)):
        return f"or hpt.TrainingImage.built_in({', '.join(map(_string, known))})"
    return ""


def _node(value: Any, codec: _part.Codec = _part.PLAIN, kind: str = "") -> _Group | str:  # noqa: PLR0911 – a line a kind
    if isinstance(value, request.Objective) and value.type in list(request.ObjectiveType):
        name = request.ObjectiveType(value.type).name.lower()
        return _call(f"hpt.Objective.{name}", _node(value.metric_name))
    if isinstance(value, request.ParameterRanges):
        return _ranges(value)
    if dataclasses.is_dataclass(value):
        return _Group(f"hpt.{type(value).__name__}(", list(_arguments(value)), ")")
    if codec is _part.SECONDS and isinstance(value, int) and value > 0:
        return _duration(value)
    if codec is _part.GIBIBYTES and isinstance(value, int) and value > 0:
        return _call("cdk.Size.gibibytes", repr(value))
    if kind.startswith("Mapping[str, str] | Sequence"):
        value = _tags(value)
    if isinstance(value, list):
        item = codec.item if isinstance(codec, _part.ListOf) else _part.PLAIN
        return _Group("[", [_Item(_node(each, item)) for each in value], "]")
    if isinstance(value, Mapping):
        item = _part.TEXT if codec is _part.TEXT_MAP else _part.PLAIN
        return _Group("{", [_Item(_node(each, item), f"{_string(key)}: ") for key, each in value.items()], "}")
    if isinstance(value, str):
        return _enum_member(value, kind) or _text(value, codec)
    return _literal(value)


def _call(function: str, argument: _Group | str) -> _Group:
    return _Group(f"{function}(", [_Item(argument)], ")")


def _ranges(value: request.ParameterRanges) -> _Group:
    """Write a list of any ranges, which is shorter; ranges by kind only where a kind has an empty list."""
    kinds = [getattr(value, field.name) for field in _part.fields(value)]
    together = [each for kind in kinds if isinstance(kind, list) for each in kind]
    if all(map(dataclasses.is_dataclass, together)) and ranges.RANGES.render(together) == _part.render(value):
        return _Group("[", [_Item(_node(each)) for each in together], "]")
    return _Group("hpt.ParameterRanges(", list(_arguments(value)), ")")


def _tags(value: Any) -> Any:
    """Return tags as a mapping, unless that loses something."""
    if not isinstance(value, list) or not all(_is_tag(tag) for tag in value):
        return value
    mapping = {tag["Key"]: tag["Value"] for tag in value}
    return mapping if len(mapping) == len(value) else value


def _is_tag(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == {"Key", "Value"} and isinstance(value["Key"], str)


def _duration(seconds: int) -> _Group:
    for unit, name in ((_HOUR, "hours"), (_MINUTE, "minutes")):
        if seconds % unit == 0:
            return _call(f"cdk.Duration.{name}", repr(seconds // unit))
    return _call("cdk.Duration.seconds", repr(seconds))


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
            return _literal(number)
    return _string(value)


def _literal(value: Any) -> str:
    """Write what is no string; in a number, the formatters leave out the plus of an exponent."""
    return repr(value).replace("e+", "e")


def _string(value: str) -> str:
    """Write a literal in the quotes that need fewer escapes, double ones if both need as many."""
    # A string with a double quote is shown in single ones.
    inside = repr(f'"{value}')[2:-1].replace("\\'", "'")
    quote = "'" if inside.count('"') > inside.count("'") else '"'
    return quote + inside.replace(quote, f"\\{quote}") + quote


def _laid_out(code: _Group | str, indent: int = 0, before: str = "", after: str = "") -> str:
    """Lay code out as ``ruff format`` does: on one line, a call with its arguments on the next, or a line an item."""
    if isinstance(code, str):
        return code
    margin, inner = _INDENT * indent, _INDENT * (indent + 1)
    inside = _on_one_line(code)
    if inside is not None:
        short = f"{code.start}{inside}{code.end}"
        if not inside or _has_room(f"{margin}{before}{short}{after}"):
            return short
        if code.start.endswith("(") and inside.isascii() and _has_room(f"{inner}{inside}"):
            return f"{code.start}\n{inner}{inside}\n{margin}{code.end}"
    lines = []
    for item in code.items:
        lines += [f"{inner}# {item.comment}\n"] if item.comment else []
        # The formatters leave a line for each item where a comma follows the last one.
        lines += [f"{inner}{item.name}{_laid_out(item.code, indent + 1, item.name, ',')},\n"]
    return f"{code.start}\n{''.join(lines)}{margin}{code.end}"


def _on_one_line(code: _Group) -> str | None:
    """Return what stands in the brackets; None if there is a comment, which needs a line of its own."""
    items = []
    for item in code.items:
        short = item.code
        if isinstance(short, _Group):
            inside = _on_one_line(short)
            short = "" if inside is None else f"{short.start}{inside}{short.end}"
        if item.comment or not short:
            return None
        items.append(item.name + short)
    return ", ".join(items)


def _has_room(line: str) -> bool:
    """Tell whether a line is short enough; in bytes, which are never fewer than columns, whatever the letters."""
    return len(line.encode()) <= _WIDTH


def _starts(code: _Group | str) -> Iterator[str]:
    if isinstance(code, _Group):
        yield code.start
        for item in code.items:
            yield from _starts(item.code)
