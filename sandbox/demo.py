"""The demo that ``make demo`` runs inside a sandbox: bootstrap, deploy the app in this folder, wait for its tuning job.

It prints each command before it runs it; every one is a command that a user would type.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3

_BOLD, _PLAIN = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
_RUNNING = ("InProgress", "Stopping")


def main() -> int:
    """Run the demo, and return the exit status of the first command that fails."""
    with tempfile.TemporaryDirectory() as folder:
        outputs_file = Path(folder) / "outputs.json"
        deploy = ["cdk", "deploy", "--all", "--require-approval", "never", "--progress", "events"]
        # Two CLIs can't share a folder to synthesize into, and a second demo may run in this checkout.
        output = ["--output", str(Path(folder) / "cdk.out")]
        for command, hidden in (
            (["cdk", "bootstrap"], output),
            (deploy, [*output, "--outputs-file", str(outputs_file)]),
        ):
            _say(f"$ {' '.join(command)}")
            status = subprocess.run([*command, *hidden], check=False).returncode
            if status != 0:
                return status
        stacks = json.loads(outputs_file.read_text(encoding="utf-8"))
    arns = [value for stack in stacks.values() for key, value in stack.items() if key.endswith("TuningJobArn")]
    sagemaker = boto3.client("sagemaker")
    for arn in arns:
        job = await_end(sagemaker, arn.rpartition("/")[2], lambda: time.sleep(0.2))
        _say(f"{job['HyperParameterTuningJobName']} is {job['HyperParameterTuningJobStatus']}")
        print(summary(sagemaker, job), flush=True)
    return 0


def await_end(sagemaker: Any, name: str, pause: Callable[[], None]) -> dict[str, Any]:
    """Wait until a tuning job has ended, and return its description.

    sagemaker: the client.
    name: the job's.
    pause: lets some time pass before the job is looked at again.
    """
    while True:
        job: dict[str, Any] = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        if job["HyperParameterTuningJobStatus"] not in _RUNNING:
            return job
        pause()


def summary(sagemaker: Any, job: dict[str, Any]) -> str:
    """Describe a tuning job that has ended in five lines.

    sagemaker: the client.
    job: the job's description.
    """
    config, counters = job["HyperParameterTuningJobConfig"], job["TrainingJobStatusCounters"]
    limits, resources = config["ResourceLimits"], job["TrainingJobDefinition"]["ResourceConfig"]
    minutes = round((job["HyperParameterTuningEndTime"] - job["CreationTime"]).total_seconds() / 60)
    best = job["BestTrainingJob"]
    metric = best["FinalHyperParameterTuningJobObjectiveMetric"]
    training = sagemaker.describe_training_job(TrainingJobName=best["TrainingJobName"])
    lines = {
        "started": f"{config['Strategy']}, {limits['MaxNumberOfTrainingJobs']} training jobs, "
        f"{limits['MaxParallelTrainingJobs']} at a time, on {resources['InstanceCount']} × {resources['InstanceType']}",
        "ended": f"{counters['Completed']} completed, {counters['NonRetryableError']} failed, "
        f"{counters['Stopped']} stopped; {minutes} minutes on the sandbox's clock",
        "best": f"{metric['MetricName']} {metric['Value']:.4f} of {best['TrainingJobName']}",
        "with": ", ".join(f"{name} {value}" for name, value in sorted(best["TunedHyperParameters"].items())),
        "model": training["ModelArtifacts"]["S3ModelArtifacts"],
    }
    return "\n".join(f"{title:<10}{text}" for title, text in lines.items())


def _say(text: str) -> None:
    print(f"\n{_BOLD}{text}{_PLAIN}", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        # The sandbox ends what it has started; there is nothing to report.
        sys.exit(130)
