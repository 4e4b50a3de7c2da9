"""Events of tuning jobs: what EventBridge is told, and that rules of the sandbox act on it."""

import json
from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.sagemaker.clock import Clock
from sandbox.sagemaker.service import SageMaker

_ARN = "arn:aws:sagemaker:us-east-1:111122223333:hyper-parameter-tuning-job/Tune-1"
_NAME = {"HyperParameterTuningJobName": "Tune-1"}


class _Bus:
    """Notes the events of a service."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.service = SageMaker(
            clock=Clock(lambda: 1_800_000_000.0), notify=lambda region, event: self.events.append((region, event))
        )

    def details(self) -> list[dict[str, Any]]:
        """The details of the events so far."""
        return [json.loads(event["Detail"]) for _, event in self.events]

    def statuses(self) -> list[str]:
        """The statuses that the events so far tell of."""
        return [detail["HyperParameterTuningJobStatus"] for detail in self.details()]


@pytest.fixture
def bus() -> _Bus:
    """Answer a bus that a service of its own writes to."""
    return _Bus()


def test_a_job_that_begins_is_told_of(bus: _Bus, request_body: dict[str, Any]) -> None:
    """It has the region, SageMaker's names, the job's ARN, its description with times in milliseconds, its tags."""
    bus.service.client("eu-west-1").create_hyper_parameter_tuning_job(**request_body)
    [(region, event)] = bus.events
    [detail] = bus.details()
    arn = _ARN.replace("us-east-1", "eu-west-1")
    assert (region, event["Source"], event["Resources"]) == ("eu-west-1", "aws.sagemaker", [arn])
    assert event["DetailType"] == "SageMaker HyperParameter Tuning Job State Change"
    assert (detail["HyperParameterTuningJobArn"], detail["HyperParameterTuningJobStatus"]) == (arn, "InProgress")
    assert detail["HyperParameterTuningJobConfig"] == request_body["HyperParameterTuningJobConfig"]
    assert detail["CreationTime"] == 1_800_000_000_000
    assert detail["Tags"] == {"team": "a"}


def test_tags_may_be_a_list(bus: _Bus, request_body: dict[str, Any]) -> None:
    """AWS's schema and AWS's examples differ: both can be tried."""
    bus.service.configure(events_list_tags=True)
    bus.service.client().create_hyper_parameter_tuning_job(**request_body)
    assert bus.details()[0]["Tags"] == [{"Key": "team", "Value": "a"}]


def test_each_status_is_told_once(bus: _Bus, request_body: dict[str, Any]) -> None:
    """Calls that change nothing tell nothing, and time alone ends a job."""
    client = bus.service.client()
    client.create_hyper_parameter_tuning_job(**request_body)
    client.describe_hyper_parameter_tuning_job(**_NAME)
    bus.service.advance(100_000)
    bus.service.tell_changes()
    assert bus.statuses() == ["InProgress", "Completed"]
    ended = client.describe_hyper_parameter_tuning_job(**_NAME)["HyperParameterTuningEndTime"]
    assert bus.details()[1]["HyperParameterTuningEndTime"] == round(1000 * ended.timestamp())


def test_a_job_that_is_stopped_or_fails_is_told_of(bus: _Bus, request_body: dict[str, Any]) -> None:
    """Stopping comes before Stopped; a failure has its reason."""
    client = bus.service.client()
    client.create_hyper_parameter_tuning_job(**request_body)
    client.stop_hyper_parameter_tuning_job(**_NAME)
    bus.service.advance(2)
    client.create_hyper_parameter_tuning_job(**request_body | {"HyperParameterTuningJobName": "Tune-2"})
    bus.service.fail_job("Tune-2", "no data")
    assert bus.statuses() == ["InProgress", "Stopping", "Stopped", "InProgress", "Failed"]
    assert [detail.get("FailureReason") for detail in bus.details()] == [None, None, None, None, "no data"]


def test_a_job_whose_end_nobody_has_seen_is_told_of(bus: _Bus, request_body: dict[str, Any]) -> None:
    """It is deleted by the first call after its end: the events are all there, each with its own status."""
    client = bus.service.client()
    client.create_hyper_parameter_tuning_job(**request_body)
    bus.events.clear()
    bus.service.backend("us-east-1").tuning_job("Tune-1").fail("no data")
    client.delete_hyper_parameter_tuning_job(**_NAME)
    assert bus.statuses() == ["Failed"]


def test_rules_act_on_a_job(sandbox: Sandbox, request_body: dict[str, Any]) -> None:
    """EventBridge hears of a job that has ended, and hands the event to the target of a rule."""
    queues, events = sandbox.client("sqs"), sandbox.client("events")
    queue = queues.create_queue(QueueName="ended")["QueueUrl"]
    pattern = {"source": ["aws.sagemaker"], "detail": {"HyperParameterTuningJobStatus": ["Completed"]}}
    events.put_rule(Name="ended", EventPattern=json.dumps(pattern))
    arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    may_send = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = json.dumps({"Statement": [may_send | {"Resource": arn}]})
    queues.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    events.put_targets(Rule="ended", Targets=[{"Id": "queue", "Arn": arn}])
    sandbox.control.configure(training_seconds=0.01, inputs_elsewhere=True)
    try:
        sandbox.client("sagemaker").create_hyper_parameter_tuning_job(**request_body)
    finally:
        sandbox.control.configure(training_seconds=600, inputs_elsewhere=False)
    [message] = queues.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
    event = json.loads(message["Body"])
    assert event["detail-type"] == "SageMaker HyperParameter Tuning Job State Change"
    assert event["resources"] == [_ARN]
    assert event["detail"]["HyperParameterTuningJobStatus"] == "Completed"
