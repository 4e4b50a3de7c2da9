"""The wheel that a user gets, installed with nothing but its dependencies, away from the checkout."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parent.parent.parent
DEPENDENCIES = ("aws-cdk-lib", "constructs", "jsii")


@dataclass(frozen=True)
class Built:
    """What a release consists of."""

    sdist: Path
    wheel: Path


@dataclass(frozen=True)
class Installation:
    """A Python with packages of its own."""

    python: Path
    site_packages: Path

    def run(self, *arguments: str, cwd: Path, **environment: str) -> str:
        """What this Python prints; its environment has what is given, the way to node and to jsii's cache."""
        node = str(Path(sys.executable).parent)
        done = subprocess.run(
            [str(self.python), *arguments],
            cwd=cwd,
            env={"PATH": node, "HOME": str(Path.home()), "CDK_VALIDATION": "false", **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The source distribution, and the wheel made from it."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [sdist], [wheel] = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return Built(sdist, wheel)


@pytest.fixture(scope="session")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """A virtual environment with the wheel; its dependencies are those of the tests, linked, and no package else."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv" / "bin" / "python"
    [site_packages] = (folder / "venv" / "lib").glob("python*/site-packages")
    for source in _files_of(DEPENDENCIES):
        (site_packages / source.name).symlink_to(source)
    shutil.unpack_archive(built.wheel, site_packages, format="zip")
    return Installation(python, site_packages)


def _files_of(names: Iterable[str]) -> set[Path]:
    """The top-level files and folders of some distributions and all that they need."""
    found: set[Path] = set()
    seen: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        distribution = metadata.distribution(name)
        for file in distribution.files or ():
            if file.parts[0] not in ("..", "__pycache__"):
                found.add(Path(str(distribution.locate_file(file.parts[0]))))
        for requirement in distribution.requires or ():
            needed = re.match(r"[\w.-]+", requirement)
            if needed and "extra ==" not in requirement and _is_here(needed[0]):
                waiting.append(needed[0])
    return found


def _is_here(name: str) -> bool:
    """Whether a distribution is installed; one that a marker excludes is not."""
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True
