"""A stack with a tuning job whose size depends on the environment, and in `tests` what is worth testing of it."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

import hpt_construct as hpt


class TuningStack(cdk.Stack):
    """A bucket for the models, and the job that fills it."""

    def __init__(self, scope: Construct, construct_id: str, *, max_training_jobs: int, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        data = s3.Bucket.from_bucket_name(self, "Data", "amzn-s3-demo-bucket")
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
            parameter_ranges=[hpt.ContinuousRange("eta", 0, 1), hpt.IntegerRange("max_depth", 1, 10)],
            resource_limits=hpt.ResourceLimits(max_training_jobs=max_training_jobs, max_parallel_training_jobs=2),
            max_instance_hours=50,
            training_job=hpt.TrainingJobDefinition(
                algorithm_specification=hpt.AlgorithmSpecification(
                    training_image=hpt.TrainingImage.built_in("xgboost", "1.7-1")
                ),
                input_data_config=[
                    hpt.Channel(name, hpt.S3DataSource(hpt.S3Location(data, name)), content_type="csv")
                    for name in ("train", "validation")
                ],
                output_data_config=hpt.OutputDataConfig(s3_output_path=hpt.S3Location(models, "models")),
                resource_config=hpt.ResourceConfig(
                    instance_type="ml.m5.xlarge", instance_count=1, volume_size=cdk.Size.gibibytes(10)
                ),
                stopping_condition=hpt.StoppingCondition(max_runtime=cdk.Duration.hours(1)),
                static_hyperparameters={"objective": "binary:logistic", "eval_metric": "auc", "num_round": 100},
            ),
        )


app = cdk.App()
TuningStack(app, "TestingExample", max_training_jobs=20)

if __name__ == "__main__":
    app.synth()
