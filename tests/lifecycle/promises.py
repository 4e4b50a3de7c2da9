"""The promises of "a lifecycle that cannot hurt", each watched through every call, answer and moment.

Nothing here asks the function's own code what it thinks: what a job was started for, and whose it is, is known from the
event that was being handled when SageMaker accepted the call.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sandbox.sagemaker.models import TuningJob

    from .account import Account, Delivery, Invocation
    from .cloudformation import Stack

PREFIX: Final = "hpt-construct:"
STACK_ID: Final = PREFIX + "stack-id"
LOGICAL_ID: Final = PREFIX + "logical-id"
REQUEST_ID: Final = PREFIX + "cloudformation-request"
MARK: Final = PREFIX + "removal-policy"
TAG_KEYS: Final = PREFIX + "tag-keys"
MARKS: Final = (MARK, TAG_KEYS, PREFIX + "replaces")
"""What a job has besides, if there is room for it."""

TEXTS: Final = {
    1: "never touch what is not ours",
    2: "never start twice",
    3: "never leave one behind",
    4: "exactly one answer, in form and in time",
    5: "never lose results",
    6: "a deletion that succeeded leaves nothing running",
    7: "tags are changed in place, and only the resource's own",
    8: "a changed request replaces or fails, an unchanged one starts nothing",
    9: "a rollback starts nothing",
    10: "nothing is started later than a deletion waits for it",
    11: "a failure names what it leaves running",
    12: "a deployment that succeeds has a job that runs or has completed",
}
# A type each, so that hypothesis tells them apart.
_BROKEN: Final = {number: type(f"Promise{number}Broken", (AssertionError,), {}) for number in TEXTS}
_RUNNING = ("InProgress", "Stopping")
KEPT_ONCE_CREATED: Final = "retain-except-on-create"
"""The removal policy of a job that no Delete is sent for, unless the operation that has created it is rolled back."""

INVENTED: Final = "X7QK2M9A"
"""The end of an id that CloudFormation has made up."""
_MUTATIONS = (
    "StopHyperParameterTuningJob",
    "DeleteHyperParameterTuningJob",
    "AddTags",
    "DeleteTags",
)
_MOST_ANSWER_BYTES = 4096
_MOST_ID_BYTES = 1024
_FUNCTION_SECONDS = 900
_START_SECONDS = 180
"""How long after the function was called a job may be started, but for a call that is under way."""

_LONGEST_CALL_SECONDS = 30
_LATEST_START_SECONDS = 780
"""How long after an event was issued its job may be started, at the latest."""


@dataclass(frozen=True)
class Properties:
    """What a template says of one tuning job."""

    trainings: int = 7
    """Stands for the whole request: another number is another request."""
    run: str = ""
    name: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    removal: str = "stop"
    """Or "destroy", "retain" or "retain-except-on-create"."""
    broken_tags: bool = False
    """Whether a token has made something else of the tags."""

    @property
    def wish(self) -> tuple[int, str, str | None]:
        """What can't be changed in a job that exists."""
        return self.trainings, self.run, self.name

    def __str__(self) -> str:
        """Only what is not as usual."""
        told = [
            f"{self.trainings} trainings",
            f"run {self.run}" * bool(self.run),
            f"name '{self.name}'" * bool(self.name),
        ]
        told += [f"{key}={value}" for key, value in self.tags]
        told += [self.removal] if self.removal != "stop" else []
        told += ["broken tags"] if self.broken_tags else []
        return f"[{', '.join(part for part in told if part)}]"


@dataclass(eq=False)
class Launch:
    """A job that the function has started."""

    job: TuningJob
    delivery: Delivery
    owned: dict[str, str]
    """The tags that say whose it is, as they were at the start."""
    started: float
    touched_at: float = -1.0
    """When somebody else last laid hands on it."""
    retagged: list[tuple[float, Delivery]] = field(default_factory=list)
    """When the function has changed its tags, and for which event."""
    foreign: set[str] = field(default_factory=set)
    """Keys of tags that somebody else has put there."""
    put: set[str] = field(default_factory=set)
    """Keys of tags of the user's that the function has put there."""
    crowded: bool = False
    """Whether there was once no room to note these keys."""

    @property
    def resource(self) -> tuple[str, str]:
        """Whose it is: stack id and logical id."""
        return self.delivery.event["StackId"], self.delivery.event["LogicalResourceId"]


class Promises:
    """The watch over a history."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.broken: dict[int, list[str]] = {number: [] for number in TEXTS}
        self.launches: list[Launch] = []
        self._strangers: list[tuple[TuningJob, str, dict[str, str]]] = []
        self._last: dict[tuple[str, str], Delivery] = {}
        """The event of each resource that was begun last."""
        self._deleted: set[tuple[str, str]] = set()
        """Resources with a record that the function deleted, as it was asked to."""

    # What the history tells

    def strange(self, job: TuningJob) -> None:
        """A stranger has started a job."""
        self._strangers.append((job, "InProgress", tags_of(job)))

    def knows(self, job: TuningJob) -> bool:
        """Whether it is known who started a job."""
        return any(job is other for other, *_ in self._strangers) or any(job is known.job for known in self.launches)

    def by_hand(self, job: TuningJob) -> None:
        """Somebody has done something to a job."""
        self._strangers = [
            (known, job.status if known is job else status, tags_of(job) if known is job else tags)
            for known, status, tags in self._strangers
        ]
        for launch in self.launches:
            if launch.job is job:
                launch.touched_at = self._account.timeline.now()
                launch.foreign = tags_of(job).keys() & {"by-hand"}
                if any(key not in tags_of(job) for key in launch.owned):
                    launch.owned = {}

    def may_come_again(self, delivery: Delivery) -> bool:
        """Whether Lambda may run the function for an event that has been answered already.

        The accepted limit: the job's record alone tells a duplicate that its work has been done. Where there is none,
        because the function deleted it as DESTROY asks for or because the answer was FAILED, a duplicate starts afresh.
        So it does where a changed wish, as a rollback's is, was answered with a job of an earlier event that has ended
        since. Deletions and updates without a change have no such limit: they never start anything.
        """
        event = delivery.event
        if event["RequestType"] == "Delete":
            return True
        if delivery.status == "FAILED" or (event["StackId"], event["LogicalResourceId"]) in self._deleted:
            return False
        if delivery.answer is None or delivery.old is None or delivery.old.wish == delivery.properties.wish:
            return True
        answered = delivery.answer["PhysicalResourceId"]
        return not any(
            launch.job.name == answered
            and launch.delivery is not delivery
            and launch.job.status not in ("InProgress", "Completed")
            for launch in self.launches
        )

    def may_be_started_again(self, job: TuningJob) -> bool:
        """Whether the event that started a job may still be handled again: the record alone tells that it has been.

        The same limit, with a record that goes by hand.
        """
        latest = self._account.timeline.now() - _LATEST_START_SECONDS
        return any(launch.job is job and launch.delivery.issued >= latest for launch in self.launches)

    def calling(self, invocation: Invocation, operation: str, parameters: dict[str, Any]) -> None:
        """A call of the function's is about to take effect."""
        if operation not in _MUTATIONS:
            return
        job = self._target(parameters)
        if job is not None and not self._is_owned(job, invocation):
            self._break(1, f"{operation} on '{job.name}', which is not tagged as this resource's: {tags_of(job)}")
        # SageMaker deletes no record of a job that runs.
        is_refused = operation == "DeleteHyperParameterTuningJob" and job is not None and job.status in _RUNNING
        if operation in ("StopHyperParameterTuningJob", "DeleteHyperParameterTuningJob") and job and not is_refused:
            self._check_end(invocation, operation, job)
        if operation == "DeleteHyperParameterTuningJob":
            event = invocation.event
            self._deleted.add((event["StackId"], event["LogicalResourceId"]))
            if event["RequestType"] != "Delete" or event["ResourceProperties"].get("RemovalPolicy") != "destroy":
                self._break(5, f"a {event['RequestType']} without the removal policy 'destroy' deletes a record")
        properties = invocation.delivery.properties
        if operation == "AddTags":
            given = {tag["Key"]: tag["Value"] for tag in parameters["Tags"]}
            mark = {MARK: properties.removal} if properties.removal in ("retain", KEPT_ONCE_CREATED) else {}
            other = {key: value for key, value in given.items() if key == MARK or key not in MARKS}
            if not other.items() <= {**dict(properties.tags), **mark}.items():
                self._break(7, f"tags that nobody wished for are added: {given}")
        if operation == "DeleteTags":
            put = {key for launch in self.launches if launch.job is job for key in launch.put}
            if not put | set(MARKS) >= set(parameters["TagKeys"]):
                self._break(7, f"tags that are not the resource's are taken off: {parameters['TagKeys']}")

    def called(self, invocation: Invocation, operation: str, parameters: dict[str, Any], error: str | None) -> None:
        """A call of the function's has been carried out, or refused."""
        job = self._target(parameters)
        if operation in ("AddTags", "DeleteTags") and error is None:
            for known in self.launches:
                if known.job is job:
                    known.retagged.append((self._account.timeline.now(), invocation.delivery))
                    _note_tags(known)
        if operation != "CreateHyperParameterTuningJob" or error is not None:
            return
        assert job is not None
        self._check_start(invocation)
        request_id = invocation.event["RequestId"]
        earlier = [
            launch
            for launch in self.launches
            if launch.delivery.event["RequestId"] == request_id and launch.job in self._account.jobs().values()
        ]
        if earlier:
            self._break(2, f"{request_id} has started '{earlier[0].job.name}', and now '{job.name}' too")
        owned = {key: value for key, value in tags_of(job).items() if key.startswith(PREFIX) and key not in MARKS}
        launch = Launch(job, invocation.delivery, owned, self._account.timeline.now())
        _note_tags(launch)
        expected = (*launch.resource, request_id)
        if tuple(owned.get(key) for key in (STACK_ID, LOGICAL_ID, REQUEST_ID)) != expected:
            self._break(1, f"'{job.name}' starts without the tags that say whose it is: {owned}")
        self.launches.append(launch)

    def answered(self, invocation: Invocation, body: bytes) -> None:
        """The function has come to its end, with an answer."""
        event = invocation.event
        answer: dict[str, Any] = json.loads(body)
        told = {key: answer.get(key) for key in ("Status", "PhysicalResourceId", "Reason")}
        self._account.tell(f"the function answers the {event['RequestType']} ({event['RequestId']}): {told}")
        self._check_form(invocation, answer, body)
        if invocation.delivery.given_up or invocation.delivery.answer is not None:
            return  # nobody reads it
        if answer["Status"] == "SUCCESS" and event["RequestType"] == "Delete":
            self._check_deletion(event)
        elif answer["Status"] == "SUCCESS":
            self._check_success(invocation, answer["PhysicalResourceId"])
        else:
            if event["RequestType"] != "Create" and answer["PhysicalResourceId"] != event["PhysicalResourceId"]:
                self._break(4, f"a failed {event['RequestType']} answers with another id")
            for launch in self.launches:
                if (
                    launch.delivery is invocation.delivery
                    and launch.job.status == "InProgress"
                    and self._proves(launch)
                    and not {launch.job.name, event["RequestId"]} & set(re.findall(r"[\w-]+", answer["Reason"]))
                ):
                    self._break(11, f"'{launch.job.name}' runs, and the failure does not say so: {answer['Reason']}")

    def died(self, invocation: Invocation) -> None:
        """The function was killed."""
        if self._account.timeline.now() >= invocation.began + _FUNCTION_SECONDS:
            self._break(4, f"no answer to {invocation.event['RequestId']} when the function's time was up")

    def raised(self, invocation: Invocation, error: Exception) -> None:
        """The function ended without an answer, by an error that it did not expect."""
        self._break(4, f"no answer to {invocation.event['RequestId']}, but {error!r}")

    # What has to hold at every moment

    def check(self, stacks: list[Stack]) -> None:
        """Look at all that there is."""
        for job, status, tags in self._strangers:
            now = "InProgress" if job._stop_requested is None else "Stopping"
            if job.status in _RUNNING and (now, tags_of(job)) != (status, tags):
                self._break(
                    1, f"a stranger's job '{job.name}' was {status} with {tags}, and is {now} with {tags_of(job)}"
                )
        for launch in self.launches:
            tags = tags_of(launch.job)
            if not launch.owned.items() <= tags.items():
                self._break(7, f"'{launch.job.name}' no longer has the tags that say whose it is: {tags}")
            if not launch.foreign <= tags.keys():
                self._break(7, f"'{launch.job.name}' no longer has the tags of others: {tags}")
            if launch.job.status == "InProgress" and self._is_there(launch.job) and self._proves(launch):
                for stack in stacks:
                    # While its event is under way, the function may still find out that nobody wants it. The accepted
                    # limit: where the answer to its start was lost and it could not be seen for minutes, nothing tells
                    # a job that RETAIN would keep from one that it has kept, and where rollback is disabled, no event
                    # tells of an update that failed, or was never answered, or that was given up when it had just made
                    # sure that it was not; nor is the job of a creation told from those that are kept once they are
                    # created, when only a later update deletes it. The failure names the job.
                    answered, left = launch.delivery.status, launch.delivery.left_failed
                    is_kept = launch.delivery.properties.removal == "retain" and answered == "FAILED"
                    is_forgotten = (
                        (launch.delivery.old is not None or launch.delivery.properties.removal == KEPT_ONCE_CREATED)
                        and left is not None
                        and (answered != "SUCCESS" or launch.started <= left)
                    )
                    if (
                        not is_kept
                        and not is_forgotten
                        and not launch.delivery.under_way
                        and stack.should_not_run(*launch.resource, launch.job.name)
                    ):
                        self._break(
                            3, f"'{launch.job.name}' runs, and no resource of {stack.name} wants it ({stack.status})"
                        )

    def verify(self) -> None:
        """Raise if a promise has been broken, with the whole story."""
        for number, how in self.broken.items():
            if not how:
                continue
            story = "\n".join(self._account.story)
            raise _BROKEN[number](f"{TEXTS[number]}: {how[0]}\n{story}")

    # The rest

    def _check_start(self, invocation: Invocation) -> None:
        event, delivery = invocation.event, invocation.delivery
        if self._account.timeline.now() > invocation.began + _START_SECONDS + _LONGEST_CALL_SECONDS:
            passed = self._account.timeline.now() - invocation.began
            self._break(10, f"{event['RequestId']} starts a job {passed:.0f} s after the function was called")
        if delivery.reverses:
            self._break(9, f"{event['RequestId']} starts a job in a rollback")
        if event["RequestType"] == "Delete":
            self._break(8, "a Delete starts a job")
        if event["RequestType"] != "Update" or delivery.old is None:
            return
        if is_unchanged(delivery):
            self._break(8, f"the wish is unchanged, and {event['RequestId']} starts a job")
        for launch in self.launches:
            if (
                launch.resource == (event["StackId"], event["LogicalResourceId"])
                and launch.delivery.properties.wish == delivery.properties.wish
                and launch.job.status in ("InProgress", "Completed")
                and self._is_there(launch.job)
                and self._proves(launch)
                and launch.touched_at < invocation.began
                and launch.delivery is not delivery
            ):
                self._break(
                    2, f"'{launch.job.name}' is what is wished for ({launch.job.status}), and another is started"
                )

    def _check_end(self, invocation: Invocation, operation: str, job: TuningJob) -> None:
        event = invocation.event
        comes_again = invocation.delivery.answer is not None
        names_it = event["RequestType"] == "Delete" and event["PhysicalResourceId"].lower() == job.name.lower()
        if names_it and not comes_again:
            return
        stack = self._account.stacks[event["StackId"]]
        # The accepted limit: just after the function has asked CloudFormation, another delivery of the event answers.
        asked = self._account.timeline.now() - invocation.mishaps.latency
        for launch in self.launches:
            if launch.delivery is invocation.delivery and launch.delivery.answered >= asked:
                continue
            if launch.job is job and stack.wants(*launch.resource, job.name, launch.delivery.properties):
                self._break(5, f"{operation} of {event['RequestId']} on '{job.name}', which is wanted")

    def _check_form(self, invocation: Invocation, answer: dict[str, Any], body: bytes) -> None:
        event = invocation.event
        if len(body) > _MOST_ANSWER_BYTES:
            self._break(4, f"an answer of {len(body)} bytes")
        if any(answer.get(key) != event[key] for key in ("StackId", "RequestId", "LogicalResourceId")):
            self._break(4, f"the answer is to another event: {answer}")
        if answer["Status"] not in ("SUCCESS", "FAILED") or (answer["Status"] == "FAILED") != bool(
            answer.get("Reason")
        ):
            self._break(4, f"neither SUCCESS nor FAILED with a reason: {answer}")
        if not 0 < len(answer["PhysicalResourceId"].encode()) <= _MOST_ID_BYTES:
            self._break(4, f"an id that CloudFormation doesn't take: {answer['PhysicalResourceId']!r}")

    def _check_deletion(self, event: dict[str, Any]) -> None:
        resource = event["StackId"], event["LogicalResourceId"]
        for launch in self.launches:
            if (
                launch.resource == resource
                and launch.job.name.lower() == event["PhysicalResourceId"].lower()
                and launch.job.status in _RUNNING
                and self._is_there(launch.job)
                and self._proves(launch)
            ):
                self._break(6, f"SUCCESS of {event['RequestId']}, and '{launch.job.name}' is {launch.job.status}")

    def _check_success(self, invocation: Invocation, physical_id: str) -> None:
        event, delivery = invocation.event, invocation.delivery
        resource = event["StackId"], event["LogicalResourceId"]
        unchanged = is_unchanged(delivery)
        if unchanged and physical_id != event["PhysicalResourceId"]:
            self._break(7, f"the wish is unchanged, and the id of the answer is another: '{physical_id}'")
        found = [
            launch
            for launch in self.launches
            if launch.resource == resource
            and launch.job.name.lower() == physical_id.lower()
            and launch.delivery.properties.wish == delivery.properties.wish
            and (event["RequestType"] == "Update" or launch.delivery is delivery)
        ]
        record = [
            launch
            for launch in self.launches
            if launch.resource == resource
            and launch.delivery.properties.wish == delivery.properties.wish
            and self._is_there(launch.job)
            and self._proves(launch)
        ]
        if not found and delivery.reverses and not record:
            return  # nothing is left to return to
        if not found:
            number = 4 if event["RequestType"] == "Create" else 8
            self._break(number, f"SUCCESS with '{physical_id}', which was not started for this wish")
            return
        launch = found[-1]
        if (
            event["RequestType"] == "Update"
            and not unchanged
            and not delivery.reverses
            and launch.delivery is not delivery
            and launch.job.status not in ("InProgress", "Completed")
            and launch.touched_at < invocation.began
        ):
            self._break(12, f"SUCCESS with '{physical_id}' of an earlier event, which is {launch.job.status}")
        if (
            self._latest(resource) is delivery
            and self._is_there(launch.job)
            and self._proves(launch)
            and launch.touched_at < invocation.began
            # The accepted limit: an earlier event that comes a second time meanwhile puts its own tags back.
            and not any(when >= invocation.began and other is not delivery for when, other in launch.retagged)
        ):
            tags, wished = tags_of(launch.job), dict(delivery.properties.tags)
            users = {key: tags[key] for key in tags if not key.startswith(PREFIX) and key not in launch.foreign}
            if launch.crowded:
                # The accepted limit: without the note, only tags of the wish before are known to be the user's.
                before = dict(delivery.old.tags if delivery.old else ())
                users = {key: value for key, value in users.items() if key in wished or key in before}
            if users != wished:
                self._break(7, f"SUCCESS, and the tags of '{physical_id}' are {tags}")

    def began(self, delivery: Delivery) -> None:
        """CloudFormation has sent an event."""
        self._last[delivery.event["StackId"], delivery.event["LogicalResourceId"]] = delivery

    def _latest(self, resource: tuple[str, str]) -> Delivery | None:
        return self._last.get(resource)

    def _is_owned(self, job: TuningJob, invocation: Invocation) -> bool:
        event, tags = invocation.event, tags_of(job)
        if (tags.get(STACK_ID), tags.get(LOGICAL_ID)) == (event["StackId"], event["LogicalResourceId"]):
            return True
        # Tags that go between the function's look and its call are beyond what it can know; IAM's condition then holds.
        return any(launch.job is job and launch.touched_at >= invocation.began for launch in self.launches)

    def _proves(self, launch: Launch) -> bool:
        tags = tags_of(launch.job)
        return (tags.get(STACK_ID), tags.get(LOGICAL_ID)) == launch.resource

    def _is_there(self, job: TuningJob) -> bool:
        return self._account.jobs().get(job.name.lower()) is job

    def _target(self, parameters: dict[str, Any]) -> TuningJob | None:
        name = parameters.get("HyperParameterTuningJobName") or parameters["ResourceArn"].rpartition("/")[2]
        return self._account.jobs().get(name.lower())

    def _break(self, number: int, how: str) -> None:
        self._account.tell(f"*** promise {number} broken: {how}")
        self.broken[number].append(how)


def _note_tags(launch: Launch) -> None:
    """See what the function has done to a job's tags."""
    tags = tags_of(launch.job)
    launch.put |= {key for key in tags if not key.startswith(PREFIX) and key not in launch.foreign}
    launch.crowded = launch.crowded or (TAG_KEYS not in tags and bool(launch.put & tags.keys()))


def tags_of(job: TuningJob) -> dict[str, str]:
    """A job's tags."""
    return {tag["Key"]: tag["Value"] for tag in job.tags or ()}


def is_unchanged(delivery: Delivery) -> bool:
    """Whether an update wishes for what there is already; a resource that was never created has nothing yet."""
    is_there = not was_never_created(delivery.event.get("PhysicalResourceId", ""))
    return is_there and delivery.old is not None and delivery.old.wish == delivery.properties.wish


def was_never_created(physical_id: str) -> bool:
    """Whether an id is that of a resource whose creation has failed, or was never answered."""
    return physical_id.startswith("not-created:") or physical_id.endswith(INVENTED)
