"""An upgrade of the library launches nothing: what earlier releases put into templates is put there today."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tools import release_templates

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def today() -> dict[str, Any]:
    """The same jobs, synthesized now."""
    return release_templates.jobs()


@pytest.mark.parametrize("release", sorted(release_templates.RELEASES.glob("*.json")), ids=lambda path: path.stem)
def test_jobs_of_a_release_are_the_same_today(release: Path, today: dict[str, Any]) -> None:
    """Properties, logical ids and output keys: a difference would replace running jobs, or fail on given names."""
    for stack, then in json.loads(release.read_text(encoding="utf-8")).items():
        now = today[stack]
        assert now["Function"] == then["Function"]
        assert {name: now["Jobs"].get(name) for name in then["Jobs"]} == then["Jobs"]
        assert set(then["Outputs"]) <= set(now["Outputs"])
