"""Finds the tuning jobs that a user names by job, ARN, stack, or a stack's resource."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import md5
from typing import TYPE_CHECKING, Any

from .account import NotThereError, asking
from .sagemaker import SageMaker
from .words import AskError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .account import Account

RESOURCE_TYPE = "Custom::SageMakerHyperParameterTuningJob"
_ARN = re.compile(r"arn:[a-z0-9-]+:sagemaker:(?P<region>[a-z0-9-]+):\d{12}:hyper-parameter-tuning-job/(?P<name>.+)")
_TRAINING_ARN = re.compile(r"arn:[a-z0-9-]+:sagemaker:(?P<region>[a-z0-9-]+):\d{12}:training-job/(?P<name>.+)")
_STACK_ARN = re.compile(r"arn:[a-z0-9-]+:cloudformation:(?P<region>[a-z0-9-]+):\d{12}:stack/[^/\s]+/[^/\s]+")
_STACK = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}|arn:[a-z0-9-]+:cloudformation:\S+")
_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}")


@dataclass(frozen=True)
class Found:
    """The tuning jobs that a target names, and where they are."""

    sagemaker: SageMaker
    names: Sequence[str]


def find(target: str, account: Account) -> Found:
    """Find the tuning jobs that a target names.

    :param target: A job's name or ARN, a stack's name or ARN, ``stack/logical-id`` or ``stack/path/of/construct``.
    :raises AskError: There is nothing of that name, or AWS can't be reached.
    """
    arn = _ARN.fullmatch(target)
    if arn:
        return Found(SageMaker(account.in_region(arn["region"])), [arn["name"]])
    arn = _TRAINING_ARN.fullmatch(target)
    if arn:
        raise _of_training(SageMaker(account.in_region(arn["region"])), arn["name"])
    arn = _STACK_ARN.fullmatch(target)
    if arn:
        there = account.in_region(arn["region"])
        return Found(SageMaker(there), _of_stack(there, target))
    stack, slash, resource = target.partition("/")
    if slash:
        return Found(SageMaker(account), [_of_resource(account, stack, resource)])
    sagemaker = SageMaker(account)
    if _NAME.fullmatch(target) and sagemaker.exists(target):
        return Found(sagemaker, [target])
    return Found(sagemaker, _of_stack(account, target))


def resources(account: Account, stack: str) -> list[dict[str, Any]]:
    """Return the tuning jobs of a stack, as CloudFormation lists its resources.

    :raises NotThereError: There is no such stack.
    """
    if not _STACK.fullmatch(stack):
        raise NotThereError(
            f"{stack!r} is not a stack name, which begins with a letter and has letters, digits and hyphens"
        )
    with asking(f"the stack {stack!r}"):
        try:
            pages = account.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
            listed = [resource for page in pages for resource in page["StackResourceSummaries"]]
        except account.client("cloudformation").exceptions.ClientError as error:
            if "does not exist" in str(error):
                raise NotThereError(f"the stack {stack!r} does not exist") from error
            raise
    return [resource for resource in listed if resource["ResourceType"] == RESOURCE_TYPE]


def _of_stack(account: Account, stack: str) -> list[str]:
    try:
        found = [name for resource in resources(account, stack) if (name := _job(resource)) is not None]
    except NotThereError:
        raise AskError(
            f"in {account.region} there is neither a tuning job nor a stack {stack!r}; "
            "`hpt list` lists those that exist, --region chooses another region"
        ) from None
    if not found:
        raise AskError(f"the stack {stack!r} has no tuning job; `hpt list` lists those that exist")
    return found


def _of_training(sagemaker: SageMaker, name: str) -> AskError:
    """Return the error for a training job, with the way to its tuning job."""
    tuning = str(sagemaker.described_training(name).get("TuningJobArn", "")).rpartition("/")[2]
    if not tuning:
        return AskError(f"{name!r} is a training job, and of no tuning job; name a tuning job")
    return AskError(f"{name!r} is a training job; its tuning job is {tuning!r}, so name that one")


def _of_resource(account: Account, stack: str, resource: str) -> str:
    found = {each["LogicalResourceId"]: each for each in resources(account, stack)}
    known = found.get(resource) or found.get(_logical_id(resource))
    if known is None:
        there = ", ".join(map(repr, sorted(found))) or "none"
        raise AskError(f"the stack {stack!r} has no tuning job {resource!r}; it has: {there}")
    name = _job(known)
    if name is None:
        raise AskError(f"{stack}/{resource} has started no tuning job; `cdk deploy` says why")
    return name


def _logical_id(path: str) -> str:
    """Return the logical id that the CDK gives to the tuning job of the construct at a path in its stack.

    >>> _logical_id("Search/Tuning")
    'SearchTuning1EB6A132'
    """
    parts = [*(part for part in path.split("/") if part != "Default"), "Resource"]
    shown: list[str] = []
    for part in parts:
        if not (shown and shown[-1].endswith(part)):
            shown.append(part)
    readable = "".join(re.sub(r"[^A-Za-z0-9]", "", part) for part in shown if part != "Resource")
    # No secret: the CDK tells paths apart by it.
    return readable[:240] + md5("/".join(parts).encode(), usedforsecurity=False).hexdigest()[:8].upper()


def _job(resource: dict[str, Any]) -> str | None:
    """Return the name of a resource's job; None for a marker, which stands for no job."""
    name = str(resource.get("PhysicalResourceId", ""))
    return name if _NAME.fullmatch(name) else None
