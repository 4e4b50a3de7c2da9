"""``hpt wait`` and ``hpt best``: what they say, and the exit statuses that pipelines go by."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from hpt_construct.cli import wait_command
from hpt_construct.cli.judging import Bar
from hpt_construct.cli.wait_command import await_verdict
from sandbox.sagemaker.settings import Fault
from sandbox.sagemaker.trainings import FAILING_SHARE

if TYPE_CHECKING:
    from tests.cli.conftest import World

DESCRIBE = "DescribeHyperParameterTuningJob"


def test_waits_until_the_job_has_ended_and_asks_ever_more_rarely(world: World) -> None:
    """Soon at first, then every half minute; one call a poll."""
    world.start()
    clock = world.clock()
    _, verdict = await_verdict(world.sagemaker, "tune", Bar(), clock, None)
    assert (verdict.status, verdict.reason) == (0, "tune is Completed: best validation:auc 0.8917 after 1 h 21 min")
    assert clock.slept[:3] == [1.5, 2.25, 3.375]
    assert clock.slept[-1] == 30
    assert [call.operation for call in world.service.calls()[1:]] == [DESCRIBE] * (len(clock.slept) + 1)


def test_tells_now_and_then_how_far_it_is(world: World) -> None:
    """Every five minutes, but for the time between two looks: CI ends what is silent."""
    world.start()
    clock = world.clock()
    began, told = clock.now(), list[tuple[float, int]]()
    await_verdict(
        world.sagemaker, "tune", Bar(), clock, None, lambda tuning: told.append((clock.now() - began, tuning.completed))
    )
    times = [time for time, _ in told]
    assert all(300 <= later - earlier <= 330 for earlier, later in pairwise([0, *times]))
    assert sum(clock.slept) - times[-1] <= 330
    assert told[-1][1] > told[0][1]


def test_what_it_tells_is_on_standard_error(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever reads JSON gets nothing else; in a terminal nobody needs it."""
    world.start()
    world.service.advance(1800)
    wait_command._say(world.sagemaker.tuning("tune"))
    out, err = capsys.readouterr()
    assert (out, err) == (
        "",
        "tune is InProgress: 6 of 20 training jobs completed, 3 running, best validation:auc 0.8917\n",
    )


def test_backs_off_when_it_is_throttled(world: World) -> None:
    """After each refusal it waits twice as long; then it goes on as before."""
    world.start()
    world.service.add_fault(Fault(operation=DESCRIBE, code="ThrottlingException", message="Rate exceeded", times=2))
    clock = world.clock()
    _, verdict = await_verdict(world.sagemaker, "tune", Bar(), clock, None)
    assert verdict.status == 0
    assert clock.slept[:2] == [2, 4]


def test_an_ended_job_is_judged_at_once(world: World) -> None:
    """Completed and good: 0, and the reason in one line."""
    world.start()
    world.service.advance(99_999)
    result = world.hpt("wait", "tune")
    assert (result.exit_code, result.output) == (0, "tune is Completed: best validation:auc 0.8917 after 1 h 21 min\n")


@pytest.mark.parametrize(
    ("direction", "options", "status", "said"),
    [
        ("Maximize", ("--at-least", "0.8"), 0, "tune is Completed"),
        ("Maximize", ("--at-least", "0.99"), 1, "validation:auc 0.891745, but at least 0.99 is required\n"),
        ("Minimize", ("--at-most", "0.99"), 0, "tune is Completed"),
        ("Minimize", ("--at-most", "0.01"), 1, "validation:auc 0.108255, but at most 0.01 is allowed\n"),
    ],
)
def test_an_objective_has_to_be_good_enough(
    world: World, direction: str, options: tuple[str, ...], status: int, said: str
) -> None:
    """1 for a result that is on the wrong side of the bar, in as many digits as are compared."""
    world.start(config={"HyperParameterTuningJobObjective": {"Type": direction, "MetricName": "validation:auc"}})
    world.service.advance(99_999)
    result = world.hpt("wait", "tune", *options)
    assert said in result.output
    assert result.exit_code == status


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--at-most", "0.9"), "hpt: --at-most: got 0.9, but the objective is not one to minimize; use --at-least\n"),
        (("--at-least", "0.9", "--at-most", "0.5"), "hpt: --at-most: got 0.5, but the objective is not one to"),
        (("--at-least", "good"), "Invalid value for '--at-least': 'good' is not a finite number"),
        (("--at-least", "nan"), "Invalid value for '--at-least': 'nan' is not a finite number"),
        (("--at-most", "1e39"), "Invalid value for '--at-most': '1e39' is not a finite number"),
    ],
)
def test_a_threshold_that_cannot_be_meant_is_refused_before_anybody_waits(
    world: World, options: tuple[str, ...], said: str
) -> None:
    """2, as synth refuses it."""
    world.start()
    result = world.hpt("wait", "tune", *options)
    assert (result.exit_code, said in result.output) == (2, True)


def test_jobs_of_a_stack_that_differ_in_direction_need_both_thresholds(world: World) -> None:
    """Each is judged by the threshold of its direction; the least may then be more than the most."""
    world.start("up")
    world.start(
        "down", config={"HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "validation:auc"}}
    )
    world.cloudformation.add("Training", First="up", Second="down")
    world.service.advance(99_999)
    one = world.hpt("wait", "Training", "--at-least", "0.8")
    assert (one.exit_code, one.output) == (
        2,
        "hpt: --at-most: must be given beside --at-least, because an objective may be one to minimize\n",
    )
    both = world.hpt("wait", "Training", "--at-least", "0.8", "--at-most", "0.5")
    assert [line.split(":")[0] for line in both.output.splitlines()] == ["up is Completed", "down is Completed"]


def test_a_failed_job_is_not_good(world: World) -> None:
    """1, with SageMaker's reason."""
    world.start(definition={"StaticHyperParameters": {FAILING_SHARE: "1"}})
    world.service.advance(99_999)
    result = world.hpt("wait", "tune")
    assert (result.exit_code, result.output) == (1, "tune is Failed: No training job succeeded after 5 attempts.\n")


def test_a_stopped_job_is_not_good(world: World) -> None:
    """1: somebody did not want it."""
    world.start()
    world.client.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="tune")
    world.service.advance(99_999)
    result = world.hpt("wait", "tune")
    assert (result.exit_code, result.output) == (1, "tune is Stopped\n")


def test_a_completed_job_without_an_objective_is_not_good(world: World) -> None:
    """Trainings that end before their first metric leave nothing to be judged by."""
    world.start(definition={"StoppingCondition": {"MaxRuntimeInSeconds": 1}})
    world.service.advance(99_999)
    result = world.hpt("wait", "tune")
    assert (result.exit_code, result.output) == (1, "tune is Completed, but no training job has an objective\n")


def test_the_time_is_up(world: World) -> None:
    """3, with how far it has got; the last question comes at the very end of the time."""
    world.start()
    clock = world.clock()
    _, verdict = await_verdict(world.sagemaker, "tune", Bar(), clock, 1800)
    assert verdict.status == 3
    assert verdict.reason == (
        "tune has not ended after 30 min 0 s of waiting: 6 of 20 training jobs completed, best validation:auc 0.8917"
    )
    assert sum(clock.slept) == 1800


def test_no_time_at_all_is_one_look(world: World) -> None:
    """--timeout 0s asks once."""
    world.start()
    result = world.hpt("wait", "tune", "--timeout", "0s")
    assert result.exit_code == 3
    assert result.output == "tune has not ended after 0 s of waiting: 0 of 20 training jobs completed\n"


@pytest.mark.parametrize("text", ["soon", "", "6", "h", "-1h", "9" * 5000 + "h", "٣h"])
def test_a_timeout_is_a_duration(world: World, text: str) -> None:
    """2, and how it is written."""
    result = world.hpt("wait", "tune", "--timeout", text)
    assert result.exit_code == 2
    assert "write it like 90s, 30m, 6h or 1h30m" in result.output


def test_json_is_the_best_training(world: World) -> None:
    """On standard output and nothing else there; the reason is on the other one. The same from hpt best."""
    world.start()
    world.service.advance(99_999)
    best = world.sagemaker.tuning("tune").best
    assert best is not None
    result = world.hpt("wait", "tune", "--json")
    assert json.loads(result.stdout) == {
        "tuning_job_name": "tune",
        "tuning_job_arn": "arn:aws:sagemaker:us-east-1:111122223333:hyper-parameter-tuning-job/tune",
        "tuning_job_status": "Completed",
        "training_job_name": best.name,
        "training_job_arn": best.arn,
        "definition_name": None,
        "metric_name": "validation:auc",
        "objective_value": best.objective,
        "hyperparameters": best.hyperparameters,
        "model_data_url": f"s3://bucket/output/{best.name}/output/model.tar.gz",
    }
    assert result.stderr.startswith("tune is Completed")
    assert world.hpt("best", "tune", "--json").stdout == result.stdout


def test_json_is_null_where_there_is_nothing(world: World) -> None:
    """A job without a best training has the same keys; hpt best exits with 1."""
    world.start()
    result = world.hpt("best", "tune", "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["training_job_name"] is told["hyperparameters"] is told["model_data_url"] is None


def test_best_tells_the_training_its_hyperparameters_and_its_model(world: World) -> None:
    """A line each, below the objective."""
    world.start()
    world.service.advance(99_999)
    best = world.sagemaker.tuning("tune").best
    assert best is not None
    result = world.hpt("best", "tune")
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "tune (Completed): validation:auc 0.8917",
        f"  training job  {best.name}",
        f"  booster       {best.hyperparameters['booster']}",
        f"  eta           {best.hyperparameters['eta']}",
        f"  max_depth     {best.hyperparameters['max_depth']}",
        f"  model         s3://bucket/output/{best.name}/output/model.tar.gz",
    ]


def test_best_tells_the_definition_that_has_won(world: World) -> None:
    """Of a tuning job of several; a hyperparameter that is called as another line keeps its own."""
    single = world.body.pop("TrainingJobDefinition")
    config = world.body["HyperParameterTuningJobConfig"]
    several = {
        "DefinitionName": "trees",
        "TuningObjective": config.pop("HyperParameterTuningJobObjective"),
        "HyperParameterRanges": {"CategoricalParameterRanges": [{"Name": "model", "Values": ["small", "large"]}]},
    }
    del config["ParameterRanges"]
    world.client.create_hyper_parameter_tuning_job(
        **world.body, HyperParameterTuningJobName="tune", TrainingJobDefinitions=[single | several]
    )
    world.service.advance(99_999)
    best = world.sagemaker.tuning("tune").best
    assert best is not None
    assert world.hpt("best", "tune").output.splitlines()[1:] == [
        f"  training job  {best.name}",
        "  definition    trees",
        f"  model         {best.hyperparameters['model']}",
        f"  model         s3://bucket/output/{best.name}/output/model.tar.gz",
    ]


def test_best_of_a_job_that_has_none_yet(world: World) -> None:
    """It says so, and exits with 1."""
    world.start()
    result = world.hpt("best", "tune")
    assert (result.exit_code, result.output) == (1, "tune (InProgress): no training job has an objective yet\n")


def test_all_jobs_of_a_stack_are_waited_for(world: World) -> None:
    """A line each; the status is the worst."""
    for name in ("one", "two"):
        world.start(name)
    world.cloudformation.add("Training", First="one", Second="two")
    world.service.advance(99_999)
    world.service.fail_job("two", "it was not to be")
    result = world.hpt("wait", "Training")
    assert result.exit_code == 1
    assert [line.split(":")[0] for line in result.output.splitlines()] == ["one is Completed", "two is Failed"]


def test_words_of_others_do_not_drive_the_terminal(world: World) -> None:
    """What is not text is taken out of reasons and hyperparameters."""
    ranges = {
        "CategoricalParameterRanges": [{"Name": "a\x1b[2J", "Values": ["b\x07\u202ec"]}],
        "ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0", "MaxValue": "1"}],
    }
    world.start(config={"ParameterRanges": ranges})
    world.service.advance(3600)
    assert "  a[2J          bc\n" in world.hpt("best", "tune").output
    world.service.fail_job("tune", "first\n\x1b]0;title\x07second")
    assert world.hpt("wait", "tune").output == "tune is Failed: first ]0;titlesecond\n"
