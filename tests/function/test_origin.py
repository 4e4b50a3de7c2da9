"""The function answers CloudFormation alone, and serves the stack that it belongs to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hpt_handler import handler, origin

from .conftest import RESPONSE_URL, STACK_ID
from .test_handler import Context, record

if TYPE_CHECKING:
    from .conftest import World

ANOTHER = STACK_ID.replace("Training", "Theirs")
SHORT = "cloudformation-custom-resource-response-useast1"
LONG = "cloudformation-waitcondition-us-east-1"


@pytest.fixture
def sent(world: World, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What the function sends, and where; SageMaker is the world's."""
    answers: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr("hpt_handler.response.send", lambda url, body, _: answers.append((url, json.loads(body))))
    monkeypatch.setattr("hpt_handler.sagemaker.client", lambda: world.client)
    monkeypatch.setattr("hpt_handler.cloudformation.Stack", lambda *_: world.stack)
    return answers


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    "url",
    [
        # As pasted from stacks, 2017 to 2025.
        f"https://{SHORT}.s3.amazonaws.com/arn%3Aaws?X-Amz-Date=1",
        f"https://{SHORT}.s3-us-east-1.amazonaws.com/arn%3Aaws?X-Amz-Date=1",
        f"https://{LONG}.s3.us-east-1.amazonaws.com/arn%3Aaws?X-Amz-Date=1",
        f"https://{LONG}.s3.dualstack.us-east-1.amazonaws.com/arn%3Aaws?X-Amz-Date=1",
        f"https://s3.us-east-1.amazonaws.com/{LONG}/arn%3Aaws?X-Amz-Date=1",
        f"https://s3.amazonaws.com/{SHORT}/arn%3Aaws?X-Amz-Date=1",
    ],
)
def test_buckets_of_cloudformation_are_answered(url: str) -> None:
    """In either style of addressing."""
    assert origin.is_cloudformations(url)


@pytest.mark.parametrize(
    ("region", "suffix", "host"),
    [
        (
            "cn-north-1",
            "amazonaws.com.cn",
            "cloudformation-custom-resource-response-cnnorth1.s3.cn-north-1.amazonaws.com.cn",
        ),
        ("us-gov-west-1", "amazonaws.com", "cloudformation-waitcondition-us-gov-west-1.s3-us-gov-west-1.amazonaws.com"),
        (
            "us-iso-east-1",
            "c2s.ic.gov",
            "cloudformation-custom-resource-response-usisoeast1.s3.us-iso-east-1.c2s.ic.gov",
        ),
        (
            "eusc-de-east-1",
            "amazonaws.eu",
            "cloudformation-waitcondition-eusc-de-east-1.s3.eusc-de-east-1.amazonaws.eu",
        ),
    ],
)
def test_buckets_of_every_partition_are_answered(
    monkeypatch: pytest.MonkeyPatch, region: str, suffix: str, host: str
) -> None:
    """The suffix is the one that CloudFormation knows for the region."""
    monkeypatch.setenv("AWS_REGION", region)
    monkeypatch.setenv("HPT_CONSTRUCT_URL_SUFFIX", suffix)
    assert origin.is_cloudformations(f"https://{host}/arn")


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://evil.example/",
        f"http://{SHORT}.s3.amazonaws.com/x",
        f"https://{SHORT}.s3.amazonaws.com.evil.example/x",
        f"https://{SHORT}.s3.amazonaws.com@evil.example/x",
        f"https://{SHORT}.s3.amazonaws.com:8443/x",
        f"https://evil.example/{SHORT}.s3.amazonaws.com/x",
        f"https://evil.example/?https://{SHORT}.s3.amazonaws.com/x",
        f"https://{SHORT}x.s3.amazonaws.com/x",
        f"https://{SHORT}.s3xamazonaws.com/x",
        "https://cloudformation-waitcondition-us-west-2.s3.amazonaws.com/x",
        "https://s3.amazonaws.com/mine/x",
        f"https://s3-123.us-east-1.elb.amazonaws.com/{SHORT}/x",
        "http://127.0.0.1:4566/_ministack/cfn-response/token",
    ],
)
def test_nobody_else_is_answered(url: str) -> None:
    """A bucket of somebody else's, a host that only looks like S3's, a server on this machine."""
    assert not origin.is_cloudformations(url)


@pytest.mark.usefixtures("world")
def test_sandbox_takes_answers_at_its_own_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """And no other server of the machine does."""
    monkeypatch.setenv("HPT_CONSTRUCT_SANDBOX", "http://127.0.0.1:4566")
    assert origin.is_cloudformations("http://127.0.0.1:4566/_ministack/cfn-response/token")
    assert not origin.is_cloudformations("http://127.0.0.1:45660/_ministack/cfn-response/token")


@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
@pytest.mark.parametrize("given_up", [False, True])
def test_event_of_another_stack_does_nothing(
    world: World,
    properties: dict[str, Any],
    sent: list[tuple[str, dict[str, Any]]],
    request_type: str,
    *,
    given_up: bool,
) -> None:
    """A resource of another stack that names this function would have a job with this stack's roles."""
    name = world.send("Create", properties)["PhysicalResourceId"]
    world.calls()
    more: dict[str, Any] = {} if request_type == "Create" else {"PhysicalResourceId": name, "old": properties}
    event = {**world.event(request_type, {**properties, "Run": "2"}, **more), "StackId": ANOTHER}
    handler.handle(record(event, "EventAgeExceeded") if given_up else event, Context())
    [(url, answer)] = sent
    assert url == RESPONSE_URL
    assert answer["StackId"] == ANOTHER
    # A stack whose creation was refused has to be rolled back.
    assert answer["Status"] == ("SUCCESS" if request_type == "Delete" else "FAILED")
    assert answer.get("Reason", "This function serves only").startswith("This function serves only")
    assert world.calls() == []
    assert world.status(name) == "InProgress"


def test_answer_to_somebody_elses_server_is_refused(
    world: World,
    properties: dict[str, Any],
    sent: list[tuple[str, dict[str, Any]]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One line of log, and no call."""
    event = world.event("Create", properties, ResponseURL="https://evil.example/")
    assert handler.handle(event, Context()) is None
    assert (sent, world.calls()) == ([], [])
    [line] = capsys.readouterr().out.splitlines()
    assert json.loads(line) == {"what": "refused", "note": "no event of CloudFormation"}


MALFORMED: list[Any] = [
    {},
    [],
    None,
    "event",
    1,
    {"requestPayload": {}},
    {"requestPayload": {}, "requestContext": "x"},
    {"requestPayload": {}, "requestContext": {"condition": 1}, "responseContext": None},
    {"RequestType": []},
    {"RequestType": "Read"},
]


@pytest.mark.parametrize("payload", MALFORMED, ids=repr)
def test_malformed_event_ends_in_one_line_of_log(
    world: World, sent: list[tuple[str, dict[str, Any]]], capsys: pytest.CaptureFixture[str], payload: Any
) -> None:
    """Whoever sends it, Lambda need not try it again."""
    assert handler.handle(payload, Context()) is None
    assert (sent, world.calls()) == ([], [])
    [line] = capsys.readouterr().out.splitlines()
    assert json.loads(line)["what"] == "refused"


@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
def test_event_without_any_one_member_is_malformed(
    world: World, properties: dict[str, Any], sent: list[tuple[str, dict[str, Any]]], request_type: str
) -> None:
    """Nothing of an event is read that has not been found there."""
    more: dict[str, Any] = {} if request_type == "Create" else {"PhysicalResourceId": "job"}
    more |= {"old": properties} if request_type == "Update" else {}
    event = world.event(request_type, properties, **more)
    for member in event.keys() - {"ResourceType"}:
        for value in ({}, {member: 1}):
            less = {**{name: event[name] for name in event if name != member}, **value}
            assert handler.handle(less, Context()) is None
    assert (sent, world.calls()) == ([], [])


@pytest.mark.parametrize(
    "changed",
    [
        {"HandleUrl": "https://evil.example/"},
        {"HandleUrl": f"https://{LONG}.s3.amazonaws.com/{ANOTHER.replace(':', '%3A')}/WaitHandle"},
        {"HandleUrl": None},
        {"TuningJobName": 1},
        {"Until": "now"},
    ],
    ids=repr,
)
def test_poll_that_is_none_of_this_stack_is_refused(
    world: World, sent: list[tuple[str, dict[str, Any]]], changed: dict[str, Any]
) -> None:
    """It would send the progress of a job to another server or stack."""
    own = f"https://{LONG}.s3.amazonaws.com/{STACK_ID.replace(':', '%3A')}/WaitHandle?X-Amz-Date=1"
    told = {"hpt-construct": "poll", "TuningJobName": "x", "HandleUrl": own, "Until": 0.0}
    assert handler.handle({**told, **changed}, Context()) == {"done": True, "wait": 0}
    assert (sent, world.calls()) == ([], [])
    assert handler.handle(told, Context()) == {"done": True, "wait": 0}
    assert [answer["Status"] for _, answer in sent] == ["FAILURE"]


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("path", ["handle", f"{STACK_ID.replace(':', '%3A')}/Handle", f"{STACK_ID}/Handle"])
def test_handle_of_the_own_stack_is_known_by_its_path(path: str) -> None:
    """Which has the stack's ARN, as pasted from stacks from 2017 to 2025; a path of another form names no stack."""
    assert origin.is_own_handle(f"https://{LONG}.s3.amazonaws.com/{path}")
