"""What SageMaker's built-in algorithms accept and compute: metrics, hyperparameters, channels, instances.

The table is ``built_in_algorithms.json``, which ``tools/built_in_algorithms.py`` generates from the developer guide.
AWS may change an algorithm any day, so a difference from the table is only a warning.
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


@cache
def _bounds(interval: str) -> tuple[Decimal, Decimal, bool, bool] | None:
    """The lowest and the highest number of an interval, and whether each belongs to it; None if it has no bounds."""
    found = _INTERVAL.fullmatch(interval)
    if found is None:
        return None
    return Decimal(found["low"]), Decimal(found["high"]), found["left"] == "[", found["right"] == "]"


@dataclass(frozen=True)
class Hyperparameter:
    """What values a hyperparameter of an algorithm accepts."""

    kind: str
    """``integer``, ``continuous``, ``categorical``, or ``text`` for any value."""
    values: Sequence[str] = ()
    """The words that it accepts, alone or besides numbers."""
    within: str = ""
    """The interval of its numbers, as the guide writes it: ``(0, 1]``."""
    tune: str = ""
    """The range that the guide recommends, if it can be tuned: an interval, or words with ``|`` between them."""
    required: bool | Mapping[str, Sequence[str]] = False
    """Whether it is required; or the values of another hyperparameter with which it is."""

    def holds(self, number: Decimal) -> bool:
        """Return whether a number is in the interval.

        >>> Hyperparameter("continuous", within="(0, 1]").holds(Decimal(0))
        False
        """
        bounds = _bounds(self.within)
        if bounds is None:
            return True
        low, high, low_belongs, high_belongs = bounds
        return (low < number or (low_belongs and low == number)) and (
            number < high or (high_belongs and number == high)
        )


@dataclass(frozen=True)
class Algorithm:
    """What the developer guide says about one algorithm."""

    name: str
    pages: Sequence[str]
    """The guide's pages about its hyperparameters and about tuning it."""
    metrics: Mapping[str, str]
    """The metrics that it can be tuned by, each with the better direction."""
    needs: Sequence[str]
    """The channels that it requires."""
    takes: Sequence[str]
    """The other channels that it reads."""
    content_types: Sequence[str]
    """The content types that it accepts; empty: any."""
    modes: Sequence[str]
    """The input modes that it supports."""
    processors: str
    """CPU or GPU, if it runs on one of them only."""
    one_instance: bool
    """Whether it can't train on several instances."""
    checkpoints: str
    """The repository whose images save checkpoints by themselves; empty: no image does."""
    only: Mapping[str, Mapping[str, Sequence[str]]]
    """Metrics, and values as ``name=value``, that go with some values of a hyperparameter only: these, some with ``*``.
    """
    since: Mapping[str, str]
    """The first version with a metric, a hyperparameter, or a value of one as ``name=value``."""
    until: Mapping[str, str]
    """The last version with one."""
    hyperparameters: Mapping[str, Hyperparameter]

    @cached_property
    def required(self) -> Mapping[str, Hyperparameter]:
        """The hyperparameters that are required, always or with some value of another."""
        return {name: each for name, each in self.hyperparameters.items() if each.required}


@cache
def knowledge(name: str) -> Algorithm:
    """Return what the developer guide says about a built-in algorithm.

    >>> knowledge("kmeans").metrics["test:msd"]
    'Minimize'
    """
    facts = dict(table()[name])
    rows: Mapping[str, Any] = facts.pop("hyperparameters")
    return Algorithm(name, **facts, hyperparameters={each: Hyperparameter(**row) for each, row in rows.items()})


@cache
def table() -> dict[str, dict[str, Any]]:
    """Return what is known of each built-in algorithm, by its name."""
    found: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="ascii"))
    return found
