"""Treats custom resources as Lambda and CloudFormation do: retries after errors, reverse updates in rollbacks."""

import secrets
import string
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from ministack.core.responses import new_uuid, now_iso
from ministack.services import cloudformation, lambda_svc
from ministack.services.cloudformation import custom_resource, handlers, stacks

from sandbox.in_ministack import addresses

_LONGEST_WAIT = 3600
_CAPITALS_AND_DIGITS = string.ascii_uppercase + string.digits
_FAILED_CREATIONS = "_failed_creations"
"""The key in MiniStack's record of a stack for resources that it does not know, to delete in a rollback or with the
stack.
"""

_Resources = dict[str, dict[str, Any]]
_Coroutine = Callable[..., Awaitable[None]]


def amend() -> None:
    """Add to MiniStack what it lacks."""
    custom_resource.invoke_custom_resource = _invoke
    stacks._revert_update = _told(stacks._revert_update)
    stacks._roll_back_operation = handlers._roll_back_operation = _completed(stacks._roll_back_operation)
    stacks._delete_stack_async = handlers._delete_stack_async = _thorough(stacks._delete_stack_async)


def _invoke(  # noqa: PLR0913, PLR0917 - MiniStack calls it so
    request_type: str,
    logical_id: str,
    props: dict[str, Any],
    stack_name: str,
    stack_id: str,
    resource_type: str,
    physical_id: str | None = None,
    old_props: dict[str, Any] | None = None,
) -> tuple[str, dict[str, Any]]:
    """Send an event, and return the id and the attributes that the function answers.

    Raises ValueError if there is no such function, RuntimeError if the answer is FAILED, and TimeoutError if none comes
    within the service timeout. What a creation that fails may have made is kept for the rollback to delete.
    """
    service_token = props.get("ServiceToken", "")
    function, config, _ = lambda_svc._get_func_record_for_ref(service_token)
    if not (function and config):
        raise ValueError(f"the function {service_token!r}, the ServiceToken of {logical_id}, does not exist")
    token, request_id = new_uuid(), new_uuid()
    event = {
        "RequestType": request_type,
        "RequestId": request_id,
        "StackId": stack_id,
        "ResponseURL": addresses.answer_url(token, stack_id, logical_id, request_id),
        "ResourceType": resource_type,
        "LogicalResourceId": logical_id,
        "ResourceProperties": custom_resource._normalise_resource_properties(props),
    }
    if physical_id is not None:
        event["PhysicalResourceId"] = physical_id
    if old_props is not None:
        event["OldResourceProperties"] = custom_resource._normalise_resource_properties(old_props)

    answered = custom_resource.register_token(token)
    # Lambda's settings decide what follows a run that ends with an error.
    lambda_svc.invoke_async_with_retry(lambda_svc._execution_record_for_config(function, config), event)
    answered.wait(int(props.get("ServiceTimeout", _LONGEST_WAIT)))
    answer = custom_resource._pending.pop(token, {}).get("result") or {}

    if answer.get("Status") == "SUCCESS":
        return answer.get("PhysicalResourceId") or physical_id or request_id, answer.get("Data") or {}
    if request_type == "Create":
        suffix = "".join(secrets.choice(_CAPITALS_AND_DIGITS) for _ in range(12))
        invented = f"{stack_name}-{logical_id}-{suffix}"
        cloudformation._stacks[stack_name].setdefault(_FAILED_CREATIONS, {})[logical_id] = {
            "PhysicalResourceId": answer.get("PhysicalResourceId") or invented,
            "ResourceType": resource_type,
            "ResourceStatus": "CREATE_FAILED",
            "LogicalResourceId": logical_id,
            "Properties": props,
            "Attributes": {},
            "Timestamp": now_iso(),
        }
    if answer:
        reason = answer.get("Reason") or "the function has answered FAILED without a reason"
        raise RuntimeError(reason if answer.get("PhysicalResourceId") else "Invalid PhysicalResourceId")
    raise TimeoutError("CloudFormation did not receive a response from your Custom Resource")


def _completed(roll_back: _Coroutine) -> _Coroutine:
    """Make a rollback delete what failed creations may have made, and send replaced custom resources back."""

    async def roll_back_operation(
        stack_name: str, stack_id: str, stack: dict[str, Any], operation: dict[str, Any], reason_override: str = ""
    ) -> None:
        created = [*operation.get("created", []), *_add_failed_creations(stack)]
        resources: _Resources = stack["_resources"]
        previous: _Resources = (operation.get("previous_stack") or {}).get("_resources", {})
        replaced_ids = operation.get("replaced_ids", [])
        replaced = [each for each in replaced_ids if _is_custom(resources[each])]
        for logical_id in replaced:
            # If the id has not changed, MiniStack sends the reverse Update, after those of its dependencies.
            previous[logical_id]["PhysicalResourceId"] = resources[logical_id]["PhysicalResourceId"]
        operation = {
            **operation,
            "created": _in_order(created, replaced, resources, previous),
            "replaced_ids": [each for each in replaced_ids if each not in replaced],
        }
        await roll_back(stack_name, stack_id, stack, operation, reason_override)

    return roll_back_operation


def _thorough(delete: _Coroutine) -> _Coroutine:
    """Make the deletion of a stack whose rollback is disabled include what failed creations may have made."""

    async def delete_stack(stack_name: str, *arguments: Any, **options: Any) -> None:
        if stack := cloudformation._stacks.get(stack_name):
            _add_failed_creations(stack)
        await delete(stack_name, *arguments, **options)

    return delete_stack


def _add_failed_creations(stack: dict[str, Any]) -> list[str]:
    """Add them to the stack's resources, unless they have been created since, and return their names."""
    resources: _Resources = stack.setdefault("_resources", {})
    failed: _Resources = stack.pop(_FAILED_CREATIONS, {})
    added = [logical_id for logical_id in failed if logical_id not in resources]
    resources.update({logical_id: failed[logical_id] for logical_id in added})
    return added


def _in_order(created: list[str], replaced: list[str], resources: _Resources, previous: _Resources) -> Iterator[str]:
    """Return what MiniStack must send back, then what that makes superfluous and MiniStack deletes."""
    yield from created
    for logical_id in replaced:
        if previous[logical_id]["PhysicalResourceId"] != resources[logical_id]["PhysicalResourceId"]:
            yield logical_id


def _is_custom(resource: dict[str, Any]) -> bool:
    kind: str = resource["ResourceType"]
    return kind.startswith("Custom::") or kind == "AWS::CloudFormation::CustomResource"


def _told(revert: _Coroutine) -> _Coroutine:
    """Make DescribeStackResource return the id that a reverse Update has answered."""

    async def revert_update(stack_id: str, stack_name: str, logical_id: str, *arguments: Any) -> None:
        await revert(stack_id, stack_name, logical_id, *arguments)
        record = arguments[-1]
        if record is not None:
            stack = cloudformation._stacks[stack_name]
            # Another dictionary, because the rollback takes what it deletes from this one.
            stack["_resources"] = {**stack["_resources"], logical_id: record}

    return revert_update
