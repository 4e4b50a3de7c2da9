"""What construct and function share is written once on each side: here they are held together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from hpt_handler import handler, identity, lifecycle, properties, sagemaker
from hpt_handler import waiting as polling

from hpt_construct import BestTrainingJob, WaitForCompletion, provider, rendering, wait_for_completion, waiting
from hpt_construct.permissions import LOGICAL_ID_TAG, STACK_TAG
from hpt_construct.validation.rules import data

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def shape(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The shape of a request, as the function has it."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = sagemaker.client.__wrapped__()
    yield client.meta.service_model.operation_model("CreateHyperParameterTuningJob").input_shape
    client.close()


def test_ownership_tags_are_reserved_and_asked_for() -> None:
    """Synth reserves the prefix and the places, IAM and rules ask for some of them, and the function writes them."""
    wish = identity.Wish("stack", "id", "event", {}, {}, None, "prefix", "", removal_policy="")
    tags = wish.ownership_tags()
    assert (tags[STACK_TAG], tags[LOGICAL_ID_TAG]) == ("stack", "id")
    assert len(tags) == data._OWN_TAGS
    assert all(key.startswith(data._OWN_PREFIX) for key in tags)
    assert data._OWN_PREFIX == identity.PREFIX


def test_event_age_is_the_one_that_the_deletion_relies_on() -> None:
    """The function waits as long as the settings of the construct let a creation go on."""
    assert provider._EVENT_AGE_MINUTES * 60 == lifecycle.EVENT_AGE_SECONDS
    assert lifecycle.WATCH_SECONDS > lifecycle.EVENT_AGE_SECONDS + lifecycle.START_SECONDS
    assert lifecycle.WATCH_SECONDS < provider._FUNCTION_TIMEOUT_MINUTES * 60 - 75


def test_waiting_has_the_same_names_on_both_sides() -> None:
    """Types of resources, and the properties that the function reads."""
    assert (handler._WAIT, handler._RESULT) == (waiting.WAIT_TYPE, waiting.RESULT_TYPE)
    wait = WaitForCompletion(timeout=cdk.Duration.hours(1), objective_at_least=1, objective_at_most=2)
    assert polling.Gate.of({name: str(value) for name, value in wait.thresholds().items()}) == (1, 2)


def test_execution_outlives_the_longest_wait() -> None:
    """And the signal that is sent again after it."""
    longest = wait_for_completion._LONGEST + polling._MAY_STILL_ARRIVE
    assert longest < waiting._LONGEST_EXECUTION


def test_attributes_are_those_that_the_function_answers_with() -> None:
    """By their names, of which the tokens know no other."""
    best = sagemaker.Best("n", "a", "d", "Maximize", "m", 1.0, {"eta": "0.1"})
    told = polling._attributes(best, "s3://x")
    stack = cdk.Stack(cdk.App(), "S")
    tokens = BestTrainingJob(cdk.CfnResource(stack, "R", type="Custom::R"), None)
    asked = [getattr(tokens, name) for name, kind in vars(BestTrainingJob).items() if isinstance(kind, property)]
    asked.append(tokens.hyperparameter("eta"))
    assert {stack.resolve(token)["Fn::GetAtt"][1] for token in asked} == set(told)


@pytest.mark.parametrize(
    "text", ["{{resolve:ssm:x}}", "{{\\resolve:x}}", "\\", "{{", "${AWS::Region}", "x{{resolve:{{"]
)
def test_text_survives_the_template(shape: Any, text: str) -> None:
    """What the construct marks for CloudFormation, the function unmarks."""
    request = {"TrainingJobDefinition": {"StaticHyperParameters": {"a": text}}}
    assert properties.restore(rendering.template(request), shape) == request


@pytest.mark.parametrize("key", ["Fn::Sub", "Ref", "\\Ref", "Condition", "\\x", "Fn::", "fn::x", "Ref\n"])
def test_keys_survive_the_template(shape: Any, key: str) -> None:
    """Hyperparameters may have the names of intrinsic functions."""
    request = {"TrainingJobDefinition": {"StaticHyperParameters": {key: ""}}}
    assert properties.restore(rendering.template(request), shape) == request
