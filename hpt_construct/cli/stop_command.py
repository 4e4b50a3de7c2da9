"""``hpt stop``: stop one tuning job, after asking."""

from __future__ import annotations

import click

from . import target as targets
from .account import Account, with_account
from .ownership import owner_of
from .words import NOT_GOOD, AskError, clean, exit_with


@click.command("stop")
@click.argument("target")
@click.option("--yes", is_flag=True, help="Don't ask.")
@with_account
def command(account: Account, target: str, *, yes: bool) -> None:
    """Stop the one tuning job that TARGET names, after asking.

    Its trainings are stopped, its record and results stay. Exits with 1 when it has ended already.
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
        _ask(f"Stop {name}{whose}, with {tuning.running} trainings running?")
    found.sagemaker.stop(tuning.name)
    click.echo(f"{name} is stopping; `hpt watch {name}` shows when it has")


def _ask(question: str) -> None:
    try:
        is_sure = click.confirm(question)
    except click.Abort:
        is_sure = False
    if not is_sure:
        raise AskError("it was not stopped, as nobody said yes; --yes stops it without asking")
