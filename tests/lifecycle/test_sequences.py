"""The sequences of events that CloudFormation documents, each once: the table of cloudformation.py, in its order."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from .account import CALM, DIES_ALWAYS, Account, Death, Mishaps, Trouble
from .cloudformation import PREPARATION_SECONDS, Again, Stack
from .promises import PREFIX, REQUEST_ID, TAG_KEYS, Properties, tags_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SMALL, LARGE = Properties(trainings=7), Properties(trainings=8)
NAMED, OTHER = Properties(name="Churn"), Properties(name="Other")
SLOW = Mishaps(delay=100)


class User:
    """Whoever deploys the stack, and waits for it."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.stack = Stack("Training", account)

    def deploy(
        self,
        *tunings: Properties,
        mishaps: Sequence[Mishaps] = (),
        other_fails: float | None = None,
        rollback: bool = True,
    ) -> str:
        """Deploy a stack of these tuning jobs, and answer the status it ends in."""
        template = dict(zip(("Tuning", "Second"), tunings, strict=False))
        self.stack.deploy(template, mishaps, other_fails, rollback=rollback)
        return self._wait()

    def destroy(self, mishaps: Sequence[Mishaps] = ()) -> str:
        """Delete the stack, and answer the status it ends in."""
        self.stack.destroy(mishaps)
        return self._wait()

    def statuses(self) -> list[str]:
        """The jobs' statuses, in the order of their starts."""
        return [launch.job.status for launch in self.account.promises.launches]

    def events(self) -> list[str]:
        """What CloudFormation has sent so far."""
        return [line.split()[4] for line in self.account.story if "CloudFormation sends" in line]

    def _wait(self) -> str:
        self.account.run(until=lambda: not self.stack.busy)
        self.account.promises.check([self.stack])
        return self.stack.status


@pytest.fixture
def user(account: Account) -> Iterator[User]:
    """A user, with an empty account; in the end every promise must have been kept."""
    user = User(account)
    yield user
    account.run()
    account.promises.check([user.stack])
    account.promises.verify()


class TestCreation:
    """A stack that is new."""

    def test_succeeds(self, user: User) -> None:
        """One event, one job."""
        assert user.deploy(SMALL) == "CREATE_COMPLETE"
        assert user.events() == ["Create"]
        assert user.statuses() == ["InProgress"]

    def test_fails(self, user: User) -> None:
        """The Delete carries the marker of the failed answer, and does not touch the stranger who has the name."""
        user.account.start_as_stranger("churn")
        assert user.deploy(NAMED) == "ROLLBACK_COMPLETE"
        assert user.events() == ["Create", "Delete"]
        assert user.account.jobs()["churn"].status == "InProgress"

    def test_is_never_answered(self, user: User) -> None:
        """The function started the job and dies, again and again: the Delete finds and stops it."""
        dies = Mishaps(deaths=(Death(0, after=True), *[Death(None)] * 8))
        assert user.deploy(SMALL, mishaps=[dies]) == "ROLLBACK_COMPLETE"
        assert user.account.timeline.passed() >= 1560
        assert user.events() == ["Create", "Delete"]
        assert user.statuses() == ["Stopped"]

    def test_dies_three_times(self, user: User) -> None:
        """Lambda hands the event over once more: the job is stopped, and the stack rolls back within minutes."""
        dies = Mishaps(deaths=(Death(0, after=True), Death(0), Death(0)))
        assert user.deploy(SMALL, mishaps=[dies]) == "ROLLBACK_COMPLETE"
        assert user.account.timeline.passed() < 300
        assert user.events() == ["Create", "Delete"]
        assert user.statuses() == ["Stopped"]

    def test_is_answered_at_the_second_try(self, user: User) -> None:
        """The same event finds the job that its first delivery has started."""
        assert user.deploy(SMALL, mishaps=[Mishaps(deaths=(Death(0, after=True),))]) == "CREATE_COMPLETE"
        assert user.statuses() == ["InProgress"]

    def test_is_given_up_while_it_runs(self, user: User) -> None:
        """Another resource fails, and the Delete arrives long before the job starts: it waits for it and stops it."""
        assert user.deploy(SMALL, mishaps=[SLOW], other_fails=1) == "ROLLBACK_COMPLETE"
        assert user.events() == ["Create", "Delete"]
        assert user.statuses() == ["Stopped"]

    def test_is_given_up_while_the_service_is_busy(self, user: User) -> None:
        """The event lay as long as it may, and SageMaker refuses for long: nothing starts once the Delete is done."""
        until = user.account.timeline.now() + 850
        error = "ThrottlingException", "Rate exceeded"
        user.account.troubles = [Trouble(("CreateHyperParameterTuningJob",), *error, until=until)]
        assert user.deploy(SMALL, mishaps=[Mishaps(delay=599)], other_fails=1) == "ROLLBACK_COMPLETE"
        user.account.run()
        assert user.statuses() == []

    def test_is_given_up_between_two_deliveries(self, user: User) -> None:
        """The function starts the job and dies, and the Delete comes before its second try: nothing starts again."""
        dies = Mishaps(deaths=(Death(0, after=True),))
        tuning = Properties(removal="destroy")
        assert user.deploy(tuning, mishaps=[dies], other_fails=1) == "ROLLBACK_COMPLETE"
        user.account.run()
        assert len(user.account.promises.launches) == 1

    def test_is_rolled_back_for_another_resource(self, user: User) -> None:
        """A job that has started well is stopped."""
        assert user.deploy(SMALL, other_fails=math.inf) == "ROLLBACK_COMPLETE"
        assert user.statuses() == ["Stopped"]

    def test_has_a_rollback_that_fails(self, user: User) -> None:
        """The trainings take too long to stop: the stack blocks, and is deleted later."""
        user.account.service.configure(stopping_seconds=1200)
        assert user.deploy(SMALL, other_fails=math.inf) == "ROLLBACK_FAILED"
        assert user.destroy() == "DELETE_COMPLETE"
        assert user.events() == ["Create", "Delete", "Delete"]
        assert user.statuses() == ["Stopped"]


class TestUpdate:
    """A stack that exists, with another template."""

    def test_replaces_a_changed_job(self, user: User) -> None:
        """The old job is stopped in the clean-up, when the new one runs."""
        user.deploy(SMALL)
        assert user.deploy(LARGE) == "UPDATE_COMPLETE"
        assert user.events() == ["Create", "Update", "Delete"]
        assert user.statuses() == ["Stopped", "InProgress"]

    def test_fails(self, user: User) -> None:
        """A given name can't be replaced: the second Update finds everything as it wishes."""
        user.deploy(NAMED)
        assert user.deploy(Properties(trainings=8, name="Churn")) == "UPDATE_ROLLBACK_COMPLETE"
        assert user.events() == ["Create", "Update", "Update"]
        assert user.statuses() == ["InProgress"]

    def test_is_never_answered(self, user: User) -> None:
        """The function started the new job and died: the second Update, which doesn't know its name, stops it."""
        user.deploy(SMALL)
        dies = Mishaps(deaths=(Death(None), Death(0), Death(0)))
        assert user.deploy(LARGE, mishaps=[dies]) == "UPDATE_ROLLBACK_COMPLETE"
        assert user.events() == ["Create", "Update", "Update"]
        assert user.statuses() == ["InProgress", "Stopping"]

    def test_is_never_answered_and_has_nothing_to_return_to(self, user: User) -> None:
        """As before, but the record of the old job is gone: what the update has started is stopped all the same."""
        user.deploy(NAMED)
        job = user.account.promises.launches[0].job
        user.account.fail(job)
        user.account.run(1000)
        user.account.delete_by_hand(job)
        dies = Mishaps(deaths=(Death(None), Death(0), Death(0)))
        assert user.deploy(LARGE, mishaps=[dies]) == "UPDATE_ROLLBACK_COMPLETE"
        assert user.statuses()[1] in ("Stopping", "Stopped")

    def test_is_rolled_back_for_another_resource(self, user: User) -> None:
        """The way back leads to the job that still runs, and the new one is stopped."""
        user.deploy(SMALL)
        assert user.deploy(LARGE, other_fails=math.inf) == "UPDATE_ROLLBACK_COMPLETE"
        assert user.events() == ["Create", "Update", "Update", "Delete"]
        assert user.statuses() == ["InProgress", "Stopped"]

    def test_is_rolled_back_to_a_job_that_somebody_stopped(self, user: User) -> None:
        """The way back leads to its record: a rollback spends no money."""
        user.deploy(SMALL)
        user.account.stop_by_hand(user.account.promises.launches[0].job)
        assert user.deploy(LARGE, other_fails=math.inf) == "UPDATE_ROLLBACK_COMPLETE"
        assert user.events() == ["Create", "Update", "Update", "Delete"]
        assert user.statuses() == ["Stopped", "Stopped"]

    def test_is_rolled_back_to_a_second_run(self, user: User) -> None:
        """The record of the first run is gone: the way back leads to the second, which still runs, all the same."""
        for tuning in (SMALL, LARGE, SMALL):
            user.deploy(tuning)
        user.account.run(1000)
        user.account.delete_by_hand(user.account.promises.launches[0].job)
        assert user.deploy(LARGE, other_fails=math.inf) == "UPDATE_ROLLBACK_COMPLETE"
        assert user.statuses() == ["Stopped", "Stopped", "InProgress", "Stopped"]

    @pytest.mark.parametrize("stopping_seconds", [40, 50])
    def test_gives_up_a_job_that_was_kept_before(self, user: User, stopping_seconds: float) -> None:
        """The Delete stops what the creation has started, and leaves the older job alone when it comes once more."""
        user.account.service.configure(stopping_seconds=stopping_seconds, training_seconds=1e9)
        kept = Properties(removal="retain-except-on-create")
        user.deploy(SMALL, kept)
        user.deploy(SMALL)
        assert user.deploy(SMALL, kept, mishaps=[SLOW], other_fails=1) == "UPDATE_ROLLBACK_COMPLETE"
        assert user.statuses() == ["InProgress", "InProgress", "Stopped"]

    @pytest.mark.parametrize("name", [None, "Churn"])
    def test_removes_a_resource_and_adds_it_again(self, user: User, name: str | None) -> None:
        """Lambda delivers the deletion once more when the next job has the name, which DESTROY has set free."""
        destroyed = Properties(name=name, removal="destroy")
        user.deploy(SMALL, destroyed)
        user.deploy(SMALL, mishaps=[Mishaps(again=400)])
        user.deploy(SMALL, destroyed)
        user.account.run(1000)
        assert user.statuses() == ["InProgress", "Stopped", "InProgress"]

    def test_gives_up_a_new_resource_while_it_runs(self, user: User) -> None:
        """The Delete with an invented id comes in the clean-up, and waits for the creation."""
        user.deploy(SMALL)
        assert user.deploy(SMALL, LARGE, mishaps=[SLOW], other_fails=1) == "UPDATE_ROLLBACK_COMPLETE"
        assert user.events() == ["Create", "Create", "Delete"]
        assert user.statuses() == ["InProgress", "Stopped"]

    def test_has_a_clean_up_that_fails(self, user: User) -> None:
        """CloudFormation tries three times, and forgets the old job; it had been told to stop all the same."""
        user.deploy(SMALL)
        user.account.service.configure(stopping_seconds=5000)
        assert user.deploy(LARGE) == "UPDATE_COMPLETE"
        assert user.events() == ["Create", "Update", "Delete", "Delete", "Delete"]
        assert user.statuses() == ["Stopping", "InProgress"]

    def test_has_a_rollback_that_fails(self, user: User) -> None:
        """The function dies on the way back: the stack blocks until the rollback is continued."""
        user.deploy(SMALL)
        mishaps = [CALM, DIES_ALWAYS]
        assert user.deploy(LARGE, mishaps=mishaps, other_fails=math.inf) == "UPDATE_ROLLBACK_FAILED"
        assert user.deploy(SMALL) == "UPDATE_ROLLBACK_COMPLETE"
        assert user.events() == ["Create", "Update", "Update", "Update", "Delete"]
        assert user.statuses()[1:] == ["Stopped"]

    def test_changes_tags_in_place(self, user: User) -> None:
        """The job goes on, with other tags."""
        user.deploy(Properties(tags=(("team", "ml"), ("stage", "dev"))))
        assert user.deploy(Properties(tags=(("team", "nlp"),))) == "UPDATE_COMPLETE"
        [launch] = user.account.promises.launches
        assert launch.job.status == "InProgress"
        assert {key: value for key, value in tags_of(launch.job).items() if key != TAG_KEYS} == {
            **launch.owned,
            "team": "nlp",
        }

    @pytest.mark.parametrize("count", [24, 46])
    def test_changes_as_many_tags_as_there_may_be(self, user: User, count: int) -> None:
        """All of them are others, and none again when the update is rolled back; the job is kept beside them."""
        before, after = (tuple((f"{key}{number}", "v") for number in range(count)) for key in ("old", "new"))
        user.deploy(Properties(tags=before, removal="retain"))
        assert user.deploy(Properties(tags=after, removal="retain"), other_fails=math.inf) == "UPDATE_ROLLBACK_COMPLETE"
        assert user.deploy(Properties(tags=after, removal="retain")) == "UPDATE_COMPLETE"
        [launch] = user.account.promises.launches
        assert {key: value for key, value in tags_of(launch.job).items() if not key.startswith(PREFIX)} == dict(after)

    def test_returns_to_a_job_with_other_tags(self, user: User) -> None:
        """It was given them in its earlier life, and none of the wish in between."""
        user.account.service.configure(training_seconds=1)
        user.deploy(Properties(tags=(("team", "ml"), ("stage", "dev"))))
        [first] = user.account.promises.launches
        user.account.run(1000)
        user.account.tag_by_hand(first.job)
        user.deploy(LARGE)
        assert user.deploy(Properties(tags=(("stage", "test"),))) == "UPDATE_COMPLETE"
        users = {key: value for key, value in tags_of(first.job).items() if not key.startswith(PREFIX)}
        assert users == {"stage": "test", "by-hand": "x"}

    @pytest.mark.parametrize(
        ("seconds", "status"), [(60, "UPDATE_COMPLETE"), (1e9, "UPDATE_ROLLBACK_COMPLETE")], ids=["a-minute", "forever"]
    )
    @pytest.mark.parametrize(
        "error", [("Throttling", "Rate exceeded"), ("AccessDenied", "cloudformation:DescribeStacks")]
    )
    def test_asks_cloudformation_for_so_long_that_the_job_can_still_start(
        self, user: User, seconds: float, status: str, error: tuple[str, str]
    ) -> None:
        """A policy that denies the question forever fails the update, and its rollback has nothing to ask."""
        user.deploy(SMALL)
        began = user.account.timeline.now()
        user.account.troubles = [Trouble(("DescribeStacks", "DescribeStackResource"), *error, until=began + seconds)]
        assert user.deploy(LARGE) == status
        assert user.account.timeline.now() - began < 400
        assert user.statuses() == (["Stopped", "InProgress"] if status == "UPDATE_COMPLETE" else ["InProgress"])

    def test_goes_back_from_tags_that_are_none(self, user: User) -> None:
        """A token became something else: the update fails, and the rollback doesn't."""
        user.deploy(Properties(tags=(("team", "ml"),)))
        assert user.deploy(Properties(broken_tags=True)) == "UPDATE_ROLLBACK_COMPLETE"
        assert user.events() == ["Create", "Update", "Update"]
        assert user.statuses() == ["InProgress"]

    def test_starts_nothing_for_tags_of_a_job_that_is_gone(self, user: User) -> None:
        """Somebody deleted the record: nobody has asked for another job."""
        user.deploy(SMALL)
        job = user.account.promises.launches[0].job
        user.account.fail(job)
        user.account.run(1000)
        user.account.delete_by_hand(job)
        assert user.deploy(Properties(tags=(("team", "ml"),))) == "UPDATE_COMPLETE"
        assert user.account.jobs() == {}

    def test_launches_again_for_another_run(self, user: User) -> None:
        """The same request with another run is another job."""
        user.deploy(SMALL)
        assert user.deploy(Properties(run="2")) == "UPDATE_COMPLETE"
        assert user.statuses() == ["Stopped", "InProgress"]

    def test_removes_a_resource(self, user: User) -> None:
        """Its job is stopped, the other one is not."""
        user.deploy(SMALL, LARGE)
        assert user.deploy(SMALL) == "UPDATE_COMPLETE"
        assert user.events() == ["Create", "Create", "Delete"]
        assert user.statuses() == ["InProgress", "Stopped"]

    @pytest.mark.parametrize("name", ["Churn2", None])
    def test_renames_a_job(self, user: User, name: str | None) -> None:
        """The policy has the new name alone when the old job is looked at, and when it is stopped."""
        user.deploy(NAMED)
        assert user.deploy(Properties(trainings=8, name=name)) == "UPDATE_COMPLETE"
        assert user.statuses() == ["Stopped", "InProgress"]

    @pytest.mark.parametrize("rolled_back", [False, True])
    def test_renames_a_job_away_and_back(self, user: User, *, rolled_back: bool) -> None:
        """The clean-up, or the rollback, has stopped the first job of that name: it can't be had again."""
        away, back = (NAMED, OTHER) if rolled_back else (OTHER, NAMED)
        user.deploy(NAMED)
        user.deploy(OTHER, other_fails=math.inf if rolled_back else None)
        assert user.deploy(back) == "UPDATE_ROLLBACK_COMPLETE"
        running = {launch.job.name for launch in user.account.promises.launches if launch.job.status == "InProgress"}
        assert running == {away.name}

    def test_renames_a_job_and_is_rolled_back(self, user: User) -> None:
        """The old policy is in force again when the new job is stopped."""
        user.deploy(NAMED)
        assert user.deploy(Properties(trainings=8, name="Churn2"), other_fails=math.inf) == "UPDATE_ROLLBACK_COMPLETE"
        assert user.statuses() == ["InProgress", "Stopped"]

    def test_renames_a_job_that_has_ended_and_is_rolled_back(self, user: User) -> None:
        """The old name is the resource's own, whatever has become of its job."""
        user.deploy(NAMED)
        user.account.fail(user.account.promises.launches[0].job)
        assert user.deploy(Properties(trainings=8, name="Churn2"), other_fails=math.inf) == "UPDATE_ROLLBACK_COMPLETE"
        assert user.statuses() == ["Failed", "Stopped"]

    def test_removes_a_named_job_beside_another(self, user: User) -> None:
        """No name of it is left in the policy, and it is stopped all the same."""
        user.deploy(SMALL, NAMED)
        assert user.deploy(SMALL) == "UPDATE_COMPLETE"
        assert user.statuses() == ["InProgress", "Stopped"]

    def test_adds_a_named_job_and_is_rolled_back(self, user: User) -> None:
        """The old policy never had its name."""
        user.deploy(SMALL)
        assert user.deploy(SMALL, NAMED, other_fails=math.inf) == "UPDATE_ROLLBACK_COMPLETE"
        assert user.statuses() == ["InProgress", "Stopped"]

    @pytest.mark.parametrize("reverses_after", [0.0, 0.7, 1.4, 5.0])
    @pytest.mark.parametrize("delay", [0.0, 1.0, 30.0, 300.0])
    def test_is_given_up_while_it_runs(self, user: User, reverses_after: float, delay: float) -> None:
        """Whichever comes first, the new job or the rollback's look for it: it does not run on."""
        user.deploy(SMALL)
        user.stack.reverses_after = reverses_after
        mishaps = [Mishaps(delay=delay)]
        assert user.deploy(LARGE, mishaps=mishaps, other_fails=0.5) == "UPDATE_ROLLBACK_COMPLETE"
        user.account.run()
        assert user.statuses()[0] == "InProgress"
        assert set(user.statuses()[1:]) <= {"Stopped"}

    def test_is_left_failed_and_deployed_again(self, user: User) -> None:
        """With rollback disabled the failed resource keeps its job until the next deployment changes it."""
        user.deploy(SMALL)
        user.account.service.configure(max_tuning_jobs=1)
        assert user.deploy(LARGE, rollback=False) == "UPDATE_FAILED"
        user.account.service.configure(max_tuning_jobs=100)
        assert user.deploy(LARGE) == "UPDATE_COMPLETE"
        assert user.statuses() == ["Stopped", "InProgress"]


class TestDisabledRollback:
    """A stack that keeps what has failed, for the next deployment."""

    @pytest.mark.parametrize("again", Again)
    def test_creates_what_has_failed(self, user: User, again: Again) -> None:
        """In whatever order CloudFormation creates it again and deletes what has failed."""
        user.stack.again = again
        user.account.service.configure(max_tuning_jobs=0)
        assert user.deploy(SMALL, rollback=False) == "CREATE_FAILED"
        user.account.service.configure(max_tuning_jobs=100)
        assert user.deploy(SMALL) == "UPDATE_COMPLETE"
        assert user.statuses() == ["InProgress"]

    @pytest.mark.parametrize("again", [Again.CREATE_THEN_DELETE, Again.DELETE_THEN_CREATE])
    def test_stops_the_job_of_a_creation_that_was_given_up(self, user: User, again: Again) -> None:
        """The deletion of the failed resource finds its own job, and not the healthy one of the same request."""
        user.stack.again = again
        assert user.deploy(SMALL, mishaps=[SLOW], other_fails=1, rollback=False) == "CREATE_FAILED"
        user.account.run(1000)
        assert user.deploy(SMALL) == "UPDATE_COMPLETE"
        assert user.statuses() == ["Stopped", "InProgress"]

    @pytest.mark.parametrize("has_started", [False, True])
    def test_updates_a_creation_that_was_never_answered(self, user: User, *, has_started: bool) -> None:
        """The update carries an invented id, which is no job's: it starts the job, or adopts that of the creation."""
        user.stack.again = Again.UPDATE
        user.account.service.configure(training_seconds=1e9)
        dies = Mishaps(deaths=(Death(0, after=has_started), *[Death(0)] * 5, *[Death(None)] * 3))
        assert user.deploy(SMALL, mishaps=[dies], rollback=False) == "CREATE_FAILED"
        assert user.deploy(SMALL) == "UPDATE_COMPLETE"
        assert user.events() == ["Create", "Update", "Delete"]
        assert user.statuses() == ["InProgress"]

    def test_stops_the_jobs_of_two_creations_that_were_given_up(self, user: User) -> None:
        """The second job starts when the deletion has found the first already."""
        assert user.deploy(SMALL, mishaps=[SLOW], other_fails=1, rollback=False) == "CREATE_FAILED"
        user.account.run(1000)
        assert user.deploy(SMALL, mishaps=[SLOW], other_fails=1) == "UPDATE_ROLLBACK_COMPLETE"
        assert user.statuses() == ["Stopped", "Stopped"]

    def test_adopts_the_job_of_a_creation_that_could_not_see_it(self, user: User) -> None:
        """The clean-up deletes the marker of the failed creation, and not the job."""
        user.stack.again = Again.UPDATE
        assert user.deploy(SMALL, mishaps=[Mishaps(lost=(0,), unseen=300)], rollback=False) == "CREATE_FAILED"
        assert user.deploy(SMALL) == "UPDATE_COMPLETE"
        assert user.events() == ["Create", "Update", "Delete"]
        assert user.statuses() == ["InProgress"]

    def test_stops_the_job_of_a_creation_that_was_given_up_beside_the_kept_one(self, user: User) -> None:
        """Jobs are kept once they are created, and this one never was."""
        user.account.service.configure(training_seconds=1e9)
        user.deploy(LARGE)
        kept = Properties(removal="retain-except-on-create")
        assert user.deploy(LARGE, kept, mishaps=[SLOW], other_fails=1, rollback=False) == "UPDATE_FAILED"
        user.account.run(1000)
        assert user.deploy(LARGE, kept) == "UPDATE_COMPLETE"
        assert user.statuses() == ["InProgress", "Stopped", "InProgress"]

    @pytest.mark.parametrize("seconds", [3600.0, 86_400.0])
    def test_is_deleted_much_later(self, user: User, seconds: float) -> None:
        """The job of the creation that never answered still runs, and is stopped."""
        user.account.service.configure(training_seconds=1e9)
        assert user.deploy(SMALL, mishaps=[SLOW], other_fails=1, rollback=False) == "CREATE_FAILED"
        user.account.run(seconds)
        assert user.destroy() == "DELETE_COMPLETE"
        assert user.statuses() == ["Stopped"]


class TestDeletion:
    """A stack that goes."""

    def test_comes_late(self, user: User) -> None:
        """Another resource of the stack takes hours to go."""
        user.account.service.configure(training_seconds=1e9)
        user.stack.deletes_after = 3 * 3600
        assert user.deploy(SMALL, mishaps=[SLOW], other_fails=1) == "ROLLBACK_COMPLETE"
        assert user.statuses() == ["Stopped"]

    def test_follows_a_rollback_that_has_failed(self, user: User) -> None:
        """CloudFormation knows the new job alone: the old one, which still runs, is stopped with it."""
        user.deploy(SMALL)
        assert user.deploy(LARGE, mishaps=[CALM, DIES_ALWAYS], other_fails=math.inf) == "UPDATE_ROLLBACK_FAILED"
        assert user.destroy() == "DELETE_COMPLETE"
        assert user.statuses() == ["Stopped", "Stopped"]

    def test_follows_a_rollback_that_has_failed_for_another_job(self, user: User) -> None:
        """The first has its old job again, CloudFormation knows of no other, and there was no clean-up."""
        user.deploy(SMALL, SMALL)
        mishaps = [CALM, CALM, CALM, DIES_ALWAYS]
        assert user.deploy(LARGE, LARGE, mishaps=mishaps, other_fails=math.inf) == "UPDATE_ROLLBACK_FAILED"
        assert user.destroy() == "DELETE_COMPLETE"
        assert user.statuses() == ["Stopped"] * 4

    def test_leaves_what_is_retained_to_a_late_deletion(self, user: User) -> None:
        """A kept job of the very request has a mark."""
        user.account.service.configure(training_seconds=1e9)
        user.deploy(Properties(removal="retain"))
        user.deploy(LARGE)
        assert user.deploy(LARGE, SMALL, mishaps=[SLOW], other_fails=1) == "UPDATE_ROLLBACK_COMPLETE"
        assert user.statuses()[0] == "InProgress"

    def test_stops_what_runs(self, user: User) -> None:
        """The record stays."""
        user.deploy(SMALL)
        assert user.destroy() == "DELETE_COMPLETE"
        assert user.statuses() == ["Stopped"]
        assert len(user.account.jobs()) == 1

    def test_destroys_what_it_may(self, user: User) -> None:
        """With the removal policy DESTROY the record goes too."""
        user.deploy(Properties(removal="destroy"))
        assert user.destroy() == "DELETE_COMPLETE"
        assert user.account.jobs() == {}

    @pytest.mark.parametrize("lost", range(9))
    def test_destroys_what_it_may_although_an_answer_is_lost(self, user: User, lost: int) -> None:
        """A record that is gone has no tags, so that the policy denies to delete it once more."""
        user.account.service.configure(stopping_seconds=5)
        user.deploy(Properties(removal="destroy"))
        began = user.account.timeline.now()
        assert user.destroy([Mishaps(lost=(lost,), lost_as="timeout")]) == "DELETE_COMPLETE"
        assert user.account.jobs() == {}
        # A call of which the answer is lost takes ten seconds, after which the event has to come once more.
        assert user.account.timeline.now() - began < PREPARATION_SECONDS + 90

    def test_leaves_what_is_retained(self, user: User) -> None:
        """With the removal policy RETAIN there is no event, and the job goes on."""
        user.deploy(Properties(removal="retain"))
        assert user.destroy() == "DELETE_COMPLETE"
        assert user.events() == ["Create"]
        assert user.statuses() == ["InProgress"]

    def test_fails_and_is_repeated(self, user: User) -> None:
        """The stack blocks while trainings are stopping, and goes when they have stopped."""
        user.deploy(SMALL)
        user.account.service.configure(stopping_seconds=1200)
        assert user.destroy() == "DELETE_FAILED"
        assert user.destroy() == "DELETE_COMPLETE"
        assert user.statuses() == ["Stopped"]

    def test_is_survived_by_a_strangers_job(self, user: User) -> None:
        """Somebody deleted our record and took the name: that job is not ours to stop."""
        user.deploy(NAMED)
        job = user.account.promises.launches[0].job
        user.account.run(4000)
        user.account.delete_by_hand(job)
        user.account.start_as_stranger("CHURN")
        assert user.destroy() == "DELETE_COMPLETE"
        assert user.account.jobs()["churn"].status == "InProgress"

    def test_comes_back_as_another_stack(self, user: User) -> None:
        """Deployed again, the stack has another id, and its job another name."""
        user.deploy(SMALL)
        user.destroy()
        assert user.deploy(SMALL) == "CREATE_COMPLETE"
        first, second = user.account.promises.launches
        assert (first.job.status, second.job.status) == ("Stopped", "InProgress")
        assert first.owned[REQUEST_ID] != second.owned[REQUEST_ID]
