"""Every event gets exactly one answer, and the log tells what happened but no secret."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError
from hpt_handler import handler

from sandbox import Fault

from .conftest import FakeClock

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
    handler.handle(world.event(request_type, properties, **more), Context())
    [(url, answer)] = sent
    assert url == "https://cloudformation.invalid/?signature=secret"
    assert json.loads(answer)["Status"] == "SUCCESS"


@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
def test_bug_is_answered_too(world: World, properties: dict[str, Any], request_type: str) -> None:
    """An exception of ours must not leave a stack hanging, nor change an id."""

    def client() -> Any:
        message = "no client"
        raise RuntimeError(message)

    more = {} if request_type == "Create" else {"PhysicalResourceId": "job", "old": properties}
    event = world.event(request_type, properties, **more)
    answer = json.loads(handler.answer_to(event, client, FakeClock(world.service)))
    assert answer["Status"] == "FAILED"
    assert answer["PhysicalResourceId"] == more.get("PhysicalResourceId", "not-created:request-1")
    assert answer["Reason"].endswith("the tuning job failed unexpectedly; try again. RuntimeError: no client")


@pytest.mark.parametrize("request_type", ["Update", "Delete"])
def test_refused_call_is_told(world: World, properties: dict[str, Any], request_type: str) -> None:
    """A permission that is missing is named by the service."""
    for operation in ("DescribeHyperParameterTuningJob", "ListTags"):
        fault = Fault(operation=operation, code="AccessDeniedException", message="not authorized to do it", times=99)
        world.service.add_fault(fault)
    more = {"PhysicalResourceId": "training-1a2b-tuning-000000000", "old": properties}
    answer = world.send(request_type, properties, **more)
    assert answer["Status"] == "FAILED"
    assert "SageMaker refused a call. Mend it and try again. AccessDeniedException: not authorized" in answer["Reason"]


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
