"""Handles that come back: a retry, or a stack that goes back, has a handle under a logical id that it has had before.

CloudFormation's documentation says that a wait condition might then evaluate old signals. Whether it does so for a
handle that was deleted meanwhile is not known, so every history is played by a CloudFormation that remembers signals by
the handle's logical id, and by one that forgets them.
"""

from __future__ import annotations

import copy
import json
from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch
from urllib.parse import quote

import pytest
from hpt_handler import handler
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.requests import guide_request
from tests.function.conftest import STACK_ID, FakeClock, World
from tests.function.test_waiting import MACHINE, RESULT, WAIT, StepFunctions

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "https://cloudformation-waitcondition-us-east-1.s3.amazonaws.com"


class Template(NamedTuple):
    """What a deployment may change."""

    run: str = "1"
    timeout: int = 3600
    threshold: float = 0.0

    @property
    def handle(self) -> str:
        """The logical id of the handle, new with each of them."""
        return f"WaitHandle{self.run}{self.timeout}{self.threshold}".replace(".", "")


class Deployed(NamedTuple):
    """What a stack has after a deployment that succeeded."""

    template: Template
    job: str
    starter: dict[str, Any]
    """The starter's properties."""
    result: str
    """Its physical id."""
    best: dict[str, str]


class Stack:
    """CloudFormation's side of a stack that waits."""

    def __init__(self, world: World, machines: StepFunctions, *, remembers: bool) -> None:
        self.world = world
        self.machines = machines
        self.remembers = remembers
        self.deployed: Deployed | None = None
        self.tried = ""
        """The job that the last deployment has waited for."""
        self._signals: dict[str, list[dict[str, str]]] = defaultdict(list)
        self._handles = 0

    def put(self, url: str, body: bytes, _clock: Any) -> None:
        """Take a signal."""
        self._signals[url.rpartition("/")[2].partition("?")[0]].append(json.loads(body))

    def deploy(self, template: Template, fate: str = "completes") -> str:
        """Deploy, and return why that fails; empty if it succeeds.

        fate: what becomes of the tuning, if it still runs.
        """
        before = self.deployed
        self.world.stack.now = "UPDATE_IN_PROGRESS" if before else "CREATE_IN_PROGRESS"
        self.tried = self._job(template)
        starter = before.starter if before and before.template.handle == template.handle else self._starter(template)
        reason = "" if before and starter == before.starter else self._waited(template, starter, fate)
        answer: dict[str, Any] = {}
        if not reason:
            answer = self._result(template, self.tried, before)
            reason = answer.get("Reason", "")
        if reason:
            self._roll_back(template, starter, answer)
            return reason
        self.world.stack.now = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
        self.deployed = Deployed(template, self.tried, starter, answer["PhysicalResourceId"], answer["Data"])
        if before and before.starter != starter:
            self._stop_waiting(before.starter)
        if before and before.job != self.tried:
            self._delete_job(before.template, before.job)
        while self.machines.running:
            # A condition that has passed early leaves its execution behind.
            self._poll()
        return ""

    def _job(self, template: Template) -> str:
        if self.deployed and self.deployed.template.run == template.run:
            return self.deployed.job
        old, job = (properties(self.deployed.template), self.deployed.job) if self.deployed else ({}, "")
        answer = (
            self.world.send("Update", properties(template), old=old, PhysicalResourceId=job)
            if job
            else self.world.send("Create", properties(template))
        )
        assert answer["Status"] == "SUCCESS", answer
        return str(answer["PhysicalResourceId"])

    def _starter(self, template: Template) -> dict[str, Any]:
        """A handle under its logical id, whose URL is signed anew, and the starter's properties."""
        self._handles += 1
        if not self.remembers:
            self._signals.pop(template.handle, None)
        url = f"{HOST}/{quote(STACK_ID, safe='/')}/{template.handle}?X-Amz-Signature={self._handles}"
        return {
            "TuningJobName": self.tried,
            "HandleUrl": url,
            "StateMachineArn": MACHINE,
            "TimeoutInSeconds": template.timeout,
            "ObjectiveAtLeast": template.threshold,
        }

    def _waited(self, template: Template, starter: dict[str, Any], fate: str) -> str:
        """Why the condition fails, which goes by the first signal of its handle that there is."""
        assert self.world.send("Create", starter, ResourceType=WAIT)["Status"] == "SUCCESS"
        signals = self._signals[template.handle]
        while not signals:
            if fate == "is stopped" and self.world.status(self.tried) == "InProgress":
                self.world.outsider.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=self.tried)
            self._poll()
        return "" if signals[0]["Status"] == "SUCCESS" else signals[0]["Reason"]

    def _poll(self) -> None:
        [(execution, told)] = self.machines.running.items()
        answer = handler.answer_to_poll(told, lambda: self.world.client, FakeClock(self.world.service))
        if answer["done"]:
            del self.machines.running[execution]
        self.world.service.advance(answer["wait"])

    def _result(self, template: Template, job: str, before: Deployed | None) -> dict[str, Any]:
        new = _of_result(template, job)
        members: dict[str, Any] = {"ResourceType": RESULT, "LogicalResourceId": "Best"}
        if before is None:
            return self.world.send("Create", new, **members)
        old = _of_result(before.template, before.job)
        if new == old:
            return {"PhysicalResourceId": before.result, "Data": before.best}
        return self.world.send("Update", new, old=old, PhysicalResourceId=before.result, **members)

    def _roll_back(self, template: Template, starter: dict[str, Any], result: dict[str, Any]) -> None:
        before = self.deployed
        assert before, "the first deployments of these histories succeed"
        self.world.stack.now = "UPDATE_ROLLBACK_IN_PROGRESS"
        if result:
            new, old = _of_result(template, self.tried), _of_result(before.template, before.job)
            physical_id = result["PhysicalResourceId"]
            members = {"ResourceType": RESULT, "LogicalResourceId": "Best", "PhysicalResourceId": physical_id}
            assert self.world.send("Update", old, old=new, **members)["Data"] == before.best
        if before.job != self.tried:
            reverse = {"old": properties(template), "PhysicalResourceId": self.tried}
            answer = self.world.send("Update", properties(before.template), **reverse)
            assert answer["PhysicalResourceId"] == before.job
        self.world.stack.now = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
        if starter != before.starter:
            self._stop_waiting(starter)
        if before.job != self.tried:
            self._delete_job(template, self.tried)

    def _stop_waiting(self, starter: dict[str, Any]) -> None:
        answer = self.world.send("Delete", starter, ResourceType=WAIT, PhysicalResourceId="x")
        assert answer["Status"] == "SUCCESS"

    def _delete_job(self, template: Template, job: str) -> None:
        assert self.world.send("Delete", properties(template), PhysicalResourceId=job)["Status"] == "SUCCESS"


def properties(template: Template) -> dict[str, Any]:
    """The job's."""
    request = copy.deepcopy(guide_request())
    request["HyperParameterTuningJobConfig"]["ResourceLimits"].update(
        MaxNumberOfTrainingJobs=3, MaxParallelTrainingJobs=3
    )
    return {"ServiceToken": "x", "NamePrefix": "training-1a2b-tuning", "Run": template.run, **request}


def _of_result(template: Template, job: str) -> dict[str, Any]:
    return {"TuningJobName": job, "Waited": "true", "ObjectiveAtLeast": template.threshold}


@contextmanager
def stack_of(*, remembers: bool) -> Iterator[Stack]:
    """A stack in an empty account, deployed for the first time."""
    world, machines = World(), StepFunctions()
    world.service.configure(training_seconds=600)
    stack = Stack(world, machines, remembers=remembers)
    try:
        with (
            patch("hpt_handler.stepfunctions.client", lambda: machines.client),
            patch("hpt_handler.response.send", stack.put),
        ):
            assert stack.deploy(Template()) == ""
            yield stack
    finally:
        world.close()
        machines.client.close()


def test_retry_after_a_stop_starts_another_job_unless_the_old_signal_counts() -> None:
    """Then it fails at once, with the name of the job of before, and another timeout helps."""
    told = {}
    for remembers in (False, True):
        with stack_of(remembers=remembers) as stack:
            assert "was stopped by somebody" in stack.deploy(Template("2"), "is stopped")
            stopped = stack.tried
            told[remembers] = stack.deploy(Template("2"))
            assert stack.tried != stopped
            if remembers:
                assert f"'{stopped}' was stopped by somebody" in told[True]
                assert stack.deploy(Template("2", timeout=3660)) == ""
            assert stack.deployed
            assert stack.deployed.job == stack.tried
    assert told[False] == ""


def test_early_signal_of_an_earlier_wait_lets_no_running_job_pass() -> None:
    """The job of before is gone, so that its successor runs when the condition has passed; the result says so."""
    with stack_of(remembers=True) as stack:
        assert stack.deployed
        first = stack.deployed.job
        assert stack.deploy(Template("2")) == ""
        stack.world.outsider.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName=first)
        told = stack.deploy(Template("1"))
        assert "is still running" in told
        assert "or CloudFormation has counted a signal of an earlier deployment" in told
        assert stack.world.status(stack.tried) == "Stopped"
        assert stack.deploy(Template("1", timeout=3660)) == ""


@pytest.mark.parametrize("remembers", [True, False])
def test_stack_that_goes_back_has_the_result_of_then(*, remembers: bool) -> None:
    """Its job has Completed and is adopted, whether or not the old signal counts."""
    with stack_of(remembers=remembers) as stack:
        assert stack.deployed
        first = stack.deployed
        assert stack.deploy(Template("2")) == ""
        assert stack.deploy(Template("1")) == ""
        assert (stack.deployed.job, stack.deployed.best) == (first.job, first.best)


TEMPLATES = st.builds(
    Template, run=st.sampled_from("12"), timeout=st.sampled_from([3600, 3660]), threshold=st.sampled_from([0.0, 2.0])
)


@settings(max_examples=settings().max_examples // 2)
@given(
    deployments=st.lists(st.tuples(TEMPLATES, st.sampled_from(["completes", "is stopped"])), max_size=6),
    remembers=st.booleans(),
)
def test_promises_hold_whichever_signals_count(deployments: list[tuple[Template, str]], *, remembers: bool) -> None:
    """Complete means ended and good enough, after a failure nothing runs, and a wait that is new ends as it should."""
    with stack_of(remembers=remembers) as stack:
        for template, fate in deployments:
            told = stack.deploy(template, fate)
            assert stack.deployed
            assert stack.deployed.best["TrainingJobName"].startswith(stack.deployed.job)
            assert stack.deployed.template.threshold == 0.0
            assert {stack.world.status(name) for name in stack.world.names()} <= {"Completed", "Stopped"}
            if told and not remembers:
                assert f"'{stack.tried}'" in told
        assert stack.deploy(Template("3")) == ""
        assert stack.world.status(stack.tried) == "Completed"
