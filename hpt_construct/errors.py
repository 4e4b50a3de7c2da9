"""The library's exception, which holds every problem of a request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from constructs import Construct

_LONGEST_VALUE = 80
_ADDRESS = re.compile(r"(?: object)? at 0x[0-9a-fA-F]+(?=>)")
"""The address of an object, which tells nothing and changes with each run."""


def show(value: Any) -> str:
    """Show a value in a message: on one line, not too long, and harmless to a terminal.

    >>> show("a" * 100)[-4:]
    'aaa…'
    >>> show([object()])
    '[<object>]'
    """
    # str() shows an enum member as a string; repr() escapes whatever does not print.
    text = repr(str(value)) if isinstance(value, str) else _ADDRESS.sub("", repr(value))
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def where(scope: Construct, construct_id: str) -> str:
    """Return the path that a construct has, or would have."""
    return "/".join(filter(None, (scope.node.path, construct_id)))


class ValidationError(ValueError):
    """A tuning job's request is one that SageMaker would refuse, or that no template can hold.

    The error reports every problem that is known at synth, so that you can fix the whole request in one go.

    >>> error = ValidationError("Stack/Tuning", ["random_seed: got -1, must be at least 0"])
    >>> error.problems
    ('random_seed: got -1, must be at least 0',)
    >>> print(error)
    1 problem in the hyperparameter tuning job 'Stack/Tuning':
      - random_seed: got -1, must be at least 0
    """

    problems: tuple[str, ...]
    """One line for each problem: the member's path, the value got, what is allowed, and the way out."""

    def __init__(self, where: str, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        count = f"{len(self.problems)} problem{'s' if len(self.problems) != 1 else ''}"
        lines = "".join(f"\n  - {problem}" for problem in self.problems)
        super().__init__(f"{count} in the hyperparameter tuning job {where!r}:{lines}")
