"""A tuning job that has moved into a construct of its own and goes on running, and one that this app only refers to."""

from typing import Any, cast

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

import hpt_construct as hpt


class Search(Construct):
    """Where the tuning job is now; it was deployed as ``Tuning``, directly in the stack."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        job = self.tune("Tuning")
        # The logical ID that the deployed template has. Keep the construct's own ID, here Tuning, too.
        cast("cdk.CfnResource", job.node.default_child).override_logical_id("Tuning79A926AD")

    def tune(self, construct_id: str) -> hpt.HyperparameterTuningJob:
        """The tuning job itself, as it was deployed."""
        data = s3.Bucket.from_bucket_name(self, "Data", "amzn-s3-demo-bucket")
        return hpt.HyperparameterTuningJob(
            self,
            construct_id,
            strategy=hpt.Strategy.BAYESIAN,
            objective=hpt.Objective.maximize("validation:auc"),
            parameter_ranges=[hpt.ContinuousRange("eta", 0, 1), hpt.IntegerRange("max_depth", 1, 10)],
            resource_limits=hpt.ResourceLimits(max_training_jobs=20, max_parallel_training_jobs=3),
            training_job=hpt.TrainingJobDefinition(
                algorithm_specification=hpt.AlgorithmSpecification(
                    training_image=hpt.TrainingImage.built_in("xgboost", "1.7-1")
                ),
                role="arn:aws:iam::111122223333:role/SageMakerRole",
                input_data_config=[
                    hpt.Channel(name, hpt.S3DataSource(hpt.S3Location(data, name)), content_type="csv")
                    for name in ("train", "validation")
                ],
                output_data_config=hpt.OutputDataConfig(s3_output_path=hpt.S3Location(data, "models")),
                resource_config=hpt.ResourceConfig(
                    instance_type="ml.m5.xlarge", instance_count=1, volume_size=cdk.Size.gibibytes(10)
                ),
                stopping_condition=hpt.StoppingCondition(max_runtime=cdk.Duration.hours(1)),
                static_hyperparameters={"objective": "binary:logistic", "eval_metric": "auc", "num_round": 100},
            ),
        )


class Serving(cdk.Stack):
    """The best model of a tuning job that something else has started, and that has ended."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        nightly = hpt.HyperparameterTuningJob.from_tuning_job_name(self, "Nightly", "nightly-2026-11-20")
        sagemaker.CfnModel(
            self,
            "Model",
            execution_role_arn="arn:aws:iam::111122223333:role/SageMakerRole",
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
                image="111122223333.dkr.ecr.us-east-1.amazonaws.com/churn:1",
                model_data_url=nightly.best_training_job.model_data_url,
            ),
        )


app = cdk.App()
training = cdk.Stack(app, "MovedExample")
Search(training, "Search")
Serving(app, "ReferringExample")

if __name__ == "__main__":
    app.synth()
