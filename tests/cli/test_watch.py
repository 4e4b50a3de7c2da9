"""``hpt watch``: what it shows in a terminal and elsewhere, and how often it asks."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from hpt_construct.cli.view import line, plot, view
from hpt_construct.cli.watch_command import look_on
from sandbox.sagemaker.settings import Fault
from sandbox.sagemaker.trainings import FAILING_SHARE

if TYPE_CHECKING:
    from tests.cli.conftest import World

ROOT = Path(__file__).parents[2]


def _shown(world: World, rows: int = 10) -> str:
    """The view of the job, as a terminal of a hundred columns has it, without colours."""
    console = Console(width=100, record=True, file=open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 – nothing is in it
    with console.file:
        tuning = world.sagemaker.tuning("tune")
        console.print(view(tuning, list(world.sagemaker.trainings("tune").values()), rows))
    return console.export_text()


def test_a_running_job_at_a_glance(world: World) -> None:
    """Status and time, a bar with a sum, the best with its hyperparameters, a plot, and the last trainings."""
    world.start(
        config={"TrainingJobEarlyStoppingType": "Auto"}, definition={"StaticHyperParameters": {FAILING_SHARE: "0.15"}}
    )
    world.service.advance(2400)
    lines = [text.rstrip() for text in _shown(world, rows=3).splitlines()]
    assert lines[:3] == [
        "tune  InProgress  40 min 0 s",
        "██████████████████████▒▒▒▒▒▒░░░░░░░░░░░░  14 of 20: 7 completed, 3 stopped, 1 failed, 3 running",
        "best validation:auc 0.8917  booster=gbtree  eta=0.2929  max_depth=6",
    ]
    assert lines[4].startswith("0.8917 ┤")
    assert lines[11].startswith("0.7195 ┤")
    assert lines[-4].split() == ["#", "status", "objective", "time", "booster", "eta", "max_depth"]
    assert [text.split()[:2] for text in lines[-3:]] == [["14", "InProgress"], ["13", "InProgress"], ["12", "Stopped"]]


def test_a_job_that_has_just_begun(world: World) -> None:
    """There is no best and no plot yet; what hasn't begun has no time."""
    world.start()
    lines = [text.rstrip() for text in _shown(world).splitlines()]
    assert lines[0] == "tune  InProgress  0 s"
    assert lines[1].endswith("3 of 20: 3 running")
    assert len(lines) == 3 + 1 + 3


def test_a_job_without_a_limit_shows_what_was_launched(world: World) -> None:
    """There is no total to be part of."""
    limits = {"MaxParallelTrainingJobs": 3, "MaxRuntimeInSeconds": 3600}
    world.start(config={"ResourceLimits": limits})
    world.service.advance(1000)
    assert "6 launched: 3 completed, 3 running" in _shown(world)
    assert line(world.sagemaker.tuning("tune")).startswith(
        "tune is InProgress: 3 training jobs completed, 3 running, best"
    )


def test_a_failed_job_says_why(world: World) -> None:
    """Below the bar."""
    world.start()
    world.service.fail_job("tune", "the role\x1b[2J is gone")
    assert "\nthe role[2J is gone\n" in _shown(world)


@pytest.mark.parametrize("maximize", [True, False], ids=["up", "down"])
def test_the_plot_has_a_line_for_the_best_so_far(maximize: bool) -> None:  # noqa: FBT001 – a case
    """It rises when more is better, and stays down when less is."""
    drawn = plot([0.0, 1.0, 0.0], maximize=maximize).plain.splitlines()
    assert len(drawn) == 9
    assert drawn[0].startswith("1 ┤")
    assert drawn[7].startswith("0 ┤•")
    assert (drawn[0][-1], drawn[7][-1]) == (("─", " ") if maximize else (" ", "─"))


def test_the_plot_of_equal_values_is_a_line_in_the_middle() -> None:
    """There is no height to share out."""
    assert "•" in plot([2.0, 2.0], maximize=True).plain.splitlines()[4]


def test_each_look_takes_two_calls_a_job(world: World) -> None:
    """However many trainings there are: only the first look reads all of their pages."""
    limits = {"MaxNumberOfTrainingJobs": 150, "MaxParallelTrainingJobs": 20}
    world.start(config={"ResourceLimits": limits})
    world.service.advance(5200)
    world.service.clear_calls()
    clock = world.clock()
    looks = 0
    for ((tuning, trainings),) in look_on(world.sagemaker, ["tune"], clock):
        looks += 1
        listed = Counter(training.status for training in trainings)
        assert listed["Completed"] == tuning.completed
    assert tuning.completed == 150
    counts = Counter(call.operation for call in world.service.calls())
    assert counts["DescribeHyperParameterTuningJob"] == looks > 20
    assert counts["ListTrainingJobsForHyperParameterTuningJob"] == looks + 1


def test_a_look_that_fails_is_taken_again(world: World) -> None:
    """An hour of watching does not end with one answer that is lost."""
    world.start()
    world.service.advance(4700)
    looks = look_on(world.sagemaker, ["tune"], world.clock())
    next(looks)
    for operation in ("DescribeHyperParameterTuningJob", "ListTrainingJobsForHyperParameterTuningJob"):
        world.service.add_fault(Fault(operation=operation, code="InternalFailure", message="oh", status=500))
    *_, ((tuning, _),) = looks
    assert tuning.status == "Completed"


def test_without_a_terminal_there_is_a_line_a_change(world: World) -> None:
    """And the exit status says how it ended."""
    world.start()
    world.service.advance(99_999)
    result = world.hpt("watch", "tune")
    assert result.exit_code == 0
    assert result.output == (
        "tune is Completed: 20 of 20 training jobs completed, 0 running, best validation:auc 0.8917\n"
    )
    world.start("other")
    world.service.fail_job("other", "no")
    assert world.hpt("watch", "other").exit_code == 1


def _in_a_terminal(environment: dict[str, str], *, interrupt: bool = False) -> tuple[int, str]:
    """Watch in a pseudo-terminal; answer the exit status and all that was written."""
    outside, inside = pty.openpty()
    command = [sys.executable, "-m", "hpt_construct.cli", "watch", "tune"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40", **environment},
        stdin=inside,
        stdout=inside,
        stderr=inside,
        start_new_session=True,
    ) as process:
        os.close(inside)
        written = b""
        while True:
            try:
                part = os.read(outside, 4096)
            except OSError:  # Linux's way to say that nobody is left at the other end
                break
            written += part
            if interrupt and b"of 20" in written:
                interrupt = False
                process.send_signal(2)
        os.close(outside)
    return process.returncode, written.decode()


def test_in_a_terminal_the_view_is_live(world: World) -> None:
    """It is painted over itself, in colours, and what was last there stays."""
    world.start()
    world.service.advance(99_999)
    status, written = _in_a_terminal({})
    assert status == 0
    assert "\x1b[32mCompleted" in written
    assert "20 of 20" in written
    assert written.endswith("\x1b[?25h")


@pytest.mark.usefixtures("heeded_signals")
def test_ctrl_c_leaves_the_job_alone(world: World) -> None:
    """The cursor comes back, the status is that of Ctrl-C, and the tuning goes on; no colours where none are wanted."""
    world.start()
    status, written = _in_a_terminal({"NO_COLOR": "1"}, interrupt=True)
    assert status == 130
    assert "\x1b[?25h" in written
    assert "Traceback" not in written
    assert "\x1b[32m" not in written
    assert world.sagemaker.tuning("tune").status == "InProgress"
