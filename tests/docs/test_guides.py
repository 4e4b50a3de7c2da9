"""The messages that the guides quote are what is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_events as events

import hpt_construct as hpt
from tests.construct import jobs

GUIDES = Path(__file__).resolve().parent.parent.parent / "docs" / "guides"
HERE = cdk.Environment(account="111122223333", region="us-east-1")
ELSEWHERE = "arn:aws:sagemaker:eu-west-1:111122223333:hyper-parameter-tuning-job/nightly"
OTHER_KIND = "arn:aws:sagemaker:us-east-1:111122223333:training-job/nightly"


def stack() -> cdk.Stack:
    """A stack of an app of its own."""
    return cdk.Stack(cdk.App(), "Training", env=HERE)


def job_with_or_in_its_rule() -> object:
    """A rule has alternatives of its own."""
    pattern = events.EventPattern(detail={"$or": [{"AwsRegion": ["us-east-1"]}]})
    return jobs.minimal(stack()).on_completed("Completed", event_pattern=pattern)


def image_of_another_region() -> object:
    """The stack is in us-east-1."""
    image = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.7-1"
    return jobs.minimal(
        stack(),
        training_job=jobs.definition(algorithm_specification=hpt.AlgorithmSpecification(training_image=image)),
    )


def two_of_a_name() -> object:
    """In two stacks of one environment."""
    app = cdk.App()
    for name, tuning_job_name in (("Search", "churn-1"), ("Refinement", "Churn-1")):
        jobs.minimal(cdk.Stack(app, name, env=HERE), tuning_job_name=tuning_job_name)
    return app.synth()


MISTAKES: list[tuple[str, Any]] = [
    ("events", job_with_or_in_its_rule),
    ("events", lambda: jobs.minimal(stack()).metric("it's")),
    ("accounts-and-regions", image_of_another_region),
    ("accounts-and-regions", two_of_a_name),
    (
        "accounts-and-regions",
        lambda: hpt.HyperparameterTuningJob.from_tuning_job_arn(stack(), "Nightly", ELSEWHERE).best_training_job,
    ),
    ("team-defaults", lambda: jobs.minimal(stack(), max_instance_hours=1)),
    (
        "moving-renaming-importing",
        lambda: hpt.HyperparameterTuningJob.from_tuning_job_name(stack(), "Nightly", "nightly_2"),
    ),
    (
        "moving-renaming-importing",
        lambda: hpt.HyperparameterTuningJob.from_tuning_job_arn(stack(), "Nightly", OTHER_KIND),
    ),
]


@pytest.mark.parametrize(("guide", "mistake"), MISTAKES)
def test_message_in_a_guide_is_what_is_said(guide: str, mistake: Any) -> None:
    """Word for word, from the place of the mistake on."""
    with pytest.raises((hpt.ValidationError, RuntimeError)) as caught:
        mistake()
    said = str(caught.value).splitlines()[-1].removeprefix("  - ").rpartition("/Tuning: ")[2]
    assert f"```text\n{said}\n```" in (GUIDES / f"{guide}.md").read_text(encoding="utf-8")
