"""One thing that is wrong: where, and what."""

from __future__ import annotations

from dataclasses import dataclass

from hpt_construct.errors import show

Path = tuple[str | int, ...]
"""Steps from the request down: member names, list indices, map keys."""

_LONGEST_NAME = 80


@dataclass(frozen=True)
class Problem:
    """What is wrong at a path; the words for the path are chosen later, by what the caller wrote."""

    path: Path
    message: str
    structural: bool = False
    """Whether the value is not what the API model has at the path; a typed form has words of its own for that."""


def spell_api(path: Path) -> str:
    """A path as the API's documentation writes it.

    >>> spell_api(("TrainingJobDefinition", "InputDataConfig", 0, "ChannelName"))
    'TrainingJobDefinition.InputDataConfig[0].ChannelName'
    """
    spelled = ""
    for step in path:
        if isinstance(step, int):
            spelled += f"[{step}]"
        elif step.isidentifier() and len(step) <= _LONGEST_NAME:
            spelled += f".{step}"
        else:
            spelled += f"[{show(step)}]"
    return spelled.removeprefix(".")
