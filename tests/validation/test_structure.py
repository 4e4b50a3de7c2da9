"""The request against the API model: every kind of constraint, with the message that a user reads."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from hpt_construct import api_model
from hpt_construct.tokens import is_token
from hpt_construct.validation import spell_api, structure_problems

TOKEN = -1.8881545897087503e289
"""A number of the CDK's that is a token."""


def problems(request: Any) -> list[str]:
    """What is wrong, as a user of a plain request reads it."""
    return [f"{spell_api(problem.path)}: {problem.message}" for problem in structure_problems(request)]


def edited(request: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The request with another value at a path."""
    edited: Any = copy.deepcopy(request)
    *parents, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    target = edited
    for step in parents:
        target = target.setdefault(step, {}) if isinstance(step, str) else target[step]
    target[last] = value
    result: dict[str, Any] = edited
    return result


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("Autotune", {}, ".Mode: missing; the API requires it"),
        ("Autotune", {"Mode": "enabled"}, ".Mode: got 'enabled', must be one of Enabled; did you mean 'Enabled'?"),
        ("Autotune", "Enabled", ": got 'Enabled', must be a structure with Mode"),
        ("Autotune", None, ": got None, must be a structure with Mode; leave the member out instead"),
        ("Atotune", {}, ": not a member of CreateHyperParameterTuningJobRequest; did you mean 'Autotune'?"),
        ("Tags", [{"Key": "a", "Value": "b", "x": 1}], "[0].x: not a member of Tag; allowed: Key, Value"),
        ("Tags", {"a": "b"}, ": got {'a': 'b'}, must be a list"),
        ("Tags", [{"Key": "", "Value": ""}], "[0].Key: has 0 characters, must have 1 to 128"),
        (
            "Tags",
            [{"Key": "a;b", "Value": ""}],
            "[0].Key: got 'a;b', must be letters, digits, spaces and any of _.:/=+-@",
        ),
        ("Tags", [{"Key": str(n), "Value": ""} for n in range(51)], ": has 51 items, must have 0 to 50"),
        (
            "TrainingJobDefinition.Environment",
            {"1": "x"},
            "['1']: got '1', must be letters, digits and '_', not beginning with a digit",
        ),
        ("TrainingJobDefinition.Environment", {"A": 1}, ".A: got 1, must be a string; write '1' in quotes"),
        ("TrainingJobDefinition.Environment", ["A"], ": got ['A'], must be a map of strings"),
        (
            "TrainingJobDefinition.StaticHyperParameters",
            {"a": True},
            ".a: got True, must be a string; write 'true' in quotes",
        ),
        (
            "TrainingJobDefinition.StaticHyperParameters",
            {"a": "x" * 2501},
            ".a: has 2,501 characters, must have 0 to 2500",
        ),
        (
            "TrainingJobDefinition.StaticHyperParameters",
            {str(n): "" for n in range(101)},
            ": has 101 entries, must have 0 to 100",
        ),
        ("TrainingJobDefinition.EnableNetworkIsolation", "true", ": got 'true', must be true or false"),
        ("TrainingJobDefinition.EnableNetworkIsolation", 1, ": got 1, must be true or false"),
        ("TrainingJobDefinition.ResourceConfig.InstanceCount", True, ": got True, must be a whole number"),
        ("TrainingJobDefinition.ResourceConfig.InstanceCount", 1.0, ": got 1.0, must be a whole number"),
        ("TrainingJobDefinition.ResourceConfig.InstanceCount", -1, ": got -1, must be at least 0"),
        (
            "TrainingJobDefinition.ResourceConfig.InstanceType",
            "ml.m5.huge",
            ": got 'ml.m5.huge', is not one that the API knows",
        ),
        ("TrainingJobDefinition.ResourceConfig.InstanceType", "ml.C4.2xlarge", "; did you mean 'ml.c4.2xlarge'?"),
        ("TrainingJobDefinition.ResourceConfig.InstanceType", "m5.xlarge", "; did you mean 'ml.m5.xlarge'?"),
        (
            "TrainingJobDefinition.ResourceConfig.SelectedInstanceType",
            "ml.m5.large",
            ": only the service writes it; leave it out",
        ),
        (
            "TrainingJobDefinition.RetryStrategy",
            {"MaximumRetryAttempts": 31},
            ".MaximumRetryAttempts: got 31, must be 1 to 30",
        ),
        (
            "TrainingJobDefinition.InputDataConfig.0.ShuffleConfig",
            {"Seed": 2**63},
            ".Seed: got 9,223,372,036,854,775,808",
        ),
        ("TrainingJobDefinition.RoleArn", "x" * 500, ": got 'xxxxxx"),
        ("TrainingJobDefinition.RoleArn", f"arn:aws:iam::{'١' * 12}:role/R", ", must be the ARN of a role"),
        ("TrainingJobDefinition.StaticHyperParameters", {"a": "x\ny"}, r".a: got 'x\ny', must be a single line"),
        (
            "TrainingJobDefinition.StaticHyperParameters",
            {"__proto__": "x"},
            ".__proto__: got a name that the CDK can't pass on; rename it",
        ),
        (
            "HyperParameterTuningJobConfig.TuningJobCompletionCriteria.TargetObjectiveMetricValue",
            float("inf"),
            ": got inf",
        ),
        (
            "HyperParameterTuningJobConfig.TuningJobCompletionCriteria.TargetObjectiveMetricValue",
            10**400,
            ": got a whole number that no double holds, must be a finite number",
        ),
        ("TrainingJobDefinition.ResourceConfig.InstanceCount", 10**400, ", must be a finite number"),
        (
            "HyperParameterTuningJobConfig.TuningJobCompletionCriteria.TargetObjectiveMetricValue",
            "1",
            ": got '1', must be a number",
        ),
    ],
)
def test_misfit_is_told_with_its_path(guide_request: dict[str, Any], path: str, value: Any, message: str) -> None:
    """Where it is, what was got, what is allowed, and the way out."""
    [problem] = problems(edited(guide_request, path, value))
    spelled = spell_api(tuple(int(step) if step.isdigit() else step for step in path.split(".")))
    assert problem.startswith(spelled)
    assert message in problem
    assert len(problem) < 300


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("HyperParameterTuningJobName", "a" * 32),
        ("Tags", [{"Key": "größe:/=+-@ \u3000語", "Value": ""}]),
        ("TrainingJobDefinition.StaticHyperParameters", {"": "", "a\tb": "x\ty" * 800}),
        ("TrainingJobDefinition.Environment", {"A": "x\ny"}),
        ("TrainingJobDefinition.ResourceConfig.InstanceCount", 0),
        ("TrainingJobDefinition.InputDataConfig.0.ShuffleConfig", {"Seed": -(2**63)}),
        ("TrainingJobDefinition.OutputDataConfig.KmsKeyId", ""),
        ("HyperParameterTuningJobConfig.TuningJobCompletionCriteria.TargetObjectiveMetricValue", 1),
        ("TrainingJobDefinition.RoleArn", "${Token[TOKEN.1]}"),
        ("TrainingJobDefinition", "${Token[TOKEN.1]}"),
        ("TrainingJobDefinition.ResourceConfig.InstanceCount", -1.8881545897087556e289),
        ("TrainingJobDefinition.VpcConfig", {"Subnets": ["#{Token[TOKEN.2]}"], "SecurityGroupIds": ["sg-1"]}),
    ],
)
def test_near_miss_passes(guide_request: dict[str, Any], path: str, value: Any) -> None:
    """What the model allows to the last character, and tokens in place of anything."""
    assert problems(edited(guide_request, path, value)) == []


def test_request_that_is_no_structure_is_a_problem() -> None:
    """A list read from the wrong file, for one."""
    assert problems([]) == [": got [], must be a structure with HyperParameterTuningJobConfig"]


PATTERNS = {
    name: shape["pattern"]
    for name, shape in api_model.shapes().items()
    if "pattern" in shape and shape["pattern"] not in {".*", ".+", r"[\S\s]*"}
}


def test_message_of_a_pattern_says_what_it_means() -> None:
    """A pattern that the model brings anew is told as it is, until somebody writes down its meaning."""
    waiting, seen = [api_model.REQUEST], set[str]()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            shape = api_model.shapes()[name]
            waiting += [shape[part]["shape"] for part in ("member", "key", "value") if part in shape]
            waiting += api_model.members(name).values() if shape["type"] == "structure" else []
    assert [name for name in sorted(seen & PATTERNS.keys()) if "of the form" in api_model.meaning(name)] == []
    for name in seen & PATTERNS.keys():
        for example in re.findall(r"like '([^']+)'", api_model.meaning(name)):
            assert re.fullmatch(PATTERNS[name], example), name


@pytest.mark.parametrize("wrong", [True, 5, None, ["Grid"], 1.5])
def test_enum_is_told_with_its_values(guide_request: dict[str, Any], wrong: Any) -> None:
    """To write something else as a string would not help."""
    guide_request["HyperParameterTuningJobConfig"]["Strategy"] = wrong
    [problem] = structure_problems(guide_request)
    assert problem.message.startswith(f"got {wrong!r}, must be one of Bayesian, Random, Hyperband, Grid")
    assert "quotes" not in problem.message


@pytest.mark.parametrize("calculated", [2 * TOKEN, -TOKEN, int(2 * TOKEN), TOKEN / 3])
def test_number_that_was_calculated_of_a_token_is_told_as_that(
    guide_request: dict[str, Any], calculated: float
) -> None:
    """Instead of its hundreds of digits."""
    assert is_token(TOKEN)
    guide_request["TrainingJobDefinition"]["StoppingCondition"]["MaxRuntimeInSeconds"] = calculated
    [problem] = structure_problems(guide_request)
    assert problem.message.startswith("got a number that was calculated from a token")
