"""What type checkers, and so editors, see of the installed wheel: in a folder that is not the checkout, pyright as an
editor runs it and strict, and mypy; and what they say of the app that ``hpt init`` makes.
"""

from __future__ import annotations

import dataclasses
import enum
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

import hpt_construct
from hpt_construct.cli import commands, init_command

from .conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Installation

APP = Path(__file__).with_name("app_of_a_user.py")

REQUESTS = [
    path
    for path in sorted((ROOT / "tests" / "corpus").glob("*.json"))
    if path.stem not in ("ack-invalid-name", "graphstorm-grid")
]

HEADER = """\
import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

import hpt_construct as hpt
"""

MISTAKES = (
    # Names that are not there.
    "from hpt_construct import ResourceLimit",
    "hpt.HyperParameterTuningJob",
    'hpt.Objective.maximise("loss")',
    "hpt.Strategy.BAYES",
    'hpt.IntegerRange("depth", 1, 10).maximum',
    "job.arn",
    # Arguments that are not there, or missing.
    "hpt.ResourceLimits(max_jobs=3, max_parallel_training_jobs=1)",
    "hpt.ResourceLimits(max_training_jobs=3)",
    'hpt.OutputDataConfig("s3://amzn-s3-demo-bucket/models")',
    "hpt.StoppingCondition(max_runtime_in_seconds=3600)",
    'hpt.ContinuousRange("eta", 0)',
    'hpt.HyperparameterTuningJob(stack, "Tuning", strategy="Random")',
    'hpt.HyperparameterTuningJob.from_request(stack, "Tuning", {}, runs="2")',
    'job.on_failed("Failed", targets=[])',
    'job.on_failed("Failed", enabled=False)',
    # Values of another kind.
    'hpt.Channel("train", "s3://amzn-s3-demo-bucket/train")',
    'hpt.ResourceLimits(max_training_jobs="20", max_parallel_training_jobs=3)',
    "hpt.StoppingCondition(max_runtime=cdk.Size.gibibytes(1))",
    "hpt.OutputDataConfig(s3_output_path=bucket)",
    'hpt.ParameterRanges(integer=[hpt.ContinuousRange("eta", 0, 1)])',
    'hpt.CategoricalRange("optimizer", 3)',
    'hpt.VpcConfig(subnets="subnet-0123456789abcdef0", security_groups=[bucket])',
    "hpt.WarmStart.transfer_learning(parents=[bucket])",
    # Results of another kind, and parts that are shared and can't change.
    'hpt.Objective.minimize("loss").metric_name + 1',
    "job.worst_case_instance_hours.values()",
    'hpt.Objective.minimize("loss").metric_name = "auc"',
)


def _file(request: Path) -> str:
    """The file with the app that is made of a request."""
    return f"{request.stem.replace('-', '_')}.py"


def of_the_mistakes() -> str:
    """A line for each, all else right."""
    body = "".join(f"    {mistake}\n" for mistake in MISTAKES)
    return (
        f"{HEADER}\n\ndef wrong(stack: cdk.Stack, bucket: s3.Bucket, job: hpt.HyperparameterTuningJob) -> None:\n{body}"
    )


def of_the_types() -> str:
    """A question for the type of all that is exported: names, constructors, fields, attributes and results."""
    lines = ["import hpt_construct as hpt"]
    for number, name in enumerate(hpt_construct.__all__):
        exported = getattr(hpt_construct, name)
        lines.append(f"reveal_type(hpt.{name})")
        if isinstance(exported, type) and not issubclass(exported, enum.Enum):
            lines += [f"def of_{number}(it: hpt.{name}) -> None:", f"    reveal_type(hpt.{name}.__init__)"]
            lines += [f"    reveal_type(it.{member})" for member in sorted(set(members(exported)))]
    return "\n".join(lines) + "\n"


def members(exported: type) -> Iterator[str]:
    """The public ones of a class that are of this library."""
    for base in exported.__mro__:
        if base.__module__.startswith("hpt_construct"):
            yield from (name for name in vars(base) if not name.startswith("_"))
    if dataclasses.is_dataclass(exported):
        yield from (field.name for field in dataclasses.fields(exported))


@dataclasses.dataclass(frozen=True)
class Seen:
    """What the checkers say, by file and line."""

    folder: Path
    pyright: dict[str, dict[int, list[str]]]
    mypy: dict[str, dict[int, list[str]]]

    def mistakes_without_an_error(self, found: dict[int, list[str]], file: str) -> list[str]:
        """Lines of the table of which a checker has nothing to say."""
        lines = (self.folder / file).read_text(encoding="utf-8").splitlines()
        return [mistake for mistake in MISTAKES if not found.get(lines.index(f"    {mistake}") + 1)]


@pytest.fixture(scope="module")
def seen(installed: Installation, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """One run of each checker over an app that is right, all mistakes and all types."""
    folder = tmp_path_factory.mktemp("app")
    made = CliRunner().invoke(commands.hpt, ["init", str(folder)], catch_exceptions=False)
    assert made.exit_code == 0, made.output
    for path in REQUESTS:
        (folder / _file(path)).write_text(init_command._app(str(path)), encoding="utf-8")
    shutil.copy(APP, folder / "right.py")
    (folder / "mistakes.py").write_text(of_the_mistakes(), encoding="utf-8")
    (folder / "types_.py").write_text(of_the_types(), encoding="utf-8")
    for name in ("right", "mistakes"):
        text = (folder / f"{name}.py").read_text(encoding="utf-8")
        (folder / f"{name}_strict.py").write_text(f"# pyright: strict\n{text}", encoding="utf-8")
    return Seen(folder, pyright(installed, folder), mypy(installed, folder))


def pyright(installed: Installation, folder: Path) -> dict[str, dict[int, list[str]]]:
    """What it says of every file."""
    command = [str(ROOT / "node_modules" / ".bin" / "pyright"), "--outputjson", "--pythonpath", str(installed.python)]
    done = subprocess.run([*command, "."], cwd=folder, check=False, capture_output=True, text=True)
    found: dict[str, dict[int, list[str]]] = {}
    for each in json.loads(done.stdout)["generalDiagnostics"]:
        lines = found.setdefault(Path(each["file"]).name, {})
        lines.setdefault(each["range"]["start"]["line"] + 1, []).append(each["message"])
    return found


def mypy(installed: Installation, folder: Path) -> dict[str, dict[int, list[str]]]:
    """What it says of every file: with the repository's settings, strict, and its cache, for without one it reads the
    CDK for minutes.
    """
    settings = ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(ROOT / ".mypy_cache")]
    command = [sys.executable, "-m", "mypy", *settings, "--python-executable", str(installed.python)]
    files = ("right.py", "mistakes.py", "types_.py", "app.py", "tests/test_app.py", *map(_file, REQUESTS))
    done = subprocess.run([*command, *files], cwd=folder, check=False, capture_output=True, text=True)
    found: dict[str, dict[int, list[str]]] = {}
    for name, line, message in re.findall(r"^(?:tests/)?(\w+\.py):(\d+): (.*)$", done.stdout, re.MULTILINE):
        found.setdefault(name, {}).setdefault(int(line), []).append(message)
    assert "types_.py" in found, done.stdout + done.stderr
    return found


def test_right_app_passes(seen: Seen) -> None:
    """Constructs of the CDK are taken where they belong, though pyright doesn't see the CDK's protocols in them."""
    assert [*seen.pyright.get("right.py", {}).values(), *seen.pyright.get("right_strict.py", {}).values()] == []
    assert seen.mypy.get("right.py", {}) == {}


@pytest.mark.parametrize("file", ["app.py", "test_app.py", *map(_file, REQUESTS)])
def test_what_hpt_init_makes_passes(seen: Seen, file: str) -> None:
    """The example, its test, and the app of each real request."""
    assert (seen.pyright.get(file, {}), seen.mypy.get(file, {})) == ({}, {})


@pytest.mark.parametrize("file", ["mistakes.py", "mistakes_strict.py"])
def test_pyright_finds_every_mistake(seen: Seen, file: str) -> None:
    """In the line where it is made, without strictness and with it."""
    assert seen.mistakes_without_an_error(seen.pyright[file], file) == []


def test_mypy_finds_every_mistake(seen: Seen) -> None:
    """The same ones."""
    assert seen.mistakes_without_an_error(seen.mypy["mistakes.py"], "mistakes.py") == []


@pytest.mark.parametrize("checker", ["pyright", "mypy"])
def test_nothing_that_is_exported_is_any(seen: Seen, checker: str) -> None:
    """What is Any is neither completed nor checked, and an editor shows nothing of it."""
    asked = (seen.folder / "types_.py").read_text(encoding="utf-8").splitlines()
    told = getattr(seen, checker)["types_.py"]
    unanswered = [line for number, line in enumerate(asked, 1) if "reveal_type" in line and number not in told]
    assert unanswered == []
    assert [text for texts in told.values() for text in texts if re.search(r"\b(Any|Unknown)\b|^error", text)] == []
