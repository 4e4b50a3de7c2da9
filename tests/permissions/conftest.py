"""The function's policy as synthesized, the calls of real runs, and what IAM says to them."""

from __future__ import annotations

import json
import subprocess
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk.assertions import Template

from hpt_construct.permissions import STACK_TAG
from tests.function.conftest import STACK_ID, World

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import aws_cdk as cdk

ACCOUNT = "111122223333"
PARTITIONS = {"aws": "eu-central-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
_SIMULATE = Path(__file__).with_name("simulate.mjs")
ASKING = ("DescribeStacks", "DescribeStackResource")
_LOG_GROUP = "/aws/lambda/logs"


Context = dict[str, str | list[str]]

AT_CREATION: Context = {"aws:CurrentTime": "2027-01-15T08:00:00Z"}
"""Tells what is asked at a creation from the same call later on: no policy has such a condition."""


@dataclass(frozen=True)
class Request:
    """What IAM is asked: may the function do this to that, under these circumstances?"""

    action: str
    resource: str
    context: Context = field(default_factory=dict)

    def on(self, resource: str) -> Request:
        """The same on something else."""
        return replace(self, resource=resource)

    def where(self, **context: str | list[str] | None) -> Request:
        """The same under other circumstances; None takes one away."""
        merged = {**self.context, **context}
        return replace(self, context={key: value for key, value in merged.items() if value is not None})


def listed(statement: dict[str, Any], member: str) -> list[str]:
    """A statement's actions or resources, one or many."""
    value = statement[member]
    return value if isinstance(value, list) else [value]


@dataclass(frozen=True)
class Place:
    """Where the stack is deployed."""

    partition: str
    region: str

    @property
    def suffix(self) -> str:
        """The domain of the partition."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    def arn(self, service: str, rest: str, *, region: str | None = None, account: str = ACCOUNT) -> str:
        """An ARN of the account in the region, or of another."""
        return f"arn:{self.partition}:{service}:{self.region if region is None else region}:{account}:{rest}"

    def job(self, name: str) -> str:
        """The ARN of a tuning job."""
        return self.arn("sagemaker", f"hyper-parameter-tuning-job/{name}")

    def role(self, name: str) -> str:
        """The ARN of a role."""
        return self.arn("iam", f"role/{name}", region="")

    def function(self) -> str:
        """The ARN of the function itself."""
        return self.arn("lambda", "function:hpt")

    def destination(self) -> str:
        """The ARN of the second function, which answers what Lambda gives up."""
        return self.arn("lambda", "function:hpt-destination")

    def machine(self) -> str:
        """The ARN of the state machine that polls."""
        return self.arn("states", "stateMachine:Machine")

    def resolve(self, value: Any) -> Any:
        """A part of a template as CloudFormation resolves it here."""
        pseudo = {
            "AWS::Partition": self.partition,
            "AWS::Region": self.region,
            "AWS::AccountId": ACCOUNT,
            "AWS::StackId": STACK_ID,
            "AWS::URLSuffix": self.suffix,
        }
        resolved: Any
        match value:
            case {"Ref": str(name)} if name.startswith("HptConstructProviderWaiting"):
                resolved = self.machine()
            case {"Fn::GetAtt": [str(name), "Name"]} if name.startswith("HptConstructProviderWaiting"):
                resolved = self.machine().rpartition(":")[2]
            case {"Ref": name}:
                resolved = pseudo[name]
            case {"Fn::Join": [separator, parts]}:
                resolved = separator.join(self.resolve(parts))
            case {"Fn::GetAtt": [str(name), "Arn"]} if "Logs" in name:
                resolved = self.arn("logs", f"log-group:{_LOG_GROUP}:*")
            case {"Fn::GetAtt": [str(name), "Arn"]} if name.startswith("HptConstructProviderF"):
                resolved = self.destination() if "FailureDestination" in name else self.function()
            case {"Fn::GetAtt": [str(name), "Arn"]}:
                resolved = name
            case dict():
                resolved = {key: self.resolve(item) for key, item in value.items()}
            case list():
                resolved = [self.resolve(item) for item in value]
            case _:
                resolved = value
        return resolved

    def documents(self, stack: cdk.Stack, kind: str = "Policy") -> list[dict[str, Any]]:
        """The policies in the role of the function, or those of another kind that it has, resolved."""
        found = Template.from_stack(stack).find_resources(f"AWS::IAM::{kind}").values()
        return [self.resolve(policy["Properties"]["PolicyDocument"]) for policy in found]

    def statements(self, stack: cdk.Stack) -> list[dict[str, Any]]:
        """The statements of all of them."""
        documents = [*self.documents(stack), *self.documents(stack, "ManagedPolicy")]
        return [statement for document in documents for statement in document["Statement"]]

    def by_lambda(self) -> list[Request]:
        """What Lambda does in the function's name: it writes the log, and hands over an event that it gives up."""
        stream = self.arn("logs", f"log-group:{_LOG_GROUP}:log-stream:1")
        return [
            Request("logs:CreateLogStream", stream),
            Request("logs:PutLogEvents", stream),
            Request("lambda:InvokeFunction", self.destination()),
        ]

    def asking(self) -> list[Request]:
        """What the function asks CloudFormation."""
        return [Request(f"cloudformation:{operation}", STACK_ID) for operation in ASKING]


Case = tuple[list[dict[str, Any]], list[Request]]


def decide(cases: Sequence[Case]) -> list[list[str]]:
    """What IAM decides, for each list of statements on each of its requests; a key or resource that it does not know
    for an action is an error.
    """
    told = [{"statements": statements, "requests": [vars(request) for request in asked]} for statements, asked in cases]
    evaluator = _evaluator()
    assert evaluator.stdin
    assert evaluator.stdout
    evaluator.stdin.write(json.dumps({"account": ACCOUNT, "cases": told}) + "\n")
    evaluator.stdin.flush()
    answer = evaluator.stdout.readline()
    assert answer, "the evaluator has ended; standard error says why"
    decisions: list[list[str]] = json.loads(answer)
    return decisions


@cache
def _evaluator() -> subprocess.Popen[str]:
    """One for all tests of a worker: it takes two seconds to load what it knows of AWS."""
    return subprocess.Popen(["node", str(_SIMULATE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.fixture(scope="session", autouse=True)
def _no_evaluator_left() -> Iterator[None]:
    yield
    if _evaluator.cache_info().currsize:
        with _evaluator():  # ends with its input
            pass


class Recorder:
    """Notes what IAM would be asked at each call of the function's client."""

    def __init__(self, world: World, place: Place) -> None:
        self._world = world
        self._place = place
        self.requests: list[Request] = []
        world.client.meta.events.register("provide-client-params.sagemaker", self._note)

    def _note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        action = f"sagemaker:{model.name}"
        name = params.get("HyperParameterTuningJobName") or params["ResourceArn"].rpartition("/")[2]
        keys = [tag["Key"] for tag in params.get("Tags", ())] + params.get("TagKeys", [])
        context: Context = {f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in params.get("Tags", ())}
        if keys:
            context["aws:TagKeys"] = keys
        job = self._place.job(name)
        if model.name != "CreateHyperParameterTuningJob":
            owned = {f"aws:ResourceTag/{key}": value for key, value in self._tags(name).items()}
            self.requests.append(Request(action, job, {**context, **owned}))
            return
        self.requests.append(Request(action, job, context))
        # What a creation shows of its tags is not documented: each way has to do.
        of_job = {f"aws:ResourceTag/{tag['Key']}": tag["Value"] for tag in params["Tags"]}
        for shown in ({**context, "sagemaker:TaggingAction": model.name}, context, {**context, **of_job}, {}):
            self.requests.append(Request("sagemaker:AddTags", job, {**shown, **AT_CREATION}))
        single = params.get("TrainingJobDefinition")
        for definition in [single] if single else params["TrainingJobDefinitions"]:
            self.requests += self._on_behalf(definition)

    def _on_behalf(self, definition: dict[str, Any]) -> Iterator[Request]:
        """What the service then asks for in the caller's name."""
        # By which name IAM knows SageMaker is not documented for every partition: each has to do.
        for suffix in ("amazonaws.com", self._place.suffix):
            yield Request("iam:PassRole", definition["RoleArn"], {"iam:PassedToService": f"sagemaker.{suffix}"})
        for member in ("ResourceConfig", "HyperParameterTuningResourceConfig"):
            key = definition.get(member, {}).get("VolumeKmsKeyId")
            if key:
                yield from grants(self._place, key)

    def _tags(self, name: str) -> dict[str, str]:
        jobs = {known.lower() for known in self._world.names()}
        return self._world.tags(name) if name.lower() in jobs else {}


def grants(place: Place, key: str) -> Iterator[Request]:
    """What SageMaker asks of a key in the caller's name; IAM sees the key and its aliases, no alias as a resource."""
    alias = "alias/" + key.partition("alias/")[2]
    arn = key if key.startswith("arn:") and alias not in key else place.arn("kms", f"key/{key}")
    context: Context = {"kms:ViaService": f"sagemaker.{place.region}.amazonaws.com"}
    if alias in key:
        arn = place.arn("kms", "key/0a1b")
        context["kms:ResourceAliases"] = [alias, "alias/other"]
    yield Request("kms:CreateGrant", arn, context)
    yield Request("kms:DescribeKey", arn, context)


@contextmanager
def empty_account() -> Iterator[World]:
    """An account without a tuning job, and the environment to reach it."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
        }.items():
            patch.setenv(name, value)
        with closing(World()) as world:
            yield world


@pytest.fixture
def world() -> Iterator[World]:
    """An empty account."""
    with empty_account() as world:
        yield world


@pytest.fixture(scope="module", params=list(PARTITIONS.items()), ids=list(PARTITIONS))
def place(request: pytest.FixtureRequest) -> Place:
    """A region of each partition."""
    return Place(*request.param)


OURS = {f"aws:ResourceTag/{STACK_TAG}": STACK_ID}
