"""Two ways to model the same data in one tuning, on spot capacity: trees and a linear model, each with its own
hyperparameters, and checkpoints that an interrupted training goes on from.

    cdk deploy --app "python examples/multi_algorithm_spot.py"
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
    CheckpointConfig,
    ContinuousRange,
    HyperparameterTuningJob,
    IntegerRange,
    Objective,
    OutputDataConfig,
    Range,
    ResourceConfig,
    ResourceLimits,
    S3DataSource,
    S3Location,
    ScalingType,
    StoppingCondition,
    Strategy,
    TrainingImage,
    TrainingJobDefinition,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

DATA = Path(__file__).resolve().parent / "data"


class MultiAlgorithmSpot(cdk.Stack):
    """A bucket for models and checkpoints, and the job that fills it."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self.files = {
            name: assets.Asset(self, name.title(), path=str(DATA / f"{name}.csv")) for name in ("train", "validation")
        }
        self.results = s3.Bucket(
            self,
            "Results",
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            server_access_logs_prefix="access-logs/",
        )
        trees = self.model("trees", "gbtree", [IntegerRange("max_depth", 1, 10), ContinuousRange("eta", 0.01, 0.5)])
        linear = self.model("linear", "gblinear", [ContinuousRange("lambda", 0.001, 10, ScalingType.LOGARITHMIC)])
        self.job = HyperparameterTuningJob(
            self,
            "Tuning",
            strategy=Strategy.BAYESIAN,
            resource_limits=ResourceLimits(max_training_jobs=30, max_parallel_training_jobs=3),
            training_jobs=[trees, linear],
        )

    def model(self, name: str, booster: str, ranges: Sequence[Range]) -> TrainingJobDefinition:
        """One of the ways: XGBoost with a booster, and the hyperparameters that this booster has."""
        return TrainingJobDefinition(
            definition_name=name,
            objective=Objective.maximize("validation:auc"),
            parameter_ranges=[*ranges, ContinuousRange("alpha", 0, 2)],
            static_hyperparameters={
                "booster": booster,
                "objective": "binary:logistic",
                "eval_metric": "auc",
                "num_round": 100,
            },
            algorithm_specification=AlgorithmSpecification(training_image=TrainingImage.built_in("xgboost", "1.7-1")),
            input_data_config=[
                Channel(name, S3DataSource(file.s3_object_url), content_type="csv") for name, file in self.files.items()
            ],
            output_data_config=OutputDataConfig(s3_output_path=S3Location(self.results, f"models/{name}")),
            resource_config=ResourceConfig(
                instance_type="ml.m5.xlarge", instance_count=1, volume_size=cdk.Size.gibibytes(10)
            ),
            # The wait includes the runtime: an hour of work, and an hour for capacity to come back.
            enable_managed_spot_training=True,
            stopping_condition=StoppingCondition(
                max_runtime=cdk.Duration.hours(1), max_wait_time=cdk.Duration.hours(2)
            ),
            checkpoint_config=CheckpointConfig(s3_uri=S3Location(self.results, f"checkpoints/{name}")),
        )


if __name__ == "__main__":
    app = cdk.App()
    MultiAlgorithmSpot(app, "MultiAlgorithmSpotExample")
    app.synth()
