"""MiniStack as an ASGI application, with the sandbox's commands."""

import hmac
import json
import os
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

import ministack.app
from ministack.core.responses import set_request_account_id, set_request_region

from sandbox.in_ministack import (
    COMMANDS,
    TOKEN_VARIABLE,
    addresses,
    asynchronous_runs,
    cloudformation,
    credentials,
    custom_resources,
    door,
    events,
    executions,
    invocation_settings,
    permissions,
)

_Receive = Callable[[], Awaitable[dict[str, Any]]]

# Functions get this process's environment.
_TOKEN = os.environ.pop(TOKEN_VARIABLE)
_COMMANDS: dict[str, Callable[..., object]] = {
    "authorize": permissions.authorize,
    "put_events": events.put_events,
}

addresses.amend()
asynchronous_runs.amend()
cloudformation.amend()
credentials.amend()
custom_resources.amend()
executions.amend()
invocation_settings.amend()


async def app(scope: door.Scope, receive: _Receive, send: door.Send) -> None:
    """Answer a request to an AWS service, or a command of the sandbox."""
    if scope["type"] == "lifespan":
        await ministack.app.app(scope, receive, send)
        return
    send = door.without_cors(send)
    token, _, command = scope["path"].removeprefix(COMMANDS).partition("/")
    is_command = hmac.compare_digest(token.encode(), _TOKEN.encode())
    if not await door.let_in(scope, send, has_token=is_command):
        return
    if is_command:
        await _answer_command(command, receive, send)
        return
    if scope["type"] == "http":
        # Requests over loopback count as TLS, so that policies that require it, such as the CDK's for its bucket of
        # assets, accept them.
        headers = [*scope["headers"], (b"x-forwarded-proto", b"https")]
        scope = {**scope, "headers": headers, "path": addresses.without_names(scope["path"])}
    await ministack.app.app(scope, receive, send)


async def _answer_command(command: str, receive: _Receive, send: door.Send) -> None:
    body, is_whole = b"", False
    while not is_whole:
        part = await receive()
        body += part.get("body", b"")
        is_whole = not part.get("more_body", False)
    arguments = json.loads(body)
    set_request_account_id(arguments.pop("account_id"))
    set_request_region(arguments["region"])
    try:
        status, answer = 200, _COMMANDS[command](**arguments)
    except Exception:  # noqa: BLE001 - whatever it is, the sandbox must be told
        status, answer = 500, traceback.format_exc()
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})
