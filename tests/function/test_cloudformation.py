"""What the function asks CloudFormation, through the real client."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from hpt_handler import cloudformation, lifecycle
from urllib3 import HTTPResponse

from .conftest import STACK_ID, FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import World

STACKS = (
    "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>Training</StackName>"
    "<CreationTime>2027-01-15T07:00:00.120Z</CreationTime>"
    "<LastUpdatedTime>2027-01-15T08:00:00.120Z</LastUpdatedTime><StackStatus>UPDATE_ROLLBACK_IN_PROGRESS</StackStatus></member></Stacks></DescribeStacksResult>"
    "</DescribeStacksResponse>"
)
NOT_TOLD = STACKS.replace("<LastUpdatedTime>2027-01-15T08:00:00.120Z</LastUpdatedTime>", "")
NEVER_UPDATED = NOT_TOLD.replace("UPDATE_ROLLBACK", "ROLLBACK")
RESOURCE = (
    "<DescribeStackResourceResponse><DescribeStackResourceResult><StackResourceDetail>"
    "<PhysicalResourceId>nightly</PhysicalResourceId></StackResourceDetail></DescribeStackResourceResult>"
    "</DescribeStackResourceResponse>"
)
NOT_CREATED = RESOURCE.replace("<PhysicalResourceId>nightly</PhysicalResourceId>", "")
DENIED = (403, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>")
THROTTLED = (400, DENIED[1].replace("AccessDenied", "Throttling"))
REFUSED = "<ErrorResponse><Error><Code>ValidationError</Code><Message>no such stack</Message></Error></ErrorResponse>"


class CloudFormation:
    """The service, as far as it is asked."""

    def __init__(self) -> None:
        self.client = cloudformation.client.__wrapped__()
        self.client.meta.events.register("before-send", self._answer)
        self.asked: list[dict[str, str]] = []
        self.says = (200, "")

    def _answer(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        self.asked.append({key: value for key, [value] in parse_qs(request.body).items() if key != "Version"})
        status, body = self.says
        return AWSResponse(request.url, status, {}, HTTPResponse(io.BytesIO(body.encode()), preload_content=False))


@pytest.fixture
def service(world: World) -> Iterator[CloudFormation]:
    """A service that says what a test has it say."""
    del world  # for its environment
    service = CloudFormation()
    yield service
    service.client.close()


def seen(service: CloudFormation, world: World) -> cloudformation.Stack:
    """The stack of the tests' events."""
    return cloudformation.Stack(STACK_ID, lambda: service.client, FakeClock(world.service))


def test_status_is_that_of_the_events_stack(service: CloudFormation, world: World) -> None:
    """By its id: an earlier stack of the same name is another."""
    service.says = (200, STACKS)
    assert seen(service, world).status() == "UPDATE_ROLLBACK_IN_PROGRESS"
    assert service.asked == [{"Action": "DescribeStacks", "StackName": STACK_ID}]


@pytest.mark.parametrize(
    ("answer", "when"),
    [
        pytest.param(STACKS, datetime(2027, 1, 15, 8, 0, 0, 120_000, tzinfo=UTC), id="updated"),
        pytest.param(NEVER_UPDATED, datetime(2027, 1, 15, 7, 0, 0, 120_000, tzinfo=UTC), id="created"),
        pytest.param(NOT_TOLD, None, id="not-told"),
    ],
)
def test_update_has_a_beginning(service: CloudFormation, world: World, answer: str, when: datetime | None) -> None:
    """A stack that was never updated began with its creation, which says nothing of an update without a time."""
    service.says = (200, answer)
    assert seen(service, world).updated_at() == when


@pytest.mark.parametrize(("answer", "known"), [(RESOURCE, "nightly"), (NOT_CREATED, "")])
def test_physical_id_is_that_of_the_resource(service: CloudFormation, world: World, answer: str, known: str) -> None:
    """A resource that is being created has none."""
    service.says = (200, answer)
    assert seen(service, world).physical_id("Tuning") == known
    assert service.asked == [{"Action": "DescribeStackResource", "StackName": STACK_ID, "LogicalResourceId": "Tuning"}]


def test_service_that_can_t_be_asked_leaves_it_open(service: CloudFormation, world: World) -> None:
    """What that means is for who asks to decide; the service's words are kept."""
    service.says = (400, REFUSED)
    stack = seen(service, world)
    assert (stack.status(), stack.updated_at(), stack.physical_id("Tuning")) == ("", None, "")
    assert str(stack.refusal) == "ValidationError: no such stack"


@pytest.mark.parametrize("refused", [DENIED, THROTTLED])
def test_questions_share_the_time_for_which_they_are_repeated(
    service: CloudFormation, world: World, refused: tuple[int, str]
) -> None:
    """Whatever they ask: the time in which a job may start goes by meanwhile."""
    service.says = refused
    stack = seen(service, world)
    before = world.service.clock.now()
    assert stack.status() == ""
    assert cloudformation.ASK_SECONDS / 2 < world.service.clock.now() - before < cloudformation.ASK_SECONDS
    asked = len(service.asked)
    for _ in range(20):
        stack.physical_id("Tuning")
        stack.updated_at()
    assert world.service.clock.now() - before < cloudformation.ASK_SECONDS
    assert len(service.asked) - asked < 2 * 40 + 10  # botocore asks twice where the service is busy
    service.says = (200, STACKS)
    assert stack.status() == "UPDATE_ROLLBACK_IN_PROGRESS"


def test_time_for_questions_leaves_some_to_start_the_job() -> None:
    """The times are written down in two places."""
    assert cloudformation.ASK_SECONDS <= lifecycle.START_SECONDS / 2
