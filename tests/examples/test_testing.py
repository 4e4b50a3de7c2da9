"""The tests of ``examples/testing``, as pytest runs them in a copy of that folder."""

from __future__ import annotations

import sys
from pathlib import Path

from .test_examples import imported

FOLDER = Path(__file__).resolve().parent.parent.parent / "examples" / "testing"

# They import "app" as the readers' own do, and here that is another module.
_path, _app = list(sys.path), sys.modules.pop("app", None)
globals().update(
    {name: each for name, each in vars(imported(FOLDER / "tests" / "test_app.py")).items() if name[0] != "_"}
)
sys.path[:] = _path
del sys.modules["app"]
if _app is not None:
    sys.modules["app"] = _app


def test_all_tests_of_the_example_are_here() -> None:
    """Those that its file has."""
    written = (FOLDER / "tests" / "test_app.py").read_text(encoding="utf-8").count("\ndef test_")
    assert written == len([name for name in globals() if name.startswith("test_")]) - 1 > 0
