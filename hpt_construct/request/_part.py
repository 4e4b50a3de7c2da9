"""How a typed part declares which API member each of its fields becomes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, dataclass_transform

from hpt_construct.errors import show
from hpt_construct.tokens import is_calculated, is_token

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

API = "api"
CODEC = "codec"

T = TypeVar("T")


class Codec(Protocol):
    """Converts a field's value to the API's and back, and spells an API path below the field in typed names.

    Neither direction validates: it leaves what it can't convert as it is, so that validation can report the value that
    the caller wrote.
    """

    def render(self, value: Any) -> Any:
        """Convert a field's value to the API's."""

    def parse(self, value: Any) -> Any:
        """Convert the API's value to the field's; ``render`` gives the API's value again."""

    def spell(self, value: Any, path: Sequence[str | int]) -> str:
        """Spell the rest of an API path, below this field, in the names of the typed form."""


class Plain:
    """A value that is the same in both forms: strings, numbers, booleans, lists of them, tokens."""

    def render(self, value: Any) -> Any:
        return list(value) if isinstance(value, tuple) else value

    def parse(self, value: Any) -> Any:
        return value

    def spell(self, value: Any, path: Sequence[str | int]) -> str:
        return "".join(f"[{show(step)}]" for step in path)


class Structure(Plain):
    """A part in the typed form, a JSON object in the API's."""

    def __init__(self, part: type[DataclassInstance]) -> None:
        self.part = part

    def render(self, value: Any) -> Any:
        return render(value) if isinstance(value, self.part) else value

    def parse(self, value: Any) -> Any:
        return parse(self.part, value) if isinstance(value, Mapping) else value

    def spell(self, value: Any, path: Sequence[str | int]) -> str:
        spelled = spell(value if isinstance(value, self.part) else self.part, path)
        return f".{spelled}" if spelled else ""


class ListOf(Plain):
    """A list whose items have a codec of their own."""

    def __init__(self, item: Codec) -> None:
        self.item = item

    def render(self, value: Any) -> Any:
        if is_token(value) or not isinstance(value, (list, tuple)):
            return value
        return [self.item.render(item) for item in value]

    def parse(self, value: Any) -> Any:
        return [self.item.parse(item) for item in value] if isinstance(value, (list, tuple)) else value

    def spell(self, value: Any, path: Sequence[str | int]) -> str:
        if not path:
            return ""
        index, *below = path
        item = (
            value[index] if isinstance(value, (list, tuple)) and isinstance(index, int) and index < len(value) else None
        )
        return f"[{index}]{self.item.spell(item, below)}"


class Converted(Plain):
    """A CDK type or the API's own value: rendering converts the CDK type, parsing has nothing to do."""

    def __init__(self, attribute: str) -> None:
        self.attribute = attribute

    def render(self, value: Any) -> Any:
        if isinstance(value, (str, int, float, Mapping, list, tuple)):
            return value
        try:
            converted = getattr(value, self.attribute)
            return converted() if callable(converted) else converted
        except (AttributeError, RuntimeError):
            # Another type, or jsii's error for a value that is no whole number of the unit (1,500 ms in seconds).
            return value


class Text(Plain):
    """A string of the API that people may write as a number, such as 100 or 1.4."""

    def render(self, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or is_token(value) or is_calculated(value):
            return value
        # Through int and float, because the repr of a subclass, such as numpy's, does not look like a number.
        return repr(int(value)) if isinstance(value, int) else repr(float(value))


class OneOf(Plain):
    """A structure of the API with exactly one member; the type of the value says which."""

    def __init__(self, **alternatives: type[DataclassInstance]) -> None:
        self.alternatives = alternatives

    def render(self, value: Any) -> Any:
        for name, alternative in self.alternatives.items():
            if isinstance(value, alternative):
                return {name: render(value)}
        return value

    def parse(self, value: Any) -> Any:
        if isinstance(value, Mapping) and len(value) == 1:
            [(name, given)] = value.items()
            if name in self.alternatives and isinstance(given, Mapping):
                return parse(self.alternatives[name], given)
        return value

    def spell(self, value: Any, path: Sequence[str | int]) -> str:
        if not path or path[0] not in self.alternatives:
            return ""
        return Structure(self.alternatives[str(path[0])]).spell(value, path[1:])


class TextMap(Plain):
    """A map whose values are ``Text``."""

    def render(self, value: Any) -> Any:
        return {key: TEXT.render(item) for key, item in value.items()} if isinstance(value, Mapping) else value


PLAIN = Plain()
TEXT = Text()
TEXT_MAP = TextMap()
INSTANCE_TYPE = Plain()
SECONDS = Converted("to_seconds")
GIBIBYTES = Converted("to_gibibytes")
ROLE = Converted("role_arn")
S3_URI = Converted("uri")
IMAGE = Converted("uri")
KEY = Converted("key_arn")
SUBNET = Converted("subnet_id")
SECURITY_GROUP = Converted("security_group_id")
FILE_SYSTEM = Converted("file_system_id")


def member(api: str, codec: Codec = PLAIN, *, default: Any = dataclasses.MISSING) -> Any:
    """Declare a field that becomes the API member ``api``; a dot leads into a structure that has no part of its own."""
    return dataclasses.field(default=default, metadata={API: tuple(api.split(".")), CODEC: codec})


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(member,))
def part(shape: str, *, kw_only: bool = True) -> Callable[[type[T]], type[T]]:
    """Make a frozen dataclass of a class whose fields are ``member``s of the API structure ``shape``."""

    def decorate(cls: type[T]) -> type[T]:
        cls.__shape__ = shape  # type: ignore[attr-defined]
        return dataclasses.dataclass(frozen=True, kw_only=kw_only)(cls)

    return decorate


def fields(of: Any) -> tuple[dataclasses.Field[Any], ...]:
    """The fields of a part, or of its class, that become members."""
    return _fields(of if isinstance(of, type) else type(of))


@cache
def _fields(part: type[DataclassInstance]) -> tuple[dataclasses.Field[Any], ...]:
    return tuple(field for field in dataclasses.fields(part) if API in field.metadata)


@cache
def _members(part: type[DataclassInstance]) -> tuple[tuple[str, tuple[str, ...], Codec], ...]:
    """Name, API path and codec of each field; cached, because every value of every job needs them."""
    return tuple((field.name, field.metadata[API], field.metadata[CODEC]) for field in _fields(part))


def render(value: DataclassInstance) -> dict[str, Any]:
    """Convert a part to the API's structure; None is not sent."""
    rendered: dict[str, Any] = {}
    for name, (*parents, last), codec in _members(type(value)):
        given = getattr(value, name)
        if given is not None:
            target = rendered
            for parent in parents:
                target = target.setdefault(parent, {})
            target[last] = codec.render(given)
    return rendered


def parse(cls: Any, value: Mapping[str, Any]) -> Any:
    """Convert an API structure to a part; ``render`` gives the structure again."""
    arguments = {}
    for name, api, codec in _members(cls):
        found: Any = value
        for step in api:
            found = found.get(step) if isinstance(found, (dict, Mapping)) else None
        if found is not None:
            arguments[name] = codec.parse(found)
    return cls(**arguments)


def spell(value: Any, path: Sequence[str | int]) -> str:
    """Spell an API path below a part (or its class) in the names of the typed form; a step without one stays."""
    for field in fields(value):
        api = field.metadata[API]
        if tuple(path[: len(api)]) == api:
            given = None if isinstance(value, type) else getattr(value, field.name)
            return f"{field.name}{field.metadata[CODEC].spell(given, path[len(api) :])}"
    return ".".join(str(step) if str(step).isidentifier() else show(step) for step in path)
