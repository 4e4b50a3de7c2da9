"""Each fact that a first deployment stands on says how it is known, and where from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DESIGN = (Path(__file__).resolve().parents[2] / "DESIGN.md").read_text(encoding="utf-8")
SECTION = DESIGN.partition("### What a first deployment stands on")[2].partition("\n## ")[0]
ROWS = [line.strip("|").split(" | ") for line in SECTION.splitlines() if line.startswith("| ")][1:]
KINDS = ("recorded", "logged", "pasted", "documented", "inferred")


def test_there_are_rows() -> None:
    """Each with a fact, how it is known, and what follows if it is otherwise."""
    assert len(ROWS) > 20
    assert {len(row) for row in ROWS} == {3}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip()[:60])
def test_fact_says_how_it_is_known(row: list[str]) -> None:
    """By one of the kinds; what is recorded or logged names who has seen it."""
    fact, known_from, _ = row
    assert known_from.strip().startswith(KINDS), fact
    if known_from.startswith(("recorded", "logged")):
        assert "[" in known_from, fact


def test_links_are_defined() -> None:
    """Each reference has its address, and each address is used."""
    defined = set(re.findall(r"^\[([^]]+)\]: https://", SECTION, re.MULTILINE))
    assert set(re.findall(r"\]\[([^]]+)\]", SECTION)) <= defined
    text = "\n".join(" | ".join(row) for row in ROWS)
    assert [name for name in sorted(defined) if f"[{name}]" not in text] == []
