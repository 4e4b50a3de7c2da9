"""How a tuning job searches: strategy, objective, limits, and completion criteria."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Self

from ._part import SECONDS, Structure, member, part

if TYPE_CHECKING:
    from aws_cdk import Duration


class Strategy(StrEnum):
    """How SageMaker chooses the next hyperparameters. Becomes ``HyperParameterTuningJobConfig.Strategy``.

    >>> Strategy.BAYESIAN.value
    'Bayesian'
    """

    BAYESIAN = "Bayesian"
    """Chooses the next values by a regression on the results so far."""
    RANDOM = "Random"
    """Draws each combination independently, so it loses nothing when training jobs run in parallel."""
    HYPERBAND = "Hyperband"
    """Starts many short training jobs and continues the promising ones; the algorithm must report its metric after
    every epoch.
    """
    GRID = "Grid"
    """Tries every combination of categorical ranges once."""


class ObjectiveType(StrEnum):
    """Whether higher or lower values of the metric are better. Becomes ``HyperParameterTuningJobObjective.Type``.

    >>> ObjectiveType.MAXIMIZE.value
    'Maximize'
    """

    MAXIMIZE = "Maximize"
    MINIMIZE = "Minimize"


class TrainingJobEarlyStoppingType(StrEnum):
    """Whether SageMaker stops training jobs that fall behind. Becomes ``TrainingJobEarlyStoppingType``.

    >>> TrainingJobEarlyStoppingType.AUTO.value
    'Auto'
    """

    OFF = "Off"
    AUTO = "Auto"


class CompleteOnConvergence(StrEnum):
    """Whether the tuning job ends once it no longer expects to improve. Becomes
    ``ConvergenceDetected.CompleteOnConvergence``.

    >>> CompleteOnConvergence.ENABLED.value
    'Enabled'
    """

    ENABLED = "Enabled"
    DISABLED = "Disabled"


class AutotuneMode(StrEnum):
    """The mode of Autotune; there is only one. Becomes ``Autotune.Mode``.

    >>> AutotuneMode.ENABLED.value
    'Enabled'
    """

    ENABLED = "Enabled"


@part("HyperParameterTuningJobObjective", kw_only=False)
class Objective:
    """The metric that the tuning job optimizes.

    Becomes ``HyperParameterTuningJobObjective``, or ``TuningObjective`` in one of several definitions:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_HyperParameterTuningJobObjective.html

    >>> Objective.maximize("validation:auc")
    Objective(type=<ObjectiveType.MAXIMIZE: 'Maximize'>, metric_name='validation:auc')
    """

    type: ObjectiveType | str = member("Type")
    """Maximize or Minimize."""
    metric_name: str = member("MetricName")
    """The metric's name, 1 to 255 characters; for an image of your own, one of ``metric_definitions``."""

    @classmethod
    def maximize(cls, metric_name: str) -> Self:
        """An objective whose higher values are better."""
        return cls(ObjectiveType.MAXIMIZE, metric_name)

    @classmethod
    def minimize(cls, metric_name: str) -> Self:
        """An objective whose lower values are better."""
        return cls(ObjectiveType.MINIMIZE, metric_name)


@part("ResourceLimits")
class ResourceLimits:
    """How many training jobs a tuning job runs, how many at the same time, and for how long.

    Becomes ``ResourceLimits``: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceLimits.html

    >>> ResourceLimits(max_training_jobs=20, max_parallel_training_jobs=3).max_training_jobs
    20
    """

    max_parallel_training_jobs: int = member("MaxParallelTrainingJobs")
    """The most training jobs that run at the same time, at least 1. The account's quota is 10; AWS can raise it to 100.
    """
    max_training_jobs: int | None = member("MaxNumberOfTrainingJobs", default=None)
    """The most training jobs in all, at least 1; the quota is 750. Left out: the tuning job runs until another limit
    ends it, or through every combination of a grid.
    """
    max_runtime: Duration | int | None = member("MaxRuntimeInSeconds", SECONDS, default=None)
    """How long the tuning job may run, a duration or seconds, 120 s to 15,768,000 s. Left out: no limit but the
    service's 30 days.
    """


@part("HyperbandStrategyConfig")
class HyperbandStrategyConfig:
    """How many resources (usually epochs) Hyperband gives a training job.

    Becomes ``HyperbandStrategyConfig``:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_HyperbandStrategyConfig.html

    >>> HyperbandStrategyConfig(min_resource=1, max_resource=10).max_resource
    10
    """

    min_resource: int | None = member("MinResource", default=None)
    """The least that a training job gets before Hyperband may stop it, at least 1. Left out: SageMaker chooses."""
    max_resource: int | None = member("MaxResource", default=None)
    """The most that a training job gets, 1 to 20,000. Left out: SageMaker takes it from a static hyperparameter such as
    ``epochs``, which every definition must then have.
    """


@part("HyperParameterTuningJobStrategyConfig")
class StrategyConfig:
    """Settings of a strategy; only Hyperband has any.

    Becomes ``StrategyConfig``:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_HyperParameterTuningJobStrategyConfig.html

    >>> StrategyConfig(hyperband_strategy_config=HyperbandStrategyConfig(max_resource=10))
    StrategyConfig(hyperband_strategy_config=HyperbandStrategyConfig(min_resource=None, max_resource=10))
    """

    hyperband_strategy_config: HyperbandStrategyConfig | None = member(
        "HyperbandStrategyConfig", Structure(HyperbandStrategyConfig), default=None
    )
    """Hyperband's settings. Left out: SageMaker chooses."""


@part("BestObjectiveNotImproving")
class BestObjectiveNotImproving:
    """End the tuning job when its best result has not improved for a number of training jobs.

    Becomes ``BestObjectiveNotImproving``:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_BestObjectiveNotImproving.html

    >>> BestObjectiveNotImproving(max_training_jobs_not_improving=10).max_training_jobs_not_improving
    10
    """

    max_training_jobs_not_improving: int | None = member("MaxNumberOfTrainingJobsNotImproving", default=None)
    """The number of training jobs without a better result, at least 3. Left out: not a criterion."""


@part("ConvergenceDetected")
class ConvergenceDetected:
    """End the tuning job when SageMaker finds that it has converged.

    Becomes ``ConvergenceDetected``:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ConvergenceDetected.html

    >>> ConvergenceDetected(complete_on_convergence="Enabled").complete_on_convergence
    'Enabled'
    """

    complete_on_convergence: CompleteOnConvergence | str | None = member("CompleteOnConvergence", default=None)
    """Enabled or Disabled. Left out: Disabled."""


@part("TuningJobCompletionCriteria")
class TuningJobCompletionCriteria:
    """What ends the tuning job before its limits do.

    Becomes ``TuningJobCompletionCriteria``:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TuningJobCompletionCriteria.html

    >>> TuningJobCompletionCriteria(target_objective_metric_value=0.95).target_objective_metric_value
    0.95
    """

    target_objective_metric_value: float | None = member("TargetObjectiveMetricValue", default=None)
    """The objective's value that is good enough to end the tuning job. Left out: not a criterion."""
    best_objective_not_improving: BestObjectiveNotImproving | None = member(
        "BestObjectiveNotImproving", Structure(BestObjectiveNotImproving), default=None
    )
    """A number of training jobs without a better result. Left out: not a criterion."""
    convergence_detected: ConvergenceDetected | None = member(
        "ConvergenceDetected", Structure(ConvergenceDetected), default=None
    )
    """Whether the tuning job ends when it has converged. Left out: not a criterion."""


@part("Autotune", kw_only=False)
class Autotune:
    """Let SageMaker choose what you leave out: ranges, objective, limits, early stopping.

    Becomes ``Autotune``: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Autotune.html

    >>> Autotune().mode
    <AutotuneMode.ENABLED: 'Enabled'>
    """

    mode: AutotuneMode | str = member("Mode", default=AutotuneMode.ENABLED)
    """Enabled, the only value."""
