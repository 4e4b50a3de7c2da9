"""Writes the help of commands into the pages that show it: ``python -m tools.help``.

A page shows it in a block that begins with ``$ hpt COMMAND --help`` or ``$ python -m sandbox --help``.
"""

from __future__ import annotations

import argparse
import re
from functools import partial
from pathlib import Path
from typing import Final

import click
from click.testing import CliRunner

from hpt_construct.cli import commands
from sandbox import __main__ as sandbox

REFERENCE: Final = Path(__file__).resolve().parent.parent / "docs" / "reference"
PAGES: Final = (REFERENCE / "hpt.md", REFERENCE / "sandbox.md")
_BLOCK: Final = re.compile(r"^(```console\n\$ (.*--help)\n)(?:(?!```).*\n)*```", re.MULTILINE)
_HPT_COLUMNS: Final = 80
_SANDBOX_COLUMNS: Final = 100


def written(page: str) -> str:
    """The page with the help as it is today."""
    return _BLOCK.sub(lambda block: f"{block[1]}{_shown(block[2])}```", page)


def _shown(typed: str) -> str:
    program, *arguments = typed.split()
    if program == "hpt":
        return CliRunner().invoke(commands.hpt, arguments, prog_name="hpt", terminal_width=_HPT_COLUMNS).stdout
    parser = sandbox._parser()  # noqa: SLF001 – its own help goes to a terminal of any width
    parser.formatter_class = partial(argparse.RawDescriptionHelpFormatter, width=_SANDBOX_COLUMNS)
    return click.unstyle(parser.format_help())


if __name__ == "__main__":
    for path in PAGES:
        path.write_text(written(path.read_text(encoding="utf-8")), encoding="utf-8")
