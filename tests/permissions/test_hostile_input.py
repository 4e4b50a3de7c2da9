"""Whatever stands in names, tags, hyperparameters and errors stays text: in the answer, the log and the terminal."""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aws_cdk as cdk
import pytest

from hpt_construct import HyperparameterTuningJob, ValidationError
from hpt_construct.naming import name_prefix
from sandbox import Fault

from .conftest import PARTITIONS, Place

if TYPE_CHECKING:
    from tests.function.conftest import World

# Control characters of both sets, line and paragraph separators, and what turns the direction of text around.
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
HOSTILE = {
    "escape": "\x1b[2J\x1b]0;title\x07",
    "one-byte-escape": "\x9b2J\x85",
    "lines": 'a\nb\r\n{"what": "done"}\u2028c',
    "direction": "\u202egnp.exe\u2066",
    "marks": "a\u200eb\u200fc\u061cd",
    "json": '"}],"x":{"\\',
    "intrinsic": "${AWS::AccountId}{{resolve:secretsmanager:x}}",
    "surrogate": "\ud800\udfff\ud800",
    "nul": "a\x00b",
    "huge": "\U0001f984" * 20_000,
    "url": "https://example.com/@sagemaker#?/../",
}
every_text = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)


@pytest.fixture
def hosts(world: World) -> set[str | None]:
    """The hosts that the function's client has sent something to."""
    seen: set[str | None] = set()

    def note(request: Any, **_: Any) -> None:
        seen.add(urlsplit(request.url).hostname)

    world.client.meta.events.register_first("before-send.sagemaker", note)
    return seen


@pytest.fixture
def properties(guide_request: dict[str, Any]) -> dict[str, Any]:
    """The properties of a resource whose job gets a generated name."""
    return {"ServiceToken": "arn:aws:lambda:x", "NamePrefix": "training-1a2b-tuning", **guide_request}


def assert_harmless(answer: dict[str, Any], log: str, events: int) -> None:
    """Nothing in the answer or the log does anything to who reads it, and each line of the log is one of ours."""
    assert not UNSAFE.search(answer.get("Reason", ""))
    lines = log.splitlines()
    assert not [line for line in lines if UNSAFE.search(line)]
    assert [json.loads(line)["what"] for line in lines][::2] == ["event"] * events
    assert len(lines) == 2 * events


@every_text
def test_words_of_the_service_stay_text(
    world: World, properties: dict[str, Any], capsys: pytest.CaptureFixture[str], text: str
) -> None:
    """An error quotes what somebody wrote, in its message and, who knows, in its code."""
    for code in ("ValidationException", text):
        fault = Fault(operation="CreateHyperParameterTuningJob", code=code, message=text)
        world.service.add_fault(fault)
        answer = world.send("Create", properties)
        assert answer["Status"] == "FAILED"
        assert_harmless(answer, capsys.readouterr().out, events=1)


@every_text
def test_values_of_the_request_stay_text(
    world: World,
    properties: dict[str, Any],
    hosts: set[str | None],
    capsys: pytest.CaptureFixture[str],
    text: str,
) -> None:
    """A hyperparameter, a tag, the run and the name: accepted or refused, SageMaker is all that is ever called."""
    placed: list[dict[str, Any]] = [
        {"Tags": [{"Key": text, "Value": text}]},
        {"Run": text},
        {"NamePrefix": text},
        {"HyperParameterTuningJobName": text},
        {"WarmStartConfig": {"WarmStartType": text, "ParentHyperParameterTuningJobs": [text]}},
        {text: text},
    ]
    in_definition = copy.deepcopy(properties)
    in_definition["TrainingJobDefinition"]["StaticHyperParameters"][text] = text
    in_definition["TrainingJobDefinition"]["Environment"] = {text: text}
    for wish in (in_definition, *({**properties, **more} for more in placed)):
        answer = world.send("Create", wish)
        assert_harmless(answer, capsys.readouterr().out, events=1)
    assert hosts == {"api.sagemaker.us-east-1.amazonaws.com"}


@every_text
@pytest.mark.parametrize("request_type", ["Update", "Delete"])
def test_physical_id_stays_text(  # noqa: PLR0913, PLR0917 – what is checked, and where
    world: World,
    properties: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    hosts: set[str | None],
    request_type: str,
    text: str,
) -> None:
    """CloudFormation returns what it was told, of at most 1 KB, or makes an id up."""
    physical_id = text[:250]
    answer = world.send(request_type, properties, old={**properties, "Run": "1"}, PhysicalResourceId=physical_id)
    assert_harmless(answer, capsys.readouterr().out, events=1)
    assert hosts == {"api.sagemaker.us-east-1.amazonaws.com"}


@every_text
def test_tags_of_a_stranger_stay_text(
    world: World, properties: dict[str, Any], capsys: pytest.CaptureFixture[str], text: str
) -> None:
    """Who has the name is told in the words of that job's tags."""
    named = {**properties, "HyperParameterTuningJobName": "Nightly"}
    world.send("Create", named)
    arn = "arn:aws:sagemaker:us-east-1:111122223333:hyper-parameter-tuning-job/Nightly"
    world.service.backend("us-east-1").add_tags(
        arn, [{"Key": f"hpt-construct:{key}", "Value": text} for key in ("stack-id", "logical-id")]
    )
    capsys.readouterr()
    answer = world.send("Create", named)
    assert answer["Status"] == "FAILED"
    assert_harmless(answer, capsys.readouterr().out, events=1)


@every_text
def test_refusal_at_synth_stays_text(stack: cdk.Stack, guide_request: dict[str, Any], text: str) -> None:
    """A problem shows the value got, and its path; the terminal does nothing about either."""
    definition = guide_request["TrainingJobDefinition"]
    guide_request["HyperParameterTuningJobName"] = text
    guide_request["Tags"] = [{"Key": text, "Value": text}]
    guide_request[text] = text
    definition["StaticHyperParameters"][text] = 1
    definition["Environment"] = {text: text}
    definition["RoleArn"] = text
    definition["InputDataConfig"][0]["ChannelName"] = text
    definition["ResourceConfig"]["InstanceType"] = text
    with pytest.raises(ValidationError) as caught:
        HyperparameterTuningJob.from_request(stack, "Tuning", guide_request)
    assert not [problem for problem in caught.value.problems if UNSAFE.search(problem)]
    assert not UNSAFE.search(str(caught.value).replace("\n", ""))
    assert max(map(len, caught.value.problems)) < 2_000
    str(caught.value).encode()


@pytest.mark.parametrize("wildcard", ["*", "?", "${aws:username}", "a/../*", "x\n*"])
def test_no_name_role_or_key_widens_the_policy(stack: cdk.Stack, guide_request: dict[str, Any], wildcard: str) -> None:
    """What IAM would read as a pattern or a variable is refused before it gets there."""
    definition = guide_request["TrainingJobDefinition"]
    for change in (
        {"HyperParameterTuningJobName": wildcard},
        {"TrainingJobDefinition": {**definition, "RoleArn": f"arn:aws:iam::111122223333:role/{wildcard}"}},
        {
            "TrainingJobDefinition": {
                **definition,
                "ResourceConfig": {**definition["ResourceConfig"], "VolumeKmsKeyId": f"alias/{wildcard}"},
            }
        },
    ):
        with pytest.raises(ValidationError):
            HyperparameterTuningJob.from_request(stack, "Tuning", {**guide_request, **change})


@every_text
def test_prefix_of_names_is_made_of_harmless_characters(text: str) -> None:
    """Whatever a stack and a construct are called: the policy's one pattern has no wildcard but its own."""
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,20}[a-z0-9]", name_prefix(text.encode(errors="ignore").decode(), text))


@pytest.mark.parametrize("place", [Place(*item) for item in PARTITIONS.items()], ids=PARTITIONS)
def test_construct_id_does_not_widen_the_policy(guide_request: dict[str, Any], place: Place) -> None:
    """Ids may hold almost anything."""
    stack = cdk.Stack(cdk.App(), "Training")
    HyperparameterTuningJob.from_request(stack, "Tuning *?${x}", guide_request)
    assert place.job("training-36a7-*") in str(place.statements(stack))
    assert "?" not in str(place.statements(stack))
