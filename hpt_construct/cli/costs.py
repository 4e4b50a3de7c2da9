"""What a tuning job has used so far, and what early stopping and spot capacity have saved, in instance-hours."""

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
    """What a tuning job has used and saved."""

    used: Mapping[str, float]
    """Instance-hours by instance type."""
    told: str
    """What was saved, in words."""


def savings(sagemaker: SageMaker, tuning: Tuning, trainings: Sequence[Training]) -> Savings:
    """Return what a tuning job has used and saved.

    Early stopping is taken to save what the stopped training jobs would have used, had they run as long as the median
    completed one. What spot capacity has saved, only each training job can tell: the last hundred are described if the
    tuning job uses it.
    """
    lengths = [_hours(training) for training in trainings if training.status == "Completed"]
    usual = median(lengths) if lengths else 0.0
    stopped = [training for training in trainings if training.status == "Stopped" and training.started is not None]
    early = sum(
        max(0.0, usual - _hours(training)) * sum(instances(definition_of(tuning, training)).values())
        for training in stopped
    )
    parts = [f"about {early:.2f} instance-hours by {len(stopped)} training jobs that were stopped"] if stopped else []
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
        parts.append(f"{share:.0f} % of the price of {len(spot)} training jobs by spot capacity")
    return Savings(instance_hours(tuning, trainings), "; ".join(parts) or "nothing")


def _hours(training: Training) -> float:
    if training.started is None or training.ended is None:
        return 0.0
    return (training.ended - training.started).total_seconds() / 3600


def instance_hours(tuning: Tuning, trainings: Iterable[Training]) -> dict[str, float]:
    """Return instance-hours by instance type, of training jobs that have ended and that run.

    Of several acceptable kinds of instance, the first counts: the list of training jobs does not tell which one ran.
    """
    hours: dict[str, float] = {}
    for training in trainings:
        if training.started is not None:
            seconds = ((training.ended or tuning.now) - training.started).total_seconds()
            for kind, count in instances(definition_of(tuning, training)).items():
                hours[kind] = hours.get(kind, 0.0) + count * max(0.0, seconds) / 3600
    return hours


def definition_of(tuning: Tuning, training: Training) -> Mapping[str, Any]:
    """Return the definition that a training job was made from."""
    described = tuning.described
    definitions = described.get("TrainingJobDefinitions") or [described.get("TrainingJobDefinition") or {}]
    named = [each for each in definitions if each.get("DefinitionName") == training.definition_name]
    definition: Mapping[str, Any] = (named or definitions)[0]
    return definition


def instances(definition: Mapping[str, Any]) -> Counter[str]:
    """Return the instances of one training job, by type."""
    config = definition.get("ResourceConfig") or definition.get("HyperParameterTuningResourceConfig") or {}
    if config.get("InstanceGroups"):
        groups: Counter[str] = Counter()
        for group in config["InstanceGroups"]:
            # In a template, only the deployment knows some.
            if group.get("InstanceType"):
                groups[group["InstanceType"]] += group.get("InstanceCount") or 1
        return groups
    choices = config.get("InstanceConfigs") or config.get("InstancePreferences") or [config]
    kind = choices[0].get("InstanceType")
    count = choices[0].get("InstanceCount") or config.get("InstanceCount") or 1
    return Counter({kind: count} if kind else {})
