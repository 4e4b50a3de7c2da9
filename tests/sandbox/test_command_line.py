"""The command line: exit statuses, signals, and that nothing is left behind."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sandbox.__main__ import main
from sandbox.command import Runner
from sandbox.ministack import MiniStack

_ROOT = Path(__file__).parents[2]
_SANDBOX = [sys.executable, "-m", "sandbox"]
# What it starts has a session of its own: no signal to the command's group gets there.
_LEAVES = "python -c \"import subprocess as s; s.Popen(['sleep', '3600'], stdout=s.DEVNULL, start_new_session=True)\""
# Says where it is, then waits; a signal ends it with status 0, so that the sandbox's own status shows.
_WAITING = ["sh", "-c", f'trap "exit 0" INT TERM HUP; {_LEAVES}; echo "$HOME"; sleep 3600 & wait']
_SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
# What is waited for comes in a second or two: only what never comes is given up.
_PATIENCE_SECONDS = 300

_REQUEST = {
    "HyperParameterTuningJobName": "a",
    "HyperParameterTuningJobConfig": {
        "Strategy": "Random",
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1},
    },
    "TrainingJobDefinition": {
        "AlgorithmSpecification": {"TrainingInputMode": "File"},
        "RoleArn": "arn:aws:iam::111122223333:role/nobody",
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/output"},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    },
}

needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*_SANDBOX, *arguments], cwd=_ROOT, capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=False
    )


def _wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, f"not so after {_PATIENCE_SECONDS} seconds"
        time.sleep(0.01)


@contextmanager
def _waiting_sandbox() -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Start a sandbox whose command waits; answer its process and its folder."""
    with subprocess.Popen(
        [*_SANDBOX, "--", *_WAITING], cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            folder = Path(process.stdout.readline().strip()).parent
            _wait_until(lambda: "process group" in (folder / "ministack.log").read_text())
            yield process, folder
        finally:
            process.kill()


def _processes_of(folder: Path) -> list[int]:
    """Answer the processes that were started with the sandbox's folder in their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdecimal() and str(folder).encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def _assert_all_gone(folder: Path) -> None:
    # The kernel takes a moment to end what was killed.
    _wait_until(lambda: _processes_of(folder) == [] and not folder.exists())


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (["sh", "-c", "exit 5"], 5),
        (["sh", "-c", "kill -KILL $$"], 128 + signal.SIGKILL),
        (["no-such-command"], 127),
        (["/dev/null"], 127),
    ],
)
def test_the_exit_status_is_that_of_a_shell(command: list[str], status: int) -> None:
    """A command's own, the signal's that has ended it, or the one for a program that isn't there."""
    assert Runner().run(command, {"PATH": os.environ["PATH"]}, lambda _group: None) == status


def test_the_sandbox_ends_as_its_command_does() -> None:
    """With the same status."""
    assert _run("--", "sh", "-c", "exit 5").returncode == 5


def test_an_endpoint_elsewhere_is_refused() -> None:
    """An endpoint that is not on this computer ends the sandbox before the command runs."""
    result = _run("--env", "AWS_ENDPOINT_URL_S3=https://s3.amazonaws.com", "--", "echo", "ran")
    assert (result.returncode, result.stdout) == (2, "")
    assert "AWS_ENDPOINT_URL_S3 is 'https://s3.amazonaws.com', which is not on this computer" in result.stderr


def test_options_reach_the_command_and_the_service() -> None:
    """Region and variables are the command's; durations and quotas are SageMaker's."""
    code = """
import boto3, os
from botocore.exceptions import ClientError
print(os.environ["AWS_REGION"], os.environ["GREETING"])
limits = {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1}
try:
    boto3.client("sagemaker").create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName="a",
        HyperParameterTuningJobConfig={"Strategy": "Random", "ResourceLimits": limits},
    )
except ClientError as error:
    print(error.response["Error"]["Code"])
"""
    result = _run(
        "--region", "eu-west-1", "--max-tuning-jobs", "0", "--env", "GREETING=a=b", "--", "python", "-c", code
    )
    assert result.stdout.splitlines() == ["eu-west-1 a=b", "ResourceLimitExceeded"]


def test_the_help_has_an_example() -> None:
    """The help shows how a deployment is run."""
    assert "python -m sandbox -- sh -c 'cdk bootstrap && cdk deploy" in _run("--help").stdout


def test_inputs_may_be_elsewhere() -> None:
    """A request that names what is not there is refused, but for the switch."""
    code = f"""
import boto3
from botocore.exceptions import ClientError
try:
    boto3.client("sagemaker").create_hyper_parameter_tuning_job(**{_REQUEST})
except ClientError as error:
    print(error)
else:
    print("taken")
"""
    for options, answer in (([], "Could not assume role"), (["--inputs-elsewhere"], "taken")):
        assert answer in _run(*options, "--", "python", "-c", code).stdout


@needs_proc
@pytest.mark.usefixtures("heeded_signals")
@pytest.mark.parametrize("number", _SIGNALS)
def test_a_signal_ends_everything(number: signal.Signals) -> None:
    """The command gets the signal first; then the services end, and the status stands for the signal."""
    with _waiting_sandbox() as (process, folder):
        assert _processes_of(folder) != []
        process.send_signal(number)
        assert process.wait(_PATIENCE_SECONDS) == 128 + number
    _assert_all_gone(folder)


@needs_proc
def test_a_killed_sandbox_leaves_nothing() -> None:
    """Even when the sandbox can't clean up itself, its services and its command end."""
    with _waiting_sandbox() as (process, folder):
        process.kill()
        process.wait(_PATIENCE_SECONDS)
    _assert_all_gone(folder)


@needs_proc
@pytest.mark.parametrize("leaves", ["sleep 3600 >/dev/null 2>&1 &", _LEAVES], ids=["in its group", "on its own"])
def test_what_a_command_leaves_running_is_ended(leaves: str) -> None:
    """A background process of the command does not outlive the sandbox, whatever group it is in."""
    result = _run("--", "sh", "-c", f'echo "$HOME"; {leaves}')
    assert result.returncode == 0
    _assert_all_gone(Path(result.stdout.strip()).parent)


@needs_proc
@pytest.mark.usefixtures("heeded_signals")
def test_a_signal_during_the_start_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sandbox that is told to end before its services answer ends, and does not run the command."""
    start = MiniStack.start

    def start_and_be_told_to_end(*arguments: Any) -> None:
        start(*arguments)
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(MiniStack, "start", start_and_be_told_to_end)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    # In this process, for another one could be ready before a signal gets there.
    assert main(["--", "touch", str(tmp_path / "ran")]) == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []
    assert _processes_of(tmp_path) == []


def test_the_clock_runs_as_fast_as_asked_for() -> None:
    """At a million times life, a tuning job of hours has completed before it can be looked at twice."""
    script = """
import boto3, json, sys
client = boto3.client("sagemaker")
client.create_hyper_parameter_tuning_job(**json.loads(sys.argv[1]))
status = ""
while status != "Completed":
    job = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="tune")
    status = job["HyperParameterTuningJobStatus"]
print(status)
"""
    body = {
        "HyperParameterTuningJobName": "tune",
        "HyperParameterTuningJobConfig": {"Strategy": "Random", "ResourceLimits": {"MaxParallelTrainingJobs": 1}},
    }
    result = _run("--speed", "1000000", "--", sys.executable, "-c", script, json.dumps(body))
    assert (result.returncode, result.stdout) == (0, "Completed\n")


@pytest.mark.parametrize("speed", ["0", "-1", "nan", "inf", "fast"])
def test_a_speed_is_a_number_above_zero(capsys: pytest.CaptureFixture[str], speed: str) -> None:
    """A clock that stands still, or goes back, would never end a job."""
    with pytest.raises(SystemExit) as ended:
        main(["--speed", speed, "--", "true"])
    assert ended.value.code == 2
    assert f"argument --speed: '{speed}' is not a number above 0" in capsys.readouterr().err
