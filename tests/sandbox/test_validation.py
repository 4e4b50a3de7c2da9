"""The check of requests against the API model."""

import copy
import math
from typing import Any

import pytest

from sandbox.sagemaker.errors import ServiceError
from sandbox.sagemaker.validation import validate

_CREATE = "CreateHyperParameterTuningJob"
_JOBS_AT = "hyperParameterTuningJobConfig.resourceLimits.maxNumberOfTrainingJobs"
_JOBS = ("HyperParameterTuningJobConfig", "ResourceLimits", "MaxNumberOfTrainingJobs")


def _message(operation: str, parameters: object) -> str:
    with pytest.raises(ServiceError) as caught:
        validate(operation, parameters)
    assert (caught.value.code, caught.value.status) == ("ValidationException", 400)
    return str(caught.value.message)


def _with(request_body: dict[str, Any], path: tuple[str, ...], value: object) -> dict[str, Any]:
    changed = copy.deepcopy(request_body)
    target = changed
    for name in path[:-1]:
        target = target[name]
    target[path[-1]] = value
    return changed


def test_a_request_of_the_right_shape_passes(request_body: dict[str, Any]) -> None:
    """A request that botocore would send passes."""
    validate(_CREATE, request_body)


@pytest.mark.parametrize(
    ("path", "value", "at", "constraint"),
    [
        (_JOBS, "20", "'20' at '" + _JOBS_AT, "Member must be of type integer"),
        (_JOBS, True, "'True' at '" + _JOBS_AT, "Member must be of type integer"),
        (_JOBS, 20.0, "'20.0' at '" + _JOBS_AT, "Member must be of type integer"),
        (_JOBS, 0, "'0' at '" + _JOBS_AT, "Member must have value greater than or equal to 1"),
        (
            ("TrainingJobDefinition", "EnableNetworkIsolation"),
            "false",
            "'false' at 'trainingJobDefinition.enableNetworkIsolation",
            "Member must be of type boolean",
        ),
        (
            ("TrainingJobDefinition", "StaticHyperParameters", "num_round"),
            100,
            "'100' at 'trainingJobDefinition.staticHyperParameters.num_round.member",
            "Member must be of type string",
        ),
        (
            ("HyperParameterTuningJobConfig", "Strategy"),
            "bayesian",
            "'bayesian' at 'hyperParameterTuningJobConfig.strategy",
            "Member must satisfy enum value set: [Bayesian, Random, Hyperband, Grid]",
        ),
        (
            ("HyperParameterTuningJobName",),
            "tune-1\n",
            "'tune-1\n' at 'hyperParameterTuningJobName",
            "Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}",
        ),
        (
            ("TrainingJobDefinition", "HyperParameterTuningResourceConfig"),
            {"InstanceConfigs": []},
            "'[]' at 'trainingJobDefinition.hyperParameterTuningResourceConfig.instanceConfigs",
            "Member must have length greater than or equal to 1",
        ),
        (
            ("TrainingJobDefinition", "OutputDataConfig"),
            {"S3OutputPath": "s3://bucket", "Bucket": "bucket"},
            "'bucket' at 'trainingJobDefinition.outputDataConfig.bucket",
            "Member must be one of [KmsKeyId, S3OutputPath, CompressionType]",
        ),
        (
            ("HyperParameterTuningJobConfig", "TuningJobCompletionCriteria"),
            {"TargetObjectiveMetricValue": math.nan},
            "'nan' at 'hyperParameterTuningJobConfig.tuningJobCompletionCriteria.targetObjectiveMetricValue",
            "Member must be a finite number",
        ),
        (("Autotune",), None, "null at 'autotune", "Member must be of type structure"),
        (
            ("HyperParameterTuningJobConfig", "ParameterRanges"),
            {"ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0"}]},
            "null at 'hyperParameterTuningJobConfig.parameterRanges.continuousParameterRanges.1.member.maxValue",
            "Member must not be null",
        ),
    ],
)
def test_a_member_of_the_wrong_shape_is_named_with_what_it_must_be(
    request_body: dict[str, Any], path: tuple[str, ...], value: object, at: str, constraint: str
) -> None:
    """Each kind of constraint is reported in the service's style, with the value and the path."""
    message = _message(_CREATE, _with(request_body, path, value))
    assert message == f"1 validation error detected: Value {at}' failed to satisfy constraint: {constraint}"


def test_a_number_without_a_fraction_passes_as_a_float(request_body: dict[str, Any]) -> None:
    """JSON has one kind of number, so 1 is a float too."""
    path = ("HyperParameterTuningJobConfig", "TuningJobCompletionCriteria")
    validate(_CREATE, _with(request_body, path, {"TargetObjectiveMetricValue": 1}))


def test_all_problems_are_reported_at_once(request_body: dict[str, Any]) -> None:
    """The message counts the problems and lists them."""
    del request_body["HyperParameterTuningJobConfig"]
    request_body["HyperParameterTuningJobName"] = "x" * 33
    message = _message(_CREATE, request_body)
    assert message.startswith("3 validation errors detected: Value null at 'hyperParameterTuningJobConfig' ")
    assert "Member must have length less than or equal to 32; " in message


@pytest.mark.parametrize("key", ["Größe", "cost centre/1:=+-@", "番号_2"])
def test_a_tag_key_may_have_letters_of_any_language(key: str) -> None:
    """The Java classes in the tag patterns are understood."""
    validate("AddTags", {"ResourceArn": "arn:aws:sagemaker:x:111122223333:y", "Tags": [{"Key": key, "Value": ""}]})


def test_a_tag_key_may_not_have_other_characters() -> None:
    """A character outside of the tag pattern is refused."""
    message = _message(
        "AddTags", {"ResourceArn": "arn:aws:sagemaker:x:111122223333:y", "Tags": [{"Key": "a*b", "Value": ""}]}
    )
    assert message.startswith("1 validation error detected: Value 'a*b' at 'tags.1.member.key' failed")


def test_a_request_that_is_no_object_is_refused() -> None:
    """A list in the place of the request is reported, not stumbled over."""
    assert _message(_CREATE, []).endswith("Member must be of type structure")


def test_an_operation_that_sagemaker_does_not_have_is_refused() -> None:
    """The name of the operation is checked too."""
    with pytest.raises(ServiceError, match="The operation StopTuning doesn't exist"):
        validate("StopTuning", {})
