"""The most that a request can cost, in instance-hours: training jobs × instances × time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .validation.rules.rule import CONFIG, DEFAULT_RUNTIME, Place, TokenMetError, each_definition, has_autotune
from .validation.rules.strategy import grid_size

if TYPE_CHECKING:
    from collections.abc import Mapping

_LIMITS = (CONFIG, "ResourceLimits")


class UnknownError(Exception):
    """The worst case is not known at synth; the message says why."""


@dataclass(frozen=True)
class WorstCase:
    """The most that a request allows."""

    by_type: dict[str, float]
    """Instance-hours by instance type. With several definitions or kinds of instance, each of them might get all
    training jobs, so the figures of two types exclude each other.
    """
    total: float
    """Instance-hours of the most costly choice."""
    sum: str
    """The calculation of that total, for people to read."""


def worst_case(request: Mapping[str, Any]) -> WorstCase:
    """Return the most that a structurally valid request can use.

    :raises UnknownError: A token hides a number, or nothing limits the tuning job.
    """
    try:
        return _worst_case(Place(request))
    except TokenMetError:
        raise UnknownError("a token hides one of its numbers") from None


def _worst_case(request: Place) -> WorstCase:
    by_type: dict[str, float] = {}
    total, how = 0.0, ""
    for _, definition in each_definition(request):
        seconds, words = _seconds(request, definition)
        for instances in _choices(definition):
            count = sum(instances.values())
            for name, of_type in instances.items():
                by_type[name] = max(by_type.get(name, 0), of_type * seconds / 3600)
            if count * seconds / 3600 > total:
                total = count * seconds / 3600
                how = words.format(count=f"{count:,} instance{'s' if count != 1 else ''}")
    return WorstCase(by_type, total, how)


def _seconds(request: Place, definition: Place) -> tuple[float, str]:
    """Return how long all training jobs of a definition would take one after another, and the calculation."""
    runtime = definition.read("StoppingCondition", "MaxRuntimeInSeconds")
    runtime = DEFAULT_RUNTIME if runtime is None else runtime
    jobs = request.read(*_LIMITS, "MaxNumberOfTrainingJobs")
    if jobs is None:
        jobs = grid_size(request)
    whole = request.read(*_LIMITS, "MaxRuntimeInSeconds")
    if jobs is None and whole is None:
        chosen = ", Autotune chooses it" if has_autotune(request) else ""
        raise UnknownError(f"there is no total of training jobs{chosen}, and no runtime of the tuning job")
    known = []
    if jobs is not None:
        known.append((jobs * runtime, f"{jobs:,} training jobs × {{count}} × {_hours(runtime)}"))
    if whole is not None:
        parallel = request.read(*_LIMITS, "MaxParallelTrainingJobs")
        parallel = parallel if jobs is None else min(parallel, jobs)
        how = f"{parallel:,} training jobs at a time × {{count}} × {_hours(whole)} of tuning"
        known.append((parallel * whole, how))
    return min(known)


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:,.4g} h"


def _choices(definition: Place) -> list[Counter[str]]:
    """Return the instances that one training job may get: for each acceptable kind, the counts by type."""
    tuning = definition.below("HyperParameterTuningResourceConfig")
    resource = tuning or definition.below("ResourceConfig")
    if resource is None:
        # A rule reports it, as it reports a count or type that is missing below.
        return []
    if groups := resource.every("InstanceGroups"):
        together: Counter[str] = Counter()
        for group in groups:
            together[str(group.read("InstanceType"))] += group.read("InstanceCount") or 0
        return [together]
    common = resource.read("InstanceCount")
    places = resource.every("InstanceConfigs") or resource.every("InstancePreferences") or [resource]
    return [Counter({str(place.read("InstanceType")): place.read("InstanceCount") or common or 0}) for place in places]
