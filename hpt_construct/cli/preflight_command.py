"""``hpt preflight``: finds what a deployment would fail on, before it starts."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Final

import click

from . import assembly
from .account import Account, with_account
from .checks import OK, UNKNOWN, WRONG, Checks, Result
from .words import GOOD, NOT_GOOD, clean, exit_with

if TYPE_CHECKING:
    from .assembly import Job

_SIGNS: Final = {OK: ("✓", "green"), WRONG: ("✗", "red"), UNKNOWN: ("?", "yellow")}


@click.command("preflight")
@click.argument("folder", default="cdk.out", metavar="[CDK.OUT]")
@click.option("--stack", metavar="NAME", help="Only the tuning jobs of a stack.")
@click.option("--json", "as_json", is_flag=True, help="Write a JSON object for each check.")
@with_account
def command(account: Account, folder: str, *, stack: str | None, as_json: bool) -> None:
    """Check in the account whether the synthesized tuning jobs in the folder CDK.OUT can work; change nothing.

    Checks roles, data, buckets, images, networks, keys, names and quotas: ✓ is fine, ✗ would fail, ? is unknown,
    usually because a permission is missing. Skips what the stack itself creates. Exits with 1 if there is a ✗, and
    with 2 if AWS gives no answer at all.

    With --json: stack, logical_id, check, subject, result (ok, wrong, unknown), message.
    """
    status = GOOD
    jobs = assembly.read(folder, stack)
    regions = dict.fromkeys(job.region for job in jobs)
    accounts = {region: account.in_region(region or account.region) for region in regions}
    for each in accounts.values():
        # This needs no permission. If AWS doesn't answer it, no check could find anything wrong.
        each.number()
    for job in jobs:
        if not as_json:
            click.secho(f"{clean(job.stack)}/{clean(job.logical_id)}", bold=True)
        for result in Checks(accounts[job.region], job).results():
            click.echo(_as_json(job, result) if as_json else _line(result))
            if result.result == WRONG:
                status = NOT_GOOD
    exit_with(status)


def _line(result: Result) -> str:
    sign, colour = _SIGNS[result.result]
    return f"  {click.style(sign, fg=colour)} {result.check} {clean(result.subject)}: {clean(result.message)}"


def _as_json(job: Job, result: Result) -> str:
    return json.dumps({"stack": job.stack, "logical_id": job.logical_id, **dataclasses.asdict(result)})
