"""MiniStack as a child process: every service of the sandbox except SageMaker."""

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from sandbox.environment import refuse_ways_out
from sandbox.in_ministack import COMMANDS, TOKEN_VARIABLE

# Two seconds are usual; a process that fails ends by itself at once.
_START_SECONDS = 300
_LOG_TAIL = 4000


class StartError(Exception):
    """The sandbox could not be started."""


class Commands:
    """Sends the sandbox's commands to MiniStack, which no AWS client can send.

    url: where MiniStack takes them, with the token that allows it.
    account_id: the account that they are for.
    """

    def __init__(self, url: str, account_id: str) -> None:
        self._url = url
        self._account_id = account_id
        self._opener = build_opener(ProxyHandler({}))

    def send(self, command: str, **arguments: object) -> Any:
        """Send a command and return its answer.

        command: its name; sandbox/in_ministack has them.
        arguments: its arguments; the region is one of each.
        """
        body = json.dumps({"account_id": self._account_id, **arguments}).encode()
        request = Request(f"{self._url}{command}", body, method="POST")  # noqa: S310 - the sandbox's own address
        with self._opener.open(request) as response:
            return json.load(response)


class MiniStack:
    """A MiniStack on a free port.

    It has its port from the beginning: the child inherits the listening socket, so that no other program can take the
    port in between.

    speed: how much faster than life Step Functions waits, and Lambda repeats an asynchronous run that has ended with
        an error.
    """

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._process: subprocess.Popen[bytes] | None = None
        self._log: Path | None = None
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._token = secrets.token_urlsafe(30)
        self.commands_url = f"{self.url}{COMMANDS}{self._token}/"

    def start(
        self, aws: Mapping[str, str], sagemaker_url: str, account_id: str, folder: Path, log: Path | None
    ) -> None:
        """Start the process, without waiting for it.

        aws: the variables that keep its functions inside of the sandbox.
        sagemaker_url: where its functions find SageMaker.
        account_id: the account, twelve digits.
        folder: the sandbox's folder, which it works in.
        log: the file it logs to; None: standard error.
        """
        environment = {
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            **aws,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ENDPOINT_URL_SAGEMAKER": sagemaker_url,
            "TMPDIR": str(folder),
            "STATE_DIR": str(folder / "state"),
            "S3_DATA_DIR": str(folder / "s3"),
            "GATEWAY_PORT": self.url.rsplit(":", 1)[1],
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_ACCOUNT_ID": account_id,
            "MINISTACK_REGION": aws["AWS_REGION"],
            "LAMBDA_EXECUTOR": "local",
            "SFN_WAIT_SCALE": repr(1 / self._speed),
            "SANDBOX_SPEED": repr(self._speed),
            # Trust policies decide who assumes roles, and their policies decide which calls are allowed.
            "AUTH": "true",
            # These would listen on fixed ports, which a second sandbox could not have.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # MiniStack removes containers that it takes for its own: keep it away from the user's Docker.
            "DOCKER_HOST": f"unix://{folder}/no-docker.sock",
        }
        refuse_ways_out(environment, aws)
        environment[TOKEN_VARIABLE] = self._token
        environment["PYTHONPATH"] = str(Path(__file__).resolve().parent.parent)
        # -P keeps Python from importing modules from the working folder.
        module = f"{__package__}.in_ministack"
        command = [sys.executable, "-P", "-m", module, str(self._socket.fileno()), str(folder)]
        self._log = log
        with contextlib.ExitStack() as files:
            output = sys.stderr if log is None else files.enter_context(log.open("wb"))
            self._process = subprocess.Popen(
                command,
                env=environment,
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                bufsize=0,
                pass_fds=[self._socket.fileno()],
                start_new_session=True,
            )
        self._socket.close()

    def adopt(self, group: int) -> None:
        """Have a process group ended if this process is killed before it can do so itself."""
        if self._process and self._process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(f"{group}\n".encode())

    def wait_until_ready(self, is_cancelled: Callable[[], bool]) -> None:
        """Wait until the services answer, or the start is cancelled.

        is_cancelled: called about once a second.

        Raises StartError if the process ends, or does not answer within five minutes.
        """
        opener = build_opener(ProxyHandler({}))
        deadline = time.monotonic() + _START_SECONDS
        while not is_cancelled():
            try:
                opener.open(self.url, timeout=1).close()
            except HTTPError as refusal:
                # To a request without a key there is no other answer.
                refusal.close()
                return
            except (URLError, TimeoutError, ConnectionError):
                if self._process is None or self._process.poll() is not None:
                    raise self._start_error("ended as it started") from None
                if time.monotonic() > deadline:
                    raise self._start_error(f"did not answer within {_START_SECONDS} seconds") from None
                time.sleep(0.02)

    def close(self) -> None:
        """End the process and the functions it has started."""
        self._socket.close()
        if self._process is None:
            return
        # A group that is not found has already ended.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()

    def _start_error(self, what: str) -> StartError:
        tail = self._log.read_text(errors="replace")[-_LOG_TAIL:] if self._log else ""
        return StartError(f"MiniStack {what}; its log ends:\n{tail}" if tail else f"MiniStack {what}")
