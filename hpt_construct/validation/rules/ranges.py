"""The rules for ranges and for static hyperparameters."""

from __future__ import annotations

import math
import re
from decimal import Decimal, DecimalException
from functools import lru_cache
from typing import TYPE_CHECKING

from hpt_construct.errors import show
from hpt_construct.tokens import is_token
from hpt_construct.validation.problem import Problem

from .credentials import credential
from .rule import (
    CONFIG,
    Level,
    Place,
    Rule,
    Value,
    each_definition,
    each_ranges,
    has_autotune,
    has_single,
    is_one_of_several,
    ranges_of,
    repeated,
    scope,
    searched,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_TUNED = 30
# The API allows 100 for a training job; that a tuning job counts static and tuned ones together is inferred from that.
_MOST_HYPERPARAMETERS = 100

_TYPED = ("IntegerParameterRanges", "ContinuousParameterRanges", "CategoricalParameterRanges")
_KINDS = (*_TYPED, "AutoParameters")
_BOUNDS = ("MinValue", "MaxValue")
_STATIC = "StaticHyperParameters"
_TOTAL = (CONFIG, "ResourceLimits", "MaxNumberOfTrainingJobs")

_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")

REFERENCE = "{{resolve:"
_WRITTEN_BY_SERVICE = "_tuning_objective_metric"


@scope
def _each_integer_range(request: Place) -> Iterator[tuple[Place]]:
    for _, ranges in each_ranges(request):
        yield from ((place,) for place in ranges.known("IntegerParameterRanges"))


@scope
def _each_continuous_range(request: Place) -> Iterator[tuple[Place]]:
    for _, ranges in each_ranges(request):
        yield from ((place,) for place in ranges.known("ContinuousParameterRanges"))


@scope
def _each_numeric_range(request: Place) -> Iterator[tuple[Place]]:
    yield from _each_integer_range(request)
    yield from _each_continuous_range(request)


@scope
def _each_categorical_range(request: Place) -> Iterator[tuple[Place]]:
    for _, ranges in each_ranges(request):
        yield from ((place,) for place in ranges.known("CategoricalParameterRanges"))


@lru_cache
def as_number(text: str | None) -> Decimal | None:
    """Return a bound as an exact number; None if it is no number, or too large for a double."""
    if text is None or not _NUMBER.fullmatch(text) or math.isinf(float(text)):
        return None
    try:
        return Decimal(text)
    except DecimalException:
        # The exponent is too small for Decimal: 1e-99999999999999999999.
        return None


def _integer_bounds_are_whole(range_: Place) -> Iterator[Problem]:
    for name, text in range_.given(*_BOUNDS):
        if not _INTEGER.fullmatch(text):
            message = f"got {show(text)}, must be a whole number in digits, like '10'"
            yield Problem(range_.at(name), f"{message}; write it so, or make the range continuous")


def _continuous_bounds_are_numbers(range_: Place) -> Iterator[Problem]:
    for name, text in range_.given(*_BOUNDS):
        if as_number(text) is None:
            message = f"got {show(text)}, must be a finite number, like '0.1' or '1e-4'; write it so"
            yield Problem(range_.at(name), message)


def _bounds(range_: Place) -> tuple[Decimal, Decimal] | None:
    low, high = (as_number(range_.read(name)) for name in _BOUNDS)
    return None if low is None or high is None else (low, high)


def _bounds_in_order(range_: Place) -> Iterator[Problem]:
    bounds = _bounds(range_)
    if bounds and bounds[0] > bounds[1]:
        low, high = (show(range_.read(name)) for name in _BOUNDS)
        yield Problem(range_.at("MinValue"), f"got {low}, must not be more than MaxValue ({high}); exchange them")


def _bounds_leave_a_choice(range_: Place) -> Iterator[Problem]:
    bounds = _bounds(range_)
    if bounds and bounds[0] == bounds[1]:
        message = f"got {show(range_.read('MinValue'))}, which is MaxValue too"
        yield Problem(range_.at("MinValue"), f"{message}; widen the range, or make it a static hyperparameter")


def _values_are_distinct(range_: Place) -> Iterator[Problem]:
    values = enumerate(range_.read("Values"))
    for value, path in repeated((value, range_.at("Values", nth)) for nth, value in values if not is_token(value)):
        yield Problem(path, f"got {show(value)} again; leave it out")


def _logarithmic_is_above_zero(range_: Place) -> Iterator[Problem]:
    if range_.read("ScalingType") == "Logarithmic":
        low = as_number(range_.read("MinValue"))
        if low is not None and low <= 0:
            message = f"got {show(range_.read('MinValue'))}, must be more than 0 with ScalingType Logarithmic"
            yield Problem(range_.at("MinValue"), f"{message}; raise it, or choose Auto")


def _reverse_logarithmic_is_no_integer(range_: Place) -> Iterator[Problem]:
    if range_.read("ScalingType") == "ReverseLogarithmic":
        message = "got 'ReverseLogarithmic', which is for continuous ranges only; choose Auto, Linear or Logarithmic"
        yield Problem(range_.at("ScalingType"), message)


def _reverse_logarithmic_is_below_one(range_: Place) -> Iterator[Problem]:
    if range_.read("ScalingType") == "ReverseLogarithmic":
        for name, text in range_.given(*_BOUNDS):
            number = as_number(text)
            if number is not None and not 0 <= number < 1:
                message = f"got {show(text)}, must be at least 0 and less than 1 with ScalingType ReverseLogarithmic"
                yield Problem(range_.at(name), f"{message}; change it, or choose Auto")


def _names(ranges: Place, *kinds: str) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    for kind in kinds:
        for place in ranges.known(kind):
            for _, name in place.given("Name"):
                yield name, place.at("Name")


def _tuned_once(_: Place, ranges: Place) -> Iterator[Problem]:
    for name, path in repeated(_names(ranges, *_KINDS)):
        yield Problem(path, f"got {show(name)} again, a hyperparameter is tuned once; keep one of its ranges")


def _tuned_within_limit(_: Place, ranges: Place) -> Iterator[Problem]:
    count = sum(len(ranges.entries(kind)) for kind in _TYPED)
    if count > _MOST_TUNED:
        message = f"has {count} integer, continuous and categorical ranges, must not have more than {_MOST_TUNED}"
        yield Problem(ranges.path, f"{message}; make some static")


def _static_is_not_tuned(request: Place, definition: Place) -> Iterator[Problem]:
    ranges = ranges_of(request, definition)
    if ranges is not None:
        static = definition.read(_STATIC) or {}
        for name in dict.fromkeys(name for name, _ in _names(ranges, *_TYPED) if name in static):
            yield Problem(definition.at(_STATIC, name), "is tuned as well; leave it out here, or drop its range")


def _hyperparameters(request: Place, definition: Place) -> int:
    ranges = ranges_of(request, definition)
    tuned = sum(len(ranges.entries(kind)) for kind in _KINDS) if ranges is not None else 0
    return len(definition.entries(_STATIC)) + tuned


def _hyperparameters_leave_room(request: Place, definition: Place) -> Iterator[Problem]:
    count = _hyperparameters(request, definition)
    if count >= _MOST_HYPERPARAMETERS:
        message = f"makes {count} hyperparameters with the tuned ones, and the service adds {_WRITTEN_BY_SERVICE}"
        yield Problem(definition.at(_STATIC), f"{message}: a training job takes {_MOST_HYPERPARAMETERS}; drop some")


def _choices(ranges: Place) -> int | None:
    """Return the combinations of a space without continuous ranges; None if it has some, or can't be counted."""
    if ranges.entries("ContinuousParameterRanges") or ranges.entries("AutoParameters"):
        return None
    sizes = [len(set(place.entries("Values"))) for place in ranges.every("CategoricalParameterRanges")]
    for place in ranges.every("IntegerParameterRanges"):
        low, high = (place.read(name) for name in _BOUNDS)
        if not _INTEGER.fullmatch(low) or not _INTEGER.fullmatch(high) or int(low) > int(high):
            return None
        sizes.append(int(high) - int(low) + 1)
    return math.prod(sizes) if sizes else None


def _enough_combinations(request: Place) -> Iterator[Problem]:
    total = request.read(*_TOTAL)
    # For a grid, G2 reports it; Autotune also searches what the request does not give.
    if total is None or request.read(CONFIG, "Strategy") == "Grid" or has_autotune(request):
        return
    choices = [_choices(ranges) for ranges in searched(request)]
    combinations = sum(each for each in choices if each is not None)
    if choices and None not in choices and combinations < total:
        message = f"got {total}, must not be more than the combinations of the ranges ({combinations})"
        yield Problem(request.at(*_TOTAL), f"{message}; lower it, or widen the ranges")


def _service_writes_the_metric(_: Place, definition: Place) -> Iterator[Problem]:
    if _WRITTEN_BY_SERVICE in (definition.read(_STATIC) or {}):
        yield Problem(definition.at(_STATIC, _WRITTEN_BY_SERVICE), "only the service writes it; leave it out")


def _no_credentials(_: Place, definition: Place) -> Iterator[Problem]:
    for member, entries in definition.given(_STATIC, "Environment"):
        for name, value in entries.items():
            # The message names the kind of credential and never shows it.
            if not is_token(name) and not is_token(value) and (found := credential(name, value)):
                message = f"looks like {found}, and is not secret here: Describe shows it; use Secrets Manager"
                yield Problem(definition.at(member, name), message)


def _references_are_resolved(_: Place, definition: Place) -> Iterator[Problem]:
    found = [
        (definition.at(member, name), value)
        for member, entries in definition.given(_STATIC, "Environment")
        for name, value in entries.items()
    ]
    for _name, specification in definition.given("AlgorithmSpecification"):
        image = ("AlgorithmSpecification", "TrainingImage")
        found += [(definition.at(*image), value) for _, value in Place(specification).given(image[1])]
    for path, value in found:
        if not is_token(value) and REFERENCE in value:
            message = f"got {show(value)}, which is sent as it is written; to have CloudFormation resolve it"
            yield Problem(path, f"{message}, give cdk.CfnDynamicReference(...).to_string()")


def _has_entries(ranges: Value) -> bool:
    place = Place(ranges)
    return any(place.read(kind) for kind in _KINDS)


def _tuning_has_ranges(request: Place) -> Iterator[Problem]:
    if has_single(request) and not has_autotune(request):
        ranges = request.read(CONFIG, "ParameterRanges")
        if ranges is None or not _has_entries(ranges):
            what = "missing" if ranges is None else "has no range"
            yield Problem(request.at(CONFIG, "ParameterRanges"), f"{what}; give at least one, or turn Autotune on")


def _definition_has_ranges(request: Place, definition: Place) -> Iterator[Problem]:
    # X2 reports a missing member.
    if is_one_of_several(definition) and not has_autotune(request):
        ranges = definition.read("HyperParameterRanges")
        if ranges is not None and not _has_entries(ranges):
            yield Problem(definition.at("HyperParameterRanges"), "has no range; give at least one, or turn Autotune on")


_E, _W = Level.ERROR, Level.WARNING

# fmt: off
RULES = (
    Rule("P1", _E, "Bounds of an integer range are whole numbers", _each_integer_range, _integer_bounds_are_whole),
    Rule("P1", _E, "Bounds of a continuous range are numbers", _each_continuous_range, _continuous_bounds_are_numbers),
    Rule("P2", _E, "MinValue is at most MaxValue", _each_numeric_range, _bounds_in_order),
    Rule("P2", _W, "MinValue is not MaxValue", _each_numeric_range, _bounds_leave_a_choice),
    Rule("P3", _W, "Categorical values are distinct", _each_categorical_range, _values_are_distinct),
    Rule("P4", _E, "Logarithmic scaling starts above 0", _each_numeric_range, _logarithmic_is_above_zero),
    Rule("P5", _E, "ReverseLogarithmic is not for integers", _each_integer_range, _reverse_logarithmic_is_no_integer),
    Rule("P5", _E, "ReverseLogarithmic is for 0 <= x < 1", _each_continuous_range, _reverse_logarithmic_is_below_one),
    Rule("P6", _E, "A hyperparameter has one range", each_ranges, _tuned_once),
    Rule("P7", _E, "At most 30 hyperparameters have a range", each_ranges, _tuned_within_limit),
    Rule("P8", _E, "A static hyperparameter is not tuned too", each_definition, _static_is_not_tuned),
    Rule("P9", _W, "At most 99 hyperparameters, static and tuned", each_definition, _hyperparameters_leave_room),
    Rule("P10", _E, "Discrete ranges have a combination for each training job", whole, _enough_combinations),
    Rule("P12", _E, "_tuning_objective_metric is left to the service", each_definition, _service_writes_the_metric),
    Rule("P13", _W, "Hyperparameters and environment hold no credentials", each_definition, _no_credentials),
    Rule("P14", _E, "Without Autotune, the tuning job has a range", whole, _tuning_has_ranges),
    Rule("P14", _E, "Without Autotune, each definition has a range", each_definition, _definition_has_ranges),
    Rule("P15", _W, "Dynamic references are tokens", each_definition, _references_are_resolved),
)
# fmt: on
