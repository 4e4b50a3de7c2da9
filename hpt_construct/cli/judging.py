"""Judges whether a tuning job that has ended is good, and shows its best training job as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .words import GOOD, NOT_GOOD, clean, duration, number

if TYPE_CHECKING:
    from .sagemaker import SageMaker, Tuning


@dataclass(frozen=True)
class Bar:
    """What the objective must reach."""

    at_least: float | None = None
    at_most: float | None = None


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
    value = tuning.best.objective
    reached = f"{clean(tuning.best.metric_name)} {number(value)}"
    if bar.at_least is not None and not value >= bar.at_least:
        return Verdict(NOT_GOOD, f"{name} is not good enough: {reached}, but at least {bar.at_least:g} is required")
    if bar.at_most is not None and not value <= bar.at_most:
        return Verdict(NOT_GOOD, f"{name} is not good enough: {reached}, but at most {bar.at_most:g} is allowed")
    return Verdict(GOOD, f"{name} is Completed: best {reached} after {duration(tuning.age)}")


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
