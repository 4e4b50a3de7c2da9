"""Judges whether a tuning job that has ended is good, and shows its best training job as JSON."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hpt_construct import wait_for_completion

from .words import GOOD, NOT_GOOD, AskError, clean, duration, number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .sagemaker import SageMaker, Tuning


@dataclass(frozen=True)
class Bar:
    """What the objective must reach: a deployment's ``wait_for_completion`` judges in the same way."""

    at_least: float | None = None
    at_most: float | None = None

    def refuse_unless_it_fits(self, directions: Iterable[str | None]) -> None:
        """Refuse a bound that no objective is for, and an objective without its bound, before anybody waits.

        :param directions: The directions of all objectives.
        :raises AskError: A bound is missing or superfluous.
        """
        thresholds = {"--at-least": self.at_least, "--at-most": self.at_most}
        misdirected = wait_for_completion.misdirected_thresholds(thresholds, directions)
        if misdirected:
            raise AskError("; ".join(f"{name}: {problem}" for name, problem in misdirected.items()))

    def problem(self, value: float, direction: str) -> str:
        """Return what is required and not reached; an empty string if the value is good enough."""
        least, most = self.at_least, self.at_most
        if least is not None and most is not None:
            least, most = (None, most) if direction == "Minimize" else (least, None)
        # SageMaker's values have single precision: 0.83 comes as 0.82999998. NaN reaches nothing.
        if least is not None and not _single(value) >= _single(least):
            return f"at least {_shown(least)} is required"
        if most is not None and not _single(value) <= _single(most):
            return f"at most {_shown(most)} is allowed"
        return ""


@dataclass(frozen=True)
class Verdict:
    """What a command says about a tuning job, and the exit status that follows."""

    status: int
    reason: str


def judge(tuning: Tuning, bar: Bar) -> Verdict:
    """Judge a tuning job that has ended."""
    name = clean(tuning.name)
    if tuning.status != "Completed":
        why = f": {clean(tuning.failure_reason)}" if tuning.failure_reason else ""
        return Verdict(NOT_GOOD, f"{name} is {clean(tuning.status)}{why}")
    if tuning.best is None or tuning.best.objective is None:
        return Verdict(NOT_GOOD, f"{name} is Completed, but no training job has an objective")
    value, metric = tuning.best.objective, clean(tuning.best.metric_name)
    if problem := bar.problem(value, tuning.best_direction):
        return Verdict(NOT_GOOD, f"{name} is not good enough: {metric} {_shown(value)}, but {problem}")
    return Verdict(GOOD, f"{name} is Completed: best {metric} {number(value)} after {duration(tuning.age)}")


def _single(value: float) -> float:
    single: float = struct.unpack("f", struct.pack("f", value))[0]
    return single


def _shown(value: float) -> str:
    """Show a value that is compared, with every digit that single precision has."""
    return f"{value:.7g}"


def best_as_json(sagemaker: SageMaker, tuning: Tuning) -> dict[str, Any]:
    """Return a tuning job's best training job, under the names that the construct's ``best_training_job`` has."""
    best = tuning.best
    return {
        "tuning_job_name": tuning.name,
        "tuning_job_arn": tuning.arn,
        "tuning_job_status": tuning.status,
        "training_job_name": best and best.name,
        "training_job_arn": best and best.arn,
        "definition_name": best and best.definition_name,
        "metric_name": best and best.metric_name,
        "objective_value": best and best.objective,
        "hyperparameters": dict(best.hyperparameters) if best else None,
        "model_data_url": best and sagemaker.model_data_url(best.name),
    }
