"""The tool that compares what is committed of AWS's packages with the newest of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import built_in_images, cut_model, tables

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, Path, str]]:
    """Three tables of a package: one that is up to date, one that has changed, and one that is new."""
    (tmp_path / "same.json").write_text("{}\n", encoding="ascii")
    (tmp_path / "changed.json").write_text("{}\n", encoding="ascii")
    names = {"same.json": "{}\n", "changed.json": '{"regions":["me-west-1"]}\n', "folder/new.json": "[]\n"}
    listed = [("botocore", tmp_path / name, text) for name, text in names.items()]
    monkeypatch.setattr(tables, "tables", lambda: iter(listed))
    return listed


def test_difference_is_told_with_what_to_run(found: list[tuple[str, Path, str]]) -> None:
    """Which file differs from which version of which package, and the target that takes it over."""
    said = tables.main([])
    assert said is not None
    assert [path.name for _, path, _ in found if str(path) in said] == ["changed.json", "new.json"]
    assert "botocore 1." in said
    assert "`make tables`" in said
    assert "\ntables:" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_written_tables_differ_no_more(found: list[tuple[str, Path, str]]) -> None:
    """What ``--write`` takes over is byte for byte what the next comparison expects."""
    assert tables.main(["--write"]) is None
    assert [path.read_text(encoding="ascii") for _, path, _ in found] == [text for _, _, text in found]
    assert tables.main([]) is None


def test_all_that_comes_from_packages_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """The API model, and the images; what sagemaker-core has is read where it is installed."""
    monkeypatch.setattr(built_in_images, "read", dict)
    compared = [path for _, path, _ in tables.tables()]
    assert sorted(compared) == sorted([*cut_model.MODELS.rglob("*.json"), built_in_images.TARGET])


def test_comparison_is_scheduled_and_no_part_of_the_tests() -> None:
    """A release of AWS's packages turns a workflow of its own red, and no change of this repository."""
    workflow = (ROOT / ".github" / "workflows" / "tables.yml").read_text(encoding="utf-8")
    assert "schedule:" in workflow
    assert "make check-tables" in workflow
    [recipe] = [
        line
        for line in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
        if line.startswith("\t@$(MAKE)") and "unit" in line
    ]
    assert "check-tables" not in recipe
