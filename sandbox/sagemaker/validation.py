"""Checks a request against botocore's description of the SageMaker API, more strictly than SageMaker does."""

import math
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StringShape, StructureShape

from sandbox.sagemaker.errors import ServiceError, validation_error

_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float),
    "blob": (str,),
}
_SIZED = ("string", "list", "map")
_JAVA_CLASSES = {
    r"\p{L}": r"\w",
    r"\p{N}": r"\w",
    r"\p{Z}": " \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
}


@cache
def service_model() -> ServiceModel:
    """Return the installed botocore's description of SageMaker."""
    return ServiceModel(Loader().load_service_model("sagemaker", "service-2"), "sagemaker")


@cache
def _operation(name: str) -> OperationModel | None:
    model = service_model()
    return model.operation_model(name) if name in model.operation_names else None


def validate(operation: str, parameters: object) -> None:
    """Check a request against the shape of its operation.

    operation: the operation's name in the API.
    parameters: the request's members, as they came out of JSON.

    Raises ServiceError: UnknownOperationException for an operation that SageMaker doesn't have, ValidationException
    for a request that doesn't have its shape, with every problem of it.
    """
    model = _operation(operation)
    if model is None:
        raise ServiceError("UnknownOperationException", f"The operation {operation} doesn't exist.")
    shape = model.input_shape
    problems = [] if shape is None else list(_problems(shape, parameters, ""))
    if problems:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected"
        raise validation_error(f"{count}: {'; '.join(problems)}")


def _problems(shape: Shape, value: object, path: str) -> Iterator[str]:
    expected = _PYTHON_TYPES[shape.type_name]
    if not isinstance(value, expected) or (isinstance(value, bool) and shape.type_name != "boolean"):
        yield _problem(value, path, f"Member must be of type {shape.type_name}")
        return
    if isinstance(value, float) and not math.isfinite(value):
        yield _problem(value, path, "Member must be a finite number")
        return
    yield from _constraint_problems(shape, value, path)
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        yield from _structure_problems(shape, value, path)
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for number, member in enumerate(value, start=1):
            yield from _problems(shape.member, member, f"{path}.{number}.member")
    elif isinstance(shape, MapShape) and isinstance(value, dict):
        for key, member in value.items():
            yield from _problems(shape.key, key, f"{path}.key")
            yield from _problems(shape.value, member, f"{path}.{key}.member")


def _structure_problems(shape: StructureShape, value: dict[str, Any], path: str) -> Iterator[str]:
    for name in shape.required_members:
        if name not in value:
            yield _problem(None, _join(path, name), "Member must not be null")
    for name, member in value.items():
        if name in shape.members:
            yield from _problems(shape.members[name], member, _join(path, name))
        else:
            yield _problem(member, _join(path, name), f"Member must be one of [{', '.join(shape.members)}]")


def _constraint_problems(shape: Shape, value: Any, path: str) -> Iterator[str]:
    metadata = shape.metadata
    kind, size = ("length", len(value)) if shape.type_name in _SIZED else ("value", value)
    if "min" in metadata and size < metadata["min"]:
        yield _problem(value, path, f"Member must have {kind} greater than or equal to {metadata['min']}")
    if "max" in metadata and size > metadata["max"]:
        yield _problem(value, path, f"Member must have {kind} less than or equal to {metadata['max']}")
    if isinstance(shape, StringShape):
        if shape.enum and value not in shape.enum:
            yield _problem(value, path, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")
        pattern = metadata.get("pattern")
        if pattern and not _full_match(pattern, value):
            yield _problem(value, path, f"Member must satisfy regular expression pattern: {pattern}")


def _full_match(pattern: str, value: str) -> bool:
    compiled = _compiled(pattern)
    return compiled is None or compiled.fullmatch(value) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    for java, python in _JAVA_CLASSES.items():
        pattern = pattern.replace(java, python)
    try:
        return re.compile(pattern)
    except re.error:
        # Five patterns of SageMaker's are beyond Python's syntax; none is part of a tuning job.
        return None


def _problem(value: object, path: str, constraint: str) -> str:
    shown = "null" if value is None else f"'{value}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"


def _join(path: str, name: str) -> str:
    # The service spells paths in lower camel case, whatever the members are called.
    name = name[:1].lower() + name[1:]
    return f"{path}.{name}" if path else name
