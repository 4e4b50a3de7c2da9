"""The role that a job makes when it is given none: what SageMaker needs for exactly this request."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as assets
from aws_cdk.assertions import Annotations, Match, Template

from hpt_construct import (
    AlgorithmSpecification,
    Channel,
    CheckpointConfig,
    DatasetSource,
    FileSystemDataSource,
    HubAccessConfig,
    HyperparameterTuningJob,
    IntegerRange,
    MetricDefinition,
    Objective,
    OutputDataConfig,
    ResourceConfig,
    ResourceLimits,
    S3DataSource,
    S3Location,
    StoppingCondition,
    TrainingImage,
    TrainingJobDefinition,
    TuningResourceConfig,
    ValidationError,
    VpcConfig,
)

if TYPE_CHECKING:
    from pathlib import Path

TYPE = "Custom::SageMakerHyperParameterTuningJob"
ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/R"
KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
MACHINES = ResourceConfig(instance_type="ml.m5.large", instance_count=1, volume_size=1)
PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
HERE = f"eu-west-1:{ACCOUNT}"

Allowed = set[tuple[str, str, str]]
"""Action, resource, condition."""


@pytest.fixture
def stack() -> cdk.Stack:
    """An empty stack whose region and account are known."""
    return stack_of(cdk.App())


def stack_of(app: cdk.App, name: str = "Training", account: str = ACCOUNT) -> cdk.Stack:
    """A stack whose region and account are known."""
    return cdk.Stack(app, name, env=cdk.Environment(region="eu-west-1", account=account))


def definition(**arguments: Any) -> TrainingJobDefinition:
    """A training without a role that reads nothing, and what else is given."""
    defaults: dict[str, Any] = {
        # Nobody needs a permission for an image of AWS's own.
        "algorithm_specification": AlgorithmSpecification(
            training_image=TrainingImage.built_in("kmeans"), metric_definitions=[LOSS]
        ),
        "output_data_config": OutputDataConfig(s3_output_path="s3://out/models"),
        "stopping_condition": StoppingCondition(max_runtime=3600),
        "resource_config": MACHINES,
    }
    return TrainingJobDefinition(**{**defaults, **arguments})


LOSS = MetricDefinition("loss", "loss=([0-9.]+)")


def tuning(stack: cdk.Stack, *trainings: TrainingJobDefinition, name: str = "Tuning") -> HyperparameterTuningJob:
    """A job of one training, or of several."""
    limits = ResourceLimits(max_parallel_training_jobs=1, max_training_jobs=2)
    objective, ranges = Objective.minimize("loss"), [IntegerRange("depth", 1, 10)]
    if len(trainings) == 1:
        return HyperparameterTuningJob(
            stack,
            name,
            strategy="Random",
            resource_limits=limits,
            objective=objective,
            parameter_ranges=ranges,
            training_job=trainings[0],
        )
    several = [
        dataclasses.replace(each, definition_name=f"d{index}", objective=objective, parameter_ranges=ranges)
        for index, each in enumerate(trainings)
    ]
    return HyperparameterTuningJob(stack, name, strategy="Random", resource_limits=limits, training_jobs=several)


def text(value: Any) -> str:
    """A value of a template, with what CloudFormation fills in between braces."""
    if isinstance(value, (str, int)):
        return str(value)
    if isinstance(value, list):
        return ",".join(map(text, value))
    [(function, argument)] = value.items()
    if function == "Ref":
        return f"{{{argument}}}"
    if function == "Fn::GetAtt":
        return f"{{{'.'.join(argument)}}}"
    if function == "Fn::Join":
        return str(argument[0]).join(map(text, argument[1]))
    return f"{{{function.removeprefix('Fn::')} {text(argument)}}}"


def allowed(stack: cdk.Stack, role: str = r"TuningRole.*") -> Allowed:
    """All that the policies of a role allow; the hashes of logical ids are cut off."""
    template = Template.from_stack(stack)
    documents = [
        policy["PolicyDocument"]
        for name, found in template.find_resources("AWS::IAM::Role").items()
        for policy in found["Properties"].get("Policies", ())
        if re.fullmatch(role, name)
    ] + [
        found["Properties"]["PolicyDocument"]
        for found in template.find_resources("AWS::IAM::Policy").values()
        if re.fullmatch(role, "".join(text(each).strip("{}") for each in found["Properties"]["Roles"]))
    ]
    return {
        (action, re.sub(r"(?<=[a-z])[0-9A-F]{8}(?=[.}])", "", text(resource)), condition(statement))
        for document in documents
        for statement in document["Statement"]
        if statement["Effect"] == "Allow"
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }


def as_list(value: Any) -> list[Any]:
    """What CloudFormation takes one or several of."""
    return value if isinstance(value, list) else [value]


def condition(statement: dict[str, Any]) -> str:
    """A statement's condition on one line."""
    return "; ".join(
        f"{operator} {key} {value}"
        for operator, operands in statement.get("Condition", {}).items()
        for key, value in operands.items()
    )


def each(actions: tuple[str, ...] | str, *resources: str, where: str = "") -> Allowed:
    """These actions with these resources."""
    return {
        (action, resource.replace("arn:", "arn:{AWS::Partition}:", 1), where)
        for action in ([actions] if isinstance(actions, str) else actions)
        for resource in resources
    }


ALWAYS = each(
    ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
    f"arn:logs:{HERE}:log-group:/aws/sagemaker/TrainingJobs",
    f"arn:logs:{HERE}:log-group:/aws/sagemaker/TrainingJobs:*",
) | each("cloudwatch:PutMetricData", "*", where="StringEquals cloudwatch:namespace /aws/sagemaker/TrainingJobs")
OUTPUT = each(("s3:AbortMultipartUpload", "s3:PutObject"), "arn:s3:::out/models/*")
LEAST = ALWAYS | OUTPUT


class TestRole:
    """Whose it is, and when it is there."""

    def test_job_makes_one_role_for_all_its_definitions_without(self, stack: cdk.Stack) -> None:
        """SageMaker can assume it, and each definition names it."""
        job = tuning(stack, definition(), definition(role=ROLE), definition())
        template = Template.from_stack(stack)
        [(role_id, role)] = template.find_resources(
            "AWS::IAM::Role",
            {
                "Properties": {
                    "AssumeRolePolicyDocument": {"Statement": [{"Principal": {"Service": "sagemaker.amazonaws.com"}}]}
                }
            },
        ).items()
        assert role_id.startswith("TuningRole")
        assert role["Properties"]["Description"] == (
            "Runs the training jobs of the SageMaker hyperparameter tuning job Training/Tuning"
        )
        [found] = template.find_resources(TYPE).values()
        made = {"Fn::GetAtt": [role_id, "Arn"]}
        assert [each["RoleArn"] for each in found["Properties"]["TrainingJobDefinitions"]] == [made, ROLE, made]
        assert job.role is None

    def test_job_waits_for_its_policy(self, stack: cdk.Stack) -> None:
        """SageMaker looks for the objects with the role when the job is created; and it goes after the job."""
        job = tuning(stack, definition())
        kms.Key(stack, "Key").grant_decrypt(job)
        [found] = Template.from_stack(stack).find_resources(TYPE).values()
        assert [re.sub("[0-9A-F]{8}$", "", each) for each in found["DependsOn"] if each.startswith("Tuning")] == [
            "TuningRoleDefaultPolicy",
            "TuningRole",
        ]

    def test_function_may_pass_it(self, stack: cdk.Stack) -> None:
        """As it may every role that a job names, and no other."""
        tuning(stack, definition())
        passed = {resource for action, resource, _ in allowed(stack, "HptConstruct.*") if action == "iam:PassRole"}
        assert passed == {"{TuningRole.Arn}"}

    def test_rest_of_the_request_is_the_same_as_with_a_given_role(self) -> None:
        """A role left out changes nothing else."""
        properties = []
        for role in (None, ROLE):
            other = cdk.Stack(cdk.App(), "Training")
            tuning(other, definition(role=role))
            [job] = Template.from_stack(other).find_resources(TYPE).values()
            job["Properties"]["TrainingJobDefinition"].pop("RoleArn")
            properties.append(job["Properties"])
        assert properties[0] == properties[1]

    def test_plain_request_has_to_name_its_role(self, stack: cdk.Stack, guide_request: dict[str, Any]) -> None:
        """It is what the API takes: the API requires a role."""
        del guide_request["TrainingJobDefinition"]["RoleArn"]
        with pytest.raises(ValidationError, match=r"TrainingJobDefinition\.RoleArn: missing; the API requires it"):
            HyperparameterTuningJob.from_request(stack, "Tuning", guide_request)
        assert stack.node.children == []


class TestLocations:
    """Reading inputs, writing outputs, keeping checkpoints."""

    def test_least_request_may_write_its_output_and_log(self, stack: cdk.Stack) -> None:
        """An image that is not in ECR, no input, no key, no network: nothing for them."""
        tuning(stack, definition())
        assert allowed(stack) == LEAST

    def test_uris_are_read_written_and_kept(self, stack: cdk.Stack) -> None:
        """Inputs by prefix, outputs and checkpoints as folders, none of them beyond."""
        channels = [
            Channel("train", S3DataSource("s3://in/train")),
            Channel("all", S3DataSource("s3://every")),
            Channel("code", S3DataSource("s3://in/code/")),
        ]
        checkpoints = CheckpointConfig(s3_uri="s3://out/checkpoints/")
        tuning(stack, definition(input_data_config=channels, checkpoint_config=checkpoints))
        assert allowed(stack) == (
            LEAST
            | each("s3:GetObject", "arn:s3:::in/train*", "arn:s3:::every/*", "arn:s3:::in/code/*")
            | each("s3:ListBucket", "arn:s3:::in", "arn:s3:::every", "arn:s3:::out")
            | each(
                ("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"),
                "arn:s3:::out/checkpoints/*",
            )
        )

    def test_directory_bucket_has_a_permission_of_its_own(self, stack: cdk.Stack) -> None:
        """S3 Express asks for a session instead of for objects."""
        source = S3DataSource("s3://in--euw1-az1--x-s3/train")
        tuning(stack, definition(input_data_config=[Channel("train", source)]))
        assert allowed(stack) - LEAST == each(
            "s3express:CreateSession", f"arn:s3express:{HERE}:bucket/in--euw1-az1--x-s3"
        )

    def test_buckets_of_the_app_are_granted_as_uris_are(self, stack: cdk.Stack) -> None:
        """The same actions below the same prefixes, and what S3 asks for of the bucket's key."""
        key = kms.Key(stack, "Key")
        data = s3.Bucket(stack, "Data", encryption_key=key)
        tuning(
            stack,
            definition(
                input_data_config=[Channel("train", S3DataSource(S3Location(data, "train/")))],
                output_data_config=OutputDataConfig(s3_output_path=S3Location(data, "models")),
                checkpoint_config=CheckpointConfig(s3_uri=S3Location(data, "checkpoints")),
            ),
        )
        assert allowed(stack) - ALWAYS == (
            each("s3:GetObject", "{Data.Arn}/train/*", "{Data.Arn}/checkpoints/*")
            | each(("s3:AbortMultipartUpload", "s3:PutObject"), "{Data.Arn}/models/*", "{Data.Arn}/checkpoints/*")
            | each("s3:DeleteObject", "{Data.Arn}/checkpoints/*")
            | each("s3:ListBucket", "{Data.Arn}")
            | each(("kms:Decrypt", "kms:GenerateDataKey"), "{Key.Arn}")
        )

    def test_bucket_that_is_only_read_lets_its_key_decrypt(self, stack: cdk.Stack) -> None:
        """Nothing is encrypted with it."""
        data = s3.Bucket(stack, "Data", encryption_key=kms.Key(stack, "Key"))
        tuning(stack, definition(input_data_config=[Channel("train", S3DataSource(S3Location(data)))]))
        assert allowed(stack) - LEAST == (
            each("s3:GetObject", "{Data.Arn}/*")
            | each("s3:ListBucket", "{Data.Arn}")
            | each("kms:Decrypt", "{Key.Arn}")
        )

    def test_bucket_of_another_account_lets_the_role_in(self) -> None:
        """Across accounts both sides have to allow it: the bucket's own policy names the role."""
        app = cdk.App()
        theirs = stack_of(app, "Theirs", "444455556666")
        data = s3.Bucket(theirs, "Data", bucket_name=cdk.PhysicalName.GENERATE_IF_NEEDED)
        ours = stack_of(app)
        tuning(ours, definition(input_data_config=[Channel("train", S3DataSource(S3Location(data, "train")))]))
        [policy] = Template.from_stack(theirs).find_resources("AWS::S3::BucketPolicy").values()
        statements = policy["Properties"]["PolicyDocument"]["Statement"]
        assert [each["Action"] for each in statements] == ["s3:GetObject", "s3:ListBucket"]
        for statement in statements:
            role = text(statement["Principal"]["AWS"])
            assert role.startswith(f"arn:{{AWS::Partition}}:iam::{ACCOUNT}:role/training")

    @pytest.mark.parametrize(
        ("uri", "bucket", "objects"),
        [
            ("{}", "{Select 0,{Split /,{Select 1,{Split s3://,{Where}}}}}", "/*"),
            ("s3://{}", "{Select 0,{Split /,{Where}}}", "/*"),
            ("s3://{}/train", "{Where}", "/train*"),
            ("s3://in/{}", "in", "/{Where}*"),
        ],
    )
    def test_tokens_are_taken_apart_by_cloudformation(
        self, stack: cdk.Stack, uri: str, bucket: str, objects: str
    ) -> None:
        """Where it can't tell the prefix from the bucket, it is the bucket."""
        token = cdk.CfnParameter(stack, "Where").value_as_string
        tuning(stack, definition(input_data_config=[Channel("train", S3DataSource(uri.format(token)))]))
        assert allowed(stack) - LEAST == (
            each("s3:GetObject", f"arn:s3:::{bucket}{objects}") | each("s3:ListBucket", f"arn:s3:::{bucket}")
        )

    def test_asset_of_the_app_is_told_from_the_others(self, stack: cdk.Stack, tmp_path: Path) -> None:
        """Its URL is a token as a whole, but one that can be read."""
        (tmp_path / "train.csv").write_text("1,2\n", encoding="ascii")
        asset = assets.Asset(stack, "Train", path=str(tmp_path / "train.csv"))
        tuning(stack, definition(input_data_config=[Channel("train", S3DataSource(asset.s3_object_url))]))
        bucket = f"arn:s3:::cdk-hnb659fds-assets-{ACCOUNT}-eu-west-1"
        expected = each("s3:GetObject", f"{bucket}/{asset.s3_object_key}*") | each("s3:ListBucket", bucket)
        assert allowed(stack) - LEAST == expected

    def test_output_below_a_token_covers_whatever_it_ends_in(self, stack: cdk.Stack) -> None:
        """A slash at its end would otherwise be one too many."""
        token = cdk.CfnParameter(stack, "Where").value_as_string
        tuning(stack, definition(output_data_config=OutputDataConfig(s3_output_path=f"s3://out/{token}")))
        assert allowed(stack) - ALWAYS == each(("s3:AbortMultipartUpload", "s3:PutObject"), "arn:s3:::out/{Where}*")

    def test_file_system_is_reached_by_the_network_alone(self, stack: cdk.Stack) -> None:
        """Its permissions are its own security group's."""
        source = FileSystemDataSource(
            file_system_id="fs-12345678", file_system_type="EFS", directory_path="/a", file_system_access_mode="ro"
        )
        network = VpcConfig(subnets=["subnet-1"], security_groups=["sg-1"])
        tuning(stack, definition(input_data_config=[Channel("train", source)], vpc_config=network))
        assert {action.partition(":")[0] for action, _, _ in allowed(stack) - LEAST} == {"ec2"}


class TestAlgorithms:
    """Pulling the image, or looking the algorithm up."""

    @pytest.mark.parametrize(
        ("image", "repository"),
        [
            (f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/team/churn:1", f"eu-west-1:{ACCOUNT}:repository/team/churn"),
            (f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/churn@sha256:a", f"eu-west-1:{ACCOUNT}:repository/churn"),
            (
                TrainingImage.from_uri(f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/churn"),
                f"eu-west-1:{ACCOUNT}:repository/churn",
            ),
        ],
    )
    def test_image_in_ecr_may_be_pulled(self, stack: cdk.Stack, image: TrainingImage | str, repository: str) -> None:
        """From its repository and no other; the token that ECR asks for knows no resource."""
        algorithm = AlgorithmSpecification(training_image=image, metric_definitions=[LOSS])
        tuning(stack, definition(algorithm_specification=algorithm))
        assert allowed(stack) - LEAST == each(PULL, f"arn:ecr:{repository}") | each("ecr:GetAuthorizationToken", "*")

    @pytest.mark.parametrize(
        "image",
        [
            "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.7-1",
            TrainingImage.built_in("xgboost", "1.7-1"),
        ],
        ids=["uri", "name"],
    )
    @pytest.mark.parametrize("region", ["eu-west-1", None])
    def test_built_in_algorithm_needs_no_permission(self, image: TrainingImage | str, region: str | None) -> None:
        """SageMaker pulls its own images itself, in whatever region."""
        stack = cdk.Stack(cdk.App(), "Training", env=cdk.Environment(region=region))
        tuning(stack, definition(algorithm_specification=AlgorithmSpecification(training_image=image)))
        assert {action for action, _, _ in allowed(stack) if action.startswith("ecr:")} == set()

    def test_repository_of_the_app_grants_it(self, stack: cdk.Stack) -> None:
        """By its own method, and so does the URI that it makes."""
        repository = ecr.Repository(stack, "Churn")
        expected = each(PULL, "{Churn.Arn}") | each("ecr:GetAuthorizationToken", "*")
        image = TrainingImage.from_ecr_repository(repository, "1")
        tuning(
            stack,
            definition(algorithm_specification=AlgorithmSpecification(training_image=image, metric_definitions=[LOSS])),
        )
        assert allowed(stack) - LEAST == expected

    def test_image_behind_a_token_is_taken_apart_by_cloudformation(self, stack: cdk.Stack) -> None:
        """Account and region are exact; of the repository, the first part of its name."""
        token = cdk.CfnParameter(stack, "Image").value_as_string
        algorithm = AlgorithmSpecification(training_image=token, metric_definitions=[LOSS])
        tuning(stack, definition(algorithm_specification=algorithm))
        host = "{Split .,{Select 0,{Split /,{Image}}}}"
        name = "{Select 0,{Split @,{Select 0,{Split :,{Select 1,{Split /,{Image}}}}}}}"
        expected = f"arn:ecr:{{Select 3,{host}}}:{{Select 0,{host}}}:repository/{name}*"
        assert allowed(stack) - LEAST == each(PULL, expected) | each("ecr:GetAuthorizationToken", "*")

    @pytest.mark.parametrize(
        ("name", "resource"),
        [
            ("mine", f"arn:{{AWS::Partition}}:sagemaker:{HERE}:algorithm/mine"),
            (
                "arn:aws:sagemaker:eu-west-1:865070037744:algorithm/a",
                "arn:aws:sagemaker:eu-west-1:865070037744:algorithm/a",
            ),
            (cdk.Fn.import_value("algorithm"), "arn:{AWS::Partition}:sagemaker:*:*:algorithm/*"),
        ],
        ids=["name", "arn", "token"],
    )
    def test_algorithm_by_name_may_be_described(self, stack: cdk.Stack, name: str, resource: str) -> None:
        """SageMaker looks it up with the role."""
        tuning(stack, definition(algorithm_specification=AlgorithmSpecification(algorithm_name=name)))
        assert allowed(stack) - LEAST == {("sagemaker:DescribeAlgorithm", resource, "")}


class TestKeysAndNetworks:
    """Encrypting outputs and volumes, joining a VPC."""

    ENCRYPT = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey")
    USE_VOLUME = ("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext")

    @pytest.mark.parametrize(
        ("key", "resource", "where"),
        [
            (KEY, f"arn:kms:{HERE}:key/{KEY}", ""),
            ("alias/models", f"arn:kms:{HERE}:key/*", "ForAnyValue:StringEquals kms:ResourceAliases alias/models"),
        ],
    )
    def test_output_key_may_encrypt(self, stack: cdk.Stack, key: str, resource: str, where: str) -> None:
        """By its id; an alias stands for the key that has it, whichever that is at the time."""
        output = OutputDataConfig(s3_output_path="s3://out/models", kms_key=key)
        tuning(stack, definition(output_data_config=output))
        assert allowed(stack) - LEAST == each(self.ENCRYPT, resource, where=where)

    @pytest.mark.parametrize(
        ("key", "resource", "where"),
        [
            (f"arn:aws:kms:eu-west-1:444455556666:key/{KEY}", f"arn:aws:kms:eu-west-1:444455556666:key/{KEY}", ""),
            (
                "arn:aws:kms:eu-west-1:444455556666:alias/models",
                "arn:aws:kms:eu-west-1:444455556666:key/*",
                "ForAnyValue:StringEquals kms:ResourceAliases alias/models",
            ),
        ],
    )
    def test_arn_tells_account_and_region_of_a_key(self, stack: cdk.Stack, key: str, resource: str, where: str) -> None:
        """Which may be another's."""
        output = OutputDataConfig(s3_output_path="s3://out/models", kms_key=key)
        tuning(stack, definition(output_data_config=output))
        assert allowed(stack) - LEAST == {(action, resource, where) for action in self.ENCRYPT}

    @pytest.mark.parametrize("tuned", [False, True], ids=["resource_config", "tuning_resource_config"])
    def test_volume_key_may_be_used_and_granted(self, stack: cdk.Stack, *, tuned: bool) -> None:
        """Without the condition kms:GrantIsForAWSResource, which SageMaker's own SDK had to remove from its key."""
        key = kms.Key(stack, "Volumes")
        if tuned:
            resources: dict[str, Any] = {
                "resource_config": None,
                "tuning_resource_config": TuningResourceConfig(
                    instance_type="ml.m5.large", instance_count=1, volume_size=1, volume_kms_key=key
                ),
            }
        else:
            resources = {"resource_config": dataclasses.replace(MACHINES, volume_kms_key=key)}
        tuning(stack, definition(**resources))
        assert allowed(stack) - LEAST == each(self.USE_VOLUME, "{Volumes.Arn}")

    def test_volume_key_by_id_is_granted_in_the_same_way(self, stack: cdk.Stack) -> None:
        """Nothing but that key, in the stack's account and region."""
        tuning(stack, definition(resource_config=dataclasses.replace(MACHINES, volume_kms_key=KEY)))
        assert allowed(stack) - LEAST == each(self.USE_VOLUME, f"arn:kms:{HERE}:key/{KEY}")

    def test_trainings_in_a_network_may_join_it(self, stack: cdk.Stack) -> None:
        """The nine actions of the developer guide, which has them without limits."""
        network = VpcConfig(subnets=["subnet-1"], security_groups=["sg-1"])
        tuning(stack, definition(vpc_config=network))
        found = allowed(stack) - LEAST
        assert len(found) == 9
        assert {(action.partition(":")[0], resource, where) for action, resource, where in found} == {("ec2", "*", "")}


UNKNOWN_KEY = (
    "got a token, which may be an id, an ARN or an alias: the job's role can't be allowed to use it; give the key "
    "itself (kms.Key.from_key_arn makes one of an ARN), or a role"
)
UNKNOWN_BUCKET = (
    "got 'https://s3.amazonaws.com/b', of which the job's role can't be allowed the bucket; write s3://bucket/prefix, "
    "or give a role"
)


class TestMistakes:
    """What a role can't be made for is said before anything is made."""

    @pytest.mark.parametrize(
        ("arguments", "problem"),
        [
            (
                {"output_data_config": OutputDataConfig(s3_output_path="s3://o", kms_key=cdk.Fn.import_value("k"))},
                f"output_data_config.kms_key: {UNKNOWN_KEY}",
            ),
            (
                {"resource_config": dataclasses.replace(MACHINES, volume_kms_key=cdk.Fn.import_value("k"))},
                f"resource_config.volume_kms_key: {UNKNOWN_KEY}",
            ),
            (
                {"output_data_config": OutputDataConfig(s3_output_path="https://s3.amazonaws.com/b")},
                f"output_data_config.s3_output_path: {UNKNOWN_BUCKET}",
            ),
            (
                {"input_data_config": [Channel("a", S3DataSource("https://s3.amazonaws.com/b"))]},
                f"input_data_config[0].data_source.s3_uri: {UNKNOWN_BUCKET}",
            ),
            (
                {"output_data_config": {"S3OutputPath": "s3://bucket"}},
                (
                    "output_data_config: got 'dict', in which the job's role can't look; "
                    "give OutputDataConfig(...), or a role"
                ),
            ),
            (
                {"checkpoint_config": cdk.Token.as_any({"Ref": "A"})},
                (
                    "checkpoint_config: got a token, in which the job's role can't look; "
                    "give CheckpointConfig(...), or a role"
                ),
            ),
            (
                {"input_data_config": cdk.Token.as_any({"Ref": "A"})},
                "input_data_config: got a token, in which the job's role can't look; give Channel(...), or a role",
            ),
        ],
        ids=lambda value: value.partition(":")[0] if isinstance(value, str) else "",
    )
    def test_what_a_role_can_not_be_made_for_is_a_problem(
        self, stack: cdk.Stack, arguments: dict[str, Any], problem: str
    ) -> None:
        """With the way out; the stack stays as it was."""
        with pytest.raises(ValidationError) as caught:
            tuning(stack, definition(**arguments))
        assert caught.value.problems == (f"training_job.{problem}",)
        assert stack.node.children == []

    @pytest.mark.parametrize(
        ("source", "where"),
        [
            (
                DatasetSource("arn:aws:sagemaker:eu-west-1:aws:hub-content/Hub/DataSet/reviews"),
                "training_job.input_data_config[0].data_source.dataset_arn",
            ),
            (
                S3DataSource(
                    "s3://in/model",
                    hub_access_config=HubAccessConfig("arn:aws:sagemaker:eu-west-1:111122223333:hub-content/H/Model/m"),
                ),
                "training_job.input_data_config[0].data_source.hub_access_config",
            ),
        ],
        ids=["dataset", "model"],
    )
    def test_what_a_hub_asks_of_a_made_role_is_said(
        self, stack: cdk.Stack, source: DatasetSource | S3DataSource, where: str
    ) -> None:
        """Nobody documents it exactly, so nothing is allowed; who gives a role has seen to it."""
        inputs = [Channel("train", source)]
        tuning(stack, definition(input_data_config=inputs), name="Made")
        tuning(stack, definition(input_data_config=inputs, role=ROLE), name="Given")
        warnings = Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp(".*of a hub.*"))
        message = (
            f"{where}: the role that the job makes is allowed nothing of a hub: grant job.role what the training jobs "
            "need (sagemaker:DescribeHubContent, s3:GetObject of it), or give a role [ack: hpt-construct:C2]"
        )
        assert [(warning.id, warning.entry.data) for warning in warnings] == [("/Training/Made", message)]

    def test_given_role_takes_all_of_it(self, stack: cdk.Stack) -> None:
        """Nothing has to be granted: tokens are as good as values."""
        output = OutputDataConfig(s3_output_path="s3://o", kms_key=cdk.Fn.import_value("k"))
        tuning(stack, definition(role=ROLE, output_data_config=output))
        Template.from_stack(stack).resource_count_is(TYPE, 1)


class TestGrants:
    """``bucket.grant_read(job)`` and its like."""

    def test_made_role_can_be_granted_more(self, stack: cdk.Stack) -> None:
        """What the request can't show is granted to the job."""
        job = tuning(stack, definition())
        bucket = s3.Bucket.from_bucket_name(stack, "More", "more")
        bucket.grant_read(job)
        more = {(action, resource) for action, resource, _ in allowed(stack) - LEAST}
        assert ("s3:GetObject*", "arn:{AWS::Partition}:s3:::more/*") in more
        assert isinstance(job.role, iam.Role)

    @pytest.mark.parametrize("asked", [False, True])
    def test_given_role_is_not_widened_unless_asked(self, stack: cdk.Stack, *, asked: bool) -> None:
        """It is somebody else's; a grant to the job is what asks."""
        role = iam.Role(stack, "Given", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
        job = tuning(stack, definition(role=role))
        if asked:
            kms.Key(stack, "Key").grant_decrypt(job)
        assert allowed(stack, "Given.*") == (each("kms:Decrypt", "{Key.Arn}") if asked else set())
        assert job.role is role

    def test_role_given_by_its_arn_is_imported_when_asked_for(self, stack: cdk.Stack) -> None:
        """The policy that a grant adds comes before the job, as all of the role."""
        job = tuning(stack, definition(role=ROLE))
        before = len(job.node.children)
        s3.Bucket.from_bucket_name(stack, "More", "more").grant_read(job)
        assert len(job.node.children) == before + 1
        assert "s3:GetObject*" in {action for action, _, _ in allowed(stack, "R")}
        [found] = Template.from_stack(stack).find_resources(TYPE).values()
        assert any(each.startswith("TuningRole0GrantedByStack") for each in found["DependsOn"])

    @pytest.mark.parametrize("flag", [False, True])
    def test_grants_to_a_role_given_by_its_arn_share_no_policy(self, *, flag: bool) -> None:
        """CloudFormation refuses to change a policy that two stacks have by one name on the role, nested ones too."""
        app = cdk.App(context={"@aws-cdk/aws-iam:importedRoleStackSafeDefaultPolicyName": flag})
        here, there = stack_of(app, "Dev"), cdk.Stack(app, "Test")
        stacks = [here, there, cdk.NestedStack(here, "Nested")]
        for stack in stacks:
            for name in ("Tuning", "Long" * 50):
                job = tuning(stack, definition(role=ROLE), name=name)
                s3.Bucket.from_bucket_name(job, "More", "more").grant_read(job)
        names = [
            policy["Properties"]["PolicyName"]["Fn::Join"]
            for stack in stacks
            for policy in Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
            if policy["Properties"]["Roles"] == ["R"]
        ]
        uuid = {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]}
        own = [start for _, [start, end] in names if end == uuid]
        assert len(own) == 6
        assert len(set(own)) == 2
        assert max(map(len, own)) == 128 - 36

    def test_roles_of_several_definitions_are_granted_all(self, stack: cdk.Stack) -> None:
        """Which of them reads the bucket, the job can't know."""
        role = iam.Role(stack, "Given", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
        job = tuning(stack, definition(role=role), definition(), definition(role=role))
        key = kms.Key(stack, "Key")
        key.grant_decrypt(job)
        expected = each("kms:Decrypt", "{Key.Arn}")
        assert allowed(stack, "Given.*") == expected
        assert allowed(stack) - LEAST == expected
        assert job.role is None

    def test_resource_policy_names_every_role(self, stack: cdk.Stack) -> None:
        """A policy of a resource's own has them all as principals."""
        roles = [f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in "AB"]
        job = tuning(stack, *(definition(role=role) for role in roles))
        bucket = s3.Bucket(stack, "Data")
        bucket.add_to_resource_policy(
            iam.PolicyStatement(actions=["s3:GetObject"], resources=["*"], principals=[job.grant_principal])
        )
        [policy] = Template.from_stack(stack).find_resources("AWS::S3::BucketPolicy").values()
        assert policy["Properties"]["PolicyDocument"]["Statement"][0]["Principal"] == {"AWS": roles}

    def test_role_of_a_plain_request_is_the_jobs(self, stack: cdk.Stack, guide_request: dict[str, Any]) -> None:
        """Both forms are one job."""
        algorithm = guide_request["TrainingJobDefinition"]["AlgorithmSpecification"]
        algorithm["TrainingImage"] = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.7-1"
        job = HyperparameterTuningJob.from_request(stack, "Tuning", guide_request)
        assert job.role is not None
        assert job.role.role_arn == guide_request["TrainingJobDefinition"]["RoleArn"]


class TestNetwork:
    """The job among other things with connections."""

    def test_trainings_are_let_in_by_the_job(self, stack: cdk.Stack) -> None:
        """A database or a file system opens its port to all security groups of the trainings."""
        vpc = ec2.Vpc(stack, "Vpc")
        groups = [ec2.SecurityGroup(stack, name, vpc=vpc) for name in ("A", "B")]
        job = tuning(
            stack,
            *(definition(vpc_config=VpcConfig.from_vpc(vpc, security_groups=[group, "sg-0123"])) for group in groups),
        )
        database = ec2.SecurityGroup(stack, "Database", vpc=vpc)
        database.connections.allow_from(job, ec2.Port.tcp(5432))
        rules = Template.from_stack(stack).find_resources("AWS::EC2::SecurityGroupIngress").values()
        sources = [text(rule["Properties"]["SourceSecurityGroupId"]) for rule in rules]
        assert sorted(re.sub("[0-9A-F]{8}[.]", ".", source) for source in sources) == [
            "sg-0123",
            "{A.GroupId}",
            "{B.GroupId}",
        ]

    def test_groups_that_only_cloudformation_knows_connect_nothing(self, stack: cdk.Stack) -> None:
        """A rule is for one group; how many there are is not known."""
        groups = cdk.CfnParameter(stack, "Groups", type="CommaDelimitedList").value_as_list
        network = VpcConfig(subnets=["subnet-1"], security_groups=groups)
        job = tuning(stack, definition(vpc_config=network))
        with pytest.raises(ValueError, match=r"got security groups in a list that .*; take them out with cdk\.Fn\."):
            _ = job.connections

    def test_job_outside_of_networks_has_no_connections(self, stack: cdk.Stack) -> None:
        """With the path of the job, and what is missing."""
        job = tuning(stack, definition())
        with pytest.raises(ValueError, match="Training/Tuning: got no vpc_config, without which training jobs have no"):
            _ = job.connections

    def test_job_outside_of_networks_says_so_when_it_is_connected(self) -> None:
        """In a process of its own: jobs become connectable once for all, and here none in a network came before."""
        code = """
import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from tests.construct.jobs import minimal
stack = cdk.Stack(cdk.App(), "Training")
database = ec2.SecurityGroup.from_security_group_id(stack, "Database", "sg-0123")
try:
    database.connections.allow_from(minimal(stack), ec2.Port.tcp(5432))
except Exception as error:
    print(error)
"""
        done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
        assert "got no vpc_config, without which training jobs have no security groups" in done.stdout
