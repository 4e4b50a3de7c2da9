"""The whole request: the construct's arguments, and the members of ``CreateHyperParameterTuningJob``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ._part import ListOf, Plain, Structure, member, part
from .ranges import RANGES, ParameterRanges, Range
from .training_job import TrainingJobDefinition
from .tuning import (
    Autotune,
    Objective,
    ResourceLimits,
    Strategy,
    StrategyConfig,
    TrainingJobEarlyStoppingType,
    TuningJobCompletionCriteria,
)
from .warm_start import WarmStart


class _Tags(Plain):
    """A mapping in the typed form, a list of keys and values in the API's; a list stays one, so that nothing in it
    gets lost.
    """

    def render(self, value: Any) -> Any:
        return [{"Key": key, "Value": text} for key, text in value.items()] if isinstance(value, Mapping) else value

    def spell(self, value: Any, path: Sequence[str | int]) -> str:
        if isinstance(value, Mapping) and path and isinstance(path[0], int):
            return f"[{list(value)[path[0]]!r}]"
        return super().spell(value, path)


TAGS = _Tags()


@part("CreateHyperParameterTuningJobRequest")
class TuningJobRequest:
    """The members of a request; ``HyperparameterTuningJob`` describes each as an argument.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateHyperParameterTuningJob.html
    """

    strategy: Strategy | str = member("HyperParameterTuningJobConfig.Strategy")
    resource_limits: ResourceLimits = member("HyperParameterTuningJobConfig.ResourceLimits", Structure(ResourceLimits))
    objective: Objective | None = member(
        "HyperParameterTuningJobConfig.HyperParameterTuningJobObjective", Structure(Objective), default=None
    )
    parameter_ranges: ParameterRanges | Sequence[Range] | None = member(
        "HyperParameterTuningJobConfig.ParameterRanges", RANGES, default=None
    )
    strategy_config: StrategyConfig | None = member(
        "HyperParameterTuningJobConfig.StrategyConfig", Structure(StrategyConfig), default=None
    )
    training_job_early_stopping_type: TrainingJobEarlyStoppingType | str | None = member(
        "HyperParameterTuningJobConfig.TrainingJobEarlyStoppingType", default=None
    )
    completion_criteria: TuningJobCompletionCriteria | None = member(
        "HyperParameterTuningJobConfig.TuningJobCompletionCriteria",
        Structure(TuningJobCompletionCriteria),
        default=None,
    )
    random_seed: int | None = member("HyperParameterTuningJobConfig.RandomSeed", default=None)
    training_job: TrainingJobDefinition | None = member(
        "TrainingJobDefinition", Structure(TrainingJobDefinition), default=None
    )
    training_jobs: Sequence[TrainingJobDefinition] | None = member(
        "TrainingJobDefinitions", ListOf(Structure(TrainingJobDefinition)), default=None
    )
    warm_start: WarmStart | None = member("WarmStartConfig", Structure(WarmStart), default=None)
    autotune: Autotune | None = member("Autotune", Structure(Autotune), default=None)
    tuning_job_name: str | None = member("HyperParameterTuningJobName", default=None)
    tags: Mapping[str, str] | Sequence[Mapping[str, str]] | None = member("Tags", TAGS, default=None)
