"""The rules for one or several training job definitions, for Autotune and for warm starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpt_construct.errors import show
from hpt_construct.validation.problem import Problem

from .rule import (
    CONFIG,
    SEVERAL,
    SINGLE,
    Level,
    Place,
    Rule,
    each_definition,
    each_ranges,
    has_autotune,
    has_several,
    has_single,
    is_one_of_several,
    ranges_of,
    repeated,
    scope,
    tuning,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_OBJECTIVE = (CONFIG, "HyperParameterTuningJobObjective")
_STATIC = "StaticHyperParameters"
_PARENTS = ("WarmStartConfig", "ParentHyperParameterTuningJobs")
_NAME = "HyperParameterTuningJobName"


@scope
def _each_parent(request: Place) -> Iterator[tuple[Place, Place]]:
    for _, warm_start in request.given("WarmStartConfig"):
        for parent in Place(warm_start, ("WarmStartConfig",)).known(_PARENTS[1]):
            yield request, parent


def _one_form_of_definition(request: Place) -> Iterator[Problem]:
    single, several = request.read(SINGLE), request.read(SEVERAL)
    if single is None and several is None:
        yield Problem(request.at(SINGLE), "missing; give it, or TrainingJobDefinitions for several algorithms")
    elif single is not None and several is not None:
        yield Problem(request.at(SEVERAL), "given beside TrainingJobDefinition; choose one of the two")


def _tuning_leaves_it_to_them(request: Place, config: Place) -> Iterator[Problem]:
    if has_several(request):
        pairs = {"HyperParameterTuningJobObjective": "TuningObjective", "ParameterRanges": "HyperParameterRanges"}
        for name, _ in config.given(*pairs):
            message = f"with TrainingJobDefinitions each definition has its own; move it into each as {pairs[name]}"
            yield Problem(config.at(name), message)


def _definition_has_its_own(request: Place, definition: Place) -> Iterator[Problem]:
    if is_one_of_several(definition) and not has_autotune(request):
        for name in ("TuningObjective", "HyperParameterRanges"):
            # Not read, because a token in the one must not hide that the other is missing.
            if name not in definition.value:
                yield Problem(definition.at(name), "missing; with TrainingJobDefinitions each definition has its own")


def _definition_is_named(_: Place, definition: Place) -> Iterator[Problem]:
    if is_one_of_several(definition) and definition.read("DefinitionName") is None:
        yield Problem(definition.at("DefinitionName"), "missing; each of TrainingJobDefinitions needs a unique name")


def _definition_names_are_unique(request: Place) -> Iterator[Problem]:
    definitions = request.known(SEVERAL)
    names = [(name, each.at("DefinitionName")) for each in definitions for _, name in each.given("DefinitionName")]
    for name, path in repeated(names):
        yield Problem(path, f"got {show(name)} again, must be unique among TrainingJobDefinitions; choose another")


def _several_start_cold(request: Place) -> Iterator[Problem]:
    if request.read(SEVERAL) is not None and request.read("WarmStartConfig") is not None:
        message = "not supported with TrainingJobDefinitions; leave it out, or tune one TrainingJobDefinition"
        yield Problem(request.at("WarmStartConfig"), message)


def _several_run_to_the_end(request: Place) -> Iterator[Problem]:
    if request.read(SEVERAL) is not None and request.read(CONFIG, "TrainingJobEarlyStoppingType") == "Auto":
        message = "got 'Auto', early stopping is not supported with TrainingJobDefinitions; set it to 'Off'"
        yield Problem(request.at(CONFIG, "TrainingJobEarlyStoppingType"), message)


def _single_leaves_it_to_tuning(_: Place, definition: Place) -> Iterator[Problem]:
    if not is_one_of_several(definition):
        pairs = {"TuningObjective": "HyperParameterTuningJobObjective", "HyperParameterRanges": "ParameterRanges"}
        for name, _value in definition.given(*pairs):
            yield Problem(
                definition.at(name), f"for TrainingJobDefinitions only; use the tuning job's {pairs[name]} instead"
            )


def _single_has_an_objective(request: Place) -> Iterator[Problem]:
    if has_single(request) and request.read(*_OBJECTIVE) is None and not has_autotune(request):
        yield Problem(request.at(*_OBJECTIVE), "missing; name the metric to improve, or turn Autotune on")


def _auto_parameters_need_autotune(request: Place, ranges: Place) -> Iterator[Problem]:
    if ranges.read("AutoParameters") and not has_autotune(request):
        yield Problem(ranges.at("AutoParameters"), "only Autotune uses them; turn Autotune on, or give ranges")


def _auto_parameters_are_not_static(request: Place, definition: Place) -> Iterator[Problem]:
    ranges = ranges_of(request, definition)
    if ranges is not None and (static := definition.read(_STATIC)):
        for parameter in ranges.known("AutoParameters"):
            for _, name in parameter.given("Name"):
                if name in static:
                    message = f"got {show(name)}, which is a static hyperparameter; keep it in one of the two"
                    yield Problem(parameter.at("Name"), message)


def _parent_is_named(_: Place, parent: Place) -> Iterator[Problem]:
    if parent.read(_NAME) is None:
        yield Problem(parent.at(_NAME), "missing; name the tuning job to start from")


def _parents_are_distinct(request: Place) -> Iterator[Problem]:
    # SageMaker's names ignore case.
    parents = [parent for _, parent in _each_parent(request)]
    names = [(name.casefold(), parent.at(_NAME)) for parent in parents for _, name in parent.given(_NAME)]
    for name, path in repeated(names):
        yield Problem(path, f"got {show(name)} again; leave it out")


def _parent_is_another_job(request: Place, parent: Place) -> Iterator[Problem]:
    name, own = parent.read(_NAME), request.read(_NAME)
    if name is not None and own is not None and name.casefold() == own.casefold():
        yield Problem(parent.at(_NAME), f"got {show(name)}, the name of this tuning job; name an earlier one")


def _warm_start_suits_strategy(request: Place) -> Iterator[Problem]:
    if request.read("WarmStartConfig") is not None:
        strategy = request.read(CONFIG, "Strategy")
        if strategy not in {None, "Bayesian", "Random"}:
            message = f"documented for strategies Bayesian and Random, not {strategy}"
            yield Problem(request.at("WarmStartConfig"), f"{message}; leave it out, or choose one of these")


_E, _W = Level.ERROR, Level.WARNING

# fmt: off
RULES = (
    Rule("X1", _E, "There is TrainingJobDefinition or TrainingJobDefinitions", whole, _one_form_of_definition),
    Rule("X2", _E, "Only the definitions, if several, have ranges and objectives", tuning, _tuning_leaves_it_to_them),
    Rule("X2", _E, "Each of several definitions has ranges and an objective", each_definition, _definition_has_its_own),
    Rule("X3", _E, "Each of several definitions has a name", each_definition, _definition_is_named),
    Rule("X3", _E, "Names of definitions are unique", whole, _definition_names_are_unique),
    Rule("X4", _E, "A tuning job of several definitions has no warm start", whole, _several_start_cold),
    Rule("X4", _W, "A tuning job of several definitions has no early stopping", whole, _several_run_to_the_end),
    Rule("X5", _W, "A single definition has no ranges or objective", each_definition, _single_leaves_it_to_tuning),
    Rule("X6", _E, "Without Autotune, a single definition needs an objective", whole, _single_has_an_objective),
    Rule("A1", _W, "AutoParameters are for Autotune", each_ranges, _auto_parameters_need_autotune),
    Rule("A2", _E, "AutoParameters are not static too", each_definition, _auto_parameters_are_not_static),
    Rule("W1", _E, "Each parent of a warm start has a name", _each_parent, _parent_is_named),
    Rule("W1", _E, "Parents of a warm start are distinct", whole, _parents_are_distinct),
    Rule("W1", _E, "A tuning job is not its own parent", _each_parent, _parent_is_another_job),
    Rule("W8", _W, "A warm start is for Bayesian or Random", whole, _warm_start_suits_strategy),
)
# fmt: on
