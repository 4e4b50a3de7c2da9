"""A wide search, and a second one that begins with its results and looks more closely.

SageMaker takes parents that have ended: so these are two stacks, and you deploy the second when the first search is
through.
"""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

import hpt_construct as hpt

DATA = Path(__file__).resolve().parent / "data"
OBJECTIVE = hpt.Objective.maximize("validation:auc")


def definition(stack: cdk.Stack) -> hpt.TrainingJobDefinition:
    """The training job that both searches repeat, with a bucket for its models."""
    files = {
        name: assets.Asset(stack, name.title(), path=str(DATA / f"{name}.csv")) for name in ("train", "validation")
    }
    models = s3.Bucket(
        stack,
        "Models",
        enforce_ssl=True,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        server_access_logs_prefix="access-logs/",
    )
    return hpt.TrainingJobDefinition(
        algorithm_specification=hpt.AlgorithmSpecification(
            training_image=hpt.TrainingImage.built_in("xgboost", "1.7-1")
        ),
        static_hyperparameters={"objective": "binary:logistic", "eval_metric": "auc", "num_round": 100},
        input_data_config=[
            hpt.Channel(name, hpt.S3DataSource(file.s3_object_url), content_type="csv") for name, file in files.items()
        ],
        output_data_config=hpt.OutputDataConfig(s3_output_path=hpt.S3Location(models, "models")),
        resource_config=hpt.ResourceConfig(
            instance_type="ml.m5.xlarge", instance_count=1, volume_size=cdk.Size.gibibytes(10)
        ),
        stopping_condition=hpt.StoppingCondition(max_runtime=cdk.Duration.hours(1)),
    )


class Search(cdk.Stack):
    """The wide search."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self.job = hpt.HyperparameterTuningJob(
            self,
            "Tuning",
            strategy=hpt.Strategy.RANDOM,
            objective=OBJECTIVE,
            parameter_ranges=[hpt.ContinuousRange("eta", 0, 1), hpt.IntegerRange("max_depth", 1, 10)],
            resource_limits=hpt.ResourceLimits(max_training_jobs=20, max_parallel_training_jobs=5),
            training_job=definition(self),
        )


class Refinement(cdk.Stack):
    """The closer look: the same data and hyperparameters, narrower ranges."""

    def __init__(self, scope: Construct, construct_id: str, *, search: Search, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self.job = hpt.HyperparameterTuningJob(
            self,
            "Tuning",
            strategy=hpt.Strategy.BAYESIAN,
            objective=OBJECTIVE,
            parameter_ranges=[hpt.ContinuousRange("eta", 0.05, 0.3), hpt.IntegerRange("max_depth", 3, 7)],
            resource_limits=hpt.ResourceLimits(max_training_jobs=10, max_parallel_training_jobs=2),
            warm_start=hpt.WarmStart.identical_data_and_algorithm(parents=[search.job]),
            training_job=definition(self),
        )
        cdk.Annotations.of(self).acknowledge_warning("hpt-construct:running-parent", "the search is deployed before")


app = cdk.App()
Refinement(app, "RefinementExample", search=Search(app, "SearchExample"))

if __name__ == "__main__":
    app.synth()
