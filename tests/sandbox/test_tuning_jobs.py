"""The life of a tuning job, through boto3 and in one process."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.sagemaker import algorithms
from sandbox.sagemaker.service import SageMaker

_ARN = "arn:aws:sagemaker:us-east-1:111122223333:hyper-parameter-tuning-job/Tune-1"
_START = datetime.fromtimestamp(1_800_000_000, tz=UTC)


def _status(client: Any, name: str = "Tune-1") -> str:
    return str(
        client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)["HyperParameterTuningJobStatus"]
    )


def _error(caught: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_describe_answers_the_request_and_invents_nothing(service: SageMaker, request_body: dict[str, Any]) -> None:
    """A new job is described by its request with SageMaker's own additions, its status, its times and what runs."""
    client = service.client()
    assert client.create_hyper_parameter_tuning_job(**request_body)["HyperParameterTuningJobArn"] == _ARN
    description = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="Tune-1")
    del description["ResponseMetadata"]
    del request_body["Tags"]
    definition = request_body["TrainingJobDefinition"]
    request_body["TrainingJobDefinition"] = algorithms.described(request_body, definition)
    assert (
        request_body
        | {
            "HyperParameterTuningJobArn": _ARN,
            "HyperParameterTuningJobStatus": "InProgress",
            "CreationTime": _START,
            "LastModifiedTime": _START,
            "TrainingJobStatusCounters": {
                "Completed": 0,
                "InProgress": 3,
                "RetryableError": 0,
                "NonRetryableError": 0,
                "Stopped": 0,
            },
            "ObjectiveStatusCounters": {"Succeeded": 0, "Pending": 3, "Failed": 0},
            "TuningJobCompletionDetails": {"NumberOfTrainingJobsObjectiveNotImproving": 0},
            "ConsumedResources": {"RuntimeInSeconds": 0},
        }
        == description
    )


def test_a_warm_start_waits_for_no_parent(service: SageMaker, request_body: dict[str, Any]) -> None:
    """A parent has to have ended, in whatever case it is named; one of another account is let through."""
    client = service.client()
    client.create_hyper_parameter_tuning_job(**request_body)
    parents = [{"HyperParameterTuningJobName": name} for name in ("tune-1", "elsewhere")]
    child = {
        **request_body,
        "HyperParameterTuningJobName": "Tune-2",
        "WarmStartConfig": {"ParentHyperParameterTuningJobs": parents, "WarmStartType": "TransferLearning"},
    }
    with pytest.raises(ClientError) as caught:
        client.create_hyper_parameter_tuning_job(**child)
    told = "The parent tuning job Tune-1 is InProgress. It must be Completed, Stopped or Failed."
    assert _error(caught) == ("ValidationException", told)
    service.advance(36_000)
    client.create_hyper_parameter_tuning_job(**child)


def test_a_stopped_job_is_stopping_first(service: SageMaker, request_body: dict[str, Any]) -> None:
    """Stop makes a job Stopping for stopping_seconds, and then Stopped; stopping it again changes nothing."""
    client = service.client()
    client.create_hyper_parameter_tuning_job(**request_body)
    client.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="Tune-1")
    service.advance(1)
    client.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="Tune-1")
    assert _status(client) == "Stopping"
    service.advance(1)
    assert _status(client) == "Stopped"


def test_a_job_that_has_ended_cannot_be_stopped(service: SageMaker, request_body: dict[str, Any]) -> None:
    """Stop says which status the job is in."""
    client = service.client()
    client.create_hyper_parameter_tuning_job(**request_body)
    service.advance(36_000)
    with pytest.raises(ClientError) as caught:
        client.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="Tune-1")
    message = "The request was rejected because the hyperparameter tuning job is in status Completed."
    assert _error(caught) == ("ValidationException", message)


def test_a_job_that_fails_says_why(service: SageMaker, request_body: dict[str, Any]) -> None:
    """A job that a test lets fail is Failed, with the failure reason."""
    client = service.client()
    client.create_hyper_parameter_tuning_job(**request_body)
    service.fail_job("Tune-1", "No training job succeeded after 5 attempts.")
    description = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="Tune-1")
    assert description["HyperParameterTuningJobStatus"] == "Failed"
    assert description["FailureReason"] == "No training job succeeded after 5 attempts."


def test_only_a_job_that_has_ended_can_be_deleted(service: SageMaker, request_body: dict[str, Any]) -> None:
    """Delete refuses a job that is not in a terminal state, and forgets one that is, with its name."""
    client = service.client()
    client.create_hyper_parameter_tuning_job(**request_body)
    with pytest.raises(ClientError) as caught:
        client.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName="Tune-1")
    message = "The hyperparameter tuning job Tune-1 is not in a terminal state: InProgress."
    assert _error(caught) == ("ValidationException", message)
    service.advance(36_000)
    client.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName="TUNE-1")
    client.create_hyper_parameter_tuning_job(**request_body)
    assert _status(client) == "InProgress"


@pytest.mark.parametrize("operation", ["describe", "stop", "delete"])
def test_a_job_that_does_not_exist_is_not_found(service: SageMaker, operation: str) -> None:
    """Describe, Stop and Delete answer ResourceNotFound."""
    call = getattr(service.client(), f"{operation}_hyper_parameter_tuning_job")
    with pytest.raises(ClientError) as caught:
        call(HyperParameterTuningJobName="nobody")
    message = "Amazon SageMaker can't find a tuning job called nobody. Type another name."
    assert _error(caught) == ("ResourceNotFound", message)


def test_names_are_unique_ignoring_case(service: SageMaker, request_body: dict[str, Any]) -> None:
    """A second job whose name differs in case alone is refused; the job is found in any case."""
    client = service.client()
    client.create_hyper_parameter_tuning_job(**request_body)
    with pytest.raises(ClientError) as caught:
        client.create_hyper_parameter_tuning_job(**request_body | {"HyperParameterTuningJobName": "tune-1"})
    message = "A hyperparameter tuning job with the name, tune-1, already exists. Choose a different name."
    assert _error(caught) == ("ResourceInUse", message)
    assert _status(client, "TUNE-1") == "InProgress"


def test_regions_have_jobs_of_their_own(service: SageMaker, request_body: dict[str, Any]) -> None:
    """The same name is free in another region, whose name the ARN carries."""
    service.client().create_hyper_parameter_tuning_job(**request_body)
    answer = service.client("eu-west-1").create_hyper_parameter_tuning_job(**request_body)
    assert answer["HyperParameterTuningJobArn"] == _ARN.replace("us-east-1", "eu-west-1")


def test_tags_are_added_listed_and_deleted(service: SageMaker, request_body: dict[str, Any]) -> None:
    """A tag of the same key is replaced."""
    client = service.client()
    client.create_hyper_parameter_tuning_job(**request_body)
    client.add_tags(ResourceArn=_ARN, Tags=[{"Key": "team", "Value": "b"}, {"Key": "stage", "Value": ""}])
    both = [{"Key": "team", "Value": "b"}, {"Key": "stage", "Value": ""}]
    assert client.list_tags(ResourceArn=_ARN)["Tags"] == both
    client.delete_tags(ResourceArn=_ARN, TagKeys=["team", "unknown"])
    assert client.list_tags(ResourceArn=_ARN)["Tags"] == both[1:]


def test_tags_of_the_service_are_refused(service: SageMaker, request_body: dict[str, Any]) -> None:
    """A tag key that begins with aws: can't be set."""
    with pytest.raises(ClientError, match="aws: prefixed tag key names are not allowed"):
        service.client().create_hyper_parameter_tuning_job(**request_body | {"Tags": [{"Key": "aws:x", "Value": "1"}]})


def test_a_job_takes_fifty_tags(service: SageMaker, request_body: dict[str, Any]) -> None:
    """A tag that is there already may get another value; one more tag is refused, and nothing is changed."""
    client = service.client()
    tags = [{"Key": f"k{number}", "Value": "v"} for number in range(50)]
    client.create_hyper_parameter_tuning_job(**request_body | {"Tags": tags})
    client.add_tags(ResourceArn=_ARN, Tags=[{"Key": "k0", "Value": "w"}])
    with pytest.raises(ClientError, match="more than 50 tags"):
        client.add_tags(ResourceArn=_ARN, Tags=[{"Key": "k1", "Value": "w"}, {"Key": "one-more", "Value": ""}])
    assert client.list_tags(ResourceArn=_ARN)["Tags"] == [{"Key": "k0", "Value": "w"}, *tags[1:]]


def test_the_tag_operations_take_the_arn_to_the_letter(service: SageMaker, request_body: dict[str, Any]) -> None:
    """List answers the ARN in lower case, and with that one the tags can't be read (boto/boto3#4606)."""
    client = service.client()
    client.create_hyper_parameter_tuning_job(**request_body)
    (summary,) = client.list_hyper_parameter_tuning_jobs()["HyperParameterTuningJobSummaries"]
    assert summary["HyperParameterTuningJobArn"] == _ARN.lower()
    calls: list[tuple[str, dict[str, Any]]] = [
        ("list_tags", {}),
        ("add_tags", {"Tags": []}),
        ("delete_tags", {"TagKeys": ["team"]}),
    ]
    for operation, parameters in calls:
        with pytest.raises(ClientError) as caught:
            getattr(client, operation)(ResourceArn=_ARN.lower(), **parameters)
        assert _error(caught) == ("ValidationException", "Resource does not exist.")


def test_list_filters_sorts_and_pages(service: SageMaker, request_body: dict[str, Any]) -> None:
    """List takes its own parameters as the service does: ten a page, by name, ascending."""
    client = service.client()
    for number in range(12):
        client.create_hyper_parameter_tuning_job(**request_body | {"HyperParameterTuningJobName": f"tune-{number:02}"})
    client.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="tune-05")
    pages = client.get_paginator("list_hyper_parameter_tuning_jobs").paginate()
    names = [[job["HyperParameterTuningJobName"] for job in page["HyperParameterTuningJobSummaries"]] for page in pages]
    assert names == [[f"tune-{number:02}" for number in range(10)], ["tune-10", "tune-11"]]
    answer = client.list_hyper_parameter_tuning_jobs(
        NameContains="E-0", StatusEquals="InProgress", SortOrder="Descending", MaxResults=2, CreationTimeAfter=_START
    )
    found = [job["HyperParameterTuningJobName"] for job in answer["HyperParameterTuningJobSummaries"]]
    assert found == ["tune-09", "tune-08"]
