"""Before, in one app: a tuning job that `AwsCustomResource` starts and stops."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import custom_resources as cr
from constructs import Construct

NAME = "churn-1"
ROLE = "arn:aws:iam::111122223333:role/SageMakerRole"
REQUEST = {
    "HyperParameterTuningJobName": NAME,
    "HyperParameterTuningJobConfig": {
        "Strategy": "Bayesian",
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "validation:auc"},
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 20, "MaxParallelTrainingJobs": 3},
        "ParameterRanges": {
            "ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0", "MaxValue": "1"}],
            "IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "1", "MaxValue": "10"}],
        },
    },
    "TrainingJobDefinition": {
        "AlgorithmSpecification": {
            "TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
            "TrainingInputMode": "File",
        },
        "RoleArn": ROLE,
        "InputDataConfig": [
            {
                "ChannelName": name,
                "ContentType": "csv",
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://amzn-s3-demo-bucket/{name}"}},
            }
            for name in ("train", "validation")
        ],
        "OutputDataConfig": {"S3OutputPath": "s3://amzn-s3-demo-bucket/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        "StaticHyperParameters": {"objective": "binary:logistic", "eval_metric": "auc", "num_round": "100"},
    },
}


class Before(cdk.Stack):
    """The tuning job by three calls, and the permissions for them."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        cr.AwsCustomResource(
            self,
            "Tuning",
            on_update=cr.AwsSdkCall(  # on creation, too
                service="SageMaker",
                action="CreateHyperParameterTuningJob",
                parameters=REQUEST,
                physical_resource_id=cr.PhysicalResourceId.of(NAME),
            ),
            on_delete=cr.AwsSdkCall(
                service="SageMaker",
                action="StopHyperParameterTuningJob",
                parameters={"HyperParameterTuningJobName": NAME},
            ),
            policy=cr.AwsCustomResourcePolicy.from_statements(
                [
                    iam.PolicyStatement(
                        actions=[
                            "sagemaker:CreateHyperParameterTuningJob",
                            "sagemaker:StopHyperParameterTuningJob",
                            "sagemaker:AddTags",
                        ],
                        resources=[f"arn:aws:sagemaker:*:*:hyper-parameter-tuning-job/{NAME}"],
                    ),
                    iam.PolicyStatement(actions=["iam:PassRole"], resources=[ROLE]),
                ]
            ),
            install_latest_aws_sdk=False,
        )


if __name__ == "__main__":
    app = cdk.App()
    Before(app, "Churn")
    app.synth()
