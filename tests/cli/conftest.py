"""What the command's tests share: an account with the sandbox's SageMaker in it, and a terminal to type into."""

from __future__ import annotations

import json
import resource
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import botocore.loaders
import botocore.session
import pytest
from click.testing import CliRunner, Result

from hpt_construct.cli import commands
from hpt_construct.cli.account import Account
from hpt_construct.cli.polling import Clock
from hpt_construct.cli.sagemaker import SageMaker
from hpt_construct.cli.target import RESOURCE_TYPE
from sandbox.sagemaker import clock, service
from sandbox.sagemaker.server import SageMakerServer
from sandbox.sagemaker.settings import ServiceSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION = "us-east-1"


@contextmanager
def almost_full_disk(most_bytes: int) -> Iterator[None]:
    """Files that get longer can't be written, as if the disk were full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class FakeCloudFormation(ThreadingHTTPServer):
    """CloudFormation, as far as it lists the resources of stacks."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _CloudFormationHandler)
        self.stacks: dict[str, list[tuple[str, str, str]]] = {}
        """By a stack's name: logical id, type and physical id of each resource."""
        self.status = "CREATE_COMPLETE"
        """The status of every resource."""
        self.refuses = ""
        """An error code that every call is answered with."""

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"

    def add(self, stack: str, **jobs: str) -> None:
        """Add a stack with tuning jobs."""
        role = ("Role", "AWS::IAM::Role", "role")
        self.stacks[stack] = [role, *((logical_id, RESOURCE_TYPE, name) for logical_id, name in jobs.items())]


class _CloudFormationHandler(BaseHTTPRequestHandler):
    server: FakeCloudFormation

    def do_POST(self) -> None:
        """Answer a call."""
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        stack = form["StackName"][0]
        if self.server.refuses:
            self._answer(403, _error(self.server.refuses, "not you"))
        elif stack not in self.server.stacks:
            self._answer(400, _error("ValidationError", f"Stack with id {stack} does not exist"))
        else:
            members = "".join(
                f"<member><LogicalResourceId>{logical_id}</LogicalResourceId><ResourceType>{kind}</ResourceType>"
                f"<PhysicalResourceId>{escape(physical_id)}</PhysicalResourceId>"
                f"<ResourceStatus>{self.server.status}</ResourceStatus></member>"
                for logical_id, kind, physical_id in self.server.stacks[stack]
            )
            body = f"<StackResourceSummaries>{members}</StackResourceSummaries>"
            for element in ("ListStackResourcesResult", "ListStackResourcesResponse"):
                body = f"<{element}>{body}</{element}>"
            self._answer(200, body)

    def _answer(self, status: int, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 – the base class's name
        """Say nothing."""


def _error(code: str, message: str) -> str:
    return f"<ErrorResponse><Error><Code>{code}</Code><Message>{escape(message)}</Message></Error></ErrorResponse>"


class ServiceClock(Clock):
    """The clock that the command waits by: its waiting is the service's time."""

    def __init__(self, service: service.SageMaker) -> None:
        self._service = service
        self.slept: list[float] = []

    def now(self) -> float:
        """The service's time."""
        return self._service.clock.now()

    def sleep(self, seconds: float) -> None:
        """Put the service's clock forward."""
        self.slept.append(seconds)
        self._service.advance(seconds)


@dataclass
class World:
    """An account, and a terminal."""

    service: service.SageMaker
    cloudformation: FakeCloudFormation
    client: Any
    body: dict[str, Any]
    asked: list[tuple[str, str]]
    """What SageMaker has asked IAM: action and resource."""

    @property
    def sagemaker(self) -> SageMaker:
        """What a command reads SageMaker by."""
        return SageMaker(Account())

    def clock(self) -> ServiceClock:
        """A clock to wait by."""
        return ServiceClock(self.service)

    def start(self, name: str = "tune", **changes: Any) -> None:
        """Start a tuning job: the usual one, with some members of its configuration changed."""
        body = json.loads(json.dumps(self.body))
        body["HyperParameterTuningJobConfig"] |= changes.pop("config", {})
        body["TrainingJobDefinition"] |= changes.pop("definition", {})
        self.client.create_hyper_parameter_tuning_job(**body | {"HyperParameterTuningJobName": name} | changes)

    def hpt(self, *arguments: str, **options: Any) -> Result:
        """Type a command."""
        return CliRunner().invoke(commands.hpt, list(arguments), catch_exceptions=False, **options)


@pytest.fixture(scope="session", autouse=True)
def descriptions() -> Iterator[None]:
    """Read AWS's descriptions of its services once: each command has a session of its own, which would read them again.

    SageMaker's alone takes a quarter of a second.
    """
    shared = botocore.loaders.create_loader()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", lambda _search_path=None: shared)
        yield


@pytest.fixture
def body() -> dict[str, Any]:
    """A small request: twenty trainings, three at a time, about seventy minutes."""
    return {
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "RandomSeed": 1,
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "validation:auc"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 20, "MaxParallelTrainingJobs": 3},
            "ParameterRanges": {
                "ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0", "MaxValue": "1"}],
                "IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "1", "MaxValue": "10"}],
                "CategoricalParameterRanges": [{"Name": "booster", "Values": ["gbtree", "dart"]}],
            },
        },
        "TrainingJobDefinition": {
            "StaticHyperParameters": {"num_round": "100"},
            "AlgorithmSpecification": {
                "TrainingImage": "111122223333.dkr.ecr.us-east-1.amazonaws.com/image:1",
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "validation:auc", "Regex": "auc=(.*)"}],
            },
            "RoleArn": "arn:aws:iam::111122223333:role/tuning",
            "OutputDataConfig": {"S3OutputPath": "s3://bucket/output"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        },
    }


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, body: dict[str, Any]) -> Iterator[World]:
    """An account whose SageMaker is the sandbox's, on a clock that stands still, reached by the real boto3."""
    cloudformation = FakeCloudFormation()
    listening = Thread(target=cloudformation.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    listening.start()
    standing = clock.Clock(lambda: 1_800_000_000.0)
    asked: list[tuple[str, str]] = []

    def authorize(_caller: str, action: str, resource: str, _context: Any) -> None:
        asked.append((action, resource))

    with SageMakerServer(ServiceSettings(), "111122223333", clock=standing, authorize=authorize) as server:
        for name, value in {
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
            "AWS_ENDPOINT_URL_SAGEMAKER": server.url,
            "AWS_ENDPOINT_URL_CLOUDFORMATION": cloudformation.url,
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": str(tmp_path / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
            "AWS_EC2_METADATA_DISABLED": "true",
            # Each answer is seen: boto3 would wait for real before it asks again.
            "AWS_MAX_ATTEMPTS": "1",
        }.items():
            monkeypatch.setenv(name, value)
        for name in ("AWS_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        yield World(server.service, cloudformation, server.service.client(), body, asked)
    cloudformation.shutdown()
    cloudformation.server_close()
    listening.join()
