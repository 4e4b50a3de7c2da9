"""Computes which hyperparameters a tuning job's training jobs get, and which objective they reach."""

import hashlib
import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from sandbox.sagemaker import errors

_SIGNIFICANT = 10
_EASY = 0.5


@dataclass(frozen=True)
class _Axis:
    """One tuned hyperparameter: its values, laid out between 0 and 1 as its scaling says."""

    name: str
    value_at: Callable[[float], str]
    position_of: Callable[[str], float]
    values: Sequence[str] = ()


class Search:
    """The search of one tuning job. The same tuning with the same seed draws the same hyperparameters.

    config: the request's HyperParameterTuningJobConfig.
    definitions: its training job definitions, which take turns.
    seed: what the draws follow from, if the request has no RandomSeed.

    Raises ServiceError: ValidationException for a range whose bounds are no numbers.
    """

    def __init__(self, config: dict[str, Any], definitions: Sequence[dict[str, Any]], seed: str) -> None:
        self._config = config
        self._definitions = definitions
        self._axes = [
            _axes(definition.get("HyperParameterRanges") or config.get("ParameterRanges") or {})
            for definition in definitions
        ]
        self._seed = str(config.get("RandomSeed", seed))
        self._grids = [math.prod(len(axis.values) for axis in axes if axis.values) for axes in self._axes]

    @property
    def combinations(self) -> int:
        """How many training jobs a grid has."""
        return sum(self._grids)

    def draw(self, number: int) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the definition and the tuned hyperparameters of a training job.

        number: the training job's, from 1.
        """
        if self._config.get("Strategy") == "Grid":
            return self._grid_point(number - 1)
        index = (number - 1) % len(self._definitions)
        random = Random(f"{self._seed} {number}")  # noqa: S311 - repeatable is what it has to be
        drawn = {axis.name: axis.value_at(random.random()) for axis in self._axes[index]}
        return self._definitions[index], drawn

    def _grid_point(self, index: int) -> tuple[dict[str, Any], dict[str, str]]:
        for definition, axes, size in zip(self._definitions, self._axes, self._grids, strict=True):
            if index < size:
                point = {}
                for axis in axes:
                    index, place = divmod(index, max(1, len(axis.values)))
                    point[axis.name] = axis.values[place] if axis.values else axis.value_at(0)
                return definition, point
            index -= size
        raise IndexError(index)

    def metric(self, definition: dict[str, Any]) -> dict[str, str]:
        """Return the objective of a definition: its `Type` and its `MetricName`."""
        objective = definition.get("TuningObjective") or self._config.get("HyperParameterTuningJobObjective")
        return objective or {"Type": "Maximize", "MetricName": "objective"}

    def objective(self, definition: dict[str, Any], hyperparameters: dict[str, str], progress: float) -> float:
        """Return the objective that hyperparameters reach: best at one point of the space, and worse all around it.

        To maximize, between 0.5 and 1; to minimize, between 0 and 0.5. Earlier hyperparameters matter more.

        progress: how much of its training is done, from 0 to 1; it is worse before the end.
        """
        axes = self._axes[self._definitions.index(definition)]
        weights = [0.5**place for place in range(len(axes))]
        distance = sum(
            weight * (axis.position_of(hyperparameters[axis.name]) - _unit(axis.name)) ** 2
            for weight, axis in zip(weights, axes, strict=True)
        ) / max(1e-9, sum(weights))
        noise = 0.02 * _unit(repr(sorted(hyperparameters.items())))
        loss = min(1.0, 0.04 + math.sqrt(distance) * 0.8 + noise + 0.1 * (1 - progress))
        value = _EASY * loss
        return _single(round(1 - value if self.metric(definition)["Type"] == "Maximize" else value, 6))


def _axes(ranges: dict[str, Any]) -> list[_Axis]:
    return [
        *(_numeric(item, whole=False) for item in ranges.get("ContinuousParameterRanges", [])),
        *(_numeric(item, whole=True) for item in ranges.get("IntegerParameterRanges", [])),
        *(_categorical(item["Name"], item["Values"]) for item in ranges.get("CategoricalParameterRanges", [])),
        *(_categorical(item["Name"], [item["ValueHint"]]) for item in ranges.get("AutoParameters", [])),
    ]


def _numeric(item: dict[str, str], *, whole: bool) -> _Axis:
    name = item["Name"]
    try:
        low, high = float(item["MinValue"]), float(item["MaxValue"])
    except ValueError:
        raise errors.validation_error(f"A bound of the range of the hyperparameter {name} is no number.") from None
    to_scale, from_scale = _scale(item.get("ScalingType"), low, high)
    start, width = to_scale(low), to_scale(high) - to_scale(low)

    def value_at(position: float) -> str:
        value = min(high, max(low, from_scale(start + position * width)))
        return str(round(value)) if whole else repr(float(f"{value:.{_SIGNIFICANT}g}"))

    return _Axis(name, value_at, lambda value: (to_scale(float(value)) - start) / width if width else 0.0)


def _scale(kind: str | None, low: float, high: float) -> tuple[Callable[[float], float], Callable[[float], float]]:
    if kind == "Logarithmic" and low > 0:
        return math.log, math.exp
    if kind == "ReverseLogarithmic" and high < 1:
        return lambda value: -math.log(1 - value), lambda place: 1 - math.exp(-place)
    return float, float


def _categorical(name: str, values: Sequence[str]) -> _Axis:
    return _Axis(
        name,
        lambda position: values[min(int(position * len(values)), len(values) - 1)],
        lambda value: _unit(f"{name}={value}"),
        values,
    )


def _single(value: float) -> float:
    """Return a number in single precision, as SageMaker keeps objectives."""
    (single,) = struct.unpack("f", struct.pack("f", value))
    return float(single)


def _unit(text: str) -> float:
    """Return a number from 0 to below 1 that stays the same for a text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6]) / 2**48
