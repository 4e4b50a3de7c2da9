"""Pages show the help of commands as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hpt_construct.cli import commands
from tools import help as pages

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("path", pages.PAGES, ids=lambda path: path.name)
def test_help_on_a_page_is_what_the_command_says(path: Path) -> None:
    """``python -m tools.help`` writes it anew."""
    page = path.read_text(encoding="utf-8")
    assert page == pages.written(page)


def test_every_command_has_its_help_on_the_page() -> None:
    """In a section of its own."""
    page = pages.PAGES[0].read_text(encoding="utf-8")
    begins = {
        name: f"\n## {name}\n\n```console\n$ hpt {name} --help\nUsage: hpt {name} [" for name in commands._COMMANDS
    }
    missing = [name for name, begin in begins.items() if begin not in page]
    assert missing == []
