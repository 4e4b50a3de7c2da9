"""Waiting needs little: one machine, its executions, and the trainings of the stack's own jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk.assertions import Template

from hpt_construct import HyperparameterTuningJob, Objective, WaitForCompletion
from tests.construct.jobs import minimal
from tests.function.conftest import STACK_ID

from .conftest import ACCOUNT, OURS, Place, Request, decide, listed
from .test_least_privilege import CHANGING
from .test_reviewers import findings

if TYPE_CHECKING:
    from pathlib import Path

    from constructs import Construct

WAIT = WaitForCompletion(timeout=cdk.Duration.hours(6), objective_at_least=0.8)


def fill(scope: Construct) -> None:
    """Two jobs that are waited for, one with a name of the user's."""
    for name, given in (("A", None), ("B", "Nightly")):
        minimal(
            scope, name, objective=Objective.maximize("auc"), tuning_job_name=given, wait_for_completion=WAIT, run="1"
        )


def test_function_may_do_what_waiting_asks_for_and_nothing_like_it(place: Place) -> None:
    """Both directions, by an evaluator of IAM."""
    stack = cdk.Stack(cdk.App(), "Training")
    fill(stack)
    execution = place.machine().replace(":stateMachine:", ":execution:")
    allowed = [
        Request("states:StartExecution", place.machine()),
        Request("states:StopExecution", f"{execution}:0a1b"),
        Request(
            "sagemaker:DescribeTrainingJob", place.arn("sagemaker", "training-job/training-36a7-a-0123-001-0a1b2c")
        ),
        Request("sagemaker:DescribeTrainingJob", place.arn("sagemaker", "training-job/Nightly-001-0a1b2c3d")),
        Request("sagemaker:DescribeTrainingJob", place.arn("sagemaker", "training-job/nightly-001-0a1b2c3d")),
    ]
    denied = [
        Request("states:StartExecution", f"{place.machine()}2"),
        Request("states:StopExecution", f"{execution}2:0a1b"),
        Request("states:UpdateStateMachine", place.machine()),
        Request("states:DeleteStateMachine", place.machine()),
        Request("states:GetExecutionHistory", f"{execution}:0a1b"),
        Request("sagemaker:DescribeTrainingJob", place.arn("sagemaker", "training-job/nightly")),
        Request("sagemaker:DescribeTrainingJob", place.arn("sagemaker", "training-job/other-001-0a1b2c3d")),
        Request("sagemaker:StopTrainingJob", place.arn("sagemaker", "training-job/Nightly-001-0a1b2c3d")),
    ]
    [decisions] = decide([(place.statements(stack), [*allowed, *denied])])
    assert decisions == ["Allowed"] * len(allowed) + ["ImplicitlyDenied"] * len(denied)


def test_stack_that_only_refers_to_a_job_may_look_at_that_job(place: Place) -> None:
    """It has none that could be started, stopped, deleted or tagged."""
    stack = cdk.Stack(cdk.App(), "Serving")
    best = HyperparameterTuningJob.from_tuning_job_name(stack, "Nightly", "Nightly").best_training_job
    cdk.CfnOutput(stack, "Model", value=best.model_data_url)
    allowed = [
        Request("sagemaker:DescribeHyperParameterTuningJob", place.job("Nightly")),
        Request("sagemaker:DescribeHyperParameterTuningJob", place.job("nightly")),
        Request("sagemaker:DescribeTrainingJob", place.arn("sagemaker", "training-job/Nightly-001-0a1b2c3d")),
        Request("cloudformation:DescribeStacks", STACK_ID),
    ]
    ours = place.job("serving-1a2b-tuning-0123456789")
    denied = [
        Request("sagemaker:DescribeHyperParameterTuningJob", place.job("other")),
        Request("cloudformation:DescribeStackResource", STACK_ID),
        *(Request(f"sagemaker:{operation}", place.job("Nightly"), {**OURS}) for operation in CHANGING),
        *(
            Request(f"sagemaker:{operation}", ours, {**OURS})
            for operation in (*CHANGING, "CreateHyperParameterTuningJob")
        ),
    ]
    statements = place.statements(stack)
    [decisions] = decide([(statements, [*allowed, *denied])])
    assert decisions == ["Allowed"] * len(allowed) + ["ImplicitlyDenied"] * len(denied)
    assert {action for statement in statements for action in listed(statement, "Action")} == {
        "sagemaker:DescribeHyperParameterTuningJob",
        "sagemaker:DescribeTrainingJob",
        "cloudformation:DescribeStacks",
        "lambda:InvokeFunction",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    }


def test_machine_may_invoke_the_function_and_nothing_else(place: Place) -> None:
    """Its role has one statement."""
    stack = cdk.Stack(cdk.App(), "Training")
    fill(stack)
    roles = Template.from_stack(stack).find_resources("AWS::IAM::Role").items()
    [properties] = [role["Properties"] for name, role in roles if name.startswith("HptConstructProviderWaiting")]
    [policy] = properties["Policies"]
    statements = place.resolve(policy["PolicyDocument"]["Statement"])
    invoke = Request("lambda:InvokeFunction", place.function())
    [decisions] = decide([(statements, [invoke, invoke.on(f"{place.function()}2")])])
    assert decisions == ["Allowed", "ImplicitlyDenied"]
    [trusted] = properties["AssumeRolePolicyDocument"]["Statement"]
    assert trusted["Principal"] == {"Service": "states.amazonaws.com"}
    assert place.resolve(trusted["Condition"]) == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {"aws:SourceArn": place.arn("states", "stateMachine:*")},
    }


def test_cdk_nag_finds_nothing(tmp_path: Path) -> None:
    """What it would find has its reason."""
    app = cdk.App(outdir=str(tmp_path))
    fill(cdk.Stack(app, "Training"))
    assert findings(app) == []
