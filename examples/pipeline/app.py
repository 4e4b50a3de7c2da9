"""A pipeline that deploys the tuning to a test account and, once somebody has agreed, to production; it updates itself
from the repository first.

The production search is longer than the one in test, which only has to show that it runs.
"""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as assets
from aws_cdk import pipelines
from constructs import Construct

import hpt_construct as hpt

DATA = Path(__file__).resolve().parent / "data"

# Put your own here.
REPOSITORY, BRANCH = "example/churn", "main"
CONNECTION = "arn:aws:codeconnections:eu-west-1:111122223333:connection/1234abcd-12ab-34cd-56ef-1234567890ab"
PIPELINE = cdk.Environment(account="111122223333", region="eu-west-1")
TEST = cdk.Environment(account="444455556666", region="eu-west-1")
PRODUCTION = cdk.Environment(account="777788889999", region="eu-west-1")


class Tuning(cdk.Stage):
    """All that one environment gets."""

    def __init__(self, scope: Construct, construct_id: str, *, max_training_jobs: int, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        stack = cdk.Stack(self, "Churn")
        train = assets.Asset(stack, "Train", path=str(DATA / "train.csv"))
        validation = assets.Asset(stack, "Validation", path=str(DATA / "validation.csv"))
        models = s3.Bucket(
            stack,
            "Models",
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            server_access_logs_prefix="access-logs/",
        )
        hpt.HyperparameterTuningJob(
            stack,
            "Tuning",
            strategy=hpt.Strategy.BAYESIAN,
            objective=hpt.Objective.maximize("validation:auc"),
            parameter_ranges=[hpt.ContinuousRange("eta", 0, 1)],
            resource_limits=hpt.ResourceLimits(max_training_jobs=max_training_jobs, max_parallel_training_jobs=2),
            training_job=hpt.TrainingJobDefinition(
                algorithm_specification=hpt.AlgorithmSpecification(
                    training_image=hpt.TrainingImage.built_in("xgboost", "1.7-1")
                ),
                input_data_config=[
                    hpt.Channel("train", hpt.S3DataSource(train.s3_object_url), content_type="csv"),
                    hpt.Channel("validation", hpt.S3DataSource(validation.s3_object_url), content_type="csv"),
                ],
                output_data_config=hpt.OutputDataConfig(s3_output_path=hpt.S3Location(models, "models")),
                resource_config=hpt.ResourceConfig(instance_type="ml.m5.xlarge", instance_count=1, volume_size=10),
                stopping_condition=hpt.StoppingCondition(max_runtime=cdk.Duration.hours(1)),
                static_hyperparameters={"objective": "binary:logistic", "eval_metric": "auc", "num_round": 100},
            ),
        )


class Pipeline(cdk.Stack):
    """The pipeline and its two stages."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        pipeline = pipelines.CodePipeline(
            self,
            "Pipeline",
            # The accounts of the stages read what the pipeline stores.
            cross_account_keys=True,
            enable_key_rotation=True,
            synth=pipelines.ShellStep(
                "Synth",
                input=pipelines.CodePipelineSource.connection(REPOSITORY, BRANCH, connection_arn=CONNECTION),
                commands=[
                    "npm install --global aws-cdk",
                    "pip install -r requirements.txt",
                    "cdk synth",
                ],
            ),
        )
        pipeline.add_stage(Tuning(self, "Test", env=TEST, max_training_jobs=2))
        pipeline.add_stage(
            Tuning(self, "Production", env=PRODUCTION, max_training_jobs=50),
            pre=[pipelines.ManualApprovalStep("Agree")],
        )


app = cdk.App()
Pipeline(app, "TuningPipelineExample", env=PIPELINE)

if __name__ == "__main__":
    app.synth()
