"""``hpt best``: the best training job, its hyperparameters, and where its model is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from . import target as targets
from .account import Account, with_account
from .judging import best_as_json
from .words import GOOD, NOT_GOOD, clean, exit_with, number

if TYPE_CHECKING:
    from .sagemaker import SageMaker, Tuning


@click.command("best")
@click.argument("target")
@click.option("--json", "as_json", is_flag=True, help="Write it as JSON.")
@with_account
def command(account: Account, target: str, *, as_json: bool) -> None:
    """Show TARGET's best training job so far: its objective, its hyperparameters and its model.

    Exits with 1 while there is none. With --json, writes an object for each tuning job, as `hpt wait --json` does.
    """
    found = targets.find(target, account)
    status = GOOD
    for name in found.names:
        tuning = found.sagemaker.tuning(name)
        if tuning.best is None:
            status = NOT_GOOD
        if as_json:
            click.echo(json.dumps(best_as_json(found.sagemaker, tuning)))
        else:
            click.echo(_told(found.sagemaker, tuning))
    exit_with(status)


def _told(sagemaker: SageMaker, tuning: Tuning) -> str:
    best = tuning.best
    if best is None:
        return f"{clean(tuning.name)} ({clean(tuning.status)}): no training job has an objective yet"
    objective = "" if best.objective is None else f": {clean(best.metric_name)} {number(best.objective)}"
    # Pairs, because a hyperparameter may have the name of another line.
    values = [
        ("training job", best.name),
        *([("definition", best.definition_name)] if best.definition_name else []),
        *sorted(best.hyperparameters.items()),
        ("model", sagemaker.model_data_url(best.name) or "none"),
    ]
    width = max(len(clean(name)) for name, _ in values)
    lines = [f"  {clean(name):<{width}}  {clean(value)}" for name, value in values]
    return "\n".join([f"{clean(tuning.name)} ({clean(tuning.status)}){objective}", *lines])
