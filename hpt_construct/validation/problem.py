"""One thing that is wrong: where, and what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]
"""Steps from the request down: member names, list indices, map keys."""

_LONGEST_VALUE = 80


@dataclass(frozen=True)
class Problem:
    """What is wrong at a path; the words for the path are chosen later, by what the caller wrote."""

    path: Path
    message: str


def spell_api(path: Path) -> str:
    """A path as the API's documentation writes it.

    >>> spell_api(("TrainingJobDefinition", "InputDataConfig", 0, "ChannelName"))
    'TrainingJobDefinition.InputDataConfig[0].ChannelName'
    """
    spelled = ""
    for step in path:
        if isinstance(step, int):
            spelled += f"[{step}]"
        elif step.isidentifier():
            spelled += f".{step}"
        else:
            spelled += f"[{step!r}]"
    return spelled.removeprefix(".")


def show(value: Any) -> str:
    """A value for a message, on one line and not too long."""
    # str(): an enum member is shown as the string that it is.
    text = repr(str(value)) if isinstance(value, str) else repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"
