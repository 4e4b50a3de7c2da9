"""What SageMaker's built-in algorithms take and compute: metrics, hyperparameters, channels, instances.

The table is ``built_in_algorithms.json``, made by ``tools/built_in_algorithms.py`` from the developer guide. AWS may
change an algorithm any day: what differs from the table is worth a warning, and no more.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_INTERVAL = re.compile(r"(?P<left>[\[(])(?P<low>\S+), (?P<high>\S+)(?P<right>[\])])")


@dataclass(frozen=True)
class Hyperparameter:
    """What one of an algorithm takes."""

    kind: str
    """``integer``, ``continuous``, ``categorical`` or ``text``, which may be anything."""
    values: Sequence[str] = ()
    """Words that it takes, beside numbers or alone."""
    within: str = ""
    """The interval of its numbers, as the guide writes it: ``(0, 1]``."""
    tune: str = ""
    """What the guide recommends to search, if it can be tuned: an interval, or words with ``|`` between them."""
    required: bool | Mapping[str, Sequence[str]] = False
    """Whether it must be given; or the values of another one with which it must."""

    def holds(self, number: Decimal) -> bool:
        """Whether a number is in the interval.

        >>> Hyperparameter("continuous", within="(0, 1]").holds(Decimal(0))
        False
        """
        found = _INTERVAL.fullmatch(self.within)
        if found is None:
            return True
        low, high = Decimal(found["low"]), Decimal(found["high"])
        return (low < number or (low == number and found["left"] == "[")) and (
            number < high or (number == high and found["right"] == "]")
        )


@dataclass(frozen=True)
class Algorithm:
    """What is known of one."""

    name: str
    pages: Sequence[str]
    """The guide's pages of its hyperparameters and of its tuning."""
    metrics: Mapping[str, str]
    """What it can be tuned by, and the direction that is better."""
    needs: Sequence[str]
    """Channels without which it doesn't train."""
    takes: Sequence[str]
    """The other channels that it reads."""
    content_types: Sequence[str]
    """Of its data; none: whatever it is."""
    modes: Sequence[str]
    """Input modes."""
    processors: str
    """CPU or GPU, if it runs on one of them only."""
    one_instance: bool
    """Whether it can't train on several."""
    checkpoints: str
    """The repository whose images keep checkpoints by themselves; none: no image does."""
    hyperparameters: Mapping[str, Hyperparameter]

    @cached_property
    def required(self) -> Mapping[str, Hyperparameter]:
        """Those that must be given, or must with some value of another."""
        return {name: each for name, each in self.hyperparameters.items() if each.required}


@cache
def knowledge(name: str) -> Algorithm:
    """What is known of a built-in algorithm by its name.

    >>> knowledge("kmeans").metrics["test:msd"]
    'Minimize'
    """
    facts = dict(_table()[name])
    rows: Mapping[str, Any] = facts.pop("hyperparameters")
    return Algorithm(name, **facts, hyperparameters={each: Hyperparameter(**row) for each, row in rows.items()})


@cache
def _table() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="ascii"))
    return found
