"""The tuning job of the SageMaker developer guide on an app's own constructs: files as data, a bucket for the models, a
built-in image, and a role that the job makes.

https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-ex-tuning-job.html
"""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

import hpt_construct as hpt

DATA = Path(__file__).resolve().parent / "data"


class Xgboost(cdk.Stack):
    """A bucket for the models, and the job that fills it."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        # With your own data in a bucket of yours: hpt.S3DataSource(hpt.S3Location(bucket, "train")).
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
        self.job = hpt.HyperparameterTuningJob(
            self,
            "Tuning",
            strategy=hpt.Strategy.BAYESIAN,
            objective=hpt.Objective.maximize("validation:auc"),
            parameter_ranges=[
                hpt.ContinuousRange("eta", 0, 1),
                hpt.ContinuousRange("alpha", 0, 2),
                hpt.ContinuousRange("min_child_weight", 1, 10),
                hpt.IntegerRange("max_depth", 1, 10),
            ],
            resource_limits=hpt.ResourceLimits(max_training_jobs=20, max_parallel_training_jobs=3),
            training_job=hpt.TrainingJobDefinition(
                algorithm_specification=hpt.AlgorithmSpecification(
                    training_image=hpt.TrainingImage.built_in("xgboost", "1.7-1")
                ),
                static_hyperparameters={"objective": "binary:logistic", "eval_metric": "auc", "num_round": 100},
                input_data_config=[
                    hpt.Channel(name, hpt.S3DataSource(file.s3_object_url), content_type="csv")
                    for name, file in files.items()
                ],
                output_data_config=hpt.OutputDataConfig(s3_output_path=hpt.S3Location(models, "models")),
                resource_config=hpt.ResourceConfig(
                    instance_type="ml.m5.xlarge", instance_count=1, volume_size=cdk.Size.gibibytes(10)
                ),
                stopping_condition=hpt.StoppingCondition(max_runtime=cdk.Duration.hours(1)),
            ),
        )


app = cdk.App()
Xgboost(app, "XgboostExample")

if __name__ == "__main__":
    app.synth()
