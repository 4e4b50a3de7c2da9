"""Measures what a further job costs at synth: (200 jobs - 1 job) / 199, for the product and its peers.

All of them run in turn in one process. The jobs are as in an app: each has another request, a role of the app, and,
where names are given, its own name. The result is the processor time of Python and its jsii kernel, because on a busy
machine elapsed time depends on other processes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from resource import RUSAGE_CHILDREN, getrusage
from typing import TYPE_CHECKING, Any, Final

import psutil

from benchmarks.measure import ROOT, Measured
from benchmarks.requests import SERVICE_TOKEN, guide_request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import aws_cdk as cdk

    Fill = Callable[[cdk.Stack, str, int], None]

FEW, MANY = 1, 200
OURS, NAMED, BARE, AWS = "hpt_construct", "hpt_construct, names given", "CustomResource", "AwsCustomResource"
CALLS = "the product's calls of the CDK alone"

ONE, EMPTY, BY_HAND = "1 job", "an empty stack", "the resources of 1 job, by hand"
APPS: Final[Mapping[str, str]] = {
    ONE: (
        "import aws_cdk as cdk; from benchmarks.requests import guide_request; "
        "from hpt_construct import HyperparameterTuningJob; app = cdk.App(); "
        "HyperparameterTuningJob.from_request(cdk.Stack(app, 'Training'), 'Tuning', guide_request()); app.synth()"
    ),
    EMPTY: "import aws_cdk as cdk; app = cdk.App(); cdk.Stack(app, 'Training'); app.synth()",
    BY_HAND: "import aws_cdk as cdk; from benchmarks import by_hand; app = cdk.App(); by_hand.one(app); app.synth()",
}


def further_job(rounds: int) -> dict[str, Measured]:
    """The processor time of a further job of each kind, measured in a new process."""
    done = subprocess.run(  # noqa: S603 – our own command
        [sys.executable, "-m", "benchmarks.marginal", str(rounds)],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return {kind: Measured(tuple(seconds), ()) for kind, seconds in json.loads(done.stdout).items()}


def first_job(rounds: int) -> dict[str, Measured]:
    """The processor time of a whole ``python app.py`` with each of the apps, after a round that does not count."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    # A user's Python has compiled its packages once and for all.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    seconds: dict[str, list[float]] = {app: [] for app in APPS}
    for current in range(rounds + 1):
        for app, code in APPS.items():
            # With that of the kernel, which Python waits for at its exit.
            before = getrusage(RUSAGE_CHILDREN)
            subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)  # noqa: S603 – our own code
            after = getrusage(RUSAGE_CHILDREN)
            if current:
                seconds[app].append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return {app: Measured(tuple(each), ()) for app, each in seconds.items()}


def different_request(index: int) -> dict[str, Any]:
    """A request that no other job has: as small a difference as can be, in what is searched, read and written."""
    request = guide_request()
    definition = request["TrainingJobDefinition"]
    definition["StaticHyperParameters"]["num_round"] = str(100 + index)
    definition["OutputDataConfig"]["S3OutputPath"] += f"/{index}"
    request["HyperParameterTuningJobConfig"]["ParameterRanges"]["IntegerParameterRanges"][0]["MaxValue"] = str(
        10 + index
    )
    return request


def _ours(stack: cdk.Stack, role: str, jobs: int) -> None:
    from hpt_construct import HyperparameterTuningJob  # noqa: PLC0415 – the process that starts this has no use for it

    for index in range(jobs):
        request = different_request(index)
        request["TrainingJobDefinition"]["RoleArn"] = role
        HyperparameterTuningJob.from_request(stack, f"Job{index}", request)


def _named(stack: cdk.Stack, role: str, jobs: int) -> None:
    from hpt_construct import HyperparameterTuningJob  # noqa: PLC0415 – the same

    for index in range(jobs):
        request = different_request(index)
        request["TrainingJobDefinition"]["RoleArn"] = role
        request["HyperParameterTuningJobName"] = f"nightly-{index}"
        HyperparameterTuningJob.from_request(stack, f"Job{index}", request)


def _bare(stack: cdk.Stack, role: str, jobs: int) -> None:
    import aws_cdk as cdk  # noqa: PLC0415 – the same

    from benchmarks.stacks import RESOURCE_TYPE, output  # noqa: PLC0415 – the same

    for index in range(jobs):
        request = different_request(index)
        request["TrainingJobDefinition"]["RoleArn"] = role
        made = cdk.CustomResource(
            stack,
            f"Job{index}",
            resource_type=RESOURCE_TYPE,
            service_token=SERVICE_TOKEN,
            properties=request,
        )
        output(stack, index, made.get_att_string("HyperParameterTuningJobArn"))


def _aws(stack: cdk.Stack, role: str, jobs: int) -> None:
    from benchmarks.stacks import aws_job, output  # noqa: PLC0415 – the same

    for index in range(jobs):
        request = different_request(index)
        request["TrainingJobDefinition"]["RoleArn"] = role
        made = aws_job(stack, index, request, on_change=False)
        output(stack, index, made.get_response_field("HyperParameterTuningJobArn"))


def _calls(stack: cdk.Stack, role: str, jobs: int) -> None:
    """What a job asks of the CDK, and nothing else: no checks, no typed parts, no class of its own."""
    import aws_cdk as cdk  # noqa: PLC0415 – the same

    from benchmarks import by_hand  # noqa: PLC0415 – the same
    from benchmarks.stacks import strings  # noqa: PLC0415 – the same

    before = cdk.CfnResource(stack, "Before", type="AWS::CloudFormation::WaitConditionHandle")
    for index in range(jobs):
        request = different_request(index)
        request["TrainingJobDefinition"]["RoleArn"] = role
        by_hand.job(stack, index, strings(request), SERVICE_TOKEN, before)


FILLS: Final[Mapping[str, Fill]] = {OURS: _ours, NAMED: _named, BARE: _bare, AWS: _aws, CALLS: _calls}


def synth(fill: Fill, jobs: int) -> None:
    """Build an app with one stack of so many jobs, and synthesize it."""
    import aws_cdk as cdk  # noqa: PLC0415 – the same
    from aws_cdk import aws_iam as iam  # noqa: PLC0415 – the same

    from benchmarks.stacks import app_stack  # noqa: PLC0415 – it imports the CDK

    app = cdk.App()
    stack = app_stack(app)
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
    fill(stack, role.role_arn, jobs)
    app.synth()


def _processor_time() -> float:
    """Seconds that this process and those that it has started have had so far."""
    here = psutil.Process()
    times = [each.cpu_times() for each in (here, *here.children(recursive=True))]
    return float(sum(each.user + each.system for each in times))


def _seconds(fill: Fill, jobs: int) -> float:
    start = _processor_time()
    synth(fill, jobs)
    return _processor_time() - start


def main(rounds: int) -> None:
    """Print what was measured, as JSON; the first round does not count, for each kind loads its modules in it."""
    kinds = list(FILLS)
    seconds: dict[str, list[float]] = {kind: [] for kind in kinds}
    for current in range(rounds + 1):
        # In turn: the kernel keeps what it has made, so whoever comes later has it a little harder.
        for kind in kinds if current % 2 else reversed(kinds):
            a_job = (_seconds(FILLS[kind], MANY) - _seconds(FILLS[kind], FEW)) / (MANY - FEW)
            if current:
                seconds[kind].append(a_job)
    sys.stdout.write(json.dumps(seconds))


if __name__ == "__main__":
    main(int(sys.argv[1]))
