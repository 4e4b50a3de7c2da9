"""The documents say nothing that is not so: examples run, links and commands exist."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import hpt_construct
from hpt_construct import ValidationError

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = sorted(path for path in (ROOT / "docs").rglob("*.md") if "_build" not in path.parts)
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *PAGES]
PROGRAM = re.compile(r"^```python\n((?:import|from) .*?)^```", re.MULTILINE | re.DOTALL)
EXAMPLES = [
    pytest.param(program, id=f"{path.relative_to(ROOT)}-{number}")
    for path in [ROOT / "README.md", *PAGES]
    for number, program in enumerate(PROGRAM.findall(path.read_text(encoding="utf-8")))
]
"""Complete programs: a block of code that imports what it uses."""


@pytest.mark.parametrize("example", EXAMPLES)
def test_example_runs(example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a reader would paste it, with a request of his own beside it."""
    shutil.copy(ROOT / "tests" / "corpus" / "ex-xgboost-abalone.json", tmp_path / "tuning.json")
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "example.py", "exec"), {"__name__": "example"})  # noqa: S102 – our own documents


def test_examples_are_typed(tmp_path: Path) -> None:
    """``mypy --strict`` has nothing to say to who copies them."""
    for number, example in enumerate(EXAMPLES):
        (tmp_path / f"example{number}.py").write_text(str(example.values[0]), encoding="utf-8")
    # With the repository's settings, and so with its cache: the CDK's types take half a minute to read.
    command = [sys.executable, "-m", "mypy", *map(str, sorted(tmp_path.iterdir()))]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_every_public_class_has_an_example() -> None:
    """Doctests run them; who meets a part in an editor sees how it is written."""
    public = [getattr(hpt_construct, name) for name in hpt_construct.__all__]
    classes = [part for part in public if isinstance(part, type)]
    assert [part.__name__ for part in classes if ">>>" not in (part.__doc__ or "")] == []


def test_message_of_the_readme_is_what_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The README's error is the real one for the README's example."""
    monkeypatch.chdir(tmp_path)
    [example] = PROGRAM.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    wrong = example.replace("hpt.Strategy.BAYESIAN", '"bayesian"').replace(
        "max_training_jobs=20", "max_training_jobs=2"
    )
    with pytest.raises(ValidationError) as caught:
        exec(compile(wrong, "example.py", "exec"), {})  # noqa: S102 – our own README
    assert f"hpt_construct.errors.ValidationError: {caught.value}\n" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    """Every relative link is a file of the repository, whoever follows it from the file itself."""
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
    missing = [link for link in links if not link.startswith("https://") and not (document.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_that_are_named_exist(document: Path) -> None:
    """A path in backticks with a folder of ours in it is there."""
    folders = "|".join(path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith("."))
    named = re.findall(rf"`((?:{folders})/[\w./-]*)`", document.read_text(encoding="utf-8"))
    # The pages are built into docs/_build, before the tests or never.
    missing = [path for path in named if not (ROOT / path).exists() and not path.startswith("docs/_build/")]
    assert missing == []


def test_make_targets_that_are_named_exist() -> None:
    """``make`` lists every target that a document tells to run."""
    listed = subprocess.run(["make", "help"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    targets = set(re.findall(r"make ([a-z]+)", listed))
    told = {target for path in DOCUMENTS for target in re.findall(r"`make ([a-z]+)", path.read_text(encoding="utf-8"))}
    told |= {
        target
        for path in DOCUMENTS
        for target in re.findall(r"^\$ make ([a-z]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert told <= targets
