"""A small valid job, for tests that are about what is around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hpt_construct import (
    AlgorithmSpecification,
    HyperparameterTuningJob,
    IntegerRange,
    Objective,
    OutputDataConfig,
    ResourceConfig,
    ResourceLimits,
    StoppingCondition,
    TrainingJobDefinition,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct

TYPE = "Custom::SageMakerHyperParameterTuningJob"


def definition(**members: Any) -> TrainingJobDefinition:
    """A training of an hour on one instance, with other members where given."""
    defaults: Mapping[str, Any] = {
        "algorithm_specification": AlgorithmSpecification(algorithm_name="algorithm"),
        "role": "arn:aws:iam::111122223333:role/R",
        "output_data_config": OutputDataConfig(s3_output_path="s3://bucket/out"),
        "stopping_condition": StoppingCondition(max_runtime=3600),
        "resource_config": ResourceConfig(instance_type="ml.m5.large", instance_count=1, volume_size=1),
    }
    return TrainingJobDefinition(**{**defaults, **members})


def minimal(scope: Construct, name: str = "Tuning", **arguments: Any) -> HyperparameterTuningJob:
    """A job of two such trainings, with other arguments where given."""
    defaults: Mapping[str, Any] = {
        "strategy": "Random",
        "objective": Objective.minimize("loss"),
        "parameter_ranges": [IntegerRange("depth", 1, 100)],
        "resource_limits": ResourceLimits(max_parallel_training_jobs=1, max_training_jobs=2),
    }
    given = {**defaults, **arguments}
    if "training_jobs" not in given:
        given.setdefault("training_job", definition())
    return HyperparameterTuningJob(scope, name, **given)
