"""What each event does: the lifecycle table of DESIGN.md, row by row."""

from __future__ import annotations

import copy
import itertools
import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hpt_handler import handler, identity, lifecycle
from hpt_handler.errors import ServiceError

from sandbox import Fault

from .conftest import FakeClock, FakeStack

if TYPE_CHECKING:
    from .conftest import World

FAILED_ID = "not-created:request-1"


def changed(properties: dict[str, Any], jobs: int = 7) -> dict[str, Any]:
    """The same with another number of trainings."""
    other = copy.deepcopy(properties)
    other["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxNumberOfTrainingJobs"] = jobs
    return other


def with_tags(properties: dict[str, Any], **tags: str) -> dict[str, Any]:
    """The same with tags."""
    return {**properties, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def stranger(world: World, properties: dict[str, Any], name: str) -> None:
    """Somebody else starts a job of that name."""
    world.outsider.create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name,
        HyperParameterTuningJobConfig=properties["HyperParameterTuningJobConfig"],
        TrainingJobDefinition=properties["TrainingJobDefinition"],
    )
    world.calls()


class TestCreate:
    """A new resource."""

    def test_starts_the_job_with_one_call(
        self, world: World, properties: dict[str, Any], guide_request: dict[str, Any]
    ) -> None:
        """A free name takes one call, and SageMaker gets the request in its own types."""
        answer = world.send("Create", properties)
        [call] = world.service.calls()
        name = answer["PhysicalResourceId"]
        assert answer["Status"] == "SUCCESS"
        assert name.startswith("training-1a2b-tuning-")
        assert len(name) <= 32
        assert answer["Data"] == {
            "HyperParameterTuningJobName": name,
            "HyperParameterTuningJobArn": f"arn:aws:sagemaker:us-east-1:111122223333:hyper-parameter-tuning-job/{name}",
        }
        sent = {key: value for key, value in call.parameters.items() if key != "Tags"}
        assert sent == {**guide_request, "HyperParameterTuningJobName": name}

    def test_tags_the_job_as_its_own(self, world: World, properties: dict[str, Any]) -> None:
        """Stack, resource, request and event are on the job from its first moment, beside the user's tags."""
        event = world.event("Create", with_tags(properties, team="ml"))
        tags = world.tags(world.deliver(event)["PhysicalResourceId"])
        digest = tags.pop(identity.DIGEST)
        assert len(digest) == 64
        assert tags == {
            "team": "ml",
            identity.STACK_ID: event["StackId"],
            identity.LOGICAL_ID: "Tuning",
            identity.CREATED_BY: event["RequestId"],
            identity.TAG_KEYS: "yosi0",
        }

    def test_uses_a_given_name_as_it_is(self, world: World, named: dict[str, Any]) -> None:
        """The user's name is not touched, not even its case."""
        assert world.send("Create", named)["PhysicalResourceId"] == "Nightly"

    def test_adopts_the_job_of_the_same_event(self, world: World, properties: dict[str, Any]) -> None:
        """A retry after a crash between call and answer finds the job and starts no second one."""
        event = world.event("Create", properties)
        first, second = world.deliver(event), world.deliver(event)
        assert second == first
        assert world.names() == [first["PhysicalResourceId"]]

    def test_starts_another_attempt_after_an_earlier_run(self, world: World, properties: dict[str, Any]) -> None:
        """A resource that was removed and added again gets a new job, although its wish is the old one."""
        first = world.send("Create", properties)["PhysicalResourceId"]
        world.send("Delete", properties, PhysicalResourceId=first)
        event = world.event("Create", properties)
        second = world.deliver(event)["PhysicalResourceId"]
        assert second not in (first, FAILED_ID)
        assert world.status(second) == "InProgress"
        assert world.deliver(event)["PhysicalResourceId"] == second

    def test_leaves_a_strangers_job_alone(self, world: World, named: dict[str, Any]) -> None:
        """A taken name fails the deployment, says whose it is, and gives no id by which it could be deleted."""
        stranger(world, named, "nightly")
        answer = world.send("Create", named)
        assert answer["Status"] == "FAILED"
        assert answer["PhysicalResourceId"] == FAILED_ID
        told, _, request_id = answer["Reason"].partition(" (request id ")
        assert told == (
            "The tuning job 'nightly' was not started: the name is taken by a tuning job that was not created by this "
            "construct (status InProgress, created 2027-01-15 08:00:00 UTC), and that job was not touched. Choose "
            "another tuning_job_name, or leave it out and a name is generated. ResourceInUse: A hyperparameter tuning "
            "job with the name, Nightly, already exists. Choose a different name."
        )
        assert len(request_id) == 37
        assert world.calls() == ["CreateHyperParameterTuningJob", "DescribeHyperParameterTuningJob", "ListTags"]

    def test_names_the_stack_that_has_the_name(self, world: World, named: dict[str, Any]) -> None:
        """The job of another stack is told by its tags."""
        other = "arn:aws:cloudformation:us-east-1:111122223333:stack/Other/77"
        world.send("Create", named, StackId=other, LogicalResourceId="Theirs")
        reason = world.send("Create", named)["Reason"]
        assert "is taken by the tuning job of resource 'Theirs' in stack 'Other' (status InProgress" in reason

    @pytest.mark.parametrize(
        ("tags", "told"),
        [
            ({identity.STACK_ID: "elsewhere"}, "resource '?' in stack 'elsewhere'"),
            ({identity.STACK_ID: "arn/Other", identity.LOGICAL_ID: "Theirs"}, "resource 'Theirs' in stack 'Other'"),
        ],
    )
    def test_names_who_has_the_name_by_tags_of_any_form(
        self, world: World, named: dict[str, Any], tags: dict[str, str], told: str
    ) -> None:
        """Anybody may write tags: what they say is told as far as it goes."""
        stranger(world, named, "nightly")
        job = world.outsider.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="nightly")
        described = [{"Key": key, "Value": value} for key, value in tags.items()]
        world.outsider.add_tags(ResourceArn=job["HyperParameterTuningJobArn"], Tags=described)
        assert f"is taken by the tuning job of {told} (status" in world.send("Create", named)["Reason"]

    def test_names_the_other_resource_of_the_stack_that_has_the_name(self, world: World, named: dict[str, Any]) -> None:
        """Two jobs of one template can't have one name, but a resource that is about to go still has it."""
        world.send("Create", named, LogicalResourceId="Other")
        reason = world.send("Create", named)["Reason"]
        assert "is taken by the tuning job of resource 'Other' in this same stack (status InProgress" in reason

    def test_tells_an_earlier_stack_of_the_same_name(self, world: World, named: dict[str, Any]) -> None:
        """Of two stacks with one name, the other can only have been deleted; its job's record has the name."""
        event = world.event("Create", named)
        world.send("Create", named, StackId=event["StackId"].rpartition("/")[0] + "/earlier")
        reason = world.send("Create", named)["Reason"]
        name = event["StackId"].split("/")[1]
        assert f"of resource 'Tuning' in an earlier stack '{name}', which was deleted (status InProgress" in reason

    def test_refuses_a_given_name_that_it_used_before(self, world: World, named: dict[str, Any]) -> None:
        """A name of the user's serves once: the record of the earlier run has it."""
        world.send("Create", named)
        world.send("Delete", named, PhysicalResourceId="Nightly")
        answer = world.send("Create", named)
        assert answer["Status"] == "FAILED"
        assert "is taken by an earlier run of this same resource (status Stopped" in answer["Reason"]

    def test_does_not_try_again_at_a_quota(self, world: World, properties: dict[str, Any]) -> None:
        """A used-up quota is told at once, with the service's words and the way out."""
        world.service.configure(max_tuning_jobs=0)
        answer = world.send("Create", properties)
        assert answer["Status"] == "FAILED"
        told = answer["Reason"].partition("' was ")[2]
        assert told.startswith(
            "not started: a quota of the account is used up. Wait for running jobs to end, use less at a time, or have "
            "the quota raised in the Service Quotas console (Amazon SageMaker), and deploy again. "
            "ResourceLimitExceeded: The account-level service limit"
        )
        assert world.calls() == ["CreateHyperParameterTuningJob"]

    def test_tells_which_job_of_its_own_holds_the_quota(self, world: World, properties: dict[str, Any]) -> None:
        """A change needs two for a moment, and only a job that runs counts."""
        world.service.configure(max_tuning_jobs=1)
        name = world.send("Create", properties)["PhysicalResourceId"]
        another = changed(properties)
        answer = world.send("Update", another, old=properties, PhysicalResourceId=name)
        assert answer["Status"] == "FAILED"
        assert answer["PhysicalResourceId"] == name
        told = answer["Reason"].partition("' was ")[2]
        assert told.startswith(
            f"not started: a quota of the account is used up, and the tuning job '{name}', which it replaces, runs and "
            f"counts until the deployment has succeeded. Stop that one (hpt stop {name}), use less at a time, or have "
            "the quota raised in the Service Quotas console (Amazon SageMaker), and deploy again. ResourceLimitExceeded"
        )
        world.outsider.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        world.service.advance(60)
        world.service.configure(max_tuning_jobs=0)
        answer = world.send("Update", another, old=properties, PhysicalResourceId=name)
        assert "a quota of the account is used up. Wait for running jobs to end" in answer["Reason"]
        world.service.configure(max_tuning_jobs=1)
        assert world.send("Update", another, old=properties, PhysicalResourceId=name)["Status"] == "SUCCESS"

    @pytest.mark.parametrize(
        ("code", "message"),
        [
            ("ThrottlingException", "Rate exceeded"),
            ("ValidationException", "Could not assume role arn:aws:iam::111122223333:role/New."),
            ("AccessDeniedException", "User is not authorized to perform: sagemaker:CreateHyperParameterTuningJob"),
            ("InternalFailure", "We encountered an internal error."),
        ],
    )
    def test_waits_for_what_passes(self, world: World, properties: dict[str, Any], code: str, message: str) -> None:
        """Throttling, and permissions that have not spread yet, are waited for."""
        world.service.add_fault(Fault(operation="CreateHyperParameterTuningJob", code=code, message=message, times=6))
        assert world.send("Create", properties)["Status"] == "SUCCESS"

    def test_gives_up_on_a_wrong_prefix_within_two_minutes(self, world: World, properties: dict[str, Any]) -> None:
        """The message of a fresh policy is also the lasting one of a prefix without objects."""
        message = 'No S3 objects found under S3 URL "s3://bucket/train" given in input data source.'
        fault = Fault(operation="CreateHyperParameterTuningJob", code="ValidationException", message=message, times=999)
        world.service.add_fault(fault)
        before = world.service.clock.now()
        answer = world.send("Create", properties)
        assert answer["Status"] == "FAILED"
        passed = world.service.clock.now() - before
        assert 60 < passed < 120
        assert (
            f"was not started: SageMaker still refused it after {passed:.0f} s of retries. Fix what it says, or deploy "
            "again if it was only busy. ValidationException: No S3 obj"
        ) in answer["Reason"]

    def test_finds_its_own_job_after_a_lost_answer(self, world: World, properties: dict[str, Any]) -> None:
        """A call whose answer was lost is sent again by botocore: the name is then taken, by ourselves."""
        lost = Fault(
            operation="CreateHyperParameterTuningJob", code="InternalFailure", message="", status=500, after=True
        )
        world.service.add_fault(lost)
        answer = world.send("Create", properties)
        assert answer["Status"] == "SUCCESS"
        assert world.names() == [answer["PhysicalResourceId"]]

    def test_waits_for_a_taken_name_that_nobody_can_see(self, world: World, properties: dict[str, Any]) -> None:
        """The taken name may be our own job, not known everywhere yet: another name would be a second job."""
        event = world.event("Create", properties)
        first = world.deliver(event)
        unseen = Fault(operation="DescribeHyperParameterTuningJob", code="ResourceNotFound", message="", times=3)
        world.service.add_fault(unseen)
        assert world.deliver(event) == first
        assert world.names() == [first["PhysicalResourceId"]]

    def test_gives_up_when_too_many_names_are_used_up(
        self, world: World, properties: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A wish that was launched and removed over and over is told how to become another."""
        monkeypatch.setattr(lifecycle, "_MOST_ATTEMPTS", 2)
        for _ in range(2):
            name = world.send("Create", properties)["PhysicalResourceId"]
            world.send("Delete", properties, PhysicalResourceId=name)
        reason = world.send("Create", properties)["Reason"]
        assert f"2 names of earlier runs of the same request are taken, the last is '{name}'. Give it another" in reason

    def test_gives_up_on_a_taken_name_that_stays_unseen(self, world: World, properties: dict[str, Any]) -> None:
        """What can neither be had nor seen is told after the time in which a job may be started."""
        event = world.event("Create", properties)
        world.deliver(event)
        unseen = Fault(operation="DescribeHyperParameterTuningJob", code="ResourceNotFound", message="", times=999)
        world.service.add_fault(unseen)
        world.calls()
        answer = world.deliver(event)
        assert answer["Status"] == "FAILED"
        told = answer["Reason"].partition("' was ")[2]
        assert told.startswith(
            "started: its name is taken, but SageMaker shows no such job. If it runs and has the tag "
            "hpt-construct:cloudformation-request with the value request-1, stop it. Then deploy again. ResourceInUse: "
        )
        # Ever more rarely: with the first wait between all of them they would be twice as many.
        assert world.calls().count("DescribeHyperParameterTuningJob") < 30

    def test_tells_what_sagemaker_does_not_accept(self, world: World, properties: dict[str, Any]) -> None:
        """What no check at synth can know comes in the service's words."""
        fault = Fault(operation="CreateHyperParameterTuningJob", code="ValidationException", message="No such role.")
        world.service.add_fault(fault)
        event = world.event("Create", properties)
        reason = world.deliver(event)["Reason"]
        name = world.deliver(event)["PhysicalResourceId"]
        assert reason.startswith(
            f"The tuning job '{name}' was not started. Change the request as SageMaker says. "
            "ValidationException: No such role."
        )

    def test_parent_that_still_runs_is_waited_for_by_who_deploys(
        self, world: World, properties: dict[str, Any]
    ) -> None:
        """A pipeline that deploys both has only to be started again; nothing has to be changed."""
        stranger(world, properties, "parent")
        parents = {"ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": "parent"}]}
        warm = {**properties, "WarmStartConfig": {"WarmStartType": "TransferLearning", **parents}}
        answer = world.send("Create", warm)
        assert answer["Status"] == "FAILED"
        assert (
            "was not started. If a parent of its warm start still runs, deploy again when it has ended; otherwise "
            "change the request as SageMaker says. ValidationException: The parent tuning job parent is InProgress"
        ) in answer["Reason"]

    def test_tells_the_path_of_what_no_number_is(self, world: World, properties: dict[str, Any]) -> None:
        """A token that resolved to something else is reported by botocore, with its path."""
        properties["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxNumberOfTrainingJobs"] = "many"
        reason = world.send("Create", properties)["Reason"]
        assert (
            "Invalid type for parameter HyperParameterTuningJobConfig.ResourceLimits.MaxNumberOfTrainingJobs" in reason
        )


class TestUpdate:
    """A resource that exists, with new properties."""

    def test_changed_request_gets_a_new_job(self, world: World, properties: dict[str, Any]) -> None:
        """A new id makes CloudFormation delete the old job afterwards; until then both exist."""
        old = world.send("Create", properties)["PhysicalResourceId"]
        answer = world.send("Update", changed(properties), old=properties, PhysicalResourceId=old)
        assert answer["Status"] == "SUCCESS"
        assert answer["PhysicalResourceId"] != old
        assert world.status(old) == world.status(answer["PhysicalResourceId"]) == "InProgress"

    def test_unchanged_request_starts_nothing(self, world: World, properties: dict[str, Any]) -> None:
        """A change of the function's timeout or of anything else that is no wish takes two calls and does nothing."""
        old = world.send("Create", properties)["PhysicalResourceId"]
        world.calls()
        answer = world.send("Update", {**properties, "ServiceTimeout": "60"}, old=properties, PhysicalResourceId=old)
        assert answer["PhysicalResourceId"] == answer["Data"]["HyperParameterTuningJobName"] == old
        assert answer["Data"]["HyperParameterTuningJobArn"].endswith(f":hyper-parameter-tuning-job/{old}")
        assert answer["Status"] == "SUCCESS"
        assert world.calls() == ["DescribeHyperParameterTuningJob", "ListTags"]

    def test_another_run_launches_again(self, world: World, properties: dict[str, Any]) -> None:
        """The same request with another run is another wish."""
        old = world.send("Create", properties)["PhysicalResourceId"]
        answer = world.send("Update", {**properties, "Run": "2"}, old=properties, PhysicalResourceId=old)
        assert answer["PhysicalResourceId"] != old
        assert world.status(answer["PhysicalResourceId"]) == "InProgress"

    def test_tags_are_changed_in_place(self, world: World, properties: dict[str, Any]) -> None:
        """Changed, added and removed tags leave the job running, and others' tags on it."""
        old = with_tags(properties, team="ml", stage="dev", cost="1")
        name = world.send("Create", old)["PhysicalResourceId"]
        owned = {
            key: value
            for key, value in world.tags(name).items()
            if key.startswith(identity.PREFIX) and key != identity.TAG_KEYS
        }
        arn = f"arn:aws:sagemaker:us-east-1:111122223333:hyper-parameter-tuning-job/{name}"
        world.outsider.add_tags(ResourceArn=arn, Tags=[{"Key": "by-hand", "Value": "x"}])
        world.calls()
        new = with_tags(properties, team="nlp", owner="me", cost="1")
        answer = world.send("Update", new, old=old, PhysicalResourceId=name)
        assert answer["PhysicalResourceId"] == name
        [added] = [call.parameters["Tags"] for call in world.service.calls() if call.operation == "AddTags"]
        assert [tag["Key"] for tag in added] == ["team", "owner", identity.TAG_KEYS]
        assert world.calls() == ["DescribeHyperParameterTuningJob", "ListTags", "DeleteTags", "AddTags"]
        tags = world.tags(name)
        assert len(tags.pop(identity.TAG_KEYS)) == 3 * 5
        assert tags == {**owned, "team": "nlp", "owner": "me", "cost": "1", "by-hand": "x"}

    def test_given_name_can_not_be_changed(self, world: World, named: dict[str, Any]) -> None:
        """The deployment fails with the way out, and keeps the id, or CloudFormation would delete the job."""
        world.send("Create", named)
        answer = world.send("Update", changed(named), old=named, PhysicalResourceId="Nightly")
        assert answer["Status"] == "FAILED"
        assert answer["PhysicalResourceId"] == "Nightly"
        assert "can't be changed" in answer["Reason"]
        assert world.status("Nightly") == "InProgress"

    def test_rollback_of_a_failed_update_does_nothing(self, world: World, named: dict[str, Any]) -> None:
        """CloudFormation then sends the old properties as new ones: the job already is as they wish."""
        world.send("Create", named)
        answer = world.send("Update", named, old=changed(named), PhysicalResourceId="Nightly")
        assert answer["Status"] == "SUCCESS"
        assert answer["PhysicalResourceId"] == "Nightly"
        assert world.names() == ["Nightly"]

    def test_rollback_returns_to_the_job_that_still_runs(self, world: World, properties: dict[str, Any]) -> None:
        """When a later resource fails, the way back leads to the first job, not to a third."""
        first = world.send("Create", properties)["PhysicalResourceId"]
        second = world.send("Update", changed(properties), old=properties, PhysicalResourceId=first)[
            "PhysicalResourceId"
        ]
        answer = world.send("Update", properties, old=changed(properties), PhysicalResourceId=second)
        assert answer["PhysicalResourceId"] == first
        assert sorted(world.names()) == sorted([first, second])

    def test_rollback_stops_what_a_dead_update_has_started(self, world: World, properties: dict[str, Any]) -> None:
        """The function died between call and answer: CloudFormation gave up, and knows nothing of the second job."""
        first = world.send("Create", properties)["PhysicalResourceId"]
        unanswered = world.send("Update", changed(properties), old=properties, PhysicalResourceId=first)
        world.stack = FakeStack("UPDATE_ROLLBACK_IN_PROGRESS", {"Tuning": first})
        answer = world.send("Update", properties, old=changed(properties), PhysicalResourceId=first)
        assert answer["PhysicalResourceId"] == first
        assert world.status(first) == "InProgress"
        assert world.status(unanswered["PhysicalResourceId"]) == "Stopping"

    @pytest.mark.parametrize("now", ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_IN_PROGRESS"])
    def test_rollback_that_comes_again_later_leaves_the_job_of_the_next_deployment_alone(
        self, world: World, properties: dict[str, Any], now: str
    ) -> None:
        """Which wishes again for what was rolled back, and has its job: maybe it is being rolled back itself."""
        first = world.send("Create", properties)["PhysicalResourceId"]
        second = world.send("Update", changed(properties), old=properties, PhysicalResourceId=first)
        world.stack = FakeStack(now, {"Tuning": second["PhysicalResourceId"]})
        world.send("Update", properties, old=changed(properties), PhysicalResourceId=first)
        assert world.status(second["PhysicalResourceId"]) == "InProgress"

    @pytest.mark.parametrize(
        ("now", "known"),
        [
            pytest.param("UPDATE_IN_PROGRESS", "", id="next-update"),
            pytest.param("UPDATE_COMPLETE", "", id="over"),
            pytest.param("UPDATE_ROLLBACK_IN_PROGRESS", "third", id="rollback-of-the-next-update"),
        ],
    )
    def test_rollback_that_comes_again_later_stops_nothing_by_its_own_id_alone(
        self, world: World, properties: dict[str, Any], now: str, known: str
    ) -> None:
        """The stack's status, or a third id of the resource, says that somebody may want the job."""
        first = world.send("Create", properties)["PhysicalResourceId"]
        second = world.send("Update", changed(properties), old=properties, PhysicalResourceId=first)
        world.stack = FakeStack(now, {"Tuning": known})
        world.send("Update", properties, old=changed(properties), PhysicalResourceId=first)
        assert world.status(second["PhysicalResourceId"]) == "InProgress"

    def test_rollback_leaves_an_older_job_of_the_other_request_alone(
        self, world: World, properties: dict[str, Any]
    ) -> None:
        """It is not the one of the update that is rolled back, but one that is about to be deleted."""
        older = world.send("Create", changed(properties))["PhysicalResourceId"]
        world.service.advance(60)
        current = world.send("Update", properties, old=changed(properties), PhysicalResourceId=older)
        world.stack = FakeStack("UPDATE_ROLLBACK_IN_PROGRESS", {"Tuning": current["PhysicalResourceId"]})
        world.send("Update", properties, old=changed(properties), PhysicalResourceId=current["PhysicalResourceId"])
        assert world.status(older) == "InProgress"

    def test_rollback_leaves_the_job_that_it_comes_from_to_its_deletion(
        self, world: World, properties: dict[str, Any]
    ) -> None:
        """Where CloudFormation doesn't tell when the update began, so that the job may be older."""
        first = world.send("Create", properties)["PhysicalResourceId"]
        second = world.send("Update", changed(properties), old=properties, PhysicalResourceId=first)
        world.stack.now = "UPDATE_ROLLBACK_IN_PROGRESS"
        world.send("Update", properties, old=changed(properties), PhysicalResourceId=second["PhysicalResourceId"])
        assert world.status(second["PhysicalResourceId"]) == "InProgress"

    @pytest.mark.parametrize(
        ("removal", "status"), [("", "Stopping"), ("destroy", "Stopping"), ("retain", "InProgress")]
    )
    def test_rollback_stops_what_the_update_has_started_before_its_deletion(
        self, world: World, properties: dict[str, Any], removal: str, status: str
    ) -> None:
        """There may be none: the rollback of another resource fails, and the stack is deleted in that state."""
        first = world.send("Create", properties)["PhysicalResourceId"]
        world.service.advance(60)
        after = {**changed(properties), **({"RemovalPolicy": removal} if removal else {})}
        world.stack = FakeStack(updated=world.time())
        second = world.send("Update", after, old=properties, PhysicalResourceId=first)["PhysicalResourceId"]
        world.stack.now = "UPDATE_ROLLBACK_IN_PROGRESS"
        world.stack.ids = {"Tuning": second}
        answer = world.send("Update", properties, old=after, PhysicalResourceId=second)
        assert answer["PhysicalResourceId"] == first
        assert (world.status(first), world.status(second)) == ("InProgress", status)

    def test_update_that_comes_in_its_own_rollback_leaves_the_job_to_return_to_alone(
        self, world: World, properties: dict[str, Any]
    ) -> None:
        """A kept job has the request that the update asks for, so that it looks like the way back to that one."""
        kept = {**changed(properties), "RemovalPolicy": "retain"}
        world.send("Create", kept)
        first = world.send("Create", properties)["PhysicalResourceId"]
        world.service.advance(60)
        world.stack = FakeStack("UPDATE_ROLLBACK_IN_PROGRESS", {"Tuning": first}, updated=world.time())
        world.send("Update", kept, old=properties, PhysicalResourceId=first)
        assert world.status(first) == "InProgress"

    @pytest.mark.parametrize(("ended", "returned_to"), [("Completed", 0), ("Failed", 1)])
    def test_rollback_prefers_a_job_with_results_and_then_the_newest(
        self, world: World, properties: dict[str, Any], ended: str, returned_to: int
    ) -> None:
        """The resource was removed and added again, so that two jobs are its own."""
        first = world.send("Create", properties)["PhysicalResourceId"]
        if ended == "Completed":
            world.service.advance(99_999)
        else:
            world.service.fail_job(first, "no data")
        assert world.status(first) == ended
        world.send("Delete", properties, PhysicalResourceId=first)
        world.service.advance(60)
        second = world.send("Create", properties)["PhysicalResourceId"]
        world.service.fail_job(second, "no data")
        third = world.send("Update", changed(properties), old=properties, PhysicalResourceId=second)
        world.stack.now = "UPDATE_ROLLBACK_IN_PROGRESS"
        answer = world.send(
            "Update", properties, old=changed(properties), PhysicalResourceId=third["PhysicalResourceId"]
        )
        assert answer["PhysicalResourceId"] == (first, second)[returned_to]

    @pytest.mark.parametrize(
        ("gone", "returned_to"),
        [
            pytest.param([0, 1], 6, id="two"),
            pytest.param([0, 1, 3, 4], 6, id="twice-two"),
            pytest.param([2, 3, 4], 1, id="three-end-the-search"),
            pytest.param([0, 1, 2], 0, id="three-at-the-beginning"),
        ],
    )
    def test_rollback_looks_past_two_deleted_records(
        self, world: World, properties: dict[str, Any], gone: list[int], returned_to: int
    ) -> None:
        """The accepted limit: past three in a row it doesn't look, and answers with the name of no job."""
        names = []
        for _ in range(7):
            names.append(world.send("Create", properties)["PhysicalResourceId"])
            world.service.advance(99_999)
        for number in gone:
            world.outsider.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName=names[number])
        current = world.send("Update", changed(properties), old=properties, PhysicalResourceId=names[-1])
        world.stack.now = "UPDATE_ROLLBACK_IN_PROGRESS"
        answer = world.send(
            "Update", properties, old=changed(properties), PhysicalResourceId=current["PhysicalResourceId"]
        )
        assert answer["PhysicalResourceId"] == names[returned_to]

    def test_rollback_gives_the_job_back_its_tags(self, world: World, properties: dict[str, Any]) -> None:
        """Somebody took one off while the other job was the resource's."""
        tagged = with_tags(properties, team="ml")
        first = world.send("Create", tagged)
        second = world.send("Update", changed(tagged), old=tagged, PhysicalResourceId=first["PhysicalResourceId"])
        world.outsider.delete_tags(ResourceArn=first["Data"]["HyperParameterTuningJobArn"], TagKeys=["team"])
        world.stack.now = "UPDATE_ROLLBACK_IN_PROGRESS"
        world.send("Update", tagged, old=changed(tagged), PhysicalResourceId=second["PhysicalResourceId"])
        assert world.tags(first["PhysicalResourceId"])["team"] == "ml"

    def test_rollback_returns_to_a_job_that_has_ended(self, world: World, properties: dict[str, Any]) -> None:
        """Whatever its status: a rollback starts nothing."""
        first = world.send("Create", properties)["PhysicalResourceId"]
        world.service.fail_job(first, "no data")
        second = world.send("Update", changed(properties), old=properties, PhysicalResourceId=first)[
            "PhysicalResourceId"
        ]
        world.stack.now = "UPDATE_ROLLBACK_IN_PROGRESS"
        answer = world.send("Update", properties, old=changed(properties), PhysicalResourceId=second)
        assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", first)
        assert world.names() == sorted([first, second])

    def test_rollback_without_a_record_starts_nothing(self, world: World, properties: dict[str, Any]) -> None:
        """The id is one of no job, so that the clean-up deletes the new one."""
        first = world.send("Create", properties)["PhysicalResourceId"]
        second = world.send("Update", changed(properties), old=properties, PhysicalResourceId=first)[
            "PhysicalResourceId"
        ]
        world.service.fail_job(first, "no data")
        world.outsider.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName=first)
        world.stack.now = "UPDATE_ROLLBACK_IN_PROGRESS"
        answer = world.send("Update", properties, old=changed(properties), PhysicalResourceId=second)
        assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", first)
        assert answer["Data"]["HyperParameterTuningJobArn"].endswith(f":hyper-parameter-tuning-job/{first}")
        assert world.names() == [second]

    @pytest.mark.parametrize("never_created", [FAILED_ID, "Training-Tuning-1X2Y3Z4"])
    def test_rollback_to_a_resource_that_was_never_created_leaves_it_to_the_next_update(
        self, world: World, properties: dict[str, Any], never_created: str
    ) -> None:
        """Rollback was disabled when its creation failed: the id is a marker, and another update starts the job."""
        second = world.send("Update", changed(properties), old=properties, PhysicalResourceId=never_created)[
            "PhysicalResourceId"
        ]
        for physical_id in (never_created, second):
            world.stack.now = "UPDATE_ROLLBACK_IN_PROGRESS"
            answer = world.send("Update", properties, old=changed(properties), PhysicalResourceId=physical_id)
            assert answer["Status"] == "SUCCESS"
            assert answer["PhysicalResourceId"].startswith("not-created:")
        assert world.names() == [second]
        world.stack.now = "UPDATE_IN_PROGRESS"
        tagged = with_tags(properties, team="ml")
        third = world.send("Update", tagged, old=properties, PhysicalResourceId=answer["PhysicalResourceId"])
        assert world.status(third["PhysicalResourceId"]) == "InProgress"

    def test_rollback_stops_the_job_that_took_the_name_of_one_that_is_gone(
        self, world: World, named: dict[str, Any]
    ) -> None:
        """There is nothing to return to, and nobody wants the new one."""
        world.send("Create", named)
        world.service.fail_job("Nightly", "no data")
        world.outsider.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName="Nightly")
        began = world.time()
        world.send("Update", changed(named), old=named, PhysicalResourceId="Nightly")
        world.stack = FakeStack("UPDATE_ROLLBACK_IN_PROGRESS", {"Tuning": "Nightly"}, updated=began)
        answer = world.send("Update", named, old=changed(named), PhysicalResourceId="Nightly")
        assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", "Nightly")
        assert world.status("Nightly") == "Stopping"

    def test_update_of_a_given_name_that_is_being_rolled_back_leaves_the_job_alone(
        self, world: World, named: dict[str, Any]
    ) -> None:
        """It comes when the rollback is under way: what has the name is the job to return to, not one of its own."""
        world.send("Create", named)
        world.service.fail_job("Nightly", "no data")
        world.outsider.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName="Nightly")
        second, third = changed(named), {**named, "Run": "3"}
        world.send("Update", second, old=named, PhysicalResourceId="Nightly")
        world.service.advance(1)
        for began in (world.time(), None):
            world.stack = FakeStack("UPDATE_ROLLBACK_IN_PROGRESS", {"Tuning": "Nightly"}, updated=began)
            answer = world.send("Update", third, old=second, PhysicalResourceId="Nightly")
            assert answer["Status"] == "SUCCESS"
            assert world.status("Nightly") == "InProgress"

    @pytest.mark.parametrize(
        ("status", "now", "told"),
        [
            ("Completed", "UPDATE_IN_PROGRESS", "SUCCESS"),
            ("Failed", "UPDATE_IN_PROGRESS", "FAILED"),
            ("Stopped", "UPDATE_IN_PROGRESS", "FAILED"),
            ("Failed", "UPDATE_ROLLBACK_IN_PROGRESS", "SUCCESS"),
            ("Stopped", "UPDATE_ROLLBACK_IN_PROGRESS", "SUCCESS"),
        ],
    )
    def test_given_name_of_its_own_ended_job_is_returned_to_if_the_job_completed_or_in_a_rollback(
        self, world: World, named: dict[str, Any], status: str, now: str, told: str
    ) -> None:
        """A deployment that goes back to a name whose job was stopped or has failed would succeed with nothing."""
        world.send("Create", named)
        if status == "Stopped":
            world.outsider.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="Nightly")
        if status == "Failed":
            world.service.fail_job("Nightly", "no data")
        world.service.advance(99_999)
        renamed = {**named, "HyperParameterTuningJobName": "Nightly2"}
        world.send("Update", renamed, old=named, PhysicalResourceId="Nightly")
        world.stack.now = now
        answer = world.send("Update", named, old=renamed, PhysicalResourceId="Nightly2")
        assert (answer["Status"], answer["PhysicalResourceId"]) == (
            told,
            "Nightly" if told == "SUCCESS" else "Nightly2",
        )
        assert told == "SUCCESS" or (
            f"'Nightly' was not started: the name is taken by an earlier run of this same resource (status {status}"
            in answer["Reason"]
        )
        assert world.status("Nightly") == status

    @pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_FAILED"])
    def test_update_that_was_given_up_meanwhile_stops_its_job(
        self, world: World, properties: dict[str, Any], status: str
    ) -> None:
        """The rollback may have looked for the job before it was there."""
        first = world.send("Create", properties)["PhysicalResourceId"]
        world.stack = FakeStack(status, {"Tuning": first}, ["UPDATE_IN_PROGRESS"])
        answer = world.send("Update", changed(properties), old=properties, PhysicalResourceId=first)
        [second] = set(world.names()) - {first}
        assert answer["Status"] == "FAILED"
        assert answer["Reason"].startswith(f"The tuning job '{second}' was started and is being stopped")
        assert (world.status(first), world.status(second)) == ("InProgress", "Stopping")

    def test_update_that_finds_its_job_late_stops_it_if_it_was_given_up_meanwhile(
        self, world: World, properties: dict[str, Any]
    ) -> None:
        """The answer to its start was lost, and the job could not be seen until the rollback was over."""
        first = world.send("Create", properties)["PhysicalResourceId"]
        lost = Fault(
            operation="CreateHyperParameterTuningJob", code="InternalFailure", message="", status=500, after=True
        )
        world.service.add_fault(lost)
        world.stack = FakeStack("UPDATE_ROLLBACK_COMPLETE", {"Tuning": first}, ["UPDATE_IN_PROGRESS"])
        answer = world.send("Update", changed(properties), old=properties, PhysicalResourceId=first)
        [second] = set(world.names()) - {first}
        assert answer["Status"] == "FAILED"
        assert world.status(second) == "Stopping"

    def test_update_is_not_given_up_where_cloudformation_can_t_be_asked_any_more(
        self, world: World, properties: dict[str, Any]
    ) -> None:
        """It has said that it deploys; that it doesn't answer once the job runs is no rollback."""
        first = world.send("Create", properties)["PhysicalResourceId"]
        world.stack = FakeStack("", statuses=["UPDATE_IN_PROGRESS"])
        answer = world.send("Update", changed(properties), old=properties, PhysicalResourceId=first)
        assert answer["Status"] == "SUCCESS"
        assert world.status(answer["PhysicalResourceId"]) == "InProgress"

    def test_update_that_was_answered_meanwhile_leaves_its_job_alone(
        self, world: World, properties: dict[str, Any]
    ) -> None:
        """Lambda has delivered it twice at a time: the other one found this job, and the stack is complete."""

        class Complete(FakeStack):
            def physical_id(self, logical_id: str) -> str:
                """The old job until the new one is there."""
                assert logical_id == "Tuning"
                return next((name for name in world.names() if name != first), first)

        first = world.send("Create", properties)["PhysicalResourceId"]
        world.stack = Complete("UPDATE_COMPLETE", {}, ["UPDATE_IN_PROGRESS"])
        answer = world.send("Update", changed(properties), old=properties, PhysicalResourceId=first)
        assert answer["Status"] == "SUCCESS"
        assert world.status(answer["PhysicalResourceId"]) == "InProgress"

    def test_update_that_comes_again_in_its_rollback_stops_its_job(
        self, world: World, properties: dict[str, Any]
    ) -> None:
        """The function died behind the call, and Lambda delivers the event when CloudFormation has given it up."""
        first = world.send("Create", properties)["PhysicalResourceId"]
        event = world.event("Update", changed(properties), old=properties, PhysicalResourceId=first)
        second = world.deliver(event)["PhysicalResourceId"]
        world.stack = FakeStack("UPDATE_ROLLBACK_IN_PROGRESS", {"Tuning": first})
        assert world.deliver(event)["Reason"].startswith(
            f"The tuning job '{second}' was started and is being stopped, because CloudFormation has given up this "
            "update in the meantime. Deploy again when the stack has been rolled back"
        )
        assert (world.status(first), world.status(second)) == ("InProgress", "Stopping")

    def test_update_that_comes_again_later_leaves_its_job_alone(self, world: World, properties: dict[str, Any]) -> None:
        """It was answered, and the next update is rolled back: CloudFormation holds the job for the resource's."""
        first = world.send("Create", properties)["PhysicalResourceId"]
        event = world.event("Update", changed(properties), old=properties, PhysicalResourceId=first)
        second = world.deliver(event)["PhysicalResourceId"]
        world.stack = FakeStack("UPDATE_ROLLBACK_IN_PROGRESS", {"Tuning": second})
        world.deliver(event)
        assert world.status(second) == "InProgress"

    def test_update_that_comes_again_leaves_its_job_to_the_rollback_of_the_next(
        self, world: World, properties: dict[str, Any]
    ) -> None:
        """CloudFormation still has the id that the next update was answered with, and returns to this job."""
        first = world.send("Create", properties)["PhysicalResourceId"]
        event = world.event("Update", changed(properties), old=properties, PhysicalResourceId=first)
        second = world.deliver(event)["PhysicalResourceId"]
        world.stack = FakeStack("UPDATE_ROLLBACK_IN_PROGRESS", {"Tuning": "third"})
        world.deliver(event)
        assert world.status(second) == "InProgress"

    @pytest.mark.parametrize(
        ("now", "told"),
        [
            ("UPDATE_IN_PROGRESS", "This update was carried out before: Lambda has delivered it once more"),
            ("UPDATE_COMPLETE", "CloudFormation no longer waits for this update: the stack is UPDATE_COMPLETE"),
        ],
    )
    def test_update_that_comes_again_starts_nothing(
        self, world: World, properties: dict[str, Any], now: str, told: str
    ) -> None:
        """Its job has been stopped by the next deployment: the resource has another id since."""
        first = world.send("Create", properties)["PhysicalResourceId"]
        event = world.event("Update", changed(properties), old=properties, PhysicalResourceId=first)
        second = world.deliver(event)["PhysicalResourceId"]
        world.outsider.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=second)
        world.stack = FakeStack(now, {"Tuning": "another"})
        answer = world.deliver(event)
        assert (answer["Status"], answer["Reason"]) == ("FAILED", told)
        assert world.names() == sorted([first, second])

    @pytest.mark.parametrize("known", ["none", "Stopped", "Failed"])
    def test_nothing_is_started_where_cloudformation_can_t_be_asked(
        self, world: World, properties: dict[str, Any], known: str
    ) -> None:
        """It may be a rollback, which starts none, or a deployment, for which an ended job is no answer."""
        first = world.send("Create", properties)["PhysicalResourceId"]
        second = world.send("Update", changed(properties), old=properties, PhysicalResourceId=first)[
            "PhysicalResourceId"
        ]
        if known == "Stopped":
            world.send("Delete", properties, PhysicalResourceId=first)
        else:
            world.service.fail_job(first, "no data")
        if known == "none":
            world.outsider.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName=first)
        before = world.names()
        denied = "User is not authorized to perform: cloudformation:DescribeStacks"
        world.stack = FakeStack("", refusal=ServiceError("AccessDenied", denied, "abc"))
        answer = world.send("Update", properties, old=changed(properties), PhysicalResourceId=second)
        assert answer["Status"] == "FAILED"
        assert answer["PhysicalResourceId"] == second
        assert answer["Reason"] == (
            f"The tuning job '{first}' was not started: CloudFormation did not tell whether it rolls the stack back, "
            "and a rollback must start none. If a policy denies the function cloudformation:DescribeStacks, have it "
            f"allowed. Then deploy again, or continue the rollback. AccessDenied: {denied} (request id abc)"
        )
        assert world.names() == before

    def test_running_job_is_returned_to_where_cloudformation_can_t_be_asked(
        self, world: World, properties: dict[str, Any]
    ) -> None:
        """A deployment and a rollback both do."""
        first = world.send("Create", properties)["PhysicalResourceId"]
        second = world.send("Update", changed(properties), old=properties, PhysicalResourceId=first)
        world.stack.now = ""
        answer = world.send(
            "Update", properties, old=changed(properties), PhysicalResourceId=second["PhysicalResourceId"]
        )
        assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", first)

    def test_resource_that_was_never_created_is_started(self, world: World, properties: dict[str, Any]) -> None:
        """With rollback disabled, the next deployment may update what has failed: there is no job to leave alone."""
        world.service.configure(max_tuning_jobs=0)
        marker = world.send("Create", properties)["PhysicalResourceId"]
        world.service.configure(max_tuning_jobs=100)
        world.stack.ids["Tuning"] = marker
        answer = world.send("Update", properties, old=properties, PhysicalResourceId=marker)
        assert answer["Status"] == "SUCCESS"
        assert world.status(answer["PhysicalResourceId"]) == "InProgress"

    @pytest.mark.parametrize("physical_id", ["Training-Tuning-1X2Y3Z4", "a-very-long-name-of-a-stack-Tuning-1X2Y3Z4"])
    @pytest.mark.parametrize("is_named", [False, True])
    def test_resource_whose_creation_was_never_answered_is_started(
        self, world: World, properties: dict[str, Any], named: dict[str, Any], physical_id: str, *, is_named: bool
    ) -> None:
        """With rollback disabled, the next deployment may update it by the id that CloudFormation has made up."""
        wish = named if is_named else properties
        world.stack.ids["Tuning"] = physical_id
        answer = world.send("Update", wish, old=wish, PhysicalResourceId=physical_id)
        assert answer["Status"] == "SUCCESS"
        assert world.status(answer["PhysicalResourceId"]) == "InProgress"
        assert identity.REPLACES not in world.tags(answer["PhysicalResourceId"])

    def test_job_of_a_creation_that_was_never_answered_is_adopted(
        self, world: World, properties: dict[str, Any]
    ) -> None:
        """The function died behind its call, again and again: what it has started is what the update asks for."""
        first = world.send("Create", properties)["PhysicalResourceId"]
        answer = world.send("Update", properties, old=properties, PhysicalResourceId="Training-Tuning-1X2Y3Z4")
        assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", first)
        assert world.names() == [first]

    @pytest.mark.parametrize("is_named", [False, True])
    def test_deleted_record_whose_name_looks_invented_is_not_replaced(
        self, world: World, properties: dict[str, Any], named: dict[str, Any], *, is_named: bool
    ) -> None:
        """A name of the user's, or a logical id in lower case, may look as CloudFormation's own ids do."""
        wish = {**named, "HyperParameterTuningJobName": "my-tuning-2026"} if is_named else properties
        name = world.send("Create", wish, LogicalResourceId="tuning")["PhysicalResourceId"]
        world.service.fail_job(name, "no data")
        world.outsider.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        answer = world.send("Update", wish, old=wish, LogicalResourceId="tuning", PhysicalResourceId=name)
        assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", name)
        assert world.names() == []

    def test_failed_update_that_is_deployed_again_starts_its_job(
        self, world: World, properties: dict[str, Any]
    ) -> None:
        """With rollback disabled CloudFormation may take the failed request for the old one."""
        first = world.send("Create", properties)["PhysicalResourceId"]
        answer = world.send("Update", changed(properties), old=changed(properties), PhysicalResourceId=first)
        assert answer["PhysicalResourceId"] != first
        assert world.status(answer["PhysicalResourceId"]) == "InProgress"

    def test_failed_update_that_is_deployed_again_does_not_adopt_the_job_that_it_has_stopped(
        self, world: World, properties: dict[str, Any]
    ) -> None:
        """Rollback was disabled, and CloudFormation had given up the update when its job was there."""
        first = world.send("Create", properties)["PhysicalResourceId"]
        world.stack = FakeStack("UPDATE_FAILED", {"Tuning": first}, ["UPDATE_IN_PROGRESS"])
        world.send("Update", changed(properties), old=properties, PhysicalResourceId=first)
        world.stack.now = "UPDATE_IN_PROGRESS"
        answer = world.send("Update", changed(properties), old=changed(properties), PhysicalResourceId=first)
        assert answer["Status"] == "SUCCESS"
        assert world.status(answer["PhysicalResourceId"]) == "InProgress"

    def test_return_to_a_stopped_job_starts_another(self, world: World, properties: dict[str, Any]) -> None:
        """A job that was stopped is no answer to the wish for one."""
        first = world.send("Create", properties)["PhysicalResourceId"]
        second = world.send("Update", changed(properties), old=properties, PhysicalResourceId=first)[
            "PhysicalResourceId"
        ]
        world.send("Delete", properties, PhysicalResourceId=first)
        answer = world.send("Update", properties, old=changed(properties), PhysicalResourceId=second)
        assert answer["PhysicalResourceId"] not in (first, second)
        assert world.status(answer["PhysicalResourceId"]) == "InProgress"

    def test_adopted_job_gets_the_tags_of_the_wish(self, world: World, properties: dict[str, Any]) -> None:
        """It carries those of its earlier life."""
        before, after = with_tags(properties, stage="dev"), with_tags(properties, owner="me")
        first = world.send("Create", before)["PhysicalResourceId"]
        second = world.send("Update", changed(before), old=before, PhysicalResourceId=first)["PhysicalResourceId"]
        answer = world.send("Update", after, old=changed(before), PhysicalResourceId=second)
        assert answer["PhysicalResourceId"] == first
        users = {key: value for key, value in world.tags(first).items() if not key.startswith(identity.PREFIX)}
        assert users == {"owner": "me"}

    def test_adopted_job_loses_the_tags_of_its_earlier_life(self, world: World, properties: dict[str, Any]) -> None:
        """The wish in between had none of them; what others have put on the job stays."""
        before, between = with_tags(properties, team="ml", stage="dev"), with_tags(changed(properties), owner="me")
        first = world.send("Create", before)
        arn = first["Data"]["HyperParameterTuningJobArn"]
        world.outsider.add_tags(ResourceArn=arn, Tags=[{"Key": "by-hand", "Value": "x"}])
        second = world.send("Update", between, old=before, PhysicalResourceId=first["PhysicalResourceId"])
        after = with_tags(properties, stage="test")
        answer = world.send("Update", after, old=between, PhysicalResourceId=second["PhysicalResourceId"])
        assert answer["PhysicalResourceId"] == first["PhysicalResourceId"]
        tags = world.tags(first["PhysicalResourceId"])
        users = {key: value for key, value in tags.items() if not key.startswith(identity.PREFIX)}
        assert users == {"stage": "test", "by-hand": "x"}

    def test_mark_of_a_kept_job_follows_its_removal_policy(self, world: World, properties: dict[str, Any]) -> None:
        """A job of 0.1.0 has none: the first update gives it one, and launches nothing."""
        kept = {**properties, "RemovalPolicy": "retain"}
        name = world.send("Create", properties)["PhysicalResourceId"]
        for new, old, mark, changes in (
            (kept, properties, "retain", ["AddTags"]),
            (kept, kept, "retain", []),
            (properties, kept, None, ["DeleteTags"]),
        ):
            world.calls()
            answer = world.send("Update", new, old=old, PhysicalResourceId=name)
            assert world.calls() == ["DescribeHyperParameterTuningJob", "ListTags", *changes]
            assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", name)
            assert world.tags(name).get(identity.REMOVAL_POLICY) == mark
        assert world.names() == [name]

    def test_marks_are_left_out_where_there_is_no_room(self, world: World, properties: dict[str, Any]) -> None:
        """A user may have 46 tags of the 50, and 0.1.0 took the rest: such a job can still be given other tags."""
        keys = [f"k{number}" for number in range(46)]
        before = with_tags({**properties, "RemovalPolicy": "retain"}, **dict.fromkeys(keys, "v"))
        name = world.send("Create", before)["PhysicalResourceId"]
        after = with_tags({**properties, "RemovalPolicy": "retain"}, **dict.fromkeys(keys, "w"))
        for new, value in ((before, "v"), (after, "w")):
            answer = world.send("Update", new, old=before, PhysicalResourceId=name)
            assert answer["Status"] == "SUCCESS"
            tags = world.tags(name)
            assert (len(tags), {tags[key] for key in keys}) == (50, {value})
            assert identity.REMOVAL_POLICY not in tags

    def test_marks_make_room_for_tags_and_come_back(self, world: World, properties: dict[str, Any]) -> None:
        """The removal policy's is the last to go; which job was replaced isn't known again."""
        removal, replaces, keys = identity.REMOVAL_POLICY, identity.REPLACES, identity.TAG_KEYS
        first = world.send("Create", properties)["PhysicalResourceId"]
        kept = {**changed(properties), "RemovalPolicy": "retain"}
        name = world.send("Update", kept, old=properties, PhysicalResourceId=first)["PhysicalResourceId"]
        old = kept
        for count, marks in (
            (43, {removal, replaces, keys}),
            (44, {removal, replaces}),
            (45, {removal}),
            (46, set()),
            (43, {removal, keys}),
        ):
            new = with_tags(kept, **{f"k{number}": "v" for number in range(count)})
            assert world.send("Update", new, old=old, PhysicalResourceId=name)["Status"] == "SUCCESS"
            old, tags = new, world.tags(name)
            assert (tags.keys() & {removal, replaces, keys}, len(tags)) == (marks, count + 4 + len(marks))

    def test_tags_can_all_be_replaced(self, world: World, properties: dict[str, Any]) -> None:
        """A job has no room for the old ones and the new ones at once."""
        old = with_tags(properties, **{f"old{number}": "v" for number in range(30)})
        new = with_tags(properties, **{f"new{number}": "v" for number in range(30)})
        name = world.send("Create", old)["PhysicalResourceId"]
        assert world.send("Update", new, old=old, PhysicalResourceId=name)["Status"] == "SUCCESS"
        users = {key: value for key, value in world.tags(name).items() if not key.startswith(identity.PREFIX)}
        assert users == {f"new{number}": "v" for number in range(30)}

    def test_deleted_record_is_not_replaced(self, world: World, properties: dict[str, Any]) -> None:
        """Somebody tidied up: an update without another wish spends no money again."""
        name = world.send("Create", properties)["PhysicalResourceId"]
        world.outsider.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        world.service.advance(60)
        world.outsider.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        answer = world.send("Update", with_tags(properties, a="b"), old=properties, PhysicalResourceId=name)
        assert answer["Status"] == "SUCCESS"
        assert answer["PhysicalResourceId"] == name
        assert answer["Data"]["HyperParameterTuningJobArn"].endswith(f":hyper-parameter-tuning-job/{name}")
        assert world.names() == []

    def test_tags_of_any_form_block_no_way_back(self, world: World, properties: dict[str, Any]) -> None:
        """The update that brought them has failed; its rollback sends them as the old ones, which don't matter."""
        good, bad = with_tags(properties, team="ml"), {**properties, "Tags": ["team", "ml"]}
        name = world.send("Create", good)["PhysicalResourceId"]
        failed = world.send("Update", bad, old=good, PhysicalResourceId=name)
        assert failed["Status"] == "FAILED"
        world.stack.now = "UPDATE_ROLLBACK_IN_PROGRESS"
        answer = world.send("Update", good, old=bad, PhysicalResourceId=name)
        assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", name)
        assert world.tags(name)["team"] == "ml"

    def test_renamed_job_is_a_new_one(self, world: World, named: dict[str, Any]) -> None:
        """Another given name is the way to change such a job."""
        world.send("Create", named)
        new = {**changed(named), "HyperParameterTuningJobName": "Weekly"}
        answer = world.send("Update", new, old=named, PhysicalResourceId="Nightly")
        assert answer["PhysicalResourceId"] == "Weekly"


class TestLog:
    """What is told where it is not what the event's name says."""

    def test_notes_say_what_was_found(
        self, world: World, properties: dict[str, Any], capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Adopted, gone, somebody else's, nothing there: the CLI shows it below a failure of the deployment."""
        event = world.event("Create", properties)
        name = world.deliver(event)["PhysicalResourceId"]
        world.deliver(event)
        world.send("Delete", properties, LogicalResourceId="Other", PhysicalResourceId=name)
        world.send("Delete", properties, PhysicalResourceId=name, ResponseURL=world.url(60))
        world.send("Delete", properties, PhysicalResourceId="nightly")
        world.send("Update", properties, old=properties, LogicalResourceId="Other", PhysicalResourceId=name)
        world.stack.now = "UPDATE_ROLLBACK_IN_PROGRESS"
        world.send("Update", changed(properties), old=properties, PhysicalResourceId="gone")
        told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        *notes, gone = [line["note"] for line in told if "note" in line]
        assert re.fullmatch("a rollback starts nothing, and there is no '[a-z0-9-]+' to return to", gone)
        assert notes == [
            f"'{name}' (InProgress) was started before for the same request: adopted",
            f"by its tags, the tuning job '{name}' does not belong to this resource: left alone",
            f"the tuning job '{name}' is younger than this deletion: left alone",
            "no tuning job to stop",
            "the request is unchanged, but its job is gone or not tagged as this resource's: nothing was done",
        ]


class TestDelete:
    """A resource that goes."""

    def test_stops_a_running_job_and_waits(self, world: World, properties: dict[str, Any]) -> None:
        """The answer comes when the job has stopped: its role and network may go next. The record stays."""
        name = world.send("Create", properties)["PhysicalResourceId"]
        answer = world.send("Delete", properties, PhysicalResourceId=name)
        assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", name)
        assert world.status(name) == "Stopped"

    def test_job_is_stopped_where_the_clocks_can_not_be_compared(
        self, world: World, properties: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """SageMaker's clock is an hour ahead, as in a sandbox that runs faster than life: the job isn't younger."""
        name = world.send("Create", properties)["PhysicalResourceId"]
        event = world.event("Delete", properties, PhysicalResourceId=name, ResponseURL=world.url(3600))
        now = FakeClock.now
        monkeypatch.setattr(FakeClock, "now", lambda clock: now(clock) - 3600)
        handler.answer_to(event, lambda: world.client, world.stack, FakeClock(world.service))
        assert world.status(name) == "Stopped"

    def test_ended_job_is_left_as_it_is(self, world: World, properties: dict[str, Any]) -> None:
        """Its deletion takes two calls, and the results stay."""
        name = world.send("Create", properties)["PhysicalResourceId"]
        world.service.advance(99_999)
        world.calls()
        assert world.send("Delete", properties, PhysicalResourceId=name)["Status"] == "SUCCESS"
        assert world.calls() == ["DescribeHyperParameterTuningJob", "ListTags"]
        assert world.status(name) == "Completed"

    def test_destroy_deletes_the_record_too(self, world: World, properties: dict[str, Any]) -> None:
        """Only when the removal policy says so."""
        properties["RemovalPolicy"] = "destroy"
        name = world.send("Create", properties)["PhysicalResourceId"]
        assert world.send("Delete", properties, PhysicalResourceId=name)["Status"] == "SUCCESS"
        assert world.names() == []

    @pytest.mark.parametrize("is_named", [False, True])
    def test_deletion_that_comes_again_leaves_the_next_job_of_that_name_alone(
        self, world: World, properties: dict[str, Any], named: dict[str, Any], *, is_named: bool
    ) -> None:
        """DESTROY has deleted the record, so that the resource has the same name when it is added again."""
        wish = {**(named if is_named else properties), "RemovalPolicy": "destroy"}
        name = world.send("Create", wish)["PhysicalResourceId"]
        world.service.advance(60)
        event = world.event("Delete", wish, PhysicalResourceId=name, ResponseURL=world.url())
        assert world.deliver(event)["Status"] == "SUCCESS"
        assert world.names() == []
        assert world.send("Create", wish)["PhysicalResourceId"] == name
        world.service.advance(3600)
        status = world.status(name)
        assert world.deliver(event)["Status"] == "SUCCESS"
        assert world.status(name) == status

    def test_deletion_that_comes_twice_at_a_time_leaves_the_next_job_of_that_name_alone(
        self, world: World, named: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """While this one waited, the other has deleted the record, and another resource's job took the name."""
        wish = {**named, "RemovalPolicy": "destroy"}
        world.send("Create", wish)

        def wait(_clock: FakeClock, seconds: float) -> None:
            world.service.advance(max(seconds, 40))
            if len(waits) == 0:
                world.outsider.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName="Nightly")
                world.send("Create", named, LogicalResourceId="Other")
            waits.append(seconds)

        waits: list[float] = []
        monkeypatch.setattr(FakeClock, "wait", wait)
        assert world.send("Delete", wish, PhysicalResourceId="Nightly")["Status"] == "SUCCESS"
        assert len(waits) == 1
        assert world.status("Nightly") == "InProgress"

    def test_deletion_that_comes_at_once_stops_a_job_by_a_clock_that_is_ahead(
        self, world: World, properties: dict[str, Any]
    ) -> None:
        """The signature has whole seconds, and the services' clocks may differ by some."""
        name = world.send("Create", properties)["PhysicalResourceId"]
        sent = {"PhysicalResourceId": name, "ResponseURL": world.url(seconds_ago=5)}
        assert world.send("Delete", properties, **sent)["Status"] == "SUCCESS"
        assert world.status(name) == "Stopped"

    def test_strangers_job_is_left_alone(self, world: World, named: dict[str, Any]) -> None:
        """Whatever id the event carries: without our tags, nothing happens to the job."""
        stranger(world, named, "Nightly")
        assert world.send("Delete", named, PhysicalResourceId="Nightly")["Status"] == "SUCCESS"
        assert world.status("Nightly") == "InProgress"

    def test_id_decides_and_not_the_properties(self, world: World, named: dict[str, Any]) -> None:
        """A clean-up deletes the old job by its id, whatever properties come with it; an id of no job deletes none."""
        world.send("Create", named)
        new = {**named, "HyperParameterTuningJobName": "Weekly"}
        world.send("Update", new, old=named, PhysicalResourceId="Nightly")
        assert world.send("Delete", new, PhysicalResourceId="Nightly")["Status"] == "SUCCESS"
        assert world.send("Delete", new, PhysicalResourceId="Daily")["Status"] == "SUCCESS"
        assert (world.status("Nightly"), world.status("Weekly")) == ("Stopped", "InProgress")

    def test_other_resources_job_is_left_alone(self, world: World, properties: dict[str, Any]) -> None:
        """The job of another resource of the same stack is not this one's."""
        name = world.send("Create", properties, LogicalResourceId="Other")["PhysicalResourceId"]
        assert world.send("Delete", properties, PhysicalResourceId=name)["Status"] == "SUCCESS"
        assert world.status(name) == "InProgress"

    def test_failed_creation_deletes_nothing(self, world: World, named: dict[str, Any]) -> None:
        """The marker of a failed creation leads to no job, not even to an earlier one of the same resource."""
        world.send("Create", named)
        marker = world.send("Create", named)["PhysicalResourceId"]
        assert world.send("Delete", named, PhysicalResourceId=marker)["Status"] == "SUCCESS"
        assert world.status("Nightly") == "InProgress"

    @pytest.mark.parametrize(
        "physical_id", ["Training-Tuning-1X2Y3Z4", "", "$" * 300], ids=["invented", "empty", "long"]
    )
    def test_invented_id_finds_the_job_of_a_crashed_creation(
        self, world: World, properties: dict[str, Any], physical_id: str
    ) -> None:
        """CloudFormation makes an id up for a creation that never answered; the job it may have started is stopped."""
        name = world.send("Create", properties)["PhysicalResourceId"]
        assert world.send("Delete", properties, PhysicalResourceId=physical_id)["Status"] == "SUCCESS"
        assert world.status(name) == "Stopped"

    def test_invented_id_leaves_a_kept_job_alone(self, world: World, properties: dict[str, Any]) -> None:
        """A job that RETAIN keeps has a mark, whoever looks for one."""
        world.service.configure(training_seconds=1e9)
        kept = world.send("Create", {**properties, "RemovalPolicy": "retain"})["PhysicalResourceId"]
        assert world.send("Delete", properties, PhysicalResourceId="Training-Tuning-1X2Y")["Status"] == "SUCCESS"
        assert world.status(kept) == "InProgress"

    def test_invented_id_leaves_a_strangers_job_alone(self, world: World, named: dict[str, Any]) -> None:
        """Which has the name that the resource wished for."""
        stranger(world, named, "Nightly")
        assert world.send("Delete", named, PhysicalResourceId="Training-Tuning-1X2Y")["Status"] == "SUCCESS"
        assert world.status("Nightly") == "InProgress"

    def test_invented_id_finds_its_job_however_late(self, world: World, properties: dict[str, Any]) -> None:
        """The first deletion failed, or another resource's took hours: the job of the creation still runs."""
        world.service.configure(training_seconds=1e9)
        name = world.send("Create", properties)["PhysicalResourceId"]
        world.service.advance(86_400)
        assert world.send("Delete", properties, PhysicalResourceId="Training-Tuning-1X2Y")["Status"] == "SUCCESS"
        assert world.status(name) == "Stopped"

    def test_invented_id_stops_the_jobs_of_all_creations_without_an_answer(
        self, world: World, properties: dict[str, Any]
    ) -> None:
        """With rollback disabled, one deployment after the other was given up while the creation was under way."""
        first = world.send("Create", properties)["PhysicalResourceId"]
        second = world.send("Create", properties)["PhysicalResourceId"]
        assert world.send("Delete", properties, PhysicalResourceId="Training-Tuning-1X2Y")["Status"] == "SUCCESS"
        assert (world.status(first), world.status(second)) == ("Stopped", "Stopped")

    @pytest.mark.parametrize(("seconds", "waits"), [(-1, False), (1, True)])
    def test_invented_id_waits_on_if_its_job_is_older_than_the_last_update(
        self, world: World, properties: dict[str, Any], seconds: int, *, waits: bool
    ) -> None:
        """With rollback disabled, an earlier creation has not answered either; its job proves nothing of this one's."""
        name = world.send("Create", properties)["PhysicalResourceId"]
        world.stack.updated = world.time() + timedelta(seconds=seconds)
        before = world.service.clock.now()
        assert world.send("Delete", properties, PhysicalResourceId="Training-Tuning-1X2Y")["Status"] == "SUCCESS"
        assert world.status(name) == "Stopped"
        assert (world.service.clock.now() - before > 800) == waits

    @pytest.mark.parametrize("removal", ["", "retain-except-on-create"])
    def test_invented_id_finds_the_job_that_an_earlier_delivery_has_stopped(
        self, world: World, properties: dict[str, Any], removal: str
    ) -> None:
        """It has ended before the next delivery, which would watch for it until none can appear any more."""
        properties = {**properties, "RemovalPolicy": removal}
        world.stack.updated = world.time()
        world.send("Create", properties)
        world.service.configure(stopping_seconds=50)
        before = world.service.clock.now()
        assert world.send("Delete", properties, PhysicalResourceId="Training-Tuning-1X2Y")["Status"] == "SUCCESS"
        assert world.service.clock.now() - before < 120

    @pytest.mark.parametrize("can_tell", [True, False])
    def test_invented_id_waits_on_if_what_has_ended_may_be_older_than_the_last_update(
        self, world: World, properties: dict[str, Any], *, can_tell: bool
    ) -> None:
        """The resource was removed and added again: its first job says nothing of the creation under way."""
        name = world.send("Create", properties)["PhysicalResourceId"]
        world.service.fail_job(name, "no data")
        world.service.advance(60)
        world.stack.updated = world.time() if can_tell else None
        before = world.service.clock.now()
        assert world.send("Delete", properties, PhysicalResourceId="Training-Tuning-1X2Y")["Status"] == "SUCCESS"
        assert world.service.clock.now() - before > 800

    @pytest.mark.parametrize(("stopping", "can_tell"), [(40, True), (40, False), (50, True)])
    def test_invented_id_stops_one_job_where_jobs_are_kept_once_they_are_created(
        self, world: World, properties: dict[str, Any], stopping: float, *, can_tell: bool
    ) -> None:
        """RETAIN_ON_UPDATE_OR_DELETE: an older one of that request was kept, however often the deletion comes."""
        world.service.configure(stopping_seconds=stopping, training_seconds=1e9)
        properties = {**properties, "RemovalPolicy": "retain-except-on-create"}
        kept = world.send("Create", properties)["PhysicalResourceId"]
        world.service.advance(60)
        world.stack.updated = world.time() if can_tell else None
        name = world.send("Create", properties)["PhysicalResourceId"]
        assert world.send("Delete", properties, PhysicalResourceId="Training-Tuning-1X2Y")["Status"] == "SUCCESS"
        assert (world.status(kept), world.status(name)) == ("InProgress", "Stopped")

    def test_invented_id_leaves_an_older_job_alone_where_jobs_are_kept_once_they_are_created(
        self, world: World, properties: dict[str, Any]
    ) -> None:
        """The creation was given up before it could start one."""
        world.service.configure(training_seconds=1e9)
        properties = {**properties, "RemovalPolicy": "retain-except-on-create"}
        kept = world.send("Create", properties)["PhysicalResourceId"]
        world.service.advance(60)
        world.stack.updated = world.time()
        assert world.send("Delete", properties, PhysicalResourceId="Training-Tuning-1X2Y")["Status"] == "SUCCESS"
        assert world.status(kept) == "InProgress"

    def test_invented_id_stops_an_older_job_if_the_resource_was_created_again(
        self, world: World, properties: dict[str, Any]
    ) -> None:
        """Rollback was disabled, and the next update deletes in its clean-up what the one before has left."""
        world.service.configure(training_seconds=1e9)
        properties = {**properties, "RemovalPolicy": "retain-except-on-create"}
        failed = world.send("Create", properties)["PhysicalResourceId"]
        world.service.advance(60)
        world.stack.updated = world.time()
        healthy = world.send("Create", properties)["PhysicalResourceId"]
        world.stack.ids["Tuning"] = healthy
        assert world.send("Delete", properties, PhysicalResourceId="Training-Tuning-1X2Y")["Status"] == "SUCCESS"
        assert (world.status(failed), world.status(healthy)) == ("Stopped", "InProgress")

    def test_invented_id_is_watched_for_from_the_time_at_which_its_deletion_was_sent(
        self, world: World, properties: dict[str, Any]
    ) -> None:
        """A delivery that comes late, or once more, has less to wait for."""
        before = world.service.clock.now()
        late = {"PhysicalResourceId": "Training-Tuning-1X2Y", "ResponseURL": world.url(500)}
        assert world.send("Delete", properties, **late)["Status"] == "SUCCESS"
        assert 300 < world.service.clock.now() - before < 325

    def test_invented_id_leaves_the_job_that_a_later_creation_has_answered_with(
        self, world: World, properties: dict[str, Any]
    ) -> None:
        """With rollback disabled the next deployment creates the resource again, and deletes the failed one then."""
        failed = world.send("Create", properties)["PhysicalResourceId"]
        world.service.advance(60)
        healthy = world.send("Create", properties)["PhysicalResourceId"]
        world.stack.ids["Tuning"] = healthy
        assert world.send("Delete", properties, PhysicalResourceId="Training-Tuning-1X2Y")["Status"] == "SUCCESS"
        assert (world.status(failed), world.status(healthy)) == ("Stopped", "InProgress")

    @pytest.mark.parametrize("name", ["weekly-Tuning-2026", "my-Tuning-x"])
    def test_name_that_looks_invented_is_a_name(self, world: World, named: dict[str, Any], name: str) -> None:
        """An owned job of exactly that name is stopped, and one of the given name that is gone is not waited for."""
        named = {**named, "HyperParameterTuningJobName": name}
        world.send("Create", named)
        assert world.send("Delete", named, PhysicalResourceId=name)["Status"] == "SUCCESS"
        assert world.status(name) == "Stopped"
        world.outsider.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        before = world.service.clock.now()
        assert world.send("Delete", named, PhysicalResourceId=name)["Status"] == "SUCCESS"
        assert world.service.clock.now() - before < 1

    @pytest.mark.parametrize(
        ("known", "status"),
        [("second", "Stopped"), ("first", "InProgress"), ("", "InProgress")],
        ids=["lost", "current", "unknown"],
    )
    def test_job_that_a_failed_rollback_has_left_is_stopped_with_the_one_that_replaced_it(
        self, world: World, properties: dict[str, Any], known: str, status: str
    ) -> None:
        """Once CloudFormation has lost sight of it; never the one that the resource has returned to."""
        first = world.send("Create", properties)["PhysicalResourceId"]
        second = world.send("Update", changed(properties), old=properties, PhysicalResourceId=first)[
            "PhysicalResourceId"
        ]
        world.stack.ids["Tuning"] = {"first": first, "second": second}.get(known, "")
        assert world.send("Delete", changed(properties), PhysicalResourceId=second)["Status"] == "SUCCESS"
        assert (world.status(first), world.status(second)) == (status, "Stopped")

    def test_jobs_that_several_failed_updates_have_left_are_stopped_together(
        self, world: World, properties: dict[str, Any]
    ) -> None:
        """One update after the other failed while rollback was disabled, and then the stack was deleted."""
        wishes = [changed(properties, number) for number in (7, 8, 9)]
        names = [world.send("Create", wishes[0])["PhysicalResourceId"]]
        for old, new in itertools.pairwise(wishes):
            answer = world.send("Update", new, old=old, PhysicalResourceId=names[-1])
            names.append(answer["PhysicalResourceId"])
        world.stack.ids["Tuning"] = names[-1]
        world.send("Delete", wishes[-1], PhysicalResourceId=names[-1])
        assert [world.status(name) for name in names] == ["Stopped"] * 3

    @pytest.mark.parametrize("fate", ["ended", "gone"])
    def test_search_for_replaced_jobs_ends_at_one_that_has_ended(
        self, world: World, properties: dict[str, Any], fate: str
    ) -> None:
        """It goes from each job that runs to the one before it; one without a record doesn't run either."""
        wishes = [changed(properties, number) for number in (7, 8, 9)]
        names = [world.send("Create", wishes[0])["PhysicalResourceId"]]
        for old, new in itertools.pairwise(wishes):
            answer = world.send("Update", new, old=old, PhysicalResourceId=names[-1])
            names.append(answer["PhysicalResourceId"])
        world.service.fail_job(names[1], "no data")
        if fate == "gone":
            world.outsider.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName=names[1])
        world.stack.ids["Tuning"] = names[2]
        world.send("Delete", wishes[2], PhysicalResourceId=names[2])
        assert [world.status(names[0]), world.status(names[2])] == ["InProgress", "Stopped"]

    def test_job_that_took_the_name_of_a_deleted_one_is_deleted_once(self, world: World, named: dict[str, Any]) -> None:
        """It replaces a job of its own name."""
        world.send("Create", named)
        world.service.fail_job("Nightly", "no data")
        world.outsider.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName="Nightly")
        second = {**changed(named), "RemovalPolicy": "destroy"}
        world.send("Update", second, old=named, PhysicalResourceId="Nightly")
        world.stack.ids["Tuning"] = "other"
        world.calls()
        world.send("Delete", second, PhysicalResourceId="Nightly")
        assert world.calls().count("StopHyperParameterTuningJob") == 1
        assert world.names() == []

    def test_kept_job_outlives_the_one_that_replaced_it(self, world: World, properties: dict[str, Any]) -> None:
        """RETAIN left it behind on purpose."""
        kept = {**properties, "RemovalPolicy": "retain"}
        first = world.send("Create", kept)["PhysicalResourceId"]
        second = world.send("Update", changed(kept), old=kept, PhysicalResourceId=first)["PhysicalResourceId"]
        world.stack.ids["Tuning"] = second
        world.send("Delete", changed(properties), PhysicalResourceId=second)
        assert (world.status(first), world.status(second)) == ("InProgress", "Stopped")

    def test_tags_of_any_form_stop_no_deletion(self, world: World, properties: dict[str, Any]) -> None:
        """A token in their place may be delivered as anything; a creation says so, a deletion doesn't need them."""
        name = world.send("Create", properties)["PhysicalResourceId"]
        wrong = {**properties, "Tags": ["team", "ml"]}
        answer = world.send("Create", wrong)
        assert answer["Status"] == "FAILED"
        assert "The tags must be a list of Key and Value. Write them out. Got ['team', 'ml']" in answer["Reason"]
        assert world.send("Delete", wrong, PhysicalResourceId=name)["Status"] == "SUCCESS"
        assert world.status(name) == "Stopped"

    def test_invented_id_leaves_a_job_of_another_request_alone(self, world: World, named: dict[str, Any]) -> None:
        """A creation whose given name was taken by an earlier, kept job of the resource has started none."""
        world.send("Create", named)
        answer = world.send("Delete", changed(named), PhysicalResourceId="Training-Tuning-1X2Y")
        assert answer["Status"] == "SUCCESS"
        assert world.status("Nightly") == "InProgress"

    def test_creation_under_way_is_waited_for(self, world: World, properties: dict[str, Any]) -> None:
        """A deletion can arrive before the creation has ended; that there is no job yet proves nothing."""
        before = world.service.clock.now()
        answer = world.send("Delete", properties, PhysicalResourceId="Training-Tuning-1X2Y3Z4")
        assert answer["Status"] == "SUCCESS"
        assert 800 < world.service.clock.now() - before < 825

    @pytest.mark.parametrize(
        ("code", "message"),
        [
            ("ValidationException", "The request was rejected because the training job is in status Stopped."),
            ("ValidationException", "It is already in a terminal state"),
            ("ResourceNotFound", "There is no such job"),
            ("AccessDeniedException", "No identity-based policy allows it"),
        ],
    )
    @pytest.mark.parametrize("operation", ["StopHyperParameterTuningJob", "DeleteHyperParameterTuningJob"])
    def test_refusal_counts_only_if_the_call_is_still_needed(
        self, world: World, properties: dict[str, Any], operation: str, code: str, message: str
    ) -> None:
        """A job that has ended, or is gone, is as the deletion wants it, whatever the refusal says."""
        properties["RemovalPolicy"] = "destroy"
        name = world.send("Create", properties)["PhysicalResourceId"]
        world.service.add_fault(Fault(operation=operation, code=code, message=message, after=True))
        before = world.service.clock.now()
        assert world.send("Delete", properties, PhysicalResourceId=name)["Status"] == "SUCCESS"
        assert world.names() == []
        assert world.service.clock.now() - before < 100

    @pytest.mark.parametrize("operation", ["StopHyperParameterTuningJob", "DeleteHyperParameterTuningJob"])
    def test_refusal_of_a_call_that_is_still_needed_is_told(
        self, world: World, properties: dict[str, Any], operation: str
    ) -> None:
        """Also if it says that the job had ended: the job's status decides."""
        properties["RemovalPolicy"] = "destroy"
        name = world.send("Create", properties)["PhysicalResourceId"]
        fault = Fault(operation=operation, code="ValidationException", message="It is already Stopped.", times=2)
        world.service.add_fault(fault)
        answer = world.send("Delete", properties, PhysicalResourceId=name)
        assert answer["Status"] == "FAILED"
        assert "ValidationException: It is already Stopped." in answer["Reason"]
        assert world.names() == [name]

    @pytest.mark.parametrize("operation", ["StopHyperParameterTuningJob", "DeleteHyperParameterTuningJob"])
    def test_busy_service_is_asked_again(self, world: World, properties: dict[str, Any], operation: str) -> None:
        """That the call is still needed doesn't end its retries."""
        properties["RemovalPolicy"] = "destroy"
        name = world.send("Create", properties)["PhysicalResourceId"]
        busy = Fault(operation=operation, code="ThrottlingException", message="Rate exceeded", times=9)
        world.service.add_fault(busy)
        assert world.send("Delete", properties, PhysicalResourceId=name)["Status"] == "SUCCESS"
        assert world.names() == []

    def test_marker_finds_the_job_of_its_own_creation(self, world: World, properties: dict[str, Any]) -> None:
        """A creation that failed although its call had taken effect, in an answer that was lost."""
        event = world.event("Create", properties)
        name = world.deliver(event)["PhysicalResourceId"]
        for event_id, status in (("another", "InProgress"), (event["RequestId"], "Stopped")):
            assert world.send("Delete", properties, PhysicalResourceId=f"not-created:{event_id}")["Status"] == "SUCCESS"
            assert world.status(name) == status

    def test_marker_leaves_the_job_alone_that_the_next_update_has_adopted(
        self, world: World, properties: dict[str, Any]
    ) -> None:
        """Rollback was disabled, so that the resource kept its marker; now the clean-up deletes that."""
        event = world.event("Create", properties)
        name = world.deliver(event)["PhysicalResourceId"]
        marker = f"not-created:{event['RequestId']}"
        answer = world.send("Update", properties, old=properties, PhysicalResourceId=marker)
        assert answer["PhysicalResourceId"] == name
        world.stack = FakeStack("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", {"Tuning": name})
        assert world.send("Delete", properties, PhysicalResourceId=marker)["Status"] == "SUCCESS"
        assert world.status(name) == "InProgress"

    def test_missing_job_is_as_good_as_deleted(self, world: World, properties: dict[str, Any]) -> None:
        """Somebody deleted the record: the deletion has nothing left to do, and looks at no other job."""
        name = world.send("Create", properties)["PhysicalResourceId"]
        answer = world.send("Delete", changed(properties), PhysicalResourceId="training-1a2b-tuning-000000000")
        assert answer["Status"] == "SUCCESS"
        assert world.status(name) == "InProgress"

    def test_fails_before_the_time_is_up(self, world: World, properties: dict[str, Any]) -> None:
        """Trainings that take long to end are told as such, while there is still time to tell."""
        world.service.configure(stopping_seconds=9999)
        name = world.send("Create", properties)["PhysicalResourceId"]
        answer = world.send("Delete", properties, PhysicalResourceId=name)
        assert answer["Status"] == "FAILED"
        assert answer["PhysicalResourceId"] == name
        assert "is still stopping" in answer["Reason"]
        world.service.advance(9999)
        assert world.send("Delete", properties, PhysicalResourceId=name)["Status"] == "SUCCESS"
