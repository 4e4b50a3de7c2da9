"""After: the request of the script as a construct. `hpt convert request.json` has written it, but for the name."""

from typing import Any

import aws_cdk as cdk
from constructs import Construct

import hpt_construct as hpt


class Converted(cdk.Stack):
    """What the script has started, as a resource of a stack."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        hpt.HyperparameterTuningJob(
            self,
            "Tuning",
            strategy=hpt.Strategy.BAYESIAN,
            resource_limits=hpt.ResourceLimits(max_parallel_training_jobs=3, max_training_jobs=20),
            objective=hpt.Objective.maximize("validation:auc"),
            parameter_ranges=hpt.ParameterRanges(
                integer=[hpt.IntegerRange("max_depth", 1, 10, scaling_type=hpt.ScalingType.AUTO)],
                continuous=[hpt.ContinuousRange("eta", 0, 1, scaling_type=hpt.ScalingType.AUTO)],
                categorical=[],
            ),
            training_job_early_stopping_type=hpt.TrainingJobEarlyStoppingType.OFF,
            training_job=hpt.TrainingJobDefinition(
                algorithm_specification=hpt.AlgorithmSpecification(
                    training_image="683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
                    training_input_mode=hpt.TrainingInputMode.FILE,
                ),
                role="arn:aws:iam::111122223333:role/SageMakerRole",
                output_data_config=hpt.OutputDataConfig(s3_output_path="s3://amzn-s3-demo-bucket/models"),
                stopping_condition=hpt.StoppingCondition(max_runtime=cdk.Duration.hours(1)),
                input_data_config=[
                    hpt.Channel(
                        "train",
                        hpt.S3DataSource(
                            "s3://amzn-s3-demo-bucket/train",
                            s3_data_type=hpt.S3DataType.S3_PREFIX,
                            s3_data_distribution_type=hpt.S3DataDistribution.FULLY_REPLICATED,
                        ),
                        content_type="csv",
                    ),
                    hpt.Channel(
                        "validation",
                        hpt.S3DataSource(
                            "s3://amzn-s3-demo-bucket/validation",
                            s3_data_type=hpt.S3DataType.S3_PREFIX,
                            s3_data_distribution_type=hpt.S3DataDistribution.FULLY_REPLICATED,
                        ),
                        content_type="csv",
                    ),
                ],
                tuning_resource_config=hpt.TuningResourceConfig(
                    instance_type="ml.m5.xlarge",
                    instance_count=1,
                    volume_size=cdk.Size.gibibytes(10),
                ),
                static_hyperparameters={
                    "objective": "binary:logistic",
                    "eval_metric": "auc",
                    "num_round": 100,
                },
            ),
        )


app = cdk.App()
Converted(app, "ConvertedExample")

if __name__ == "__main__":
    app.synth()
