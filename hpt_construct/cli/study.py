"""Turns a tuning job into an Optuna study, so that Optuna's visualizations, importances and dashboard work for it."""

from __future__ import annotations

import contextlib
import math
import sqlite3
from html import escape
from typing import TYPE_CHECKING, Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from .words import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from .sagemaker import Training, Tuning

optuna.logging.set_verbosity(optuna.logging.WARNING)


def label(text: object) -> str:
    """Make other people's text harmless to a terminal and to Plotly, which takes it for HTML.

    >>> label("<a href='x'>eta</a>")
    "&lt;a href='x'&gt;eta&lt;/a&gt;"
    """
    return escape(clean(text), quote=False)


def study_of(tuning: Tuning, trainings: Sequence[Training]) -> optuna.Study:
    """Return the study of a tuning job to draw: a trial for each training job, numbered from 0 in the order of their
    launches. Names and values are labels.

    A training job with an objective is COMPLETE, even if early stopping ended it, because it may be the best. One that
    has ended without an objective is FAIL, one that runs is RUNNING.
    """
    return _filled(tuning, trainings, optuna.storages.InMemoryStorage(), label)


def timeline_of(tuning: Tuning, trainings: Sequence[Training]) -> optuna.Study:
    """Return the same with stopped training jobs as PRUNED, so that a timeline shows them as such."""
    return _filled(tuning, trainings, optuna.storages.InMemoryStorage(), label, stopped=TrialState.PRUNED)


def write_database(tuning: Tuning, trainings: Sequence[Training], path: Path) -> None:
    """Write the study as a SQLite file, which optuna-dashboard opens.

    Optuna's storage takes one trial at a time, each with more than a dozen ORM statements, about ten milliseconds in
    all, so a thousand training jobs take ten seconds or more. The disk is not the cause: the database is made in
    memory.

    :raises OSError: The file can't be written.
    """
    # On disk, each trial and each parameter would be a transaction.
    storage = optuna.storages.RDBStorage("sqlite://")
    _filled(tuning, trainings, storage, clean)
    pooled = storage.engine.raw_connection()
    memory: Any = pooled.driver_connection
    try:
        file = sqlite3.connect(path)
        with contextlib.closing(file):
            memory.backup(file)
    except sqlite3.Error as error:
        raise OSError(None, str(error)) from error
    finally:
        pooled.close()
        storage.engine.dispose()


def _filled(
    tuning: Tuning,
    trainings: Sequence[Training],
    storage: optuna.storages.BaseStorage,
    shown: Callable[[str], str],
    stopped: TrialState = TrialState.COMPLETE,
) -> optuna.Study:
    direction = StudyDirection.MAXIMIZE if tuning.maximizes else StudyDirection.MINIMIZE
    study = optuna.create_study(storage=storage, study_name=clean(tuning.name), direction=direction)
    distributions = _distributions(tuning, trainings, shown)
    study.add_trials(
        _trial(number, training, distributions, shown, stopped) for number, training in enumerate(trainings)
    )
    return study


def _trial(
    number: int,
    training: Training,
    distributions: Mapping[str, tuple[str, BaseDistribution]],
    shown: Callable[[str], str],
    stopped: TrialState,
) -> FrozenTrial:
    state = TrialState.RUNNING
    if training.has_ended:
        state = TrialState.FAIL if training.objective is None else TrialState.COMPLETE
        if training.status == "Stopped" and training.objective is not None:
            state = stopped
    has_value = state in {TrialState.COMPLETE, TrialState.PRUNED}
    return FrozenTrial(
        number=number,
        trial_id=number,
        state=state,
        value=training.objective if has_value else None,
        datetime_start=_naive(training.started or training.created),
        datetime_complete=_naive(training.ended or training.created) if training.has_ended else None,
        params={
            distributions[name][0]: _value(text, distributions[name][1], shown)
            for name, text in training.hyperparameters.items()
        },
        distributions=dict(distributions[name] for name in training.hyperparameters),
        user_attrs={"training_job_name": clean(training.name), "status": clean(training.status)},
        system_attrs={},
        intermediate_values={0: training.objective} if state == TrialState.PRUNED and training.objective else {},
    )


def _naive(moment: datetime) -> datetime:
    """Drop the time zone, because Optuna's times have none."""
    return moment.replace(tzinfo=None)


def _distributions(
    tuning: Tuning, trainings: Iterable[Training], shown: Callable[[str], str]
) -> dict[str, tuple[str, BaseDistribution]]:
    """Return, by a hyperparameter's name, the name to show, which no other one has, and its distribution.

    The distribution's kind is the range's, its bounds are those of the values seen.
    """
    texts: dict[str, list[str]] = {}
    for training in trainings:
        for name, text in training.hyperparameters.items():
            texts.setdefault(name, []).append(text)
    kinds = dict(_kinds(tuning))
    names: dict[str, str] = {}
    for name in texts:
        unique = shown(name)
        while unique in names.values():
            unique += "_"
        names[name] = unique
    return {name: (names[name], _distribution(*kinds.get(name, ("", {})), seen, shown)) for name, seen in texts.items()}


def _kinds(tuning: Tuning) -> Iterable[tuple[str, tuple[str, Mapping[str, Any]]]]:
    config = tuning.described["HyperParameterTuningJobConfig"]
    definitions = tuning.described.get("TrainingJobDefinitions") or []
    for ranges in (config.get("ParameterRanges"), *(each.get("HyperParameterRanges") for each in definitions)):
        for kind, listed in (ranges or {}).items():
            for item in listed:
                yield item["Name"], (kind, item)


def _distribution(
    kind: str, declared: Mapping[str, Any], seen: Sequence[str], shown: Callable[[str], str]
) -> BaseDistribution:
    numbers = [number for text in seen if (number := _number(text)) is not None]
    if kind in {"IntegerParameterRanges", "ContinuousParameterRanges"} and len(numbers) == len(seen):
        low, high = min(numbers), max(numbers)
        log = declared.get("ScalingType") == "Logarithmic" and low > 0
        if kind == "IntegerParameterRanges":
            return IntDistribution(int(low), int(high), log=log and low >= 1)
        return FloatDistribution(low, high, log=log)
    return CategoricalDistribution(sorted(set(map(shown, seen))))


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _value(text: str, distribution: BaseDistribution, shown: Callable[[str], str]) -> Any:
    if isinstance(distribution, IntDistribution):
        return int(float(text))
    return float(text) if isinstance(distribution, FloatDistribution) else shown(text)
