"""Histories of waiting: what comes of any tuning, whatever goes wrong with polls and signals, and whenever it is cut.

CloudFormation's side is small here: a condition that takes the first signal of its handle, or its time is up; a result
that is created after it; and, when something fails or the user cuts the deployment short, the deletion of the starter
and of the job.
"""

from __future__ import annotations

import copy
from typing import Any
from unittest.mock import patch
from urllib.error import URLError

from hpt_handler.errors import PollFailed
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.requests import guide_request
from sandbox import Fault
from sandbox.sagemaker.trainings import FAILING_SHARE
from tests.function.conftest import World
from tests.function.test_waiting import NOT_FOUND, Deployment, StepFunctions, best

MISHAPS = ("", "", "throttled", "signal lost", "dies after the signal", "refused", "not shown")
ENDS = ("completes", "fails", "is stopped", "is deleted", "takes too long")
TIMEOUT = 3600.0
POLL = 60.0


class History:
    """One deployment that waits, from the job's creation to its end.

    end: what becomes of the tuning.
    threshold: what it is held to; values are from 0 to 1.
    again: whether Lambda delivers the starter's creation more than once.
    """

    def __init__(self, deployment: Deployment, end: str, threshold: float | None, *, again: bool) -> None:
        self.deployment = deployment
        self.world = deployment.world
        self.end = end
        self.again = again
        self.gate = {} if threshold is None else {"ObjectiveAtLeast": threshold}
        self.properties = {"ServiceToken": "x", "NamePrefix": "training-1a2b-tuning", **copy.deepcopy(guide_request())}
        limits = self.properties["HyperParameterTuningJobConfig"]["ResourceLimits"]
        limits.update(MaxNumberOfTrainingJobs=3, MaxParallelTrainingJobs=3)
        if end == "fails":
            self.properties["TrainingJobDefinition"]["StaticHyperParameters"][FAILING_SHARE] = "1"
        self.world.service.configure(training_seconds=20 * TIMEOUT if end == "takes too long" else 600)
        self.job = deployment.start_job(self.properties)
        self.starter = deployment.wait_event(self.job, **self._options())
        self.world.deliver(self.starter)
        [(self.execution, self.told)] = deployment.machines.running.items()
        self.polls = 0

    def _options(self) -> dict[str, Any]:
        return {"TimeoutInSeconds": TIMEOUT, **self.gate}

    def play(self, mishaps: list[str], cut_after: int | None, ends_after: int) -> str:
        """How the deployment ends: ``complete``, ``failed``, ``timed out`` or ``cut``."""
        began = self.world.service.clock.now()
        told = ""
        while not told:
            if self.world.service.clock.now() - began > TIMEOUT + POLL:
                told = "timed out"
            elif self.polls == cut_after:
                told = "cut"
            else:
                self._interfere(ends_after)
                self.world.service.advance(self._poll(mishaps[self.polls] if self.polls < len(mishaps) else ""))
                self.polls += 1
                if self.deployment.signals:
                    told = self._outcome()
        if told != "complete":
            self._roll_back()
        return told

    def _interfere(self, ends_after: int) -> None:
        outsider, name = self.world.outsider, {"HyperParameterTuningJobName": self.job}
        if self.again and self.polls == 1:
            self.world.deliver(self.starter)
        if self.polls == ends_after and self.end in ("is stopped", "is deleted"):
            if self.world.status(self.job) == "InProgress":
                outsider.stop_hyper_parameter_tuning_job(**name)
            if self.end == "is deleted":
                self.world.service.advance(POLL)
                outsider.delete_hyper_parameter_tuning_job(**name)

    def _poll(self, mishap: str) -> float:
        """What Step Functions does once; the seconds until it does so again."""
        if mishap == "throttled" or not self.deployment.machines.running:
            return POLL
        if mishap == "signal lost":
            self.deployment.failures.append(URLError("reset"))
        if mishap == "refused":
            denied = Fault(
                operation="DescribeHyperParameterTuningJob", code="AccessDeniedException", message="", times=99
            )
            self.world.service.add_fault(denied)
        if mishap == "not shown":
            self.world.service.add_fault(Fault(times=3, **NOT_FOUND))
        try:
            answer = self.deployment.poll()
        except (PollFailed, OSError):
            return POLL
        finally:
            self.deployment.failures.clear()
            self.world.service.clear_faults()
        if answer["done"] and mishap == "dies after the signal":
            # Step Functions has not heard of it, and goes on.
            self.deployment.machines.running[self.execution] = self.told
        return float(answer["wait"])

    def _outcome(self) -> str:
        # A signal that comes a second time is ignored, as it has the same id.
        assert len({signal["UniqueId"] for signal in self.deployment.signals}) == 1
        accepted = self.deployment.signals[0]["Status"] == "SUCCESS"
        return (
            "complete"
            if accepted and self.deployment.result(self.job, **self.gate)["Status"] == "SUCCESS"
            else "failed"
        )

    def _roll_back(self) -> None:
        """CloudFormation deletes the starter, then the job; Lambda may deliver the creation once more."""
        event = self.deployment.wait_event(self.job, "Delete", PhysicalResourceId="x", **self._options())
        assert self.world.deliver(event)["Status"] == "SUCCESS"
        if self.again:
            self.world.deliver(self.starter)
        deleted = self.world.send("Delete", self.properties, PhysicalResourceId=self.job)
        assert deleted["Status"] == "SUCCESS"


@settings(max_examples=settings().max_examples // 3)
@given(
    end=st.sampled_from(ENDS),
    threshold=st.sampled_from([None, 0.0, 2.0]),
    mishaps=st.lists(st.sampled_from(MISHAPS), max_size=30),
    cut_after=st.none() | st.integers(0, 20),
    ends_after=st.integers(0, 12),
    again=st.booleans(),
)
@example(end="completes", threshold=0.0, mishaps=[], cut_after=None, ends_after=0, again=False)
@example(
    end="completes", threshold=0.0, mishaps=["dies after the signal"] * 30, cut_after=None, ends_after=0, again=True
)
@example(end="completes", threshold=2.0, mishaps=["signal lost"] * 20, cut_after=None, ends_after=0, again=False)
@example(end="completes", threshold=0.0, mishaps=["not shown"] * 30, cut_after=None, ends_after=0, again=False)
@example(end="takes too long", threshold=None, mishaps=[], cut_after=None, ends_after=0, again=False)
def test_promises_of_waiting(  # noqa: PLR0913 – a history is many things
    end: str, threshold: float | None, mishaps: list[str], cut_after: int | None, ends_after: int, *, again: bool
) -> None:
    """Complete means ended and good enough; a failure has a reason; no execution, and no job, outlives its resource."""
    world, machines = World(), StepFunctions()
    deployment = Deployment(world, machines)
    try:
        with (
            patch("hpt_handler.stepfunctions.client", lambda: machines.client),
            patch("hpt_handler.response.send", deployment.put),
        ):
            history = History(deployment, end, threshold, again=again)
            told = history.play(mishaps, cut_after, ends_after)
        if told == "complete":
            assert world.status(history.job) == "Completed"
            assert best(world, history.job)
            assert threshold in (None, 0.0)
        else:
            assert machines.running == {}
            assert history.job not in world.names() or world.status(history.job) in ("Completed", "Failed", "Stopped")
        if end == "completes" and {*mishaps} <= {"", "not shown"} and cut_after is None:
            assert told == ("failed" if threshold == 2.0 else "complete")
        # A condition has 60 polls: thirty that go wrong leave enough.
        assert told != "timed out"
        if told == "failed":
            assert deployment.signals[0]["Reason"]
    finally:
        world.close()
        machines.client.close()
