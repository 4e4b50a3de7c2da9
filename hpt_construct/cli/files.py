"""Files that commands read and write. What they read may have anything in it, and may be no file, such as a device."""

from __future__ import annotations

import json
import secrets
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
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
        return parse_json(read_some(file))


def read_some(file: IO[bytes]) -> bytes:
    """Read an open file, which may have no end.

    :raises OSError: It can't be read.
    :raises ValueError: It is larger than any that somebody writes.
    """
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"it has more than {MOST_BYTES // 1024 // 1024} MiB")
    return content


def parse_json(content: bytes) -> Any:
    """Parse JSON in UTF-8, or in the UTF-16 or UTF-32 that its first bytes show, as of PowerShell's ``>``.

    :raises ValueError: It isn't JSON, or more than anybody writes; the message says what is wrong with it.
    """
    try:
        found = json.loads(content, parse_int=_whole, parse_float=_finite, parse_constant=_no_number)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    level = [found]
    for _ in range(_DEEPEST):
        level = [item for each in level for item in _items(each)]
        if not level:
            return found
    raise ValueError(_TOO_DEEP)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a file to write that takes the place of another one when it is complete.

    A reader sees the old one or the new one, and a full disk leaves the old one. A link is replaced, not followed: in a
    folder such as /tmp, anybody could let it lead to a file of the user's.

    :raises OSError: The folder is none to write in.
    """
    new = path.with_name(f".{secrets.token_hex(8)}{path.suffix}")
    try:
        yield new
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


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
