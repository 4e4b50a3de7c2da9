"""The function may do what it does in its life, and nothing else: an IAM evaluator on the calls of real runs."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from benchmarks import requests
from hpt_construct import HyperparameterTuningJob
from hpt_construct.permissions import STACK_TAG
from tests.function.conftest import STACK_ID

from .conftest import ACCOUNT, ASKING, AT_CREATION, OURS, Recorder, Request, decide, empty_account, grants, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.function.conftest import World

    from .conftest import Context, Place

TYPE = "Custom::SageMakerHyperParameterTuningJob"
THEIRS = {f"aws:ResourceTag/{STACK_TAG}": "arn:aws:cloudformation:us-east-1:111122223333:stack/Other/1"}
EVERYTHING = {"Effect": "Allow", "Action": "sagemaker:*", "Resource": "*"}
CHANGING = ("StopHyperParameterTuningJob", "DeleteHyperParameterTuningJob", "AddTags", "DeleteTags")


@dataclass
class Life:
    """A stack, and what its function has asked of IAM from the creation of its jobs to their end."""

    place: Place
    statements: list[dict[str, Any]]
    requests: list[Request]

    def sagemaker(self) -> list[Request]:
        """The calls of the function itself, without what other services ask for in its name."""
        return [
            request
            for request in self.requests
            if request.action.startswith("sagemaker:") and not AT_CREATION.items() <= request.context.items()
        ]

    def decide(self, requests: list[Request]) -> list[str]:
        """What IAM says."""
        [decisions] = decide([(self.statements, requests)])
        return decisions


@dataclass
class Thinner:
    """A policy without one action or resource of one of its statements."""

    effect: str
    member: str
    dropped: str
    statements: list[dict[str, Any]]

    def about(self, requests: list[Request]) -> list[Request]:
        """Those requests for which what is missing can make a difference."""
        pattern = re.compile(re.escape(self.dropped).replace(r"\*", ".*"))
        return [
            request
            for request in requests
            if pattern.fullmatch(request.action if self.member == "Action" else request.resource)
        ]


@pytest.fixture(scope="module")
def life(place: Place) -> Life:
    """Two jobs, one with a name of its own and a key by its alias, are made, re-tagged, changed and deleted."""
    guide_request = requests.guide_request()
    definition = guide_request["TrainingJobDefinition"]
    definition["RoleArn"] = place.role("SageMakerRole")
    definition["ResourceConfig"]["VolumeKmsKeyId"] = place.arn("kms", "key/1234abcd-12ab-34cd-56ef-1234567890ab")
    named = copy.deepcopy(guide_request)
    named["HyperParameterTuningJobName"] = "Nightly"
    named["TrainingJobDefinition"]["ResourceConfig"]["VolumeKmsKeyId"] = "alias/trainings"
    stack = cdk.Stack(cdk.App(), "Training")
    HyperparameterTuningJob.from_request(stack, "Tuning", guide_request, removal_policy=cdk.RemovalPolicy.DESTROY)
    HyperparameterTuningJob.from_request(stack, "Named", named)
    resources = Template.from_stack(stack).find_resources(TYPE)

    with empty_account() as world:
        recorder = Recorder(world, place)
        for logical_id, resource in resources.items():
            _live(world, logical_id, place.resolve(resource["Properties"]))
    # Which spelling of a mixed-case name IAM sees is not documented.
    lower = [request.on(request.resource.replace("Nightly", "nightly")) for request in recorder.requests]
    # An update leaves jobs with names that the template has no more: they are tagged and stopped all the same.
    gone = [
        request.on(place.job("gone-0000-tuning-1a2b3c4d5"))
        for request in recorder.requests
        if OURS.items() <= request.context.items() and not AT_CREATION.items() <= request.context.items()
    ]
    asked = {
        repr(request): request for request in (*recorder.requests, *lower, *gone, *place.by_lambda(), *place.asking())
    }
    return Life(place, place.statements(stack), list(asked.values()))


def _live(world: World, logical_id: str, properties: dict[str, Any]) -> None:
    """A creation that is delivered twice, an update of the tags, a deletion of nothing, and one of the job."""

    def send(request_type: str, new: dict[str, Any], **more: Any) -> None:
        answer = world.send(request_type, new, LogicalResourceId=logical_id, **more)
        assert answer["Status"] == "SUCCESS", answer

    tagged = {**properties, "Tags": [{"Key": "team", "Value": "ml"}]}
    created = world.event("Create", tagged, LogicalResourceId=logical_id)
    first = world.deliver(created)["PhysicalResourceId"]
    assert world.deliver(created)["PhysicalResourceId"] == first
    retagged = {**properties, "Tags": [{"Key": "stage", "Value": "dev"}]}
    send("Update", retagged, old=tagged, PhysicalResourceId=first)
    send("Delete", properties, PhysicalResourceId="not-created:request-0")
    send("Delete", properties, PhysicalResourceId=first)


def test_whole_life_is_allowed(life: Life) -> None:
    """Every operation of the function is among the calls, and IAM lets every call pass."""
    actions = {request.action for request in life.requests}
    operations = {f"sagemaker:{name}" for name in (*CHANGING, "ListTags")}
    operations |= {f"sagemaker:{verb}HyperParameterTuningJob" for verb in ("Create", "Describe")}
    assert actions == operations | {
        "iam:PassRole",
        "kms:CreateGrant",
        "kms:DescribeKey",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "lambda:InvokeFunction",
        *(f"cloudformation:{operation}" for operation in ASKING),
    }
    refused = [
        request
        for request, decision in zip(life.requests, life.decide(life.requests), strict=True)
        if decision != "Allowed"
    ]
    assert refused == []


def test_everything_else_is_refused(life: Life) -> None:
    """Others' jobs, names, roles, keys, services: the same calls with one thing changed are denied."""
    forbidden = list(_forbidden(life))
    allowed = [
        request for request, decision in zip(forbidden, life.decide(forbidden), strict=True) if decision == "Allowed"
    ]
    assert len(forbidden) > 100
    assert allowed == []


def test_no_further_policy_lets_it_touch_another_stacks_job(life: Life) -> None:
    """An administrator may attach whatever they like to the role: what changes such a job stays denied."""
    changing = [request.where(**THEIRS) for request in life.sagemaker() if _operation(request) in CHANGING]
    [decisions] = decide([([*life.statements, EVERYTHING], changing)])
    assert set(decisions) == {"ExplicitlyDenied"}


def test_no_action_is_left_that_nothing_needs(life: Life) -> None:
    """Without any one action or resource of what is allowed, a call fails; without any of what is denied, a call that
    must not pass does, if the role has a further policy.
    """
    forbidden = [request.where(**THEIRS) for request in life.sagemaker() if _operation(request) in CHANGING]
    thinner = list(_each_without_one(life.statements))
    decisions = decide(
        [(less.statements, less.about(life.requests if less.effect == "Allow" else forbidden)) for less in thinner]
    )
    needless = [
        less.dropped
        for less, decided in zip(thinner, decisions, strict=True)
        if ("ImplicitlyDenied" if less.effect == "Allow" else "Allowed") not in decided
    ]
    assert needless == []


def _operation(request: Request) -> str:
    return request.action.partition(":")[2]


def _forbidden(life: Life) -> Iterator[Request]:
    yield from _of_jobs(life)
    yield from _of_others(life)


def _of_jobs(life: Life) -> Iterator[Request]:
    place = life.place
    for request in life.sagemaker():
        name = request.resource.rpartition("/")[2]
        # Outside of the account and the region, and of tuning jobs: whatever the tags say.
        yield request.on(place.arn("sagemaker", f"hyper-parameter-tuning-job/{name}", region="us-west-2"))
        yield request.on(place.arn("sagemaker", f"hyper-parameter-tuning-job/{name}", account="444455556666"))
        action = _operation(request)
        others = ("other-0000-tuning-1a2b3c4d5", f"x{name}", f"{name[:13]}0{name[14:]}")
        if action == "CreateHyperParameterTuningJob":
            # Under a name that no job of the stack has.
            yield from (request.on(place.job(other)) for other in others)
        if action in CHANGING:
            # A job that is another stack's by its tags, whatever its name, and one that is nobody's.
            yield request.where(**THEIRS)
            yield from (request.on(place.job(other)).where(**THEIRS) for other in others)
            yield from (request.on(place.job(other)).where(**dict.fromkeys(OURS)) for other in others)
            if action != "AddTags":
                yield request.where(**dict.fromkeys(OURS))
    job = life.sagemaker()[0].resource
    claim: Context = {"aws:TagKeys": [STACK_TAG], f"aws:RequestTag/{STACK_TAG}": OURS[f"aws:ResourceTag/{STACK_TAG}"]}
    yield Request("sagemaker:AddTags", job, {**claim, **THEIRS})
    yield Request("sagemaker:AddTags", place.job("other"), {**claim, "sagemaker:TaggingAction": "CreateTrainingJob"})


def _of_others(life: Life) -> Iterator[Request]:
    place = life.place
    job = life.sagemaker()[0].resource
    for operation in (*ASKING, "DeleteStack", "DescribeStackEvents", "GetTemplate"):
        yield Request(f"cloudformation:{operation}", f"{STACK_ID.rpartition('/')[0]}/another")
    for operation in ("DeleteStack", "UpdateStack", "GetTemplate"):
        yield Request(f"cloudformation:{operation}", STACK_ID)
    training = place.arn("sagemaker", f"training-job/{job.rpartition('/')[2]}")
    for action in ("AddTags", "DeleteTags", "ListTags", "CreateTrainingJob", "StopTrainingJob"):
        yield Request(f"sagemaker:{action}", training)
    for name in ("Other", "SageMakerRoleX", "service-role/SageMakerRole", "Function"):
        yield Request("iam:PassRole", place.role(name), {"iam:PassedToService": "sagemaker.amazonaws.com"})
    role = place.role("SageMakerRole")
    yield Request("iam:PassRole", role)
    for service in ("lambda.amazonaws.com", f"lambda.{place.suffix}", "sagemaker.example.com"):
        yield Request("iam:PassRole", role, {"iam:PassedToService": service})
    yield Request("sts:AssumeRole", role)
    yield Request("iam:CreateRole", role)
    for request in life.requests:
        if request.action.startswith("kms:"):
            through = f"ec2.{place.region}.amazonaws.com"
            yield request.where(**{"kms:ViaService": through})
            yield request.where(**{"kms:ViaService": None})
            yield request.where(**{"kms:ViaService": "sagemaker.us-west-2.amazonaws.com"})
    for key in ("9876abcd-12ab-34cd-56ef-1234567890ab", "alias/other-trainings"):
        yield from grants(place, key)
    key = place.arn("kms", "key/1234abcd-12ab-34cd-56ef-1234567890ab")
    for action in ("Decrypt", "Encrypt", "PutKeyPolicy"):
        yield Request(f"kms:{action}", key, {"kms:ViaService": f"sagemaker.{place.region}.amazonaws.com"})
    yield Request("logs:PutLogEvents", place.arn("logs", "log-group:/aws/lambda/other:log-stream:1"))
    yield Request("lambda:InvokeFunction", place.arn("lambda", "function:other"))
    yield Request("lambda:InvokeFunction", place.function())
    yield Request("s3:GetObject", f"arn:{place.partition}:s3:::amzn-s3-demo-bucket/xgboost/train")


def _each_without_one(statements: list[dict[str, Any]]) -> Iterator[Thinner]:
    for index, statement in enumerate(statements):
        for member in ("Action", "Resource"):
            values = listed(statement, member)
            for value in values:
                rest = [other for other in values if other != value]
                less = [{**statement, member: rest}] if rest else []
                further = [EVERYTHING] if statement["Effect"] == "Deny" else []
                yield Thinner(
                    statement["Effect"],
                    member,
                    value,
                    [*statements[:index], *less, *statements[index + 1 :], *further],
                )


def test_no_statement_is_on_everything(life: Life) -> None:
    """Every resource is of one service in one account; a wildcard stands for the end of a name only."""
    for resource in (name for statement in life.statements for name in listed(statement, "Resource")):
        service, _, account, name = resource.split(":", 5)[2:6]
        assert service in {"sagemaker", "iam", "kms", "logs", "lambda", "cloudformation"}
        assert account == ACCOUNT
        assert "*" not in name.rstrip("*")
