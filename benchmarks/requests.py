"""The request of every benchmark and most tests: the developer guide's, as boto3 takes it."""

from __future__ import annotations

from typing import Any

ROLE = "arn:aws:iam::111122223333:role/SageMakerRole"
SERVICE_TOKEN = "arn:aws:lambda:us-east-1:111122223333:function:Peer"  # noqa: S105 – no secret: a function's ARN


def guide_request() -> dict[str, Any]:
    """The developer guide's request, without a name."""
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
            "InputDataConfig": [_channel("train"), _channel("validation")],
            "OutputDataConfig": {"S3OutputPath": "s3://amzn-s3-demo-bucket/xgboost/models"},
            "ResourceConfig": {"InstanceType": "ml.c4.2xlarge", "InstanceCount": 2, "VolumeSizeInGB": 10},
            "RoleArn": ROLE,
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


def _channel(name: str) -> dict[str, Any]:
    return {
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
