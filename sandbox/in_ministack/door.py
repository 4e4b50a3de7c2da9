"""Lets nobody reach MiniStack who doesn't show a key that was given to the sandbox's user or by a service."""

import hmac
import os
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

import ministack.app
from ministack.core.iam_evaluator import (
    AmbiguousAccessKeyError,
    AuthError,
    CredentialResolutionError,
    find_iam_access_key_account,
    is_root_access_key,
    resolve_credential,
)
from ministack.core.responses import _account_from_sts_session, new_uuid
from ministack.core.router import detect_service, extract_access_key_id

from sandbox.door import sign_of_a_stranger
from sandbox.in_ministack.addresses import WITH_A_TOKEN

Send = Callable[[dict[str, Any]], Awaitable[None]]
Scope = dict[str, Any]

_PORT = int(os.environ["GATEWAY_PORT"])


def refusal_of_key(key: str) -> AuthError | None:
    """Return why an access key isn't accepted: it is neither the sandbox's nor one that MiniStack has given away.

    MiniStack itself takes any twelve digits, "test", and no key at all for the account's root user.
    """
    if hmac.compare_digest(key.encode(), os.environ["AWS_ACCESS_KEY_ID"].encode()):
        return None
    if is_root_access_key(key):
        return AuthError("UnrecognizedClientException", "The security token included in the request is invalid.")
    try:
        account = _account_from_sts_session(key) or find_iam_access_key_account(key)
    except AmbiguousAccessKeyError:
        account = None
    found = resolve_credential(key, account)
    return AuthError(found.code, found.message) if isinstance(found, CredentialResolutionError) else None


async def let_in(scope: Scope, send: Send, *, has_token: bool) -> bool:
    """Return whether a request may go on; otherwise it is answered.

    scope: the request, or the handshake of a WebSocket.
    send: takes the answer.
    has_token: whether it shows the token of the sandbox's commands.
    """
    raw = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
    reason = sign_of_a_stranger(raw, _PORT)
    if reason is not None:
        await _refuse(scope, send, (403, {"Content-Type": "text/plain"}, f"{reason}\n".encode()))
        return False
    # Nobody can guess the token in CloudFormation's addresses: whoever has one may answer.
    if has_token or (scope.get("method") == "PUT" and scope["path"].startswith(WITH_A_TOKEN)):
        return True
    headers = dict(raw)
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    failure = refusal_of_key(extract_access_key_id(headers, query))
    if failure is None:
        return True
    method, path = scope.get("method", "GET"), scope["path"]
    service = detect_service(method, path, headers, query)
    await _refuse(scope, send, ministack.app._credential_failure(service, "", new_uuid(), failure, headers))
    return False


def without_cors(send: Send) -> Send:
    """Return a channel for answers that takes out what would let the pages of a browser read them."""

    async def send_without_cors(message: dict[str, Any]) -> None:
        if "headers" in message:
            kept = [each for each in message["headers"] if not each[0].lower().startswith(b"access-control-")]
            message = {**message, "headers": kept}
        await send(message)

    return send_without_cors


async def _refuse(scope: Scope, send: Send, answer: tuple[int, dict[str, str], bytes]) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    status, headers, body = answer
    listed = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": listed})
    await send({"type": "http.response.body", "body": body})
