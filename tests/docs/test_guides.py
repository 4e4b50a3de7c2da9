"""The messages of the synth that the pages show in blocks are what is said."""

from __future__ import annotations

import copy
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_events as events

import hpt_construct as hpt
from tests.construct import jobs

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS, EXAMPLES = ROOT / "docs", ROOT / "examples"
BLOCK = re.compile(
    r"^```text\n((?:hpt_construct\.errors\.ValidationError: |[A-Za-z][\w.[\]]*: [a-z]).*?)\n```$",
    re.MULTILINE | re.DOTALL,
)
"""An error as Python shows it, or a message of one problem, which begins with its place."""
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


def tuning_json() -> dict[str, Any]:
    """The request of the example from_request."""
    request: dict[str, Any] = json.loads((EXAMPLES / "from_request" / "tuning.json").read_text(encoding="utf-8"))
    return request


def three_mistakes() -> object:
    """A value of another case, a number as text, and a member without its last letter."""
    request = tuning_json()
    config, definition = request["HyperParameterTuningJobConfig"], request["TrainingJobDefinition"]
    config["Strategy"] = "bayesian"
    config["ResourceLimits"]["MaxNumberOfTrainingJobs"] = "20"
    definition["StoppingCondition"]["MaxRuntimeInSecond"] = definition["StoppingCondition"].pop("MaxRuntimeInSeconds")
    stack = cdk.Stack(cdk.App(), "FromRequestExample")
    return hpt.HyperparameterTuningJob.from_request(stack, "Tuning", request, tuning_job_name=None)


def described() -> object:
    """What Describe returns has the name of the job that it describes."""
    request = copy.deepcopy(
        json.loads((ROOT / "examples" / "from_request" / "tuning.json").read_text(encoding="utf-8"))
    )
    name = "churn-2026-11"
    arn = f"arn:aws:sagemaker:us-east-1:111122223333:hyper-parameter-tuning-job/{name}"
    request = tuning_json() | {"HyperParameterTuningJobName": name, "HyperParameterTuningJobArn": arn}
    return hpt.HyperparameterTuningJob.from_request(stack(), "Tuning", request)


def example(name: str, right: str, wrong: str) -> None:
    """An example with a mistake in it."""
    path = EXAMPLES / name / "app.py"
    code = path.read_text(encoding="utf-8")
    assert right in code
    names = {"__file__": str(path), "__name__": "example"}
    exec(compile(code.replace(right, wrong, 1), str(path), "exec"), names)  # noqa: S102 – our own example


MISTAKES: list[tuple[str, Any]] = [
    ("guides/events", job_with_or_in_its_rule),
    ("guides/events", lambda: jobs.minimal(stack()).metric("it's")),
    ("guides/accounts-and-regions", image_of_another_region),
    ("guides/accounts-and-regions", two_of_a_name),
    (
        "guides/accounts-and-regions",
        lambda: hpt.HyperparameterTuningJob.from_tuning_job_arn(stack(), "Nightly", ELSEWHERE).best_training_job,
    ),
    ("guides/team-defaults", lambda: jobs.minimal(stack(), max_instance_hours=1)),
    (
        "guides/moving-renaming-importing",
        lambda: hpt.HyperparameterTuningJob.from_tuning_job_name(stack(), "Nightly", "nightly_2"),
    ),
    (
        "guides/moving-renaming-importing",
        lambda: hpt.HyperparameterTuningJob.from_tuning_job_arn(stack(), "Nightly", OTHER_KIND),
    ),
    ("guides/from-a-request", three_mistakes),
    ("guides/from-a-request", described),
    (
        "start/account",
        lambda: example("xgboost", "strategy=", "max_instance_hours=10, strategy="),
    ),
    ("start/sandbox", lambda: example("xgboost", '("max_depth", 1, 10)', '("max_depth", 8, 3)')),
]


@cache
def said(number: int) -> tuple[str, str]:
    """The page, and what is said of the mistake, as a block of the page would have it."""
    page, mistake = MISTAKES[number]
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    try:
        made = mistake()
    except (hpt.ValidationError, RuntimeError) as error:
        whole = f"{type(error).__module__}.{type(error).__name__}: {error}"
        if whole in text:
            return page, whole
        return page, str(error).splitlines()[-1].removeprefix("  - ").rpartition("/Tuning: ")[2]
    [entry] = [each for each in made.node.metadata if each.type == "aws:cdk:warning"]
    return page, str(entry.data).rpartition(" [ack: ")[0]


@pytest.mark.parametrize("number", range(len(MISTAKES)))
def test_message_on_a_page_is_what_is_said(number: int) -> None:
    """Word for word, from the place of the mistake on."""
    page, message = said(number)
    assert message in BLOCK.findall((DOCS / f"{page}.md").read_text(encoding="utf-8"))


def test_every_message_in_a_block_is_said_of_a_mistake() -> None:
    """One that nobody makes here could grow stale."""
    shown = {
        (str(path.relative_to(DOCS).with_suffix("")), message)
        for path in DOCS.rglob("*.md")
        if "_build" not in path.parts
        for message in BLOCK.findall(path.read_text(encoding="utf-8"))
    }
    assert shown == set(map(said, range(len(MISTAKES))))
