"""``hpt init``: what is made synthesises, and its own test passes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from hpt_construct.cli import commands, init_command
from tests.cli.conftest import almost_full_disk

ROOT = Path(__file__).parents[2]
CORPUS = sorted((ROOT / "tests" / "corpus").glob("*.json"))
REFUSED = ("ack-invalid-name", "graphstorm-grid")
REQUEST = ROOT / "tests" / "corpus" / "ex-xgboost-abalone.json"


def _init(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(commands.hpt, ["init", *arguments], catch_exceptions=False)
    return result.exit_code, result.output


def _run(folder: Path, *command: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CDK_OUTDIR": str(folder / "cdk.out")}
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("options", [(), ("--from", str(REQUEST))], ids=["an example", "a request"])
def test_its_own_test_passes(tmp_path: Path, options: tuple[str, ...]) -> None:
    """As made, without a change."""
    folder = tmp_path / "new" / "app"
    status, said = _init(str(folder), *options)
    assert (status, said) == (0, f"{folder} has an app with a tuning job; {folder}/README.md says what to do next\n")
    assert "1 passed" in _run(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".")
    assert len((folder / "README.md").read_text().splitlines()) <= 12


@pytest.mark.parametrize("request_file", [None, *CORPUS], ids=lambda path: path and path.stem)
def test_the_app_is_left_alone_by_ruff(tmp_path: Path, request_file: Path | None) -> None:
    """By its formatter and its linter, with the settings of a project that has none."""
    status, _ = _init(str(tmp_path), *(["--from", str(request_file)] if request_file else []))
    assert status == (2 if request_file and request_file.stem in REFUSED else 0)
    for command in (("format", "--diff"), ("check",)):
        done = subprocess.run(
            ["ruff", *command, "--isolated", "."], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout


def test_the_app_synthesises(tmp_path: Path) -> None:
    """As the CLI runs it."""
    _init(str(tmp_path))
    app = json.loads((tmp_path / "cdk.json").read_text())["app"]
    _run(tmp_path, *app.split()[1:])
    template = json.loads((tmp_path / "cdk.out" / "Tuning.template.json").read_text())
    kinds = [resource["Type"] for resource in template["Resources"].values()]
    assert kinds.count("Custom::SageMakerHyperParameterTuningJob") == 1


def test_nothing_is_written_over(tmp_path: Path) -> None:
    """A folder with anything in it stays as it is."""
    (tmp_path / "app.py").write_text("mine")
    status, said = _init(str(tmp_path))
    assert status == 2
    assert "is not empty; name a new folder" in said
    assert [path.name for path in tmp_path.iterdir()] == ["app.py"]


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    """Such as one that git has just made."""
    assert _init(str(tmp_path))[0] == 0


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """2, and one sentence."""
    (tmp_path / "file").write_text("")
    status, said = _init(str(tmp_path / "file" / "app"))
    assert (status, said.count("\n")) == (2, 1)
    assert "can't be written: Not a directory; name another folder" in said


@pytest.mark.parametrize("exists", [True, False])
def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, exists: bool) -> None:
    """Neither files nor folders, whichever file is the one that doesn't fit."""
    monkeypatch.setitem(init_command._FILES, "tests/large.py", "#" * 5000)
    folder = tmp_path / "new" / "app"
    if exists:
        folder.mkdir(parents=True)
    with almost_full_disk(4000):
        status, said = _init(str(folder))
    assert (status, said) == (2, f"hpt: {str(folder)!r} can't be written: File too large; name another folder\n")
    assert list(tmp_path.rglob("*")) == ([folder.parent, folder] if exists else [])


def test_a_request_that_is_none_leaves_no_folder(tmp_path: Path) -> None:
    """It is read first."""
    status, said = _init(str(tmp_path / "app"), "--from", str(tmp_path / "nothing.json"))
    assert status == 2
    assert "can't be read" in said
    assert not (tmp_path / "app").exists()


def test_a_request_that_synth_refuses_leaves_no_folder(tmp_path: Path) -> None:
    """Its app would not synthesise, and its test would fail; all problems are told at once."""
    request = json.loads(REQUEST.read_text())
    request["HyperParameterTuningJobConfig"]["Strategy"] = "bayesian"
    request["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxParallelTrainingJobs"] = None
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps(request))
    status, said = _init(str(tmp_path / "app"), "--from", str(path))
    assert (status, said.splitlines()[0]) == (2, f"hpt: 2 problems in '{path}', so no app is made of it:")
    assert "HyperParameterTuningJobConfig.Strategy: got 'bayesian'" in said
    assert "ResourceLimits.MaxParallelTrainingJobs: got null" in said
    assert not (tmp_path / "app").exists()
