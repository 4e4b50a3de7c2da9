"""Runs a command in the sandbox as a shell would: with its terminal, its signals and its exit status."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Runner:
    """Runs one command, and handles the signals that end the sandbox: it records them and passes them on.

    The signals raise nothing, so none of them can leave something behind.

    grace_seconds: how long the command may take to end after a signal before it is killed, in seconds.
    """

    def __init__(self, grace_seconds: float = 10) -> None:
        self._grace_seconds = grace_seconds
        self._signal: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._kill_at: float | None = None
        self._is_in_foreground = _is_in_foreground()

    def listen(self) -> None:
        """Take over the signals of this process, except those that it was started to ignore."""
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._handle)

    @property
    def signal_status(self) -> int | None:
        """The exit status that stands for the first signal; None if there was none."""
        return None if self._signal is None else 128 + self._signal

    def run(self, command: Sequence[str], environment: Mapping[str, str], on_start: Callable[[int], None]) -> int:
        """Run a command to its end and return its exit status: 127 for one that isn't found, 126 for no program.

        command: the program and its arguments.
        environment: all of its environment.
        on_start: called with the command's process group, if it has its own.
        """
        if self.signal_status is not None:
            return self.signal_status
        # Popen would search the program on this process's own PATH.
        program = shutil.which(command[0], path=environment["PATH"])
        if program is None:
            sys.stderr.write(f"sandbox: {command[0]}: command not found\n")
            return 127
        try:
            # In a terminal the command stays in this process group, so that Ctrl-C and Ctrl-Z reach it; elsewhere it
            # gets its own group, which can be ended as a whole.
            process = subprocess.Popen(
                [program, *command[1:]], env=dict(environment), process_group=None if self._is_in_foreground else 0
            )
        except OSError as error:
            sys.stderr.write(f"sandbox: {command[0]}: {error.strerror}\n")
            return 126
        self._process = process
        if self._signal is not None:
            self._pass_on(process, self._signal)
        if not self._is_in_foreground:
            on_start(process.pid)
        status = self._wait(process)
        self._process = None
        if not self._is_in_foreground:
            self._send(process, signal.SIGKILL)
        return self.signal_status or (128 - status if status < 0 else status)

    def _wait(self, process: subprocess.Popen[bytes]) -> int:
        while True:
            try:
                return process.wait(timeout=0.2)
            except subprocess.TimeoutExpired:
                if self._kill_at is not None and time.monotonic() > self._kill_at:
                    self._send(process, signal.SIGKILL)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        self._signal = self._signal or number
        if self._process is not None:
            self._pass_on(self._process, number)

    def _pass_on(self, process: subprocess.Popen[bytes], number: int) -> None:
        self._kill_at = self._kill_at or time.monotonic() + self._grace_seconds
        # A terminal sends SIGINT to the whole group: the command has it already.
        if not (number == signal.SIGINT and self._is_in_foreground):
            self._send(process, number)

    def _send(self, process: subprocess.Popen[bytes], number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            if self._is_in_foreground:
                process.send_signal(number)
            else:
                os.killpg(process.pid, number)


def _is_in_foreground() -> bool:
    try:
        return os.isatty(0) and os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False
