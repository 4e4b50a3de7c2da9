"""What SageMaker refuses of a request that has its shape, in the words that it was seen to use."""

import math
from collections.abc import Callable, Iterator
from typing import Any

from sandbox.sagemaker import algorithms, errors

_Request = dict[str, Any]


def check(request: _Request, parent: Callable[[str], _Request | None]) -> None:
    """Check a request for a tuning job as a whole.

    request: the members of CreateHyperParameterTuningJob.
    parent: answers the request of an earlier tuning job by its name; None if it isn't known.

    Raises ServiceError: ValidationException, for the first reason to refuse it.
    """
    for message in _reasons(request, parent):
        raise errors.validation_error(message)


def _reasons(request: _Request, parent: Callable[[str], _Request | None]) -> Iterator[str]:
    for definition in _definitions(request):
        if _lacks_its_metric(request, definition):
            yield (
                "A metric is required for this hyperparameter tuning job objective. "
                "Provide a metric in the metric definitions."
            )
    count = request["HyperParameterTuningJobConfig"]["ResourceLimits"].get("MaxNumberOfTrainingJobs")
    combinations = _combinations(request)
    if count is not None and combinations < count:
        yield (
            "You don't have enough combinations of hyperparameter ranges. The total number of hyperparameter "
            f"combinations for the provided ranges [{float(combinations)}] must be equal or greater than the value of "
            f"MaxNumberOfJobs, [{count}]. Provide additional ranges."
        )
    names = _hyperparameters(request)
    for each in request.get("WarmStartConfig", {}).get("ParentHyperParameterTuningJobs", []):
        earlier = parent(each["HyperParameterTuningJobName"])
        theirs = None if earlier is None else _hyperparameters(earlier)
        if names is not None and theirs is not None and names != theirs:
            yield (
                "The set of tunable plus static HyperParameter names is not the same across current and parent tuning "
                "jobs. Please ensure this set is constant when warm starting. Note that previously static "
                "HyperParameters can be tuned in warm start jobs and vice versa."
            )


def _definitions(request: _Request) -> list[_Request]:
    definition = request.get("TrainingJobDefinition")
    return [*([definition] if definition else []), *request.get("TrainingJobDefinitions", [])]


def _lacks_its_metric(request: _Request, definition: _Request) -> bool:
    objective = algorithms.objective(request, definition)
    specification = definition.get("AlgorithmSpecification", {})
    image = specification.get("TrainingImage")
    # Algorithms of AWS, and those with a name, bring their metrics.
    if objective is None or not image or algorithms.of_image(image) is not None:
        return False
    return objective not in [metric["Name"] for metric in specification.get("MetricDefinitions", [])]


def _combinations(request: _Request) -> float:
    """Return how many there are; infinity for a continuous range, or where it isn't known what is counted."""
    config = request["HyperParameterTuningJobConfig"]
    ranges = config.get("ParameterRanges", {})
    counted = (ranges.get("IntegerParameterRanges", []), ranges.get("CategoricalParameterRanges", []))
    if not any(counted) or ranges.get("ContinuousParameterRanges") or ranges.get("AutoParameters"):
        return math.inf
    if "Autotune" in request or config.get("Strategy") == "Grid":
        return math.inf
    integers, categories = counted
    try:
        sizes = [int(each["MaxValue"]) - int(each["MinValue"]) + 1 for each in integers]
    except ValueError:
        return math.inf
    return math.prod([*sizes, *(len(set(each["Values"])) for each in categories)])


def _hyperparameters(request: _Request) -> set[str] | None:
    """Return the names of a job with one definition, static and tuned ones."""
    if "TrainingJobDefinition" not in request:
        return None
    ranges = request["HyperParameterTuningJobConfig"].get("ParameterRanges", {})
    tuned = {each["Name"] for kind in ranges.values() for each in kind}
    return {*tuned, *request["TrainingJobDefinition"].get("StaticHyperParameters", {})}
