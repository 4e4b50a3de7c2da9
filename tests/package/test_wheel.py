"""The wheel, made from the sdist, works alone, holds what it has to and nothing else, and makes the same template
wherever it is used.
"""

from __future__ import annotations

import compileall
import email
import json
import shutil
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatchling.builders.wheel import WheelBuilder
from twine.commands.check import check

from hpt_construct import __version__

from .conftest import DEPENDENCIES, ROOT, Installation

if TYPE_CHECKING:
    from .conftest import Built


INFO = f"hpt_construct-{__version__}.dist-info"


def synthesize(python: Installation, folder: Path, **environment: str) -> Path:
    """Run a copy of the example in an empty folder, and return the assembly that it writes."""
    folder.mkdir()
    shutil.copy(ROOT / "app.py", folder)
    python.run("app.py", cwd=folder, CDK_OUTDIR=str(folder / "cdk.out"), **environment)
    return folder / "cdk.out"


def template(assembly: Path) -> dict[str, Any]:
    """The template of the example."""
    parsed: dict[str, Any] = json.loads((assembly / "XgboostTuning.template.json").read_text(encoding="utf-8"))
    return parsed


def members(wheel: Path) -> list[str]:
    """The files in a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_example_synthesizes_with_the_functions_code(installed: Installation, tmp_path: Path) -> None:
    """Nothing but the wheel and its dependencies: the code of the function comes out of the package."""
    where = installed.run("-c", "import hpt_construct as it; print(it.__file__)", cwd=tmp_path).strip()
    assert where == str(installed.site_packages / "hpt_construct" / "__init__.py")
    assembly = synthesize(installed, tmp_path / "app")
    [asset] = [folder for folder in assembly.glob("asset.*") if folder.is_dir()]
    sources = ROOT / "lambda"
    expected = {
        str(file.relative_to(sources)): file.read_bytes()
        for file in sources.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert {str(file.relative_to(asset)): file.read_bytes() for file in asset.rglob("*") if file.is_file()} == expected


def test_template_is_the_same_from_checkout_and_wheel(installed: Installation, tmp_path: Path) -> None:
    """With compiled files beside the code or without, and in whatever locale: an upgrade must change nothing."""
    from_wheel = template(synthesize(installed, tmp_path / "wheel"))
    assert compileall.compile_dir(installed.site_packages / "hpt_construct", quiet=2)
    compiled = synthesize(installed, tmp_path / "compiled", LC_ALL="C", PYTHONUTF8="0", TZ="Asia/Tokyo")
    checkout = synthesize(installed, tmp_path / "checkout", PYTHONPATH=str(ROOT), LC_ALL="tr_TR.UTF-8")
    assert template(compiled) == from_wheel
    assert template(checkout) == from_wheel


def test_wheel_holds_the_package_and_nothing_else(built: Built) -> None:
    """No tests, no sandbox, no tools, nothing compiled; the marker for type checkers and the API model are there."""
    files = members(built.wheel)
    assert {name.split("/")[0] for name in files} == {"hpt_construct", INFO}
    assert not [name for name in files if "__pycache__" in name or name.endswith(".pyc")]
    sources = {
        *(
            f"hpt_construct/{file.relative_to(ROOT / 'hpt_construct')}"
            for file in (ROOT / "hpt_construct").rglob("*.py")
        ),
        "hpt_construct/py.typed",
        "hpt_construct/_lambda/hpt_handler/handler.py",
        "hpt_construct/_lambda/models/sagemaker/2017-07-24/service-2.json",
    }
    assert sources <= set(files)
    assert len([name for name in files if name.startswith("hpt_construct-")]) == 6
    # The API model is derived from botocore's.
    assert f"{INFO}/licenses/NOTICE" in files


def test_sdist_holds_what_the_wheel_is_made_of(built: Built) -> None:
    """And nothing of the machine that it was made on."""
    with tarfile.open(built.sdist) as archive:
        folders = {name.split("/")[1] for name in archive.getnames() if "/" in name}
    assert folders == {
        "hpt_construct",
        "lambda",
        "README.md",
        "CHANGELOG.md",
        "LICENSE",
        "NOTICE",
        "pyproject.toml",
        ".gitignore",
        "PKG-INFO",
    }


def test_wheel_is_the_same_from_checkout_and_sdist(built: Built, tmp_path: Path) -> None:
    """Byte for byte: what these tests say of the wheel holds for the sdist, and a build can be repeated."""
    [wheel] = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    assert Path(wheel).read_bytes() == built.wheel.read_bytes()


def test_an_index_takes_both(built: Built) -> None:
    """What ``twine check --strict`` looks at before an upload: metadata, and the description that the page shows."""
    assert check([str(built.sdist), str(built.wheel)], strict=True) is False


def test_the_command_is_there_and_says_what_it_lacks(installed: Installation, built: Built, tmp_path: Path) -> None:
    """The package alone has the command; what it needs comes with an extra."""
    with zipfile.ZipFile(built.wheel) as archive:
        points = archive.read(f"{INFO}/entry_points.txt").decode()
    assert points == "[console_scripts]\nhpt = hpt_construct.cli:main\n"
    script = "import sys\nfrom hpt_construct.cli import main\ntry: main()\nexcept SystemExit as end: print(end.code)"
    assert installed.run("-c", script, cwd=tmp_path) == "2\n"


def test_metadata_is_complete(built: Built) -> None:
    """What an index and an installer show and ask for."""
    with zipfile.ZipFile(built.wheel) as archive:
        told = email.message_from_bytes(archive.read(f"{INFO}/METADATA"))
        readme = told.get_payload(decode=True)
    assert (told["Name"], told["Version"]) == ("hpt-construct", __version__)
    assert (told["Requires-Python"], told["License-Expression"]) == (">=3.11", "Apache-2.0")
    assert told.get_all("License-File") == ["LICENSE", "NOTICE"]
    assert told["Summary"]
    assert told["Keywords"]
    assert told["Description-Content-Type"] == "text/markdown"
    assert readme == (ROOT / "README.md").read_bytes()
    assert "Typing :: Typed" in told.get_all("Classifier", [])
    required = told.get_all("Requires-Dist", [])
    assert {requirement.partition("extra == ")[2] for requirement in required} == {"", "'cli'", "'report'"}
    needed = [requirement for requirement in required if "extra ==" not in requirement]
    assert [requirement.split("<")[0].split(">")[0].strip() for requirement in needed] == sorted(DEPENDENCIES)
    assert all("<" in requirement and ">=" in requirement for requirement in needed)
