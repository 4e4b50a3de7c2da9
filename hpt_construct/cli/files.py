"""JSON files that commands read. They may have anything in them, and may be no files at all, such as devices."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MOST_BYTES: Final = 100 * 1024 * 1024
_MOST_DIGITS: Final = 300
"""Every number that a float can have, and none that can't be calculated with."""

_DEEPEST: Final = 100
"""Deeper than any request or template, and not too deep for the functions that read and write them."""
_TOO_DEEP: Final = f"it has more than {_DEEPEST} levels"


def read_json(path: Path) -> Any:
    """Read a JSON file.

    :raises OSError: It can't be read.
    :raises ValueError: It isn't JSON, or more than anybody writes; the message says what is wrong with it.
    """
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"it has more than {MOST_BYTES // 1024 // 1024} MiB")
    text = content.decode("utf-8-sig")
    try:
        found = json.loads(text, parse_int=_whole, parse_float=_finite, parse_constant=_no_number)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    level = [found]
    for _ in range(_DEEPEST):
        level = [item for each in level for item in _items(each)]
        if not level:
            return found
    raise ValueError(_TOO_DEEP)


def _items(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _whole(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise ValueError(f"a number has {len(text)} digits")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise ValueError(f"the number {text[:20]} is too large")
    return number


def _no_number(text: str) -> Any:
    raise ValueError(f"it has {text}, which is no number of JSON")
