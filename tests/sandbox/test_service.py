"""Quotas, faults and the record of calls."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.sagemaker.service import SageMaker
from sandbox.sagemaker.settings import Call, Fault


def _create(service: SageMaker, request_body: dict[str, Any], name: str) -> tuple[str, str]:
    """Create a job and answer the error's code and message, or empty strings for none."""
    try:
        service.client().create_hyper_parameter_tuning_job(
            **request_body | {"HyperParameterTuningJobName": name},
        )
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    return "", ""


def _names(service: SageMaker) -> list[str]:
    summaries = service.client().list_hyper_parameter_tuning_jobs()["HyperParameterTuningJobSummaries"]
    return [summary["HyperParameterTuningJobName"] for summary in summaries]


def test_a_job_beyond_the_quota_is_refused(service: SageMaker, request_body: dict[str, Any]) -> None:
    """Jobs that run or stop count; the message names the limit and the utilization."""
    service.configure(max_tuning_jobs=1)
    assert _create(service, request_body, "one") == ("", "")
    service.client().stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="one")
    code, message = _create(service, request_body, "two")
    assert code == "ResourceLimitExceeded"
    assert message.startswith(
        "The account-level service limit 'Number of concurrent hyperparameter tuning jobs' is 1 Utilizations, "
        "with current utilization of 1 Utilizations and a request delta of 1 Utilizations. "
        "Please use AWS Service Quotas to request an increase for this quota."
    )
    service.advance(2)
    assert _create(service, request_body, "two") == ("", "")


def test_creates_beyond_the_rate_are_throttled(service: SageMaker, request_body: dict[str, Any]) -> None:
    """A burst passes, then as many a second as the rate says."""
    service.configure(create_rate=2, create_burst=2)
    throttled = ("ThrottlingException", "Rate exceeded")
    assert [_create(service, request_body, name) for name in "abc"] == [("", ""), ("", ""), throttled]
    service.advance(0.5)
    assert [_create(service, request_body, name) for name in "cd"] == [("", ""), throttled]


def test_a_fault_takes_the_place_of_a_call(service: SageMaker, request_body: dict[str, Any]) -> None:
    """The next calls of the operation are answered with the fault and have no effect; then it is used up."""
    service.add_fault(
        Fault(operation="CreateHyperParameterTuningJob", code="InternalFailure", message="again", status=500, times=2)
    )
    answers = [_create(service, request_body, "one") for _ in range(3)]
    assert answers == [("InternalFailure", "again"), ("InternalFailure", "again"), ("", "")]


def test_a_fault_can_lose_the_answer_of_a_call(service: SageMaker, request_body: dict[str, Any]) -> None:
    """A fault that comes after the call leaves the call's effect behind."""
    service.add_fault(Fault(operation="CreateHyperParameterTuningJob", code="Lost", message="lost", after=True))
    assert _create(service, request_body, "one") == ("Lost", "lost")
    assert _names(service) == ["one"]


def test_a_fault_is_answered_with_its_http_status(service: SageMaker) -> None:
    """A client sees the status that the test asked for."""
    service.add_fault(Fault(operation="ListTags", code="ServiceUnavailable", message="busy", status=503))
    with pytest.raises(ClientError) as caught:
        service.client().list_tags(ResourceArn="arn:aws:sagemaker:us-east-1:111122223333:x")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503


def test_faults_can_be_forgotten(service: SageMaker, request_body: dict[str, Any]) -> None:
    """A fault that was not used up is gone."""
    service.add_fault(Fault(operation="CreateHyperParameterTuningJob", code="Lost", message="lost"))
    service.clear_faults()
    assert _create(service, request_body, "one") == ("", "")


def test_every_call_is_recorded_with_its_error(service: SageMaker) -> None:
    """The record has the operation, the parameters, and the error code or none; it can be cleared."""
    client = service.client("eu-west-1")
    client.list_hyper_parameter_tuning_jobs(MaxResults=5)
    with pytest.raises(ClientError):
        client.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="nobody")
    now = service.clock.now()
    expected = [
        Call(
            operation="ListHyperParameterTuningJobs",
            parameters={"MaxResults": 5},
            error=None,
            time=now,
            region="eu-west-1",
        ),
        Call(
            operation="StopHyperParameterTuningJob",
            parameters={"HyperParameterTuningJobName": "nobody"},
            error="ResourceNotFound",
            time=now,
            region="eu-west-1",
        ),
    ]
    assert expected == service.calls()
    service.clear_calls()
    assert service.calls() == []


def test_longer_trainings_can_be_asked_for_while_others_run(service: SageMaker, request_body: dict[str, Any]) -> None:
    """A change of training_seconds is for jobs that begin after it."""
    _create(service, request_body, "short")
    service.configure(training_seconds=60_000)
    _create(service, request_body, "long")
    service.advance(36_000)
    client = service.client()
    statuses = [
        client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)["HyperParameterTuningJobStatus"]
        for name in ("short", "long")
    ]
    assert statuses == ["Completed", "InProgress"]


def test_other_parts_of_sagemaker_are_motos(service: SageMaker) -> None:
    """An operation that has nothing to do with tuning works as far as moto goes, with its own errors."""
    client = service.client()
    assert client.list_models()["Models"] == []
    with pytest.raises(ClientError) as caught:
        client.describe_model(ModelName="nobody")
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_what_moto_does_not_have_is_said_so(service: SageMaker) -> None:
    """An operation that nothing implements is answered with an error that names it."""
    with pytest.raises(ClientError, match="The sandbox's SageMaker does not have the operation ListHubs"):
        service.client().list_hubs()
