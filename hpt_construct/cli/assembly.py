"""Reads what ``cdk synth`` has written: stacks, and the requests in their templates as far as they are known."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .target import RESOURCE_TYPE
from .words import AskError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NOT_OF_THE_REQUEST = ("ServiceToken", "ServiceTimeout", "NamePrefix", "Run", "RemovalPolicy")


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
    """The request, with None for what only the deployment knows."""


def read(folder: str, stack: str | None) -> list[Job]:
    """Return the tuning jobs in a folder.

    :param stack: The stack whose jobs to return. None: all stacks.
    :raises AskError: There is no such folder, or no such stack in it.
    """
    found = list(_stacks(Path(folder)))
    if stack is not None:
        names = [name for name, _, _ in found]
        if stack not in names:
            raise AskError(f"{folder!r} has no stack {stack!r}; it has: {', '.join(sorted(names)) or 'none'}")
        found = [each for each in found if each[0] == stack]
    return [job for name, environment, template in found for job in _jobs(name, environment, template)]


def _stacks(folder: Path) -> Iterator[tuple[str, str, Path]]:
    """Yield the name, the environment and the template of each stack, including those of stages."""
    for artifact_id, artifact in _load(folder / "manifest.json").get("artifacts", {}).items():
        properties = artifact.get("properties", {})
        if artifact["type"] == "aws:cloudformation:stack":
            name = properties.get("stackName", artifact_id)
            yield name, artifact.get("environment", ""), folder / properties["templateFile"]
        elif artifact["type"] == "cdk:cloud-assembly":
            yield from _stacks(folder / properties["directoryName"])


def _load(path: Path) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise AskError(
            f"{str(path)!r} can't be read ({error}); run `cdk synth` first, or name its output folder"
        ) from error
    return loaded


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
    for logical_id, resource in _load(template).get("Resources", {}).items():
        if resource["Type"] == RESOURCE_TYPE:
            members = {key: value for key, value in resource["Properties"].items() if key not in _NOT_OF_THE_REQUEST}
            request = {key: resolved(value, known) for key, value in members.items()}
            yield Job(stack, logical_id, known["AWS::Region"], known["AWS::AccountId"], request)


def resolved(value: Any, known: Mapping[str, str | None]) -> Any:
    """Return a value of a template with what is known filled in, and None for what only the deployment knows."""
    if isinstance(value, list):
        return [resolved(item, known) for item in value]
    if not isinstance(value, dict):
        return _unescaped(value)
    if list(value) == ["Ref"]:
        return known.get(value["Ref"])
    if list(value) == ["Fn::Join"]:
        separator, parts = value["Fn::Join"]
        texts = [resolved(part, known) for part in parts] if isinstance(parts, list) else [None]
        return separator.join(texts) if all(isinstance(text, str) for text in texts) else None
    if len(value) == 1 and next(iter(value)).startswith("Fn::"):
        return None
    return {key.removeprefix("\\"): resolved(item, known) for key, item in value.items()}


def _unescaped(value: Any) -> Any:
    # Only the deployment knows dynamic references; those that the construct has marked are text.
    if not isinstance(value, str) or "resolve:" not in value:
        return value
    return None if "{{resolve:" in value else value.replace("{{\\", "{{")
