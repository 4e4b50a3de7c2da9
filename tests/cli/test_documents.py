"""What documents and recipes tell to type, there is."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner

import hpt_construct
from hpt_construct.cli import commands, init_command

ROOT = Path(__file__).parents[2]
RECIPES = sorted((ROOT / "examples" / "ci").glob("*.yml"))
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *RECIPES)}
TYPED = [
    (name, line)
    for name, text in {**TEXTS, "init": init_command._README}.items()
    for line in re.findall(r"\bhpt [a-z]+(?: [^`|>#\n]+)?", text)
    if line.split()[1] in commands._COMMANDS or name != "README.md"
]


@pytest.mark.parametrize(("name", "line"), TYPED, ids=range(len(TYPED)))
def test_a_command_that_is_told_can_be_typed(name: str, line: str) -> None:
    """It exists, takes these options, and has all that it needs."""
    _, command_name, *arguments = shlex.split(line.partition(", or ")[0])
    context = click.Context(commands.hpt)
    command = commands.hpt.get_command(context, command_name)
    assert command is not None, f"{name}: {line}"
    options = {option for parameter in command.params for option in parameter.opts}
    assert {argument for argument in arguments if argument.startswith("-")} <= options


def test_something_is_told() -> None:
    """All commands are, in the README."""
    assert {line.split()[1] for name, line in TYPED if name == "README.md"} == set(commands._COMMANDS)


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
