"""The rules for strategies and for a tuning job's limits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hpt_construct.validation.problem import Problem

from .rule import (
    CONFIG,
    DEFAULT_RUNTIME,
    SEVERAL,
    SINGLE,
    Level,
    Place,
    Rule,
    each_definition,
    each_ranges,
    has_autotune,
    searched,
    tuning,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_GRID_QUOTA = 750
_JOBS_QUOTA = 750
_PARALLEL_QUOTA = 10
# "Number of parallel training jobs per hyperparameter tuning job: 10, can be increased to 100" (Resource Limits for
# Automatic Model Tuning, https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-limits.html).
_MOST_PARALLEL = 100
_LONGEST_TUNING = 30 * 24 * 3600
_MOST_RESOURCE = 20_000

_NOT_CATEGORICAL = ("IntegerParameterRanges", "ContinuousParameterRanges", "AutoParameters")
_TOTAL = ("ResourceLimits", "MaxNumberOfTrainingJobs")
_PARALLEL = ("ResourceLimits", "MaxParallelTrainingJobs")
_HYPERBAND = ("StrategyConfig", "HyperbandStrategyConfig")

# "MaxResource parameter is not provided and could not be inferred from provided static hyperparameters of
# TrainingJobDefinition." SageMaker infers it from these names.
_EPOCHS = ("epochs", "numepochs", "n-epochs", "n_epochs", "num_epochs")


def _grid_takes_categories_only(request: Place, ranges: Place) -> Iterator[Problem]:
    if request.read(CONFIG, "Strategy") == "Grid":
        for kind in _NOT_CATEGORICAL:
            if count := len(ranges.known(kind)):
                message = f"has {count} of {kind}, strategy Grid takes CategoricalParameterRanges only; list the values"
                yield Problem(ranges.at(kind), f"{message}, or choose another strategy")


def grid_size(request: Place) -> int | None:
    """Return the number of training jobs in a grid; None without a grid, or with several definitions (undocumented)."""
    sets = searched(request) if request.read(CONFIG, "Strategy") == "Grid" else []
    if len(sets) != 1 or any(sets[0].read(kind) for kind in _NOT_CATEGORICAL):
        return None
    sizes = [len(set(each.entries("Values"))) for each in sets[0].every("CategoricalParameterRanges")]
    return math.prod(sizes) if sizes else None


def _grid_total_is_its_size(request: Place) -> Iterator[Problem]:
    total, size = request.read(CONFIG, *_TOTAL), grid_size(request)
    if total is not None and size is not None and total != size:
        message = f"got {total}, must be the number of combinations in a grid ({size}); set it so, or leave it out"
        yield Problem(request.at(CONFIG, *_TOTAL), message)


def _grid_total_within_quota(_: Place, config: Place) -> Iterator[Problem]:
    total = config.read(*_TOTAL)
    if total is not None and total > _GRID_QUOTA and config.read("Strategy") == "Grid":
        message = f"got {total:,}, must not be more than {_GRID_QUOTA} in a grid"
        yield Problem(config.at(*_TOTAL), f"{message}; search fewer values, or have the quota raised")


def _grid_size_within_quota(request: Place) -> Iterator[Problem]:
    size = grid_size(request)
    # With a total above the quota too, one report is enough.
    if size is not None and size > _GRID_QUOTA and (request.read(CONFIG, *_TOTAL) or 0) <= _GRID_QUOTA:
        [ranges] = searched(request)
        message = f"has {size:,} combinations, must not have more than {_GRID_QUOTA} in a grid"
        path = ranges.at("CategoricalParameterRanges")
        yield Problem(path, f"{message}; search fewer values, or have the quota raised")


def _grid_can_fill_its_parallel(request: Place) -> Iterator[Problem]:
    parallel, size = request.read(CONFIG, *_PARALLEL), grid_size(request)
    if parallel is not None and size is not None and parallel > size:
        message = f"got {parallel}, more than the grid has combinations ({size}); lower it"
        yield Problem(request.at(CONFIG, *_PARALLEL), message)


def _grid_needs_no_seed(_: Place, config: Place) -> Iterator[Problem]:
    if config.read("RandomSeed") is not None and config.read("Strategy") == "Grid":
        yield Problem(config.at("RandomSeed"), "has no effect with strategy Grid, which draws nothing; leave it out")


def _hyperband_stops_by_itself(_: Place, config: Place) -> Iterator[Problem]:
    stopping = config.read("TrainingJobEarlyStoppingType")
    if stopping not in {None, "Off"} and config.read("Strategy") == "Hyperband":
        message = f"got '{stopping}', must be 'Off' with strategy Hyperband, which stops training jobs itself"
        yield Problem(config.at("TrainingJobEarlyStoppingType"), f"{message}; leave it out")


def _hyperband_knows_its_resource(request: Place, config: Place) -> Iterator[Problem]:
    if config.read("Strategy") != "Hyperband" or config.read(*_HYPERBAND, "MaxResource") is not None:
        return
    single = request.below(SINGLE)
    definitions = request.every(SEVERAL) if single is None else [single]
    if any(set(_EPOCHS).isdisjoint(definition.entries("StaticHyperParameters")) for definition in definitions):
        message = "missing; strategy Hyperband needs it, or a static hyperparameter in each training job definition: "
        yield Problem(config.at(*_HYPERBAND, "MaxResource"), message + " or ".join(_EPOCHS))


def _only_hyperband_has_settings(_: Place, config: Place) -> Iterator[Problem]:
    if config.read("StrategyConfig") is not None and (strategy := config.read("Strategy")) != "Hyperband":
        yield Problem(config.at("StrategyConfig"), f"only Hyperband has settings, not {strategy}; leave it out")


def _hyperband_resource_within_limit(_: Place, config: Place) -> Iterator[Problem]:
    most = config.read(*_HYPERBAND, "MaxResource")
    if most is not None and most > _MOST_RESOURCE:
        message = f"got {most:,}, must not be more than {_MOST_RESOURCE:,}; lower it"
        yield Problem(config.at(*_HYPERBAND, "MaxResource"), message)


def _hyperband_resources_in_order(_: Place, config: Place) -> Iterator[Problem]:
    least, most = config.read(*_HYPERBAND, "MinResource"), config.read(*_HYPERBAND, "MaxResource")
    if least is not None and most is not None and least > most:
        message = f"got {least}, must not be more than MaxResource ({most}); lower it or raise the other"
        yield Problem(config.at(*_HYPERBAND, "MinResource"), message)


def _parallel_within_total(_: Place, config: Place) -> Iterator[Problem]:
    parallel, total = config.read(*_PARALLEL), config.read(*_TOTAL)
    if parallel is not None and total is not None and parallel > total:
        message = f"got {parallel}, must not be more than MaxNumberOfTrainingJobs ({total})"
        yield Problem(config.at(*_PARALLEL), f"{message}; lower it or raise the total")


def _total_within_quota(_: Place, config: Place) -> Iterator[Problem]:
    total = config.read(*_TOTAL)
    # For a grid, G3 reports it as an error.
    if total is not None and total > _JOBS_QUOTA and config.read("Strategy") != "Grid":
        message = f"got {total:,}, the quota of an account is {_JOBS_QUOTA} unless AWS has raised it"
        yield Problem(config.at(*_TOTAL), f"{message} (for Random up to 10,000); lower it, or ask for more")


def _parallel_within_limit(_: Place, config: Place) -> Iterator[Problem]:
    parallel = config.read(*_PARALLEL)
    if parallel is not None and parallel > _MOST_PARALLEL:
        message = f"got {parallel}, must not be more than {_MOST_PARALLEL}, the most that AWS allows; lower it"
        yield Problem(config.at(*_PARALLEL), message)


def _parallel_within_quota(_: Place, config: Place) -> Iterator[Problem]:
    parallel = config.read(*_PARALLEL)
    if parallel is not None and _PARALLEL_QUOTA < parallel <= _MOST_PARALLEL:
        message = f"got {parallel}, the quota of an account is {_PARALLEL_QUOTA} unless AWS has raised it"
        yield Problem(config.at(*_PARALLEL), f"{message}; lower it, or ask for more")


def _something_ends_the_tuning(request: Place, config: Place) -> Iterator[Problem]:
    criteria = config.below("TuningJobCompletionCriteria")
    ends = (
        config.read(*_TOTAL) is not None
        or config.read("ResourceLimits", "MaxRuntimeInSeconds") is not None
        # A grid ends by itself, and Autotune chooses limits.
        or config.read("Strategy") == "Grid"
        or has_autotune(request)
        or (criteria is not None and _is_a_criterion(criteria))
    )
    if not ends:
        message = "missing, and so is every other limit: the tuning job starts training jobs until the service ends it"
        yield Problem(config.at(*_TOTAL), f"{message}; set it, MaxRuntimeInSeconds, or completion criteria")


def _is_a_criterion(criteria: Place) -> bool:
    return (
        criteria.read("TargetObjectiveMetricValue") is not None
        or criteria.read("BestObjectiveNotImproving", "MaxNumberOfTrainingJobsNotImproving") is not None
        or criteria.read("ConvergenceDetected", "CompleteOnConvergence") == "Enabled"
    )


def _runtime_within_quota(_: Place, config: Place) -> Iterator[Problem]:
    seconds = config.read("ResourceLimits", "MaxRuntimeInSeconds")
    if seconds is not None and seconds > _LONGEST_TUNING:
        message = f"got {seconds:,}, the quota of a tuning job is 30 days ({_LONGEST_TUNING:,}); lower it"
        yield Problem(config.at("ResourceLimits", "MaxRuntimeInSeconds"), message)


def _tuning_outlasts_a_training_job(request: Place, definition: Place) -> Iterator[Problem]:
    tuning_time = request.read(CONFIG, "ResourceLimits", "MaxRuntimeInSeconds")
    training_time = definition.read("StoppingCondition", "MaxRuntimeInSeconds")
    # The default of SageMaker and its SDK is nobody's decision.
    if tuning_time is not None and training_time not in {None, DEFAULT_RUNTIME} and tuning_time < training_time:
        message = f"got {tuning_time:,} for the tuning job, and one training job may take {training_time:,}"
        path = request.at(CONFIG, "ResourceLimits", "MaxRuntimeInSeconds")
        yield Problem(path, f"{message}; raise it, or lower the time of a training job")


def _target_has_an_objective(request: Place, config: Place) -> Iterator[Problem]:
    if config.read("TuningJobCompletionCriteria", "TargetObjectiveMetricValue") is None:
        return
    objectives = [config.read("HyperParameterTuningJobObjective")]
    objectives += [definition.read("TuningObjective") for definition in request.every(SEVERAL)]
    if all(objective is None for objective in objectives):
        message = "is the target of an objective, and there is none; set the objective, or leave this out"
        yield Problem(config.at("TuningJobCompletionCriteria", "TargetObjectiveMetricValue"), message)


_E, _W = Level.ERROR, Level.WARNING

# fmt: off
RULES = (
    Rule("G1", _E, "Grid takes categorical ranges only", each_ranges, _grid_takes_categories_only),
    Rule("G2", _E, "A grid's total is left out or its number of combinations", whole, _grid_total_is_its_size),
    Rule("G3", _E, "A grid's total is at most 750", tuning, _grid_total_within_quota, overridable=True),
    Rule("G3", _E, "A grid has at most 750 combinations", whole, _grid_size_within_quota, overridable=True),
    Rule("G4", _W, "A grid runs at most all combinations at a time", whole, _grid_can_fill_its_parallel),
    Rule("G4", _W, "RandomSeed has no effect on a grid", tuning, _grid_needs_no_seed),
    Rule("H1", _E, "Hyperband goes without early stopping", tuning, _hyperband_stops_by_itself),
    Rule("H2", _E, "Hyperband knows MaxResource, or infers it from epochs", tuning, _hyperband_knows_its_resource),
    Rule("H3", _W, "StrategyConfig is for Hyperband only", tuning, _only_hyperband_has_settings),
    Rule("H4", _E, "Hyperband's MaxResource is at most 20,000", tuning, _hyperband_resource_within_limit),
    Rule("H4", _E, "Hyperband's MinResource is at most MaxResource", tuning, _hyperband_resources_in_order),
    Rule("L1", _E, "No more training jobs run at a time than in all", tuning, _parallel_within_total),
    Rule("L2", _W, "More than 750 training jobs need a raised quota", tuning, _total_within_quota),
    Rule("L3", _E, "At most 100 training jobs run at a time", tuning, _parallel_within_limit, overridable=True),
    Rule("L3", _W, "More than 10 training jobs at a time need a raised quota", tuning, _parallel_within_quota),
    Rule("L4", _W, "A total, a time or a criterion ends the tuning job", tuning, _something_ends_the_tuning),
    Rule("L5", _W, "A tuning job takes at most 30 days", tuning, _runtime_within_quota),
    Rule("L6", _W, "A target value has an objective", tuning, _target_has_an_objective),
    Rule("L7", _W, "A tuning job outlasts a training job", each_definition, _tuning_outlasts_a_training_job),
)
# fmt: on
