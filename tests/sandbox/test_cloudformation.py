"""What the sandbox adds to MiniStack's CloudFormation."""

import contextlib
import datetime as dt
import json
from typing import Any

from botocore.exceptions import WaiterError

from sandbox import Sandbox
from sandbox.in_ministack.cloudformation import EventTimes


class _Stack:
    """A stack of the sandbox's."""

    def __init__(self, sandbox: Sandbox, name: str) -> None:
        self._client = sandbox.client("cloudformation")
        self._name = {"StackName": name}

    def deploy(self, resources: dict[str, Any], **outputs: Any) -> dict[str, Any]:
        """Create or update it, wait for the end, and answer its description."""
        template = json.dumps({"Resources": resources, "Outputs": outputs})
        is_new = not any(stack["StackName"] == self._name["StackName"] for stack in self._stacks())
        change = self._client.create_stack if is_new else self._client.update_stack
        change(**self._name, TemplateBody=template)
        self._wait("stack_create_complete" if is_new else "stack_update_complete")
        [stack] = self._client.describe_stacks(**self._name)["Stacks"]
        return dict(stack)

    def delete(self) -> None:
        """Delete it, and wait for the end."""
        self._client.delete_stack(**self._name)
        self._wait("stack_delete_complete")

    def events(self) -> list[dict[str, Any]]:
        """Answer its events, as the CDK CLI shows them: sorted by time after they came newest first."""
        events = self._client.describe_stack_events(**self._name)["StackEvents"]
        return sorted(events, key=lambda event: event["Timestamp"])

    def exports(self) -> dict[str, str]:
        """Answer the exports of the account."""
        return {export["Name"]: export["Value"] for export in self._client.list_exports()["Exports"]}

    def _stacks(self) -> list[dict[str, Any]]:
        return list(self._client.describe_stacks()["Stacks"])

    def _wait(self, waiter: str) -> None:
        # A failed end is an end, too.
        with contextlib.suppress(WaiterError):
            self._client.get_waiter(waiter).wait(**self._name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 12_000})


def _parameter(value: object) -> dict[str, Any]:
    return {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}}


def _export(value: object, name: str = "Shared") -> dict[str, Any]:
    return {"Value": value, "Export": {"Name": name}}


def test_events_have_times_of_their_own() -> None:
    """Two in one millisecond are told apart, and the order stays when the clock goes back."""
    start = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
    seconds = iter([0, 0, 0.0005, 0.5, 0.1])
    times = EventTimes(lambda: start + dt.timedelta(seconds=next(seconds)))
    told = [times().removeprefix("2027-01-01T00:00:0") for _ in range(5)]
    assert told == ["0.000Z", "0.001Z", "0.002Z", "0.500Z", "0.501Z"]


def test_events_come_in_order(sandbox: Sandbox) -> None:
    """Each resource begins before it is complete, however many there are in one millisecond."""
    stack = _Stack(sandbox, "Ordered")
    names = [f"Parameter{number}" for number in range(20)]
    stack.deploy({name: _parameter("x") for name in names})
    events = stack.events()
    assert len({event["Timestamp"] for event in events}) == len(events)
    for name in names:
        statuses = [event["ResourceStatus"] for event in events if event["LogicalResourceId"] == name]
        assert statuses == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]


def test_what_other_stacks_import_does_not_change(sandbox: Sandbox) -> None:
    """An update of an export in use is rolled back with CloudFormation's words; when nobody imports it, it may go."""
    exporter, importer = _Stack(sandbox, "Exporter"), _Stack(sandbox, "Importer")
    resources = {"One": _parameter("x")}
    exporter.deploy(resources, Out=_export("first"))
    importer.deploy({"Two": _parameter({"Fn::ImportValue": "Shared"})})
    for change, outputs in (("updated", {"Out": _export("second")}), ("deleted", {"Out": {"Value": "first"}})):
        assert exporter.deploy(resources, **outputs)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        reasons = {event.get("ResourceStatusReason") for event in exporter.events()}
        assert f"Export Shared cannot be {change} as it is in use by Importer" in reasons
    assert exporter.exports()["Shared"] == "first"
    assert exporter.deploy(resources, Out=_export("first"), More={"Value": "x"})["StackStatus"] == "UPDATE_COMPLETE"
    importer.delete()
    assert exporter.deploy(resources, Out=_export("second"))["StackStatus"] == "UPDATE_COMPLETE"
    assert exporter.exports()["Shared"] == "second"
    assert exporter.deploy(resources, Out={"Value": "second"})["StackStatus"] == "UPDATE_COMPLETE"
    assert "Shared" not in exporter.exports()


def test_an_export_has_one_owner(sandbox: Sandbox) -> None:
    """A second stack can't export the same name."""
    _Stack(sandbox, "Owner").deploy({"One": _parameter("x")}, Out=_export("1", "Owned"))
    second = _Stack(sandbox, "Second")
    assert second.deploy({"One": _parameter("x")}, Out=_export("2", "Owned"))["StackStatus"] == "ROLLBACK_COMPLETE"
    reasons = {event.get("ResourceStatusReason") for event in second.events()}
    assert "Export with name Owned is already exported by stack Owner" in reasons
    assert second.exports()["Owned"] == "1"


def test_a_way_out_of_a_network_is_taken(sandbox: Sandbox) -> None:
    """An elastic address and a NAT gateway have ids to refer to; nothing is behind them."""
    stack = _Stack(sandbox, "Network").deploy(
        {
            "Address": {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc"}},
            "Nat": {
                "Type": "AWS::EC2::NatGateway",
                "Properties": {"SubnetId": "subnet-1", "AllocationId": {"Fn::GetAtt": ["Address", "AllocationId"]}},
            },
        },
        Nat={"Value": {"Ref": "Nat"}},
        Allocation={"Value": {"Fn::GetAtt": ["Address", "AllocationId"]}},
    )
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    assert outputs["Nat"].startswith("nat-")
    assert outputs["Allocation"].startswith("eipalloc-")
