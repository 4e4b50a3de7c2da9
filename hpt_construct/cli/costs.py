"""What a tuning has used so far, in instance-hours."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .sagemaker import Training, Tuning


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
