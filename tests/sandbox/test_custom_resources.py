"""What the sandbox adds for custom resources: asynchronous runs of their functions, and the events of a rollback."""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import WaiterError

from sandbox import Sandbox, SandboxSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# It answers as the properties say, and writes down each event, with what it sees of the stack if it is to look.
_CODE = """
import json
import urllib.request


def handle(event, context):
    sent = event.get("requestPayload", event)
    wish = sent["ResourceProperties"]
    with open(wish["Log"], "a+") as log:
        log.write(json.dumps({**event, "seen": seen(sent) if "Looks" in wish else None}) + "\\n")
        log.seek(0)
        runs = sum(line.count('"RequestId": "' + sent["RequestId"]) for line in log)
    does = wish.get(sent["RequestType"], "succeeds")
    if does == "dies" or (does == "dies once" and runs == 1):
        if "requestContext" not in event:
            raise RuntimeError("dies")
        answer(sent, wish, "FAILED", event["requestContext"]["condition"])
    elif does == "exits":
        return
    else:
        answer(sent, wish, "FAILED" if does == "fails" else "SUCCESS", "as was wished")


def answer(sent, wish, status, reason):
    same = {key: sent[key] for key in ("RequestId", "StackId", "LogicalResourceId")}
    body = json.dumps({**same, "Status": status, "Reason": reason, "PhysicalResourceId": wish["Name"]}).encode()
    urllib.request.urlopen(urllib.request.Request(sent["ResponseURL"], body, method="PUT")).close()


def seen(sent):
    import boto3
    from botocore.exceptions import ClientError

    client = boto3.client("cloudformation")
    stack = {"StackName": sent["StackId"]}
    try:
        status = client.describe_stacks(**stack)["Stacks"][0]["StackStatus"]
        resource = client.describe_stack_resource(**stack, LogicalResourceId=sent["LogicalResourceId"])
        return [status, resource["StackResourceDetail"]["PhysicalResourceId"]]
    except ClientError as error:
        return [error.response["Error"]["Code"]]
"""
_FAILS = {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": {"FunctionName": "nobody", "Qualifier": "$LATEST"}}


@pytest.fixture(scope="module")
def hurried() -> Iterator[Sandbox]:
    """A sandbox in which Lambda waits a tenth and two tenths of a second before it repeats a run."""
    with Sandbox(SandboxSettings(speed=600)) as sandbox:
        yield sandbox


class _Stack:
    """A stack of a role, a function with its settings, and resources that it stands behind."""

    def __init__(self, sandbox: Sandbox, folder: Path, name: str, settings: dict[str, Any] | None) -> None:
        self._client = sandbox.client("cloudformation")
        self._name = {"StackName": name}
        folder.mkdir(exist_ok=True)
        self._log = folder / "log"
        self._known = 0
        self._settings = settings

    def deploy(self, resources: dict[str, Any], *, may_look: bool = True, rollback: bool = True) -> str:
        """Create or update it with resources, and answer the status it ends with."""
        is_new = not self._log.exists()
        self._log.touch()
        template = json.dumps({"Resources": {**self._function(may_look=may_look), **resources}})
        change = self._client.create_stack if is_new else self._client.update_stack
        options = {"Capabilities": ["CAPABILITY_IAM"], "DisableRollback": not rollback}
        change(**self._name, TemplateBody=template, **options)
        return self._await("stack_create_complete" if is_new else "stack_update_complete")

    def delete(self) -> None:
        """Delete it."""
        self._client.delete_stack(**self._name)
        self._client.get_waiter("stack_delete_complete").wait(
            **self._name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 12_000}
        )

    def resource(self, name: str, **does: str) -> dict[str, Any]:
        """A custom resource whose function answers with an id, and does to an event what it is told."""
        properties = {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "Log": str(self._log), "Name": name, **does}
        settings = ["Settings"] if self._settings is not None else []
        return {"Type": "Custom::Thing", "DependsOn": ["Policy", *settings], "Properties": properties}

    def runs(self) -> list[dict[str, Any]]:
        """The runs of the function since the last time this was asked."""
        *lines, _unfinished = self._log.read_text(encoding="utf-8").split("\n")
        known, self._known = self._known, len(lines)
        return [json.loads(line) for line in lines[known:]]

    def events(self) -> list[tuple[str, str | None]]:
        """What the function was told since the last time: the kinds of events and the ids in them."""
        return [(run["RequestType"], run.get("PhysicalResourceId")) for run in self.runs()]

    def reasons(self, status: str) -> list[str]:
        """The reasons of its events with a status."""
        events = self._client.describe_stack_events(**self._name)["StackEvents"]
        return [event["ResourceStatusReason"] for event in events if event["ResourceStatus"] == status]

    def _await(self, waiter: str) -> str:
        # A failed end is an end, too.
        with contextlib.suppress(WaiterError):
            self._client.get_waiter(waiter).wait(**self._name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 12_000})
        [stack] = self._client.describe_stacks(**self._name)["Stacks"]
        return str(stack["StackStatus"])

    def _function(self, *, may_look: bool) -> dict[str, Any]:
        # Its settings are taken only if its role may call the destination.
        allowed = ["lambda:InvokeFunction", *(["cloudformation:DescribeStack*"] if may_look else [])]
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        resources: dict[str, Any] = {
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": trust}}},
            "Policy": {
                "Type": "AWS::IAM::Policy",
                "Properties": {
                    "PolicyName": "looks",
                    "PolicyDocument": {"Statement": {"Effect": "Allow", "Action": allowed, "Resource": "*"}},
                    "Roles": [{"Ref": "Role"}],
                },
            },
            "Function": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Runtime": "python3.14",
                    "Handler": "index.handle",
                    "Code": {"ZipFile": _CODE},
                    "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Timeout": 60,
                },
            },
        }
        if self._settings is not None:
            settings = {"FunctionName": {"Ref": "Function"}, "Qualifier": "$LATEST", **self._settings}
            resources["Settings"] = {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": settings}
            resources["Destination"] = resources["Function"]
        return resources


def _hands_over_to(function: str) -> dict[str, Any]:
    """Settings that send what Lambda gives up to a function of the stack."""
    return {"DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": [function, "Arn"]}}}}


def test_run_that_ends_with_an_error_is_repeated(hurried: Sandbox, tmp_path: Path) -> None:
    """The second run answers: the stack never learns of the first."""
    stack = _Stack(hurried, tmp_path, "Repeated", None)
    assert stack.deploy({"Thing": stack.resource("a", Create="dies once")}) == "CREATE_COMPLETE"
    first, second = stack.runs()
    assert first["RequestId"] == second["RequestId"]


@pytest.mark.parametrize(("retries", "runs"), [({}, 3), ({"MaximumRetryAttempts": 0}, 1)])
def test_event_that_is_given_up_goes_to_the_destination(
    hurried: Sandbox, tmp_path: Path, retries: dict[str, int], runs: int
) -> None:
    """After as many runs as the function's settings allow it gets a record of the event, which it can answer."""
    stack = _Stack(hurried, tmp_path, f"GivenUp{runs}", {**_hands_over_to("Destination"), **retries})
    assert stack.deploy({"Thing": stack.resource("a", Create="dies")}) == "ROLLBACK_COMPLETE"
    *died, record, delete = stack.runs()
    assert [run["RequestType"] for run in died] == ["Create"] * runs
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestPayload"]["RequestId"] == died[0]["RequestId"]
    assert delete["RequestType"] == "Delete"
    assert "RetriesExhausted" in stack.reasons("CREATE_FAILED")


def test_function_is_refused_as_its_own_destination(hurried: Sandbox, tmp_path: Path) -> None:
    """As recorded from AWS on 2025-11-25 (localstack, test_lambda_eventinvokeconfig_exceptions)."""
    stack = _Stack(hurried, tmp_path, "ItsOwn", _hands_over_to("Function"))
    assert stack.deploy({}) == "ROLLBACK_COMPLETE"
    [reason] = [each for each in stack.reasons("CREATE_FAILED") if "destination" in each]
    assert "You can't specify the function as a destination for itself." in reason


def test_failed_creation_is_deleted_by_the_id_of_its_answer(hurried: Sandbox, tmp_path: Path) -> None:
    """In a rollback, in the clean-up after an update, and with the stack where rollback is disabled."""
    stack = _Stack(hurried, tmp_path / "1", "Failed", None)
    assert stack.deploy({"Thing": stack.resource("a", Create="fails")}) == "ROLLBACK_COMPLETE"
    assert stack.events() == [("Create", None), ("Delete", "a")]
    stack.delete()
    assert stack.events() == []

    stays = _Stack(hurried, tmp_path / "2", "Stays", None)
    assert stays.deploy({}) == "CREATE_COMPLETE"
    assert stays.deploy({"Thing": stays.resource("b", Create="fails")}) == "UPDATE_ROLLBACK_COMPLETE"
    assert stays.events() == [("Create", None), ("Delete", "b")]

    stands = _Stack(hurried, tmp_path / "3", "Stands", None)
    assert stands.deploy({"Thing": stands.resource("c", Create="fails")}, rollback=False) == "CREATE_FAILED"
    assert stands.events() == [("Create", None)]
    stands.delete()
    assert stands.events() == [("Delete", "c")]


def test_creation_without_an_answer_is_deleted_by_an_invented_id(hurried: Sandbox, tmp_path: Path) -> None:
    """It has the names of stack and resource in it."""
    stack = _Stack(hurried, tmp_path, "Silent", None)
    stack.deploy({"Thing": stack.resource("a", Create="exits", ServiceTimeout="1")})
    told: dict[str, str | None] = {}
    # The deletion has a second, too: where a machine is slow, the function is told of it after the stack has ended.
    deadline = time.monotonic() + 600
    while "Delete" not in told:
        assert time.monotonic() < deadline
        told |= dict(stack.events())
        time.sleep(0.05)
    assert str(told["Delete"]).startswith("Silent-Thing-")


def test_rollback_sends_reverse_updates_under_the_old_policy(hurried: Sandbox, tmp_path: Path) -> None:
    """Whatever was changed goes back by the id it has now; what is superfluous then is deleted in the clean-up.

    Each event sees the stack's status and the resource's id of its moment, where the policy of that moment allows it.
    """
    stack = _Stack(hurried, tmp_path, "Reversed", None)
    old = {"Kept": stack.resource("k", Looks="1"), "Moved": stack.resource("m-1", Looks="1")}
    assert stack.deploy(old) == "CREATE_COMPLETE"
    stack.runs()
    new = {
        "Kept": stack.resource("k", Looks="2"),
        "Moved": stack.resource("m-2", Looks="2"),
        "New": stack.resource("n", Looks="2"),
    }
    last = {**_FAILS, "DependsOn": list(new)}
    assert stack.deploy({**new, "Last": last}, may_look=False) == "UPDATE_ROLLBACK_COMPLETE"
    runs = stack.runs()
    told = {
        resource: [
            (run["RequestType"], run.get("PhysicalResourceId"), *run["seen"])
            for run in runs
            if run["LogicalResourceId"] == resource
        ]
        for resource in new
    }
    rollback, clean_up = "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
    assert told == {
        "Kept": [("Update", "k", "AccessDenied"), ("Update", "k", rollback, "k")],
        "Moved": [
            ("Update", "m-1", "AccessDenied"),
            ("Update", "m-2", rollback, "m-2"),
            ("Delete", "m-2", clean_up, "m-1"),
        ],
        "New": [("Create", None, "AccessDenied"), ("Delete", "n", clean_up, "n")],
    }
    reverse = next(run for run in runs if run.get("PhysicalResourceId") == "m-2" and run["RequestType"] == "Update")
    assert (reverse["OldResourceProperties"]["Name"], reverse["ResourceProperties"]["Name"]) == ("m-2", "m-1")
    stack.delete()
    assert sorted(stack.events()) == [("Delete", "k"), ("Delete", "m-1")]


def test_reverse_update_that_fails_ends_the_rollback(hurried: Sandbox, tmp_path: Path) -> None:
    """The stack keeps the resource by the id that it has, and deletes nothing of it."""
    stack = _Stack(hurried, tmp_path, "Stuck", None)
    assert stack.deploy({"Thing": stack.resource("a", Update="fails")}) == "CREATE_COMPLETE"
    last = {**_FAILS, "DependsOn": "Thing"}
    assert stack.deploy({"Thing": stack.resource("b"), "Last": last}) == "UPDATE_ROLLBACK_FAILED"
    assert stack.events() == [("Create", None), ("Update", "a"), ("Update", "b")]
