"""docs/reference/template.md and permissions.md say what is in a template."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template
from hpt_handler import identity

from benchmarks import requests
from hpt_construct import HyperparameterTuningJob, WaitForCompletion

REFERENCE = Path(__file__).resolve().parent.parent.parent / "docs" / "reference"
PAGE = (REFERENCE / "template.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    """A stack with the job of the page's example, which is waited for."""
    stack = cdk.Stack(cdk.App(), "Training")
    wait = WaitForCompletion(timeout=cdk.Duration.hours(6), objective_at_least=0.85)
    HyperparameterTuningJob.from_request(stack, "Xgboost", requests.guide_request(), wait_for_completion=wait)
    return dict(Template.from_stack(stack).to_json())


def _without_dots(example: Any) -> Any:
    if isinstance(example, dict):
        return {key: _without_dots(item) for key, item in example.items() if key != "..."}
    return example


def _has(whole: Any, part: Any) -> bool:
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(key in whole and _has(whole[key], part[key]) for key in part)
    return bool(whole == part)


def test_example_of_a_job_is_in_the_template(template: dict[str, Any]) -> None:
    """Member by member, dots aside."""
    [example] = re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    job = _without_dots(json.loads(example))
    assert [each for each in template["Resources"].values() if _has(each, job)] != []


def test_types_and_keys_that_are_named_are_in_the_template(template: dict[str, Any]) -> None:
    """The types of resources, the beginning of the function's logical id, and the output's key."""
    types = {resource["Type"] for resource in template["Resources"].values()}
    named = set(re.findall(r"`((?:Custom|AWS)::[\w:]+)`", PAGE))
    assert named <= types
    assert len(named) == 5
    _, function = sorted(key for key, each in template["Resources"].items() if each["Type"] == "AWS::Lambda::Function")
    assert f"`{re.sub('[0-9A-F]{8}$', '', function)}`" in PAGE
    assert [f"`{key}`" in PAGE for key in template["Outputs"]] == [True]


def test_tags_are_those_of_the_function() -> None:
    """Those it writes, and no others."""
    own = {value for value in vars(identity).values() if isinstance(value, str) and value.startswith(identity.PREFIX)}
    assert set(re.findall(r"^\| `(hpt-construct:[a-z-]+)` \|", PAGE, re.MULTILINE)) == own - {identity.PREFIX}


def test_actions_that_are_named_are_those_of_the_function(template: dict[str, Any]) -> None:
    """The page's first table has every action that is spelled out, but those that come with a key of volumes."""
    page = (REFERENCE / "permissions.md").read_text(encoding="utf-8")
    table = page.partition("## What the function may do")[2].partition("\n## ")[0]
    named = set(re.findall(r"`((?:kms|cloudformation|lambda|states|sagemaker):\w+)`", table))
    allowed = {
        action
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::IAM::Policy"
        for statement in resource["Properties"]["PolicyDocument"]["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    assert named - allowed == {"kms:CreateGrant", "kms:DescribeKey"}
    told_in_words = {"Create", "Describe", "Stop", "Delete"}
    assert allowed - named == {
        *(f"sagemaker:{verb}HyperParameterTuningJob" for verb in told_in_words),
        *("sagemaker:AddTags", "sagemaker:DeleteTags", "sagemaker:ListTags", "iam:PassRole"),
        *("logs:CreateLogStream", "logs:PutLogEvents"),
    }
