"""A SageMaker hyperparameter tuning job as a resource of an AWS CDK stack."""

from importlib import import_module
from typing import TYPE_CHECKING

from .errors import ValidationError
from .request import (
    AlgorithmSpecification,
    AllocationStrategy,
    AutoParameter,
    Autotune,
    AutotuneMode,
    BestObjectiveNotImproving,
    CategoricalRange,
    Channel,
    CheckpointConfig,
    CompleteOnConvergence,
    CompressionType,
    ContinuousRange,
    ConvergenceDetected,
    DatasetSource,
    FileSystemAccessMode,
    FileSystemDataSource,
    FileSystemType,
    HubAccessConfig,
    HyperbandStrategyConfig,
    InstanceConfig,
    InstanceGroup,
    InstancePlacementConfig,
    InstancePreference,
    InstanceType,
    IntegerRange,
    MetricDefinition,
    ModelAccessConfig,
    Objective,
    ObjectiveType,
    OutputCompressionType,
    OutputDataConfig,
    ParameterRanges,
    PlacementSpecification,
    Range,
    RecordWrapper,
    ResourceConfig,
    ResourceLimits,
    RetryStrategy,
    S3DataDistribution,
    S3DataSource,
    S3DataType,
    S3Location,
    ScalingType,
    ShuffleConfig,
    StoppingCondition,
    Strategy,
    StrategyConfig,
    TrainingImage,
    TrainingInputMode,
    TrainingJobDefinition,
    TrainingJobEarlyStoppingType,
    TuningJobCompletionCriteria,
    TuningResourceConfig,
    VpcConfig,
    WarmStart,
    WarmStartType,
)
from .wait_for_completion import WaitForCompletion

if TYPE_CHECKING:
    from .best_training_job import BestTrainingJob
    from .reference import IHyperparameterTuningJob
    from .tuning_job import HyperparameterTuningJob

# The only place that has it: the wheel, the pages and `hpt --version` read it here.
__version__ = "0.1.0"

__all__ = [
    "AlgorithmSpecification",
    "AllocationStrategy",
    "AutoParameter",
    "Autotune",
    "AutotuneMode",
    "BestObjectiveNotImproving",
    "BestTrainingJob",
    "CategoricalRange",
    "Channel",
    "CheckpointConfig",
    "CompleteOnConvergence",
    "CompressionType",
    "ContinuousRange",
    "ConvergenceDetected",
    "DatasetSource",
    "FileSystemAccessMode",
    "FileSystemDataSource",
    "FileSystemType",
    "HubAccessConfig",
    "HyperbandStrategyConfig",
    "HyperparameterTuningJob",
    "IHyperparameterTuningJob",
    "InstanceConfig",
    "InstanceGroup",
    "InstancePlacementConfig",
    "InstancePreference",
    "InstanceType",
    "IntegerRange",
    "MetricDefinition",
    "ModelAccessConfig",
    "Objective",
    "ObjectiveType",
    "OutputCompressionType",
    "OutputDataConfig",
    "ParameterRanges",
    "PlacementSpecification",
    "Range",
    "RecordWrapper",
    "ResourceConfig",
    "ResourceLimits",
    "RetryStrategy",
    "S3DataDistribution",
    "S3DataSource",
    "S3DataType",
    "S3Location",
    "ScalingType",
    "ShuffleConfig",
    "StoppingCondition",
    "Strategy",
    "StrategyConfig",
    "TrainingImage",
    "TrainingInputMode",
    "TrainingJobDefinition",
    "TrainingJobEarlyStoppingType",
    "TuningJobCompletionCriteria",
    "TuningResourceConfig",
    "ValidationError",
    "VpcConfig",
    "WaitForCompletion",
    "WarmStart",
    "WarmStartType",
]

# These load service modules of the CDK, which takes a tenth of a second; importing the parts alone does not need them.
_LOADED_WHEN_USED = {
    "BestTrainingJob": "best_training_job",
    "HyperparameterTuningJob": "tuning_job",
    "IHyperparameterTuningJob": "reference",
}


if not TYPE_CHECKING:
    # Hidden from type checkers: a module with __getattr__ has every name for them, even a misspelled one.
    def __getattr__(name: str) -> object:
        if name in _LOADED_WHEN_USED:
            return getattr(import_module(f".{_LOADED_WHEN_USED[name]}", __name__), name)
        right = next((each for each in __all__ if each.casefold() == name.casefold()), None)
        if right is not None:
            # Not an AttributeError, because "from ... import" drops its message.
            raise ImportError(f"there is no {name!r} in {__name__!r}; did you mean {right!r}?", name=__name__)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
