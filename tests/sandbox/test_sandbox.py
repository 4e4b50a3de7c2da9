"""The whole sandbox: services that start and end, and functions and commands that run in it."""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Control, RefusedError, Sandbox, SandboxSettings

_FUNCTION = """
import os
import boto3

def handler(event, context):
    jobs = boto3.client("sagemaker").list_hyper_parameter_tuning_jobs(NameContains=event["name"])
    return {"jobs": len(jobs["HyperParameterTuningJobSummaries"]), "home": os.environ["HOME"]}
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """Answer a sandbox that runs."""
    with Sandbox() as sandbox:
        yield sandbox


def _function_home(sandbox: Sandbox, name: str) -> Path:
    """Run a function that calls SageMaker, and answer its home folder."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("index.py", _FUNCTION)
    functions = sandbox.client("lambda")
    functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role="arn:aws:iam::111122223333:role/x",
        Handler="index.handler",
        Code={"ZipFile": archive.getvalue()},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})
    answer = functions.invoke(FunctionName=name, Payload=json.dumps({"name": name}).encode())
    with answer["Payload"] as payload:
        result = json.load(payload)
    assert result["jobs"] == 0
    return Path(result["home"])


def test_a_function_reaches_the_sandboxs_sagemaker(sandbox: Sandbox) -> None:
    """A function that MiniStack runs calls SageMaker in the sandbox, which records it."""
    _function_home(sandbox, "probe")
    assert [call.parameters for call in sandbox.control.calls()] == [{"NameContains": "probe"}]


def test_all_services_have_the_same_account(sandbox: Sandbox) -> None:
    """STS and SageMaker agree on the account."""
    assert sandbox.client("sts").get_caller_identity()["Account"] == sandbox.settings.account_id == "111122223333"


def test_a_command_runs_in_the_sandbox(sandbox: Sandbox, tmp_path: Path) -> None:
    """A command gets the running Python, the sandbox's environment, and its own folder."""
    code = "import os, sys; print(sys.executable, os.getcwd(), os.environ['AWS_ENDPOINT_URL']); sys.exit(3)"
    result = sandbox.run(["python", "-c", code], cwd=tmp_path)
    url = sandbox.environment["AWS_ENDPOINT_URL"]
    assert (result.returncode, result.stdout.split()) == (3, [sys.executable, str(tmp_path), url])


def test_a_program_of_the_folder_is_found(sandbox: Sandbox, tmp_path: Path) -> None:
    """What npm has installed beside an application runs by its name."""
    program = tmp_path / "node_modules" / ".bin" / "cdk"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho the cdk of this folder\n")
    program.chmod(0o755)
    assert sandbox.run(["cdk"], cwd=tmp_path).stdout == "the cdk of this folder\n"


def test_a_command_that_takes_too_long_is_ended_with_what_it_started(sandbox: Sandbox) -> None:
    """A time limit ends the command's own children too."""
    with pytest.raises(subprocess.TimeoutExpired):
        sandbox.run(["sh", "-c", "sleep 60 & wait"], timeout=0.2)


def test_sandboxes_side_by_side_are_apart(sandbox: Sandbox) -> None:
    """A second sandbox has ports and state of its own, and leaves no file when it ends."""
    with Sandbox(SandboxSettings(region="eu-west-1")) as other:
        home = _function_home(other, "other")
        assert home.is_dir()
        assert [call.region for call in other.control.calls()] == ["eu-west-1"]
        assert other.environment["AWS_ENDPOINT_URL"] != sandbox.environment["AWS_ENDPOINT_URL"]
        names = [function["FunctionName"] for function in sandbox.client("lambda").list_functions()["Functions"]]
        assert "other" not in names
        control: Control = other.control
    assert not home.parent.exists()
    with pytest.raises(OSError, match="refused"):
        control.calls()


def test_an_endpoint_elsewhere_is_refused_before_a_command_runs(tmp_path: Path) -> None:
    """A variable that would lead a command to AWS ends in an error, not in a call."""
    settings = SandboxSettings(environment={"AWS_ENDPOINT_URL_S3": "https://s3.amazonaws.com"})
    with Sandbox(settings) as sandbox, pytest.raises(RefusedError):
        sandbox.run(["touch", str(tmp_path / "ran")])
    assert not (tmp_path / "ran").exists()


def test_a_sandbox_that_does_not_run_says_so() -> None:
    """Using it before its start is an error in plain words."""
    with pytest.raises(RuntimeError, match="the sandbox is not running"):
        Sandbox().client("s3")
