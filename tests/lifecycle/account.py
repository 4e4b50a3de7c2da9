"""An account: SageMaker, the function as Lambda runs it, and everybody else who works there."""

from __future__ import annotations

import contextlib
import io
import json
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import botocore.endpoint
import botocore.retries.quota
import hpt_handler.clock
import pytest
from botocore import UNSIGNED
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from botocore.retries.quota import RetryQuota
from hpt_handler import cloudformation, handler, sagemaker
from hpt_handler.errors import ComeAgain, StartAnew
from moto.core.botocore_stubber import MockRawResponse

from sandbox import Fault, ServiceSettings
from sandbox.sagemaker.clock import Clock
from sandbox.sagemaker.errors import ServiceError, access_denied
from sandbox.sagemaker.models import MOST_TAGS
from sandbox.sagemaker.service import SageMaker

from .policy import ROLE
from .promises import Promises, tags_of
from .timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from botocore.awsrequest import AWSPreparedRequest

    from sandbox.sagemaker.authorization import Context
    from sandbox.sagemaker.models import TuningJob

    from .cloudformation import Stack
    from .policy import Policy
    from .promises import Properties

_Result = TypeVar("_Result")

REGION = "us-east-1"
FUNCTION_SECONDS = 900.0
EVENT_AGE_SECONDS = 600.0
"""How old Lambda lets an event become, as the construct sets it."""

_LONGEST_PAUSE = 300.0
"""Between two tries while too many functions run: the pause doubles from a second."""

RETRY_SECONDS = (60.0, 120.0)
"""When Lambda delivers an event again after the function died: twice, and then never more."""


class Killed(BaseException):
    """The function died: no code of its own sees this."""


@dataclass(frozen=True)
class Death:
    """Where the function dies in one delivery: at a call, before or after it took effect."""

    call: int | None
    """Which call, from 0; None is after the last one, before the answer."""
    after: bool = False


@dataclass(frozen=True)
class Mishaps:
    """What goes wrong with one event."""

    deaths: tuple[Death | None, ...] = ()
    """How the first delivery ends, the second, the third; then those of the record to the second function."""
    lost: tuple[int, ...] = ()
    """Calls that take effect, and whose answer never arrives."""
    lost_as: str = "connection"
    """How botocore sees that: a closed connection, a timeout, or a server's error."""
    delay: float = 0.0
    """Seconds that Lambda leaves the event lying."""
    latency: float = 0.2
    """Seconds that a call takes."""
    again: float | None = None
    """After so many seconds Lambda delivers the event once more, although nothing went wrong."""
    unseen: float = 0.0
    """For so long after its name was found to be taken a job can't be described yet."""


CALM = Mishaps()
DIES_ALWAYS = Mishaps(deaths=(Death(0),) * 6)


@dataclass
class Delivery:
    """One event, until it has its answer."""

    event: dict[str, Any]
    properties: Properties
    old: Properties | None
    mishaps: Mishaps
    issued: float
    reverses: bool = False
    """Whether it is the Update of a rollback."""
    answer: dict[str, Any] | None = None
    """The first one; CloudFormation takes no other."""
    answered: float = -math.inf
    """When it came."""
    given_up: bool = False
    """Whether CloudFormation waits for an answer no more."""
    left_failed: float | None = None
    """When it was left failed or without an answer, if it was: rollback was disabled."""
    under_way: int = 0
    """How many runs of the function may still do something for it."""

    @property
    def status(self) -> str | None:
        """What the function said, if anything."""
        return None if self.answer is None else str(self.answer["Status"])


@dataclass
class Invocation:
    """One run of the function for an event."""

    delivery: Delivery
    began: float
    death: Death | None
    mishaps: Mishaps
    calls: int = 0
    unseen_since: float | None = None
    unseen_until: float = -math.inf

    @property
    def event(self) -> dict[str, Any]:
        """The event."""
        return self.delivery.event


@dataclass
class Trouble:
    """An error that some calls of everybody's are answered with for a while."""

    operations: tuple[str, ...]
    code: str
    message: str
    until: float


@dataclass
class _SimulatedTime:
    """The module ``time``, on the history's clock."""

    account: Account

    def time(self) -> float:
        return self.account.timeline.now()

    def monotonic(self) -> float:
        return self.account.timeline.now()

    def sleep(self, seconds: float) -> None:
        self.account.timeline.wait(seconds)
        self.account.function_goes_on()


class _CloudFormation:
    """The client that the function asks CloudFormation with."""

    def __init__(self, account: Account, invocation: Invocation) -> None:
        self._account = account
        self._invocation = invocation
        self._stack = account.stacks[invocation.event["StackId"]]
        self._is_there = self._stack.stack_id == invocation.event["StackId"]

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 – the API's names
        """The status of the stack, and its times."""
        del StackName

        def stack() -> dict[str, Any]:
            created, updated = self._stack.created, self._stack.updated
            return {
                "StackStatus": self._stack.status if self._is_there else "DELETE_COMPLETE",
                "CreationTime": datetime.fromtimestamp(created, UTC),
                **({} if updated is None else {"LastUpdatedTime": datetime.fromtimestamp(updated, UTC)}),
            }

        return {"Stacks": [self._ask("DescribeStacks", stack)]}

    def describe_stack_resource(self, *, StackName: str, LogicalResourceId: str) -> dict[str, Any]:  # noqa: N803
        """The id of a resource, if it has one."""
        del StackName

        def resource() -> dict[str, Any]:
            known = self._stack.physical_id(LogicalResourceId) if self._is_there else ""
            return {"PhysicalResourceId": known} if known else {}

        return {"StackResourceDetail": self._ask("DescribeStackResource", resource)}

    def _ask(self, operation: str, question: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        trouble = self._account.trouble_with(operation)
        number = self._invocation.calls
        answer = self._account.call_of(self._invocation, question)
        told = trouble.code if trouble else answer
        self._account.tell(f"    {_name(self._invocation.event)}: CloudFormation says {told}")
        if trouble:
            raise ClientError({"Error": {"Code": trouble.code, "Message": trouble.message}}, operation)
        if number in self._invocation.mishaps.lost:
            raise ConnectionClosedError(endpoint_url="https://cloudformation.invalid")
        return answer


@cache
def _client() -> tuple[Any, RetryQuota]:
    """The function's client and what it has left for retries, for one history after the other: what makes a client also
    keeps it from ever being collected.
    """
    retries = RetryQuota()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.retries.quota, "RetryQuota", lambda: retries)
        client = sagemaker.client.__wrapped__()
    # Signatures take a sixth of the time, and nobody looks at them.
    client.meta.events.register("choose-signer.sagemaker", lambda **_: UNSIGNED)
    # Nor at the name of the program, which botocore puts together anew for each call, twice.
    client._user_agent_creator.to_string = lambda: "function"
    return client, retries


@dataclass
class Account:
    """Everything that a history happens in."""

    service: SageMaker = field(
        default_factory=lambda: SageMaker(
            # Seven or eight trainings, one after another: about an hour.
            ServiceSettings(training_seconds=450, stopping_seconds=40),
            Clock(lambda: 1_800_000_000.0),
        )
    )
    concurrency: float = math.inf
    """How many functions may run at a time."""
    spreading: float = 0.0
    """Seconds until a changed policy is known everywhere."""
    story: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.timeline = Timeline(self.service.clock)
        self.service._authorize = self._authorize
        self.stacks: dict[str, Stack] = {}
        """By their ids."""
        self._policies: dict[str, list[tuple[float, Policy]]] = {}
        self.promises = Promises(self)
        self.troubles: list[Trouble] = []
        self._client, retries = _client()
        # A history that found less than a new function has would depend on those before it.
        retries.release(RetryQuota.INITIAL_CAPACITY)
        self._client.meta.events.register("before-send.sagemaker", self._answer_call)
        self._events = 0
        self._invocations: dict[object, Invocation] = {}
        self._undo = contextlib.ExitStack()
        # Botocore waits before it sends a call again, and the function waits too: both on the history's clock.
        for module in (botocore.endpoint, hpt_handler.clock):
            self._undo.callback(setattr, module, "time", module.__dict__["time"])
            module.__dict__["time"] = _SimulatedTime(self)

    def close(self) -> None:
        """Leave nothing behind."""
        self.timeline.close()
        self._client.meta.events.unregister("before-send.sagemaker", self._answer_call)
        self._undo.close()

    def run(self, seconds: float = math.inf, until: Callable[[], bool] = lambda: False) -> None:
        """Let everybody go on for some time, or until a condition holds, or until nothing is left to do."""
        with contextlib.redirect_stdout(io.StringIO()):  # the function's log: the story tells more
            self.timeline.run(seconds, until)

    def tell(self, what: str) -> None:
        """Write a line of the story that is shown when a promise is broken."""
        self.story.append(f"{self.timeline.passed():8.1f} s  {what}")

    # Everybody else

    def jobs(self) -> dict[str, TuningJob]:
        """The jobs there are, by their names in lower case."""
        return self.service.backend(REGION)._jobs

    def start_as_stranger(self, name: str) -> None:
        """Somebody starts a job of that name, if it is free."""
        if name.lower() not in self.jobs():
            config = {
                "Strategy": "Random",
                "ResourceLimits": {"MaxParallelTrainingJobs": 1, "MaxNumberOfTrainingJobs": 3},
            }
            tags = [{"Key": "team", "Value": "theirs"}]
            with contextlib.suppress(ServiceError):  # the quota is used up for them too
                self.service.backend(REGION).create_hyper_parameter_tuning_job(name, config, tags=tags)
        if (job := self.jobs().get(name.lower())) and not self.promises.knows(job):
            self.promises.strange(job)
            self.tell(f"a stranger starts '{name}'")

    def stop_by_hand(self, job: TuningJob) -> None:
        """Somebody stops a job, whosever it is."""
        if job.status == "InProgress":
            self.tell(f"somebody stops '{job.name}' by hand")
            job.stop(40)
            self.promises.by_hand(job)

    def fail(self, job: TuningJob) -> None:
        """A job fails by itself."""
        if job.status == "InProgress":
            self.tell(f"'{job.name}' fails")
            job.fail("No training job succeeded after 5 attempts.")
            self.promises.by_hand(job)

    def delete_by_hand(self, job: TuningJob) -> None:
        """Somebody deletes the record of a job that has ended; the event that started it can't come again."""
        ended = job.status not in ("InProgress", "Stopping")
        there = self.jobs().get(job.name.lower()) is job
        if there and ended and not self.promises.may_be_started_again(job):
            self.tell(f"somebody deletes the record of '{job.name}' by hand")
            del self.jobs()[job.name.lower()]
            self.promises.by_hand(job)

    def take_tags_by_hand(self, job: TuningJob, key: str) -> None:
        """Somebody takes a tag off a job, one that proves whose it is for instance."""
        if key in tags_of(job):
            self.tell(f"somebody takes the tag {key} off '{job.name}'")
            job.tags = [tag for tag in job.tags or () if tag["Key"] != key]
            self.promises.by_hand(job)

    def tag_by_hand(self, job: TuningJob) -> None:
        """Somebody puts a tag of their own on a job, if there is room."""
        if len(tags_of(job)) >= MOST_TAGS:
            return
        self.tell(f"somebody tags '{job.name}'")
        job.tags = [*(tag for tag in job.tags or () if tag["Key"] != "by-hand"), {"Key": "by-hand", "Value": "x"}]
        self.promises.by_hand(job)

    # Lambda

    def deliver(
        self,
        event: dict[str, Any],
        properties: Properties,
        old: Properties | None = None,
        mishaps: Mishaps = CALM,
        *,
        reverses: bool = False,
    ) -> Delivery:
        """Hand an event to Lambda, which delivers it as often as it must."""
        self._events += 1
        sent = datetime.fromtimestamp(self.timeline.now(), UTC)
        url = f"https://cloudformation.invalid/?X-Amz-Date={sent:%Y%m%dT%H%M%SZ}&signature=secret"
        event = {"RequestId": f"request-{self._events}", "ResponseURL": url, **event}
        delivery = Delivery(event, properties, old, mishaps, self.timeline.now(), reverses)
        self.tell(
            f"CloudFormation sends {_name(event)} {properties}"
            + (f" (was {old})" if old is not None else "")
            + (f", id '{event['PhysicalResourceId']}'" if "PhysicalResourceId" in event else "")
            + (f", mishaps {mishaps}" if mishaps != CALM else "")
        )
        self.promises.began(delivery)
        self._start(delivery, lambda: self._lambda(delivery, event))
        if mishaps.again is not None:
            self._start(delivery, lambda: self._once_more(delivery, event))
        return delivery

    def put_policy(self, stack_id: str, policy: Policy) -> None:
        """Change the policy of a stack's function."""
        self._policies.setdefault(stack_id, []).append((self.timeline.now(), policy))

    def function_goes_on(self, *, dies: bool = False) -> None:
        """Nothing of a function is left that dies, or that has used up its time."""
        invocation = self._invocations.get(self.timeline.current)
        if dies or (invocation and self.timeline.now() >= invocation.began + FUNCTION_SECONDS):
            raise Killed

    def _start(self, delivery: Delivery, work: Callable[[], object]) -> None:
        def run() -> None:
            try:
                work()
            finally:
                delivery.under_way -= 1

        delivery.under_way += 1
        self.timeline.start(run)

    def _lambda(self, delivery: Delivery, event: dict[str, Any]) -> None:
        """Run the function for an event, and the second function if Lambda gives the event up."""
        deaths = (*delivery.mishaps.deaths, *[None] * 6)
        record = self._tries(delivery, event, deaths[:3], delivery.mishaps.delay)
        if record is not None:
            self._start(delivery, lambda: self._tries(delivery, record, deaths[3:6]))

    def _tries(
        self, delivery: Delivery, payload: dict[str, Any], deaths: Sequence[Death | None], delay: float = 0.0
    ) -> dict[str, Any] | None:
        """Run a function until it comes to its end, or return Lambda's record if it is given up.

        That is as soon as the next try would come too late.
        """
        ends = self.timeline.now() + EVENT_AGE_SECONDS
        self.timeline.wait(delay)
        condition, crashed = "RetriesExhausted", False
        for pause, death in zip((0.0, *RETRY_SECONDS), deaths, strict=True):
            if not self._pause(pause, ends):
                condition = "EventAgeExceeded"
                break
            if self._invoke(delivery, payload, death):
                return None
            crashed = True
        self.tell(f"Lambda gives {_name(delivery.event)} up: {condition}")
        record = {"requestContext": {"condition": condition}, "requestPayload": payload}
        return {**record, "responseContext": {"functionError": "Unhandled"}} if crashed else record

    def _pause(self, seconds: float, ends: float) -> bool:
        """Wait for the next try, and until it is not throttled any more; return whether the event is young enough."""
        throttled = 1.0
        while self.timeline.now() + seconds <= ends:
            self.timeline.wait(seconds)
            if len(self._invocations) < self.concurrency:
                return True
            seconds, throttled = throttled, min(2 * throttled, _LONGEST_PAUSE)
        return False

    def _once_more(self, delivery: Delivery, payload: dict[str, Any]) -> None:
        self.timeline.wait(delivery.mishaps.again or 0.0)
        self._invoke(delivery, payload, None, CALM)

    def _invoke(
        self, delivery: Delivery, payload: dict[str, Any], death: Death | None, mishaps: Mishaps | None = None
    ) -> bool:
        """Run the function, and say whether it came to its end."""
        if delivery.answer is not None and not self.promises.may_come_again(delivery):
            return True
        invocation = Invocation(delivery, self.timeline.now(), death, mishaps or delivery.mishaps)
        process = self.timeline.current
        self._invocations[process] = invocation
        deadline = invocation.began + FUNCTION_SECONDS
        clock = hpt_handler.clock.LambdaClock(lambda: int(1000 * (deadline - self.timeline.now())))
        event, given_up = handler.unwrap(payload)
        stack = cloudformation.Stack(event["StackId"], lambda: _CloudFormation(self, invocation), clock)
        try:
            body = handler.answer_to(event, lambda: self._client, stack, clock, given_up)
            self.function_goes_on(dies=death == Death(None))
        except ComeAgain:
            self.tell(f"the function will come back to {_name(delivery.event)}")
            return False
        except StartAnew:
            self.tell(f"the function ends its process at {_name(delivery.event)}")
            return False
        except Killed:
            self.tell(f"the function dies at {_name(delivery.event)}")
            self.promises.died(invocation)
            return False
        except Exception as error:  # noqa: BLE001 – Lambda doesn't mind what it is either
            self.promises.raised(invocation, error)
            return False
        finally:
            del self._invocations[process]
        self.promises.answered(invocation, body)
        if delivery.answer is None:
            delivery.answer, delivery.answered = json.loads(body), self.timeline.now()
            self.timeline.poke()
        return True

    def call_of(self, invocation: Invocation, work: Callable[[], _Result]) -> _Result:
        """Let a call take its time, and the function die before or after it."""
        mishaps, number = invocation.mishaps, invocation.calls
        invocation.calls += 1
        self.timeline.wait(mishaps.latency / 2)
        delivery, death = invocation.delivery, invocation.death
        repeats = delivery.answer is not None
        self.function_goes_on(dies=death == Death(number) or (repeats and not self.promises.may_come_again(delivery)))
        result = work()
        self.timeline.wait(mishaps.latency / 2)
        self.function_goes_on(dies=death == Death(number, after=True))
        return result

    def _authorize(self, _caller: str, action: str, resource: str, context: Context) -> None:
        invocation = self._invocations[self.timeline.current]
        known = self.timeline.now() - self.spreading
        in_force = self._policies[invocation.event["StackId"]]
        policy = [policy for since, policy in in_force if since <= known or policy is in_force[0][1]][-1]
        if action == "iam:PassRole":
            return  # the simulated requests have no role
        decision = policy.decision(action, resource, context)
        if decision != "Allow":
            raise access_denied(ROLE, action, resource, explicit=decision == "Deny")

    # What a call of the function's meets

    def _answer_call(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        invocation = self._invocations[self.timeline.current]
        number = invocation.calls
        operation = _text(request.headers["X-Amz-Target"]).partition(".")[2]
        parameters: dict[str, Any] = json.loads(request.body)

        def work() -> AWSResponse:
            self._trouble(operation, invocation)
            self.promises.calling(invocation, operation, parameters)
            status, answer, error = 200, None, None
            try:
                answer = self.service.perform(operation, parameters, REGION)
            except ServiceError as refusal:
                status, error = refusal.status, refusal.code
                answer = {"__type": error, "message": refusal.message}
            self.service._calls.clear()
            self.tell(f"    {_name(invocation.event)}: {operation} {_target(parameters)} -> {error or 'done'}")
            self.promises.called(invocation, operation, parameters, error)
            if operation.startswith("Create") and error == "ResourceInUse":
                began = invocation.unseen_since = invocation.unseen_since or self.timeline.now()
                invocation.unseen_until = began + invocation.mishaps.unseen
            body = json.dumps(answer or {}, default=datetime.timestamp)
            headers = {"x-amzn-RequestId": "01234567-89ab-cdef-0123-456789abcdef"}
            return AWSResponse(request.url, status, headers, MockRawResponse(body))

        response = self.call_of(invocation, work)
        return self._lose(request, invocation.mishaps) if number in invocation.mishaps.lost else response

    def _lose(self, request: AWSPreparedRequest, mishaps: Mishaps) -> AWSResponse:
        self.tell("        its answer is lost")
        if mishaps.lost_as == "connection":
            raise ConnectionClosedError(endpoint_url=request.url)
        if mishaps.lost_as == "timeout":
            self.timeline.wait(10)
            raise ReadTimeoutError(endpoint_url=request.url)
        return AWSResponse(request.url, 500, {}, MockRawResponse('{"__type": "InternalFailure", "message": ""}'))

    def _trouble(self, operation: str, invocation: Invocation) -> None:
        """Prepare the error that this call is to be answered with, if it is."""
        now = self.timeline.now()
        if operation.startswith("Describe") and now < invocation.unseen_until:
            self.service.add_fault(Fault(operation=operation, code="ResourceNotFound", message="Not known here yet."))
            return
        if trouble := self.trouble_with(operation):
            self.service.add_fault(Fault(operation=operation, code=trouble.code, message=trouble.message))

    def trouble_with(self, operation: str) -> Trouble | None:
        """What a call is answered with at this moment in place of what it asks for."""
        now = self.timeline.now()
        return next((each for each in self.troubles if operation in each.operations and now < each.until), None)


def _name(event: dict[str, Any]) -> str:
    stack = event["StackId"].split("/")[1]
    return f"{event['RequestType']} of {stack}.{event['LogicalResourceId']} ({event['RequestId']})"


def _target(parameters: dict[str, Any]) -> str:
    name: str = parameters.get("HyperParameterTuningJobName") or parameters.get("ResourceArn", "").rpartition("/")[2]
    return f"'{name}'"


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
