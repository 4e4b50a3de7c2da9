"""What a request refers to has to be in the sandbox, as it has to be on AWS."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox import Sandbox

_Request = dict[str, Any]
_ROLE = "arn:aws:iam::111122223333:role/"
_BUCKET = "inputs-that-are-here"


def _trust(service: str) -> str:
    principal = {"Service": [service]}
    return json.dumps({"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]})


@pytest.fixture(scope="session")
def inputs(sandbox: Sandbox) -> dict[str, Any]:
    """Make a definition's inputs, and answer the members that name them."""
    iam, s3, ec2, kms = (sandbox.client(service) for service in ("iam", "s3", "ec2", "kms"))
    iam.create_role(RoleName="trainer", Path="/jobs/", AssumeRolePolicyDocument=_trust("sagemaker.amazonaws.com"))
    iam.create_role(RoleName="stranger", AssumeRolePolicyDocument=_trust("ec2.amazonaws.com"))
    s3.create_bucket(Bucket=_BUCKET)
    s3.put_object(Bucket=_BUCKET, Key="train/part-1.csv", Body=b"1,2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="trainings", Description="trainings", VpcId=vpc)["GroupId"]
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/volumes", TargetKeyId=key)
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{_BUCKET}/train"}}
    return {
        "RoleArn": f"{_ROLE}jobs/trainer",
        "InputDataConfig": [{"ChannelName": "train", "DataSource": source}],
        "VpcConfig": {"Subnets": [subnet], "SecurityGroupIds": [group]},
        "OutputDataConfig": {"S3OutputPath": "s3://elsewhere/models", "KmsKeyId": key},
        "ResourceConfig": {
            "InstanceType": "ml.m5.large",
            "InstanceCount": 1,
            "VolumeSizeInGB": 10,
            "VolumeKmsKeyId": "alias/volumes",
        },
    }


@pytest.fixture
def definition(inputs: dict[str, Any], request_body: _Request) -> dict[str, Any]:
    """Answer the definition of the request, with inputs that are there."""
    definition: dict[str, Any] = request_body["TrainingJobDefinition"]
    definition |= copy.deepcopy(inputs)
    return definition


def _create(sandbox: Sandbox, request: _Request, name: str) -> None:
    sandbox.client("sagemaker").create_hyper_parameter_tuning_job(**request | {"HyperParameterTuningJobName": name})


def test_a_request_whose_inputs_are_there_is_taken(
    sandbox: Sandbox, request_body: _Request, definition: dict[str, Any]
) -> None:
    """A role that SageMaker may assume, data under the prefix, subnets, security groups, keys by id and by alias."""
    del definition
    _create(sandbox, request_body, "complete")


def _channel(definition: dict[str, Any]) -> dict[str, Any]:
    source: dict[str, Any] = definition["InputDataConfig"][0]["DataSource"]["S3DataSource"]
    return source


_NO_DATA = "given in input data source. Please ensure that the bucket exists in the selected region (us-east-1), that "
_NO_ROLE = "Please ensure that the role exists and allows principal 'sagemaker.amazonaws.com' to assume the role."


@pytest.mark.parametrize(
    ("spoil", "messages"),
    [
        (
            lambda d: d.update(RoleArn=f"{_ROLE}nobody"),
            [f"Could not assume role {_ROLE}nobody. {_NO_ROLE}"],
        ),
        (lambda d: d.update(RoleArn=f"{_ROLE}trainer"), [f"Could not assume role {_ROLE}trainer. {_NO_ROLE}"]),
        (lambda d: d.update(RoleArn=f"{_ROLE}stranger"), [f"Could not assume role {_ROLE}stranger. {_NO_ROLE}"]),
        (
            lambda d: _channel(d).update(S3Uri=f"s3://{_BUCKET}/test/"),
            [
                f'No S3 objects found under S3 URL "s3://{_BUCKET}/test/" {_NO_DATA}',
                f'that the role "{_ROLE}jobs/trainer" has "s3:ListBucket" permissions on bucket "{_BUCKET}".',
            ],
        ),
        (
            lambda d: _channel(d).update(S3Uri="s3://no-such-bucket"),
            [
                f'No S3 objects found under S3 URL "s3://no-such-bucket" {_NO_DATA}',
                "Error message from S3: The specified bucket does not exist",
            ],
        ),
        (
            lambda d: d["VpcConfig"].update(Subnets=["subnet-nowhere"]),
            ["The subnet ID 'subnet-nowhere' does not exist"],
        ),
        (
            lambda d: d["VpcConfig"].update(SecurityGroupIds=["sg-0123456789abcdef0"]),
            ["sg-0123456789abcdef0"],
        ),
        (lambda d: d["OutputDataConfig"].update(KmsKeyId="no-such-key"), ["no-such-key"]),
        (lambda d: d["ResourceConfig"].update(VolumeKmsKeyId="alias/no-such-alias"), ["alias/no-such-alias"]),
    ],
    ids=[
        "no role",
        "another path",
        "a role of another service",
        "no objects",
        "no bucket",
        "no subnet",
        "no security group",
        "no key",
        "no alias",
    ],
)
def test_what_is_not_there_is_refused(
    sandbox: Sandbox,
    request_body: _Request,
    definition: dict[str, Any],
    spoil: Callable[[dict[str, Any]], None],
    messages: list[str],
) -> None:
    """The words are the service's where they are known, and the way out is named."""
    spoil(definition)
    with pytest.raises(ClientError) as caught:
        _create(sandbox, request_body, "incomplete")
    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationException"
    for message in [*messages, "(in the sandbox, --inputs-elsewhere lets a request name what is not there)"]:
        assert message in error["Message"]


def test_each_definition_is_looked_at(sandbox: Sandbox, request_body: _Request, definition: dict[str, Any]) -> None:
    """The second of two may be the one that is wrong."""
    wrong = {**definition, "RoleArn": f"{_ROLE}nobody", "DefinitionName": "second"}
    del request_body["TrainingJobDefinition"]
    del request_body["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
    request_body["TrainingJobDefinitions"] = [{**definition, "DefinitionName": "first"}, wrong]
    with pytest.raises(ClientError, match=f"Could not assume role {_ROLE}nobody"):
        _create(sandbox, request_body, "two")


def test_inputs_may_be_elsewhere(sandbox: Sandbox, request_body: _Request) -> None:
    """With the switch, a request is taken whatever it names."""
    sandbox.control.configure(inputs_elsewhere=True)
    try:
        _create(sandbox, request_body, "elsewhere")
    finally:
        sandbox.control.configure(inputs_elsewhere=False)
