"""After: the same request as a construct, which begins with the results of the job that something else has started."""

from typing import Any

import aws_cdk as cdk
from constructs import Construct

import hpt_construct as hpt


class Churn(cdk.Stack):
    """The job that was there before, as a reference, and the next search, which begins with its results."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        first = hpt.HyperparameterTuningJob.from_tuning_job_name(self, "First", "churn-1")
        hpt.HyperparameterTuningJob(
            self,
            "Search",
            strategy=hpt.Strategy.BAYESIAN,
            objective=hpt.Objective.maximize("validation:auc"),
            parameter_ranges=[hpt.ContinuousRange("eta", 0, 1), hpt.IntegerRange("max_depth", 1, 10)],
            resource_limits=hpt.ResourceLimits(max_training_jobs=20, max_parallel_training_jobs=3),
            warm_start=hpt.WarmStart.identical_data_and_algorithm(parents=[first]),
            training_job=hpt.TrainingJobDefinition(
                algorithm_specification=hpt.AlgorithmSpecification(
                    training_image="683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
                ),
                role="arn:aws:iam::111122223333:role/SageMakerRole",
                input_data_config=[
                    hpt.Channel(name, hpt.S3DataSource(f"s3://amzn-s3-demo-bucket/{name}"), content_type="csv")
                    for name in ("train", "validation")
                ],
                output_data_config=hpt.OutputDataConfig(s3_output_path="s3://amzn-s3-demo-bucket/models"),
                resource_config=hpt.ResourceConfig(instance_type="ml.m5.xlarge", instance_count=1, volume_size=10),
                stopping_condition=hpt.StoppingCondition(max_runtime=cdk.Duration.hours(1)),
                static_hyperparameters={"objective": "binary:logistic", "eval_metric": "auc", "num_round": 100},
            ),
        )


app = cdk.App()
Churn(app, "Churn", env=cdk.Environment(account="111122223333", region="us-east-1"))

if __name__ == "__main__":
    app.synth()
