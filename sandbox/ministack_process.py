"""The process that MiniStack runs in; should the sandbox be killed, it ends whatever the sandbox has started."""

import contextlib
import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import ministack.app
from hypercorn.__main__ import main
from ministack.core.iam_evaluator import AuthError, enforce

# The same as in iam.py; this process can import nothing of the sandbox.
AUTHORIZE_PATH = "/_sandbox/authorize"

_Receive = Callable[[], Awaitable[dict[str, Any]]]
_Send = Callable[[dict[str, Any]], Awaitable[None]]


async def app(scope: dict[str, Any], receive: _Receive, send: _Send) -> None:
    """MiniStack as an ASGI application, and what it thinks of a call to another service of the sandbox."""
    if scope["type"] == "http":
        if scope["path"] == AUTHORIZE_PATH:
            await _answer_authorize(receive, send)
            return
        # What comes over loopback stands for TLS: policies that ask for it, such as CDK's for its bucket of assets, are
        # to see it.
        scope = {**scope, "headers": [*scope["headers"], (b"x-forwarded-proto", b"https")]}
    await ministack.app.app(scope, receive, send)


def authorize(caller: str, action: str, resource: str, region: str, context: dict[str, Any]) -> dict[str, str]:
    """Answer what IAM says of a call, by the policies that the caller has now: nothing when it is allowed.

    caller: the access key.
    action: the action, with its service.
    resource: the resource's ARN.
    region: the region of the call.
    context: the condition keys of the request and of the resource.

    MiniStack judges as IAM does, but for this: aws:PrincipalArn is the session's ARN, not the role's, variables in
    policies are not resolved, and the parts of an ARN in a condition are not compared one by one.

    Otherwise the answer has a code and a message for a key that is not valid, or a principal and a decision.
    """
    denied = enforce(caller, action, action.partition(":")[0], region, resource, context)
    if denied is None:
        return {}
    if isinstance(denied, AuthError):
        return {"code": denied.code, "message": denied.message}
    return {"principal": denied.principal_arn, "decision": denied.decision}


async def _answer_authorize(receive: _Receive, send: _Send) -> None:
    body, is_whole = b"", False
    while not is_whole:
        part = await receive()
        body += part.get("body", b"")
        is_whole = not part.get("more_body", False)
    answer = json.dumps(authorize(**json.loads(body))).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": answer})


def end_with_sandbox(folder: str) -> None:
    """Wait until the sandbox is gone without a farewell, and clean up after it.

    folder: the sandbox's folder.
    """
    # Standard input is a pipe on which the sandbox names process groups, a line each, and that its end closes.
    named = b""
    while part := os.read(sys.stdin.fileno(), 4096):
        named += part
        sys.stderr.write(f"ends with the sandbox: process group {part.decode()}")
        sys.stderr.flush()
    shutil.rmtree(folder, ignore_errors=True)
    for group in [*map(int, named.split()), os.getpgrp()]:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    _, socket_number, sandbox_folder = sys.argv
    threading.Thread(target=end_with_sandbox, args=[sandbox_folder], daemon=True).start()
    sys.exit(main(["__main__:app", "--workers", "0", "--keep-alive", "75", "--bind", f"fd://{socket_number}"]))
