"""The example: the tuning job of the SageMaker developer guide, typed.

https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-ex-tuning-job.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

from hpt_construct import (
    AlgorithmSpecification,
    Channel,
    CompressionType,
    ContinuousRange,
    HyperparameterTuningJob,
    IntegerRange,
    Objective,
    OutputDataConfig,
    ResourceConfig,
    ResourceLimits,
    S3DataDistribution,
    S3DataSource,
    StoppingCondition,
    Strategy,
    TrainingInputMode,
    TrainingJobDefinition,
)

if TYPE_CHECKING:
    from constructs import Construct

# Put your own here.
BUCKET = "s3://amzn-s3-demo-bucket/xgboost"
ROLE = "arn:aws:iam::111122223333:role/SageMakerRole"
XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"


def csv_channel(name: str) -> Channel:
    """A channel that reads the CSV files below ``BUCKET/name``."""
    return Channel(
        name,
        S3DataSource(f"{BUCKET}/{name}", s3_data_distribution_type=S3DataDistribution.FULLY_REPLICATED),
        content_type="csv",
        compression_type=CompressionType.NONE,
    )


class XgboostTuning(cdk.Stack):
    """A stack with one tuning job."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        HyperparameterTuningJob(
            self,
            "Xgboost",
            strategy=Strategy.BAYESIAN,
            objective=Objective.maximize("validation:auc"),
            parameter_ranges=[
                ContinuousRange("eta", 0, 1),
                ContinuousRange("alpha", 0, 2),
                ContinuousRange("min_child_weight", 1, 10),
                IntegerRange("max_depth", 1, 10),
            ],
            resource_limits=ResourceLimits(max_training_jobs=20, max_parallel_training_jobs=3),
            training_job=TrainingJobDefinition(
                algorithm_specification=AlgorithmSpecification(
                    training_image=XGBOOST, training_input_mode=TrainingInputMode.FILE
                ),
                role=ROLE,
                input_data_config=[csv_channel("train"), csv_channel("validation")],
                output_data_config=OutputDataConfig(s3_output_path=f"{BUCKET}/models"),
                resource_config=ResourceConfig(
                    instance_type="ml.c4.2xlarge", instance_count=2, volume_size=cdk.Size.gibibytes(10)
                ),
                stopping_condition=StoppingCondition(max_runtime=cdk.Duration.hours(12)),
                static_hyperparameters={
                    "eval_metric": "auc",
                    "num_round": 100,
                    "objective": "binary:logistic",
                    "rate_drop": 0.3,
                    "tweedie_variance_power": 1.4,
                },
            ),
        )


if __name__ == "__main__":
    app = cdk.App()
    XgboostTuning(app, "XgboostTuning")
    app.synth()
