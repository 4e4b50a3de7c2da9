"""Two ways to model the same data in one tuning job: trees and a linear model, each with its own hyperparameters."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

import hpt_construct as hpt

DATA = Path(__file__).resolve().parent / "data"


class MultiAlgorithm(cdk.Stack):
    """A bucket for the models, and the job that fills it."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self.files = {
            name: assets.Asset(self, name.title(), path=str(DATA / f"{name}.csv")) for name in ("train", "validation")
        }
        self.models = s3.Bucket(
            self,
            "Models",
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            server_access_logs_prefix="access-logs/",
        )
        depth, eta = hpt.IntegerRange("max_depth", 1, 10), hpt.ContinuousRange("eta", 0.01, 0.5)
        penalty = hpt.ContinuousRange("lambda", 0.001, 10, hpt.ScalingType.LOGARITHMIC)
        self.job = hpt.HyperparameterTuningJob(
            self,
            "Tuning",
            strategy=hpt.Strategy.BAYESIAN,
            resource_limits=hpt.ResourceLimits(max_training_jobs=30, max_parallel_training_jobs=3),
            training_jobs=[
                self.definition("trees", "gbtree", [depth, eta]),
                self.definition("linear", "gblinear", [penalty]),
            ],
        )

    def definition(self, name: str, booster: str, ranges: Sequence[hpt.Range]) -> hpt.TrainingJobDefinition:
        """One of the ways: XGBoost with a booster, and the hyperparameters that this booster has."""
        return hpt.TrainingJobDefinition(
            definition_name=name,
            objective=hpt.Objective.maximize("validation:auc"),
            parameter_ranges=[*ranges, hpt.ContinuousRange("alpha", 0, 2)],
            static_hyperparameters={
                "booster": booster,
                "objective": "binary:logistic",
                "eval_metric": "auc",
                "num_round": 100,
            },
            algorithm_specification=hpt.AlgorithmSpecification(
                training_image=hpt.TrainingImage.built_in("xgboost", "1.7-1")
            ),
            input_data_config=[
                hpt.Channel(name, hpt.S3DataSource(file.s3_object_url), content_type="csv")
                for name, file in self.files.items()
            ],
            output_data_config=hpt.OutputDataConfig(s3_output_path=hpt.S3Location(self.models, f"models/{name}")),
            resource_config=hpt.ResourceConfig(
                instance_type="ml.m5.xlarge", instance_count=1, volume_size=cdk.Size.gibibytes(10)
            ),
            stopping_condition=hpt.StoppingCondition(max_runtime=cdk.Duration.hours(1)),
        )


app = cdk.App()
MultiAlgorithm(app, "MultiAlgorithmExample")

if __name__ == "__main__":
    app.synth()
