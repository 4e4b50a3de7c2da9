"""One self-contained page about a tuning job: pictures, costs and a table; it loads nothing from the network."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import optuna
from optuna import visualization
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from plotly import graph_objects
from plotly.offline import get_plotlyjs
from plotly.subplots import make_subplots

from .study import label, study_of, timeline_of
from .words import clean, duration, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .costs import Savings
    from .sagemaker import Training, Tuning

_ENOUGH = 2
_ENOUGH_FOR_IMPORTANCE = 6
_MOST_IN_A_CONTOUR = 100

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 1100px; margin: 2em auto; padding: 0 1em }
h1 { font-size: 1.6em; margin-bottom: 0 } h2 { font-size: 1.15em; margin: 2em 0 0.3em }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.2em 1.5em }
dt { color: #666 } dd { margin: 0; overflow-wrap: anywhere }
.scroll { overflow-x: auto } table { border-collapse: collapse; font-size: 13px; white-space: nowrap }
th, td { padding: 0.25em 0.8em; text-align: left; border-bottom: 1px solid #e5e5e5 }
.number { text-align: right; font-variant-numeric: tabular-nums } .best { background: #e9f7ec; font-weight: 600 }
"""


def page(tuning: Tuning, trainings: Sequence[Training], savings: Savings, model: str | None) -> str:
    """Return the page as HTML.

    :param trainings: All training jobs, in the order of their launches.
    :param savings: What the tuning job has used and saved.
    :param model: Where the best training job's model is.
    """
    name, status = escape(clean(tuning.name)), escape(clean(tuning.status))
    figures = [f"<h2>{title}</h2>{_drawn(figure)}" for title, figure in _figures(tuning, trainings)]
    facts = "".join(
        f"<dt>{escape(title)}</dt><dd>{escape(text)}</dd>" for title, text in _facts(tuning, savings, model)
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{name}</title><style>{_STYLE}</style><script>{get_plotlyjs()}</script></head><body>"
        f"<h1>{name}</h1><dl><dt>status</dt><dd>{status}</dd>{facts}</dl>"
        f"{''.join(figures)}<h2>Training jobs</h2>{_table(tuning, trainings)}</body></html>\n"
    )


def _drawn(figure: graph_objects.Figure) -> str:
    """Return a figure as a part of the page, at full width; the page shows its title above it."""
    figure.update_layout(title=None, width=None, margin={"t": 30})
    drawn: str = figure.to_html(full_html=False, include_plotlyjs=False, config={"displaylogo": False})
    return drawn


def picture(tuning: Tuning, trainings: Sequence[Training]) -> graph_objects.Figure:
    """Draw the objective over the training jobs, and beside it the importance of the hyperparameters."""
    study = study_of(tuning, trainings)
    both = make_subplots(cols=2, column_widths=[0.65, 0.35], subplot_titles=["Objective", "Importance"])
    for trace in visualization.plot_optimization_history(study, target_name=label(_metric(tuning))).data:
        both.add_trace(trace, row=1, col=1)
    importances = _importances(study)
    bars = graph_objects.Bar(
        x=list(importances.values())[::-1],
        y=list(importances)[::-1],
        orientation="h",
        showlegend=False,
        marker_color="#636efa",
    )
    both.add_trace(bars, row=1, col=2)
    both.update_layout(title=label(tuning.name), legend={"orientation": "h", "y": -0.15}, width=1200, height=500)
    return both


def _facts(tuning: Tuning, savings: Savings, model: str | None) -> Iterator[tuple[str, str]]:
    if tuning.failure_reason:
        yield "reason", clean(tuning.failure_reason)
    of = f" of {tuning.total}" if tuning.total else ""
    yield (
        "training jobs",
        f"{tuning.completed}{of} completed, {tuning.running} running, {tuning.failed} failed, {tuning.stopped} stopped",
    )
    yield "time", f"{duration(tuning.age)}, from {tuning.created:%Y-%m-%d %H:%M} UTC"
    if tuning.best is not None and tuning.best.objective is not None:
        yield "best", f"{_metric(tuning)} {number(tuning.best.objective)} of {clean(tuning.best.name)}"
        values = sorted(tuning.best.hyperparameters.items())
        yield "hyperparameters", ", ".join(f"{clean(name)} {clean(value)}" for name, value in values) or "none"
        yield "model", clean(model or "none")
    hours = ", ".join(f"{number(hours)} {clean(kind)}" for kind, hours in sorted(savings.used.items()))
    yield "instance-hours", hours or "none"
    yield "saved", savings.told


def _metric(tuning: Tuning) -> str:
    return clean(tuning.best.metric_name) if tuning.best is not None and tuning.best.metric_name else "objective"


def _figures(tuning: Tuning, trainings: Sequence[Training]) -> Iterator[tuple[str, graph_objects.Figure]]:
    study, metric = study_of(tuning, trainings), label(_metric(tuning))
    judged = study.get_trials(deepcopy=False, states=[optuna.trial.TrialState.COMPLETE])
    if len(judged) >= _ENOUGH:
        space = optuna.search_space.intersection_search_space(judged)
        importances = _importances(study)
        ranked = sorted(space, key=lambda name: -importances.get(name, 0.0))
        yield "Objective over training jobs", visualization.plot_optimization_history(study, target_name=metric)
        if importances:
            evaluator = PedAnovaImportanceEvaluator()
            figure = visualization.plot_param_importances(study, evaluator=evaluator, target_name=metric)
            yield "Importance of hyperparameters", figure
        if ranked:
            yield "Each hyperparameter", visualization.plot_slice(study, params=ranked, target_name=metric)
            figure = visualization.plot_parallel_coordinate(study, params=ranked, target_name=metric)
            yield "All hyperparameters together", figure
        varied = [name for name in ranked if not space[name].single()]
        if len(varied) > 1:
            # A contour needs a matrix of all values by all values, so it gets a sample.
            few = study_of(tuning, _evenly([each for each in trainings if each.objective is not None]))
            yield "The two that matter most", visualization.plot_contour(few, params=varied[:2], target_name=metric)
    if trainings:
        yield "Timeline", visualization.plot_timeline(timeline_of(tuning, trainings))


def _importances(study: optuna.Study) -> dict[str, float]:
    """Return the importance of each hyperparameter, if there are enough different results to tell."""
    judged = study.get_trials(deepcopy=False, states=[optuna.trial.TrialState.COMPLETE])
    space = optuna.search_space.intersection_search_space(judged)
    varied = [distribution for distribution in space.values() if not distribution.single()]
    if len(judged) < _ENOUGH_FOR_IMPORTANCE or not varied or len({trial.value for trial in judged}) == 1:
        return {}
    return get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())


def _evenly(trainings: Sequence[Training]) -> Sequence[Training]:
    step = max(1, -(-len(trainings) // _MOST_IN_A_CONTOUR))
    return trainings[::step]


def _table(tuning: Tuning, trainings: Sequence[Training]) -> str:
    names = sorted({name for training in trainings for name in training.hyperparameters})
    titles = ["trial", "training job", "status", "objective", "time", *names, "reason"]
    head = "".join(f"<th>{escape(clean(title))}</th>" for title in titles)
    rows = "".join(_row(place, training, tuning, names) for place, training in enumerate(trainings))
    return f'<div class="scroll"><table><tr>{head}</tr>{rows}</table></div>'


def _row(place: int, training: Training, tuning: Tuning, names: Sequence[str]) -> str:
    link = f'<a href="{escape(_console(training))}">{escape(clean(training.name))}</a>'
    seconds = 0.0
    if training.started is not None:
        seconds = ((training.ended or tuning.now) - training.started).total_seconds()
    objective = "" if training.objective is None else number(training.objective)
    values = "".join(f"<td>{escape(clean(training.hyperparameters.get(name, '')))}</td>" for name in names)
    is_best = tuning.best is not None and training.name == tuning.best.name
    return (
        f"<tr{' class=best' if is_best else ''}><td class=number>{place}</td><td>{link}</td>"
        f"<td>{escape(clean(training.status))}</td><td class=number>{objective}</td>"
        f"<td class=number>{duration(seconds)}</td>{values}<td>{escape(clean(training.failure_reason or ''))}</td></tr>"
    )


def _console(training: Training) -> str:
    _, partition, _, region, *_ = training.arn.split(":")
    hosts: dict[str, Any] = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}
    host = hosts.get(partition, f"{region}.console.aws.amazon.com")
    return f"https://{host}/sagemaker/home?region={region}#/jobs/{training.name}"
