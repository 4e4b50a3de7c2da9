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
from tests.docs.printed import texts_in

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


def _shown(page: str, command: str) -> str:
    """What a page shows after a command."""
    [output] = re.findall(rf"^\$ {re.escape(command)}\n((?:(?!\$ |```).*\n)+)", TEXTS[page], re.MULTILINE)
    return str(output)


@pytest.fixture
def training(world: World) -> World:
    """The stack of the page, with its one tuning job."""
    stack_id, logical_id = "arn:aws:cloudformation:us-east-1:111122223333:stack/Training/1", "Xgboost21D99A65"
    tags = {ownership.STACK_ID: stack_id, ownership.LOGICAL_ID: logical_id}
    world.start(Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
    for stack in ("Training", stack_id):
        world.cloudformation.add(stack, **{logical_id: "tune"})
    return world


def test_output_on_the_page_is_what_is_written(training: World) -> None:
    """Of ``best`` while the tuning job runs, and of ``wait``."""
    training.service.advance(1800)
    best = "hpt best Training"
    assert training.hpt(*best.split()[1:]).output == _shown(PAGE, best)
    training.service.advance(3600)
    wait = "hpt wait Training --timeout 6h --at-least 0.85"
    assert training.hpt(*wait.split()[1:]).output == _shown(PAGE, wait)


def test_json_on_the_page_is_what_is_written(training: World) -> None:
    """The objects of ``best`` and ``list``; of ``preflight``, the members and a message that it has."""
    training.service.advance(5400)
    best, listed = (json.loads(training.hpt(*typed, "--json").stdout) for typed in (["best", "tune"], ["list"]))
    shown = [json.loads(each) for each in re.findall(r"^```json\n(.*?)^```", TEXTS[PAGE], re.MULTILINE | re.DOTALL)]
    assert [shown[0], shown[2]] == [best, listed]
    check = ["stack", "logical_id", *(field.name for field in dataclasses.fields(checks.Result))]
    assert list(shown[1]) == check
    assert shown[1]["message"] in texts_in([Path(checks.__file__)])


def test_table_on_a_page_has_the_columns_that_are_written(training: World) -> None:
    """Of ``list``; a row has a cell in each, but for the state."""
    head, *rows = _shown("docs/start/sandbox.md", "hpt list").splitlines()
    columns = re.split(" {2,}", head)
    assert columns == re.split(" {2,}", training.hpt("list").output.splitlines()[0].rstrip())
    assert {len(re.split(" {2,}", row)) for row in rows} == {len(columns), len(columns) + 1}


def test_code_on_a_page_is_what_is_written() -> None:
    """Of ``convert``, as far as it is shown."""
    page = "docs/guides/from-a-request.md"
    [shown] = re.findall(r"^\$ hpt convert tuning\.json\n(.*?)    \.\.\.\n```", TEXTS[page], re.MULTILINE | re.DOTALL)
    request = ROOT / "examples" / "from_request" / "tuning.json"
    assert CliRunner().invoke(commands.hpt, ["convert", str(request)]).stdout.startswith(shown)


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
