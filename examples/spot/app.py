"""Tune on spot capacity, with checkpoints that an interrupted training job goes on from."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

import hpt_construct as hpt

DATA = Path(__file__).resolve().parent / "data"


class Spot(cdk.Stack):
    """A bucket for models and checkpoints, and the job that fills it."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        files = {
            name: assets.Asset(self, name.title(), path=str(DATA / f"{name}.csv")) for name in ("train", "validation")
        }
        results = s3.Bucket(
            self,
            "Results",
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            server_access_logs_prefix="access-logs/",
        )
        self.job = hpt.HyperparameterTuningJob(
            self,
            "Tuning",
            strategy=hpt.Strategy.BAYESIAN,
            objective=hpt.Objective.maximize("validation:auc"),
            parameter_ranges=[hpt.ContinuousRange("eta", 0.01, 0.5), hpt.IntegerRange("max_depth", 1, 10)],
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
                output_data_config=hpt.OutputDataConfig(s3_output_path=hpt.S3Location(results, "models")),
                resource_config=hpt.ResourceConfig(
                    instance_type="ml.m5.xlarge", instance_count=1, volume_size=cdk.Size.gibibytes(10)
                ),
                enable_managed_spot_training=True,
                # The wait includes the runtime: an hour of work, and an hour for capacity to come back.
                stopping_condition=hpt.StoppingCondition(
                    max_runtime=cdk.Duration.hours(1), max_wait_time=cdk.Duration.hours(2)
                ),
                checkpoint_config=hpt.CheckpointConfig(s3_uri=hpt.S3Location(results, "checkpoints")),
            ),
        )


app = cdk.App()
Spot(app, "SpotExample")

if __name__ == "__main__":
    app.synth()
