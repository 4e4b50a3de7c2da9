"""Counts the SageMaker calls of each event, from the record of the sandbox's SageMaker; nothing here is timed."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any

from hpt_handler import cloudformation, handler, sagemaker, waiting
from hpt_handler.clock import LambdaClock

from benchmarks import cold
from sandbox.sagemaker.service import SageMaker

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = {
    "Create, the name is free": 1,
    "Update, nothing changed": 2,
    "Update, tags changed": 4,
    "Delete, the job has ended": 3,
    "Poll, the job runs": 1,
    "Poll, the job has ended": 1,
    "Result": 2,
}
"""How many calls each event may take."""


def calls() -> dict[str, list[str]]:
    """The operations that each event leads to, in their order."""
    # Credentials that are worth nothing: the client is answered in this process.
    os.environ |= {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}
    account = SageMaker()
    properties = cold.function_properties()
    tagged = {**properties, "Tags": [{"Key": "team", "Value": "blue"}]}
    other = {**properties, "Tags": [{"Key": "group", "Value": "red"}]}
    run = _runner(account)
    started, create = run("Create", tagged)
    _, unchanged = run("Update", tagged, physical_id=started, old=tagged)
    _, retagged = run("Update", other, physical_id=started, old=tagged)
    running = _poll(account, started)
    account.advance(1_000_000)
    ended = _poll(account, started)
    _, result = run(
        "Create", {"TuningJobName": started}, resource_type="Custom::SageMakerHyperParameterTuningJobResult"
    )
    _, delete = run("Delete", other, physical_id=started)
    return dict(zip(MOST, (create, unchanged, retagged, delete, running, ended, result), strict=True))


def _poll(account: SageMaker, name: str) -> list[str]:
    told = {"TuningJobName": name, "HandleUrl": "", "Until": math.inf, "TimeoutInSeconds": 60}
    account.clear_calls()
    clock = LambdaClock(lambda: 900_000)
    waiting.poll(told, sagemaker.Jobs(sagemaker.client(), clock), clock)
    return [call.operation for call in account.calls()]


def _runner(account: SageMaker) -> Callable[..., tuple[str, list[str]]]:
    account.attach(sagemaker.client())

    def run(
        kind: str,
        properties: dict[str, Any],
        physical_id: str = "",
        old: dict[str, Any] | None = None,
        resource_type: str = "",
    ) -> tuple[str, list[str]]:
        event = cold.event(properties, "") | {"RequestType": kind, "RequestId": f"{kind}-{len(account.calls())}"}
        if resource_type:
            event["ResourceType"] = resource_type
        if physical_id:
            event["PhysicalResourceId"] = physical_id
        if old is not None:
            event["OldResourceProperties"] = old
        account.clear_calls()
        clock = LambdaClock(lambda: 900_000)
        stack = cloudformation.Stack(event["StackId"], cloudformation.client, clock)
        answer = cold.answer_of(handler.answer_to(event, sagemaker.client, stack, clock))
        return answer["PhysicalResourceId"], [call.operation for call in account.calls()]

    return run
