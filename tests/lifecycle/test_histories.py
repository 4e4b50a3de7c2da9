"""Whole histories at random: nothing that CloudFormation, Lambda, SageMaker or a colleague does makes it hurt.

A failing history is printed as a story, one line for each event, call and answer, and as the steps to repeat it.
HYPOTHESIS_PROFILE=long looks at more and longer ones.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from .account import Account, Death, Mishaps, Trouble
from .cloudformation import Again, Stack
from .promises import LOGICAL_ID, STACK_ID, Properties

if TYPE_CHECKING:
    from sandbox.sagemaker.models import TuningJob

STACKS = ("Training", "Training", "Weekly")
_CREATE, _DESCRIBE, _STOP = (f"{verb}HyperParameterTuningJob" for verb in ("Create", "Describe", "Stop"))
_STACK = ("DescribeStacks", "DescribeStackResource")
ERRORS = {
    "throttled": ("ThrottlingException", "Rate exceeded"),
    "denied": ("AccessDeniedException", "User is not authorized to perform this."),
    "wrong": ("ValidationException", "Something about the request is wrong, and it takes long to say what: “…”. " * 60),
}

MOST, OTHERS = (tuple((f"{key}{number}", "x") for number in range(count)) for key, count in (("k", 46), ("o", 24)))
"""As many tags as a user may have, and so many others that a job has no room for both."""

properties = st.builds(
    Properties,
    trainings=st.sampled_from([7, 8]),
    run=st.sampled_from(["", "", "2"]),
    name=st.sampled_from([None, None, None, "Churn", "churn", "Other"]),
    tags=st.sampled_from([(), (), (("team", "ml"),), (("team", "nlp"), ("stage", "dev")), OTHERS, MOST]),
    removal=st.sampled_from(["stop", "stop", "stop", "destroy", "retain", "retain-except-on-create"]),
    broken_tags=st.sampled_from([*[False] * 9, True]),
)
templates = st.fixed_dictionaries({"Tuning": properties}, optional={"Second": properties})
# Call 0 is the start of a new resource's job, call 7 that of a changed one's.
calls = st.sampled_from([0, 0, 7, 7, 1, 2, 3, 4, 5, 6, 8, 9])
deaths = st.one_of(st.builds(Death, calls, after=st.sampled_from([True, True, False])), st.just(Death(None)))
ends = st.one_of(
    st.tuples(deaths), st.tuples(deaths, deaths), st.tuples(deaths, deaths, deaths), st.tuples(*[deaths] * 4)
)
lost = st.lists(calls, min_size=1, max_size=3, unique=True).map(tuple)
lost_as = st.sampled_from(["connection", "timeout", "error"])
delay = st.sampled_from([1.0, 100.0, 599.0])
latency = st.sampled_from([0.2, 1.0, 7.0])
again = st.sampled_from([0.1, 1.0, 30.0, 400.0, 4000.0])
unseen = st.sampled_from([20.0, 300.0])
mishaps = st.one_of(
    st.just(Mishaps()),
    st.builds(Mishaps, delay=delay, latency=latency),
    st.builds(Mishaps, deaths=ends),
    st.builds(Mishaps, lost=lost, lost_as=lost_as),
    st.builds(Mishaps, again=again, latency=latency),
    st.builds(Mishaps, lost=lost, unseen=unseen),
    st.builds(Mishaps, ends, lost, lost_as, delay, latency, st.none() | again, unseen),
)
several_mishaps: st.SearchStrategy[list[Mishaps]] = st.just([]) | st.lists(mishaps, max_size=4)
changes = st.sampled_from(
    [
        {"trainings": 7},
        {"trainings": 8},
        {"run": "3"},
        {"name": "Churn"},
        {"name": None},
        {"tags": ()},
        {"tags": (("team", "it"),)},
        {"removal": "destroy"},
        {"broken_tags": True},
    ]
)
later_failures = st.none() | st.sampled_from([None, math.inf, 0.0, 0.15, 1.0, 50.0, 200.0])
a_while = st.sampled_from([math.inf, math.inf, 0.0, 2.0, 65.0, 700.0])
habits = st.fixed_dictionaries(
    {
        "reverses_after": st.sampled_from([0.0, 0.0, 0.7, 1.4, 5.0]),
        "deletes_after": st.sampled_from([0.0, 0.0, 0.0, 3600.0, 86400.0]),
        "again": st.sampled_from(Again),
    }
)


class Histories(RuleBasedStateMachine):
    """Two stacks, their user, and everybody else in the account."""

    def __init__(self) -> None:
        super().__init__()
        self.account = Account()
        self.stacks = {name: Stack(name, self.account) for name in sorted(set(STACKS))}

    def teardown(self) -> None:
        """Let everything come to its end, look once more, and leave."""
        try:
            self.account.run()
            self._check()
        finally:
            self.account.close()

    @initialize(template=templates)
    def begin(self, template: dict[str, Properties]) -> None:
        """One stack is there already: most of what can hurt needs something to hurt."""
        self.deploy("Training", template, [], None, math.inf)

    @rule(
        name=st.sampled_from(STACKS),
        template=templates,
        mishaps=several_mishaps,
        other_fails=later_failures,
        seconds=a_while,
        rollback=st.sampled_from([True, True, True, False]),
    )
    def deploy_anew(  # noqa: PLR0913, PLR0917 – what hypothesis draws
        self,
        name: str,
        template: dict[str, Properties],
        mishaps: list[Mishaps],
        other_fails: float | None,
        seconds: float,
        rollback: bool,  # noqa: FBT001
    ) -> None:
        """The user deploys a stack, and waits for it or goes on meanwhile."""
        self.deploy(name, template, mishaps, other_fails, seconds, rollback=rollback)

    def deploy(  # noqa: PLR0913
        self,
        name: str,
        template: dict[str, Properties],
        mishaps: list[Mishaps],
        other_fails: float | None,
        seconds: float,
        *,
        rollback: bool = True,
    ) -> None:
        """Deploy a stack, once what it is busy with is over."""
        stack = self._idle(name)
        stack.deploy(template, mishaps, other_fails, rollback=rollback)
        self.account.run(seconds, until=lambda: not stack.busy)

    @rule(
        name=st.sampled_from(STACKS),
        change=changes,
        mishaps=several_mishaps,
        other_fails=later_failures,
    )
    def change_one_thing(
        self, name: str, change: dict[str, Any], mishaps: list[Mishaps], other_fails: float | None
    ) -> None:
        """The user changes a single property of a tuning job, deploys, and waits."""
        stack = self._idle(name)
        template = {logical_id: resource.properties for logical_id, resource in stack.resources.items()}
        tuning = template.get("Tuning", Properties())
        self.deploy(name, {**template, "Tuning": replace(tuning, **change)}, mishaps, other_fails, math.inf)

    @rule(name=st.sampled_from(STACKS), away=st.sampled_from(["Weekly", None]), other_fails=later_failures)
    def rename_and_back(self, name: str, away: str | None, other_fails: float | None) -> None:
        """The user gives a named tuning job another name or none, and takes that back with the next deployment."""
        stack = self._idle(name)
        template = {logical_id: resource.properties for logical_id, resource in stack.resources.items()}
        named = replace(template.get("Tuning", Properties()), name="Churn")
        for tuning, fails in ((named, None), (replace(named, name=away), other_fails), (named, None)):
            self.deploy(name, {**template, "Tuning": tuning}, [], fails, math.inf)

    @rule(name=st.sampled_from(STACKS), second=properties, mishaps=mishaps, seconds=st.sampled_from([0.0, 0.0, 60.0]))
    def remove_and_add(self, name: str, second: Properties, mishaps: Mishaps, seconds: float) -> None:
        """The user takes a tuning job out, and something goes wrong with its deletion; then it is put back.

        DESTROY has set its name free.
        """
        stack = self._idle(name)
        second = replace(second, removal="destroy")
        others = {key: resource.properties for key, resource in stack.resources.items() if key != "Second"}
        for template, mishap in (({**others, "Second": second}, None), (others, mishaps)):
            self.deploy(name, template, [mishap] if mishap else [], None, math.inf)
        self.account.run(seconds)
        self.deploy(name, {**others, "Second": second}, [], None, math.inf)

    @rule(name=st.sampled_from(STACKS), mishaps=several_mishaps, seconds=a_while)
    def destroy(self, name: str, mishaps: list[Mishaps], seconds: float) -> None:
        """The user deletes a stack, and waits for it or goes on meanwhile."""
        stack = self._idle(name)
        stack.destroy(mishaps)
        self.account.run(seconds, until=lambda: not stack.busy)

    @rule(seconds=st.sampled_from([0.1, 1.0, 10.0, 60.0, 200.0, 900.0, 4000.0]))
    def let_time_pass(self, seconds: float) -> None:
        """What is under way goes on, and jobs come to their ends."""
        self.account.run(seconds)

    @rule(
        operations=st.sampled_from(
            [(_CREATE,), (_DESCRIBE,), (_STOP,), ("ListTags",), (_CREATE, _DESCRIBE, "AddTags"), _STACK, _STACK]
        ),
        error=st.sampled_from(["throttled", *ERRORS]),
        seconds=st.sampled_from([5.0, 60.0, 170.0, 1000.0]),
    )
    def refuse(self, operations: tuple[str, ...], error: str, seconds: float) -> None:
        """A service is busy, or a permission is missing, or it does not like the request, for a while."""
        self.account.tell(f"for {seconds} s, {operations} answer {ERRORS[error][0]}")
        self.account.troubles = [Trouble(operations, *ERRORS[error], until=self.account.timeline.now() + seconds)]

    @rule(
        limits=st.one_of(
            st.builds(dict, max_tuning_jobs=st.sampled_from([0, 1, 2, 100, 100])),
            st.builds(dict, stopping_seconds=st.sampled_from([5.0, 40.0, 880.0, 5000.0])),
            st.builds(dict, training_seconds=st.sampled_from([8.0, 450.0, 11_000.0])),
        )
    )
    def reconfigure(self, limits: dict[str, Any]) -> None:
        """The account's quota is another, or trainings take longer to stop, or to complete."""
        self.account.tell(f"from now on {limits}")
        self.account.service.configure(**limits)

    @rule(name=st.sampled_from(STACKS), habits=habits)
    def meet_other_habits(self, name: str, habits: dict[str, Any]) -> None:
        """CloudFormation takes its time, or other resources of the stack do."""
        self.account.tell(f"{name}: from now on {habits}")
        vars(self.stacks[name]).update(habits)

    @rule(concurrency=st.sampled_from([1, 2, math.inf, math.inf]), spreading=st.sampled_from([0.0, 0.0, 8.0, 40.0]))
    def change_the_account(self, concurrency: float, spreading: float) -> None:
        """Few functions may run at a time, or it takes longer until a changed policy is known everywhere."""
        self.account.tell(f"from now on {concurrency} functions run at a time, and policies spread for {spreading} s")
        self.account.concurrency, self.account.spreading = concurrency, spreading

    @rule(name=st.sampled_from(["CHURN", "churn", "other", "theirs"]))
    def stranger_starts(self, name: str) -> None:
        """Somebody else uses a name, in a spelling of their own."""
        self.account.start_as_stranger(name)

    @rule(data=st.data(), what=st.sampled_from(["tag", "untag", "stop", "fail", "delete", "take over"]))
    def lay_hands_on(self, data: st.DataObject, what: str) -> None:
        """Somebody does something to a job that runs, whosever it is."""
        jobs = self.account.jobs()
        running = sorted(name for name, job in jobs.items() if job.status == "InProgress")
        if not running:
            return
        job = jobs[data.draw(st.sampled_from(running), "job")]
        actions = {
            "tag": self.account.tag_by_hand,
            "untag": self._untag,
            "stop": self.account.stop_by_hand,
            "fail": self.account.fail,
            "delete": self._delete,
            "take over": self._take_over,
        }
        actions[what](job)

    @rule()
    def tidy_up(self) -> None:
        """A colleague deletes the records of all jobs that have ended."""
        self.account.run(1000)
        for job in list(self.account.jobs().values()):
            self.account.delete_by_hand(job)

    @invariant()
    def keeps_every_promise(self) -> None:
        """All of them, which promises.py watches one by one."""
        self._check()

    def _check(self) -> None:
        self.account.promises.check(list(self.stacks.values()))
        self.account.promises.verify()

    def _idle(self, name: str) -> Stack:
        stack = self.stacks[name]
        self.account.run(until=lambda: not stack.busy)
        return stack

    def _untag(self, job: TuningJob) -> None:
        self.account.take_tags_by_hand(job, STACK_ID)
        self.account.take_tags_by_hand(job, LOGICAL_ID)

    def _delete(self, job: TuningJob) -> None:
        self.account.fail(job)
        self.account.run(1000)
        self.account.delete_by_hand(job)

    def _take_over(self, job: TuningJob) -> None:
        self._delete(job)
        self.account.start_as_stranger(job.name.upper())


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=4 * settings().max_examples,
    suppress_health_check=list(HealthCheck),  # a history is long, and much of it is chosen from what there is
)
