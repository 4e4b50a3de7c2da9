"""What commands print: other people's text made harmless, times, numbers, and the errors that end a command."""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Any, Final, NoReturn

import click

from hpt_construct.errors import show
from hpt_construct.wait_for_completion import GREATEST_OBJECTIVE

GOOD: Final = 0
NOT_GOOD: Final = 1
NO_ANSWER: Final = 2
TIME_IS_UP: Final = 3

_UNITS: Final = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_DURATION: Final = re.compile(r"(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?", re.ASCII)


class AskError(click.ClickException):
    """There is no answer, because the input is wrong or AWS can't be reached. One sentence, with the way out."""

    exit_code = NO_ANSWER

    def __init__(self, message: str) -> None:
        super().__init__(clean(message))

    def show(self, file: Any = None) -> None:
        """Write the sentence to standard error."""
        click.echo(f"hpt: {self.message}", err=file is None, file=file)


def clean(text: object) -> str:
    r"""Make other people's text, such as a message or a name, harmless to a terminal: one line, no control characters.

    >>> clean("a\x1b[2Jb\nc")
    'a[2Jb c'
    """
    spaced = re.sub(r"\s+", " ", str(text))
    return "".join(letter for letter in spaced if unicodedata.category(letter)[0] != "C").strip()


def number(value: float) -> str:
    """Show a number in as many digits as people compare.

    >>> number(0.932214), number(12345.678), number(3.0)
    ('0.9322', '1.235e+04', '3')
    """
    return f"{value:.4g}"


def duration(seconds: float) -> str:
    """Show a duration in its two largest units.

    >>> duration(59), duration(4300), duration(200_000)
    ('59 s', '1 h 11 min', '2 d 7 h')
    """
    whole = max(0, round(seconds))
    if whole < _UNITS["m"]:
        return f"{whole} s"
    for unit, name, below, name_below in (("d", "d", "h", "h"), ("h", "h", "m", "min"), ("m", "min", "s", "s")):
        if whole >= _UNITS[unit]:
            more, rest = divmod(whole, _UNITS[unit])
            return f"{more} {name} {rest // _UNITS[below]} {name_below}"
    raise AssertionError(seconds)


def as_seconds(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> float | None:
    """Convert a time from the command line, such as ``6h`` or ``1h30m``, to seconds: a callback of an option."""
    if value is None:
        return None
    found = _DURATION.fullmatch(value)
    if not found or not any(found.groups()):
        raise click.BadParameter(f"{show(value)} is not a duration; write it like 90s, 30m, 6h or 1h30m")
    return float(sum(int(count) * unit for unit, count in zip(_UNITS.values(), found.groups("0"), strict=True)))


def as_threshold(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> float | None:
    """Convert a value of an objective from the command line to a number: a callback of an option."""
    if value is None:
        return None
    try:
        threshold = float(value)
    except ValueError:
        threshold = math.nan
    if not abs(threshold) <= GREATEST_OBJECTIVE:
        raise click.BadParameter(f"{show(value)} is not a finite number that SageMaker can have, such as 0.85")
    return threshold


def exit_with(status: int) -> NoReturn:
    """End the command with an exit status."""
    click.get_current_context().exit(status)
