"""The real CDK CLI and the real function in one bootstrapped sandbox."""

from __future__ import annotations

import re
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest

from hpt_construct import HyperparameterTuningJob
from sandbox import Sandbox, SandboxSettings, ServiceSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parent.parent.parent
RESOURCE_TYPE = "Custom::SageMakerHyperParameterTuningJob"
_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


class Account:
    """An account to deploy into, and a folder for what is synthesized."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.sagemaker = sandbox.client("sagemaker")
        self.synthesized = str(folder / "cdk.out")
        """What the CLI has last made of an app: another command on the same need not run the app again."""

    def run_cdk(self, *arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
        """Run the CDK CLI; its two streams come as one, without colours and line wraps."""
        # It takes ten seconds where a machine is fast: only what hangs is ended.
        done = self.sandbox.run(["cdk", *arguments], cwd=cwd, timeout=1200)
        text = _ESCAPES.sub("", done.stdout + done.stderr)
        return subprocess.CompletedProcess(done.args, done.returncode, " ".join(text.split()), text)

    def synthesize(self, fill: Callable[[cdk.Stack], object], name: str) -> str:
        """The folder of a synthesized app with one stack that ``fill`` has filled."""
        outdir = self.folder / f"{name}.out"
        app = cdk.App(outdir=str(outdir))
        fill(cdk.Stack(app, name))
        app.synth()
        return str(outdir)

    def deploy(self, fill: Callable[[cdk.Stack], object], name: str) -> subprocess.CompletedProcess[str]:
        """Synthesize and deploy a stack; without a change set, which app.py and the examples take the time for."""
        assembly = self.synthesize(fill, name)
        options = ("--method", "direct", "--require-approval", "never", "--progress", "events")
        return self.run_cdk("deploy", "--app", assembly, *options)

    def deploy_request(self, request: dict[str, Any], name: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Deploy a stack with one tuning job."""
        return self.deploy(
            lambda stack: HyperparameterTuningJob.from_request(stack, "Tuning", request, **options), name
        )

    def destroy(self, name: str) -> subprocess.CompletedProcess[str]:
        """Delete a stack that was deployed."""
        return self.run_cdk("destroy", "--app", str(self.folder / f"{name}.out"), "--force")

    def delete(self, name: str) -> None:
        """Delete a stack without the CLI, whose start and looks take ten times as long as the deletion."""
        self.sandbox.client("cloudformation").delete_stack(StackName=name)
        self.await_deletion(name)

    def await_deletion(self, name: str) -> None:
        """Wait until a stack is gone; fail if its deletion does."""
        waiter = self.sandbox.client("cloudformation").get_waiter("stack_delete_complete")
        waiter.wait(StackName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 12_000})

    def jobs(self) -> dict[str, str]:
        """Every tuning job of the account and its status."""
        listed = self.sagemaker.list_hyper_parameter_tuning_jobs(MaxResults=100)["HyperParameterTuningJobSummaries"]
        return {job["HyperParameterTuningJobName"]: job["HyperParameterTuningJobStatus"] for job in listed}

    def tags(self, name: str) -> dict[str, str]:
        """The tags of a job."""
        arn = f"arn:aws:sagemaker:us-east-1:111122223333:hyper-parameter-tuning-job/{name}"
        return {tag["Key"]: tag["Value"] for tag in self.sagemaker.list_tags(ResourceArn=arn)["Tags"]}

    def created(self) -> list[dict[str, Any]]:
        """Every request for a tuning job since the last time this was asked."""
        calls = self.sandbox.control.calls()
        self.sandbox.control.clear_calls()
        return [call.parameters for call in calls if call.operation == "CreateHyperParameterTuningJob"]

    def names_created(self) -> list[str]:
        """The names in these requests."""
        return [request["HyperParameterTuningJobName"] for request in self.created()]

    def status(self, stack: str) -> str:
        """The status of a stack."""
        [described] = self.sandbox.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        return str(described["StackStatus"])

    def held_jobs(self, stack: str) -> set[str]:
        """The names that CloudFormation knows a stack's tuning jobs by."""
        found = self.sandbox.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
        return {each["PhysicalResourceId"] for each in found if each["ResourceType"] == RESOURCE_TYPE}


@contextmanager
def bootstrapped_account(folder: Path, service: ServiceSettings, speed: float = 1) -> Iterator[Account]:
    """A sandbox that the CLI has bootstrapped."""
    environment = {
        "PYTHONPATH": str(ROOT),
        # A folder of its own to synthesize into: two CLIs can't share one, and tests run on both cores.
        "CDK_OUTPUT": str(folder / "cdk.out"),
        # Node need not compile the CLI anew for each command, which is a seventh of its start.
        "NODE_COMPILE_CACHE": str(folder / "node"),
    }
    with Sandbox(SandboxSettings(service=service, environment=environment, speed=speed)) as sandbox:
        account = Account(sandbox, folder)
        # With the environment named, the CLI need not run the app to learn it.
        done = account.run_cdk("bootstrap", "aws://111122223333/us-east-1")
        assert done.returncode == 0, done.stderr
        yield account


@pytest.fixture(scope="session")
def bootstrapped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """One sandbox for all tests of a worker: it takes ten seconds until one is bootstrapped."""
    with bootstrapped_account(tmp_path_factory.mktemp("apps"), ServiceSettings(stopping_seconds=0.5)) as account:
        yield account


@pytest.fixture
def account(bootstrapped: Account) -> Iterator[Account]:
    """The account, with no quota, fault or record left of another test; requests may name what is not there."""
    bootstrapped.created()
    bootstrapped.sandbox.control.configure(inputs_elsewhere=True)
    yield bootstrapped
    bootstrapped.sandbox.control.configure(max_tuning_jobs=100)
    bootstrapped.sandbox.control.clear_faults()


def outputs(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """The stack outputs that the CLI printed, by key without the stack."""
    return dict(re.findall(r"^\w+\.(\w+) = (\S+)$", done.stderr, re.MULTILINE))
