"""What SageMaker receives equals what was given: any request, through every step that it takes on its way."""

from __future__ import annotations

import json
import math
import re
import string
from functools import cache
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template
from botocore.validate import validate_parameters
from hpt_handler import properties, sagemaker
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hpt_construct import HyperparameterTuningJob, api_model, rendering
from hpt_construct.validation import structure_problems

if TYPE_CHECKING:
    from collections.abc import Iterator

# What nobody can want to send is refused: a look-alike of a token of the CDK's, and a NUL.
SENDABLE = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
TEXT = st.text(SENDABLE, max_size=40).filter(lambda text: "${Token[" not in text)
TRICKY = st.sampled_from(
    [
        "",
        "010",
        "1e-5",
        "true",
        "None",
        "${AWS::Region}",
        "{{resolve:ssm:/x}}",
        "{{\\resolve:x}}",
        "\\",
        "größe 語 🦄",
        "a\nb",
    ]
)
KEYS = st.sampled_from(["Fn::Sub", "Ref", "Fn::GetAtt", "Condition", "\\Ref", "a b", "_num_gpus", "sagemaker_program"])


@cache
def value_of(shape_name: str) -> st.SearchStrategy[Any]:
    """Any value that the API model allows for a shape."""
    shape = api_model.shapes()[shape_name]
    if "enum" in shape:
        return st.sampled_from(shape["enum"])
    make = {"structure": structure_of, "list": list_of, "map": map_of, "string": text_of}.get(shape["type"])
    return make(shape_name, shape) if make else number_of(shape)


def structure_of(shape_name: str, shape: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Any structure, its optional members left out or not."""
    members = {name: value_of(child) for name, child in api_model.members(shape_name).items()}
    required = {name: members.pop(name) for name in shape.get("required", ())}
    return st.fixed_dictionaries(required, optional=members)


def list_of(_: str, shape: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Any list of a few items, or of none where that is allowed."""
    return st.lists(value_of(shape["member"]["shape"]), min_size=shape.get("min", 0), max_size=min(shape["max"], 3))


def map_of(_: str, shape: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Any map of a few entries."""
    return st.dictionaries(value_of(shape["key"]["shape"]), value_of(shape["value"]["shape"]), max_size=3)


def number_of(shape: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Any truth value or number."""
    if shape["type"] == "boolean":
        return st.booleans()
    if shape["type"] == "float":
        return st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**6), 10**6)
    bits = 31 if shape["type"] == "integer" else 63
    return st.integers(shape.get("min", -(2**bits)), shape.get("max", 2**bits - 1))


def text_of(shape_name: str, shape: dict[str, Any]) -> st.SearchStrategy[str]:
    """Any string of a shape: by its pattern where it has one, else what is hard to carry."""
    pattern = shape.get("pattern", ".*")
    if shape_name in ("TagKey", "TagValue"):
        return st.text(string.ascii_letters + string.digits + "_.:/=+-@ éß語", min_size=1, max_size=20)
    if pattern in (".*", ".+", r"[\S\s]*"):
        texts = TEXT | TRICKY | (KEYS if shape_name.endswith("Key") else TRICKY)
        several_lines = pattern == r"[\S\s]*"
        # Our own error for one name that JavaScript keeps for itself.
        return texts.filter(
            lambda text: (
                shape.get("min", 0) <= len(text) <= shape["max"]
                and (several_lines or "\n" not in text)
                and text != "__proto__"
            )
        )
    texts = st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True, alphabet=SENDABLE)
    if "max" in shape:
        return texts.filter(lambda text: shape.get("min", 0) <= len(text) <= shape["max"])
    return texts


@pytest.fixture(scope="module")
def shape() -> Iterator[Any]:
    """The shape of a request, as the function has it."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        client = sagemaker.client.__wrapped__()
    yield client.meta.service_model.operation_model("CreateHyperParameterTuningJob").input_shape
    client.close()


def cloudformation(value: Any) -> Any:
    """What CloudFormation makes of a template's properties: the JSON of it, with every scalar a string."""
    if isinstance(value, dict):
        return {key: cloudformation(item) for key, item in value.items()}
    if isinstance(value, list):
        return [cloudformation(item) for item in value]
    assert isinstance(value, str), "a scalar that CloudFormation would spell in its own way"
    return value


@settings(
    max_examples=3 * settings().max_examples // 2,
    suppress_health_check=[*settings().suppress_health_check, HealthCheck.filter_too_much],
)
@given(request=st.deferred(lambda: value_of(api_model.REQUEST)))
def test_any_request_arrives_as_it_was_given(shape: Any, request: dict[str, Any]) -> None:
    """Request, typed parts, template, CloudFormation, function, botocore: value for value, string for string."""
    assert structure_problems(request) == []
    rendered = rendering.render(rendering.parse(request))
    assert rendered == request
    delivered = cloudformation(json.loads(json.dumps(rendering.template(rendered))))
    restored = properties.restore(delivered, shape)
    assert restored == request
    assert same_kinds(restored, request)
    report = validate_parameters_of(restored, shape)
    assert not report


def same_kinds(one: Any, other: Any) -> bool:
    """Whether two equal values are also of the same kind: 1 and True are equal."""
    if isinstance(one, dict):
        return all(same_kinds(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return all(map(same_kinds, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and isinstance(one, str) == isinstance(other, str)


def validate_parameters_of(request: dict[str, Any], shape: Any) -> str:
    """What botocore has against a request."""
    try:
        validate_parameters({"HyperParameterTuningJobName": "x", **request}, shape)
    except Exception as error:  # noqa: BLE001 – whatever it is, it is the test's failure
        return str(error)
    return ""


def test_template_of_the_cdk_holds_what_was_rendered(shape: Any, guide_request: dict[str, Any]) -> None:
    """The way through jsii and the CDK's own writing of the template changes nothing."""
    definition = guide_request["TrainingJobDefinition"]
    definition["StaticHyperParameters"] = {
        "Fn::Sub": "${AWS::Region}",
        "Ref": "{{resolve:ssm:/x}}",
        "long": "語" * 2500,
        "empty": "",
        "zero": "010",
        "tab": "a\tb",
        "null": "null",
    }
    definition["InputDataConfig"][0]["ShuffleConfig"] = {"Seed": 2**63 - 1}
    definition["Environment"] = {"LINES": "a\r\n\tb\u2028c"}
    guide_request["Tags"] = []
    config = guide_request["HyperParameterTuningJobConfig"]
    config["ParameterRanges"]["CategoricalParameterRanges"] = []
    config["TuningJobCompletionCriteria"] = {"TargetObjectiveMetricValue": math.pi}
    stack = cdk.Stack(cdk.App(), "Stack")
    HyperparameterTuningJob.from_request(stack, "Tuning", guide_request)
    [resource] = Template.from_stack(stack).find_resources("Custom::SageMakerHyperParameterTuningJob").values()
    restored = properties.restore(cloudformation(resource["Properties"]), shape)
    assert {key: restored[key] for key in guide_request} == guide_request
