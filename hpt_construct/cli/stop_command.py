"""``hpt stop``: stops one tuning job, after a confirmation."""

from __future__ import annotations

import click

from . import target as targets
from .account import Account, with_account
from .ownership import owner_of
from .words import NOT_GOOD, AskError, clean, exit_with


@click.command("stop")
@click.argument("target")
@click.option("--yes", is_flag=True, help="Stop without asking.")
@with_account
def command(account: Account, target: str, *, yes: bool) -> None:
    """Stop the tuning job that TARGET names, after a confirmation.

    Its training jobs stop; its record and results stay. Exits with 1 if it has already ended.
    """
    found = targets.find(target, account)
    if len(found.names) > 1:
        raise AskError(f"{target!r} has {len(found.names)} tuning jobs; name one: {', '.join(found.names)}")
    tuning = found.sagemaker.tuning(found.names[0])
    name = clean(tuning.name)
    if tuning.status != "InProgress":
        click.echo(f"{name} is {clean(tuning.status)}: there is nothing to stop")
        exit_with(NOT_GOOD)
    if not yes:
        owner = owner_of(found.sagemaker.tags(tuning.arn))
        whose = f" of {clean(owner.stack)}/{clean(owner.logical_id)}" if owner else ""
        _ask(f"Stop {name}{whose}, with {tuning.running} training jobs running?")
    found.sagemaker.stop(tuning.name)
    click.echo(f"{name} is stopping; `hpt watch {name}` shows when it has")


def _ask(question: str) -> None:
    try:
        is_sure = click.confirm(question)
    except click.Abort:
        is_sure = False
    if not is_sure:
        raise AskError("the job was not stopped, because nobody confirmed it; --yes stops it without asking")
