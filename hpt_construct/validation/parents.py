"""The rules between a warm start and its parents in the same app, whose requests are known."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from hpt_construct.built_in_images import OF_THE_APP
from hpt_construct.errors import show
from hpt_construct.tokens import is_token

from .problem import Path, Problem
from .rules.rule import CONFIG, SEVERAL, SINGLE, Place, TokenMetError, has_autotune

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .rules.rule import Value

_NAME = "HyperParameterTuningJobName"
_PARENTS = ("WarmStartConfig", "ParentHyperParameterTuningJobs")
_KINDS = {
    "IntegerParameterRanges": "an integer",
    "ContinuousParameterRanges": "a continuous",
    "CategoricalParameterRanges": "a categorical",
}
_ENVIRONMENT = "Environment"
_IDENTICAL = "a warm start of type IdenticalDataAndAlgorithm keeps the {}: give the same, or choose TransferLearning"
# What else a data source says is about how it is read.
_DATA = (("S3DataSource", "S3Uri"), ("FileSystemDataSource", "FileSystemId"), ("FileSystemDataSource", "DirectoryPath"))
_KEEPS = "a warm start keeps it: give both the same, or leave the parent out"


def parent_problems(request: Mapping[str, Value], parents: Sequence[Mapping[str, Value] | None]) -> list[Problem]:
    """Return what keeps a tuning job from starting with its parents' results: rules W1, W3, W4, W6 and W7 of the
    reference.

    :param request: The tuning job's request, structurally valid.
    :param parents: The request of each parent, in the order of the warm start; None for one that is not known.
    """
    found: list[Problem] = []
    with suppress(TokenMetError):
        found += _not_distinct(Place(request), parents)
    known = [(index, Place(parent)) for index, parent in enumerate(parents) if parent is not None]
    for index, parent in known:
        for rule in _RULES:
            with suppress(TokenMetError):
                found += rule(Place(request), parent, (*_PARENTS, index))
    return found


def _not_distinct(request: Place, parents: Sequence[Mapping[str, Value] | None]) -> Iterator[Problem]:
    """Check names that are tokens in the request but that the app knows; the request's own rules check the others."""
    if not parents:
        return
    own = request.value.get(_NAME)
    hidden: dict[str, bool] = {}
    for index, (place, parent) in enumerate(zip(request.every(*_PARENTS), parents, strict=True)):
        written = place.value.get(_NAME)
        name = _folded(written if parent is None else parent.get(_NAME, written))
        path = (*_PARENTS, index)
        if is_token(written) or hidden.get(name):
            if name in hidden:
                yield Problem(path, "is a parent already; leave it out")
            if is_token(written) and own is not None and name == _folded(own):
                yield Problem(path, f"is named {show(own)}, as this tuning job is; name an earlier one")
        hidden[name] = hidden.get(name, False) or is_token(written)


def _folded(name: Value) -> str:
    """Fold a name, because SageMaker's names ignore case."""
    return str(name) if is_token(name) else str(name).casefold()


def _other_objective(request: Place, parent: Place, path: Path) -> Iterator[Problem]:
    mine, theirs = (each.read(CONFIG, "HyperParameterTuningJobObjective", "MetricName") for each in (request, parent))
    if mine is not None and theirs is not None and mine != theirs:
        message = f"its objective is {show(theirs)}, and this tuning job's {show(mine)}; a warm start keeps the metric"
        yield Problem(path, f"{message}: change the objective, or leave the parent out")


def _other_hyperparameters(request: Place, parent: Place, path: Path) -> Iterator[Problem]:
    # "The set of tunable plus static HyperParameter names is not the same across current and parent tuning jobs."
    mine, theirs = _names(request), _names(parent)
    if mine is None or theirs is None or mine == theirs:
        return
    missing = ", ".join(map(show, sorted(theirs - mine)))
    added = ", ".join(map(show, sorted(mine - theirs)))
    differ = "; ".join(filter(None, (missing and f"only it has {missing}", added and f"only this job has {added}")))
    message = f"its hyperparameters differ: {differ}; a warm start keeps the names, static and tuned together"
    yield Problem(path, f"{message}: drop or add some, static ones will do")


def _other_kinds(request: Place, parent: Place, path: Path) -> Iterator[Problem]:
    mine, theirs = _tuned(request), _tuned(parent)
    for name in sorted(mine.keys() & theirs.keys()):
        if mine[name] != theirs[name]:
            message = f"it tunes {show(name)} in {_KINDS[theirs[name]]} range, this job in {_KINDS[mine[name]]} one"
            yield Problem(path, f"{message}; a warm start keeps the kind: take that, or make it static")


def _other_environment(request: Place, parent: Place, path: Path) -> Iterator[Problem]:
    for definitions in _single_definitions(request, parent):
        mine, theirs = (
            {name: each.value[_ENVIRONMENT][name] for name in each.entries(_ENVIRONMENT)} for each in definitions
        )
        differ = [
            show(name) for name in sorted(mine.keys() | theirs.keys()) if _differ(mine.get(name), theirs.get(name))
        ]
        if differ:
            yield Problem(path, f"its {_ENVIRONMENT} differs in {', '.join(differ)}; {_KEEPS}")


def _other_setting(
    steps: tuple[str, ...], request: Place, parent: Place, path: Path, *, left_out: Value
) -> Iterator[Problem]:
    for definitions in _single_definitions(request, parent):
        mine, theirs = (left_out if (value := each.read(*steps)) is None else value for each in definitions)
        if mine != theirs:
            yield Problem(path, f"its {steps[-1]} is {theirs}, and this tuning job's {mine}; {_KEEPS}")


def _other_data(request: Place, parent: Place, path: Path) -> Iterator[Problem]:
    for definitions in _identical(request, parent):
        mine, theirs = (
            {each.read("ChannelName"): each for each in definition.every("InputDataConfig")}
            for definition in definitions
        )
        for name in sorted(mine.keys() ^ theirs.keys()):
            owner = "it" if name in theirs else "this tuning job"
            yield Problem(path, f"only {owner} has the channel {show(name)}; {_IDENTICAL.format('data')}")
        for name in sorted(mine.keys() & theirs.keys()):
            for steps in _DATA:
                here, there = (each.read("DataSource", *steps) for each in (mine[name], theirs[name]))
                if (here or "").rstrip("/") != (there or "").rstrip("/"):
                    message = f"its channel {show(name)} reads {_read(there)}, and this tuning job's {_read(here)}"
                    yield Problem(path, f"{message}; {_IDENTICAL.format('data')}")
                    break


def _read(location: str | None) -> str:
    return "something else" if location is None else show(location)


def _other_algorithm(request: Place, parent: Place, path: Path) -> Iterator[Problem]:
    for definitions in _identical(request, parent):
        for member in ("TrainingImage", "AlgorithmName"):
            mine, theirs = (each.read("AlgorithmSpecification", member) for each in definitions)
            # Where an image of the app will be is not known while the request is checked.
            if mine and theirs and mine != theirs and OF_THE_APP not in {mine, theirs}:
                message = f"its {member} is {show(theirs)}, and this tuning job's {show(mine)}"
                yield Problem(path, f"{message}; {_IDENTICAL.format('algorithm')}")


def _identical(request: Place, parent: Place) -> Iterator[tuple[Place, Place]]:
    """Yield the two definitions if the warm start's type says that their data and algorithm are the same."""
    if request.read("WarmStartConfig", "WarmStartType") == "IdenticalDataAndAlgorithm":
        yield from _single_definitions(request, parent)


def _differ(mine: Value, theirs: Value) -> bool:
    """Tell whether two values are known to be different: tokens may come to the same, but not to nothing."""
    return mine != theirs and (None in (mine, theirs) or not (is_token(mine) or is_token(theirs)))


def _single_definitions(request: Place, parent: Place) -> Iterator[tuple[Place, Place]]:
    """Yield the two definitions, unless one of the jobs has several."""
    mine, theirs = (each.below(SINGLE) if each.read(SEVERAL) is None else None for each in (request, parent))
    if mine is not None and theirs is not None:
        yield mine, theirs


def _names(request: Place) -> set[str] | None:
    """Return the names of all hyperparameters, static and tuned; None if SageMaker adds some, or there are several
    definitions.
    """
    definition = request.below(SINGLE)
    if definition is None or request.read(SEVERAL) is not None or has_autotune(request):
        return None
    return {*definition.entries("StaticHyperParameters"), *_tuned(request)}


def _tuned(request: Place) -> dict[str, str]:
    """Return the hyperparameters that are tuned, each with the kind of its range."""
    ranges = request.below(CONFIG, "ParameterRanges")
    if ranges is None:
        return {}
    return {each.read("Name"): kind for kind in _KINDS for each in ranges.every(kind)}


_RULES = (
    _other_objective,
    _other_hyperparameters,
    _other_kinds,
    # "Only the following fields in TrainingJobDefinition are allowed to change: [algorithmSpecification,
    # inputDataConfig, outputDataConfig, staticHyperParameters, roleArn, resourceConfig, stoppingCondition, vpcConfig,
    # enableManagedSpotTraining, checkpointConfig]."
    _other_environment,
    partial(_other_setting, ("EnableNetworkIsolation",), left_out=False),
    partial(_other_setting, ("EnableInterContainerTrafficEncryption",), left_out=False),
    partial(_other_setting, ("RetryStrategy", "MaximumRetryAttempts"), left_out="left out"),
    _other_data,
    _other_algorithm,
)
