"""What construct and function share is written once on each side: here they are held together."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template
from hpt_handler import handler, identity, lifecycle, properties, sagemaker
from hpt_handler import waiting as polling

from hpt_construct import BestTrainingJob, WaitForCompletion, provider, rendering, wait_for_completion, waiting
from hpt_construct.cli import judging
from hpt_construct.cli import sagemaker as command
from hpt_construct.cli.words import AskError
from hpt_construct.permissions import LOGICAL_ID_TAG, STACK_TAG
from hpt_construct.validation.rules import data
from tests.construct.jobs import TYPE, minimal

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
    """Kinds of resources, which the function tells by their properties, and the thresholds that it reads."""
    stack = cdk.Stack(cdk.App(), "Training")
    minimal(stack, wait_for_completion=WaitForCompletion(timeout=cdk.Duration.hours(1)))
    kinds = {
        each["Type"]: handler._kind({"ResourceProperties": each["Properties"]})
        for each in Template.from_stack(stack).to_json()["Resources"].values()
        if each["Type"].startswith("Custom::")
    }
    assert kinds == {TYPE: "job", waiting.WAIT_TYPE: handler._WAIT, waiting.RESULT_TYPE: handler._RESULT}
    wait = WaitForCompletion(timeout=cdk.Duration.hours(1), objective_at_least=1, objective_at_most=2)
    assert polling.Gate.of({name: str(value) for name, value in wait.thresholds().items()}) == (1, 2)


def _described(directions: tuple[str, ...], best: int, value: float) -> dict[str, Any]:
    """What Describe says of a completed tuning job with a definition for each direction."""
    objectives = [{"Type": direction, "MetricName": "m"} for direction in directions]
    config: dict[str, Any] = {}
    definitions: dict[str, Any] = {"TrainingJobDefinition": {}}
    won = {}
    if len(objectives) == 1:
        config = {"HyperParameterTuningJobObjective": objectives[0]}
    else:
        several = [{"DefinitionName": f"d{n}", "TuningObjective": each} for n, each in enumerate(objectives)]
        definitions, won = {"TrainingJobDefinitions": several}, {"TrainingJobDefinitionName": f"d{best}"}
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    return {
        "HyperParameterTuningJobName": "n",
        "HyperParameterTuningJobArn": "a",
        "HyperParameterTuningJobStatus": "Completed",
        "HyperParameterTuningJobConfig": {**config, "ResourceLimits": {"MaxParallelTrainingJobs": 1}},
        **definitions,
        "CreationTime": moment,
        "TrainingJobStatusCounters": {},
        "BestTrainingJob": {
            "TrainingJobName": "t",
            "TrainingJobArn": "a",
            "CreationTime": moment,
            "TrainingJobStatus": "Completed",
            "TunedHyperParameters": {},
            # The service may leave out the metric's type.
            "FinalHyperParameterTuningJobObjectiveMetric": {
                "MetricName": objectives[best]["MetricName"],
                "Value": value,
            },
            **won,
        },
    }


@pytest.mark.parametrize("directions", [("Maximize",), ("Minimize",), ("Maximize", "Minimize")])
@pytest.mark.parametrize("least", [None, 0.83, 0.9])
@pytest.mark.parametrize("most", [None, 0.83, 0.3])
def test_construct_function_and_command_have_one_gate(
    directions: tuple[str, ...], least: float | None, most: float | None
) -> None:
    """What the construct refuses, ``hpt wait`` refuses; what the function accepts, it accepts."""
    wait = WaitForCompletion(timeout=cdk.Duration.hours(1), objective_at_least=least, objective_at_most=most)
    bar = judging.Bar(least, most)
    refused = list(wait_for_completion.problems(wait, _described(directions, 0, 0)))
    if refused:
        with pytest.raises(AskError) as caught:
            bar.refuse_unless_it_fits(command._tuning(_described(directions, 0, 0)).directions)
        told = "; ".join(refused).replace("wait_for_completion.", "").replace("objective_at_", "--at-")
        assert caught.value.message == told
        return
    bar.refuse_unless_it_fits(command._tuning(_described(directions, 0, 0)).directions)
    gate = polling.Gate.of(rendering.template(wait.thresholds()))
    # 0.83 in single precision, and its neighbours.
    near = 0.8299999833106995
    for value in (near, 0.8299999237060547, 0.8300000429153442, 0.0, 1.0, 0.3, 0.9, math.nan):
        for best in range(len(directions)):
            described = _described(directions, best, value)
            won = sagemaker._best(described["BestTrainingJob"], described)
            progress = sagemaker.Progress(sagemaker._job(described), completed=0, total=None, best=won)
            is_accepted = not polling.problem(progress, "n", gate, only_completed=True)
            assert (judging.judge(command._tuning(described), bar).status == 0) == is_accepted
    assert judging.Bar(at_least=0.83).problem(near, "Maximize") == ""


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
