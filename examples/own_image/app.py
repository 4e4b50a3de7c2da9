"""Tune a training program of your own: the CDK builds and pushes its image, SageMaker reads the metric from its log."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

import hpt_construct as hpt

HERE = Path(__file__).resolve().parent


class OwnImage(cdk.Stack):
    """An image, a bucket for the models, and the job that fills it."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        files = {
            name: assets.Asset(self, name.title(), path=str(HERE / "data" / f"{name}.csv"))
            for name in ("train", "validation")
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
            objective=hpt.Objective.maximize("validation:accuracy"),
            parameter_ranges=[
                hpt.ContinuousRange("learning_rate", 0.001, 1, hpt.ScalingType.LOGARITHMIC),
                hpt.IntegerRange("epochs", 1, 50),
            ],
            resource_limits=hpt.ResourceLimits(max_training_jobs=10, max_parallel_training_jobs=2),
            training_job=hpt.TrainingJobDefinition(
                algorithm_specification=hpt.AlgorithmSpecification(
                    training_image=hpt.TrainingImage.from_asset(HERE / "image"),
                    metric_definitions=[
                        hpt.MetricDefinition("validation:accuracy", r"validation-accuracy=([0-9.]+)"),
                    ],
                ),
                input_data_config=[
                    hpt.Channel(name, hpt.S3DataSource(file.s3_object_url), content_type="csv")
                    for name, file in files.items()
                ],
                output_data_config=hpt.OutputDataConfig(s3_output_path=hpt.S3Location(models, "models")),
                resource_config=hpt.ResourceConfig(
                    instance_type="ml.m5.large", instance_count=1, volume_size=cdk.Size.gibibytes(10)
                ),
                stopping_condition=hpt.StoppingCondition(max_runtime=cdk.Duration.minutes(30)),
            ),
        )


app = cdk.App()
OwnImage(app, "OwnImageExample")

if __name__ == "__main__":
    app.synth()
