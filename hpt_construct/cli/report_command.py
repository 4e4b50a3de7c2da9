"""``hpt report``: a tuning job as a file to look at, keep and share."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from . import target as targets
from .account import Account, with_account
from .costs import savings
from .files import replacing
from .words import AskError, clean

try:
    from . import page, study
except ModuleNotFoundError as error:
    raise AskError(f"reports need {error.name}: pip install 'hpt-construct[report]'") from error

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .sagemaker import SageMaker, Training, Tuning

_COLUMNS: Final = ("training_job_name", "status", "objective", "created", "started", "ended", "definition", "reason")
_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


@click.command("report")
@click.argument("target")
@click.option(
    "-o", "--output", required=True, metavar="FILE", help="The file to write: .html, .csv, .db, .png or .svg."
)
@with_account
def command(account: Account, target: str, output: str) -> None:
    """Write a report about the tuning job that TARGET names. The end of FILE's name chooses the format.

    .html is one page with everything, which needs no network; .csv a table of the training jobs; .db a study for
    optuna-dashboard; .png and .svg a picture, which needs Chrome or Chromium.

    The tuning job may still run, or may have failed.
    """
    write = _FORMS.get(Path(output).suffix.lower())
    if write is None:
        raise AskError(f"{output!r} must end in one of {', '.join(_FORMS)}; choose one of them")
    found = targets.find(target, account)
    if len(found.names) > 1:
        raise AskError(f"{target!r} has {len(found.names)} tuning jobs; name one: {', '.join(found.names)}")
    tuning = found.sagemaker.tuning(found.names[0])
    trainings = list(found.sagemaker.trainings(tuning.name).values())
    try:
        with replacing(Path(output)) as path:
            write(found.sagemaker, tuning, trainings, path)
    except OSError as error:
        raise AskError(f"{output!r} can't be written: {error.strerror}; name another file") from error
    click.echo(f"{clean(output)} has {clean(tuning.name)} with {len(trainings)} training jobs")


def _html(sagemaker: SageMaker, tuning: Tuning, trainings: Sequence[Training], output: Path) -> None:
    model = None if tuning.best is None else sagemaker.model_data_url(tuning.best.name)
    html = page.page(tuning, trainings, savings(sagemaker, tuning, trainings), model)
    output.write_text(html, encoding="utf-8")


def _csv(_sagemaker: SageMaker, _tuning: Tuning, trainings: Sequence[Training], output: Path) -> None:
    names = sorted({name for training in trainings for name in training.hyperparameters})
    with output.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*_COLUMNS, *map(_cell, names)])
        for training in trainings:
            writer.writerow([*_cells(training), *(_cell(training.hyperparameters.get(name, "")) for name in names)])


def _cell(text: object) -> str:
    """Make other people's text a cell that no spreadsheet takes for a formula; numbers stay as they are."""
    cell = clean(text)
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@")) and not _NUMBER.fullmatch(cell) else cell


def _cells(training: Training) -> tuple[Any, ...]:
    times = (training.created, training.started, training.ended)
    created, started, ended = (moment and moment.isoformat() for moment in times)
    told = (_cell(training.definition_name or ""), _cell(training.failure_reason or ""))
    return (_cell(training.name), _cell(training.status), training.objective, created, started, ended, *told)


def _database(_sagemaker: SageMaker, tuning: Tuning, trainings: Sequence[Training], output: Path) -> None:
    study.write_database(tuning, trainings, output)


def _picture(_sagemaker: SageMaker, tuning: Tuning, trainings: Sequence[Training], output: Path) -> None:
    if not any(training.objective is not None and training.has_ended for training in trainings):
        raise AskError(
            f"no training job of {tuning.name!r} has an objective yet, so there is nothing to draw; try .html"
        )
    figure = page.picture(tuning, trainings)
    try:
        image = figure.to_image(format=output.suffix[1:].lower())
    except (RuntimeError, ValueError) as error:
        raise AskError("pictures need Chrome or Chromium; install one (`plotly_get_chrome`), or write .html") from error
    output.write_bytes(image)


_FORMS: Final[dict[str, Callable[[SageMaker, Tuning, Sequence[Training], Path], None]]] = {
    ".html": _html,
    ".csv": _csv,
    ".db": _database,
    ".png": _picture,
    ".svg": _picture,
}
