"""CloudFormation as far as a custom resource meets it: which events arrive in which situation, by its documentation.

| Situation | Events that arrive |
|---|---|
| Create failed | Delete, with the id of the failed answer |
| Create was never answered | after the service timeout a Delete, with an invented id |
| another resource fails while Create runs | Delete, with an invented id, before the Create has ended |
| Update failed, or was never answered | a second Update, properties reversed, with the old id |
| another resource fails while Update runs | the same, while the first still runs: its answer counts no more |
| a FAILED Update was answered with another id | the same, with that id; a Delete of the one before in the clean-up |
| Update was answered with a new id, and the stack succeeds | Delete of the old id in the clean-up |
| Update succeeded, and a later resource fails | Update back, with the new id; Delete of what is not wanted any more |
| a Delete of the clean-up fails | two more; then CloudFormation forgets the resource |
| a Delete of a stack's deletion, or of its creation's rollback, fails | the stack blocks until it is deleted again |
| the Update of a rollback fails | the stack blocks until the rollback is continued, or the stack deleted |
| a resource fails and rollback is disabled | nothing, until the next deployment: see ``Again`` |

The policy of the function's role is the new template's before the first event of an update, and the old one's before
the first of its rollback. What the simulation leaves out: resources that the user has skipped in continuing a rollback.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from .account import CALM
from .policy import Policy, name_prefix
from .promises import INVENTED, KEPT_ONCE_CREATED, was_never_created

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from .account import Account, Delivery, Mishaps
    from .promises import Properties

SERVICE_TIMEOUT_SECONDS = 1560.0
"""As the construct sets it."""

PREPARATION_SECONDS = 15.0
"""How long it takes from one operation to the first event of the next: the CDK CLI makes a change set, for instance."""

_ANY = "*"
_CLEAN_UP_TRIES = 3


class Again(Enum):
    """What the next deployment does with a resource that failed while rollback was disabled: none is documented."""

    CREATE_THEN_DELETE = "create, and delete what has failed in the clean-up"
    DELETE_THEN_CREATE = "delete what has failed, and create"
    UPDATE = "update what has failed, by the id of its answer or an invented one"


@dataclass
class Resource:
    """A tuning job of a stack, as CloudFormation knows it."""

    physical_id: str
    properties: Properties
    doomed: dict[str, Properties] = field(default_factory=dict)
    """Other ids it has had in this operation, for the clean-up to delete."""
    lost: set[str] = field(default_factory=set)
    """Those of them that nothing leads to, because an update has gone back to a job of before."""
    failed: bool = False
    """Whether it failed while rollback was disabled."""

    def take(self, delivery: Delivery) -> None:
        """Follow the answer to an update, if there is one: another id means a replacement, even if FAILED."""
        if delivery.answer is None:
            return
        physical_id: str = delivery.answer["PhysicalResourceId"]
        if physical_id != self.physical_id:
            self.doomed[self.physical_id] = self.properties
            self.doomed.pop(physical_id, None)
        elif delivery.status == "FAILED":
            return
        self.physical_id, self.properties = physical_id, delivery.properties


@dataclass
class Stack:
    """A stack, and what its user can ask for: deploy and destroy, as the CDK CLI does them."""

    name: str
    account: Account
    status: str = "NONE"
    stack_id: str = ""
    created: float = 0.0
    updated: float | None = None
    """When the last update began."""
    resources: dict[str, Resource] = field(default_factory=dict)
    reverses_after: float = 0.0
    """Seconds between a failure and the Updates of the rollback."""
    deletes_after: float = 0.0
    """Seconds that pass before Deletes are sent, because other resources go first."""
    again: Again = Again.CREATE_THEN_DELETE

    def __post_init__(self) -> None:
        self._mishaps: Iterator[Mishaps] = itertools.repeat(CALM)
        self._numbers = itertools.count(1)
        self._ended = -math.inf
        self._to_roll_back: dict[str, Properties] = {}
        self._reversed: dict[str, Properties] = {}
        self._superfluous: list[str] = []
        self._sent: Mapping[str, Delivery] = {}
        """Creates and Updates whose answers count."""
        self._given_up: list[Delivery] = []
        """What CloudFormation waits for no more, and sends no deletion for at once."""
        self._stuck: set[str] = set()
        """Logical ids of resources whose deletion has failed so far."""
        self._excused: set[tuple[str, str, str]] = set()
        """Stack id, logical id and physical id in lower case of what CloudFormation keeps, or has forgotten."""

    @property
    def busy(self) -> bool:
        """Whether an operation is under way, or what is left of one.

        The accepted limit: an update that was given up, and that comes to its end only when the next deployment is
        under way, takes that for its own. So does a creation where rollback is disabled.
        """
        return self.status.endswith("IN_PROGRESS") or any(delivery.under_way for delivery in self._given_up)

    def deploy(
        self,
        template: Mapping[str, Properties],
        mishaps: Iterable[Mishaps] = (),
        other_fails: float | None = None,
        *,
        rollback: bool = True,
    ) -> None:
        """Begin what ``cdk deploy`` does.

        :param template: the tuning jobs by their logical ids.
        :param mishaps: what goes wrong with the first event, the second, and so on.
        :param other_fails: another resource of the stack fails after so many seconds; with infinity, one that waits
            for all tuning jobs.
        :param rollback: whether a failure is rolled back.
        """
        self._rollback = rollback
        if self.status == "UPDATE_ROLLBACK_FAILED":
            self._begin("UPDATE_ROLLBACK_IN_PROGRESS", mishaps, self._roll_back)
        elif self.status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"):
            self.destroy(mishaps)
        elif self.status in ("NONE", "DELETE_COMPLETE"):
            self._begin("CREATE_IN_PROGRESS", mishaps, lambda: self._create(template, other_fails))
        else:
            self._begin("UPDATE_IN_PROGRESS", mishaps, lambda: self._update(template, other_fails))

    def destroy(self, mishaps: Iterable[Mishaps] = ()) -> None:
        """Begin what ``cdk destroy`` does, also where a rollback has failed."""
        if self.status not in ("NONE", "DELETE_COMPLETE"):
            self._begin("DELETE_IN_PROGRESS", mishaps, self._destroy)

    def physical_id(self, logical_id: str) -> str:
        """What DescribeStackResource says: the id of the answer, as soon as there is one."""
        sent = self._sent.get(logical_id)
        if sent is not None and sent.answer is not None:
            return str(sent.answer["PhysicalResourceId"])
        resource = self.resources.get(logical_id)
        return resource.physical_id if resource else ""

    def wants(self, stack_id: str, logical_id: str, name: str, properties: Properties) -> bool:
        """Whether a job is the one that a resource has, or goes back to, and that nothing is about to delete."""
        is_going = self.status in ("ROLLBACK_IN_PROGRESS", "DELETE_IN_PROGRESS") or (
            self.status == "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS" and logical_id in self._superfluous
        )
        resource = self.resources.get(logical_id)
        if stack_id != self.stack_id or is_going or resource is None or resource.failed:
            return False
        wanted = self._to_roll_back.get(logical_id, resource.properties)
        return resource.physical_id.lower() == name.lower() and wanted.wish == properties.wish

    def should_not_run(self, stack_id: str, logical_id: str, name: str) -> bool:
        """Whether a job that was started for a resource of this stack has no reason to run any more."""
        if (
            stack_id.split("/")[1] != self.name
            or {(stack_id, logical_id, name.lower()), (stack_id, logical_id, _ANY)} & self._excused
        ):
            return False
        blocked = ("UPDATE_ROLLBACK_FAILED", "CREATE_FAILED", "UPDATE_FAILED")
        unfinished = self.busy or self.status in blocked or logical_id in self._stuck
        if stack_id == self.stack_id and unfinished:
            return False
        resource = self.resources.get(logical_id) if stack_id == self.stack_id else None
        if resource is not None and resource.failed:
            return False  # the next deployment decides about it
        return resource is None or resource.physical_id.lower() != name.lower()

    # The operations

    def _begin(self, status: str, mishaps: Iterable[Mishaps], operation: Callable[[], str]) -> None:
        self._enter(status)
        self._mishaps = itertools.chain(mishaps, itertools.repeat(CALM))

        def work() -> None:
            self.account.timeline.wait(self._ended + PREPARATION_SECONDS - self.account.timeline.now())
            self._enter(operation())
            self._ended = self.account.timeline.now()
            self.account.timeline.poke()

        self.account.timeline.start(work)

    def _enter(self, status: str) -> None:
        self.status = status
        self.account.tell(f"{self.name}: {status}")

    def _create(self, template: Mapping[str, Properties], other_fails: float | None) -> str:
        number = next(self._numbers)
        self.created, self.updated = self.account.timeline.now(), None
        self.stack_id = f"arn:aws:cloudformation:us-east-1:111122223333:stack/{self.name}/{number:04}"
        self.account.stacks[self.stack_id] = self
        self._to_roll_back, self._superfluous = {}, []
        self._put_policy(template.values())
        sent = {logical_id: self._send("Create", logical_id, new) for logical_id, new in template.items()}
        good = self._settle(sent, other_fails)
        self.resources = {logical_id: self._created(delivery) for logical_id, delivery in sent.items()}
        if good:
            return "CREATE_COMPLETE"
        if not self._rollback:
            self._leave_failed(sent)
            return "CREATE_FAILED"
        self._enter("ROLLBACK_IN_PROGRESS")
        return "ROLLBACK_FAILED" if self._delete_all() else "ROLLBACK_COMPLETE"

    def _update(self, template: Mapping[str, Properties], other_fails: float | None) -> str:
        self.updated = self.account.timeline.now()
        before = {logical_id: resource.properties for logical_id, resource in self.resources.items()}
        self._put_policy(template.values())
        buried = self._bury(template)
        sent: dict[str, Delivery] = {}
        unsent: list[str] = []
        for logical_id, new in template.items():
            resource = self.resources.get(logical_id)
            if resource is None or logical_id in buried:
                sent[logical_id] = self._send("Create", logical_id, new)
            elif resource.failed or self._differ(logical_id, before[logical_id], new):
                sent[logical_id] = self._send("Update", logical_id, new, before[logical_id], resource.physical_id)
            else:
                unsent.append(logical_id)
        good = self._settle(sent, other_fails)
        created = [logical_id for logical_id, delivery in sent.items() if delivery.old is None]
        for logical_id, delivery in sent.items():
            if logical_id in created:
                self.resources[logical_id] = self._created(delivery)
                self.resources[logical_id].doomed |= buried.get(logical_id, {})
            else:
                resource = self.resources[logical_id]
                before_it = resource.physical_id
                resource.take(delivery)
                resource.failed = False
                has_started = any(launch.delivery is delivery for launch in self.account.promises.launches)
                if not has_started:
                    resource.lost.add(before_it)
                resource.lost.discard(resource.physical_id)
        if good:
            for logical_id in unsent:
                self.resources[logical_id].properties = template[logical_id]
            self._enter("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
            self._clean_up([logical_id for logical_id in before if logical_id not in template])
            return "UPDATE_COMPLETE"
        if not self._rollback:
            self._leave_failed(sent)
            return "UPDATE_FAILED"
        self._to_roll_back = {
            logical_id: before[logical_id] for logical_id, delivery in sent.items() if delivery.old is not None
        }
        self._reversed = {logical_id: sent[logical_id].properties for logical_id in self._to_roll_back}
        self._superfluous = created
        self._enter("UPDATE_ROLLBACK_IN_PROGRESS")
        self._put_policy(before.values())
        self.account.timeline.wait(self.reverses_after)
        return self._roll_back()

    def _roll_back(self) -> str:
        sent = {
            logical_id: self._send(
                "Update", logical_id, old, self._reversed[logical_id], self.resources[logical_id].physical_id
            )
            for logical_id, old in self._to_roll_back.items()
        }
        self._settle(sent, None, patient=True)
        for logical_id, delivery in sent.items():
            self.resources[logical_id].take(delivery)
            if delivery.status == "SUCCESS":
                del self._to_roll_back[logical_id]
        if self._to_roll_back:
            return "UPDATE_ROLLBACK_FAILED"
        self._enter("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        self._clean_up(self._superfluous)
        return "UPDATE_ROLLBACK_COMPLETE"

    def _leave_failed(self, sent: Mapping[str, Delivery]) -> None:
        """Keep what has failed as it is."""
        for logical_id, delivery in sent.items():
            self.resources[logical_id].failed = delivery.status != "SUCCESS"
            if delivery.status != "SUCCESS":
                delivery.left_failed = self.account.timeline.now()

    def _bury(self, template: Mapping[str, Properties]) -> dict[str, dict[str, Properties]]:
        """Decide about resources that were never created, and that the template still has: which are created again,
        and what is to be deleted for it in the clean-up.
        """
        buried: dict[str, dict[str, Properties]] = {}
        for logical_id, resource in self.resources.items():
            never_created = was_never_created(resource.physical_id)
            is_created_again = resource.failed and never_created and logical_id in template
            if not is_created_again or self.again is Again.UPDATE:
                continue
            buried[logical_id] = {**resource.doomed, resource.physical_id: resource.properties}
        if self.again is Again.DELETE_THEN_CREATE:
            for logical_id, ids in buried.items():
                items = [(logical_id, physical_id, properties) for physical_id, properties in ids.items()]
                # What can't be deleted yet is left to the clean-up.
                buried[logical_id] = {physical_id: properties for _, physical_id, properties in self._delete(items)}
        return buried

    def _destroy(self) -> str:
        return "DELETE_FAILED" if self._delete_all() else "DELETE_COMPLETE"

    # What they are made of

    def _settle(self, sent: Mapping[str, Delivery], other_fails: float | None, *, patient: bool = False) -> bool:
        """Wait for the answers, and say whether all is well.

        When something fails, what is under way is given up at once.
        """
        self._sent = sent
        now = self.account.timeline.now()
        limit = now + SERVICE_TIMEOUT_SECONDS
        wait = self.account.timeline.wait_until
        wait(
            lambda: (
                all(delivery.answer for delivery in sent.values())
                or (not patient and any(delivery.status == "FAILED" for delivery in sent.values()))
            ),
            min(limit, now + (math.inf if other_fails is None else other_fails)),
        )
        self._sent = {logical_id: delivery for logical_id, delivery in sent.items() if delivery.answer}
        for delivery in sent.values():
            delivery.given_up = delivery.answer is None
            if delivery.given_up and (delivery.old is not None or not self._rollback):
                self._given_up.append(delivery)
        return other_fails is None and all(delivery.status == "SUCCESS" for delivery in sent.values())

    def _created(self, delivery: Delivery) -> Resource:
        if delivery.answer is not None:
            return Resource(delivery.answer["PhysicalResourceId"], delivery.properties)
        invented = f"{self.name}-{delivery.event['LogicalResourceId']}-{next(self._numbers):04}{INVENTED}"
        return Resource(invented, delivery.properties)

    def _delete_all(self) -> bool:
        """Delete every resource, and say whether some are left."""
        items = [
            (logical_id, resource.physical_id, resource.properties) for logical_id, resource in self.resources.items()
        ]
        for logical_id, resource in self.resources.items():
            for physical_id, properties in resource.doomed.items():
                if self._keeps(logical_id, physical_id, properties):
                    self._excuse(logical_id, physical_id)
                elif was_never_created(physical_id):
                    items.append((logical_id, physical_id, properties))
                elif self._keeps(logical_id, resource.physical_id, resource.properties) or physical_id in resource.lost:
                    # The accepted limit: no event tells the function of the job that the kept one has replaced, and
                    # only a job that an update has started tells of the one before.
                    self._excuse(logical_id, physical_id)
        self._stuck = {logical_id for logical_id, *_ in self._delete(items)}
        self.resources = {logical_id: self.resources[logical_id] for logical_id in self._stuck}
        return bool(self._stuck)

    def _clean_up(self, superfluous: Sequence[str]) -> None:
        """Delete what the operation has made superfluous; what can't be deleted is forgotten."""
        items = []
        for logical_id, resource in self.resources.items():
            if logical_id in superfluous:
                items.append((logical_id, resource.physical_id, resource.properties))
            items += [(logical_id, physical_id, old) for physical_id, old in resource.doomed.items()]
            resource.doomed, resource.lost = {}, set()
        for _ in range(_CLEAN_UP_TRIES):
            items = self._delete(items)
        # Only now: a resource is described while it is being deleted.
        self.resources = {key: resource for key, resource in self.resources.items() if key not in superfluous}
        for logical_id, physical_id, _properties in items:
            self._excuse(logical_id, physical_id)

    def _delete(self, items: Sequence[tuple[str, str, Properties]]) -> list[tuple[str, str, Properties]]:
        """Send the Deletes, and answer those that did not succeed."""
        sent = []
        if items:
            self.account.timeline.wait(self.deletes_after)
        for logical_id, physical_id, properties in items:
            if self._keeps(logical_id, physical_id, properties):
                self._excuse(logical_id, physical_id)
            else:
                delivery = self._send("Delete", logical_id, properties, physical_id=physical_id)
                sent.append((logical_id, physical_id, properties, delivery))
        deadline = self.account.timeline.now() + SERVICE_TIMEOUT_SECONDS
        self.account.timeline.wait_until(lambda: all(delivery.answer for *_, delivery in sent), deadline)
        return [
            (logical_id, physical_id, properties)
            for logical_id, physical_id, properties, delivery in sent
            if delivery.status != "SUCCESS"
        ]

    def _keeps(self, logical_id: str, physical_id: str, properties: Properties) -> bool:
        """Whether no Delete is sent, because of the removal policy."""
        if properties.removal == KEPT_ONCE_CREATED:
            undoes_creation = self.status == "ROLLBACK_IN_PROGRESS" or (
                self.status == "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS" and logical_id in self._superfluous
            )
            return not undoes_creation and not was_never_created(physical_id)
        return properties.removal == "retain"

    def _excuse(self, logical_id: str, physical_id: str) -> None:
        # Of an id that is no job's name, any job may be the one that is kept.
        name = physical_id.lower()
        self._excused.add((self.stack_id, logical_id, name if name in self.account.jobs() else _ANY))

    def _differ(self, logical_id: str, old: Properties, new: Properties) -> bool:
        return self._delivered(logical_id, old) != self._delivered(logical_id, new)

    def _send(
        self,
        request_type: str,
        logical_id: str,
        properties: Properties,
        old: Properties | None = None,
        physical_id: str | None = None,
    ) -> Delivery:
        event: dict[str, Any] = {
            "RequestType": request_type,
            "StackId": self.stack_id,
            "LogicalResourceId": logical_id,
            "ResourceType": "Custom::SageMakerHyperParameterTuningJob",
            "ResourceProperties": self._delivered(logical_id, properties),
        }
        if physical_id is not None:
            event["PhysicalResourceId"] = physical_id
        if old is not None:
            event["OldResourceProperties"] = self._delivered(logical_id, old)
        reverses = self.status == "UPDATE_ROLLBACK_IN_PROGRESS"
        return self.account.deliver(event, properties, old, next(self._mishaps), reverses=reverses)

    def _delivered(self, logical_id: str, properties: Properties) -> dict[str, Any]:
        """The properties as they arrive: every scalar a string."""
        delivered: dict[str, Any] = {
            "ServiceToken": "arn:aws:lambda:us-east-1:111122223333:function:hpt",
            "ServiceTimeout": f"{SERVICE_TIMEOUT_SECONDS:.0f}",
            "HyperParameterTuningJobConfig": {
                "Strategy": "Random",
                "ResourceLimits": {
                    "MaxParallelTrainingJobs": "1",
                    "MaxNumberOfTrainingJobs": str(properties.trainings),
                },
            },
        }
        if properties.name is None:
            delivered["NamePrefix"] = name_prefix(self.name, logical_id)
        else:
            delivered["HyperParameterTuningJobName"] = properties.name
        if properties.tags:
            delivered["Tags"] = [{"Key": key, "Value": value} for key, value in properties.tags]
        if properties.broken_tags:
            delivered["Tags"] = ["team", "ml"]
        if properties.run:
            delivered["Run"] = properties.run
        if properties.removal != "stop":
            delivered["RemovalPolicy"] = properties.removal
        return delivered

    def _put_policy(self, wanted: Iterable[Properties]) -> None:
        names = {properties.name for properties in wanted if properties.name is not None}
        self.account.put_policy(self.stack_id, Policy(self.stack_id, names))
