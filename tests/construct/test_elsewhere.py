"""ARNs of another account, region or partition than the stack's, where SageMaker takes those of its own only."""

from __future__ import annotations

import dataclasses
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Annotations, Match

from hpt_construct import (
    AlgorithmSpecification,
    HyperparameterTuningJob,
    OutputDataConfig,
    ResourceConfig,
    TuningResourceConfig,
    ValidationError,
)
from tests.construct.jobs import definition, minimal

ACCOUNT = "111122223333"
HERE = cdk.Environment(account=ACCOUNT, region="eu-west-1")
KEY = "key/1234abcd-12ab-34cd-56ef-1234567890ab"
MACHINES = ResourceConfig(instance_type="ml.m5.large", instance_count=1, volume_size=1)

Members = dict[str, Any]


def algorithm(arn: str) -> Members:
    """An algorithm of AWS Marketplace."""
    return {"algorithm_specification": AlgorithmSpecification(algorithm_name=arn)}


def volumes(key: str) -> Members:
    """A key of the volumes."""
    return {"resource_config": dataclasses.replace(MACHINES, volume_kms_key=key)}


def tuned_volumes(key: str) -> Members:
    """A key of the volumes of instances with alternatives."""
    resources = TuningResourceConfig(instance_type="ml.m5.large", instance_count=1, volume_size=1, volume_kms_key=key)
    return {"resource_config": None, "tuning_resource_config": resources}


def output(key: str) -> Members:
    """A key of the output."""
    return {"output_data_config": OutputDataConfig(s3_output_path="s3://bucket/out", kms_key=key)}


def stack_in(env: cdk.Environment | None) -> cdk.Stack:
    """An empty stack."""
    return cdk.Stack(cdk.App(), "Training", env=env)


ALGORITHM = "arn:aws:sagemaker:us-east-2:057799348421:algorithm/autogluon"
OWN_VOLUMES = "volumes are encrypted with keys of their own region: give a key in eu-west-1"


@pytest.mark.parametrize(
    ("members", "told"),
    [
        (
            {"role": "arn:aws:iam::444455556666:role/R"},
            (
                "role: got 'arn:aws:iam::444455556666:role/R', which is in account 444455556666, and IAM passes no "
                "role to another account: give a role in 111122223333"
            ),
        ),
        (
            {"role": f"arn:aws-cn:iam::{ACCOUNT}:role/R"},
            (
                f"role: got 'arn:aws-cn:iam::{ACCOUNT}:role/R', which is of the partition aws-cn, and the stack is in "
                "eu-west-1, of aws: give a role of that"
            ),
        ),
        (
            {"role": f"arn:{cdk.Aws.PARTITION}:iam::444455556666:role/R"},
            (
                "role: got one with tokens, which is in account 444455556666, and IAM passes no role to another "
                "account: give a role in 111122223333"
            ),
        ),
        (
            algorithm(ALGORITHM),
            (
                f"algorithm_specification.algorithm_name: got '{ALGORITHM}', which is in us-east-2, and SageMaker "
                "takes algorithms of its own region only: give the ARN of the algorithm in eu-west-1"
            ),
        ),
        (
            volumes(f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/volumes"),
            (
                f"resource_config.volume_kms_key: got 'arn:aws:kms:us-east-1:{ACCOUNT}:alias/volumes', which is "
                f"in us-east-1, and {OWN_VOLUMES}"
            ),
        ),
        (
            tuned_volumes(f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/volumes"),
            (
                f"tuning_resource_config.volume_kms_key: got 'arn:aws:kms:us-east-1:{ACCOUNT}:alias/volumes', which is "
                f"in us-east-1, and {OWN_VOLUMES}"
            ),
        ),
    ],
    ids=["account", "partition", "tokens", "algorithm", "volumes", "tuned volumes"],
)
def test_what_is_elsewhere_is_refused(members: Members, told: str) -> None:
    """With the way out, before anything is made."""
    stack = stack_in(HERE)
    with pytest.raises(ValidationError) as caught:
        minimal(stack, training_job=definition(**members))
    assert caught.value.problems == (f"training_job.{told}",)
    assert stack.node.children == []


def test_each_definition_is_looked_at(guide_request: dict[str, Any]) -> None:
    """In the names of a plain request too."""
    with pytest.raises(ValidationError) as caught:
        HyperparameterTuningJob.from_request(stack_in(cdk.Environment(account="444455556666")), "Tuning", guide_request)
    [told] = caught.value.problems
    assert told.startswith("TrainingJobDefinition.RoleArn: got 'arn:aws:iam::")
    assert told.endswith("IAM passes no role to another account: give a role in 444455556666")


def warnings(stack: cdk.Stack) -> list[Any]:
    """What is said of keys of another region."""
    found = Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp("hpt-construct:I12"))
    return [each.entry.data for each in found]


def test_key_of_the_output_may_be_where_the_bucket_is() -> None:
    """S3 takes a key of the bucket's region, and nobody knows that one."""
    stack = stack_in(HERE)
    minimal(stack, training_job=definition(**output(f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/models")))
    assert warnings(stack) == [
        (
            f"training_job.output_data_config.kms_key: got 'arn:aws:kms:us-east-1:{ACCOUNT}:alias/models', which is "
            "in us-east-1, and S3 takes keys of the bucket's region only: give a key in eu-west-1, unless the bucket "
            "is in us-east-1 too [ack: hpt-construct:I12]"
        )
    ]


@pytest.mark.parametrize(
    "members",
    [
        {"role": f"arn:aws:iam::{ACCOUNT}:role/R"},
        {"role": f"arn:aws:iam::{cdk.Aws.ACCOUNT_ID}:role/R"},
        {"role": cdk.Fn.import_value("role")},
        algorithm("mine"),
        algorithm(ALGORITHM.replace("us-east-2", "eu-west-1")),
        volumes(f"arn:aws:kms:eu-west-1:444455556666:{KEY}"),
        volumes("alias/volumes"),
        output(f"arn:aws:kms:{cdk.Aws.REGION}:{ACCOUNT}:{KEY}"),
    ],
    ids=["role", "own account", "hidden role", "name", "algorithm", "key of another account", "alias", "own region"],
)
def test_what_may_be_here_is_taken(members: Members) -> None:
    """Keys and algorithms may be of another account; what a token hides is not known."""
    stack = stack_in(HERE)
    minimal(stack, training_job=definition(**members))
    assert warnings(stack) == []


@pytest.mark.parametrize("region", [None, "xx-nowhere-1"], ids=["not known", "new"])
def test_stack_that_may_be_anywhere_takes_everything(region: str | None) -> None:
    """And nobody knows the partition of a region that is new."""
    stack = stack_in(cdk.Environment(region=region))
    members = {"role": "arn:aws-cn:iam::444455556666:role/R"}
    if region is None:
        members |= algorithm(ALGORITHM) | volumes(f"arn:aws:kms:us-east-1:{ACCOUNT}:{KEY}")
    assert minimal(stack, training_job=definition(**members)) is not None
