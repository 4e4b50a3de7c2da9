"""The real handler against the sandbox's SageMaker in the same process, on one clock that tests put forward."""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hpt_handler import handler, sagemaker
from hpt_handler.errors import ComeAgain
from hpt_handler.lifecycle import GivenUpEvent

from sandbox.sagemaker.clock import Clock
from sandbox.sagemaker.service import SageMaker
from sandbox.sagemaker.settings import ServiceSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpt_handler.errors import ServiceError

RETRY_SECONDS = (60.0, 120.0, 0.0)
"""What Lambda lets pass after the first delivery that ended with an error, the second, the third."""

CRASHED = GivenUpEvent("RetriesExhausted", crashed=True)
DROPPED = GivenUpEvent("EventAgeExceeded", crashed=False)
"""What becomes of an event that is throttled for its whole age."""

RESPONSE_URL = (
    "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/"
    "arn%3Aaws%3Acloudformation%3Aus-east-1%3A111122223333%3Astack/Training/6f1e%7CTuning%7Crequest?signature=secret"
)
STACK_ID = "arn:aws:cloudformation:us-east-1:111122223333:stack/Training/6f1e"


class FakeClock:
    """A clock whose waits pass at once, for the function and for SageMaker."""

    def __init__(self, service: SageMaker, seconds: float = 900) -> None:
        self._service = service
        self.began = service.clock.now()
        self._end = self.began + seconds

    def now(self) -> float:
        """Seconds since some moment."""
        return self._service.clock.now()

    def left(self) -> float:
        """Seconds that may still be spent."""
        return self._end - self.now()

    def wait(self, seconds: float) -> None:
        """Put the clock forward."""
        self._service.advance(seconds)


@dataclass
class FakeStack:
    """What CloudFormation would say of the stack, if it were asked at this moment."""

    now: str = "UPDATE_IN_PROGRESS"
    ids: dict[str, str] = field(default_factory=dict)
    """Physical ids by logical ids."""
    statuses: list[str] = field(default_factory=list)
    """What it says the next times it is asked, before it says what is true now."""
    refusal: ServiceError | None = None
    """Why it has not answered."""
    updated: datetime | None = None
    """When its last update began."""

    def status(self) -> str:
        """The status of the stack."""
        return self.statuses.pop(0) if self.statuses else self.now

    def updated_at(self) -> datetime | None:
        """The time of the last update."""
        return self.updated

    def physical_id(self, logical_id: str) -> str:
        """The id that CloudFormation knows a resource by."""
        return self.ids.get(logical_id, "")


class World:
    """An account with SageMaker in it, and CloudFormation's side of the talk."""

    def __init__(self) -> None:
        self.service = SageMaker(ServiceSettings(stopping_seconds=40), Clock(lambda: 1_800_000_000.0))
        self.client = sagemaker.client.__wrapped__()
        self.service.attach(self.client)
        self.outsider = self.service.client()
        self.stack = FakeStack()
        self._events = 0

    def close(self) -> None:
        """Let go of the clients."""
        self.client.close()
        self.outsider.close()

    def event(self, request_type: str, properties: dict[str, Any], **members: Any) -> dict[str, Any]:
        """An event as CloudFormation sends it: every scalar a string, an id of its own."""
        self._events += 1
        old = members.pop("old", None)
        return {
            "RequestType": request_type,
            "RequestId": f"request-{self._events}",
            "StackId": STACK_ID,
            "ResponseURL": RESPONSE_URL,
            "ResourceType": "Custom::SageMakerHyperParameterTuningJob",
            "LogicalResourceId": "Tuning",
            "ResourceProperties": delivered(properties),
            **({"OldResourceProperties": delivered(old)} if old is not None else {}),
            **members,
        }

    def deliver(
        self, event: dict[str, Any], *, seconds: float = 900, given_up: GivenUpEvent | None = None
    ) -> dict[str, Any]:
        """What the function answers to an event in the end, after all its deliveries; or to one that Lambda has given
        up.
        """
        for wait in RETRY_SECONDS:
            clock = FakeClock(self.service, seconds)
            try:
                answer = handler.answer_to(event, lambda: self.client, self.stack, clock, given_up)
                break
            except ComeAgain:
                assert not given_up
                self.service.advance(wait)
        else:
            return self.deliver(event, seconds=seconds, given_up=CRASHED)
        assert len(answer) <= 4096
        parsed: dict[str, Any] = json.loads(answer)
        for key in ("StackId", "RequestId", "LogicalResourceId"):
            assert parsed[key] == event[key]
        return parsed

    def send(self, request_type: str, properties: dict[str, Any], **members: Any) -> dict[str, Any]:
        """What the function answers to a new event."""
        return self.deliver(self.event(request_type, properties, **members))

    def calls(self) -> list[str]:
        """The operations that SageMaker has seen since the last time this was asked."""
        seen = [call.operation for call in self.service.calls()]
        self.service.clear_calls()
        return seen

    def url(self, seconds_ago: float = 0) -> str:
        """Where the answer to an event goes that CloudFormation sent some time ago, as the URL's signature says."""
        date = self.time() - timedelta(seconds=seconds_ago)
        return f"{RESPONSE_URL}&X-Amz-Date={date:%Y%m%dT%H%M%SZ}&X-Amz-Expires=7200"

    def time(self) -> datetime:
        """The time of this moment."""
        return datetime.fromtimestamp(self.service.clock.now(), UTC)

    def status(self, name: str) -> str:
        """A job's status."""
        status: str = self.outsider.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)[
            "HyperParameterTuningJobStatus"
        ]
        return status

    def tags(self, name: str) -> dict[str, str]:
        """A job's tags."""
        arn = f"arn:aws:sagemaker:us-east-1:111122223333:hyper-parameter-tuning-job/{name}"
        return {tag["Key"]: tag["Value"] for tag in self.outsider.list_tags(ResourceArn=arn)["Tags"]}

    def names(self) -> list[str]:
        """Every job there is."""
        listed = self.outsider.list_hyper_parameter_tuning_jobs()["HyperParameterTuningJobSummaries"]
        return [job["HyperParameterTuningJobName"] for job in listed]


def delivered(value: Any) -> Any:
    """Properties as CloudFormation delivers them."""
    if isinstance(value, dict):
        return {key: delivered(item) for key, item in value.items()}
    if isinstance(value, list):
        return [delivered(item) for item in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


@pytest.fixture(autouse=True)
def no_real_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Botocore sends a call again at once; the function's own wait fails a test that has given it a real clock."""

    def refuse(seconds: float) -> None:
        pytest.fail(f"the function waits for {seconds} real seconds")

    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _seconds: None))
    monkeypatch.setattr("hpt_handler.clock.time", SimpleNamespace(time=time.time, sleep=refuse))


@pytest.fixture(autouse=True)
def same_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test waits for the same times whenever it runs, whatever ran before it: it takes the same way each time."""
    monkeypatch.setattr("hpt_handler.clock.random", random.Random(1))  # noqa: S311 – no secret depends on it


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """An empty account."""
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("HPT_CONSTRUCT_STACK_ID", STACK_ID)
    monkeypatch.setenv("HPT_CONSTRUCT_URL_SUFFIX", "amazonaws.com")
    world = World()
    yield world
    world.close()


@pytest.fixture
def properties(guide_request: dict[str, Any]) -> dict[str, Any]:
    """The properties of a resource whose job gets a generated name."""
    return {
        "ServiceToken": "arn:aws:lambda:x",
        "ServiceTimeout": "3000",
        "NamePrefix": "training-1a2b-tuning",
        **guide_request,
    }


@pytest.fixture
def named(guide_request: dict[str, Any]) -> dict[str, Any]:
    """The properties of a resource whose job has a name of the user's."""
    return {"ServiceToken": "arn:aws:lambda:x", "HyperParameterTuningJobName": "Nightly", **guide_request}
