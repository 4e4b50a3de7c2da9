"""What the demo does, and what it says in the end."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox import demo
from sandbox.sagemaker.service import SageMaker


def test_the_demo_awaits_the_tuning_and_tells_it_in_five_lines(
    service: SageMaker, request_body: dict[str, Any]
) -> None:
    """What was started, how many trainings, the best one, its hyperparameters, and where its model lies."""
    client = service.client()
    client.create_hyper_parameter_tuning_job(**request_body)
    job = demo.await_end(client, "Tune-1", lambda: service.advance(60))
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    best = job["BestTrainingJob"]
    value = best["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
    minutes = (job["HyperParameterTuningEndTime"] - job["CreationTime"]).total_seconds() / 60
    assert demo.summary(client, job).splitlines() == [
        "started   Bayesian, 20 training jobs, 3 at a time, on 1 × ml.m5.large",
        f"ended     20 completed, 0 failed, 0 stopped; {minutes:.0f} minutes on the sandbox's clock",
        f"best      validation:auc {value:.4f} of {best['TrainingJobName']}",
        f"with      eta {best['TunedHyperParameters']['eta']}",
        f"model     s3://bucket/output/{best['TrainingJobName']}/output/model.tar.gz",
    ]


def test_demos_share_no_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each synthesizes into a folder of its own: the CDK CLI takes none that another one is using."""
    cdk = tmp_path / "cdk"
    cdk.write_text(
        f"#!{sys.executable}\n"
        "import json, sys\n"
        f"open({str(tmp_path / 'calls')!r}, 'a').write(json.dumps(sys.argv[1:]) + '\\n')\n"
        "if 'deploy' in sys.argv:\n"
        "    open(sys.argv[sys.argv.index('--outputs-file') + 1], 'w').write('{}')\n"
    )
    cdk.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    assert [demo.main(), demo.main()] == [0, 0]
    calls = [json.loads(line) for line in (tmp_path / "calls").read_text(encoding="utf-8").splitlines()]
    assert [call[0] for call in calls] == ["bootstrap", "deploy"] * 2
    folders = [Path(call[call.index("--output") + 1]) for call in calls]
    assert folders[0] == folders[1] != folders[2] == folders[3]
    assert not any(folder.is_relative_to(Path.cwd()) for folder in folders)
