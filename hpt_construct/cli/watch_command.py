"""``hpt watch``: follows tuning jobs as they run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from . import target as targets
from .account import Account, with_account
from .judging import Bar, judge
from .polling import Clock, poll
from .view import line, view
from .words import exit_with

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .sagemaker import SageMaker, Training, Tuning

    Seen = Sequence[tuple[Tuning, Sequence[Training]]]

_EVERY = 5.0
_ROWS = 10
_ROWS_OF_SEVERAL = 3


@click.command("watch")
@click.argument("target")
@with_account
def command(account: Account, target: str) -> None:
    """Follow TARGET until it has ended: its training jobs, the best so far, and the objective over time.

    Ctrl-C ends the command, not the tuning job. Without a terminal, writes one plain line for each change. Exits with
    0 if every tuning job is Completed and has a best training job, otherwise with 1.
    """
    found = targets.find(target, account)
    console = Console(highlight=False)
    seen = look_on(found.sagemaker, found.names, Clock())
    last = _live(console, seen) if console.is_terminal else _lines(seen)
    exit_with(max(judge(tuning, Bar()).status for tuning, _ in last))


def look_on(sagemaker: SageMaker, names: Sequence[str], clock: Clock) -> Iterator[Seen]:
    """Yield the tuning jobs and their training jobs from moment to moment, until all have ended."""
    known: dict[str, dict[str, Training]] = {name: {} for name in names}

    def look() -> Seen:
        seen = []
        for name in names:
            tuning = sagemaker.tuning(name)
            known[name] = sagemaker.trainings(name, known[name])
            seen.append((tuning, list(known[name].values())))
        return seen

    for seen in poll(look, every=_EVERY, clock=clock):
        yield seen
        if all(tuning.has_ended for tuning, _ in seen):
            return


def _live(console: Console, several: Iterator[Seen]) -> Seen:
    last: Seen = []
    with Live(console=console, auto_refresh=False) as live:
        for last in several:
            rows = _ROWS if len(last) == 1 else _ROWS_OF_SEVERAL
            live.update(Group(*(Group(view(*one, rows), Text()) for one in last)), refresh=True)
    return last


def _lines(several: Iterator[Seen]) -> Seen:
    last: Seen = []
    told: dict[str, str] = {}
    for last in several:
        for tuning, _ in last:
            said = line(tuning)
            if told.get(tuning.name) != said:
                click.echo(said)
            told[tuning.name] = said
    return last
