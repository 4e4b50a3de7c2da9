"""What every test needs: the checkout's own Node for jsii, and a stack to build in."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

# Before aws_cdk is imported: jsii starts the first node on the PATH.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
# CloudFormation's own checks of a synthesized template take a second each; tests/deployment has them on.
os.environ["CDK_VALIDATION"] = "false"

if TYPE_CHECKING:
    import aws_cdk as cdk

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def stack() -> cdk.Stack:
    """An empty stack of an app of its own."""
    import aws_cdk as cdk

    return cdk.Stack(cdk.App(), "Training")


@pytest.fixture
def guide_request() -> dict[str, Any]:
    """The developer guide's tuning job, as boto3 takes it, without a name."""
    return {
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "validation:auc"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 20, "MaxParallelTrainingJobs": 3},
            "ParameterRanges": {
                "ContinuousParameterRanges": [
                    {"Name": "eta", "MinValue": "0", "MaxValue": "1"},
                    {"Name": "alpha", "MinValue": "0", "MaxValue": "2"},
                    {"Name": "min_child_weight", "MinValue": "1", "MaxValue": "10"},
                ],
                "IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "1", "MaxValue": "10"}],
            },
        },
        "TrainingJobDefinition": {
            "AlgorithmSpecification": {
                "TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
                "TrainingInputMode": "File",
            },
            "InputDataConfig": [
                {
                    "ChannelName": name,
                    "DataSource": {
                        "S3DataSource": {
                            "S3DataType": "S3Prefix",
                            "S3Uri": f"s3://amzn-s3-demo-bucket/xgboost/{name}",
                            "S3DataDistributionType": "FullyReplicated",
                        }
                    },
                    "ContentType": "csv",
                    "CompressionType": "None",
                }
                for name in ("train", "validation")
            ],
            "OutputDataConfig": {"S3OutputPath": "s3://amzn-s3-demo-bucket/xgboost/models"},
            "ResourceConfig": {"InstanceType": "ml.c4.2xlarge", "InstanceCount": 2, "VolumeSizeInGB": 10},
            "RoleArn": "arn:aws:iam::111122223333:role/SageMakerRole",
            "StaticHyperParameters": {
                "eval_metric": "auc",
                "num_round": "100",
                "objective": "binary:logistic",
                "rate_drop": "0.3",
                "tweedie_variance_power": "1.4",
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 43200},
        },
    }
