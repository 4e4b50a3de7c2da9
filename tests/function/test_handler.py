"""Every event gets exactly one answer, and the log tells what happened but no secret."""

from __future__ import annotations

import json
import traceback
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError
from hpt_handler import handler
from hpt_handler.errors import ComeAgain, PollFailed, StartAnew
from hpt_handler.lifecycle import GivenUpEvent

from sandbox import Fault

from .conftest import CRASHED, DROPPED, RESPONSE_URL, FakeClock

if TYPE_CHECKING:
    from .conftest import World


class Context:
    """What Lambda hands over beside the event."""

    def get_remaining_time_in_millis(self) -> int:
        """Plenty."""
        return 900_000


@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
def test_event_is_answered_once(
    world: World, properties: dict[str, Any], monkeypatch: pytest.MonkeyPatch, request_type: str
) -> None:
    """The entry point does what the event asks for and sends one answer to the event's URL."""
    sent: list[tuple[str, bytes]] = []
    monkeypatch.setattr("hpt_handler.response.send", lambda url, answer, _clock: sent.append((url, answer)))
    monkeypatch.setattr("hpt_handler.sagemaker.client", lambda: world.client)
    more = (
        {} if request_type == "Create" else {"PhysicalResourceId": "training-1a2b-tuning-000000000", "old": properties}
    )
    monkeypatch.setattr("hpt_handler.cloudformation.Stack", lambda *_: world.stack)
    handler.handle(world.event(request_type, properties, **more), Context())
    [(url, answer)] = sent
    assert url == RESPONSE_URL
    assert json.loads(answer)["Status"] == "SUCCESS"


TRACE = ". If a job was started, it has the tag hpt-construct:cloudformation-request with the value request-1"


@pytest.mark.parametrize(("request_type", "trace"), [("Create", TRACE), ("Update", TRACE), ("Delete", "")])
def test_bug_is_answered_too(world: World, properties: dict[str, Any], request_type: str, trace: str) -> None:
    """An exception of ours must not leave a stack hanging, nor change an id."""

    def client() -> Any:
        message = "no client"
        raise RuntimeError(message)

    more = {} if request_type == "Create" else {"PhysicalResourceId": "job", "old": properties}
    event = world.event(request_type, properties, **more)
    answer = json.loads(handler.answer_to(event, client, world.stack, FakeClock(world.service)))
    assert answer["Status"] == "FAILED"
    assert answer["PhysicalResourceId"] == more.get("PhysicalResourceId", "not-created:request-1")
    assert answer["Reason"].endswith(f"the tuning job failed unexpectedly; try again{trace}. RuntimeError: no client")


class TestGivenUp:
    """An event that Lambda has given up goes to the second function in a record, and is answered at once."""

    @pytest.mark.parametrize(
        ("given_up", "told"),
        [
            (DROPPED, "The function was too busy with other events; it left no tuning job running."),
            (
                GivenUpEvent("EventAgeExceeded", crashed=True),
                "The function has crashed, and the next try would have come too late; it left no tuning job running.",
            ),
            (CRASHED, "The function has crashed three times; it left no tuning job running."),
            (GivenUpEvent("Other", crashed=False), "Lambda has given up the event; it left no tuning job running."),
        ],
    )
    @pytest.mark.parametrize("request_type", ["Create", "Update"])
    def test_event_that_was_never_carried_out_fails(
        self, world: World, properties: dict[str, Any], request_type: str, given_up: GivenUpEvent, told: str
    ) -> None:
        """The stack need not wait for its service timeout."""
        more = {} if request_type == "Create" else {"PhysicalResourceId": "job", "old": {**properties, "Run": "1"}}
        answer = world.deliver(world.event(request_type, properties, **more), given_up=given_up)
        assert answer["Status"] == "FAILED"
        assert answer["PhysicalResourceId"] == more.get("PhysicalResourceId", "not-created:request-1")
        assert answer["Reason"] == (
            f"{told} Deploy again; if this happens often, see the function's log and how many functions the account "
            "may run at a time"
        )
        assert world.names() == []

    def test_job_of_a_dead_event_is_stopped(self, world: World, properties: dict[str, Any]) -> None:
        """The function died between the call and the answer, three times: nobody would know of the job."""
        event = world.event("Create", properties)
        name = world.deliver(event)["PhysicalResourceId"]
        answer = world.deliver(event, given_up=CRASHED)
        assert f"the tuning job '{name}' was started and is being stopped" in answer["Reason"]
        assert world.status(name) == "Stopping"

    @pytest.mark.parametrize("known", ["", "first"])
    def test_job_of_a_dead_update_is_stopped(self, world: World, properties: dict[str, Any], known: str) -> None:
        """CloudFormation has the id that the event came with, or can't be asked."""
        event = world.event("Update", properties, old={**properties, "Run": "1"}, PhysicalResourceId="first")
        name = world.deliver(event)["PhysicalResourceId"]
        world.stack.ids["Tuning"] = known
        world.deliver(event, given_up=CRASHED)
        assert world.status(name) == "Stopping"

    def test_job_of_an_answered_event_is_left_alone(self, world: World, properties: dict[str, Any]) -> None:
        """The answer arrived, and the function died behind it."""
        event = world.event("Create", properties)
        name = world.deliver(event)["PhysicalResourceId"]
        world.stack.ids["Tuning"] = name
        world.deliver(event, given_up=CRASHED)
        assert world.status(name) == "InProgress"

    def test_job_of_a_dead_event_that_has_ended_is_no_running_one(
        self, world: World, properties: dict[str, Any]
    ) -> None:
        """Nothing is to be stopped, and the failure doesn't say that something runs."""
        event = world.event("Create", properties)
        world.service.fail_job(world.deliver(event)["PhysicalResourceId"], "no data")
        answer = world.deliver(event, given_up=CRASHED)
        assert answer["Reason"].startswith("The function has crashed three times; it left no tuning job running.")

    def test_job_that_took_the_name_of_one_that_is_gone_is_named(
        self, world: World, properties: dict[str, Any]
    ) -> None:
        """CloudFormation has this name for the resource's job, so it is left to the rollback."""
        named = {**properties, "HyperParameterTuningJobName": "Nightly"}
        del named["NamePrefix"]
        event = world.event("Update", named, old={**named, "Run": "1"}, PhysicalResourceId="Nightly")
        world.deliver(event)
        world.stack.ids["Tuning"] = "Nightly"
        answer = world.deliver(event, given_up=CRASHED)
        assert "the tuning job 'Nightly' was started and has the name of the resource's job" in answer["Reason"]
        assert world.status("Nightly") == "InProgress"

    def test_job_that_the_next_update_replaces_is_left_alone(self, world: World, properties: dict[str, Any]) -> None:
        """The event was answered, and the next update has an answer too: its rollback would return to this job."""
        event = world.event("Update", properties, old={**properties, "Run": "1"}, PhysicalResourceId="first")
        name = world.deliver(event)["PhysicalResourceId"]
        world.stack.ids["Tuning"] = "third"
        world.deliver(event, given_up=DROPPED)
        assert world.status(name) == "InProgress"

    def test_failure_leads_to_a_job_that_can_not_be_looked_for(self, world: World, properties: dict[str, Any]) -> None:
        """SageMaker is asked whose the job is, and refuses to say."""
        event = world.event("Create", properties)
        world.deliver(event)
        refused = Fault(operation="ListTags", code="ValidationException", message="no", times=99)
        world.service.add_fault(refused)
        answer = world.deliver(event, given_up=CRASHED)
        assert answer["Reason"].startswith(
            "The function has crashed three times, and SageMaker refused a call. If a job was started, it has the tag "
            "hpt-construct:cloudformation-request with the value request-1. ValidationException: no"
        )

    def test_deletion_is_carried_out(self, world: World, properties: dict[str, Any]) -> None:
        """The job is stopped and waited for, for as long as the function may."""
        name = world.send("Create", properties)["PhysicalResourceId"]
        event = world.event("Delete", properties, PhysicalResourceId=name)
        assert world.deliver(event, given_up=DROPPED)["Status"] == "SUCCESS"
        assert world.status(name) == "Stopped"

    def test_creation_is_watched_for_only_as_long_as_it_may_still_go_on(
        self, world: World, properties: dict[str, Any]
    ) -> None:
        """The event of the creation is older than that of the deletion, which lay for five minutes."""
        before = world.service.clock.now()
        late: dict[str, Any] = {"PhysicalResourceId": "Training-Tuning-1X2Y", "ResponseURL": world.url(300)}
        event = world.event("Delete", properties, **late)
        assert world.deliver(event, given_up=DROPPED)["Status"] == "SUCCESS"
        assert 505 < world.service.clock.now() - before < 525

    def test_record_leads_to_the_event(
        self, world: World, properties: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Lambda hands over the event in a record, and the answer goes to the event's URL."""
        sent: list[tuple[str, bytes]] = []
        monkeypatch.setattr("hpt_handler.response.send", lambda url, answer, _clock: sent.append((url, answer)))
        monkeypatch.setattr("hpt_handler.sagemaker.client", lambda: world.client)
        monkeypatch.setattr("hpt_handler.cloudformation.Stack", lambda *_: world.stack)
        handler.handle(record(world.event("Create", properties), "EventAgeExceeded"), Context())
        [(url, answer)] = sent
        assert url == RESPONSE_URL
        assert json.loads(answer)["Reason"].startswith("The function was too busy with other events;")

    def test_record_says_why_lambda_gave_up(self) -> None:
        """There is no response where the function never ran, and an error in it where the function crashed."""
        event = {"RequestType": "Create"}
        assert handler.unwrap(event) == (event, None)
        assert handler.unwrap([]) == ([], None)
        assert handler.unwrap(record(event, "EventAgeExceeded")) == (event, DROPPED)
        crashed = {"responseContext": {"statusCode": 200, "functionError": "Unhandled"}}
        assert handler.unwrap(record(event, "RetriesExhausted", **crashed)) == (event, CRASHED)


def record(event: dict[str, Any], condition: str, **more: Any) -> dict[str, Any]:
    """Lambda's record of an event that it has given up."""
    context = {"condition": condition, "approximateInvokeCount": 3}
    return {"version": "1.0", "requestContext": context, "requestPayload": event, **more}


def test_deletion_gives_its_place_to_others_while_its_job_stops(world: World, properties: dict[str, Any]) -> None:
    """Where ten functions may run, forty jobs are told to stop within minutes: to Lambda it is an error, after which it
    delivers the event again.
    """
    world.service.configure(stopping_seconds=600)
    name = world.send("Create", properties)["PhysicalResourceId"]
    event = world.event("Delete", properties, PhysicalResourceId=name)
    before = world.service.clock.now()
    with pytest.raises(ComeAgain, match="is still stopping: Lambda delivers the event again"):
        handler.answer_to(event, lambda: world.client, world.stack, FakeClock(world.service))
    assert world.service.clock.now() - before < 20
    assert world.status(name) == "Stopping"
    assert world.deliver(event)["Status"] == "SUCCESS"


@pytest.mark.parametrize(("request_type", "trace"), [("Update", TRACE), ("Delete", "")])
def test_refused_call_is_told(world: World, properties: dict[str, Any], request_type: str, trace: str) -> None:
    """The service names a permission that is missing; an earlier delivery of the update may have started a job."""
    for operation in ("DescribeHyperParameterTuningJob", "ListTags"):
        fault = Fault(operation=operation, code="AccessDeniedException", message="not authorized to do it", times=99)
        world.service.add_fault(fault)
    more = {"PhysicalResourceId": "training-1a2b-tuning-000000000", "old": properties}
    answer = world.send(request_type, properties, **more)
    assert answer["Status"] == "FAILED"
    assert (
        f"SageMaker refused a call. Fix the cause and try again{trace}. AccessDeniedException: not authorized"
        in answer["Reason"]
    )


class TestDenied:
    """A permission that is missing for as long as the function retries."""

    @pytest.fixture
    def denied(self, world: World) -> None:
        """IAM denies every creation."""
        message = "no identity-based policy allows the sagemaker:CreateHyperParameterTuningJob action"
        fault = Fault(
            operation="CreateHyperParameterTuningJob", code="AccessDeniedException", message=message, times=99
        )
        world.service.add_fault(fault)

    def sent(self, world: World, properties: dict[str, Any], seconds_ago: float) -> dict[str, Any]:
        """A creation that CloudFormation sent some time ago."""
        return world.event("Create", properties, ResponseURL=world.url(seconds_ago))

    @pytest.mark.usefixtures("denied")
    @pytest.mark.parametrize("seconds_ago", [0, 50])
    def test_first_delivery_ends_the_process(
        self, world: World, properties: dict[str, Any], capsys: pytest.CaptureFixture[str], seconds_ago: float
    ) -> None:
        """An environment that started before its policy was known is denied for good: Lambda starts another process."""
        event = self.sent(world, properties, seconds_ago)
        with pytest.raises(StartAnew) as ended:
            handler.answer_to(event, lambda: world.client, world.stack, FakeClock(world.service))
        assert ended.value.code == 1
        assert json.loads(capsys.readouterr().out.splitlines()[-1])["what"] == "denied"

    @pytest.mark.usefixtures("denied")
    def test_later_delivery_fails_with_the_services_words(self, world: World, properties: dict[str, Any]) -> None:
        """The permission is missing indeed."""
        answer = world.deliver(self.sent(world, properties, 160))
        assert answer["Status"] == "FAILED"
        assert "no identity-based policy allows" in answer["Reason"]

    @pytest.mark.usefixtures("denied")
    def test_job_starts_if_the_next_process_is_allowed_to(self, world: World, properties: dict[str, Any]) -> None:
        """The same event, delivered again."""
        event = self.sent(world, properties, 0)
        with pytest.raises(StartAnew):
            handler.answer_to(event, lambda: world.client, world.stack, FakeClock(world.service))
        world.service.clear_faults()
        assert world.deliver(event)["Status"] == "SUCCESS"
        assert len(world.names()) == 1

    @pytest.mark.parametrize("seconds_ago", [0, 160])
    def test_call_that_answers_a_question_is_treated_alike(
        self, world: World, properties: dict[str, Any], seconds_ago: float
    ) -> None:
        """The update asks for its job before it does anything."""
        fault = Fault(operation="DescribeHyperParameterTuningJob", code="AccessDenied", message="no", times=99)
        world.service.add_fault(fault)
        event = {**self.sent(world, properties, seconds_ago), "RequestType": "Delete", "PhysicalResourceId": "job"}
        with pytest.raises(StartAnew) if seconds_ago == 0 else nullcontext():
            assert world.deliver(event)["Status"] == "FAILED"


@pytest.mark.parametrize(
    "policy",
    ["a service control policy", "a resource control policy", "a permissions boundary", "an identity-based policy"],
)
def test_explicit_deny_is_not_waited_for(world: World, properties: dict[str, Any], policy: str) -> None:
    """No policy spreads that would change it, and the message says what such policies ask for."""
    message = (
        "User: arn:aws:sts::111122223333:assumed-role/R/f is not authorized to perform: "
        "sagemaker:CreateHyperParameterTuningJob on resource: arn:aws:sagemaker:us-east-1:111122223333:"
        f"hyper-parameter-tuning-job/x with an explicit deny in {policy}"
    )
    fault = Fault(operation="CreateHyperParameterTuningJob", code="AccessDeniedException", message=message, times=99)
    world.service.add_fault(fault)
    before = world.service.clock.now()
    answer = world.send("Create", properties)
    assert world.service.clock.now() - before < 1
    assert "was not started: a policy denies it explicitly. Such policies often require" in answer["Reason"]
    assert message in answer["Reason"]
    assert world.calls() == ["CreateHyperParameterTuningJob"]


def test_lost_connection_is_tried_again(world: World, properties: dict[str, Any]) -> None:
    """A network that fails for a moment fails no deployment."""
    failures = [EndpointConnectionError(endpoint_url="https://api.sagemaker")] * 3

    def fail(**_: Any) -> None:
        if failures:
            raise failures.pop()

    world.client.meta.events.register_first("before-call.sagemaker", fail)
    assert world.send("Create", properties)["Status"] == "SUCCESS"


def test_log_is_json_without_secrets(
    world: World, properties: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """The CLI prints the log below a failure: a line per fact, no credential and no value of the request."""
    properties["TrainingJobDefinition"]["Environment"] = {"TOKEN": "hunter2"}
    properties["TrainingJobDefinition"]["StaticHyperParameters"]["hidden"] = "hunter2"
    name = world.send("Create", properties)["PhysicalResourceId"]
    quoting = Fault(operation="CreateHyperParameterTuningJob", code="ValidationException", message="Value 'hunter2'")
    world.service.add_fault(quoting)
    failed = world.send("Update", {**properties, "Run": "2"}, old=properties, PhysicalResourceId=name)
    log = capsys.readouterr().out
    assert "hunter2" in failed["Reason"]
    assert [json.loads(line)["what"] for line in log.splitlines()] == ["event", "done", "event", "failed"]
    assert "hunter2" not in log
    assert "secret" not in log


def test_log_has_no_values_of_tags(
    world: World, properties: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """The reason quotes what is wrong with them, for the person who has written it."""
    answer = world.send("Create", {**properties, "Tags": ["hunter2"]})
    assert "hunter2" in answer["Reason"]
    assert "hunter2" not in capsys.readouterr().out


def test_error_of_a_poll_does_not_quote_the_service(world: World, properties: dict[str, Any]) -> None:
    """Lambda writes an exception to the log, with those that led to it."""
    name = world.send("Create", properties)["PhysicalResourceId"]
    quoting = Fault(operation="DescribeHyperParameterTuningJob", code="ValidationException", message="Value 'hunter2'")
    world.service.add_fault(quoting)
    told = {"TuningJobName": name, "HandleUrl": "https://x", "Until": 2e9}
    with pytest.raises(PollFailed, match="ValidationException") as caught:
        handler.answer_to_poll(told, lambda: world.client, FakeClock(world.service))
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
