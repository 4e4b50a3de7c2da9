"""What "How to release" in CONTRIBUTING.md asks for, wherever a release stands."""

from __future__ import annotations

import re
from pathlib import Path

from packaging.version import Version

import hpt_construct

ROOT = Path(__file__).resolve().parents[2]
HEADINGS = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
RELEASES = [Version(version) for version in re.findall(r"\[([\d.]+)\] - \d{4}-\d\d-\d\d", "\n".join(HEADINGS))]
VERSION = Version(hpt_construct.__version__)


def test_changelog_has_what_is_not_released_first_and_then_each_release() -> None:
    """With a date, the newest first."""
    assert HEADINGS[0] == "[Unreleased]"
    assert len(RELEASES) == len(HEADINGS) - 1
    assert sorted(RELEASES, reverse=True) == RELEASES


def test_version_is_the_newest_release_or_the_development_of_a_later_one() -> None:
    """Nobody's build of a later commit has the version of what was published."""
    assert RELEASES[0] == VERSION or (VERSION.is_devrelease and Version(VERSION.base_version) > RELEASES[0])


def test_every_release_has_its_templates() -> None:
    """tests/upgrade holds today's against them."""
    assert {path.stem for path in (ROOT / "tests" / "upgrade").glob("*.json")} == set(map(str, RELEASES))
