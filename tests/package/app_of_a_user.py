"""An app as its author would type it: what type checkers must let pass, basic and strict."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_efs as efs
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

import hpt_construct as hpt
from hpt_construct import HyperparameterTuningJob, IHyperparameterTuningJob

if TYPE_CHECKING:
    from constructs import Construct


class TeamTuning(HyperparameterTuningJob):
    """A job with a guard of the team's."""

    def __init__(self, scope: Construct, id: str, *, training_job: hpt.TrainingJobDefinition) -> None:  # noqa: A002
        """Add a search of two hours at most."""
        super().__init__(
            scope,
            id,
            strategy=hpt.Strategy.RANDOM,
            objective=hpt.Objective.minimize("validation:rmse"),
            parameter_ranges=[hpt.ContinuousRange("eta", 0.1, 0.5, "Linear")],
            resource_limits=hpt.ResourceLimits(max_training_jobs=2, max_parallel_training_jobs=1),
            training_job=training_job,
            max_instance_hours=2,
        )

    def spend(self) -> float:
        """In instance-hours."""
        return sum((self.worst_case_instance_hours or {}).values())


class TuningStack(cdk.Stack):
    """Every place that takes a construct of the CDK is given one."""

    def __init__(self, scope: Construct, id: str, *, role: iam.Role) -> None:  # noqa: A002
        """Add the jobs and what is around them."""
        super().__init__(scope, id)
        bucket, key, vpc = s3.Bucket(self, "Data"), kms.Key(self, "Key"), ec2.Vpc(self, "Vpc")
        group = ec2.SecurityGroup(self, "Trainings", vpc=vpc)
        files = efs.FileSystem(self, "Files", vpc=vpc)
        repository = ecr.Repository(self, "Images")
        training = self.training(bucket, key, role)
        job = HyperparameterTuningJob(
            self,
            "Tuning",
            strategy="Bayesian",
            strategy_config=None,
            objective=hpt.Objective.maximize("validation:auc"),
            parameter_ranges=[
                hpt.ContinuousRange("eta", 0, 1, hpt.ScalingType.LINEAR),
                hpt.IntegerRange("max_depth", 1, 10),
                hpt.CategoricalRange("booster", ["gbtree", "dart"]),
            ],
            resource_limits=hpt.ResourceLimits(
                max_training_jobs=20, max_parallel_training_jobs=3, max_runtime=cdk.Duration.hours(8)
            ),
            training_job=training,
            tags={"team": "churn"},
            removal_policy=cdk.RemovalPolicy.RETAIN,
            max_instance_hours=20,
        )
        hpt.TrainingJobDefinition(
            algorithm_specification=hpt.AlgorithmSpecification(
                training_image=hpt.TrainingImage.from_ecr_repository(repository, "1"),
                training_input_mode="Pipe",
                metric_definitions=[hpt.MetricDefinition("auc", "auc=([0-9.]+)")],
            ),
            input_data_config=[
                hpt.Channel(
                    "train",
                    hpt.FileSystemDataSource(
                        file_system_id=files,
                        file_system_type=hpt.FileSystemType.EFS,
                        directory_path="/train",
                        file_system_access_mode="ro",
                    ),
                )
            ],
            output_data_config=hpt.OutputDataConfig(s3_output_path="s3://amzn-s3-demo-bucket/models"),
            tuning_resource_config=hpt.TuningResourceConfig(
                instance_configs=[
                    hpt.InstanceConfig(
                        instance_type=hpt.InstanceType.ML_M5_XLARGE, instance_count=1, volume_size=cdk.Size.gibibytes(5)
                    )
                ]
            ),
            stopping_condition=hpt.StoppingCondition(),
            vpc_config=hpt.VpcConfig(
                subnets=[ec2.PrivateSubnet(self, "S", availability_zone="a", cidr_block="10.0.0.0/24", vpc_id="vpc-1")],
                security_groups=[group, "sg-0123456789abcdef0"],
            ),
        )
        hpt.VpcConfig.from_vpc(
            vpc, security_groups=[group], subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
        )
        TeamTuning(self, "Team", training_job=training)
        child = TeamTuning.from_request(
            self, "Child", {"TrainingJobDefinition": {"EnableNetworkIsolation": True}}, role=role, tags=None, run="2"
        )
        child.spend()
        hpt.WarmStart.transfer_learning(parents=[job, child, "older-job"])
        self.use(job, bucket, files)

    def training(self, bucket: s3.IBucket, key: kms.Key, role: iam.Role) -> hpt.TrainingJobDefinition:
        """A training on constructs of the app."""
        return hpt.TrainingJobDefinition(
            algorithm_specification=hpt.AlgorithmSpecification(
                training_image=hpt.TrainingImage.built_in("xgboost", "1.7-1")
            ),
            role=role,
            static_hyperparameters={"num_round": 100, "objective": "binary:logistic"},
            input_data_config=[
                hpt.Channel("train", hpt.S3DataSource(hpt.S3Location(bucket, "train")), content_type="csv")
            ],
            output_data_config=hpt.OutputDataConfig(s3_output_path=hpt.S3Location(bucket, "models"), kms_key=key),
            resource_config=hpt.ResourceConfig(
                instance_type="ml.m5.xlarge", instance_count=1, volume_size=10, volume_kms_key=key
            ),
            stopping_condition=hpt.StoppingCondition(max_runtime=cdk.Duration.hours(1)),
        )

    def use(self, job: HyperparameterTuningJob, bucket: s3.Bucket, files: efs.FileSystem) -> None:
        """What other constructs do with a job."""
        bucket.grant_read(job)
        files.connections.allow_default_port_from(job)
        self.watch(job)
        self.watch(HyperparameterTuningJob.from_tuning_job_name(self, "Nightly", "nightly"))
        cdk.Tags.of(job).add("cost-center", "42")
        cdk.CfnOutput(self, "Name", value=job.tuning_job_name)
        hours = job.worst_case_instance_hours
        if hours is not None and hours["ml.m5.xlarge"] > 1 and job.role is not None:
            cdk.CfnOutput(self, "Role", value=job.role.role_arn)

    def watch(self, job: IHyperparameterTuningJob) -> None:
        """Rules, grants and metrics of any job."""
        topic = sns.Topic.from_topic_arn(self, "Topic", "arn:aws:sns:us-east-1:111122223333:failures")
        code = lambda_.Code.from_inline("def handler(event, context): ...")
        function = lambda_.Function(self, "Then", runtime=lambda_.Runtime.PYTHON_3_13, handler="index.it", code=code)
        job.grant_read(function)
        job.on_failed("Failed", target=targets.SnsTopic(topic), description="Failures", cross_stack_scope=self)
        job.on_state_change("Any", event_pattern=events.EventPattern(account=["111122223333"]))
        metric = job.metric("validation:auc", statistic="Maximum", period=cdk.Duration.minutes(1))
        cloudwatch.Dashboard(self, "Board", widgets=[[cloudwatch.GraphWidget(left=[metric])]])


def main() -> None:
    """Make the app."""
    app = cdk.App()
    roles = cdk.Stack(app, "Roles")
    # The CDK's own classes are not of its own protocols, to pyright.
    service = iam.ServicePrincipal("sagemaker.amazonaws.com")
    TuningStack(app, "Tuning", role=iam.Role(roles, "Role", assumed_by=service))  # pyright: ignore[reportArgumentType]
    app.synth()
