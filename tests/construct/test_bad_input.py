"""Whatever untyped code hands over is taken, or refused with a word for its author: never a traceback of ours.

Type checkers find most of this; notebooks and hand-written JSON have none.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.requests import guide_request
from hpt_construct import (
    CategoricalRange,
    HyperparameterTuningJob,
    OutputDataConfig,
    ResourceLimits,
    ValidationError,
    rendering,
)
from hpt_construct.errors import show
from tests.construct.jobs import TYPE, definition, minimal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Steps = tuple[str | int, ...]


def _later() -> dict[str, Any]:
    """Values that are known at deployment, in each of the CDK's encodings."""
    value = cdk.Fn.import_value("elsewhere")
    return {
        "string-token": cdk.Token.as_string(value),
        "number-token": cdk.Token.as_number(value),
        "list-token": cdk.Token.as_list(cdk.Fn.split(",", value)),
        "object-token": cdk.Fn.get_att("Resource", "Attribute"),
    }


WRONG: dict[str, Any] = {
    "none": None,
    "whole": 5,
    "beyond-a-double": 10**400,
    "not-a-number": math.nan,
    "yes": True,
    "nothing": "",
    "text": "text",
    "bytes": b"text",
    "list": [],
    "map": {},
    "set": {1},
    "object": object(),
    **_later(),
}


def _places(value: Any, steps: Steps = ()) -> Iterator[Steps]:
    """Every place below a value, in typed parts as in JSON."""
    below: Any = ()
    if dataclasses.is_dataclass(value):
        below = [(field.name, getattr(value, field.name)) for field in dataclasses.fields(value)]
    elif isinstance(value, dict):
        below = value.items()
    elif isinstance(value, (list, tuple)):
        below = enumerate(value)
    for step, item in below:
        yield (*steps, step)
        yield from _places(item, (*steps, step))


def _put(value: Any, steps: Steps, new: Any) -> Any:
    if not steps:
        return new
    step, *rest = steps
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        name = str(step)
        return dataclasses.replace(value, **{name: _put(getattr(value, name), tuple(rest), new)})
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[step] = _put(copy[step], tuple(rest), new)
    return copy


NEEDS_TEXT = "got a token that is no string, and the function's policy needs its text; wrap it in Token.as_string()"

REQUEST = guide_request()
TYPED = rendering.fields(rendering.parse(REQUEST))
WITHOUT_ROLE = {**TYPED, "training_job": dataclasses.replace(TYPED["training_job"], role=None)}


@settings(deadline=None)
@given(
    st.sampled_from([*_places(REQUEST), ("HyperParameterTuningJobName",), ("Tags",), ("Autotune",)]),
    st.sampled_from(sorted(WRONG)),
)
def test_any_value_in_a_request_is_taken_or_refused(place: Steps, wrong: str) -> None:
    """As JSON, at every depth."""
    request = _put(REQUEST if place[0] in REQUEST else {**REQUEST, place[0]: None}, place, WRONG[wrong])
    _taken_or_refused(lambda stack: HyperparameterTuningJob.from_request(stack, "Tuning", request))


@pytest.mark.parametrize("whole", [TYPED, WITHOUT_ROLE], ids=["role", "no-role"])
def test_any_value_in_a_typed_part_is_taken_or_refused(whole: dict[str, Any]) -> None:
    """In the typed form, at every depth; without a role too, which is made of what the parts say."""

    @settings(deadline=None)
    @given(st.sampled_from([*_places(whole)]), st.sampled_from(sorted(WRONG)))
    def check(place: Steps, wrong: str) -> None:
        _taken_or_refused(lambda stack: HyperparameterTuningJob(stack, "Tuning", **_put(whole, place, WRONG[wrong])))

    check()


def _taken_or_refused(make: Callable[[cdk.Stack], object]) -> None:
    """A message says what an object is, never where in memory it is."""
    stack = cdk.Stack(cdk.App(), "Training")
    told = ""
    try:
        make(stack)
    except ValidationError as error:
        told = str(error)
    assert " at 0x" not in told


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize(
    "option", ["run", "removal_policy", "arn_output", "arn_export_name", "max_instance_hours", "raised_quotas"]
)
def test_any_value_of_an_option_is_taken_or_refused(option: str, wrong: str) -> None:
    """What is taken is written into a template."""

    def make(stack: cdk.Stack) -> None:
        minimal(stack, **{option: WRONG[wrong]})
        Template.from_stack(stack)

    _taken_or_refused(make)


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("argument", ["tuning_job_name", "tags", "role"])
def test_any_value_in_place_of_the_requests_own_is_taken_or_refused(argument: str, wrong: str) -> None:
    """Beside a plain request."""
    given: Any = {argument: WRONG[wrong]}
    _taken_or_refused(lambda stack: HyperparameterTuningJob.from_request(stack, "Tuning", REQUEST, **given))


@pytest.mark.parametrize(
    ("option", "value", "problem"),
    [
        ("run", 2, "run: got 2, must be a string; any will do, like '2'"),
        ("run", math.nan, "run: got nan, must be a string; any will do, like '2'"),
        ("run", WRONG["number-token"], "run: got a token that is no string, must be a string; any will do, like '2'"),
        (
            "removal_policy",
            cdk.RemovalPolicy.SNAPSHOT,
            "removal_policy: got SNAPSHOT, must be DESTROY, RETAIN or RETAIN_ON_UPDATE_OR_DELETE of RemovalPolicy",
        ),
        (
            "removal_policy",
            "destroy",
            "removal_policy: got 'destroy', must be DESTROY, RETAIN or RETAIN_ON_UPDATE_OR_DELETE of RemovalPolicy",
        ),
        ("arn_output", "no", "arn_output: got 'no', must be True or False"),
        ("raised_quotas", "G3", "raised_quotas: got 'G3', must be a list, like ['G3', 'L3', 'Q2']"),
        ("raised_quotas", [["G3"]], "raised_quotas: got ['G3'], must be of G3, L3, Q2"),
        (
            "arn_export_name",
            WRONG["object-token"],
            "arn_export_name: got a token that is no string, must be 1 to 255 letters, digits, colons and hyphens",
        ),
        (
            "tuning_job_name",
            WRONG["object-token"],
            f"tuning_job_name: {NEEDS_TEXT}",
        ),
        (
            "training_job",
            definition(role=WRONG["object-token"]),
            f"training_job.role: {NEEDS_TEXT}",
        ),
    ],
    # Not by the values: numbers of tokens differ from process to process.
    ids=[
        "run-number",
        "run-not-a-number",
        "run-token",
        "snapshot",
        "policy-text",
        "output-text",
        "quota-alone",
        "quota-list",
        "export-token",
        "name-token",
        "role-token",
    ],
)
def test_refusal_names_the_way_out(stack: cdk.Stack, option: str, value: Any, problem: str) -> None:
    """In the words of the typed form."""
    with pytest.raises(ValidationError) as caught:
        minimal(stack, **{option: value})
    assert caught.value.problems == (problem,)


@pytest.mark.parametrize("wrong", sorted(WRONG.keys() - {"list", "set"}))
def test_quotas_of_a_wrong_kind_are_told_beside_the_broken_one(stack: cdk.Stack, wrong: str) -> None:
    """Where the quota matters, too: both problems are told, and none is taken for raised."""
    letters = [f"v{number}" for number in range(30)]
    with pytest.raises(ValidationError) as caught:
        minimal(
            stack,
            strategy="Grid",
            parameter_ranges=[CategoricalRange("a", letters), CategoricalRange("b", letters)],
            resource_limits=ResourceLimits(max_parallel_training_jobs=1),
            raised_quotas=WRONG[wrong],
        )
    assert len([problem for problem in caught.value.problems if "raised_quotas" in problem]) == 2


def test_location_of_a_role_to_be_made_needs_a_text(stack: cdk.Stack) -> None:
    """With a role of the user's own, the same token goes through as it is."""
    output = dataclasses.replace(definition().output_data_config, s3_output_path=WRONG["object-token"])
    with pytest.raises(ValidationError) as caught:
        minimal(stack, training_job=definition(role=None, output_data_config=output))
    message = (
        "got a token that is no string, and the job's role needs its text; wrap it in Token.as_string(), or give a role"
    )
    assert caught.value.problems == (f"training_job.output_data_config.s3_output_path: {message}",)
    minimal(stack, training_job=definition(output_data_config=output))


def test_configuration_behind_a_token_is_a_problem(stack: cdk.Stack) -> None:
    """Its members stand in the typed form one by one; each of them may be a token."""
    request = {**REQUEST, "HyperParameterTuningJobConfig": WRONG["object-token"]}
    with pytest.raises(ValidationError) as caught:
        HyperparameterTuningJob.from_request(stack, "Tuning", request)
    assert caught.value.problems == (
        "HyperParameterTuningJobConfig: got a token, its members must be known at synth; they may be tokens",
    )


@pytest.mark.parametrize("wrong", sorted(WRONG.keys() - {"map"}))
def test_request_is_a_mapping(stack: cdk.Stack, wrong: str) -> None:
    """Anything else is refused before it is read."""
    with pytest.raises(ValidationError, match=r"- the request: got .*, must be a mapping, as boto3 takes it"):
        HyperparameterTuningJob.from_request(stack, "Tuning", WRONG[wrong])


@pytest.mark.parametrize("wrong", sorted(WRONG.keys() - {"string-token", "text"}))
def test_reference_is_a_string(stack: cdk.Stack, wrong: str) -> None:
    """A job that is referred to by name or ARN."""
    for refer in (HyperparameterTuningJob.from_tuning_job_name, HyperparameterTuningJob.from_tuning_job_arn):
        with pytest.raises(ValidationError, match=r"- tuning_job_(name|arn): got "):
            refer(stack, "Other", WRONG[wrong])


def test_run_is_text_to_cloudformation(stack: cdk.Stack) -> None:
    """A dynamic reference in it is not resolved: what stands for a launch has to be what was written."""
    minimal(stack, run="{{resolve:ssm:run}}")
    [job] = Template.from_stack(stack).find_resources(TYPE).values()
    assert job["Properties"]["Run"] == r"{{\resolve:ssm:run}}"


class TestFalseTokens:
    """Text that reads like a token, of another run or made up: the CDK's own error would name no member."""

    FALSE = "${Token[TOKEN.987654]}"
    TOLD = "which reads like a token, and the CDK has made no such token here; write out what it stands for"

    def test_is_told_wherever_it_is(self, stack: cdk.Stack) -> None:
        """In keys and beside tokens too, all at once; the stack stays as it was."""
        static = {
            self.FALSE: "1",
            "b": f"x{self.FALSE}",
            "c": f"{cdk.Aws.REGION}${{Token[no token]}}",
            "d": cdk.Aws.REGION,
        }
        with pytest.raises(ValidationError) as caught:
            minimal(stack, training_job=definition(static_hyperparameters=static), run=self.FALSE)
        where = "training_job.static_hyperparameters"
        assert caught.value.problems == (
            f"run: got '{self.FALSE}', {self.TOLD}",
            f"{where}['{self.FALSE}']: got '{self.FALSE}', {self.TOLD}",
            f"{where}['b']: got 'x{self.FALSE}', {self.TOLD}",
            f"{where}['c']: got {show(static['c'])}, {self.TOLD}",
        )
        assert stack.node.children == []

    def test_is_told_of_what_is_taken_apart(self, stack: cdk.Stack) -> None:
        """The CDK would look it up at once: for the role's policy, or for the name in an ARN."""
        output = definition(role=None, output_data_config=OutputDataConfig(s3_output_path=self.FALSE))
        with pytest.raises(ValidationError, match=r"s3_output_path: got .*, which reads like a token"):
            minimal(stack, training_job=output)
        with pytest.raises(ValidationError, match=r"tuning_job_arn: got .*, which reads like a token"):
            HyperparameterTuningJob.from_tuning_job_arn(stack, "Imported", self.FALSE)

    def test_tokens_are_taken(self, stack: cdk.Stack) -> None:
        """Of the app, and several in one text."""
        text = f"{cdk.Aws.REGION}-{stack.account}-{cdk.Fn.import_value('x')}"
        minimal(stack, training_job=definition(static_hyperparameters={"a": text}))
        Template.from_stack(stack).resource_count_is(TYPE, 1)


@pytest.mark.parametrize("character", ["\0", "\ud800"], ids=["nul", "half"])
def test_what_can_not_be_sent_is_told(stack: cdk.Stack, character: str) -> None:
    """A NUL ends texts, and half of a character has no UTF-8: the deployment would fail, or change it."""
    static = {f"a{character}": "1", "b": f"x{character}y"}
    with pytest.raises(ValidationError) as caught:
        minimal(stack, training_job=definition(static_hyperparameters=static), run=character)
    code = f"U+{ord(character):04X}"
    told = f"has the character {code}, which can't be sent; remove it"
    where = "training_job.static_hyperparameters"
    assert caught.value.problems == (
        f"run: got {character!r}, {told}",
        f"{where}[{f'a{character}'!r}]: got {f'a{character}'!r}, {told}",
        f"{where}['b']: got {f'x{character}y'!r}, {told}",
    )
