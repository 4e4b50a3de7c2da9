"""The answer has the form and the size that CloudFormation takes, and arrives."""

from __future__ import annotations

import json
import socket
import threading
import traceback
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from hpt_handler import response
from hpt_handler.response import NotDeliveredError
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator

EVENT = {"StackId": "arn:aws:cloudformation:x", "RequestId": "r", "LogicalResourceId": "L", "ResponseURL": "secret"}


class NoWaiting:
    """A clock for which waiting takes no time."""

    began = 0.0

    def __init__(self) -> None:
        self.waits: list[float] = []

    def now(self) -> float:
        """Never mind."""
        return 0.0

    def left(self) -> float:
        """Enough."""
        return 60.0

    def wait(self, seconds: float) -> None:
        """Remember how long it would have been."""
        self.waits.append(seconds)


def test_success_has_data_and_no_reason() -> None:
    """A reason of null would break the answer."""
    assert json.loads(response.body(EVENT, "job", data={"Arn": "a"})) == {
        "Status": "SUCCESS",
        "PhysicalResourceId": "job",
        "StackId": "arn:aws:cloudformation:x",
        "RequestId": "r",
        "LogicalResourceId": "L",
        "Data": {"Arn": "a"},
    }


def test_failure_has_a_reason_and_no_data() -> None:
    """What went wrong is all there is to tell."""
    answer = json.loads(response.body(EVENT, "job", reason="no"))
    assert (answer["Status"], answer["Reason"], "Data" in answer) == ("FAILED", "no", False)


def test_empty_reason_is_never_sent() -> None:
    """CloudFormation would show nothing at all."""
    assert json.loads(response.body(EVENT, "job", reason=""))["Reason"] == "no reason known"


@given(st.text(max_size=6000), st.text(max_size=250))
def test_any_reason_fits(reason: str, physical_id: str) -> None:
    """Whatever a service says, the answer is valid JSON of at most 4,096 bytes and keeps the reason's beginning."""
    answer = response.body(EVENT, physical_id, reason=reason)
    assert len(answer) <= response.MOST_BYTES
    told = json.loads(answer)["Reason"].removesuffix(" […]")
    assert response._UNSAFE.sub(" ", reason).startswith(told) or told == "no reason known"


@pytest.mark.parametrize("character", ["a", "ü", "語", "🦄", '"'], ids=["ascii", "latin", "cjk", "emoji", "escaped"])
def test_as_much_of_the_reason_as_fits_is_kept(character: str) -> None:
    """Cutting costs no more than a few bytes of the room there is."""
    assert 4080 <= len(response.body(EVENT, "job", reason=character * 5000)) <= response.MOST_BYTES


def test_control_characters_do_not_reach_a_terminal() -> None:
    """An error message can quote what an attacker wrote into a tag or a hyperparameter."""
    assert json.loads(response.body(EVENT, "job", reason="a\x1b[2J\x00b\nc"))["Reason"] == "a [2J b c"


@pytest.mark.parametrize("mark", ["\u061c", "\u200e", "\u200f", "\u202a", "\u202e", "\u2066", "\u2069"])
def test_characters_that_change_the_direction_of_text_do_not_either(mark: str) -> None:
    """What is read would not be what is there."""
    assert json.loads(response.body(EVENT, "job", reason=f"a{mark}b"))["Reason"] == "a b"


class _Receiver(BaseHTTPRequestHandler):
    """S3's side of the presigned URL: fails as often as it is told to, then takes the answer."""

    failures = 0
    received: list[tuple[str | None, bytes]]

    def do_PUT(self) -> None:
        """Take an answer."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).received.append((self.headers["Content-Type"], body))
        status = 200 if len(self.received) > self.failures else 503
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[tuple[str, type[_Receiver]]]:
    """A server for answers, and its address."""
    handler = type("Receiver", (_Receiver,), {"received": [], "failures": 0})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/answer?Signature=a%2Bb", handler
        server.shutdown()
        thread.join()


def test_answer_is_put_without_a_type(receiver: tuple[str, type[_Receiver]]) -> None:
    """The URL is signed for no content type: another would be refused."""
    url, handler = receiver
    response.send(url, b"{}", NoWaiting())
    assert handler.received == [("", b"{}")]


def test_answer_is_sent_until_it_has_arrived(receiver: tuple[str, type[_Receiver]]) -> None:
    """A stack must not hang because of one lost packet."""
    url, handler = receiver
    handler.failures = 3
    clock = NoWaiting()
    response.send(url, b"{}", clock)
    assert len(handler.received) == 4
    assert len(clock.waits) == 3


def test_connection_that_is_refused_is_tried_again() -> None:
    """Nobody listens: there is no answer to close, and the error is raised in the end."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    clock = NoWaiting()
    with pytest.raises(NotDeliveredError, match="ConnectionRefusedError"):
        response.send(f"http://127.0.0.1:{port}/", b"{}", clock)
    assert len(clock.waits) == 3


def test_answer_that_can_not_be_sent_is_an_error(receiver: tuple[str, type[_Receiver]]) -> None:
    """Lambda then delivers the event again, and everything before it is safe to do again."""
    url, handler = receiver
    handler.failures = 99
    with pytest.raises(NotDeliveredError, match="HTTP status 503"):
        response.send(url, b"{}", NoWaiting())
    assert len(handler.received) == 4


def test_error_does_not_have_the_url() -> None:
    """Lambda writes an exception to the log, and the URL is a credential."""
    for url in ("http://127.0.0.1:1/?Signature=secret", "http://127.0.0.1:1/a b?Signature=secret"):
        with pytest.raises(NotDeliveredError) as caught:
            response.send(url, b"{}", NoWaiting())
        assert "secret" not in "".join(traceback.format_exception(caught.value))


def test_server_that_drips_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte is in time, and the answer never ends: a try has an end all the same."""
    monkeypatch.setattr(response, "_LONGEST_TRY", 0.2)
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connections = []
            while not over.is_set():
                connection, _ = server.accept()
                connections.append(connection)
                connection.sendall(b"HTTP/1.1 ")
            for connection in connections:
                connection.close()

        thread = threading.Thread(target=drip)
        thread.start()
        port = server.getsockname()[1]
        with pytest.raises(NotDeliveredError, match="no end after"):
            response.send(f"http://127.0.0.1:{port}/", b"{}", NoWaiting())
        over.set()
        socket.create_connection(("127.0.0.1", port)).close()
        thread.join()
