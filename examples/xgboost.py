"""The tuning job of the SageMaker developer guide on an app's own constructs: files as data, a bucket for the models, a
built-in image, and a role that is left out.

    cdk deploy --app "python examples/xgboost.py"

https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-ex-tuning-job.html
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as assets

from hpt_construct import (
    AlgorithmSpecification,
    Channel,
    ContinuousRange,
    HyperparameterTuningJob,
    IntegerRange,
    Objective,
    OutputDataConfig,
    ResourceConfig,
    ResourceLimits,
    S3DataSource,
    S3Location,
    StoppingCondition,
    Strategy,
    TrainingImage,
    TrainingJobDefinition,
)

if TYPE_CHECKING:
    from constructs import Construct

DATA = Path(__file__).resolve().parent / "data"


class Xgboost(cdk.Stack):
    """A bucket for the models, and the job that fills it."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        # With your own data in a bucket of yours: S3DataSource(S3Location(bucket, "train")).
        files = {
            name: assets.Asset(self, name.title(), path=str(DATA / f"{name}.csv")) for name in ("train", "validation")
        }
        models = s3.Bucket(
            self,
            "Models",
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            server_access_logs_prefix="access-logs/",
        )
        self.job = HyperparameterTuningJob(
            self,
            "Tuning",
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
                    training_image=TrainingImage.built_in("xgboost", "1.7-1")
                ),
                input_data_config=[
                    Channel(name, S3DataSource(file.s3_object_url), content_type="csv") for name, file in files.items()
                ],
                output_data_config=OutputDataConfig(s3_output_path=S3Location(models, "models")),
                resource_config=ResourceConfig(
                    instance_type="ml.m5.xlarge", instance_count=1, volume_size=cdk.Size.gibibytes(10)
                ),
                stopping_condition=StoppingCondition(max_runtime=cdk.Duration.hours(1)),
                static_hyperparameters={"objective": "binary:logistic", "eval_metric": "auc", "num_round": 100},
            ),
        )


if __name__ == "__main__":
    app = cdk.App()
    Xgboost(app, "XgboostExample")
    app.synth()
