"""Changes the code in small ways to see whether a test notices: mutation testing with mutmut, on demand.

Run ``python -m tools.mutate rules`` (or ``identity``, ``lifecycle``); a run takes minutes to an hour. It prints the
score and the changes that no test noticed. ``mutmut show NAME`` in the folder that it prints shows one of them.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_COPIED = ("app.py", "pyproject.toml", "benchmarks", "hpt_construct", "lambda", "sandbox", "tests", "tools")
_KILLED = ("killed", "timeout", "segfault", "suspicious")

# Left to itself, mutmut names each test of a function, and takes a name that pytest does not find for a noticed change.
_ALL_TESTS = """
from mutmut.runners.harness import PytestRunner as Runner
named = Runner._pytest_args_regular_run
Runner._pytest_args_regular_run = lambda self, tests: named(self, ())
from mutmut.__main__ import cli
cli()
"""


@dataclass(frozen=True)
class Target:
    """What is changed, and the tests that should notice."""

    source: str
    only: str
    tests: tuple[str, ...]


TARGETS = {
    "rules": Target("hpt_construct", "hpt_construct/validation/rules/*.py", ("tests/validation",)),
    "identity": Target("hpt_handler", "hpt_handler/identity.py", ("tests/function",)),
    "lifecycle": Target("hpt_handler", "hpt_handler/lifecycle.py", ("tests/function",)),
}


def prepare(target: Target, folder: Path) -> None:
    """Copy the checkout, with the function's code where mutmut takes it for the package that the tests import."""
    for name in _COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        else:
            shutil.copy(source, folder / name)
    for name in ("hpt_handler", "models"):
        shutil.copytree(folder / "lambda" / name, folder / name)
    # The public names import the CDK, and a kernel of jsii does not survive that each change is tried in a fork.
    (folder / "hpt_construct" / "__init__.py").write_text("", encoding="utf-8")
    others = [name for name in (*_COPIED, "hpt_handler", "models") if name not in ("tests", "pyproject.toml")]
    settings = {
        "source_paths": [target.source],
        "only_mutate": [target.only],
        "also_copy": [name for name in others if name != target.source],
        # Generated examples take too long in a fork, and a failed health check would look like a noticed change.
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-m", "not hypothesis"],
        "pytest_add_cli_args_test_selection": target.tests,
        # mutmut derives the time from the tests that reach a function, and all of them run here. On a busy machine they
        # would be out of time, which counts as noticed: only what has no end may be.
        "timeout_multiplier": ["1"],
        "timeout_constant": ["90"],
    }
    lines = [f"{key} =\n" + "".join(f"    {value}\n" for value in values) for key, values in settings.items()]
    (folder / "setup.cfg").write_text("[mutmut]\n" + "".join(lines), encoding="utf-8")


def main() -> None:
    """Run mutmut on what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    folder = Path(tempfile.mkdtemp(prefix="mutants-"))
    prepare(TARGETS[parser.parse_args().target], folder)
    for arguments in (["run", "--max-children", "1"], ["results"], ["export-cicd-stats"]):
        command = [sys.executable, "-c", _ALL_TESTS, *arguments]
        subprocess.run(command, cwd=folder, check=True)  # noqa: S603 – mutmut is what it is for
    counts = json.loads((folder / "mutants" / "mutmut-cicd-stats.json").read_text(encoding="utf-8"))
    noticed = sum(counts[name] for name in _KILLED)
    print(f"{noticed} of {counts['total']} changes noticed ({noticed / counts['total']:.0%}); see {folder}")  # noqa: T201 – the result


if __name__ == "__main__":
    main()
