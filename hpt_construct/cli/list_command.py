"""``hpt list``: the tuning jobs that stacks have started, including those that no stack has any more."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from . import target as targets
from .account import Account, NotThereError, with_account
from .costs import instance_hours
from .ownership import HELD, REPLACED, Owner, Stacks, owner_of
from .sagemaker import SageMaker
from .words import NOT_GOOD, AskError, as_seconds, clean, duration, exit_with, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .sagemaker import Tuning


_WIDTH_OF_A_PIPE: Final = 10_000


@dataclass(frozen=True)
class _Job:
    tuning: Tuning
    owner: Owner
    state: str
    hours: dict[str, float]


@click.command("list")
@click.option("--stack", metavar="NAME", help="Only the tuning jobs of a stack.")
@click.option("--orphans", is_flag=True, help="Only the tuning jobs that run and that no stack has any more.")
@click.option("--all", "also_ended", is_flag=True, help="With --orphans: also those that have ended.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 if an orphan runs, for nightly checks.")
@click.option(
    "--since",
    default="30d",
    show_default=True,
    callback=as_seconds,
    metavar="TIME",
    help="How old an ended tuning job may be.",
)
@click.option("--json", "as_json", is_flag=True, help="Write a JSON object for each tuning job.")
@with_account
def command(  # noqa: PLR0913 – one argument for each option
    account: Account,
    *,
    stack: str | None,
    orphans: bool,
    also_ended: bool,
    exit_code: bool,
    since: float,
    as_json: bool,
) -> None:
    """List the tuning jobs that stacks have started, newest first, including every running one.

    Finds them by their tags. Orphans are tuning jobs whose stack or resource is gone, or that run although their
    resource has another job now. Those that run cost money; of one that has ended, only the record is left.

    With --json: tuning_job_name, tuning_job_arn, tuning_job_status, stack, logical_id, state (held, replaced,
    gone), age_seconds, instance_hours by instance type.
    """
    if also_ended and not orphans:
        raise AskError("--all is for --orphans; without it, tuning jobs that have ended are listed anyway")
    found = list(_jobs(account, stack, since))
    if stack and not found:
        _require(account, stack)
    jobs = [job for job in found if not orphans or (_is_orphan(job) and (also_ended or not job.tuning.has_ended))]
    if as_json:
        for job in jobs:
            click.echo(json.dumps(_as_json(job)))
    elif jobs:
        # Rich takes a pipe for 80 columns wide, and would cut names off there.
        width = None if sys.stdout.isatty() else _WIDTH_OF_A_PIPE
        Console(highlight=False, width=width).print(_table(jobs))
    else:
        which = f"the stack {stack!r}" if stack else "stacks"
        what = "tuning jobs" if not orphans else "orphans" if also_ended else "running orphans"
        click.echo(f"there are no {what} of {which} in {account.region}", err=True)
    if exit_code and any(_is_orphan(job) and not job.tuning.has_ended for job in jobs):
        exit_with(NOT_GOOD)


def _require(account: Account, stack: str) -> None:
    """Refuse a stack that isn't there; the tuning jobs of one that was deleted are found by their tags."""
    try:
        targets.resources(account, stack)
    except NotThereError as error:
        raise AskError(
            f"in {account.region} there is no stack {stack!r}, and no tuning job of one; `hpt list` lists those that "
            "exist, --region chooses another region"
        ) from error


def _jobs(account: Account, stack: str | None, since: float) -> Iterator[_Job]:
    sagemaker, stacks = SageMaker(account), Stacks(account)
    for name in sagemaker.names(since):
        tuning = sagemaker.tuning(name)
        owner = owner_of(sagemaker.tags(tuning.arn))
        if owner is not None and stack in {None, owner.stack}:
            hours = instance_hours(tuning, sagemaker.trainings(name).values())
            yield _Job(tuning, owner, stacks.state(owner, name), hours)


def _is_orphan(job: _Job) -> bool:
    return job.state != HELD and (job.state != REPLACED or not job.tuning.has_ended)


def _table(jobs: list[_Job]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("name", "status", "age", "instance-hours", "resource", ""):
        table.add_column(title, no_wrap=True, overflow="ignore")
    for job in jobs:
        hours = ", ".join(f"{number(hours)} {clean(kind)}" for kind, hours in sorted(job.hours.items()))
        cells = (
            job.tuning.name,
            job.tuning.status,
            duration((job.tuning.now - job.tuning.created).total_seconds()),
            hours,
            f"{job.owner.stack}/{job.owner.logical_id}",
            "" if job.state == HELD else job.state,
        )
        table.add_row(*(Text(clean(cell)) for cell in cells))
    return table


def _as_json(job: _Job) -> dict[str, object]:
    return {
        "tuning_job_name": job.tuning.name,
        "tuning_job_arn": job.tuning.arn,
        "tuning_job_status": job.tuning.status,
        "stack": job.owner.stack,
        "logical_id": job.owner.logical_id,
        "state": job.state,
        "age_seconds": round((job.tuning.now - job.tuning.created).total_seconds()),
        "instance_hours": {kind: round(hours, 4) for kind, hours in sorted(job.hours.items())},
    }
