"""The rules for algorithms and their metrics."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from hpt_construct.built_in_algorithms import knowledge
from hpt_construct.built_in_images import algorithm_of, framework_of, in_ecr, is_built_in, repository
from hpt_construct.errors import show
from hpt_construct.tokens import is_token
from hpt_construct.validation.problem import Problem

from . import expressions
from .ranges import REFERENCE
from .rule import (
    CONFIG,
    SCRIPT,
    STATIC,
    SUBMITTED,
    Level,
    Place,
    Rule,
    TokenMetError,
    each_definition,
    is_one_of_several,
    runs_a_script,
    scope,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_SPECIFICATION = "AlgorithmSpecification"
_METRICS = "MetricDefinitions"
_BETTER = {
    "Maximize": frozenset({"acc", "accuracy", "auc", "f1", "precision", "recall"}),
    "Minimize": frozenset({"error", "logloss", "loss", "mae", "mape", "mse", "perplexity", "rmse", "rmsle"}),
}
# fmt: off
_AROUND = frozenset({
    "average", "avg", "best", "cv", "dev", "epoch", "eval", "evaluation", "final", "holdout", "macro", "mean", "micro",
    "objective", "rate", "roc", "test", "testing", "train", "training", "val", "valid", "validation", "weighted",
})
# fmt: on
_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NO_WORD = re.compile(r"[^a-z0-9]+")
_ARCHIVE = "'s3://amzn-s3-demo-bucket/sourcedir.tar.gz'"
# A URI of what is certainly no archive: a bucket, a folder, a file of another kind.
_NO_ARCHIVE = re.compile(r"s3://([^/]*|.*/|.*\.(py|sh|zip|ipynb|txt))")


@scope
def _each_specification(request: Place) -> Iterator[tuple[Place, Place]]:
    for _, definition in each_definition(request):
        for name, value in definition.given(_SPECIFICATION):
            yield definition, Place(value, definition.at(name))


@dataclass(slots=True, eq=False)
class Framework(Place):
    """A definition whose image is known to be AWS's for scripts of the user's."""

    repository: str = field(kw_only=True)


@scope
def _each_framework(request: Place) -> Iterator[tuple[Framework]]:
    for _, definition in each_definition(request):
        with suppress(TokenMetError):
            image = definition.read(_SPECIFICATION, "TrainingImage") or ""
            if framework_of(image) is not None or (is_built_in(image) and runs_a_script(definition)):
                yield (Framework(definition.value, definition.path, repository=repository(image)),)


@scope
def _each_metric(request: Place) -> Iterator[tuple[Place]]:
    for _, specification in _each_specification(request):
        yield from ((metric,) for metric in specification.known(_METRICS))


def _one_algorithm(_: Place, specification: Place) -> Iterator[Problem]:
    # An empty string counts as left out, because the API treats "" so.
    name, image = specification.read("AlgorithmName"), specification.read("TrainingImage")
    if name and image:
        yield Problem(specification.at("AlgorithmName"), "given beside TrainingImage; choose one of the two")
    elif not name and not image:
        yield Problem(specification.at("TrainingImage"), "missing; give the image, or AlgorithmName")


def _image_is_in_ecr(_: Place, specification: Place) -> Iterator[Problem]:
    # "Invalid training image. Please provide a valid Amazon Elastic Container Registry path of the Docker image that
    # contains the training algorithm." P15 reports a reference that is written out.
    image = specification.read("TrainingImage")
    if image and not in_ecr(image) and REFERENCE not in image:
        message = f"got {show(image)}, must be in a private registry of Amazon ECR, since SageMaker pulls from no other"
        yield Problem(specification.at("TrainingImage"), f"{message}; push it to one, or let the CDK build it")


def _named_one_brings_its_metrics(_: Place, specification: Place) -> Iterator[Problem]:
    # "You can't override the metric definitions for AWS Marketplace algorithms. Try the request without specifying
    # metric definitions."
    if specification.read("AlgorithmName") and specification.read(_METRICS):
        yield Problem(specification.at(_METRICS), "not allowed with AlgorithmName, which brings its own; leave it out")


def _built_in_brings_its_metrics(definition: Place, specification: Place) -> Iterator[Problem]:
    # A script in XGBoost's image may write metrics of its own.
    if (
        specification.read(_METRICS)
        and is_built_in(specification.read("TrainingImage") or "")
        and not runs_a_script(definition)
    ):
        yield Problem(specification.at(_METRICS), "the built-in algorithm brings its own; leave it out")


def _objective(request: Place, definition: Place) -> str | None:
    if is_one_of_several(definition):
        name: str | None = definition.read("TuningObjective", "MetricName")
    else:
        name = request.read(CONFIG, "HyperParameterTuningJobObjective", "MetricName")
    return name


def _defines_its_metrics(definition: Place) -> bool:
    image = definition.read(_SPECIFICATION, "TrainingImage")
    return bool(image) and not definition.read(_SPECIFICATION, "AlgorithmName") and not is_built_in(image)


def _objective_is_defined(request: Place, definition: Place) -> Iterator[Problem]:
    # "A metric is required for this hyperparameter tuning job objective. Provide a metric in the metric definitions."
    objective = _objective(request, definition)
    metrics = [metric.read("Name") for metric in definition.every(_SPECIFICATION, _METRICS)]
    if objective is not None and metrics and objective not in metrics and _defines_its_metrics(definition):
        message = f"defines {', '.join(map(show, metrics))}, but not the objective's metric {show(objective)}"
        yield Problem(definition.at(_SPECIFICATION, _METRICS), f"{message}; add it, or change the objective")


def _lacks_metrics(request: Place, definition: Place) -> str | None:
    """Return the objective's metric if it is not defined, and none else is."""
    objective = _objective(request, definition)
    return None if definition.read(_SPECIFICATION, _METRICS) or not _defines_its_metrics(definition) else objective


def _is_framework(definition: Place) -> bool:
    return framework_of(definition.read(_SPECIFICATION, "TrainingImage") or "") is not None


def _framework_has_metrics(request: Place, definition: Place) -> Iterator[Problem]:
    # As above: "A metric is required …"
    if (objective := _lacks_metrics(request, definition)) is not None and _is_framework(definition):
        message = f"missing; the image writes what your script does: define the objective's metric {show(objective)}"
        yield Problem(definition.at(_SPECIFICATION, _METRICS), message)


def _metrics_are_defined(request: Place, definition: Place) -> Iterator[Problem]:
    if (objective := _lacks_metrics(request, definition)) is not None and not _is_framework(definition):
        message = f"missing; only built-in algorithms bring theirs: define the objective's metric {show(objective)}"
        yield Problem(definition.at(_SPECIFICATION, _METRICS), message)


def _plain(value: str) -> str:
    """Return a hyperparameter as AWS's images read it, which is as JSON if it is any."""
    return value.strip().strip('"')


def _framework_has_a_script(definition: Framework) -> Iterator[Problem]:
    # Without it: "AttributeError: 'NoneType' object has no attribute 'endswith'"
    if not runs_a_script(definition):
        message = f"missing; {definition.repository} runs a script of yours, and fails at once without its name"
        yield Problem(definition.at(STATIC, SCRIPT), f"{message}; give it, like 'train.py', with {SUBMITTED}")


def _script_is_a_file(definition: Framework) -> Iterator[Problem]:
    script = (definition.read(STATIC) or {}).get(SCRIPT)
    if script is not None and not is_token(script) and "://" in script:
        message = f"got {show(script)}, must be the script's name in {SUBMITTED}, like 'train.py'; give the rest there"
        yield Problem(definition.at(STATIC, SCRIPT), message)


def _script_is_in_an_archive(definition: Framework) -> Iterator[Problem]:
    if not runs_a_script(definition):
        return
    static = definition.read(STATIC) or {}
    where, script = static.get(SUBMITTED), static.get(SCRIPT) or definition.read("Environment", SCRIPT.upper())
    # What is in the container already, by a channel for instance, may be named from its root.
    if where is None and not is_token(script) and not _plain(script).startswith("/"):
        message = f"missing; {definition.repository} has no script but the one that this brings"
        yield Problem(definition.at(STATIC, SUBMITTED), f"{message}; give its archive, like {_ARCHIVE}")
    elif where is not None and not is_token(where) and _NO_ARCHIVE.fullmatch(_plain(where)):
        message = f"got {show(where)}, must be an archive, like {_ARCHIVE}; pack the script into one, with tar -czf"
        yield Problem(definition.at(STATIC, SUBMITTED), message)


@lru_cache
def better(metric: str) -> str | None:
    """Return the direction in which a metric is better by the words of its name; None if they don't tell.

    >>> better("Validation F1"), better("neg_loss")
    ('Maximize', None)
    """
    words = set(filter(None, _NO_WORD.split(_WORD_STARTS.sub("_", metric).lower())))
    directions = {direction for direction, names in _BETTER.items() if words & names}
    # Any other word may turn it round, or make another thing of it.
    if len(directions) != 1 or words - _AROUND - _BETTER["Maximize"] - _BETTER["Minimize"]:
        return None
    return directions.pop()


def _direction_is_the_name_s(request: Place, definition: Place) -> Iterator[Problem]:
    steps = ("TuningObjective",) if is_one_of_several(definition) else (CONFIG, "HyperParameterTuningJobObjective")
    objective = (definition if is_one_of_several(definition) else request).below(*steps)
    if objective is None or (metric := objective.read("MetricName")) is None:
        return
    direction, got = better(metric), objective.read("Type")
    image = definition.read(_SPECIFICATION, "TrainingImage") or ""
    # Of a built-in algorithm's own metrics the guide says it (B2).
    if direction is not None and got not in {None, direction} and not _is_of_algorithm(image, metric):
        comparative = "greater" if direction == "Maximize" else "less"
        message = f"got '{got}', and {show(metric)} is better the {comparative} it is, by its name"
        yield Problem(objective.at("Type"), f"{message}; set it to '{direction}', or rename the metric")


def _is_of_algorithm(image: str, metric: str) -> bool:
    name = algorithm_of(image)
    return name is not None and metric in knowledge(name).metrics


def _regex_finds_a_value(metric: Place) -> Iterator[Problem]:
    # Only a warning, because the service's dialect is not documented.
    regex = metric.read("Regex")
    if (fault := expressions.fault(regex)) is not None:
        yield Problem(metric.at("Regex"), f"got {show(regex)}, {fault}")


def _metrics_are_distinct(_: Place, specification: Place) -> Iterator[Problem]:
    # One metric may have several expressions: Keras writes both 12ms/step and 1s/step.
    seen: set[tuple[str, str]] = set()
    for metric in specification.known(_METRICS):
        given = dict(metric.given("Name", "Regex"))
        if len(given) == len(metric.value):
            definition = (given["Name"], given["Regex"])
            if definition in seen:
                message = f"got {show(given['Name'])} again with the same Regex; keep one"
                yield Problem(metric.at("Name"), message)
            seen.add(definition)


_E, _W = Level.ERROR, Level.WARNING

# fmt: off
RULES = (
    Rule("D1", _E, "There is AlgorithmName or TrainingImage", _each_specification, _one_algorithm),
    Rule("D2", _E, "A named algorithm has no metric definitions", _each_specification, _named_one_brings_its_metrics),
    Rule("D2", _W, "A built-in algorithm has no metric definitions", _each_specification, _built_in_brings_its_metrics),
    Rule("D3", _E, "Metric definitions have the objective's metric", each_definition, _objective_is_defined),
    Rule("D3", _E, "A framework's image has metric definitions", each_definition, _framework_has_metrics),
    Rule("D3", _W, "An image that is not built in has metric definitions", each_definition, _metrics_are_defined),
    Rule("D4", _W, "A metric's regex has a group that captures numbers", _each_metric, _regex_finds_a_value),
    Rule("D5", _W, "Definitions of metrics are distinct", _each_specification, _metrics_are_distinct),
    Rule("D10", _W, "A framework's image has a script to run", _each_framework, _framework_has_a_script),
    Rule("D10", _W, "The script of a framework's image is a file", _each_framework, _script_is_a_file),
    Rule("D10", _W, "The script of a framework's image is in an archive", _each_framework, _script_is_in_an_archive),
    Rule("D11", _E, "An image is in Amazon ECR", _each_specification, _image_is_in_ecr),
    Rule("D12", _W, "A metric is improved, as its name says it", each_definition, _direction_is_the_name_s),
)
# fmt: on
