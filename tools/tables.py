"""Compares what is committed of AWS's own packages, the API model and the images of built-in algorithms, with the
installed botocore and sagemaker-core. ``--write`` takes over what differs.

``make check-tables`` and ``make tables`` run it with the newest of both packages, in an environment of its own, because
what the sandbox needs may pin an older botocore.
"""

from __future__ import annotations

import sys
from importlib.metadata import distribution
from typing import TYPE_CHECKING

from tools import built_in_images, cut_model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    Table = tuple[str, Path, str]
    """The package that it comes from, the committed file, and what the package says."""


def tables() -> Iterator[Table]:
    """Each table, as the installed packages have it."""
    for name, content in cut_model.files().items():
        yield "botocore", cut_model.MODELS / name, cut_model.encode(content)
    yield "sagemaker-core", built_in_images.TARGET, built_in_images.text(built_in_images.table(built_in_images.read()))


def outdated(found: Iterable[Table]) -> list[Table]:
    """The tables whose committed file says something else, or isn't there."""
    return [each for each in found if not each[1].is_file() or each[1].read_text(encoding="ascii") != each[2]]


def main(arguments: list[str]) -> str | None:
    """Compare, or write; what differs, and what to do about it."""
    differing = outdated(tables())
    if arguments == ["--write"]:
        for _, path, text in differing:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="ascii", newline="\n")
        return None
    told = [f"{path}: {package} {distribution(package).version} says something else" for package, path, _ in differing]
    way_out = "run `make tables`, read the difference, and commit it with a line in CHANGELOG.md"
    return "\n".join([*told, way_out]) if told else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
