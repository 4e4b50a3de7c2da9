"""A page of six pictures as one makes it by hand: boto3's pages, Optuna's trials, Optuna's plots.

It is given the job's name and the file to write.
"""

from __future__ import annotations

import sys
from pathlib import Path

import boto3
import optuna
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution

job, output = sys.argv[1:]
client = boto3.client("sagemaker")
ranges = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=job)["HyperParameterTuningJobConfig"][
    "ParameterRanges"
]
distributions: dict[str, BaseDistribution] = {
    **{
        each["Name"]: FloatDistribution(float(each["MinValue"]), float(each["MaxValue"]))
        for each in ranges["ContinuousParameterRanges"]
    },
    **{
        each["Name"]: IntDistribution(int(each["MinValue"]), int(each["MaxValue"]))
        for each in ranges["IntegerParameterRanges"]
    },
}
pages = client.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job")
trainings = [
    training
    for page in pages.paginate(HyperParameterTuningJobName=job, PaginationConfig={"PageSize": 100})
    for training in page["TrainingJobSummaries"]
]
study = optuna.create_study(study_name=job, direction="maximize")
study.add_trials(
    optuna.create_trial(
        value=training["FinalHyperParameterTuningJobObjectiveMetric"]["Value"],
        params={
            name: int(text) if isinstance(distributions[name], IntDistribution) else float(text)
            for name, text in training["TunedHyperParameters"].items()
        },
        distributions=distributions,
        user_attrs={"name": training["TrainingJobName"]},
    )
    for training in trainings
)
show = optuna.visualization
# The usual one takes scikit-learn.
evaluator = optuna.importance.PedAnovaImportanceEvaluator()
importances = optuna.importance.get_param_importances(study, evaluator=evaluator)
figures = [
    show.plot_optimization_history(study),
    show.plot_param_importances(study, evaluator=evaluator),
    show.plot_slice(study),
    show.plot_parallel_coordinate(study),
    show.plot_contour(study, params=list(importances)[:2]),
    show.plot_timeline(study),
]
parts = [
    figure.to_html(full_html=False, include_plotlyjs=index == 0)  # the library once
    for index, figure in enumerate(figures)
]
Path(output).write_text("".join(parts), encoding="utf-8")
