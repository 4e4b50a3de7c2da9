"""Addresses to which answers and signals go, in the form of CloudFormation's: pre-signed, for a bucket."""

import datetime as dt
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

from ministack.core.responses import new_uuid
from ministack.services.cloudformation import custom_resource, wait_conditions
from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS

# MiniStack knows whom an answer or a signal is for by a token that comes after these, and nothing else does.
WITH_A_TOKEN = ("/_ministack/cfn-response/", wait_conditions.SIGNAL_PATH)
_SECONDS_TO_ANSWER, _SECONDS_TO_SIGNAL = 7200, 86_399
# The one that AWS's documentation shows.
_NOBODYS_KEY = "AKIAIOSFODNN7EXAMPLE"
_Creation = Callable[[str, dict[str, Any], str], tuple[str, dict[str, str]]]


def amend() -> None:
    """Replace MiniStack's, which end in the token."""
    wait_conditions._token_of = _token_of
    handlers = _RESOURCE_HANDLERS["AWS::CloudFormation::WaitConditionHandle"]
    handlers["create"] = _with_form(handlers["create"])


def answer_url(token: str, stack_id: str, logical_id: str, request_id: str) -> str:
    """Return where the answer to an event goes."""
    names = f"{quote(stack_id)}%7C{logical_id}%7C{request_id}"
    return f"{custom_resource._response_url(token)}/{names}?{_signature(stack_id, _SECONDS_TO_ANSWER)}"


def without_names(path: str) -> str:
    """Return the path of an address as MiniStack knows it, which ends in the token; any other one as it is."""
    for beginning in WITH_A_TOKEN:
        if path.startswith(beginning):
            return beginning + path.removeprefix(beginning).partition("/")[0]
    return path


def _with_form(create: _Creation) -> _Creation:
    def create_handle(logical_id: str, properties: dict[str, Any], stack_name: str) -> tuple[str, dict[str, str]]:
        url, attributes = create(logical_id, properties, stack_name)
        stack_id = str(wait_conditions.handle_owner(attributes["Id"]))
        names = f"{quote(stack_id)}/{new_uuid()}/{logical_id}"
        url = f"{url}/{names}?{_signature(stack_id, _SECONDS_TO_SIGNAL)}"
        return url, {**attributes, "Ref": url}

    return create_handle


def _token_of(url: object) -> str | None:
    path = urlsplit(str(url)).path
    found = path.startswith(wait_conditions.SIGNAL_PATH)
    return without_names(path).removeprefix(wait_conditions.SIGNAL_PATH) if found else None


def _signature(stack_id: str, seconds: int) -> str:
    now = dt.datetime.now(dt.UTC)
    region = stack_id.split(":")[3]
    scope = quote(f"{_NOBODYS_KEY}/{now:%Y%m%d}/{region}/s3/aws4_request", safe="")
    return (
        f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={now:%Y%m%dT%H%M%SZ}&X-Amz-SignedHeaders=host"
        f"&X-Amz-Expires={seconds}&X-Amz-Credential={scope}&X-Amz-Signature={secrets.token_hex(32)}"
    )
