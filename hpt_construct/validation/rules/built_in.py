"""The rules for AWS's built-in algorithms: what each one computes, accepts and runs on.

SageMaker accepts most requests that break these rules (Terraform's acceptance tests tune k-means by
``validation:accuracy``), but then all training jobs fail, or the search goes in the wrong direction.
"""

from __future__ import annotations

import difflib
from contextlib import suppress
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from hpt_construct.built_in_images import versions_of
from hpt_construct.errors import show
from hpt_construct.tokens import is_token
from hpt_construct.validation.problem import Problem

from .compute import RESOURCES, instances
from .ranges import as_number
from .rule import (
    CONFIG,
    STATIC,
    BuiltIn,
    Level,
    Place,
    Rule,
    TokenMetError,
    each_built_in,
    each_script,
    has_autotune,
    is_one_of_several,
    ranges_of,
    scope,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hpt_construct.built_in_algorithms import Hyperparameter

_TYPED = {
    "IntegerParameterRanges": "an integer",
    "ContinuousParameterRanges": "a continuous",
    "CategoricalParameterRanges": "a categorical",
}
_KINDS = {"integer": "an integer", "categorical": "a categorical"}
_OTHER_KINDS = {
    "integer": ("ContinuousParameterRanges",),
    "categorical": ("IntegerParameterRanges", "ContinuousParameterRanges"),
}
_TAKES = {"integer": "whole numbers", "continuous": "numbers"}
_METRICS = ("AlgorithmSpecification", "MetricDefinitions")
_INPUTS = "InputDataConfig"
_DATA = ("train", "validation", "test")
_MOST_LISTED = 12
# With this hyperparameter, XGBoost takes its validation data from the training data.
_FOLDS = "_kfold"
_ACCELERATED = ("ml.p", "ml.g")
_COPY = "(or copy the image to a repository of your own)"


def _objective(request: Place, definition: BuiltIn) -> Place | None:
    """Return the objective of the definition's training jobs."""
    if is_one_of_several(definition):
        return definition.below("TuningObjective")
    return request.below(CONFIG, "HyperParameterTuningJobObjective")


def _metric(request: Place, definition: BuiltIn) -> tuple[Place, str] | None:
    """Return the objective and its metric, unless the request itself defines that metric."""
    objective = _objective(request, definition)
    metric = None if objective is None else objective.read("MetricName")
    if objective is None or metric is None:
        return None
    defined = [each.read("Name") for each in definition.every(*_METRICS)]
    return None if metric in defined else (objective, metric)


def _nearest(got: str, known: Iterable[str], page: str) -> str:
    """Return the way out of a wrong name, for a message."""
    names = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(got.casefold(), names, n=1)
    if close:
        return f"did you mean {names[close[0]]!r}?"
    listed = ", ".join(names.values()) if len(names) <= _MOST_LISTED else page
    return f"choose another: {listed}"


def _metric_is_computed(request: Place, definition: BuiltIn) -> Iterator[Problem]:
    algorithm, found = definition.algorithm, _metric(request, definition)
    if found is not None and found[1] not in algorithm.metrics:
        objective, metric = found
        message = f"got {show(metric)}, and {algorithm.name} computes no metric to tune it by; tune another algorithm"
        if algorithm.metrics:
            way_out = _nearest(metric, algorithm.metrics, algorithm.pages[-1])
            message = f"got {show(metric)}, which {algorithm.name} does not compute; {way_out}"
        yield Problem(objective.at("MetricName"), message)


def _direction_is_better(request: Place, definition: BuiltIn) -> Iterator[Problem]:
    algorithm, found = definition.algorithm, _metric(request, definition)
    better = None if found is None else algorithm.metrics.get(found[1])
    if found is not None and better is not None:
        objective, metric = found
        got = objective.read("Type")
        if got not in {None, better}:
            comparative = "greater" if better == "Maximize" else "less"
            message = f"got '{got}', and {metric} of {algorithm.name} is better the {comparative} it is"
            yield Problem(objective.at("Type"), f"{message}; set it to '{better}'")


def _script_has_a_known_metric(request: Place, definition: BuiltIn) -> Iterator[Problem]:
    # Whatever the script writes: https://github.com/aws/sagemaker-xgboost-container/issues/121
    algorithm, objective = definition.algorithm, _objective(request, definition)
    metric = None if objective is None else objective.read("MetricName")
    if objective is not None and metric is not None and metric not in algorithm.metrics:
        nearest = _nearest(metric if ":" in metric else f"validation:{metric}", algorithm.metrics, algorithm.pages[-1])
        message = (
            f"got {show(metric)}, and for its image SageMaker takes only {algorithm.name}'s metrics, even of a script"
        )
        yield Problem(objective.at("MetricName"), f"{message}; {nearest} {_COPY}")


def _ranges(request: Place, definition: BuiltIn) -> Iterator[tuple[BuiltIn, Place]]:
    with suppress(TokenMetError):
        if (ranges := ranges_of(request, definition)) is not None:
            yield from ((definition, place) for kind in _TYPED for place in ranges.known(kind))


@scope
def _each_tuned(request: Place) -> Iterator[tuple[BuiltIn, Place]]:
    """Look at each range for a built-in algorithm, with the definition around it."""
    for _, definition in each_built_in(request):
        yield from _ranges(request, definition)


@scope
def _each_tuned_of_script(request: Place) -> Iterator[tuple[BuiltIn, Place]]:
    """Look at each range for a script in a built-in algorithm's image, with the definition around it."""
    for _, definition in each_script(request):
        yield from _ranges(request, definition)


def _hyperparameter(definition: BuiltIn, place: Place) -> tuple[str, str, Hyperparameter | None]:
    """Return the kind of a range, its hyperparameter's name, and what the developer guide says about that."""
    name = place.read("Name")
    return str(place.path[-2]), name, definition.algorithm.hyperparameters.get(name)


def _not_taken(definition: BuiltIn, name: str) -> str | None:
    """Return what is wrong with a hyperparameter's name, to follow it in a message; None if the algorithm takes it."""
    algorithm = definition.algorithm
    # Some names do not belong to the algorithm: object2vec's _num_gpus, the SDK's sagemaker_region.
    if name in algorithm.hyperparameters or name.startswith(("_", "sagemaker_")):
        return None
    return f"{algorithm.name} does not take it; {_nearest(name, algorithm.hyperparameters, algorithm.pages[0])}"


def _static_is_taken(_: Place, definition: BuiltIn) -> Iterator[Problem]:
    for name in definition.entries(STATIC):
        if message := _not_taken(definition, name):
            yield Problem(definition.at(STATIC, name), message)


def _tuned_is_taken(definition: BuiltIn, place: Place) -> Iterator[Problem]:
    name = place.read("Name")
    if message := _not_taken(definition, name):
        yield Problem(place.at("Name"), f"got {show(name)}, and {message}")


def _required_is_given(request: Place, definition: BuiltIn) -> Iterator[Problem]:
    if has_autotune(request):
        # Autotune may choose what is left out.
        return
    static = definition.read(STATIC) or {}
    ranges = ranges_of(request, definition)
    tuned = [] if ranges is None else [each.read("Name") for kind in _TYPED for each in ranges.every(kind)]
    algorithm = definition.algorithm
    for name, each in algorithm.required.items():
        if name not in static and name not in tuned and (why := _required(each, static)) is not None:
            way_out = "give it, or tune it" if each.tune else "give it"
            yield Problem(definition.at(STATIC, name), f"missing; {algorithm.name} needs it{why}; {way_out}")


def _required(each: Hyperparameter, static: Mapping[str, Any]) -> str | None:
    """Return when a hyperparameter is required, to follow "needs it" in a message; None if it is not."""
    if isinstance(each.required, bool):
        return ""
    [(other, values)] = each.required.items()
    got = static.get(other)
    return f" with {other} {got}" if not is_token(got) and _plain(got) in values else None


def _can_be_tuned(each: Hyperparameter, kind: str) -> bool:
    """Tell whether a kind of range suits a hyperparameter."""
    return bool(each.tune) and kind not in _OTHER_KINDS.get(each.kind, ())


def _tuned_can_be_tuned(definition: BuiltIn, place: Place) -> Iterator[Problem]:
    # For XGBoost, the service itself refuses this: https://github.com/aws/sagemaker-xgboost-container/issues/113
    kind, name, each = _hyperparameter(definition, place)
    if each is None or _can_be_tuned(each, kind):
        return
    algorithm = definition.algorithm.name
    message = f"got {show(name)}, which can't be tuned in {algorithm}; make it static"
    if each.tune:
        takes, other = _TAKES.get(each.kind, ", ".join(each.values)), _KINDS[each.kind]
        message = f"got {show(name)} in {_TYPED[kind]} range, and {algorithm} takes {takes} for it"
        message += f"; give it {other} range"
    yield Problem(place.at("Name"), message)


def _script_has_known_ranges(definition: BuiltIn, place: Place) -> Iterator[Problem]:
    # Of ranges that the algorithm doesn't know, categorical ones are known to be refused:
    # https://github.com/aws/sagemaker-python-sdk/issues/2226
    kind, name, each = _hyperparameter(definition, place)
    if each is not None:
        yield from _tuned_can_be_tuned(definition, place)
    elif kind == "CategoricalParameterRanges":
        message = f"got {show(name)}, and for its image SageMaker takes only {definition.algorithm.name}'s categories"
        yield Problem(place.at("Name"), f"{message}, even of a script; make it static {_COPY}")


def _plain(value: Any) -> str:
    """Return a value without quotes, in which the SageMaker SDK writes strings for scripts."""
    return str(value).strip().strip("\"'")


def _quoted(definition: BuiltIn, value: str) -> str | None:
    """Return what is wrong with a value in quotes, to follow it in a message; None if nothing is known to be."""
    # Its own check then doesn't know the value (https://github.com/aws/sagemaker-python-sdk/issues/5317). Of other
    # algorithms nothing of the kind is known.
    if definition.algorithm.name == "xgboost" and value[:1] == value[-1:] == '"':
        return f"xgboost takes the quotes for a part of it; write {show(_plain(value))}"
    return None


def _allowed(each: Hyperparameter, value: str) -> str | None:
    """Return which values a hyperparameter takes; None if it takes this one."""
    text = _plain(value)
    if each.kind == "text" or (each.values and text.casefold() in {word.casefold() for word in each.values}):
        return None
    words = ", ".join(each.values)
    if each.kind == "categorical":
        return words
    number = as_number(text)
    whole = number is not None and (each.kind == "continuous" or number == number.to_integral_value())
    if number is not None and whole and each.holds(number):
        return None
    return " or ".join(filter(None, (f"{_TAKES[each.kind]} {_in_words(each.within)}".rstrip(), words)))


def _in_words(interval: str) -> str:
    """Return an interval in words, to follow "numbers" in a message.

    >>> _in_words("(0, inf)")
    'above 0'
    """
    if interval.endswith(", inf)"):
        return f"{'from' if interval[0] == '[' else 'above'} {interval[1:].removesuffix(', inf)')}"
    return f"in {interval}" if interval else ""


def _static_is_allowed(_: Place, definition: BuiltIn) -> Iterator[Problem]:
    algorithm = definition.algorithm
    for name, value in _known_static(definition):
        if allowed := _allowed(algorithm.hyperparameters[name], value):
            message = f"got {show(value)}, {algorithm.name} takes {allowed}; correct it"
            yield Problem(definition.at(STATIC, name), message)
        elif quoted := _quoted(definition, value):
            yield Problem(definition.at(STATIC, name), f"got {show(value)}, and {quoted}")


def _tuned_is_allowed(definition: BuiltIn, place: Place) -> Iterator[Problem]:
    kind, name, each = _hyperparameter(definition, place)
    if each is None or not _can_be_tuned(each, kind):
        return
    values = [(place.at(member), value) for member, value in place.given("MinValue", "MaxValue")]
    values += [(place.at("Values", nth), value) for nth, value in enumerate(place.entries("Values"))]
    for path, value in values:
        if allowed := _allowed(each, value):
            hint = f" (recommended: {each.tune})" if each.tune.startswith("[") else ""
            message = f"got {show(value)}, {definition.algorithm.name} takes {allowed} for {name}{hint}; correct it"
            yield Problem(path, message)
        elif quoted := _quoted(definition, value):
            yield Problem(path, f"got {show(value)}, and {quoted}")


def _goes_with(definition: BuiltIn, what: str) -> str | None:
    """Return what a metric or ``name=value`` needs of another hyperparameter; None if it has that, or needs nothing."""
    for name, values in definition.algorithm.only.get(what, {}).items():
        got = (definition.read(STATIC) or {}).get(name)
        if got is not None and not is_token(got) and not any(fnmatchcase(_plain(got), each) for each in values):
            return f"goes with {name} {' or '.join(values)} only, not with {_plain(got)}"
    return None


def _metric_goes_with_task(request: Place, definition: BuiltIn) -> Iterator[Problem]:
    found = _metric(request, definition)
    if found is not None and (why := _goes_with(definition, found[1])) is not None:
        objective, metric = found
        yield Problem(objective.at("MetricName"), f"got {show(metric)}, which {why}; choose another")


def _static_values_go_together(_: Place, definition: BuiltIn) -> Iterator[Problem]:
    for name, value in _known_static(definition):
        for part in _plain(value).split(","):
            if (why := _goes_with(definition, f"{name}={part}")) is not None:
                yield Problem(definition.at(STATIC, name), f"has {show(part)}, which {why}; change one of the two")


def _known_static(definition: BuiltIn) -> Iterator[tuple[str, str]]:
    """Yield the static hyperparameters that the algorithm has, and their values where these are known."""
    for name, value in (definition.read(STATIC) or {}).items():
        if name in definition.algorithm.hyperparameters and not is_token(value):
            yield name, value


def _not_in_version(definition: BuiltIn, what: str) -> str | None:
    """Return why a version of the algorithm does not have a metric, hyperparameter or value; None if it may have it."""
    algorithm, here = definition.algorithm, definition.version
    since, until = algorithm.since.get(what), algorithm.until.get(what)
    versions = versions_of(algorithm.name)
    # What the first version has is not known.
    if here is None or here == versions[0] or (since is None and until is None):
        return None
    at = versions.index(here)
    if since is not None and at < versions.index(since):
        return f"{algorithm.name} has it since {since}, and the image is of {here}; take a later one, or do without"
    if until is not None and at > versions.index(until):
        return f"{algorithm.name} had it until {until}, and the image is of {here}; do without"
    return None


def _metric_is_of_version(request: Place, definition: BuiltIn) -> Iterator[Problem]:
    found = _metric(request, definition)
    if found is not None and (why := _not_in_version(definition, found[1])) is not None:
        yield Problem(found[0].at("MetricName"), f"got {show(found[1])}, and {why}")


def _static_is_of_version(_: Place, definition: BuiltIn) -> Iterator[Problem]:
    for name, value in _known_static(definition):
        if (why := _not_in_version(definition, name)) is not None:
            yield Problem(definition.at(STATIC, name), why)
        elif (why := _not_in_version(definition, f"{name}={_plain(value)}")) is not None:
            yield Problem(definition.at(STATIC, name), f"got {show(value)}, and {why}")


def _tuned_is_of_version(definition: BuiltIn, place: Place) -> Iterator[Problem]:
    name = place.read("Name")
    if (why := _not_in_version(definition, name)) is not None:
        yield Problem(place.at("Name"), f"got {show(name)}, and {why}")


def _channels(definition: BuiltIn) -> list[str]:
    return [channel.read("ChannelName") for channel in definition.every(_INPUTS)]


def _needed_channels_are_there(_: Place, definition: BuiltIn) -> Iterator[Problem]:
    algorithm, names = definition.algorithm, _channels(definition)
    others = [name for name in names if name not in {*algorithm.needs, *algorithm.takes}]
    for name in algorithm.needs:
        if name not in names:
            close = difflib.get_close_matches(name, others, n=1)
            way_out = f"did you mean it with {show(close[0])}?" if close else "add it"
            message = f"has no channel '{name}', without which {algorithm.name} does not train; {way_out}"
            yield Problem(definition.at(_INPUTS), message)


def _metric_has_its_channel(request: Place, definition: BuiltIn) -> Iterator[Problem]:
    algorithm, found = definition.algorithm, _metric(request, definition)
    if found is None or found[1] not in algorithm.metrics or _FOLDS in definition.entries(STATIC):
        return
    channel = found[1].partition(":")[0]
    # The rule above reports channels that the algorithm always needs.
    if channel not in algorithm.needs and channel not in _channels(definition):
        message = f"has no channel '{channel}', on which {algorithm.name} computes {found[1]}"
        yield Problem(definition.at(_INPUTS), f"{message}; add it, or choose another metric")


def _content_is_read(_: Place, definition: BuiltIn) -> Iterator[Problem]:
    algorithm = definition.algorithm
    for channel in definition.known(_INPUTS):
        for _name, kind in channel.given("ContentType"):
            if algorithm.content_types and kind and channel.read("ChannelName") in _DATA:
                # Without its parameters, as in text/csv;label_size=0.
                plain = kind.partition(";")[0].strip().casefold()
                if plain not in algorithm.content_types:
                    known = ", ".join(algorithm.content_types)
                    message = f"got {show(kind)}, {algorithm.name} reads {known}; choose one of these"
                    yield Problem(channel.at("ContentType"), message)


def _mode_is_read(_: Place, definition: BuiltIn) -> Iterator[Problem]:
    algorithm = definition.algorithm
    places = [(channel, "InputMode") for channel in definition.known(_INPUTS)]
    if (specification := definition.below("AlgorithmSpecification")) is not None:
        places.append((specification, "TrainingInputMode"))
    for place, member in places:
        for _name, mode in place.given(member):
            if mode == "Pipe" and mode not in algorithm.modes:
                message = f"got 'Pipe', {algorithm.name} reads its data in mode File; set it to that"
                yield Problem(place.at(member), message)


def _placed(definition: BuiltIn) -> Iterator[Place]:
    for name, value in definition.given(*RESOURCES):
        yield from instances(Place(value, definition.at(name)))


def _instances_suit(_: Place, definition: BuiltIn) -> Iterator[Problem]:
    algorithm = definition.algorithm
    for place in _placed(definition):
        for member, kind in place.given("InstanceType"):
            has_gpu = kind.startswith(_ACCELERATED)
            if algorithm.processors and has_gpu != (algorithm.processors == "GPU"):
                example = "ml.g4dn.xlarge" if algorithm.processors == "GPU" else "ml.m5.xlarge"
                message = f"got {show(kind)}, {algorithm.name} trains on instances with {algorithm.processors} only"
                yield Problem(place.at(member), f"{message}; choose another, like '{example}'")


def _instances_are_used(_: Place, definition: BuiltIn) -> Iterator[Problem]:
    algorithm = definition.algorithm
    for place in _placed(definition):
        for member, count in place.given("InstanceCount"):
            if algorithm.one_instance and count > 1:
                message = f"got {count}, {algorithm.name} trains on a single instance; set it to 1"
                yield Problem(place.at(member), message)


_W = Level.WARNING

# fmt: off
RULES = (
    Rule("B1", _W, "A built-in algorithm computes the objective's metric", each_built_in, _metric_is_computed),
    Rule("B1", _W, "A script in its image is tuned by the algorithm's metric", each_script, _script_has_a_known_metric),
    Rule("B2", _W, "A built-in algorithm's metric is improved", each_built_in, _direction_is_better),
    Rule("B3", _W, "A built-in algorithm takes the static hyperparameters", each_built_in, _static_is_taken),
    Rule("B3", _W, "A built-in algorithm takes the tuned hyperparameters", _each_tuned, _tuned_is_taken),
    Rule("B4", _W, "A built-in algorithm has the hyperparameters it needs", each_built_in, _required_is_given),
    Rule("B5", _W, "A built-in algorithm can be tuned by the ranges", _each_tuned, _tuned_can_be_tuned),
    Rule("B5", _W, "A script in its image is tuned by its ranges", _each_tuned_of_script, _script_has_known_ranges),
    Rule("B6", _W, "A built-in algorithm takes the static values", each_built_in, _static_is_allowed),
    Rule("B6", _W, "A built-in algorithm takes all values of the ranges", _each_tuned, _tuned_is_allowed),
    Rule("B7", _W, "A built-in algorithm has the channels it needs", each_built_in, _needed_channels_are_there),
    Rule("B8", _W, "A built-in algorithm has the channel of its metric", each_built_in, _metric_has_its_channel),
    Rule("B9", _W, "A built-in algorithm reads the type of content", each_built_in, _content_is_read),
    Rule("B9", _W, "A built-in algorithm reads data in the input mode", each_built_in, _mode_is_read),
    Rule("B10", _W, "A built-in algorithm runs on the type of instance", each_built_in, _instances_suit),
    Rule("B10", _W, "A built-in algorithm uses all instances", each_built_in, _instances_are_used),
    Rule("B11", _W, "A metric is of the algorithm's task", each_built_in, _metric_goes_with_task),
    Rule("B11", _W, "Static values go with each other", each_built_in, _static_values_go_together),
    Rule("B12", _W, "The version of a built-in algorithm has the metric", each_built_in, _metric_is_of_version),
    Rule("B12", _W, "The version of a built-in algorithm has what is static", each_built_in, _static_is_of_version),
    Rule("B12", _W, "The version of a built-in algorithm has what is tuned", _each_tuned, _tuned_is_of_version),
)
# fmt: on
