"""Custom resources as Lambda treats their events: run again after errors, then handed to a destination."""

from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import lambda_svc
from ministack.services.cloudformation import custom_resource

_LONGEST_WAIT = 3600


def amend() -> None:
    """Put what is missing into MiniStack."""
    custom_resource.invoke_custom_resource = _invoke


def _invoke(  # noqa: PLR0913, PLR0917 - MiniStack calls it so
    request_type: str,
    logical_id: str,
    props: dict[str, Any],
    stack_name: str,  # noqa: ARG001 - MiniStack gives it
    stack_id: str,
    resource_type: str,
    physical_id: str | None = None,
    old_props: dict[str, Any] | None = None,
) -> tuple[str, dict[str, Any]]:
    """Send an event, and answer the id and the attributes that the function answers.

    Raises ValueError if there is no such function, RuntimeError if the answer is FAILED, and TimeoutError if none comes
    within the service timeout.
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
        "ResponseURL": custom_resource._response_url(token),
        "ResourceType": resource_type,
        "LogicalResourceId": logical_id,
        "ResourceProperties": custom_resource._normalise_resource_properties(props),
    }
    if physical_id is not None:
        event["PhysicalResourceId"] = physical_id
    if old_props is not None:
        event["OldResourceProperties"] = custom_resource._normalise_resource_properties(old_props)

    answered = custom_resource.register_token(token)
    # What comes after a run that ends with an error is the affair of Lambda's settings.
    lambda_svc.invoke_async_with_retry(lambda_svc._execution_record_for_config(function, config), event)
    answered.wait(int(props.get("ServiceTimeout", _LONGEST_WAIT)))
    answer = custom_resource._pending.pop(token, {}).get("result") or {}

    if answer.get("Status") == "SUCCESS":
        return answer.get("PhysicalResourceId") or physical_id or request_id, answer.get("Data") or {}
    if answer:
        raise RuntimeError(answer.get("Reason") or "the function has answered FAILED without a reason")
    raise TimeoutError("CloudFormation did not receive a response from your Custom Resource")
