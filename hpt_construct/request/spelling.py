"""Says what is wrong in the words of the typed form: the value got, the class that belongs there, the names of members.

Runs only where there is a problem, so that a valid job costs nothing more at synth.
"""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from hpt_construct.errors import show
from hpt_construct.tokens import is_token

from . import _part
from ._part import API, CODEC, Codec
from .instance_type import InstanceType
from .ranges import KINDS, ContinuousRange, ParameterRanges, Ranges
from .warm_start import PARENT
from .whole import TAGS, TuningJobRequest

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Mistake = tuple[str, str]
"""The rest of a path, as codecs spell it, and the message about it."""

_RANGES: Final = "a ContinuousRange, IntegerRange, CategoricalRange or AutoParameter"
_MOST_OF_EXAMPLE: Final = 200

_EXPECTED: Final[Mapping[Codec, str]] = {
    _part.SECONDS: "a Duration of whole seconds or their number, like Duration.hours(1)",
    _part.GIBIBYTES: "a Size of whole GiB or their number, like Size.gibibytes(10)",
    _part.ROLE: "an iam.IRole or an ARN, like 'arn:aws:iam::111122223333:role/SageMakerRole'",
    _part.S3_URI: "an S3Location or a URI, like S3Location(bucket, 'train') or 's3://amzn-s3-demo-bucket/train'",
    _part.IMAGE: "a TrainingImage or a URI, like TrainingImage.built_in('xgboost', '1.7-1')",
    _part.KEY: "a kms.IKey, or the id, ARN or alias of a key, like 'alias/training'",
    _part.SUBNET: "an ec2.ISubnet or the id of a subnet, like 'subnet-0123456789abcdef0'",
    _part.SECURITY_GROUP: "an ec2.ISecurityGroup or the id of a security group, like 'sg-0123456789abcdef0'",
    _part.FILE_SYSTEM: "an efs.IFileSystem, an fsx.IFileSystem or an id, like 'fs-0123456789abcdef0'",
    PARENT: "a tuning job or its name, like 'older-job'",
    TAGS: "a mapping, like {'team': 'churn'}",
    _part.TEXT_MAP: "a mapping, like {'num_round': 100}",
}
"""What each codec that converts CDK types accepts."""

_NUMBERS: Final[Mapping[Codec, tuple[str, str, str]]] = {
    _part.SECONDS: ("Duration", "seconds", "Duration.seconds(token)"),
    _part.GIBIBYTES: ("Size", "GiB", "Size.gibibytes(token)"),
}
"""The class of the CDK, the API's unit, and how to give a token."""

_QUOTED_OR_NAME: Final = re.compile(
    r"""(?<!\w)(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")(?!\w)|\b[A-Z][A-Za-z0-9]+\b(?![.(])""", re.ASCII
)


def mistakes(of: Any, path: Sequence[str | int], message: str) -> Iterator[Mistake]:
    """Yield what can't become the API's value in a part, on the way to a path for which the API model has a message.

    Yields nothing if the model's message is enough, such as one about a string's length or a number's bounds.
    """
    for field in _part.fields(of):
        api = field.metadata[API]
        if tuple(path[: len(api)]) == api:
            value = getattr(of, field.name)
            for below, told in of_value(field.metadata[CODEC], value, path[len(api) :], message):
                yield f"{field.name}{below}", told


def in_typed_names(message: str) -> str:
    """Put the names of the typed form into a message about API members, except in quotations and in names of classes
    that are called.

    >>> in_typed_names("got 3, must not be more than MaxNumberOfTrainingJobs (2)")
    'got 3, must not be more than max_training_jobs (2)'
    """
    return _QUOTED_OR_NAME.sub(lambda found: _typed_names().get(found[0], found[0]), message)


def api_names(shape: str) -> dict[str, str]:
    """Map the typed names of an API structure's members to their API names."""
    found = {}
    for part in _parts():
        for field in _part.fields(part):
            *above, last = field.metadata[API]
            if (above[-1] if above else part.__shape__) == shape:
                found[field.name] = last
    return found


def of_value(codec: Codec, value: Any, path: Sequence[str | int], message: str) -> Iterator[Mistake]:
    """Yield the same for one field's value, on the way to a path below it."""
    match codec:
        case _ if is_token(value):
            return
        case Ranges():
            yield from _of_ranges(value, path, message)
        case _part.Structure():
            yield from _of_structure(codec.part, value, path, message)
        case _part.ListOf():
            yield from _of_list(codec.item, value, path, message)
        case _part.OneOf():
            yield from _of_alternatives(codec, value, path, message)
        case _ if not path and message.startswith(f"got {show(value)}, must be "):
            yield from _of_scalar(codec, value)
        case _ if codec is PARENT and isinstance(value, str) and value.startswith("arn:"):
            yield "", f"got {show(value)}, must be a tuning job or its name, like {show(value.rpartition('/')[2])}"


def _of_scalar(codec: Codec, value: Any) -> Iterator[Mistake]:
    """Report a wrong type or pattern; the model's own message is enough for lengths and bounds."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if codec is _part.INSTANCE_TYPE and not isinstance(value, str):
        yield "", f"got {show(value)}, must be an InstanceType or its name, like {_instance_type_of(value)}"
    # A value that could be converted has the right type, so the model's message about the result applies.
    elif codec in _NUMBERS and _is_unresolved(value):
        kind, unit, like = _NUMBERS[codec]
        yield "", f"got a {kind} of a token that isn't in {unit}, which no template can convert; use {like}"
    elif codec in _EXPECTED and not (codec in _NUMBERS and number) and codec.render(value) is value:
        yield "", f"got {_shown(value)}, must be {_EXPECTED[codec]}"


def _is_unresolved(value: Any) -> bool:
    """Whether a duration or size of the CDK stands for a number that only the deployment knows."""
    ask = getattr(value, "is_unresolved", None)
    return callable(ask) and bool(ask())


def _of_ranges(value: Any, path: Sequence[str | int], message: str) -> Iterator[Mistake]:
    if isinstance(value, ParameterRanges):
        yield from _of_structure(ParameterRanges, value, path, message)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            if type(item) not in KINDS:
                yield f"[{index}]", f"got {show(item)}, must be {_RANGES}, like {_range_of(item)}"
    else:
        yield "", f"got {show(value)}, must be a list, each item {_RANGES}, like [{_range_of(None)}]"


def _of_structure(
    part: type[DataclassInstance], value: Any, path: Sequence[str | int], message: str
) -> Iterator[Mistake]:
    if isinstance(value, part):
        yield from ((f".{below}", told) for below, told in mistakes(value, path, message))
    else:
        like = _call(part, value) if isinstance(value, Mapping) else example(part)
        yield "", f"got {show(value)}, must be {_a(part)}, like {like}"


def _of_list(item: Codec, value: Any, path: Sequence[str | int], message: str) -> Iterator[Mistake]:
    if isinstance(value, (list, tuple)):
        index, *below = path or (None,)
        if isinstance(index, int):
            for place, told in of_value(item, value[index], below, message):
                yield f"[{index}]{place}", told
    elif isinstance(item, _part.Structure):
        yield "", f"got {show(value)}, must be a list, each item {_a(item.part)}, like [{example(item.part)}]"
    elif item in _EXPECTED:
        yield "", f"got {show(value)}, must be a list, each item {_EXPECTED[item]}"


def _of_alternatives(codec: _part.OneOf, value: Any, path: Sequence[str | int], message: str) -> Iterator[Mistake]:
    parts = list(codec.alternatives.values())
    given = next((part for part in parts if isinstance(value, part)), None)
    if given is not None:
        yield from _of_structure(given, value, path[1:], message)
        return
    first, *others, last = (part.__name__ for part in parts)
    like = f"{first}({show(value)})" if isinstance(value, str) else example(parts[0])
    yield "", f"got {show(value)}, must be {_a(parts[0])}, {', '.join(others)} or {last}, like {like}"


def _shown(value: Any) -> str:
    """Show a duration or size of the CDK in its smallest unit, where it is a whole number; a token has no number."""
    for unit, converted in (("Duration.millis", "to_milliseconds"), ("Size.kibibytes", "to_kibibytes")):
        convert = getattr(value, converted, None)
        if callable(convert):
            with suppress(RuntimeError):
                return f"{unit}({convert():.0f})"
    return show(value)


def _a(part: type) -> str:
    name = part.__name__
    return f"{'an' if name[0] in 'AEIO' or name.startswith('S3') else 'a'} {name}"


def _range_of(item: Any) -> str:
    """Guess the range that ("eta", 0, 1) or ("booster", ["gbtree", "dart"]) means."""
    match item:
        case (str(name), int() | float() as low, int() | float() as high):
            return f"ContinuousRange({show(name)}, {show(low)}, {show(high)})"
        case (str(name), [*values]):
            return f"CategoricalRange({show(name)}, {show(values)})"
    return example(ContinuousRange)


def _instance_type_of(value: Any) -> str:
    """Find SageMaker's instance type for ``ec2.InstanceType("m5.xlarge")``."""
    to_string = getattr(value, "to_string", None)
    name = f"ml.{to_string()}" if callable(to_string) else ""
    known = InstanceType(name) if name in set(InstanceType) else InstanceType.ML_M5_XLARGE
    return f"InstanceType.{known.name}"


def _call(part: type[DataclassInstance], given: Mapping[Any, Any]) -> str:
    """Show the part made from a mapping with typed or API names; an example, if the mapping has any other name."""
    names: dict[str, str] = {}
    for field in _part.fields(part):
        names |= {_squashed(name): field.name for name in (field.name, field.metadata[API][-1])}
    arguments = {names.get(_squashed(str(key))): show(value) for key, value in given.items()}
    if not arguments or None in arguments:
        return example(part)
    arguments |= {name: "..." for name in _required(part) if name not in arguments}
    return f"{part.__name__}({', '.join(f'{name}={value}' for name, value in arguments.items())})"


def _squashed(name: str) -> str:
    return name.replace("_", "").casefold()


def _required(part: type[DataclassInstance]) -> list[str]:
    return [field.name for field in _part.fields(part) if field.default is dataclasses.MISSING]


def example(part: type[DataclassInstance]) -> str:
    """Show how to write a part: the example in its docstring, which runs as a doctest, or an outline if it is long.

    >>> from hpt_construct import Objective
    >>> example(Objective)
    "Objective.maximize('validation:auc')"
    """
    import doctest  # noqa: PLC0415 – it loads pdb and unittest: every first synth would wait for them

    for each in doctest.DocTestParser().get_examples(part.__doc__ or ""):
        for node in ast.walk(ast.parse(each.source)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[0] == part.__name__:
                text = ast.unparse(node)
                if len(text) <= _MOST_OF_EXAMPLE:
                    return text
    return f"{part.__name__}({', '.join(f'{name}=...' for name in _required(part))})"


@cache
def _typed_names() -> dict[str, str]:
    found: dict[str, str] = {}
    for part in _parts():
        found |= {field.metadata[API][-1]: field.name for field in _part.fields(part)}
    # Callers who write a list of ranges know them by their classes.
    return found | {api: part.__name__ for part, api in KINDS.items()}


@cache
def _parts() -> Sequence[Any]:
    """The request's class, and the class of every part in it."""
    found: list[type[DataclassInstance]] = []
    waiting: list[type[DataclassInstance]] = [TuningJobRequest]
    while waiting:
        part = waiting.pop()
        if part not in found:
            found.append(part)
            waiting += [below for field in _part.fields(part) for below in _parts_of(field.metadata[CODEC])]
    return found


def _parts_of(codec: Codec) -> Sequence[type[DataclassInstance]]:
    match codec:
        case _part.Structure():
            return [codec.part]
        case _part.ListOf():
            return _parts_of(codec.item)
        case _part.OneOf():
            return list(codec.alternatives.values())
        case Ranges():
            return [ParameterRanges]
    return []
