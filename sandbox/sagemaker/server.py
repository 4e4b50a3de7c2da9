"""SageMaker over HTTP on loopback: the service's own protocol, and below /sandbox/TOKEN/ what a test sets and reads."""

import dataclasses
import hmac
import json
import secrets
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from sandbox.door import sign_of_a_stranger
from sandbox.sagemaker.clock import Clock
from sandbox.sagemaker.settings import Fault, ServiceSettings

if TYPE_CHECKING:
    from sandbox.sagemaker.authorization import Authorize
    from sandbox.sagemaker.service import SageMaker

_CONTROL_PATH = "/sandbox/"
_LOOK_SECONDS = 0.2


class SageMakerServer(ThreadingHTTPServer):
    """A server of one SageMaker. It has its port from the beginning, and answers once it is started.

    settings: durations and quotas to begin with.
    account_id: the account, twelve digits.
    log: takes a line for each request; left out, nothing is logged.
    clock: the clock that jobs go by; left out, the computer's.
    authenticate: called with the access key and the region of each call, to refuse one that nobody was given, by
        raising ServiceError; left out, any key is good.
    authorize: asked for everything that a call has to be allowed; left out, everything is.
    inspect: asked about the region and the request of each creation, to refuse one that refers to what is not there;
        left out, nobody looks.
    publish: publishes an event in a region, as PutEvents takes it; left out, there are no events.
    """

    daemon_threads = True
    service: "SageMaker"

    def __init__(  # noqa: PLR0913 - each is a fact of its own
        self,
        settings: ServiceSettings,
        account_id: str,
        log: Callable[[str], None] = lambda _line: None,
        clock: Clock | None = None,
        *,
        authenticate: Callable[[str, str], None] | None = None,
        authorize: "Authorize | None" = None,
        inspect: Callable[[str, dict[str, Any]], None] | None = None,
        publish: Callable[[str, dict[str, Any]], None] | None = None,
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.log = log
        self._settings = settings
        self._account_id = account_id
        self._clock = clock
        self._authenticate = authenticate
        self._authorize = authorize
        self._inspect = inspect
        self._publish = publish
        self._events: Queue[tuple[str, dict[str, Any]] | None] = Queue()
        self._workers: list[Thread] = []
        self.token = secrets.token_urlsafe(30)

    @property
    def url(self) -> str:
        """Where the server is."""
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def control_url(self) -> str:
        """Where it is controlled: who has this address may do so."""
        return f"{self.url}{_CONTROL_PATH}{self.token}/"

    def start(self) -> None:
        """Begin to answer."""
        # moto takes 0.6 s to import, in which MiniStack starts beside it.
        from sandbox.sagemaker.service import SageMaker  # noqa: PLC0415

        self.service = SageMaker(
            self._settings,
            self._clock,
            self._account_id,
            authenticate=self._authenticate,
            authorize=self._authorize,
            inspect=self._inspect,
            notify=self._publish and (lambda region, event: self._events.put((region, event))),
        )
        self._workers = [
            Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True),
            Thread(target=self._publish_events, daemon=True),
        ]
        for thread in self._workers:
            thread.start()

    def close(self) -> None:
        """Stop answering and give the port back."""
        if self._workers:
            self.shutdown()
            self._events.put(None)
        for thread in self._workers:
            thread.join()
        self.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _value: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self.close()

    def _publish_events(self) -> None:
        """Publish events as they come in, and look now and then whether a job has ended by itself."""
        if self._publish is None:
            return
        while True:
            try:
                event = self._events.get(timeout=_LOOK_SECONDS)
            except Empty:
                self.service.tell_changes()
                continue
            if event is None:
                return
            try:
                self._publish(*event)
            except OSError:
                self.log(traceback.format_exc())

    def control(self, command: str, arguments: dict[str, Any]) -> object:
        """Carry out a command of a test.

        command: the name of one of the service's methods that are for tests.
        arguments: its arguments, out of JSON.

        Raises KeyError for a command that doesn't exist.
        """
        service = self.service
        commands: dict[str, Callable[..., object]] = {
            "configure": service.configure,
            "add_fault": lambda **fault: service.add_fault(Fault(**fault)),
            "clear_faults": service.clear_faults,
            "advance": service.advance,
            "fail_job": service.fail_job,
            "fail_training": service.fail_training,
            "calls": lambda: [dataclasses.asdict(call) for call in service.calls()],
            "clear_calls": service.clear_calls,
        }
        return commands[command](**arguments)


class _Handler(BaseHTTPRequestHandler):
    server: SageMakerServer

    def do_POST(self) -> None:
        """Answer a request."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        stranger = sign_of_a_stranger(self.headers.items(), self.server.server_port)
        if stranger is not None:
            status, headers, answer = 403, {"Content-Type": "text/plain"}, f"{stranger}\n"
        elif self.path.startswith(_CONTROL_PATH):
            status, headers, answer = self._control(body)
        else:
            status, headers, answer = self._service(body)
        content = answer.encode()
        # Not send_response: the Date is that of the service's clock, and in the headers already.
        self.log_request(status)
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _service(self, body: bytes) -> tuple[int, dict[str, str], str]:
        from moto.core.request import Request  # noqa: PLC0415 - imported by the time that the server answers

        url = f"{self.server.url}{self.path}"
        try:
            return self.server.service.answer(Request.from_primitives("POST", url, self.headers, body))
        except Exception as exception:  # noqa: BLE001 - whatever it is, the caller must have an answer
            self.server.log(traceback.format_exc())
            message = f"{type(exception).__name__} in the sandbox's SageMaker: {exception}"
            return 500, {}, json.dumps({"__type": "InternalFailure", "message": message})

    def _control(self, body: bytes) -> tuple[int, dict[str, str], str]:
        token, _, command = self.path.removeprefix(_CONTROL_PATH).partition("/")
        if not hmac.compare_digest(token.encode(), self.server.token.encode()):
            return 403, {}, json.dumps({"error": "this is not the address that SANDBOX_CONTROL_URL has"})
        try:
            answer = self.server.control(command, json.loads(body))
        except Exception as exception:  # noqa: BLE001 - it is for the test to judge, at the other end
            return 400, {}, json.dumps({"error": f"{command}: {type(exception).__name__}: {exception}"})
        return 200, {"Content-Type": "application/json"}, json.dumps(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Log a line, where a log was asked for."""
        # The path of the control has a secret in it, and it is in what the base class says, too.
        line = f"sagemaker: {self.headers.get('X-Amz-Target', self.path)} {format % args}"
        self.server.log(line.replace(self.server.token, "TOKEN"))
