"""Finds what a tuning job can't use from the account and the region that it runs in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hpt_construct.built_in_images import is_built_in, partition, region_of
from hpt_construct.errors import show
from hpt_construct.tokens import is_token

from .problem import Problem
from .rules import Finding, Level
from .rules.rule import Place, each_definition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .rules.rule import Value

    Environment = Callable[[], tuple[str, str]]
    """Returns the account and the region of the stack; called only if there is something to compare."""

_IMAGE: Final = ("AlgorithmSpecification", "TrainingImage")
_ROLE: Final = ("RoleArn",)
_OWN_VOLUMES: Final = "volumes are encrypted with keys of their own region: give a key in {here}"
_REGIONAL: Final = (
    (
        # "ARN should be scoped to correct region: us-west-2", says DescribeAlgorithm.
        ("AlgorithmSpecification", "AlgorithmName"),
        "D9",
        Level.ERROR,
        "SageMaker takes algorithms of its own region only: give the ARN of the algorithm in {here}",
    ),
    (("ResourceConfig", "VolumeKmsKeyId"), "R13", Level.ERROR, _OWN_VOLUMES),
    (("HyperParameterTuningResourceConfig", "VolumeKmsKeyId"), "R13", Level.ERROR, _OWN_VOLUMES),
    (
        ("OutputDataConfig", "KmsKeyId"),
        "I12",
        Level.WARNING,
        "S3 takes keys of the bucket's region only: give a key in {here}, unless the bucket is in {there} too",
    ),
)
"""Members that are ARNs of another region, or not: rule, level, and why it matters."""


def elsewhere_findings(request: Mapping[str, Value], environment: Environment) -> Iterator[Finding]:
    """Yield what is of another account or region than the stack and would have to be of its own: rules C3, D7, D9, I12
    and R13 of the reference.

    :param request: The request, structurally valid.
    :param environment: Returns the stack's account and region, each a token if it is not known.
    """
    for _, definition in each_definition(Place(request)):
        yield from _image(definition, environment)
        yield from _role(definition, environment)
        yield from _arns_of_another_region(definition, environment)


def _image(definition: Place, environment: Environment) -> Iterator[Finding]:
    # "Invalid DNS suffix 'amazonaws.com' for region 'us-east-1' in training image. Please provide the valid
    # <region>.<dns-suffix>: 'eu-central-1.amazonaws.com'" (https://github.com/aws-samples/mlops-amazon-sagemaker/issues/9)
    image = _text(definition, _IMAGE)
    # The region may be known even if the image has tokens, as for a repository in another stack.
    theirs = region_of(image)
    if theirs is not None:
        _, here = environment()
        if not is_token(here) and here != theirs:
            way_out = "TrainingImage.built_in finds the one there" if is_built_in(image) else "copy it there"
            message = f"{_got(image, theirs)}, and SageMaker pulls no image from another region: give one in {here}"
            yield _finding("D7", Level.ERROR, definition, _IMAGE, f"{message}; {way_out}")


def _role(definition: Place, environment: Environment) -> Iterator[Finding]:
    # "Cross-account pass role is not allowed."
    arn = _text(definition, _ROLE)
    of, _, theirs = _parts(arn)
    if not of and not theirs:
        return
    account, region = environment()
    mine = "" if is_token(region) else partition(region).get("name", "")
    if mine and of and mine != of:
        message = f"is of the partition {of}, and the stack is in {region}, of {mine}: give a role of that"
    elif theirs and not is_token(account) and account != theirs:
        message = f"is in account {theirs}, and IAM passes no role to another account: give a role in {account}"
    else:
        return
    yield _finding("C3", Level.ERROR, definition, _ROLE, f"got {_shown(arn)}, which {message}")


def _arns_of_another_region(definition: Place, environment: Environment) -> Iterator[Finding]:
    for steps, rule, level, reason in _REGIONAL:
        arn = _text(definition, steps)
        _, theirs, _ = _parts(arn)
        if theirs:
            _, here = environment()
            if not is_token(here) and here != theirs:
                message = f"{_got(arn, theirs)}, and {reason.format(here=here, there=theirs)}"
                yield _finding(rule, level, definition, steps, message)


def _text(definition: Place, steps: tuple[str, ...]) -> str:
    """Return the text of a member, which may have tokens in it; none if the member is left out or is no text."""
    found: Value = definition.value
    for step in steps:
        if is_token(found):
            return ""
        found = found.get(step)
        if found is None:
            return ""
    return found if isinstance(found, str) else ""


def _parts(arn: str) -> tuple[str, str, str]:
    """Return partition, region and account of an ARN; of each that is a token, and of what is no ARN, nothing."""
    if not arn.startswith("arn:"):
        return "", "", ""
    _, of, _, region, account, *_ = (*("" if is_token(each) else each for each in arn.split(":", 5)), "", "", "", "")
    return of, region, account


def _got(value: str, region: str) -> str:
    return f"got {_shown(value)}, which is in {region}"


def _shown(value: str) -> str:
    return "one with tokens" if is_token(value) else show(value)


def _finding(rule: str, level: Level, definition: Place, steps: tuple[str, ...], message: str) -> Finding:
    return Finding(rule, level, overridable=False, problem=Problem(definition.at(*steps), message))
