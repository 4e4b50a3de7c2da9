"""What the demo says in the end."""

from typing import Any

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
