"""What the sandbox's tests share: a sandbox, a service whose clock stands still, and a request that it accepts."""

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.sagemaker.clock import Clock
from sandbox.sagemaker.service import SageMaker


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """Answer a sandbox that runs."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def service() -> SageMaker:
    """Answer a SageMaker, in this process, whose clock stands still."""
    return SageMaker(clock=Clock(lambda: 1_800_000_000.0))


@pytest.fixture
def request_body() -> dict[str, Any]:
    """Answer a small request that CreateHyperParameterTuningJob accepts."""
    return {
        "HyperParameterTuningJobName": "Tune-1",
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "validation:auc"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 20, "MaxParallelTrainingJobs": 3},
            "ParameterRanges": {
                "ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0", "MaxValue": "1"}],
            },
        },
        "TrainingJobDefinition": {
            "StaticHyperParameters": {"num_round": "100"},
            "AlgorithmSpecification": {
                "TrainingImage": "111122223333.dkr.ecr.us-east-1.amazonaws.com/image:1",
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "validation:auc", "Regex": "auc=(.*)"}],
            },
            "RoleArn": "arn:aws:iam::111122223333:role/tuning",
            "OutputDataConfig": {"S3OutputPath": "s3://bucket/output"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
            "EnableNetworkIsolation": False,
        },
        "Tags": [{"Key": "team", "Value": "a"}],
    }
