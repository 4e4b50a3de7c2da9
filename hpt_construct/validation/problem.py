"""One problem in a request: its path and its message."""

from __future__ import annotations

from dataclasses import dataclass

from hpt_construct.errors import show

Path = tuple[str | int, ...]
"""Steps from the request down: member names, list indices, map keys."""

_LONGEST_NAME = 80


@dataclass(frozen=True)
class Problem:
    """What is wrong at a path; the path is spelled later, in the form that the caller wrote."""

    path: Path
    message: str
    structural: bool = False
    """Whether the value differs from what the API model has at the path; the typed form has its own messages for that.
    """


def spell_api(path: Path) -> str:
    """Spell a path as the API's documentation does.

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
