"""A training job's request as a tuning job's, with the ranges and the objective that people give."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from hpt_construct import api_model, rendering, validation
from hpt_construct.built_in_algorithms import knowledge
from hpt_construct.built_in_images import algorithm_of
from hpt_construct.errors import show
from hpt_construct.request import ScalingType
from hpt_construct.validation.rules.algorithm import better

from .words import AskError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_LIMITS: Final = {"MaxNumberOfTrainingJobs": 10, "MaxParallelTrainingJobs": 2}
"""What the tuning job may start, until somebody decides."""

_DEFINITION: Final = "HyperParameterTrainingJobDefinition"
_ALGORITHM: Final = "HyperParameterAlgorithmSpecification"
_TOLD: Final = ("TrainingJobName", "HyperParameters", "Tags")
"""Members that a tuning job has in another place, or by itself."""

_NUMBER: Final = r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
_INTERVAL: Final = re.compile(rf"(?P<low>{_NUMBER}):(?P<high>{_NUMBER})(?::(?P<scaling>[A-Za-z]+))?", re.ASCII)
_SCALINGS: Final = {
    **{scaling.value.casefold(): scaling.value for scaling in ScalingType},
    "log": ScalingType.LOGARITHMIC.value,
    "reverselog": ScalingType.REVERSE_LOGARITHMIC.value,
}
_OBJECTIVE: Final = re.compile(r"(?:(?P<direction>maximize|minimize)\s+)?(?P<metric>.+)", re.IGNORECASE | re.DOTALL)
_MOST_SHOWN: Final = 8


def tuning_request(
    job: Mapping[str, Any], what: str, ranges: Sequence[str], objective: str | None
) -> tuple[dict[str, Any], list[str]]:
    """Return the request of a tuning job that runs a training job, and what of the training job it leaves out.

    :param job: The request, or an answer of Describe.
    :param what: What messages call it.
    :param ranges: What to tune: ``NAME=LOW:HIGH``, ``NAME=LOW:HIGH:SCALING`` or ``NAME=VALUE,VALUE``.
    :param objective: The metric, with ``maximize`` or ``minimize`` before it if nothing else tells which.
    :raises AskError: There are no ranges or no objective, or they can't be understood; all problems at once.
    """
    hyperparameters = job.get("HyperParameters", job.get("StaticHyperParameters", {}))
    algorithm = _mapping(job.get("AlgorithmSpecification"))
    known = algorithm_of(str(algorithm.get("TrainingImage")))
    missing = [
        f"{option} ({has})" if has else option
        for option, given, has in (
            ("--tune 'eta=0.01:0.3:log'", ranges, _shown("hyperparameter", _mapping(hyperparameters))),
            ("--objective 'validation:auc'", objective, _shown("metric", _metrics(algorithm, known))),
        )
        if not given
    ]
    if missing or objective is None:
        source = "; or take the tuning job that started it, with --from-job" if job.get("TuningJobArn") else ""
        needed = f"{'; '.join(missing)}{source}"
        raise AskError(f"{what} is of a training job; tell `hpt convert` what to tune by which metric: {needed}")
    problems: list[str] = []
    lists = _ranges(ranges, known, problems)
    chosen = _objective(objective, known, problems)
    if problems:
        raise AskError("; ".join(problems))
    described = "TrainingJobArn" in job
    definition = _kept(job, _DEFINITION, described=described)
    definition["AlgorithmSpecification"] = _kept(algorithm, _ALGORITHM, described=described)
    definition.pop("StaticHyperParameters", None)
    if isinstance(hyperparameters, dict):
        tuned = {each["Name"] for kind in lists.values() for each in kind}
        hyperparameters = {name: value for name, value in hyperparameters.items() if name not in tuned}
    if hyperparameters:
        definition["StaticHyperParameters"] = hyperparameters
    request = {
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": chosen,
            "ResourceLimits": _LIMITS,
            "ParameterRanges": lists,
        },
        "TrainingJobDefinition": definition,
        **({"Tags": job["Tags"]} if job.get("Tags") else {}),
    }
    # What SageMaker adds to a training job, it adds to those of a tuning job as well.
    request = rendering.without_described({"HyperParameterTuningJobArn": "", **request})
    return request, list(_left_out(job, algorithm))


def _kept(given: Mapping[str, Any], shape: str, *, described: bool) -> dict[str, Any]:
    """Return what a definition has of a training job; what only Describe returns is no mistake, and is left out."""
    names = api_model.members(shape) if described else given.keys() - validation.instead(shape).keys()
    return {name: value for name, value in given.items() if name in names}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _metrics(algorithm: Mapping[str, Any], known: str | None) -> list[str]:
    if known is not None:
        return list(knowledge(known).metrics)
    defined = algorithm.get("MetricDefinitions")
    return [str(_mapping(each).get("Name")) for each in defined] if isinstance(defined, list) else []


def _shown(noun: str, names: Any) -> str:
    names = list(names)
    more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
    return f"it has the {noun}{'s' if len(names) > 1 else ''} {', '.join(names[:_MOST_SHOWN])}{more}" if names else ""


def _ranges(given: Sequence[str], known: str | None, problems: list[str]) -> dict[str, list[dict[str, Any]]]:
    lists: dict[str, list[dict[str, Any]]] = {}
    for text in given:
        name, _, values = text.partition("=")
        if name and (interval := _INTERVAL.fullmatch(values)):
            kind, found = _interval(name, interval, known)
            scaling = interval["scaling"]
            if scaling is not None and scaling.casefold() not in _SCALINGS:
                problems.append(f"--tune: got the scaling {show(scaling)}, must be auto, linear, log or reverselog")
            elif scaling is not None:
                found["ScalingType"] = _SCALINGS[scaling.casefold()]
            lists.setdefault(kind, []).append(found)
        elif name and "," in values:
            lists.setdefault("CategoricalParameterRanges", []).append({"Name": name, "Values": values.split(",")})
        else:
            way_out = "must be NAME=LOW:HIGH, NAME=LOW:HIGH:SCALING or NAME=VALUE,VALUE, like 'eta=0.01:0.3:log'"
            problems.append(f"--tune: got {show(text)}, {way_out}")
    return lists


def _interval(name: str, interval: re.Match[str], known: str | None) -> tuple[str, dict[str, Any]]:
    """Return the kind of a range and the range: by what the algorithm takes, or else by how its ends are written."""
    low, high = interval["low"], interval["high"]
    taken = knowledge(known).hyperparameters.get(name) if known is not None else None
    whole = re.fullmatch(r"-?\d+:-?\d+", f"{low}:{high}") is not None
    integer = whole and (taken is None or taken.kind != "continuous")
    return f"{'Integer' if integer else 'Continuous'}ParameterRanges", {"Name": name, "MinValue": low, "MaxValue": high}


def _objective(given: str, known: str | None, problems: list[str]) -> dict[str, str]:
    found = _OBJECTIVE.fullmatch(given)
    direction, metric = (found["direction"], found["metric"]) if found else (None, given)
    told = knowledge(known).metrics.get(metric) if known is not None else None
    kind = direction.capitalize() if direction else told or better(metric)
    if kind is None:
        way_out = f"say --objective 'maximize {metric}' or 'minimize {metric}'"
        problems.append(f"--objective: got {show(given)}, which may be better the greater or the less it is; {way_out}")
    return {"Type": str(kind), "MetricName": metric}


def _left_out(job: Mapping[str, Any], algorithm: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each reason to leave something out that the training job has."""
    reasons: dict[str, list[str]] = {}
    for shape, given in ((_DEFINITION, job), (_ALGORITHM, algorithm)):
        for name, reason in validation.instead(shape).items():
            if given.get(name) and name not in _TOLD:
                reasons.setdefault(reason.removesuffix("; leave it out"), []).append(name)
    for reason, names in reasons.items():
        yield f"left out {', '.join(names)}: {reason}"
