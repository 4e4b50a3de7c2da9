"""A tuning job whose training jobs run in a network without internet, with data encrypted by a key of yours."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

import hpt_construct as hpt

DATA = Path(__file__).resolve().parent / "data"


class VpcAndKeys(cdk.Stack):
    """A network, a key, a bucket for the models, and the job that fills it."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        files = {
            name: assets.Asset(self, name.title(), path=str(DATA / f"{name}.csv")) for name in ("train", "validation")
        }
        key = kms.Key(self, "Key", enable_key_rotation=True)
        models = s3.Bucket(
            self,
            "Models",
            encryption_key=key,
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            server_access_logs_prefix="access-logs/",
        )
        vpc = ec2.Vpc(
            self,
            "Network",
            max_azs=2,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="Trainings", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
            ],
            gateway_endpoints={"S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3)},
            flow_logs={"All": ec2.FlowLogOptions()},
        )
        self.job = hpt.HyperparameterTuningJob(
            self,
            "Tuning",
            strategy=hpt.Strategy.BAYESIAN,
            objective=hpt.Objective.maximize("validation:auc"),
            parameter_ranges=[hpt.ContinuousRange("eta", 0, 1), hpt.IntegerRange("max_depth", 1, 10)],
            resource_limits=hpt.ResourceLimits(max_training_jobs=20, max_parallel_training_jobs=3),
            training_job=hpt.TrainingJobDefinition(
                algorithm_specification=hpt.AlgorithmSpecification(
                    training_image=hpt.TrainingImage.built_in("xgboost", "1.7-1")
                ),
                static_hyperparameters={"objective": "binary:logistic", "eval_metric": "auc", "num_round": 100},
                input_data_config=[
                    hpt.Channel(name, hpt.S3DataSource(file.s3_object_url), content_type="csv")
                    for name, file in files.items()
                ],
                output_data_config=hpt.OutputDataConfig(s3_output_path=hpt.S3Location(models, "models"), kms_key=key),
                resource_config=hpt.ResourceConfig(
                    instance_type="ml.m5.xlarge",
                    instance_count=1,
                    volume_size=cdk.Size.gibibytes(10),
                    volume_kms_key=key,
                ),
                stopping_condition=hpt.StoppingCondition(max_runtime=cdk.Duration.hours(1)),
                vpc_config=hpt.VpcConfig.from_vpc(vpc, security_groups=[ec2.SecurityGroup(self, "Trainings", vpc=vpc)]),
                enable_network_isolation=True,
            ),
        )


app = cdk.App()
VpcAndKeys(app, "VpcAndKeysExample")

if __name__ == "__main__":
    app.synth()
