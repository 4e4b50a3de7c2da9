"""Typed parts to API request and back, and the API request to the properties of the custom resource."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hpt_construct import api_model
from hpt_construct.built_in_images import is_built_in
from hpt_construct.request import _part, spelling
from hpt_construct.request.training_job import TrainingJobDefinition
from hpt_construct.request.whole import TuningJobRequest
from hpt_construct.tokens import is_token

if TYPE_CHECKING:
    from dataclasses import Field

    from hpt_construct.validation import Path, Problem

ApiRequest = dict[str, Any]

# What CloudFormation would act on although it is the user's text: dynamic references in strings, intrinsic functions as
# keys.
# A backslash goes in front, and one more if there are some already; the function takes one away again.
_DYNAMIC_REFERENCE = re.compile(r"\{\{(\\*)resolve:")
_INTRINSIC_KEY = re.compile(r"\\*(Fn::.*|Ref|Condition)", re.DOTALL)


def render(request: TuningJobRequest) -> ApiRequest:
    """The API's form of a typed request; what is left out is not in it."""
    return _part.render(request)


def parse(request: Mapping[str, Any]) -> TuningJobRequest:
    """The typed form of a valid API request; rendering gives the same again, value for value."""
    parsed: TuningJobRequest = _part.parse(TuningJobRequest, request)
    return parsed


def fields(request: TuningJobRequest) -> dict[str, Any]:
    """The members of a typed request by their names, as the construct takes them."""
    return {field.name: getattr(request, field.name) for field in _part.fields(request)}


def api_name(argument: str) -> str:
    """The API's name of an argument that is a member of the request itself."""
    [name] = _field(TuningJobRequest, argument).metadata[_part.API]
    return str(name)


def render_argument(argument: str, value: Any) -> Any:
    """The API's value of such an argument, or of a role."""
    return _codec(argument).render(value)


def tell_argument(argument: str, value: Any, below: Path, problem: Problem) -> list[str]:
    """What is wrong with such an argument or below it, in the names and classes that its user writes."""
    codec = _codec(argument)
    told = spelling.of_value(codec, value, below, problem.message) if problem.structural else ()
    return [f"{argument}{rest}: {text}" for rest, text in told] or [
        f"{argument}{codec.spell(value, below)}: {spelling.in_typed_names(problem.message)}"
    ]


def _codec(argument: str) -> _part.Codec:
    part = TrainingJobDefinition if argument == "role" else TuningJobRequest
    codec: _part.Codec = _field(part, argument).metadata[_part.CODEC]
    return codec


def _field(part: Any, name: str) -> Field[Any]:
    return next(field for field in _part.fields(part) if field.name == name)


def tell(request: TuningJobRequest, problem: Problem) -> list[str]:
    """What is wrong with a typed request, in the names and classes that its user writes."""
    if problem.structural:
        mistakes = [f"{place}: {told}" for place, told in spelling.mistakes(request, problem.path, problem.message)]
        if mistakes:
            return mistakes
    return [f"{_part.spell(request, problem.path)}: {spelling.in_typed_names(problem.message)}"]


def without_described(request: Mapping[str, Any]) -> ApiRequest:
    """The request in an answer of Describe, without what only the service writes; anything else as it is."""
    if "HyperParameterTuningJobArn" not in request:
        return dict(request)
    readable = api_model.members(api_model.DESCRIPTION).keys() - api_model.members(api_model.REQUEST).keys()
    kept = {key: value for key, value in request.items() if key not in readable and key != "ResponseMetadata"}
    single = kept.get("TrainingJobDefinition")
    if isinstance(single, Mapping):
        # The tuning's own ranges, told a second time.
        kept["TrainingJobDefinition"] = _without_injected(_without(single, "HyperParameterRanges"))
    if isinstance(kept.get("TrainingJobDefinitions"), list):
        kept["TrainingJobDefinitions"] = [_without_injected(each) for each in kept["TrainingJobDefinitions"]]
    return kept


def _without_injected(definition: Mapping[str, Any]) -> ApiRequest:
    found = dict(definition)
    for member, injected in (
        ("StaticHyperParameters", ("_tuning_objective_metric",)),
        ("ResourceConfig", api_model.OUTPUT_ONLY["ResourceConfig"]),
    ):
        if isinstance(found.get(member), Mapping):
            found[member] = _without(found[member], *injected)
    algorithm = found.get("AlgorithmSpecification")
    if isinstance(algorithm, Mapping) and (
        "AlgorithmName" in algorithm or is_built_in(str(algorithm.get("TrainingImage")))
    ):
        # The algorithm's own metrics, which a request may not repeat.
        found["AlgorithmSpecification"] = _without(algorithm, "MetricDefinitions")
    return found


def _without(value: Mapping[str, Any], *names: str) -> ApiRequest:
    return {key: item for key, item in value.items() if key not in names}


def properties(request: ApiRequest, *, name_prefix: str | None, run: str | None) -> dict[str, Any]:
    """The properties of a job's resource: its request, and what else makes it another job."""
    found: dict[str, Any] = template(request)
    if name_prefix is not None:
        found["NamePrefix"] = name_prefix
    if run is not None:
        found["Run"] = template(run)
    return found


def template(value: Any) -> Any:
    r"""A part of the API request as it stands in the template: every scalar a string, nothing that CloudFormation would
    act on.

    CloudFormation makes strings of all scalars anyway. Made here, a diff shows both sides of every change and a 64-bit
    number
    keeps its digits, which JavaScript's numbers would lose.

    >>> template({"ShuffleConfig": {"Seed": 2**53 + 1}, "Text": "{{resolve:ssm:x}}"})
    {'ShuffleConfig': {'Seed': '9007199254740993'}, 'Text': '{{\\resolve:ssm:x}}'}
    """
    if is_token(value):
        return value
    if isinstance(value, str):
        return _DYNAMIC_REFERENCE.sub(r"{{\1\\resolve:", value) if "{{" in value else str(value)
    if isinstance(value, (dict, Mapping)):
        return {_key(key): template(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [template(item) for item in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return _number(value) if isinstance(value, (int, float)) else value


def _key(key: str) -> str:
    return f"\\{key}" if _INTRINSIC_KEY.fullmatch(key) else key


def _number(value: float) -> str:
    """One spelling per number, so that 1.0 for 1 is no change of the request."""
    if math.isfinite(value) and value == int(value) and abs(value) < 2**53:
        return str(int(value))
    return json.dumps(value)
