"""Every part of the API has one typed home, and nothing has more."""

from __future__ import annotations

import ast
import dataclasses
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from hpt_construct import api_model, request
from hpt_construct.request import _part, spelling, whole
from tools import instance_types

WITHOUT_A_PART = {
    "HyperParameterTuningJobConfig": "its members are arguments of the construct",
    "DataSource": "a channel takes one of its three members",
    "ParentHyperParameterTuningJob": "a parent is its name",
    "Tag": "tags are a mapping",
}
ENUMS = {
    "HyperParameterTuningJobStrategyType": request.Strategy,
    "HyperParameterTuningJobObjectiveType": request.ObjectiveType,
    "HyperParameterScalingType": request.ScalingType,
    "HyperParameterTuningJobWarmStartType": request.WarmStartType,
    "HyperParameterTuningAllocationStrategy": request.AllocationStrategy,
    "TrainingInstanceType": request.InstanceType,
}

PARTS = {
    part.__shape__: part for part in vars(request).values() if isinstance(part, type) and hasattr(part, "__shape__")
}


def input_shapes() -> dict[str, dict[str, Any]]:
    """Every shape that a request can hold."""
    found: dict[str, dict[str, Any]] = {}
    waiting = [api_model.REQUEST]
    while waiting:
        name = waiting.pop()
        if name not in found:
            shape = found[name] = api_model.shapes()[name]
            waiting += [shape[part]["shape"] for part in ("member", "key", "value") if part in shape]
            waiting += api_model.members(name).values() if shape["type"] == "structure" else []
    return found


STRUCTURES = [name for name, shape in input_shapes().items() if shape["type"] == "structure"]


def members_at(part: type, *, below: str = "") -> set[str]:
    """The API members that the fields of a part become, in the structure itself or in one that it flattens."""
    prefix = tuple(below.split(".")) if below else ()
    paths = [field.metadata[_part.API] for field in _part.fields(part)]
    return {path[len(prefix)] for path in paths if path[: len(prefix)] == prefix and len(path) > len(prefix)}


@pytest.mark.parametrize("shape", sorted(set(STRUCTURES) - set(WITHOUT_A_PART)))
def test_structure_has_a_part_with_all_its_members(shape: str) -> None:
    """A member that SageMaker adds is a red test here, not a user's bug report."""
    assert members_at(PARTS[shape]) == set(api_model.members(shape))


def test_no_part_is_without_a_structure() -> None:
    """A part that the API lacks could only lead to a refused request."""
    assert set(PARTS) == set(STRUCTURES) - set(WITHOUT_A_PART)


def test_flattened_structure_is_complete() -> None:
    """The arguments of the construct cover the tuning's configuration."""
    config = "HyperParameterTuningJobConfig"
    assert members_at(whole.TuningJobRequest, below=config) == set(api_model.members(config))


def test_channel_takes_each_kind_of_data_source() -> None:
    """A kind of source that SageMaker adds needs a part and a place in the channel."""
    codec = next(field for field in _part.fields(request.Channel) if field.name == "data_source").metadata[_part.CODEC]
    expected = {name: PARTS[shape] for name, shape in api_model.members("DataSource").items()}
    assert codec.alternatives == expected


@pytest.mark.parametrize("shape", sorted(name for name, shape in input_shapes().items() if "enum" in shape))
def test_enum_has_exactly_the_apis_values(shape: str) -> None:
    """A value that SageMaker adds or drops shows here."""
    enum = ENUMS.get(shape) or getattr(request, shape)
    assert issubclass(enum, StrEnum)
    assert {member.value for member in enum} == set(api_model.shapes()[shape]["enum"])


@pytest.mark.parametrize("part", PARTS.values(), ids=lambda part: part.__name__)
def test_required_members_are_required_arguments(part: Any) -> None:
    """What the API can't do without has no default, but for the few defaults that the docstrings name."""
    optional = {field.name for field in dataclasses.fields(part) if field.default is not dataclasses.MISSING}
    required = set(api_model.shapes()[part.__shape__].get("required", ()))
    names = {field.metadata[_part.API][-1]: field.name for field in _part.fields(part)}
    allowed = {
        "S3DataType",
        "TrainingInputMode",
        "Mode",
        "RoleArn",
        api_model.GENERATED,
        "HyperParameterTuningJobConfig",
    }
    assert {names[member] for member in required - allowed} & optional == set()


@pytest.mark.parametrize("part", PARTS.values(), ids=lambda part: part.__name__)
def test_part_is_frozen(part: Any) -> None:
    """Parts are shared between jobs: nobody may change one under another."""
    assert part.__dataclass_params__.frozen


@pytest.mark.parametrize("path", sorted(Path(request.__file__).parent.glob("[!_iw]*.py")), ids=lambda path: path.stem)
def test_every_field_says_what_it_is(path: Path) -> None:
    """Editors show the string below a field; a field without one is a riddle."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ClassDef) or node.name.startswith("_"):
            continue
        if any(isinstance(item, ast.Call) for item in node.decorator_list):
            for place, item in enumerate(node.body):
                if isinstance(item, ast.AnnAssign):
                    after = node.body[place + 1]
                    described = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
                    assert described, f"{node.name}.{ast.unparse(item.target)} has no docstring"


def test_instance_types_are_the_models() -> None:
    """``python -m tools.instance_types`` writes the enum from the committed model."""
    assert instance_types.TARGET.read_text(encoding="ascii") == instance_types.source()


@pytest.mark.parametrize("part", PARTS.values(), ids=lambda part: part.__name__)
def test_example_in_a_message_is_one(part: Any) -> None:
    """Of every part that is not the whole request; a long one shows what it needs."""
    example = spelling.example(part)
    assert example.startswith(part.__name__)
    if "=..." not in example:
        told = dict.fromkeys(("arn", "first", "second", "job"))
        assert isinstance(eval(example, {**vars(request), **told}), part)  # noqa: S307 – of our own docstrings
    assert ("=..." in example) is (part in {request.TrainingJobDefinition, whole.TuningJobRequest})


def test_names_of_members_in_messages_are_those_of_the_typed_form() -> None:
    """But in what the caller wrote, and where a class is called."""
    told = "got 'MaxRuntimeInSeconds', don't give MaxNumberOfTrainingJobs beside RoleArn; take CheckpointConfig(...)"
    expected = "got 'MaxRuntimeInSeconds', don't give max_training_jobs beside role; take CheckpointConfig(...)"
    assert spelling.in_typed_names(told) == expected
