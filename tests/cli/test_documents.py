"""What documents and recipes tell to type, there is."""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
import yaml
from click.testing import CliRunner

import hpt_construct
from hpt_construct.cli import checks, commands, init_command, ownership

if TYPE_CHECKING:
    from tests.cli.conftest import World

ROOT = Path(__file__).parents[2]
RECIPES = sorted((ROOT / "examples" / "ci").glob("*.yml"))
PAGES = sorted(path for path in (ROOT / "docs").rglob("*.md") if "_build" not in path.parts)
TEXTS = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *PAGES, *RECIPES)
}
PAGE = "docs/reference/hpt.md"
TYPED = [
    (name, line)
    for name, text in {**TEXTS, "init": init_command._README}.items()
    # A page's sentences have the word too: there, what is typed stands behind a prompt or a backtick.
    for line in re.findall(
        (r"(?:^\$ |`)" if name.endswith(".md") else r"\b") + r"(hpt [a-z]+(?: [^`|>#\n]+)?)", text, re.MULTILINE
    )
    if line.split()[1] in commands._COMMANDS or not name.endswith(".md")
]


@pytest.mark.parametrize(("name", "line"), TYPED, ids=range(len(TYPED)))
def test_a_command_that_is_told_can_be_typed(name: str, line: str) -> None:
    """It exists, takes these options, and has all that it needs."""
    _, command_name, *arguments = shlex.split(line.partition(", or ")[0])
    context = click.Context(commands.hpt)
    command = commands.hpt.get_command(context, command_name)
    assert command is not None, f"{name}: {line}"
    options = {option for parameter in command.params for option in parameter.opts}
    assert {argument for argument in arguments if argument.startswith("-")} <= options | {"--help"}


def test_something_is_told() -> None:
    """All commands are, on the page about them."""
    assert {line.split()[1] for name, line in TYPED if name == PAGE} == set(commands._COMMANDS)


def test_json_on_the_page_has_the_members_that_are_written(world: World) -> None:
    """In their order, for the objects of ``best``, ``preflight`` and ``list``."""
    owner = {ownership.STACK_ID: "arn:aws:cloudformation:us-east-1:111122223333:stack/Training/1"}
    tags = {**owner, ownership.LOGICAL_ID: "Xgboost"}
    world.start(Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
    best, listed = (json.loads(world.hpt(*typed, "--json").stdout) for typed in (["best", "tune"], ["list"]))
    check = ["stack", "logical_id", *(field.name for field in dataclasses.fields(checks.Result))]
    shown = re.findall(r"^```json\n(.*?)^```", TEXTS[PAGE], re.MULTILINE | re.DOTALL)
    assert [list(json.loads(each)) for each in shown] == [list(best), check, list(listed)]


def test_version_is_the_one_of_the_package() -> None:
    """What a bug report has to say."""
    assert CliRunner().invoke(commands.hpt, ["--version"]).output == f"hpt {hpt_construct.__version__}\n"


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_a_recipe_checks_deploys_waits_and_reports(path: Path) -> None:
    """In this order, and it can be read."""
    with path.open() as file:
        assert isinstance(yaml.safe_load(file), dict)
    steps = re.findall(r"hpt preflight|cdk deploy|hpt wait|hpt report", re.sub("#.*", "", path.read_text()))
    assert steps == ["hpt preflight", "cdk deploy", "hpt wait", "hpt report"]
