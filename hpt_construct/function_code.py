"""Where the function's code and the API model are: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_IN_WHEEL = _PACKAGE / "_lambda"

FOLDER = _IN_WHEEL if _IN_WHEEL.is_dir() else _PACKAGE.parent / "lambda"
