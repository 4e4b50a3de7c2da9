"""The answer to CloudFormation, in the right form and size; it is sent until it has arrived."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from http.client import HTTPException
from threading import Thread
from typing import Any

from .clock import Clock, backoff

MOST_BYTES = 4096
"""Above this, CloudFormation says "Response object is too long." and drops the reason."""

_MOST_SIGNAL_BYTES = 1024
"""How much CloudFormation keeps of a signal's reason is not documented; the events of a stack show this much."""

_TRIES = 4
_TIMEOUT = 4.0
"""How long a try waits for the network each time that nothing happens, in seconds."""

_LONGEST_TRY = 8.0
"""How long a try takes at most, in seconds, also if something happens all the time."""
_MOST_BYTES_PER_CHARACTER = 4
_CUT = " […]"
# Control characters, line separators, characters that change the direction of text, and surrogates.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")


def body(
    event: dict[str, Any], physical_id: str, *, reason: str | None = None, data: dict[str, str] | None = None
) -> bytes:
    """Return the answer as JSON: SUCCESS, or FAILED if there is a reason, which is cut at its end until it fits.

    Data that does not fit is left out from the end.
    """
    answer: dict[str, Any] = {
        "Status": "SUCCESS" if reason is None else "FAILED",
        "PhysicalResourceId": physical_id,
        **{key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")},
    }
    if data:
        answer["Data"] = data = dict(data)
        while len(_encode(answer)) > MOST_BYTES and data:
            data.popitem()
    return _encode(answer) if reason is None else _with_reason(answer, reason, MOST_BYTES)


def signal(unique_id: str, reason: str) -> bytes:
    """Return the JSON that ends a wait: SUCCESS, or FAILURE if there is a reason; the id makes a repeat harmless."""
    answer = {"Status": "FAILURE" if reason else "SUCCESS", "UniqueId": unique_id, "Data": unique_id}
    answer["Reason"] = "the tuning job is accepted"
    return _with_reason(answer, reason, _MOST_SIGNAL_BYTES) if reason else _encode(answer)


def _with_reason(answer: dict[str, Any], reason: str, most: int) -> bytes:
    # A service may quote any text, and the reason ends up in a terminal.
    reason = _UNSAFE.sub(" ", reason) or "no reason known"
    answer["Reason"] = reason
    kept = len(reason)
    while len(_encode(answer)) > most and kept > 0:
        # Dropping as many characters as if each took the most bytes never drops too much.
        kept -= max(1, (len(_encode(answer)) - most) // _MOST_BYTES_PER_CHARACTER)
        answer["Reason"] = reason[:kept] + _CUT
    return _encode(answer)


class NotDeliveredError(OSError):
    """The answer has not arrived. The message doesn't have the URL, which is a credential."""


def send(url: str, answer: bytes, clock: Clock) -> None:
    """PUT the answer to the event's URL; raise a lasting error, so that Lambda delivers the event again."""
    for number in range(_TRIES):
        problem = _try_to_send(url, answer)
        if not problem:
            return
        if number < _TRIES - 1:
            clock.wait(backoff(number, 2.0))
    raise NotDeliveredError(f"the answer was not delivered: {problem}")


def _try_to_send(url: str, answer: bytes) -> str:
    """Send the answer once; return the kind of problem, or an empty string."""
    problems: list[str] = []

    def put() -> None:
        # An empty type, because the URL is signed without one and urllib would add one.
        request = urllib.request.Request(url, data=answer, method="PUT", headers={"Content-Type": ""})  # noqa: S310 – CloudFormation's own
        try:
            urllib.request.urlopen(request, timeout=_TIMEOUT).close()  # noqa: S310
            problems.append("")
        except urllib.error.HTTPError as error:
            # It holds the connection.
            error.close()
            problems.append(f"HTTP status {error.code}")
        except (OSError, HTTPException) as error:
            problems.append(type(getattr(error, "reason", error)).__name__)

    # A server that sends a byte now and then keeps any timeout of the network from being reached.
    thread = Thread(target=put, daemon=True)
    thread.start()
    thread.join(_LONGEST_TRY)
    return problems[0] if problems else f"no end after {_LONGEST_TRY:.0f} s"


def _encode(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
