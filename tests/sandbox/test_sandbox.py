"""The whole sandbox: services that start and end, and functions and commands that run in it."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from sandbox import Control, RefusedError, Sandbox, SandboxSettings

_FUNCTION = """
import os
import boto3

def handler(event, context):
    jobs = boto3.client("sagemaker").list_hyper_parameter_tuning_jobs(NameContains=event["name"])
    return {"jobs": len(jobs["HyperParameterTuningJobSummaries"]), "home": os.environ["HOME"]}
"""


_LISTS = {"Effect": "Allow", "Action": "sagemaker:ListHyperParameterTuningJobs", "Resource": "*"}


def _policy(**statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _invoke(sandbox: Sandbox, name: str, **statement: object) -> Any:
    """Run a function that calls SageMaker and whose role has a policy of one statement; answer what it returns."""
    iam = sandbox.client("iam")
    trust = _policy(Effect="Allow", Principal={"Service": "lambda.amazonaws.com"}, Action="sts:AssumeRole")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="function", PolicyDocument=_policy(**statement))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("index.py", _FUNCTION)
    functions = sandbox.client("lambda")
    functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=role,
        Handler="index.handler",
        Code={"ZipFile": archive.getvalue()},
        Timeout=300,
    )
    functions.get_waiter("function_active_v2").wait(
        FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 6000}
    )
    answer = functions.invoke(FunctionName=name, Payload=json.dumps({"name": name}).encode())
    with answer["Payload"] as payload:
        return json.load(payload)


def _function_home(sandbox: Sandbox, name: str) -> Path:
    """Run a function that calls SageMaker, and answer its home folder."""
    result = _invoke(sandbox, name, **_LISTS)
    assert result["jobs"] == 0
    return Path(result["home"])


def test_a_function_reaches_the_sandboxs_sagemaker(sandbox: Sandbox) -> None:
    """A function that MiniStack runs calls SageMaker in the sandbox, which records it."""
    sandbox.control.clear_calls()
    _function_home(sandbox, "probe")
    assert [call.parameters for call in sandbox.control.calls()] == [{"NameContains": "probe"}]


def test_a_function_may_do_what_its_role_may(sandbox: Sandbox) -> None:
    """SageMaker asks for the permissions of the function's own role, and refuses in IAM's words."""
    answer = _invoke(sandbox, "powerless", **_LISTS | {"Action": "sagemaker:ListTags"})
    assert answer["errorMessage"].endswith(
        "AccessDeniedException) when calling the ListHyperParameterTuningJobs operation: "
        "User: arn:aws:sts::111122223333:assumed-role/powerless/powerless is not authorized to perform: "
        "sagemaker:ListHyperParameterTuningJobs on resource: * because no identity-based policy allows the "
        "sagemaker:ListHyperParameterTuningJobs action"
    )
    assert [call.error for call in sandbox.control.calls()][-1] == "AccessDeniedException"


def test_what_is_on_loopback_counts_as_encrypted(sandbox: Sandbox) -> None:
    """A bucket that asks for TLS, as CDK's own does, lets in who is in the sandbox."""
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    bucket = sandbox.client("s3")
    bucket.create_bucket(Bucket="tls-only")
    denied = _policy(Effect="Deny", Principal="*", Action="s3:*", Resource="arn:aws:s3:::tls-only", Condition=insecure)
    bucket.put_bucket_policy(Bucket="tls-only", Policy=denied)
    assert bucket.list_objects_v2(Bucket="tls-only")["KeyCount"] == 0


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
