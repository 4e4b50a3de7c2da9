"""A table of a tuning job's training jobs as one writes it by hand: boto3's pages, and a line a training job.

It is given the job's name and the file to write.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import boto3

job, output = sys.argv[1:]
pages = boto3.client("sagemaker").get_paginator("list_training_jobs_for_hyper_parameter_tuning_job")
with Path(output).open("w", newline="", encoding="utf-8") as file:
    writer: csv.DictWriter[str] | None = None
    for page in pages.paginate(HyperParameterTuningJobName=job, PaginationConfig={"PageSize": 100}):
        for training in page["TrainingJobSummaries"]:
            line = {
                "name": training["TrainingJobName"],
                "status": training["TrainingJobStatus"],
                "objective": training.get("FinalHyperParameterTuningJobObjectiveMetric", {}).get("Value"),
                **training["TunedHyperParameters"],
            }
            if writer is None:
                writer = csv.DictWriter(file, line)
                writer.writeheader()
            writer.writerow(line)
