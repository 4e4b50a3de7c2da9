"""The demo that ``make demo`` runs inside a sandbox: bootstrap, deploy the app of this folder, and show the job.

Every command is one that a user would type; each is printed before it is run.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import boto3

_BOLD, _PLAIN = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")


def main() -> int:
    """Run the demo, and answer the exit status of the first command that fails."""
    with tempfile.TemporaryDirectory() as folder:
        outputs_file = Path(folder) / "outputs.json"
        deploy = ["cdk", "deploy", "--all", "--require-approval", "never", "--progress", "events"]
        for command, hidden in ((["cdk", "bootstrap"], []), (deploy, ["--outputs-file", str(outputs_file)])):
            _say_command(*command)
            status = subprocess.run([*command, *hidden], check=False).returncode
            if status != 0:
                return status
        stacks = json.loads(outputs_file.read_text(encoding="utf-8"))
    arns = [value for stack in stacks.values() for key, value in stack.items() if key.endswith("TuningJobArn")]
    sagemaker = boto3.client("sagemaker")
    for arn in arns:
        name = arn.rpartition("/")[2]
        _say_command(
            "aws", "sagemaker", "describe-hyper-parameter-tuning-job", "--hyper-parameter-tuning-job-name", name
        )
        _show(sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name))
        _say_command("aws", "sagemaker", "list-tags", "--resource-arn", arn)
        _show(sagemaker.list_tags(ResourceArn=arn))
    print("\nThat was the sandbox's SageMaker; it ends now, with all that was started in it.", flush=True)
    return 0


def _say_command(*words: str) -> None:
    print(f"\n{_BOLD}$ {' '.join(words)}{_PLAIN}", flush=True)


def _show(answer: dict[str, Any]) -> None:
    answer.pop("ResponseMetadata", None)
    print(json.dumps(answer, indent=2, default=str), flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        # The sandbox ends what it has started; there is nothing to say about it.
        sys.exit(130)
