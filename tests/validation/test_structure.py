"""The request against the API model: every kind of constraint, with the message that a user reads."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from hpt_construct.validation import spell_api, structure_problems


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
        ("Autotune", "Enabled", ": got 'Enabled', must be a structure"),
        ("Autotune", None, ": got None, must be a structure; leave the member out instead"),
        ("Atotune", {}, ": not a member of CreateHyperParameterTuningJobRequest; did you mean 'Autotune'?"),
        ("Tags", [{"Key": "a", "Value": "b", "x": 1}], "[0].x: not a member of Tag; allowed: Key, Value"),
        ("Tags", {"a": "b"}, ": got {'a': 'b'}, must be a list"),
        ("Tags", [{"Key": "", "Value": ""}], "[0].Key: has 0 characters, must have 1 to 128"),
        ("Tags", [{"Key": "a;b", "Value": ""}], r"[0].Key: got 'a;b', must match ([\p{L}\p{Z}\p{N}_.:/=+\-@]*)"),
        ("Tags", [{"Key": str(n), "Value": ""} for n in range(51)], ": has 51 items, must have 0 to 50"),
        ("TrainingJobDefinition.Environment", {"1": "x"}, "['1']: got '1', must match [a-zA-Z_][a-zA-Z0-9_]*"),
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
        ("TrainingJobDefinition.StaticHyperParameters", {"": "", "a\nb": "x\ny" * 800}),
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
    assert problems([]) == [": got [], must be a structure"]
