"""``hpt list`` and ``hpt stop``: whose jobs there are, what they have cost, and an end to one of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hpt_handler import identity

from hpt_construct.cli import ownership
from hpt_construct.cli.costs import instances

if TYPE_CHECKING:
    from tests.cli.conftest import World

_STACK_ID = "arn:aws:cloudformation:us-east-1:111122223333:stack/{}/4711"


def _start(world: World, name: str, stack: str, logical_id: str) -> None:
    """Start a job as a stack does."""
    tags = {ownership.STACK_ID: _STACK_ID.format(stack), ownership.LOGICAL_ID: logical_id}
    world.start(name, Tags=[{"Key": key, "Value": value} for key, value in tags.items()])


@pytest.fixture
def four(world: World) -> World:
    """A job that its stack has, one that was replaced, one of a stack that is gone, and somebody else's."""
    _start(world, "held", "Training", "Job")
    _start(world, "old", "Training", "Job")
    _start(world, "left", "Gone", "Job")
    world.start("stranger")
    world.cloudformation.add(_STACK_ID.format("Training"), Job="held")
    world.service.advance(660)
    return world


def _hours(world: World, name: str) -> float:
    """The hours that the service's trainings have run, each on one instance."""
    job, now = world.service.backend("us-east-1").tuning_job(name), world.service.clock.now()
    seconds = sum(max(0.0, min(now, training.ended) - training.started) for training in job.trainings)
    assert seconds > 1000
    return seconds / 3600


def test_tags_are_those_of_the_function() -> None:
    """By these the function knows its jobs; the command goes by them too."""
    assert (ownership.STACK_ID, ownership.LOGICAL_ID) == (identity.STACK_ID, identity.LOGICAL_ID)


def test_lists_the_jobs_of_stacks_with_what_they_have_cost(four: World) -> None:
    """Not those of others; in a pipe a line is a job, whatever its length."""
    result = four.hpt("list")
    assert result.exit_code == 0
    title, *lines = (line.split("  ") for line in result.output.splitlines())
    assert title[0].strip() == "name"
    told = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    assert sorted(told) == [
        ["held", "InProgress", "11 min 0 s", f"{_hours(four, 'held'):.4g} ml.m5.large", "Training/Job"],
        ["left", "InProgress", "11 min 0 s", f"{_hours(four, 'left'):.4g} ml.m5.large", "Gone/Job", "gone"],
        ["old", "InProgress", "11 min 0 s", f"{_hours(four, 'old'):.4g} ml.m5.large", "Training/Job", "replaced"],
    ]


def test_a_pipe_gets_names_in_full(world: World) -> None:
    """However long they are, so that they can be copied."""
    stack, logical_id, name = "S" * 128, "L" * 255, "n" * 32
    _start(world, name, stack, logical_id)
    [_, line] = world.hpt("list").output.splitlines()
    assert line.split() == [name, "InProgress", "0", "s", f"{stack}/{logical_id}", "gone"]


def test_any_time_can_be_asked_for(four: World) -> None:
    """Also one before the calendar begins."""
    assert four.hpt("list", "--since", "999999999d").output == four.hpt("list").output


def test_lists_those_of_a_stack_as_json(four: World) -> None:
    """An object a job."""
    result = four.hpt("list", "--stack", "Gone", "--json")
    assert json.loads(result.output) == {
        "tuning_job_name": "left",
        "tuning_job_arn": "arn:aws:sagemaker:us-east-1:111122223333:hyper-parameter-tuning-job/left",
        "tuning_job_status": "InProgress",
        "stack": "Gone",
        "logical_id": "Job",
        "state": "gone",
        "age_seconds": 660,
        "instance_hours": {"ml.m5.large": pytest.approx(_hours(four, "left"), abs=1e-4)},
    }


def test_orphans_are_those_that_run_and_that_nobody_has(four: World) -> None:
    """What has ended costs nothing: --all lists it too, but not what was replaced, whose record is kept on purpose."""

    def orphans(*options: str) -> tuple[int, set[str]]:
        result = four.hpt("list", "--orphans", "--json", "--exit-code", *options)
        return result.exit_code, {json.loads(line)["tuning_job_name"] for line in result.stdout.splitlines()}

    assert orphans() == (1, {"left", "old"})
    four.client.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="old")
    four.service.advance(60)
    assert orphans() == orphans("--all") == (1, {"left"})
    four.client.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="left")
    four.service.advance(60)
    assert orphans() == (0, set())
    assert orphans("--all") == (0, {"left"})


def test_orphans_are_no_failure_unless_asked_for(four: World) -> None:
    """Who lists them looks at them; a nightly check asks for the status, also of all tuning jobs or of a stack's."""
    assert four.hpt("list", "--orphans").exit_code == 0
    assert four.hpt("list", "--exit-code").exit_code == 1
    assert four.hpt("list", "--exit-code", "--stack", "Gone").exit_code == 1


def test_all_says_nothing_without_orphans(four: World) -> None:
    """2: ended ones are listed anyway."""
    result = four.hpt("list", "--all")
    assert (result.exit_code, result.stderr.startswith("hpt: --all is for --orphans; ")) == (2, True)


def test_a_resource_that_its_stack_has_no_more_leaves_an_orphan(world: World) -> None:
    """The stack is there, and the job's resource is not, or has been deleted."""
    _start(world, "left", "Training", "Other")
    world.cloudformation.add(_STACK_ID.format("Training"), Job="held")
    assert json.loads(world.hpt("list", "--json").output)["state"] == "gone"


def test_a_deleted_stack_is_gone_though_it_is_still_listed(world: World) -> None:
    """CloudFormation remembers it by its id."""
    _start(world, "left", "Training", "Job")
    world.cloudformation.add(_STACK_ID.format("Training"), Job="left")
    world.cloudformation.status = "DELETE_COMPLETE"
    assert json.loads(world.hpt("list", "--json").output)["state"] == "gone"


def test_no_jobs_are_told_on_standard_error(world: World) -> None:
    """A pipe gets nothing, and the status is good."""
    world.cloudformation.add("Training")
    for options, what in (("", "tuning jobs"), ("--orphans", "running orphans"), ("--orphans --all", "orphans")):
        result = world.hpt("list", "--stack", "Training", *options.split())
        assert (result.exit_code, result.stdout) == (0, "")
        assert result.stderr == f"there are no {what} of the stack 'Training' in us-east-1\n"


def test_a_stack_that_never_was_is_no_answer(world: World) -> None:
    """2, as for every target; of a deleted one there may be jobs."""
    result = world.hpt("list", "--stack", "Trainign")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(
        "hpt: in us-east-1 there is no stack 'Trainign', and no tuning job of one; `hpt list`"
    )


@pytest.mark.parametrize(
    ("definition", "counted"),
    [
        ({"ResourceConfig": {"InstanceType": "a", "InstanceCount": 2}}, {"a": 2}),
        (
            {
                "ResourceConfig": {
                    "InstanceGroups": [
                        {"InstanceType": "a", "InstanceCount": 1},
                        {"InstanceType": "b", "InstanceCount": 2},
                        {"InstanceType": "a", "InstanceCount": 3},
                    ]
                }
            },
            {"a": 4, "b": 2},
        ),
        (
            {
                "HyperParameterTuningResourceConfig": {
                    "InstanceConfigs": [
                        {"InstanceType": "a", "InstanceCount": 3},
                        {"InstanceType": "b", "InstanceCount": 1},
                    ]
                }
            },
            {"a": 3},
        ),
        ({"ResourceConfig": {"InstanceCount": 5, "InstancePreferences": [{"InstanceType": "a"}]}}, {"a": 5}),
        ({}, {}),
    ],
    ids=["one type", "groups", "a choice", "preferences", "nothing"],
)
def test_a_training_s_instances(definition: dict[str, Any], counted: dict[str, int]) -> None:
    """However a definition gives them."""
    assert instances(definition) == counted


def test_stop_asks_first(four: World) -> None:
    """It names the job and whose it is; a yes stops it."""
    result = four.hpt("stop", "held", input="y\n")
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "Stop held of Training/Job, with 3 training jobs running? [y/N]: y",
        "held is stopping; `hpt watch held` shows when it has",
    ]
    assert four.sagemaker.tuning("held").status == "Stopping"


@pytest.mark.parametrize("answer", ["n\n", ""])
def test_stop_without_a_yes_stops_nothing(four: World, answer: str) -> None:
    """A no, or nobody there to answer."""
    result = four.hpt("stop", "stranger", input=answer)
    assert result.exit_code == 2
    assert "the job was not stopped, because nobody confirmed it; --yes stops it without asking" in result.stderr
    assert four.sagemaker.tuning("stranger").status == "InProgress"


def test_stop_does_not_ask_when_told_so(four: World) -> None:
    """For scripts."""
    assert four.hpt("stop", "held", "--yes").output == "held is stopping; `hpt watch held` shows when it has\n"


def test_what_has_ended_cannot_be_stopped(four: World) -> None:
    """1, and its status."""
    four.service.advance(99_999)
    result = four.hpt("stop", "held", "--yes")
    assert (result.exit_code, result.output) == (1, "held is Completed: there is nothing to stop\n")


def test_stop_takes_one_job(four: World) -> None:
    """A stack with several is a question to be asked again."""
    four.cloudformation.add("Several", One="held", Two="old")
    result = four.hpt("stop", "Several", "--yes")
    assert (result.exit_code, result.stderr) == (2, "hpt: 'Several' has 2 tuning jobs; name one: held, old\n")
