"""Draws the README's pictures of ``hpt`` from a tuning job in the sandbox's SageMaker.

Run it with ``python -m tools.pictures``. It needs Chromium for the page: ``apt-get install chromium``.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from rich.console import Console

from hpt_construct.cli import commands
from hpt_construct.cli.account import Account
from hpt_construct.cli.sagemaker import SageMaker
from hpt_construct.cli.view import view
from sandbox.sagemaker.clock import Clock
from sandbox.sagemaker.server import SageMakerServer
from sandbox.sagemaker.settings import ServiceSettings

_FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
_NAME = "churn-5f0c-xgboost-8k2m4q7z1"
_IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
_ROWS = 6
_SECONDS = 4600
_REQUEST: dict[str, Any] = {
    "HyperParameterTuningJobName": _NAME,
    "HyperParameterTuningJobConfig": {
        "Strategy": "Bayesian",
        "RandomSeed": 10,
        "TrainingJobEarlyStoppingType": "Auto",
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "validation:auc"},
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 60, "MaxParallelTrainingJobs": 4},
        "ParameterRanges": {
            "ContinuousParameterRanges": [
                {"Name": "eta", "MinValue": "0.001", "MaxValue": "1", "ScalingType": "Logarithmic"},
                {"Name": "alpha", "MinValue": "0", "MaxValue": "2"},
            ],
            "IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "1", "MaxValue": "10"}],
            "CategoricalParameterRanges": [{"Name": "booster", "Values": ["gbtree", "dart"]}],
        },
    },
    "TrainingJobDefinition": {
        "StaticHyperParameters": {"num_round": "100", "sandbox_failing_share": "0.04"},
        "AlgorithmSpecification": {"TrainingImage": _IMAGE, "TrainingInputMode": "File"},
        "RoleArn": "arn:aws:iam::111122223333:role/tuning",
        "OutputDataConfig": {"S3OutputPath": "s3://amzn-s3-demo-bucket/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        "EnableManagedSpotTraining": True,
    },
}


def main() -> None:
    """Draw both."""
    with SageMakerServer(ServiceSettings(), "111122223333", clock=Clock(lambda: 1_800_000_000.0)) as server:
        os.environ |= {
            "AWS_ENDPOINT_URL": server.url,
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        server.service.client().create_hyper_parameter_tuning_job(**_REQUEST)
        server.service.advance(_SECONDS)
        _draw_watch()
        server.service.advance(_SECONDS)
        _draw_report()


def _draw_watch() -> None:
    sagemaker = SageMaker(Account())
    console = Console(width=100, record=True, file=io.StringIO(), highlight=False, force_terminal=True)
    console.print(view(sagemaker.tuning(_NAME), list(sagemaker.trainings(_NAME).values()), _ROWS))
    svg = console.export_svg(title="hpt watch Churn", unique_id="watch")
    # Rich would have the reader's browser load a font; its own will do.
    svg = re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    (_FOLDER / "watch.svg").write_text(svg, encoding="utf-8")


def _draw_report() -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("the page is not drawn: there is no Chromium; apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        done = CliRunner().invoke(commands.hpt, ["report", _NAME, "-o", str(page)], catch_exceptions=False)
        if done.exit_code != 0:
            sys.exit(done.output)
        subprocess.run(  # noqa: S603 – a browser of this machine, a page of our own
            [
                chromium,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                f"--user-data-dir={folder}/profile",
                "--host-resolver-rules=MAP * ~NOTFOUND",
                "--window-size=1120,1300",
                "--virtual-time-budget=20000",
                f"--screenshot={_FOLDER / 'report.png'}",
                page.as_uri(),
            ],
            check=True,
            capture_output=True,
        )


if __name__ == "__main__":
    main()
