"""Reads what ``cdk synth`` has written: stacks, and the requests in their templates as far as they are known."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from hpt_construct import api_model
from hpt_construct.errors import show

from .files import read_json
from .target import RESOURCE_TYPE
from .words import AskError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_Kind = TypeVar("_Kind")
_NONE: dict[str, Any] = {}
_WHOLE = re.compile(r"-?\d{1,19}", re.ASCII)


@dataclass(frozen=True)
class Job:
    """A tuning job in a template."""

    stack: str
    logical_id: str
    region: str | None
    """The region of its stack; None if the template leaves it open."""
    account: str | None
    """The account of its stack; None if the template leaves it open."""
    request: Mapping[str, Any]
    """The request in the API's types, with None for what only the deployment knows."""


def read(folder: str, stack: str | None) -> list[Job]:
    """Return the tuning jobs in a folder.

    :param stack: The stack whose jobs to return. None: all stacks.
    :raises AskError: There is no such folder, or no such stack in it.
    """
    found = list(_stacks(Path(folder), []))
    if stack is not None:
        names = [name for name, _, _ in found]
        if stack not in names:
            raise AskError(f"{folder!r} has no stack {stack!r}; it has: {', '.join(sorted(names)) or 'none'}")
        found = [each for each in found if each[0] == stack]
    return [job for name, environment, template in found for job in _jobs(name, environment, template)]


def _stacks(folder: Path, within: list[str]) -> Iterator[tuple[str, str, Path]]:
    """Yield the name, the environment and the template of each stack, including those of stages."""
    path = folder / "manifest.json"
    manifest, place = _load(path), os.path.realpath(folder)
    if place in within:
        raise _unreadable(path, "it has itself as a stage")
    for artifact_id, artifact in _member(path, manifest, "artifacts", _NONE).items():
        kind = artifact.get("type") if isinstance(artifact, dict) else None
        if kind == "cdk:cloud-assembly":
            properties = _member(path, artifact, "properties", _NONE)
            yield from _stacks(folder / _member(path, properties, "directoryName", ""), [*within, place])
        elif kind == "aws:cloudformation:stack":
            properties = _member(path, artifact, "properties", _NONE)
            name = _member(path, properties, "stackName", artifact_id)
            template = folder / _member(path, properties, "templateFile", "")
            yield name, _member(path, artifact, "environment", ""), template


def _load(path: Path) -> dict[str, Any]:
    try:
        # A pipe, for instance, might never end.
        if path.exists() and not path.is_file():
            raise _unreadable(path, "it is no file")
        loaded = read_json(path)
    except OSError as error:
        raise _unreadable(path, str(error.strerror)) from error
    except ValueError as error:
        raise _unreadable(path, str(error)) from error
    if not isinstance(loaded, dict):
        raise _unreadable(path, "it has no JSON object")
    return loaded


def _member(path: Path, of: dict[str, Any], name: str, default: _Kind) -> _Kind:
    """Return a member of an object in a file, which has to be of the default's kind."""
    found = of.get(name, default)
    if not isinstance(found, type(default)):
        raise _unreadable(path, f"its {name!r} is {show(found)}")
    return found


def _unreadable(path: Path, why: str) -> AskError:
    return AskError(f"{str(path)!r} can't be read ({why}); run `cdk synth` first, or name its output folder")


def _jobs(stack: str, environment: str, template: Path) -> Iterator[Job]:
    account, _, region = environment.removeprefix("aws://").partition("/")
    # The region tells the partition: cn-north-1, us-gov-west-1.
    place = region.split("-")
    partition = "aws-cn" if place[0] == "cn" else "aws-us-gov" if "gov" in place else "aws"
    known = {
        "AWS::Partition": partition,
        "AWS::AccountId": None if account in {"", "unknown-account"} else account,
        "AWS::Region": None if region in {"", "unknown-region"} else region,
        "AWS::StackName": stack,
    }
    for logical_id, resource in _member(template, _load(template), "Resources", _NONE).items():
        if isinstance(resource, dict) and resource.get("Type") == RESOURCE_TYPE:
            properties = _member(template, resource, "Properties", _NONE)
            try:
                request = _typed(resolved(properties, known), api_model.REQUEST) or {}
            except _WrongKindError as error:
                raise _unreadable(template, f"the request of {logical_id!r} has {show(error.value)}") from None
            yield Job(stack, logical_id, known["AWS::Region"], known["AWS::AccountId"], request)


class _WrongKindError(Exception):
    """The API takes something of another kind in the place of a value."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


def _typed(value: Any, name: str) -> Any:  # noqa: PLR0911 – a line a kind
    """Return a value of a template in the type of the API's shape of that name; a template has only strings."""
    if value is None:
        return None
    shape = api_model.shapes()[name]
    match shape["type"], value:
        case "structure", dict():
            members = api_model.members(name)
            return {key: _typed(item, members[key]) for key, item in value.items() if key in members}
        case "map", dict():
            return {key: _typed(item, shape["value"]["shape"]) for key, item in value.items()}
        case "list", list():
            items = [_typed(item, shape["member"]["shape"]) for item in value]
            return [item for item in items if item is not None]
        case "boolean", bool() | "true" | "false":
            return value in {True, "true"}
        case "integer" | "long", int() | str() if _WHOLE.fullmatch(str(value)):
            return int(value)
        case "float" | "string", str() | int() | float():
            return value
    raise _WrongKindError(value)


def resolved(value: Any, known: Mapping[str, str | None]) -> Any:
    """Return a value of a template with what is known filled in, and None for what only the deployment knows."""
    if isinstance(value, list):
        return [resolved(item, known) for item in value]
    if not isinstance(value, dict):
        return _unescaped(value)
    if list(value) == ["Ref"]:
        return known.get(value["Ref"]) if isinstance(value["Ref"], str) else None
    if list(value) == ["Fn::Join"]:
        return _joined(value["Fn::Join"], known)
    if len(value) == 1 and next(iter(value)).startswith("Fn::"):
        return None
    return {key.removeprefix("\\"): resolved(item, known) for key, item in value.items()}


def _joined(arguments: Any, known: Mapping[str, str | None]) -> str | None:
    match arguments:
        case [str(separator), [*parts]]:
            texts = [resolved(part, known) for part in parts]
            return separator.join(texts) if all(isinstance(text, str) for text in texts) else None
    return None


def _unescaped(value: Any) -> Any:
    # Only the deployment knows dynamic references; those that the construct has marked are text.
    if not isinstance(value, str) or "resolve:" not in value:
        return value
    return None if "{{resolve:" in value else value.replace("{{\\", "{{")
