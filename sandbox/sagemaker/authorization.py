"""Which permissions a call needs: the actions, resources and condition keys to ask IAM about for each request."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moto.sagemaker.utils import arn_formatter

from sandbox.sagemaker.settings import ServiceSettings

Context = dict[str, str | Sequence[str]]
"""Condition keys and what they are in a request; a key that is not there is missing."""

Authorize = Callable[[str, str, str, Context], None]
"""Called for every permission that a call needs, with the caller's access key ("" for a request without a
signature), the action, the ARN of the resource ("*" where an action knows none), the condition keys.

Raises ServiceError, such as errors.access_denied, for what is not allowed.
"""

CREATE = "CreateHyperParameterTuningJob"
# The member that names a resource, and the type of that resource.
_NAMED = {"HyperParameterTuningJobName": "hyper-parameter-tuning-job", "TrainingJobName": "training-job"}


@dataclass(frozen=True)
class Check:
    """One permission that a call needs.

    action: the action, with its service.
    resource: the resource's ARN.
    context: the condition keys.
    """

    action: str
    resource: str
    context: Context


@dataclass(frozen=True)
class Place:
    """Where a call is made, and what is known there.

    account_id: the account.
    region: the region.
    settings: which condition keys a creation shows.
    tags_of: answers the tags of a resource by its ARN, as the API writes them; none for one that does not exist.
    """

    account_id: str
    region: str
    settings: ServiceSettings
    tags_of: Callable[[str], list[dict[str, str]]]


def checks(operation: str, parameters: Mapping[str, Any], place: Place) -> Iterator[Check]:
    """Return the permissions that a call needs, in the order in which they are checked.

    operation: the operation's name in the API.
    parameters: the members of the request, which has the shape of the operation's.
    place: where it is made.
    """
    resource = _resource(parameters, place)
    always: Context = {"aws:RequestedRegion": place.region}
    new_tags: list[dict[str, str]] = parameters.get("Tags") or []
    of_request = _request_tags([tag["Key"] for tag in new_tags], new_tags)
    if operation != CREATE:
        keys = parameters.get("TagKeys") or []
        of_tags = of_request | (_request_tags(keys, []) if keys else {})
        of_resource = _resource_tags(place.tags_of(resource))
        yield Check(f"sagemaker:{operation}", resource, always | of_tags | of_resource)
        return
    yield Check(f"sagemaker:{operation}", resource, always | of_request)
    for role in _roles(parameters):
        yield Check("iam:PassRole", role, always | {"iam:PassedToService": "sagemaker.amazonaws.com"})
    if new_tags:
        settings = place.settings
        yield Check(
            "sagemaker:AddTags",
            resource,
            always
            | ({"sagemaker:TaggingAction": CREATE} if settings.creation_shows_tagging_action else {})
            | (of_request if settings.creation_shows_request_tags else {})
            | (_resource_tags(new_tags) if settings.creation_shows_resource_tags else {}),
        )


def _resource(parameters: Mapping[str, Any], place: Place) -> str:
    arn = parameters.get("ResourceArn")
    for member, kind in _NAMED.items():
        if member in parameters:
            arn = arn_formatter(kind, parameters[member], place.account_id, place.region)
            break
    if arn is None:
        return "*"
    return str(arn).lower() if place.settings.resources_in_lower_case else str(arn)


def _roles(parameters: Mapping[str, Any]) -> Sequence[str]:
    definitions = [parameters.get("TrainingJobDefinition") or {}, *(parameters.get("TrainingJobDefinitions") or [])]
    return list(dict.fromkeys(definition["RoleArn"] for definition in definitions if "RoleArn" in definition))


def _request_tags(keys: Sequence[str], tags: Sequence[Mapping[str, str]]) -> dict[str, str | Sequence[str]]:
    # A request without tags has no aws:TagKeys: Null and ForAllValues tell that from an empty list.
    shown = {f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in tags}
    return {**shown, "aws:TagKeys": list(keys)} if keys else {}


def _resource_tags(tags: Sequence[Mapping[str, str]]) -> dict[str, str | Sequence[str]]:
    return {f"aws:ResourceTag/{tag['Key']}": tag["Value"] for tag in tags}
