"""Tuning jobs as one team runs them: a subclass with the team's defaults, a function that changes a part of a request,
and an aspect that looks at every tuning job of the app, whoever made it.
"""

import dataclasses
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_s3 as s3
from constructs import Construct, IConstruct

import hpt_construct as hpt

MOST_INSTANCE_HOURS = 100


class TeamTuningJob(hpt.HyperparameterTuningJob):
    """A tuning job with the team's ceiling, tag and training job definitions; takes what its base class takes."""

    def __init__(self, scope: Construct, id: str, **options: Any) -> None:  # noqa: A002 – what every construct calls it
        asked_for = options.get("max_instance_hours", MOST_INSTANCE_HOURS)
        options["max_instance_hours"] = min(asked_for, MOST_INSTANCE_HOURS)
        if options.get("training_job"):
            options["training_job"] = with_team_defaults(options["training_job"])
        super().__init__(scope, id, **options)
        cdk.Tags.of(self).add("team", "churn")


def with_team_defaults(definition: hpt.TrainingJobDefinition) -> hpt.TrainingJobDefinition:
    """The same definition: its training jobs reach no network, and start again after an internal error of SageMaker."""
    return dataclasses.replace(
        definition,
        enable_network_isolation=True,
        retry_strategy=definition.retry_strategy or hpt.RetryStrategy(maximum_retry_attempts=2),
    )


@jsii.implements(cdk.IAspect)
class OnlyTeamTuningJobs:
    """Refuses tuning jobs that somebody has made without the team's defaults."""

    def visit(self, node: IConstruct) -> None:
        """Look at one construct of the app."""
        if isinstance(node, hpt.HyperparameterTuningJob) and not isinstance(node, TeamTuningJob):
            cdk.Annotations.of(node).add_error("use TeamTuningJob, which has our ceiling")


class TeamDefaults(cdk.Stack):
    """A job in the typed form, and one from a request as boto3 takes it; both have the team's defaults."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        data = s3.Bucket.from_bucket_name(self, "Data", "amzn-s3-demo-bucket")
        TeamTuningJob(
            self,
            "Typed",
            strategy=hpt.Strategy.BAYESIAN,
            objective=hpt.Objective.maximize("validation:auc"),
            parameter_ranges=[hpt.ContinuousRange("eta", 0, 1), hpt.IntegerRange("max_depth", 1, 10)],
            resource_limits=hpt.ResourceLimits(max_training_jobs=20, max_parallel_training_jobs=3),
            training_job=hpt.TrainingJobDefinition(
                algorithm_specification=hpt.AlgorithmSpecification(
                    training_image=hpt.TrainingImage.built_in("xgboost", "1.7-1")
                ),
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
        TeamTuningJob.from_request(self, "Plain", REQUEST, role=None)


REQUEST = {
    "HyperParameterTuningJobConfig": {
        "Strategy": "Random",
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "accuracy"},
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 10, "MaxParallelTrainingJobs": 2},
        "ParameterRanges": {"ContinuousParameterRanges": [{"Name": "rate", "MinValue": "0.1", "MaxValue": "1"}]},
    },
    "TrainingJobDefinition": {
        "AlgorithmSpecification": {
            "TrainingImage": "111122223333.dkr.ecr.us-east-1.amazonaws.com/churn:1",
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "accuracy", "Regex": "accuracy=([0-9.]+)"}],
        },
        "RoleArn": "arn:aws:iam::111122223333:role/SageMakerRole",
        "OutputDataConfig": {"S3OutputPath": "s3://amzn-s3-demo-bucket/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    },
}

app = cdk.App()
TeamDefaults(app, "TeamDefaultsExample")
cdk.Aspects.of(app).add(OnlyTeamTuningJobs())

if __name__ == "__main__":
    app.synth()
