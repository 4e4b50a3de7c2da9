"""A local AWS, from its start to its end: MiniStack and SageMaker side by side, and commands that run inside it."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sandbox.clients import AccessKey, new_client
from sandbox.control import Control
from sandbox.environment import aws_environment, command_environment, refuse_ways_out
from sandbox.iam import Iam
from sandbox.leftovers import end_processes_of
from sandbox.ministack import Commands, MiniStack
from sandbox.references import References
from sandbox.sagemaker.clock import Clock
from sandbox.sagemaker.server import SageMakerServer
from sandbox.sagemaker.settings import ServiceSettings


@dataclass(frozen=True, kw_only=True)
class SandboxSettings:
    """How a sandbox is set up.

    region: the region that commands work in; functions and stacks may use others.
    account_id: the account, twelve digits.
    service: durations and quotas of SageMaker.
    environment: additional variables for commands; AWS endpoints must be on this computer.
    speed: how much faster than life SageMaker's clock runs, and Step Functions waits; Lambda's waits of 60 s and
        120 s, before it repeats an asynchronous run that has failed, are divided by it.
    verbose: whether the services log to standard error; otherwise nothing is logged unless the start fails.
    """

    region: str = "us-east-1"
    account_id: str = "111122223333"
    service: ServiceSettings = field(default_factory=ServiceSettings)
    environment: Mapping[str, str] = field(default_factory=dict)
    speed: float = 1
    verbose: bool = False


class Sandbox:
    """A local AWS. It is a context manager: it starts on entry, and ends on exit with everything that it has started.

    settings: how it is set up; left out, the defaults.
    """

    def __init__(self, settings: SandboxSettings | None = None) -> None:
        self.settings = settings or SandboxSettings()
        self._key = AccessKey.new()
        self._folder: Path | None = None
        self._ministack: MiniStack | None = None
        self._sagemaker: SageMakerServer | None = None
        self._clients: list[Any] = []

    def start(self, is_cancelled: Callable[[], bool] = lambda: False) -> None:
        """Start the services and wait until they answer.

        is_cancelled: called from time to time; when it returns True, start returns before the services answer.

        Raises StartError.
        """
        try:
            self._start(is_cancelled)
        except BaseException:
            self.close()
            raise

    def _start(self, is_cancelled: Callable[[], bool]) -> None:
        settings = self.settings
        self._folder = Path(tempfile.mkdtemp(prefix="sandbox-"))
        (self._folder / "home").mkdir()
        self._ministack = MiniStack(settings.speed)
        commands = Commands(self._ministack.commands_url, settings.account_id)
        iam = Iam(commands)
        self._sagemaker = SageMakerServer(
            settings.service,
            settings.account_id,
            _log_to_stderr if settings.verbose else lambda _line: None,
            Clock.at_speed(settings.speed),
            authenticate=iam.authenticate,
            authorize=iam.authorize,
            inspect=References(self.client).check,
            publish=lambda region, event: commands.send("put_events", region=region, entries=[event]),
        )
        self._ministack.start(
            aws_environment(settings.region, self._folder, self._key),
            self._sagemaker.url,
            settings.account_id,
            self._folder,
            None if settings.verbose else self._folder / "ministack.log",
        )
        self._sagemaker.start()
        self._ministack.wait_until_ready(is_cancelled)

    def close(self) -> None:
        """End the services and what commands have left running, and remove their files."""
        for client in self._clients:
            client.close()
        self._clients.clear()
        if self._ministack:
            self._ministack.close()
        if self._sagemaker:
            self._sagemaker.close()
        if self._folder:
            end_processes_of(str(self._folder))
            shutil.rmtree(self._folder, ignore_errors=True)
        self._ministack = self._sagemaker = self._folder = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _value: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def control(self) -> Control:
        """What a test sets and reads about SageMaker."""
        return Control(self._started()[1].control_url)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a command that runs in the current folder.

        Raises RefusedError if it would lead out of the sandbox.
        """
        return self.environment_in(Path.cwd())

    def environment_in(self, working_folder: Path) -> dict[str, str]:
        """Return the environment of a command that runs in a folder.

        Raises RefusedError if it would lead out of the sandbox.
        """
        ministack, sagemaker, folder = self._started()
        aws = aws_environment(self.settings.region, folder, self._key)
        environment = command_environment(
            os.environ,
            aws,
            ministack_url=ministack.url,
            sagemaker_url=sagemaker.url,
            control_url=sagemaker.control_url,
            account_id=self.settings.account_id,
            working_folder=working_folder.resolve(),
        )
        environment |= self.settings.environment
        refuse_ways_out(environment, aws)
        return environment

    def client(self, service: str, region: str | None = None) -> Any:
        """Make a boto3 client of a service; it is closed with the sandbox.

        service: boto3's name of the service.
        region: the region that calls are sent to; left out, that of the settings.
        """
        ministack, sagemaker, _ = self._started()
        url = sagemaker.url if service == "sagemaker" else ministack.url
        client = new_client(service, url, region or self.settings.region, self._key)
        self._clients.append(client)
        return client

    def run(
        self, command: Sequence[str], *, cwd: Path | str = ".", timeout: float | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the sandbox and return its exit status and what it wrote.

        command: the program and its arguments.
        cwd: the folder it runs in; left out, the current one.
        timeout: after how many seconds it is killed; left out, never.

        Raises RefusedError, OSError when the program can't be run, and subprocess.TimeoutExpired.
        """
        environment = self.environment_in(Path(cwd))
        # Popen would look the program up on this process's own PATH.
        program = shutil.which(command[0], path=environment["PATH"]) or command[0]
        with subprocess.Popen(
            [program, *command[1:]],
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        ) as process:
            try:
                self.adopt(process.pid)
                output, errors = process.communicate(timeout=timeout)
            finally:
                # Processes that the program has started would keep its output open, and outlive it.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        return subprocess.CompletedProcess(command, process.returncode, output, errors)

    def adopt(self, group: int) -> None:
        """Have a process group ended if this process is killed before it can do so itself."""
        self._started()[0].adopt(group)

    def _started(self) -> tuple[MiniStack, SageMakerServer, Path]:
        if not (self._ministack and self._sagemaker and self._folder):
            raise RuntimeError("the sandbox is not running")
        return self._ministack, self._sagemaker, self._folder


def _log_to_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")
