"""What of a text certainly is another at the next synth: the time of this one, or an address in memory."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_STARTED: Final = time.time()
"""About when the synth started, which loads this module at its beginning."""

_BEFORE: Final = 30
"""Seconds that the CDK CLI may take to start an app, to which somebody has given a time."""

_LONGEST: Final = 600
"""Seconds; in a process that goes on for longer, as a notebook's does, somebody may have typed the time by hand."""

_A_DAY: Final = 24 * 3600
"""Seconds; nowhere is the date farther from that of another place."""

_WRITTEN: Final = re.compile(
    r"(?<!\d)(20\d\d)[-_/.:]?(\d\d)[-_/.:]?(\d\d)[-_/.: T]?(\d\d)[-_.:]?(\d\d)(?:[-_.:]?(\d\d)|(?!\d))"
)
"""A date, and a time of the day at least to the minute."""
_COUNTED: Final = re.compile(r"(?<!\d)(1\d{9})(?:\d{3}|\d{6}|\d{9})?(?!\d)")
"""Seconds since 1970, or a thousandth of them, or less."""
_ADDRESS: Final = re.compile(r"(?<= at )0x[0-9a-fA-F]{6,}(?=>)")
"""What Python tells of an object that has no text of its own."""


def passing(texts: Sequence[str], now: float | None = None) -> Iterator[tuple[int, str]]:
    """Those of the texts that certainly are others at the next synth, by their numbers, and what in them tells so.

    :param texts: The texts.
    :param now: The time in seconds since 1970; left out, that of the clock.
    """
    last = time.time() if now is None else now
    first = max(_STARTED if now is None else 0, last - _LONGEST) - _BEFORE
    # Hardly a request has one of these in it, and to look for them is much faster than with expressions.
    years = {str(time.gmtime(last + each).tm_year) for each in (-_A_DAY, _A_DAY)}
    marks = {" at 0x", *years, *(str(int(each))[:4] for each in (first, last))}
    together = "\n".join(texts)
    if not any(mark in together for mark in marks):
        return
    for number, text in enumerate(texts):
        if not any(mark in text for mark in marks):
            continue
        if (address := _ADDRESS.search(text)) is not None:
            yield number, f"{address[0]!r} in it, the address of an object"
        for written, begin, length in _moments(text):
            # A time may be rounded up.
            if first < begin + length and begin <= last + 1:
                yield number, f"{written!r} in it, the time of this synth"
                break


def _moments(text: str) -> Iterator[tuple[str, float, int]]:
    """The times in a text, each with its seconds since 1970 and how many it stands for."""
    for found in _COUNTED.finditer(text):
        yield found[0], int(found[1]), 1
    for found in _WRITTEN.finditer(text):
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        with suppress(ValueError, OverflowError):
            moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
            # Without a zone, it is a time of the machine's.
            for each in (moment, moment.replace(tzinfo=None)):
                yield found[0], each.timestamp(), 1 if found[6] else 60
