"""Typed parts become the API's request, and a request comes back from its typed parts as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from hpt_construct import rendering, request
from hpt_construct.request import _part
from hpt_construct.validation import Problem

CORPUS = sorted((Path(__file__).parent.parent / "corpus").glob("*.json"))


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_real_request_survives_parsing_and_rendering(path: Path) -> None:
    """What a team has in production reaches SageMaker value for value."""
    given = json.loads(path.read_text(encoding="utf-8"))
    assert rendering.render(rendering.parse(given)) == given


def test_list_of_ranges_is_sorted_by_kind_in_its_order() -> None:
    """The short form of ranges becomes the API's lists."""
    ranges = [
        request.IntegerRange("depth", 1, 10),
        request.ContinuousRange("eta", 0, 0.5, "Logarithmic"),
        request.CategoricalRange("booster", ["gbtree", 1, 2.5]),
        request.IntegerRange("rounds", "010", "1e3"),
        request.AutoParameter("alpha", 0.3),
    ]
    expected = {
        "IntegerParameterRanges": [
            {"Name": "depth", "MinValue": "1", "MaxValue": "10"},
            {"Name": "rounds", "MinValue": "010", "MaxValue": "1e3"},
        ],
        "ContinuousParameterRanges": [
            {"Name": "eta", "MinValue": "0", "MaxValue": "0.5", "ScalingType": "Logarithmic"}
        ],
        "CategoricalParameterRanges": [{"Name": "booster", "Values": ["gbtree", "1", "2.5"]}],
        "AutoParameters": [{"Name": "alpha", "ValueHint": "0.3"}],
    }
    assert request.ranges.RANGES.render(ranges) == expected


def test_empty_kind_of_ranges_stays() -> None:
    """A request that says "none of these" is not one that says nothing."""
    given = {"IntegerParameterRanges": [], "CategoricalParameterRanges": [{"Name": "a", "Values": ["b"]}]}
    assert request.ranges.RANGES.render(request.ranges.RANGES.parse(given)) == given


def test_cdk_types_become_what_the_api_takes() -> None:
    """Durations, sizes, roles, keys and networks are accepted where their numbers and ARNs are."""
    stack = cdk.Stack(cdk.App(), "Stack")
    role = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::111122223333:role/R")
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:us-east-1:111122223333:key/k")
    subnet = ec2.Subnet.from_subnet_id(stack, "Subnet", "subnet-1")
    group = ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-1")
    definition = request.TrainingJobDefinition(
        algorithm_specification=request.AlgorithmSpecification(training_image="image"),
        role=role,
        output_data_config=request.OutputDataConfig(s3_output_path="s3://b", kms_key=key),
        stopping_condition=request.StoppingCondition(max_runtime=cdk.Duration.hours(1), max_wait_time=7200),
        resource_config=request.ResourceConfig(volume_size=cdk.Size.gibibytes(10), keep_alive_period=60),
        vpc_config=request.VpcConfig(subnets=[subnet, "subnet-2"], security_groups=[group]),
    )
    expected: dict[str, Any] = {
        "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
        "RoleArn": "arn:aws:iam::111122223333:role/R",
        "OutputDataConfig": {"S3OutputPath": "s3://b", "KmsKeyId": "arn:aws:kms:us-east-1:111122223333:key/k"},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200},
        "ResourceConfig": {"VolumeSizeInGB": 10, "KeepAlivePeriodInSeconds": 60},
        "VpcConfig": {"Subnets": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]},
    }
    assert _part.render(definition) == expected


def test_description_becomes_a_request_again(guide_request: dict[str, Any]) -> None:
    """An answer of Describe is accepted: what only the service writes is left out."""
    injected = {**guide_request["TrainingJobDefinition"]["StaticHyperParameters"], "_tuning_objective_metric": "auc"}
    definition = guide_request["TrainingJobDefinition"]
    metrics = [{"Name": "validation:auc", "Regex": ".*"}, {"Name": "ObjectiveMetric", "Regex": ".*"}]
    answer = {
        **guide_request,
        "HyperParameterTuningJobName": "job",
        "TrainingJobDefinition": {
            **definition,
            "StaticHyperParameters": injected,
            "AlgorithmSpecification": {**definition["AlgorithmSpecification"], "MetricDefinitions": metrics},
            "ResourceConfig": {**definition["ResourceConfig"], "SelectedInstanceType": "ml.c4.2xlarge"},
            "HyperParameterRanges": guide_request["HyperParameterTuningJobConfig"]["ParameterRanges"],
        },
        "HyperParameterTuningJobArn": "arn:aws:sagemaker:us-east-1:111122223333:hyper-parameter-tuning-job/job",
        "HyperParameterTuningJobStatus": "Completed",
        "CreationTime": 0,
        "ConsumedResources": {},
        "ResponseMetadata": {},
    }
    expected = {**guide_request, "HyperParameterTuningJobName": "job"}
    assert rendering.without_described(answer) == expected


def test_description_of_several_definitions_keeps_what_is_theirs(guide_request: dict[str, Any]) -> None:
    """Their ranges are not the tuning's, and the metrics of an image of one's own are no injection."""
    metrics = [{"Name": "loss", "Regex": "loss=(.*)"}]
    definition = {
        **guide_request["TrainingJobDefinition"],
        "AlgorithmSpecification": {"TrainingImage": "own:1", "TrainingInputMode": "File", "MetricDefinitions": metrics},
        "HyperParameterRanges": guide_request["HyperParameterTuningJobConfig"]["ParameterRanges"],
    }
    request = {"HyperParameterTuningJobConfig": {}, "TrainingJobDefinitions": [definition]}
    assert rendering.without_described({**request, "HyperParameterTuningJobArn": "arn"}) == request


def test_location_of_a_bucket_is_its_uri() -> None:
    """A bucket of the app is named by itself, wherever the API takes a URI."""
    stack = cdk.Stack(cdk.App(), "Stack")
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "data")
    source = request.S3DataSource(request.S3Location(bucket, "train"))
    assert _part.render(source) == {"S3Uri": "s3://data/train", "S3DataType": "S3Prefix"}
    assert _part.render(request.CheckpointConfig(s3_uri=request.S3Location(bucket)))["S3Uri"] == "s3://data/"


@pytest.mark.parametrize(
    ("path", "spelled"),
    [
        (
            ("HyperParameterTuningJobConfig", "ResourceLimits", "MaxParallelTrainingJobs"),
            "resource_limits.max_parallel_training_jobs",
        ),
        (
            ("HyperParameterTuningJobConfig", "ParameterRanges", "ContinuousParameterRanges", 0, "MaxValue"),
            "parameter_ranges[1].max_value",
        ),
        (("HyperParameterTuningJobConfig", "ParameterRanges", "IntegerParameterRanges"), "parameter_ranges"),
        (("HyperParameterTuningJobConfig",), "HyperParameterTuningJobConfig"),
        (
            ("TrainingJobDefinition", "InputDataConfig", 0, "DataSource", "S3DataSource", "S3Uri"),
            "training_job.input_data_config[0].data_source.s3_uri",
        ),
        (("TrainingJobDefinition", "StaticHyperParameters", "a b"), "training_job.static_hyperparameters['a b']"),
        (("TrainingJobDefinition", "VpcConfig", "Subnets", 1), "training_job.vpc_config.subnets[1]"),
        (
            ("WarmStartConfig", "ParentHyperParameterTuningJobs", 0, "HyperParameterTuningJobName"),
            "warm_start.parents[0]",
        ),
        (("Tags", 0, "Key"), "tags['team']"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_path_is_told_in_the_words_of_the_typed_form(path: tuple[str | int, ...], spelled: str) -> None:
    """A user who wrote snake_case does not have to know where the API keeps a member."""
    typed = request.TuningJobRequest(
        strategy="Bayesian",
        resource_limits=request.ResourceLimits(max_parallel_training_jobs=1),
        parameter_ranges=[request.IntegerRange("depth", 1, 10), request.ContinuousRange("eta", 0, 1)],
        tags={"team": "ml"},
    )
    assert rendering.tell(typed, Problem(path, "is wrong")) == [f"{spelled}: is wrong"]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "true"),
        (False, "false"),
        (2**63 - 1, "9223372036854775807"),
        (1.0, "1"),
        (0.5, "0.5"),
        (-(2.0**60), "-1.152921504606847e+18"),
        ("010", "010"),
        ("", ""),
        ({"a": [], "b": {}}, {"a": [], "b": {}}),
        ("{{resolve:ssm:x}}", "{{\\resolve:ssm:x}}"),
        ("{{\\resolve:ssm:x}}", "{{\\\\resolve:ssm:x}}"),
        ("${AWS::Region}", "${AWS::Region}"),
        ({"Ref": "x", "Fn::Sub": "y", "\\Ref": "z"}, {"\\Ref": "x", "\\Fn::Sub": "y", "\\\\Ref": "z"}),
        ("${Token[TOKEN.1]}", "${Token[TOKEN.1]}"),
    ],
)
def test_template_holds_strings_that_cloudformation_leaves_alone(value: object, written: object) -> None:
    """Scalars are written as CloudFormation would make them; text that it would act on is marked."""
    assert rendering.template(value) == written
