"""``hpt wait``: for pipelines that can't keep a deployment open for hours."""

from __future__ import annotations

import json
import sys
from itertools import chain
from typing import TYPE_CHECKING

import click

from . import target as targets
from .account import Account, with_account
from .judging import Bar, Verdict, best_as_json, judge
from .polling import Clock, poll
from .view import line
from .words import TIME_IS_UP, as_seconds, as_threshold, clean, duration, exit_with, number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .sagemaker import SageMaker, Tuning

_EVERY = 30.0
_SILENCE = 300.0
"""CI systems end a job that writes nothing for long, some after ten minutes."""


@click.command("wait")
@click.argument("target")
@click.option(
    "--timeout", callback=as_seconds, metavar="TIME", help="Give up after a time such as 6h or 1h30m. Default: never."
)
@click.option(
    "--at-least",
    callback=as_threshold,
    metavar="VALUE",
    help="The least that is good enough, for an objective to maximize.",
)
@click.option(
    "--at-most",
    callback=as_threshold,
    metavar="VALUE",
    help="The most that is good enough, for an objective to minimize.",
)
@click.option("--json", "as_json", is_flag=True, help="Write the best training job to standard output as JSON.")
@with_account
def command(  # noqa: PLR0913 – one argument for each option
    account: Account,
    target: str,
    timeout: float | None,
    at_least: float | None,
    at_most: float | None,
    *,
    as_json: bool,
) -> None:
    """Wait until TARGET has ended, and judge it.

    Exits with 0 if it is Completed and good enough, with 1 if it is Failed, Stopped or not good enough, with 3 if
    the time is up, and says why in one line. Ctrl-C ends the command, not the tuning job. Without a terminal, tells on
    standard error how far it is, every five minutes.

    The objective is compared as a deployment with wait_for_completion compares it: in single precision, with the
    threshold of its direction. Give both thresholds only where objectives differ in direction.

    With --json, writes an object for each tuning job: tuning_job_name, tuning_job_arn, tuning_job_status,
    training_job_name, training_job_arn, definition_name, metric_name, objective_value, hyperparameters,
    model_data_url; null where there is none.
    """
    found = targets.find(target, account)
    bar, clock = Bar(at_least, at_most), Clock()
    if bar != Bar():
        bar.refuse_unless_it_fits(chain.from_iterable(found.sagemaker.tuning(name).directions for name in found.names))
    began, status = clock.now(), 0
    say = None if sys.stderr.isatty() else _say
    for name in found.names:
        left = None if timeout is None else max(0.0, timeout - (clock.now() - began))
        tuning, verdict = await_verdict(found.sagemaker, name, bar, clock, left, say)
        click.echo(verdict.reason, err=as_json)
        if as_json:
            click.echo(json.dumps(best_as_json(found.sagemaker, tuning)))
        status = max(status, verdict.status)
    exit_with(status)


def await_verdict(  # noqa: PLR0913, PLR0917 – what is asked, by whom, for how long
    sagemaker: SageMaker,
    name: str,
    bar: Bar,
    clock: Clock,
    timeout: float | None,
    say: Callable[[Tuning], None] | None = None,
) -> tuple[Tuning, Verdict]:
    """Wait until a tuning job has ended, or the time is up, and judge it.

    :param say: Called now and then while it runs.
    """
    tuning: Tuning | None = None
    said = clock.now()
    for tuning in poll(lambda: sagemaker.tuning(name), every=_EVERY, clock=clock, timeout=timeout):
        if tuning.has_ended:
            return tuning, judge(tuning, bar)
        if say and clock.now() - said >= _SILENCE:
            said = clock.now()
            say(tuning)
    tuning = tuning or sagemaker.tuning(name)
    return tuning, Verdict(TIME_IS_UP, _so_far(tuning, timeout or 0))


def _say(tuning: Tuning) -> None:
    click.echo(line(tuning), err=True)


def _so_far(tuning: Tuning, timeout: float) -> str:
    parts = list(_progress(tuning))
    return f"{clean(tuning.name)} has not ended after {duration(timeout)} of waiting: {', '.join(parts)}"


def _progress(tuning: Tuning) -> Iterator[str]:
    of = f" of {tuning.total}" if tuning.total else ""
    yield f"{tuning.completed}{of} training jobs completed"
    if tuning.best is not None and tuning.best.objective is not None:
        yield f"best {clean(tuning.best.metric_name)} {number(tuning.best.objective)}"
