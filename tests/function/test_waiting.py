"""Waiting for a job: the starter, the polls, the signal and the result, with the real handler on one clock."""

from __future__ import annotations

import copy
import io
import json
import math
import os
import re
import subprocess
import sys
from collections import deque
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from hpt_handler import handler, response, stepfunctions, waiting
from hpt_handler.errors import PollFailed
from hpt_handler.sagemaker import Best
from hypothesis import example, given
from hypothesis import strategies as st
from urllib3 import HTTPResponse

from sandbox import Fault
from sandbox.sagemaker.trainings import FAILING_SHARE

from .conftest import DROPPED, FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import World

WAIT = "Custom::SageMakerHyperParameterTuningJobWait"
RESULT = "Custom::SageMakerHyperParameterTuningJobResult"
MACHINE = "arn:aws:states:us-east-1:111122223333:stateMachine:Machine"
URL = (
    "https://cloudformation-waitcondition-us-east-1.s3.amazonaws.com/"
    "arn%3Aaws%3Acloudformation%3Aus-east-1%3A111122223333%3Astack/Training/6f1e/WaitHandle?signature=secret"
)
HOUR = 3600.0
NOT_FOUND: dict[str, Any] = {
    "operation": "DescribeHyperParameterTuningJob",
    "code": "ResourceNotFound",
    "message": "Amazon SageMaker can't find a tuning job called X. Type another name.",
}


@dataclass
class StepFunctions:
    """The service, as far as the function calls it: executions by their ARNs, each with its input."""

    running: dict[str, Any] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    refuses: str = ""
    """The code of the error that it answers everything with."""
    refusals: float = math.inf
    """How often it does so."""

    def __post_init__(self) -> None:
        self.client = stepfunctions.client.__wrapped__()
        self.client.meta.events.register("before-send", self._answer)

    def _answer(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        operation = request.headers["X-Amz-Target"].decode().partition(".")[2]
        self.refusals -= 1
        refuses = self.refuses if self.refusals >= 0 else ""
        error = refuses or getattr(self, f"_{operation}")(json.loads(request.body))
        status, answer = (400, {"__type": error, "message": "no"}) if error else (200, {"executionArn": "x"})
        raw = HTTPResponse(io.BytesIO(json.dumps(answer).encode()), preload_content=False)
        return AWSResponse(request.url, status, {}, raw)

    def _StartExecution(self, told: dict[str, Any]) -> str:  # noqa: N802 – the operation's name
        arn = f"{told['stateMachineArn'].replace('stateMachine', 'execution')}:{told['name']}"
        if arn in self.known:
            return "ExecutionAlreadyExists"
        self.known.add(arn)
        self.running[arn] = json.loads(told["input"])
        return ""

    def _StopExecution(self, told: dict[str, Any]) -> str:  # noqa: N802
        if told["executionArn"] not in self.known:
            return "ExecutionDoesNotExist"
        self.running.pop(told["executionArn"], None)
        return ""


class Deployment:
    """A stack with a job that it waits for."""

    def __init__(self, world: World, machines: StepFunctions) -> None:
        self.world = world
        self.machines = machines
        self.signals: list[dict[str, str]] = []
        self.failures: deque[OSError] = deque()
        """What the next PUTs of a signal end with."""

    def put(self, url: str, body: bytes, _clock: Any) -> None:
        """The handle's side of a signal."""
        assert url == URL
        if self.failures:
            raise self.failures.popleft()
        self.signals.append(json.loads(body))

    def start_job(self, properties: dict[str, Any]) -> str:
        """The name of a new job."""
        name: str = self.world.send("Create", properties)["PhysicalResourceId"]
        self.world.calls()
        return name

    def wait_event(self, job: str, request_type: str = "Create", **options: Any) -> dict[str, Any]:
        """An event of the starter."""
        members = {key: options.pop(key) for key in ("PhysicalResourceId",) if key in options}
        told = {"TuningJobName": job, "HandleUrl": URL, "StateMachineArn": MACHINE, "TimeoutInSeconds": 6 * HOUR}
        return self.world.event(request_type, {**told, **options}, ResourceType=WAIT, **members)

    def start(self, job: str, **options: Any) -> dict[str, Any]:
        """The answer to the creation of the starter."""
        return self.world.deliver(self.wait_event(job, **options))

    def result_event(self, job: str, request_type: str = "Create", **options: Any) -> dict[str, Any]:
        """An event of the result."""
        members = {} if request_type == "Create" else {"PhysicalResourceId": "earlier"}
        if request_type == "Update":
            members["old"] = options.pop("old")
        return self.world.event(
            request_type, {"TuningJobName": job, **options}, ResourceType=RESULT, LogicalResourceId="Best", **members
        )

    def result(self, job: str, **options: Any) -> dict[str, Any]:
        """The answer to the creation of the result."""
        return self.world.deliver(self.result_event(job, Waited=True, **options))

    def poll(self, seconds: float = 900) -> dict[str, Any]:
        """One poll of the one execution, which ends with it if the function says so."""
        [(arn, told)] = self.machines.running.items()
        answer = handler.answer_to_poll(told, lambda: self.world.client, FakeClock(self.world.service, seconds))
        if answer["done"]:
            del self.machines.running[arn]
        return answer

    def run(self) -> float:
        """The seconds that the one execution takes, from poll to poll, to its end."""
        began = self.world.service.clock.now()
        for _ in range(800):
            answer = self.poll()
            if answer["done"]:
                return self.world.service.clock.now() - began
            self.world.service.advance(answer["wait"])
        raise AssertionError("the execution has no end")

    @property
    def signal(self) -> dict[str, str]:
        """The one signal."""
        [signal] = self.signals
        return signal


@pytest.fixture
def deployment(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """A stack whose machine and handles are fakes."""
    machines = StepFunctions()
    monkeypatch.setattr("hpt_handler.stepfunctions.client", lambda: machines.client)
    deployment = Deployment(world, machines)
    monkeypatch.setattr("hpt_handler.response.send", deployment.put)
    yield deployment
    machines.client.close()


def best(world: World, job: str) -> dict[str, Any]:
    """The best training, as SageMaker tells of it."""
    found: dict[str, Any] = world.outsider.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=job)[
        "BestTrainingJob"
    ]
    world.calls()
    return found


def value(training: dict[str, Any]) -> float:
    """What it is judged by."""
    return float(training["FinalHyperParameterTuningJobObjectiveMetric"]["Value"])


class TestStarter:
    """The resource that begins to wait."""

    def test_starts_one_execution_however_often_it_is_delivered(
        self, deployment: Deployment, properties: dict[str, Any]
    ) -> None:
        """It answers at once, and asks SageMaker nothing."""
        job = deployment.start_job(properties)
        event = deployment.wait_event(job, ObjectiveAtLeast=0.85)
        first, second = deployment.world.deliver(event), deployment.world.deliver(event)
        assert first == second
        assert first["Status"] == "SUCCESS"
        [(arn, told)] = deployment.machines.running.items()
        assert re.fullmatch(r"arn:aws:states:us-east-1:111122223333:execution:Machine:[0-9a-f]{64}", arn)
        assert first["PhysicalResourceId"] == arn.rpartition(":")[2]
        assert told["hpt-construct"] == "poll"
        assert told["ObjectiveAtLeast"] == "0.85"
        assert deployment.world.calls() == []

    @pytest.mark.parametrize(("timeout", "wait"), [(6 * HOUR, 30), (600, 30), (60, 15)])
    def test_first_poll_leaves_time_for_the_wait_condition(
        self, deployment: Deployment, properties: dict[str, Any], timeout: int, wait: int
    ) -> None:
        """A signal that comes before its condition may not count, and a short wait still has its polls."""
        deployment.start(deployment.start_job(properties), TimeoutInSeconds=timeout)
        [told] = deployment.machines.running.values()
        assert told["poll"] == {"wait": wait}

    @pytest.mark.parametrize("physical_id", ["", "Training-Wait-1A2B", "not-created:request-9"])
    def test_deletion_stops_the_execution_whatever_its_id(
        self, deployment: Deployment, properties: dict[str, Any], physical_id: str
    ) -> None:
        """Also the one of a creation that CloudFormation never had an answer to."""
        job = deployment.start_job(properties)
        known = deployment.start(job)["PhysicalResourceId"]
        event = deployment.wait_event(job, "Delete", PhysicalResourceId=physical_id or known)
        assert deployment.world.deliver(event)["Status"] == "SUCCESS"
        assert deployment.machines.running == {}

    def test_creation_after_its_deletion_starts_nothing(
        self, deployment: Deployment, properties: dict[str, Any]
    ) -> None:
        """Lambda may deliver it once more, late."""
        job = deployment.start_job(properties)
        event = deployment.wait_event(job)
        known = deployment.world.deliver(event)["PhysicalResourceId"]
        deployment.world.deliver(deployment.wait_event(job, "Delete", PhysicalResourceId=known))
        deployment.world.deliver(event)
        assert deployment.machines.running == {}

    @pytest.mark.parametrize("code", ["ExecutionDoesNotExist", "AccessDeniedException", "ValidationException"])
    def test_deletion_of_what_is_gone_succeeds(
        self, deployment: Deployment, properties: dict[str, Any], code: str
    ) -> None:
        """The execution has ended, or the machine goes with its last wait, and the permission has gone before it."""
        job = deployment.start_job(properties)
        deployment.machines.refuses = code
        event = deployment.wait_event(job, "Delete", PhysicalResourceId="x")
        before = deployment.world.service.clock.now()
        assert deployment.world.deliver(event)["Status"] == "SUCCESS"
        assert deployment.world.service.clock.now() - before < 30

    @pytest.mark.parametrize("code", ["ThrottlingException", "ServiceUnavailable"])
    def test_deletion_is_tried_while_step_functions_is_busy(
        self, deployment: Deployment, properties: dict[str, Any], code: str
    ) -> None:
        """That it is refused for a minute is no reason to leave a stack half deleted."""
        job = deployment.start_job(properties)
        known = deployment.start(job)["PhysicalResourceId"]
        # Botocore sends each call twice.
        deployment.machines.refuses, deployment.machines.refusals = code, 100
        before = deployment.world.service.clock.now()
        event = deployment.wait_event(job, "Delete", PhysicalResourceId=known)
        assert deployment.world.deliver(event)["Status"] == "SUCCESS"
        assert deployment.world.service.clock.now() - before > 60
        assert deployment.machines.running == {}

    @pytest.mark.parametrize("request_type", ["Create", "Delete"])
    def test_refused_call_fails_with_the_services_words(
        self, deployment: Deployment, properties: dict[str, Any], request_type: str
    ) -> None:
        """Whose they are is said."""
        job = deployment.start_job(properties)
        deployment.machines.refuses = "InvalidArn"
        more = {} if request_type == "Create" else {"PhysicalResourceId": "x"}
        answer = deployment.world.deliver(deployment.wait_event(job, request_type, **more))
        assert answer["Status"] == "FAILED"
        assert answer["Reason"].startswith(
            "Waiting for the tuning job failed: Step Functions refused a call. Fix the cause and try again. InvalidArn:"
        )

    def test_update_starts_nothing(self, deployment: Deployment, properties: dict[str, Any]) -> None:
        """A handle can be used once: what a parameter has changed is not waited for, and the old wait is over."""
        job = deployment.start_job(properties)
        known = deployment.start(job)["PhysicalResourceId"]
        event = deployment.wait_event("other", "Update", PhysicalResourceId=known)
        answer = deployment.world.deliver(event)
        assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", known)
        assert deployment.machines.running == {}

    def test_update_of_a_failed_creation_starts_it(self, deployment: Deployment, properties: dict[str, Any]) -> None:
        """Where a rollback is disabled, CloudFormation tries again by an update."""
        job = deployment.start_job(properties)
        event = deployment.wait_event(job, "Update", PhysicalResourceId="not-created:request-1")
        assert deployment.world.deliver(event)["Status"] == "SUCCESS"
        assert len(deployment.machines.running) == 1

    def test_given_up_creation_is_carried_out(self, deployment: Deployment, properties: dict[str, Any]) -> None:
        """CloudFormation still waits, and late is as good."""
        job = deployment.start_job(properties)
        answer = deployment.world.deliver(deployment.wait_event(job), given_up=DROPPED)
        assert answer["Status"] == "SUCCESS"
        assert len(deployment.machines.running) == 1


def test_resources_are_known_by_their_properties(deployment: Deployment, properties: dict[str, Any]) -> None:
    """In the clean-up of a rollback, a stack's events were seen to call custom resources by their generic type."""
    job = deployment.start_job(properties)
    for event in (
        deployment.wait_event(job, "Delete", PhysicalResourceId="earlier"),
        deployment.result_event(job, "Delete"),
    ):
        event["ResourceType"] = "AWS::CloudFormation::CustomResource"
        assert deployment.world.deliver(event)["Status"] == "SUCCESS"
    assert deployment.world.calls() == []
    assert deployment.world.status(job) == "InProgress"


class TestPoll:
    """What Step Functions asks, every minute."""

    def test_runs_on_while_the_job_runs(self, deployment: Deployment, properties: dict[str, Any]) -> None:
        """It takes one call, and another minute."""
        deployment.start(deployment.start_job(properties))
        assert deployment.poll() == {"done": False, "wait": 60}
        assert deployment.world.calls() == ["DescribeHyperParameterTuningJob"]
        assert deployment.signals == []

    def test_completed_job_is_accepted(self, deployment: Deployment, properties: dict[str, Any]) -> None:
        """Within a minute of its end."""
        job = deployment.start_job(properties)
        deployment.start(job)
        deployment.run()
        assert deployment.signal["Status"] == "SUCCESS"
        assert deployment.signal["UniqueId"] == job
        assert deployment.world.status(job) == "Completed"

    def test_job_that_has_ended_before_is_accepted_at_once(
        self, deployment: Deployment, properties: dict[str, Any]
    ) -> None:
        """As when waiting is added to a job that is deployed already."""
        job = deployment.start_job(properties)
        deployment.world.service.advance(100 * HOUR)
        deployment.start(job)
        assert deployment.run() == 0
        assert deployment.signal["Status"] == "SUCCESS"

    @pytest.mark.parametrize(("by", "accepted"), [(0, True), (1e-9, True), (0.01, False)])
    @pytest.mark.parametrize("side", ["ObjectiveAtLeast", "ObjectiveAtMost"])
    def test_gate_holds_or_fails(
        self, deployment: Deployment, properties: dict[str, Any], side: str, by: float, *, accepted: bool
    ) -> None:
        """Values are compared with SageMaker's own precision, and the failure says what was asked for."""
        job = deployment.start_job(properties)
        deployment.world.service.advance(100 * HOUR)
        reached = best(deployment.world, job)
        threshold = value(reached) + (by if side == "ObjectiveAtLeast" else -by)
        deployment.start(job, **{side: threshold})
        deployment.run()
        assert deployment.signal["Status"] == ("SUCCESS" if accepted else "FAILURE")
        if not accepted:
            asked = "at least" if side == "ObjectiveAtLeast" else "at most"
            assert deployment.signal["Reason"] == (
                f"The tuning job '{job}' is not good enough: its best validation:auc is {value(reached):.7g} (training "
                f"job '{reached['TrainingJobName']}'), but wait_for_completion requires {asked} {threshold:.7g}. "
                "Another threshold judges this tuning job once more and starts none, except after the rollback of a "
                "first deployment"
            )

    def test_failed_job_is_refused_with_sagemakers_reason(
        self, deployment: Deployment, properties: dict[str, Any]
    ) -> None:
        """The person at the terminal reads why."""
        properties = copy.deepcopy(properties)
        properties["TrainingJobDefinition"]["StaticHyperParameters"][FAILING_SHARE] = "1"
        job = deployment.start_job(properties)
        deployment.start(job)
        deployment.run()
        assert deployment.signal["Status"] == "FAILURE"
        assert deployment.signal["Reason"] == (
            f"The tuning job '{job}' failed: No training job succeeded after 5 attempts."
        )

    def test_stopped_job_is_refused(self, deployment: Deployment, properties: dict[str, Any]) -> None:
        """Whoever has stopped it; while it stops, it is waited for."""
        job = deployment.start_job(properties)
        deployment.start(job)
        deployment.world.service.advance(HOUR)
        deployment.world.outsider.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=job)
        assert not deployment.poll()["done"]
        deployment.run()
        assert deployment.signal["Reason"].startswith(f"The tuning job '{job}' was stopped by somebody before it had")

    def test_deleted_record_is_refused(self, deployment: Deployment) -> None:
        """What is not there any more can't be judged; SageMaker has to say so for three minutes."""
        deployment.start("gone")
        before = deployment.world.service.clock.now()
        deployment.run()
        assert deployment.signal["Reason"].startswith("The tuning job 'gone' was deleted")
        assert 165 < deployment.world.service.clock.now() - before <= 180

    def test_job_that_is_not_shown_for_a_while_is_waited_for(
        self, deployment: Deployment, properties: dict[str, Any]
    ) -> None:
        """A new one may not be known everywhere yet, and no service answers right every time."""
        job = deployment.start_job(properties)
        deployment.start(job)
        deployment.world.service.add_fault(Fault(times=5, **NOT_FOUND))
        assert deployment.poll() == {"done": False, "wait": 60}
        deployment.world.service.advance(HOUR)
        deployment.world.service.add_fault(Fault(**NOT_FOUND))
        deployment.run()
        assert deployment.signal["Status"] == "SUCCESS"

    def test_time_that_is_up_ends_the_search_for_a_job(self, deployment: Deployment) -> None:
        """The reason has to come before CloudFormation gives up without one."""
        deployment.start("gone", TimeoutInSeconds=120)
        before = deployment.world.service.clock.now()
        deployment.run()
        assert deployment.world.service.clock.now() - before <= 60
        assert deployment.signal["Status"] == "FAILURE"

    @pytest.mark.no_cover  # hundreds of polls of which each other test has one
    def test_time_is_up_a_minute_before_cloudformation_says_so(
        self, deployment: Deployment, properties: dict[str, Any]
    ) -> None:
        """The reason says how far the job has got; CloudFormation alone would say nothing."""
        deployment.world.service.configure(training_seconds=3 * HOUR)
        job = deployment.start_job(properties)
        deployment.start(job, TimeoutInSeconds=6.5 * HOUR)
        seconds = deployment.run()
        assert 6.5 * HOUR - 60 <= seconds < 6.5 * HOUR - 58
        found = best(deployment.world, job)
        assert re.fullmatch(
            rf"The tuning job '{job}' has not ended 6 h 29 min after its start: [1-9] of 20 training jobs completed, "
            rf"best validation:auc {value(found):.7g}\. Give wait_for_completion more time, or the tuning job less to "
            "do",
            deployment.signal["Reason"],
        )

    def test_job_without_a_total_or_a_result_is_told_too(
        self, deployment: Deployment, properties: dict[str, Any]
    ) -> None:
        """There is less to say."""
        properties = copy.deepcopy(properties)
        limits = properties["HyperParameterTuningJobConfig"]["ResourceLimits"]
        del limits["MaxNumberOfTrainingJobs"]
        limits["MaxRuntimeInSeconds"] = 400_000
        job = deployment.start_job(properties)
        deployment.start(job, TimeoutInSeconds=60)
        deployment.run()
        assert (
            f"'{job}' has not ended 30 s after its start: 0 training jobs completed. Give"
            in deployment.signal["Reason"]
        )

    def test_url_that_ends_earlier_ends_the_wait(self, deployment: Deployment, properties: dict[str, Any]) -> None:
        """It is signed for twelve hours from its making, which may have been a while ago."""
        deployment.world.service.configure(training_seconds=100 * HOUR)
        now = deployment.world.service.clock.now()
        assert now == 1_800_000_000  # 2027-01-15 08:00
        url = f"{URL}&X-Amz-Date=20270115T075000Z&X-Amz-Expires=43199"
        deployment.start(deployment.start_job(properties), TimeoutInSeconds=12 * HOUR, HandleUrl=url)
        [told] = deployment.machines.running.values()
        assert told["Until"] - now == 43199 - 600 - 60

    def test_signal_is_sent_again_until_it_arrives(self, deployment: Deployment, properties: dict[str, Any]) -> None:
        """To Step Functions it is an error, after which it polls again; the id is the same each time."""
        job = deployment.start_job(properties)
        deployment.world.service.advance(100 * HOUR)
        deployment.start(job)
        deployment.failures = deque([OSError("reset"), HTTPError(URL, 503, "busy", None, None)])  # type: ignore[arg-type]
        for _ in range(2):
            with pytest.raises(OSError, match=r"reset|busy"):
                deployment.poll()
        assert deployment.poll()["done"]
        assert deployment.signal["UniqueId"] == job

    def test_signal_that_never_arrives_is_given_up(self, deployment: Deployment, properties: dict[str, Any]) -> None:
        """The execution ends all the same, some minutes after its time."""
        job = deployment.start_job(properties)
        deployment.start(job)
        deployment.world.service.advance(6 * HOUR + 900)
        deployment.failures.append(OSError("gone"))
        assert deployment.poll()["done"]
        assert deployment.signals == []

    def test_call_that_fails_is_left_to_the_next_poll(self, deployment: Deployment, properties: dict[str, Any]) -> None:
        """It is tried for a minute, not for the fifteen that the function has."""
        deployment.start(deployment.start_job(properties))
        busy = Fault(operation="DescribeHyperParameterTuningJob", code="ThrottlingException", message="slow", times=999)
        deployment.world.service.add_fault(busy)
        before = deployment.world.service.clock.now()
        with pytest.raises(Exception, match="ThrottlingException"):
            deployment.poll()
        assert deployment.world.service.clock.now() - before <= 60

    @pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException", "ValidationException"])
    @pytest.mark.parametrize("timeout", [60, 600, HOUR])
    def test_refusal_to_the_end_is_told_before_cloudformation_gives_up(
        self, deployment: Deployment, properties: dict[str, Any], code: str, timeout: float
    ) -> None:
        """In the service's words, by whichever poll is the last, with Step Functions' own waits between them."""
        deployment.start(deployment.start_job(properties), TimeoutInSeconds=timeout)
        clock = deployment.world.service.clock
        began = clock.now()
        refusal = Fault(operation="DescribeHyperParameterTuningJob", code=code, message="not for you", times=10**6)
        deployment.world.service.add_fault(refusal)
        waits = cycle([5, 10, 20, 60])
        while not deployment.signals:
            try:
                deployment.poll()
            except PollFailed:
                deployment.world.service.advance(next(waits))
        assert timeout - 60 - 60 <= clock.now() - began < timeout
        assert re.search(
            rf"is not known: SageMaker refused to describe it .*\. {code}: not for you", deployment.signal["Reason"]
        )

    @pytest.mark.no_cover  # hundreds of polls of which each other test has one
    def test_execution_of_twelve_hours_fits_into_its_history(
        self, deployment: Deployment, properties: dict[str, Any]
    ) -> None:
        """720 polls; tests/construct counts the events of each."""
        deployment.world.service.configure(training_seconds=100 * HOUR)
        deployment.start(deployment.start_job(properties), TimeoutInSeconds=12 * HOUR)
        deployment.world.calls()
        deployment.run()
        assert len(deployment.world.calls()) == 720

    def test_entry_point_answers_step_functions(
        self, deployment: Deployment, properties: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its payload is no event of CloudFormation, and what is returned is the machine's to read."""

        class Context:
            def get_remaining_time_in_millis(self) -> int:
                return 900_000

        deployment.start(deployment.start_job(properties))
        monkeypatch.setattr("hpt_handler.sagemaker.client", lambda: deployment.world.client)
        [told] = deployment.machines.running.values()
        told["Until"] = 2_000_000_000_000.0
        assert handler.handle(told, Context()) == {"done": False, "wait": 60}


class TestResult:
    """The resource whose attributes are the best training."""

    def test_tells_the_best_training(self, deployment: Deployment, properties: dict[str, Any]) -> None:
        """Name, ARN, model, value and what the tuning has chosen, in two calls."""
        job = deployment.start_job(properties)
        deployment.world.service.advance(100 * HOUR)
        reached = best(deployment.world, job)
        answer = deployment.result(job, ObjectiveAtLeast=value(reached))
        assert deployment.world.calls() == ["DescribeHyperParameterTuningJob", "DescribeTrainingJob"]
        assert answer["Status"] == "SUCCESS"
        assert answer["PhysicalResourceId"].startswith(f"{job}/")
        output = properties["TrainingJobDefinition"]["OutputDataConfig"]["S3OutputPath"]
        name, tuned = reached["TrainingJobName"], reached["TunedHyperParameters"]
        assert answer["Data"] == {
            "TrainingJobName": name,
            "TrainingJobArn": reached["TrainingJobArn"],
            "ModelDataUrl": f"{output.rstrip('/')}/{name}/output/model.tar.gz",
            "ObjectiveValue": repr(value(reached)),
            **{f"HyperParameters.{key}": chosen for key, chosen in tuned.items()},
            "HyperParameters": json.dumps(tuned, separators=(",", ":")),
        }

    def test_running_job_is_refused(self, deployment: Deployment, properties: dict[str, Any]) -> None:
        """A parameter has changed the request: the condition of before has let it pass."""
        job = deployment.start_job(properties)
        answer = deployment.result(job)
        assert answer["Reason"] == (
            f"The tuning job '{job}' is still running (0 of 20 training jobs completed), and the deployment did not "
            "wait for it: a value that the template only refers to has changed and started it, or CloudFormation has "
            "counted a signal of an earlier deployment. Deploy again with another timeout of wait_for_completion"
        )

    @pytest.mark.parametrize(("waited", "seconds"), [(True, 180), (False, 20)])
    def test_job_that_is_not_shown_is_asked_for_again(
        self, deployment: Deployment, properties: dict[str, Any], *, waited: bool, seconds: float
    ) -> None:
        """For a while: shorter where a name that somebody wrote is more likely to be wrong."""
        job = deployment.start_job(properties)
        deployment.world.service.advance(100 * HOUR)
        deployment.world.service.add_fault(Fault(times=3, **NOT_FOUND))
        assert deployment.world.deliver(deployment.result_event(job, Waited=waited))["Status"] == "SUCCESS"
        before = deployment.world.service.clock.now()
        answer = deployment.world.deliver(deployment.result_event("gone", Waited=waited))
        assert answer["Reason"] == (
            "The tuning job 'gone' was deleted, so its best training job is not known. Deploy again to start another "
            "one: with another run='...', where rollback is disabled"
            if waited
            else "There is no tuning job 'gone' in this account and region. Correct the name, or deploy again when the "
            "tuning job has ended"
        )
        assert seconds - 15 < deployment.world.service.clock.now() - before <= seconds

    def test_search_for_a_job_ends_with_the_functions_time(self, deployment: Deployment) -> None:
        """There has to be an answer."""
        before = deployment.world.service.clock.now()
        answer = deployment.world.deliver(deployment.result_event("gone", Waited=True), seconds=100)
        assert answer["Status"] == "FAILED"
        assert deployment.world.service.clock.now() - before <= 100

    def test_running_job_of_others_is_refused(self, deployment: Deployment, properties: dict[str, Any]) -> None:
        """It is not the template's fault."""
        job = deployment.start_job(properties)
        answer = deployment.world.deliver(deployment.result_event(job))
        assert answer["Reason"].endswith("so its best training job is not known yet. Deploy again when it has ended")

    @pytest.mark.parametrize("waited", [True, False])
    def test_stopped_job_has_a_best_training_only_if_nobody_waited(
        self, deployment: Deployment, properties: dict[str, Any], *, waited: bool
    ) -> None:
        """Who refers to a job that was stopped knows it."""
        job = deployment.start_job(properties)
        deployment.world.service.advance(HOUR)
        deployment.world.outsider.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=job)
        deployment.world.service.advance(HOUR)
        answer = deployment.world.deliver(deployment.result_event(job, Waited=waited))
        assert answer["Status"] == ("FAILED" if waited else "SUCCESS")

    def test_job_below_the_gate_is_refused(self, deployment: Deployment, properties: dict[str, Any]) -> None:
        """Whatever the condition has let pass."""
        job = deployment.start_job(properties)
        deployment.world.service.advance(100 * HOUR)
        assert "is not good enough: its best validation:auc" in deployment.result(job, ObjectiveAtLeast=2)["Reason"]

    def test_job_without_a_value_is_refused(self, deployment: Deployment, properties: dict[str, Any]) -> None:
        """Nothing can be the best."""
        job = deployment.start_job(properties)
        deployment.world.outsider.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=job)
        deployment.world.service.advance(HOUR)
        answer = deployment.world.deliver(deployment.result_event(job))
        assert answer["Reason"].startswith(f"The tuning job '{job}' ended (Stopped) without a training job that has a")

    @pytest.mark.parametrize(
        ("status", "answered"), [("UPDATE_ROLLBACK_IN_PROGRESS", "SUCCESS"), ("UPDATE_IN_PROGRESS", "FAILED")]
    )
    def test_rollback_goes_back_to_what_was_accepted(self, deployment: Deployment, status: str, answered: str) -> None:
        """Even if somebody has deleted its record meanwhile: a rollback that fails helps nobody."""
        deployment.world.stack.now = status
        answer = deployment.world.deliver(deployment.result_event("gone", "Update", Waited=True, old={}))
        assert answer["Status"] == answered

    def test_rollback_answers_what_was_answered_before(
        self, deployment: Deployment, properties: dict[str, Any], capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Word for word, and asks SageMaker nothing: somebody may have deleted the record since, and an attribute that
        is missing would be missed by what uses it.
        """
        world = deployment.world
        first, second = (deployment.start_job({**properties, "Run": run}) for run in ("1", "2"))
        world.service.advance(100 * HOUR)
        accepted = deployment.result(first)
        update = deployment.result_event(second, "Update", old={"TuningJobName": first})
        forward = world.deliver({**update, "PhysicalResourceId": accepted["PhysicalResourceId"]})
        assert forward["Data"]["TrainingJobName"].startswith(second)
        world.outsider.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName=first)
        world.calls()
        world.stack.now = "UPDATE_ROLLBACK_IN_PROGRESS"
        # An update that fails keeps the id; one that succeeds before another resource fails has an id of its own.
        for physical_id in (accepted["PhysicalResourceId"], forward["PhysicalResourceId"]):
            reverse = deployment.result_event(first, "Update", old={"TuningJobName": second})
            answer = world.deliver({**reverse, "PhysicalResourceId": physical_id})
            assert answer["Data"] == accepted["Data"]
            assert answer["PhysicalResourceId"] == accepted["PhysicalResourceId"]
            # The job's own rollback answers its first name, which need not be that of the record that is gone.
            other = deployment.result_event(f"{first}-other", "Update", old={"TuningJobName": second})
            assert world.deliver({**other, "PhysicalResourceId": physical_id})["Data"] == accepted["Data"]
        assert world.calls() == []
        # A deployment that goes back is no rollback.
        world.stack.now = "UPDATE_IN_PROGRESS"
        assert world.deliver({**reverse, "PhysicalResourceId": physical_id})["Status"] == "FAILED"
        assert physical_id.partition("/")[2] not in capsys.readouterr().out

    def test_answer_that_was_none_is_not_remembered(self, deployment: Deployment, properties: dict[str, Any]) -> None:
        """There was nothing to answer with; the job may have more to tell now."""
        world = deployment.world
        job = deployment.start_job(properties)
        world.stack.now = "UPDATE_ROLLBACK_IN_PROGRESS"
        event = deployment.result_event(job, "Update", old={"TuningJobName": "other"})
        answer = world.deliver(event)
        assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", job)
        assert "Data" not in answer
        world.service.advance(100 * HOUR)
        assert world.deliver({**event, "PhysicalResourceId": job})["Data"]["TrainingJobName"].startswith(job)

    def test_answer_has_room_however_long_the_id_would_be(
        self, deployment: Deployment, properties: dict[str, Any]
    ) -> None:
        """What the resource answers now comes first, and the answer before gives way."""
        properties = copy.deepcopy(properties)
        ranges = [
            {"Name": f"x{number}" * 8, "Values": [f"{each:060}" for each in (number, number + 50)]}
            for number in range(15)
        ]
        properties["HyperParameterTuningJobConfig"]["ParameterRanges"] = {"CategoricalParameterRanges": ranges}
        job = deployment.start_job(properties)
        deployment.world.service.advance(100 * HOUR)
        answer = deployment.result(job)
        assert answer["PhysicalResourceId"] == job
        assert len(answer["Data"]) == 4 + 15 + 1

    def test_deletion_asks_nobody(self, deployment: Deployment) -> None:
        """There is nothing of it but its attributes."""
        answer = deployment.world.deliver(deployment.result_event("gone", "Delete"))
        assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", "earlier")
        assert deployment.world.calls() == []

    def test_refused_call_is_told(self, deployment: Deployment) -> None:
        """With the service's words."""
        denied = Fault(operation="DescribeHyperParameterTuningJob", code="ValidationException", message="not so")
        deployment.world.service.add_fault(denied)
        assert deployment.result("job")["Reason"].startswith(
            "Reading the best training job failed: SageMaker refused a call. Fix the cause and try again. "
            "ValidationException: not so"
        )


@given(st.lists(st.tuples(st.text(max_size=300), st.text(max_size=2500)), max_size=40))
@example([("a", "x" * 3000), ("b", "y" * 900), ("c", "z" * 200)])
def test_answer_leaves_out_from_the_end_what_has_no_room(attributes: list[tuple[str, str]]) -> None:
    """Within CloudFormation's 4,096 bytes, and never more than needed."""
    data = dict(attributes)
    event = {"StackId": "s", "RequestId": "r", "LogicalResourceId": "l"}
    told = json.loads(response.body(event, "job", data=data)).get("Data", {})
    assert list(told) == list(data)[: len(told)]
    assert len(response.body(event, "job", data=told)) <= 4096
    more = dict(list(data.items())[: len(told) + 1])
    assert more == told or len(json.loads(response.body(event, "job", data=more)).get("Data", {})) == len(told)


@pytest.mark.parametrize(
    ("direction", "value", "asked"),
    [
        ("Maximize", 0.9, ""),
        ("Maximize", 0.7, "at least 0.8"),
        ("Minimize", 0.2, ""),
        ("Minimize", 0.4, "at most 0.3"),
        ("Maximize", float("nan"), "at least 0.8"),
    ],
)
def test_direction_of_the_best_decides_between_two_thresholds(direction: str, value: float, asked: str) -> None:
    """Definitions may differ in what they are judged by."""
    assert waiting.Gate(0.8, 0.3).problem(value, direction) == asked


@given(st.lists(st.dictionaries(st.text(max_size=80), st.text(max_size=80), max_size=12), min_size=1, max_size=3))
def test_id_keeps_answers_as_far_as_there_is_room(tuned: list[dict[str, str]]) -> None:
    """The first ones first, word for word, within CloudFormation's kilobyte."""
    found = [Best("training", "arn:x", "", "Maximize", "auc", 0.5, each) for each in tuned]
    answers = {f"job-{number}": waiting._attributes(each, "s3://bucket/x") for number, each in enumerate(found)}
    outcome = waiting._answered(answers)
    assert outcome.data == answers["job-0"]
    known = waiting._known_answers(outcome.physical_id)
    assert list(known.items()) == list(answers.items())[: len(known)]
    assert len(outcome.physical_id.encode()) <= 1000
    event = {"StackId": "s" * 200, "RequestId": "r" * 36, "LogicalResourceId": "l" * 255}
    alone, beside = (
        json.loads(response.body(event, physical_id, data=outcome.data))["Data"]
        for physical_id in ("job-0", outcome.physical_id)
    )
    assert alone == beside


def test_cold_start_of_a_creation_loads_nothing_of_it() -> None:
    """Only who waits is made to wait for it."""
    event = {"RequestType": "Create", "ResourceProperties": {}, "RequestId": "r"}
    code = (
        "import sys; from hpt_handler import handler\n"
        f"handler.answer_to({ {**event, 'StackId': 's', 'LogicalResourceId': 'l'} }, lambda: 1 / 0, None, None)\n"
        "print([name for name in sys.modules if 'waiting' in name or 'stepfunctions' in name])"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(handler.__file__).parent.parent)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@given(st.text())
def test_signal_is_short_json_of_the_right_form(reason: str) -> None:
    """Whatever a service says."""
    told = response.signal("job", reason)
    assert len(told) <= 1024
    parsed = json.loads(told)
    assert set(parsed) == {"Status", "UniqueId", "Data", "Reason"}
    assert parsed["Status"] == ("FAILURE" if reason else "SUCCESS")
    # CloudFormation wants all four, and nothing says that one may be empty.
    assert all(parsed.values())
