"""Values that the CDK CLI looks up between two synths: in the first, the CDK has a dummy value for each."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_ssm as ssm

from hpt_construct import (
    AlgorithmSpecification,
    Channel,
    CheckpointConfig,
    HyperparameterTuningJob,
    MetricDefinition,
    OutputDataConfig,
    ResourceConfig,
    S3DataSource,
    StoppingCondition,
    TrainingJobDefinition,
    ValidationError,
    VpcConfig,
    WaitForCompletion,
    WarmStart,
)
from tests.construct.jobs import TYPE, minimal

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[[cdk.Stack, str], Any]

ACCOUNT, REGION = "111122223333", "eu-west-1"
MACHINES = ResourceConfig(instance_type="ml.m5.large", instance_count=1, volume_size=1)
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/churn:1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/R"
KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"


def job(stack: cdk.Stack, *, name: str = "Tuning", options: dict[str, Any] | None = None, **members: Any) -> Any:
    """A job whose definition has these members, and no role unless one is given."""
    defaults: dict[str, Any] = {
        "algorithm_specification": AlgorithmSpecification(
            training_image=IMAGE, metric_definitions=[MetricDefinition("loss", "loss=([0-9.]+)")]
        ),
        "output_data_config": OutputDataConfig(s3_output_path="s3://amzn-s3-demo-bucket/models"),
        "stopping_condition": StoppingCondition(max_runtime=3600),
        "resource_config": MACHINES,
    }
    return minimal(stack, name, training_job=TrainingJobDefinition(**{**defaults, **members}), **(options or {}))


def role(stack: cdk.Stack, value: str) -> None:
    """As the training jobs' role, which a bucket lets in."""
    s3.Bucket(stack, "Bucket").grant_read(job(stack, role=value))


def network(stack: cdk.Stack, value: str) -> None:
    """As a subnet and as a security group, which another lets in."""
    found = job(stack, vpc_config=VpcConfig(subnets=[value], security_groups=[value]))
    database = ec2.SecurityGroup.from_security_group_id(stack, "Database", "sg-0123")
    database.connections.allow_from(found, ec2.Port.tcp(5432))


def name(stack: cdk.Stack, value: str) -> None:
    """As the name of a job, which another stack refers to."""
    found = job(stack, options={"tuning_job_name": value})
    there = cdk.Stack(cdk.Stage.of(stack), "There", env=cdk.Environment(account=ACCOUNT, region="us-east-1"))
    cdk.CfnOutput(there, "Name", value=found.tuning_job_name)


def import_by_arn(stack: cdk.Stack, value: str) -> None:
    """As the ARN of a job elsewhere, whose best training job is asked for."""
    found = HyperparameterTuningJob.from_tuning_job_arn(stack, "Imported", value)
    cdk.CfnOutput(stack, "Model", value=found.best_training_job.model_data_url)
    found.on_completed("Completed")
    job(stack)


def parent(stack: cdk.Stack, value: str) -> None:
    """As a parent by name, and of a job that is imported by name."""
    imported = HyperparameterTuningJob.from_tuning_job_name(stack, "Imported", f"{value}-2")
    warm_start = WarmStart.identical_data_and_algorithm(parents=[value, imported])
    job(stack, options={"warm_start": warm_start})


PLACES: dict[str, tuple[Make, str]] = {
    "role": (role, ROLE),
    "network": (network, "sg-0123456789abcdef0"),
    "name": (name, "nightly"),
    "parent": (parent, "nightly"),
    "imported": (import_by_arn, f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:hyper-parameter-tuning-job/nightly"),
    "input": (
        lambda stack, value: job(
            stack,
            input_data_config=[Channel("train", S3DataSource(value)), Channel("code", S3DataSource(f"{value}/c"))],
        ),
        "s3://amzn-s3-demo-bucket/train",
    ),
    "bucket": (
        lambda stack, value: job(
            stack,
            input_data_config=[Channel("train", S3DataSource(f"s3://{value}/train"))],
            checkpoint_config=CheckpointConfig(s3_uri=f"s3://{value}"),
        ),
        "amzn-s3-demo-bucket",
    ),
    "output": (
        lambda stack, value: job(stack, output_data_config=OutputDataConfig(s3_output_path=value, kms_key=KEY)),
        "s3://amzn-s3-demo-bucket/models",
    ),
    "key": (
        lambda stack, value: job(
            stack,
            output_data_config=OutputDataConfig(s3_output_path="s3://amzn-s3-demo-bucket", kms_key=value),
            resource_config=dataclasses.replace(MACHINES, volume_kms_key=value),
        ),
        KEY,
    ),
    "image": (
        lambda stack, value: job(
            stack,
            algorithm_specification=AlgorithmSpecification(
                training_image=value, metric_definitions=[MetricDefinition("loss", "loss=([0-9.]+)")]
            ),
        ),
        IMAGE,
    ),
    "instance type": (
        lambda stack, value: job(
            stack,
            resource_config=dataclasses.replace(MACHINES, instance_type=value),
            options={"max_instance_hours": 10},
        ),
        "ml.m5.large",
    ),
    "wait": (
        lambda stack, value: job(
            stack,
            options={
                "run": value,
                "tags": {"commit": value},
                "wait_for_completion": WaitForCompletion(timeout=cdk.Duration.hours(1)),
            },
        ),
        "4711",
    ),
}


def assembly(make: Make, found: str | None) -> Any:
    """The app's assembly, when the CLI has not looked the parameter up, or has found this."""
    context = {} if found is None else {f"ssm:account={ACCOUNT}:parameterName=/ml/x:region={REGION}": found}
    app = cdk.App(context=context)
    stack = cdk.Stack(app, "Training", env=cdk.Environment(account=ACCOUNT, region=REGION))
    make(stack, ssm.StringParameter.value_from_lookup(stack, "/ml/x"))
    return app.synth()


def missing(assembly: Any) -> list[str]:
    """The parameters that the CLI looks up before it asks the app once more."""
    manifest = json.loads((Path(assembly.directory) / "manifest.json").read_text(encoding="utf-8"))
    return [each["props"]["parameterName"] for each in manifest.get("missing", ())]


@pytest.mark.parametrize(("make", "value"), PLACES.values(), ids=PLACES)
def test_first_synth_ends_so_that_the_cli_can_look_values_up(make: Make, value: str) -> None:
    """It would never look, if the app failed over the value that stands in for the parameter's."""
    first, second = assembly(make, None), assembly(make, value)
    assert [missing(each) for each in (first, second)] == [["/ml/x"], []]
    resources = second.get_stack_by_name("Training").template["Resources"].values()
    assert TYPE in {each["Type"] for each in resources}


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("role", "R"),
        ("name", "nightly_churn"),
        ("parent", "nightly_churn"),
        ("imported", "nightly"),
        ("input", "in/train"),
        ("instance type", "m5.large"),
        ("instance type", "ml.m5.larger"),
    ],
)
def test_what_has_been_looked_up_is_checked(place: str, value: str) -> None:
    """The second synth knows the value."""
    make, _ = PLACES[place]
    with pytest.raises(ValidationError, match=value):
        assembly(make, value)


def test_ceiling_holds_when_the_instance_type_has_been_looked_up() -> None:
    """What is not known in the first synth is counted in the second."""

    def too_many(stack: cdk.Stack, value: str) -> None:
        resources = dataclasses.replace(MACHINES, instance_type=value)
        job(stack, resource_config=resources, options={"max_instance_hours": 1})

    assembly(too_many, None)
    with pytest.raises(ValidationError, match="max_instance_hours: got 1"):
        assembly(too_many, "ml.m5.large")
