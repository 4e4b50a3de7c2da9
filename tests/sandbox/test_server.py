"""SageMaker and its control over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.clients import new_client
from sandbox.control import URL_VARIABLE, Control
from sandbox.sagemaker.server import SageMakerServer
from sandbox.sagemaker.settings import Fault, ServiceSettings


@pytest.fixture
def server() -> Iterator[SageMakerServer]:
    """Answer a server that runs."""
    with SageMakerServer(ServiceSettings(), "111122223333") as server:
        yield server


def _client(server: SageMakerServer) -> Any:
    return new_client("sagemaker", server.url, "us-east-1")


def _status(server: SageMakerServer) -> str:
    description = _client(server).describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="tune-1")
    return str(description["HyperParameterTuningJobStatus"])


def test_a_test_controls_the_service_over_http(server: SageMakerServer, request_body: dict[str, Any]) -> None:
    """Settings, clock, faults, failures and the record are reached from another process than the service's."""
    control = Control(server.control_url)
    control.configure(training_seconds=7200, create_rate=None)
    control.add_fault(Fault(operation="CreateHyperParameterTuningJob", code="Lost", message="lost", after=True))
    with pytest.raises(ClientError, match="lost"):
        _client(server).create_hyper_parameter_tuning_job(**request_body)
    assert [(call.operation, call.error) for call in control.calls()] == [("CreateHyperParameterTuningJob", "Lost")]
    assert _status(server) == "InProgress"
    control.advance(99_999)
    assert _status(server) == "Completed"
    control.fail_job("tune-1", "no data")
    assert _status(server) == "Failed"
    control.clear_calls()
    control.clear_faults()
    assert control.calls() == []


def test_a_wrong_command_is_an_error_at_the_callers(server: SageMakerServer) -> None:
    """What the control can't do is raised in the test that asked for it."""
    with pytest.raises(ValueError, match=r"configure: TypeError: .*job_minutes"):
        Control(server.control_url).configure(job_minutes=1)
    with pytest.raises(ValueError, match="fail_job: ServiceError: ResourceNotFound: "):
        Control(server.control_url).fail_job("nobody", "no data")


def test_the_control_is_found_through_the_environment(server: SageMakerServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process in the sandbox needs no address."""
    monkeypatch.setenv(URL_VARIABLE, server.control_url)
    assert Control.from_environment().calls() == []


def test_outside_of_a_sandbox_there_is_no_control(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what is missing."""
    monkeypatch.delenv(URL_VARIABLE, raising=False)
    with pytest.raises(LookupError, match="this process does not run in a sandbox"):
        Control.from_environment()


def test_a_failure_of_the_service_itself_is_answered() -> None:
    """An exception that is nobody's error answer becomes an internal failure, and is logged."""
    lines: list[str] = []
    with SageMakerServer(ServiceSettings(), "111122223333", lines.append) as server:
        with pytest.raises(ClientError) as caught:
            _client(server).list_hyper_parameter_tuning_jobs(NextToken="not a number")
        assert caught.value.response["Error"]["Code"] == "InternalFailure"
    assert "ValueError" in lines[0]
