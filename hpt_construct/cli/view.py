"""Shows a tuning job in a terminal: its progress, the best so far, the objective over time, the last training jobs."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from .words import clean, duration, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .sagemaker import Training, Tuning

_STYLES: Final = {
    "Completed": "green",
    "InProgress": "cyan",
    "Stopping": "yellow",
    "Stopped": "yellow",
    "Failed": "red",
}
_BAR: Final = 40
_PLOT_WIDTH: Final = 64
_PLOT_HEIGHT: Final = 8


def line(tuning: Tuning) -> str:
    """Return a tuning job in one line, for output that is not a terminal."""
    of = f" of {tuning.total}" if tuning.total else ""
    counts = [f"{tuning.completed}{of} training jobs completed", f"{tuning.running} running"]
    counts += [f"{count} {what}" for count, what in ((tuning.failed, "failed"), (tuning.stopped, "stopped")) if count]
    return f"{clean(tuning.name)} is {clean(tuning.status)}: {', '.join([*counts, *_best(tuning)])}"


def view(tuning: Tuning, trainings: Sequence[Training], rows: int) -> RenderableType:
    """Return a tuning job as a picture of a few lines.

    :param trainings: All training jobs, in the order of their launches.
    :param rows: How many of the last training jobs to show.
    """
    parts: list[RenderableType] = [_head(tuning), _bar(tuning)]
    if tuning.failure_reason:
        parts.append(Text(clean(tuning.failure_reason), style="red"))
    if tuning.best is not None:
        parts.append(_best_of(tuning.best))
    judged = [training.objective for training in trainings if training.objective is not None and training.has_ended]
    if len(judged) > 1:
        parts += [Text(), plot(judged, maximize=tuning.maximizes)]
    if trainings:
        parts += [Text(), _table(trainings, tuning, rows)]
    return Group(*parts)


def _head(tuning: Tuning) -> Text:
    head = Text(clean(tuning.name), style="bold")
    head.append("  ").append(clean(tuning.status), style=_style(tuning.status))
    return head.append(f"  {duration(tuning.age)}", style="dim")


def _bar(tuning: Tuning) -> Text:
    launched = tuning.completed + tuning.running + tuning.failed + tuning.stopped
    total = max(tuning.total or 0, launched, 1)
    counted = (
        (tuning.completed, "completed", "█", "Completed"),
        (tuning.stopped, "stopped", "█", "Stopped"),
        (tuning.failed, "failed", "█", "Failed"),
        (tuning.running, "running", "▒", "InProgress"),
    )
    bar, drawn, passed = Text(), 0, 0
    for count, _, sign, status in counted:
        passed += count
        end = passed * _BAR // total
        bar.append(sign * (end - drawn), style=_style(status))
        drawn = end
    bar.append("░" * (_BAR - drawn), style="dim")
    of = f"of {tuning.total}" if tuning.total else "launched"
    bar.append(f"  {launched if not tuning.total else passed} {of}: ")
    shown = [(f"{count} {what}", _style(status)) for count, what, _, status in counted if count]
    return bar.append_text(Text(", ").join(Text(words, style=style) for words, style in shown))


def _best(tuning: Tuning) -> Iterable[str]:
    if tuning.best is not None and tuning.best.objective is not None:
        yield f"best {clean(tuning.best.metric_name)} {number(tuning.best.objective)}"


def _best_of(best: Training) -> Text:
    objective = "" if best.objective is None else f" {clean(best.metric_name)} {number(best.objective)}"
    text = Text("best").append(objective, style="bold")
    values = sorted(best.hyperparameters.items())
    return text.append("  ").append("  ".join(f"{clean(name)}={_short(value)}" for name, value in values), style="dim")


def plot(values: Sequence[float], *, maximize: bool) -> Text:
    """Draw the objective of each training job as a dot, and the best so far as a line.

    :param values: The objectives in the order of the training jobs, at least one.
    """
    low, high = min(values), max(values)
    grid = [[" "] * _PLOT_WIDTH for _ in range(_PLOT_HEIGHT)]

    def row(value: float) -> int:
        part = (value - low) / (high - low) if high > low else 0.5
        return round((1 - part) * (_PLOT_HEIGHT - 1))

    bests = list(accumulate(values, max if maximize else min))
    for column in range(_PLOT_WIDTH):
        grid[row(bests[column * len(bests) // _PLOT_WIDTH])][column] = "─"
    for place, value in enumerate(values):
        grid[row(value)][place * _PLOT_WIDTH // len(values)] = "•"
    labels = {0: number(high), _PLOT_HEIGHT - 1: number(low)}
    width = max(map(len, labels.values()))
    text = Text()
    for place, cells in enumerate(grid):
        text.append(f"{labels.get(place, ''):>{width}} ┤", style="dim")
        for cell in cells:
            text.append(cell, style="green" if cell == "─" else "cyan")
        text.append("\n")
    text.append(f"{'':>{width}} └{'─' * _PLOT_WIDTH}", style="dim")
    return text


def _table(trainings: Sequence[Training], tuning: Tuning, rows: int) -> Table:
    last = list(enumerate(trainings, start=1))[-rows:]
    names = sorted({name for _, training in last for name in training.hyperparameters})
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("#", "status", "objective", "time", *map(clean, names)):
        table.add_column(Text(title), justify="right" if title in {"#", "objective", "time"} else "left", no_wrap=True)
    for place, training in reversed(last):
        is_best = tuning.best is not None and training.name == tuning.best.name
        table.add_row(
            str(place),
            Text(clean(training.status), style=_style(training.status)),
            "" if training.objective is None else number(training.objective),
            _time(training, tuning),
            *(_short(training.hyperparameters.get(name, "")) for name in names),
            style="bold" if is_best else "",
        )
    return table


def _time(training: Training, tuning: Tuning) -> str:
    if training.started is None:
        return ""
    return duration(((training.ended or tuning.now) - training.started).total_seconds())


def _short(value: str) -> Text:
    """Return a hyperparameter's value; a number in few digits."""
    try:
        return Text(number(float(value)))
    except ValueError:
        return Text(clean(value))


def _style(status: str) -> str:
    return _STYLES.get(status, "")
