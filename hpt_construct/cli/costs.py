"""What a tuning has used so far, and what early stopping and spot have saved, in instance-hours."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .sagemaker import SageMaker, Training, Tuning

_MOST_ASKED_ABOUT = 100


@dataclass(frozen=True)
class Savings:
    """What a tuning has used and saved."""

    used: Mapping[str, float]
    """Instance-hours by instance type."""
    told: str
    """What was saved, to read."""


def savings(sagemaker: SageMaker, tuning: Tuning, trainings: Sequence[Training]) -> Savings:
    """What a tuning has used and saved.

    Early stopping has saved what stopped trainings would have taken, had they been as long as the median of those that
    completed. What spot has saved only a training itself can tell: the last hundred are asked, if it is used at all.
    """
    lengths = [_hours(training) for training in trainings if training.status == "Completed"]
    usual = median(lengths) if lengths else 0.0
    stopped = [training for training in trainings if training.status == "Stopped" and training.started is not None]
    early = sum(
        max(0.0, usual - _hours(training)) * sum(instances(definition_of(tuning, training)).values())
        for training in stopped
    )
    parts = [f"about {early:.2f} instance-hours by {len(stopped)} trainings that were stopped"] if stopped else []
    spot = [
        training
        for training in trainings
        if training.has_ended and definition_of(tuning, training).get("EnableManagedSpotTraining")
    ][-_MOST_ASKED_ABOUT:]
    if spot:
        answers = [sagemaker.described_training(training.name) for training in spot]
        used = sum(answer.get("TrainingTimeInSeconds", 0) for answer in answers)
        billed = sum(answer.get("BillableTimeInSeconds", 0) for answer in answers)
        share = 100 * (1 - billed / used) if used else 0
        parts.append(f"{share:.0f} % of the price of {len(spot)} trainings by spot")
    return Savings(instance_hours(tuning, trainings), "; ".join(parts) or "nothing")


def _hours(training: Training) -> float:
    if training.started is None or training.ended is None:
        return 0.0
    return (training.ended - training.started).total_seconds() / 3600


def instance_hours(tuning: Tuning, trainings: Iterable[Training]) -> dict[str, float]:
    """Instance-hours by instance type, of what has ended and what runs.

    Of several kinds of instance that will do, the first counts: the list of trainings does not tell which one it was.
    """
    hours: dict[str, float] = {}
    for training in trainings:
        if training.started is not None:
            seconds = ((training.ended or tuning.now) - training.started).total_seconds()
            for kind, count in instances(definition_of(tuning, training)).items():
                hours[kind] = hours.get(kind, 0.0) + count * max(0.0, seconds) / 3600
    return hours


def definition_of(tuning: Tuning, training: Training) -> Mapping[str, Any]:
    """The definition that a training was made from."""
    described = tuning.described
    definitions = described.get("TrainingJobDefinitions") or [described.get("TrainingJobDefinition") or {}]
    named = [each for each in definitions if each.get("DefinitionName") == training.definition_name]
    definition: Mapping[str, Any] = (named or definitions)[0]
    return definition


def instances(definition: Mapping[str, Any]) -> Counter[str]:
    """The instances of one training, by type."""
    config = definition.get("ResourceConfig") or definition.get("HyperParameterTuningResourceConfig") or {}
    if config.get("InstanceGroups"):
        groups: Counter[str] = Counter()
        for group in config["InstanceGroups"]:
            groups[group["InstanceType"]] += group["InstanceCount"]
        return groups
    choices = config.get("InstanceConfigs") or config.get("InstancePreferences") or [config]
    kind = choices[0].get("InstanceType")
    count = choices[0].get("InstanceCount") or config.get("InstanceCount") or 1
    return Counter({kind: count} if kind else {})
