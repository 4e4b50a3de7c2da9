"""What somebody with a stack of their own, or with permission to invoke the function, can make a deployed one do."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import WaiterError

from hpt_construct import HyperparameterTuningJob

from .conftest import RESOURCE_TYPE

if TYPE_CHECKING:
    import aws_cdk as cdk

    from .conftest import Account


def test_function_acts_for_its_own_stack_only(account: Account, guide_request: dict[str, Any]) -> None:
    """No job starts with its roles, its own is not stopped, and nobody else's server hears of it."""

    def fill(stack: cdk.Stack) -> None:
        HyperparameterTuningJob.from_request(stack, "Tuning", guide_request)

    deployed = account.deploy(fill, "Victim")
    assert deployed.returncode == 0, deployed.stderr
    [job] = account.names_created()
    stack = account.sandbox.client("cloudformation")
    template = stack.get_template(StackName="Victim")["TemplateBody"]
    template = template if isinstance(template, dict) else json.loads(template)
    [properties] = [each["Properties"] for each in template["Resources"].values() if each["Type"] == RESOURCE_TYPE]
    resources = stack.describe_stack_resources(StackName="Victim")["StackResources"]
    [function] = [
        each["PhysicalResourceId"]
        for each in resources
        if each["LogicalResourceId"].startswith("HptConstructProviderFunction")
        and "Lambda::Fun" in each["ResourceType"]
    ]
    service_token = account.sandbox.client("lambda").get_function(FunctionName=function)["Configuration"]["FunctionArn"]

    # Another stack names the function, and asks for any image with the victim's role.
    mine = {**properties, "ServiceToken": service_token}
    attack = {"Resources": {"Mine": {"Type": RESOURCE_TYPE, "Properties": mine}}}
    stack.create_stack(StackName="Attacker", TemplateBody=json.dumps(attack), OnFailure="DO_NOTHING")
    waiter = stack.get_waiter("stack_create_complete")
    with pytest.raises(WaiterError):
        waiter.wait(StackName="Attacker", WaiterConfig={"Delay": 0.1, "MaxAttempts": 12_000})
    reasons = [
        event.get("ResourceStatusReason", "")
        for event in stack.describe_stack_events(StackName="Attacker")["StackEvents"]
    ]
    assert any("This function serves only the stack that it belongs to" in reason for reason in reasons)
    assert account.names_created() == []

    # Events and polls that are sent to the function itself have nobody else's server answered.
    heard: list[bytes] = []

    class Server(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            heard.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

    with HTTPServer(("127.0.0.1", 0), Server) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/"
        [victim] = stack.describe_stacks(StackName="Victim")["Stacks"]
        event = {
            "RequestType": "Delete",
            "RequestId": "forged",
            "StackId": victim["StackId"],
            "ResponseURL": url,
            "ResourceType": RESOURCE_TYPE,
            "LogicalResourceId": "Tuning",
            "PhysicalResourceId": job,
            "ResourceProperties": properties,
        }
        poll = {"hpt-construct": "poll", "TuningJobName": job, "HandleUrl": url, "Until": 0, "TimeoutInSeconds": 60}
        for payload in (event, poll, {}):
            answer = account.sandbox.client("lambda").invoke(
                FunctionName=function, Payload=json.dumps(payload).encode()
            )
            assert "FunctionError" not in answer
        server.shutdown()
        thread.join()
    assert heard == []
    assert account.jobs()[job] == "InProgress"
    account.delete("Attacker")
    account.delete("Victim")
