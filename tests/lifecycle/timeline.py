"""Processes that take turns on one clock: exactly one runs at a time, always the one whose moment comes first."""

from __future__ import annotations

import heapq
import itertools
import math
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.sagemaker.clock import Clock


class Abandoned(BaseException):
    """The history is over, and with it every process that still waits."""


class Process:
    """Work that can wait.

    It is a thread, because the function under test waits in the midst of plain calls; which one runs is decided by the
    timeline alone, so that the same history always runs in the same way.
    """

    def __init__(self, timeline: Timeline, work: Callable[[], None]) -> None:
        self.turn = threading.Lock()
        self.turn.acquire()
        self.ticket = 0
        """Counts the turns, so that a wake-up call that has been overtaken is known as such."""
        self.over = False
        self.thread = threading.Thread(target=self._run, args=(timeline, work), daemon=True)

    def _run(self, timeline: Timeline, work: Callable[[], None]) -> None:
        self.turn.acquire()
        try:
            if not timeline.closing:
                work()
        except Abandoned:
            pass
        except BaseException as error:  # noqa: BLE001 – a thread has nobody above it to tell
            timeline.errors.append(error)
        finally:
            self.over = True
            timeline.hand_back()


class Timeline:
    """The order of everything that happens in a history."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.now()
        self._due: list[tuple[float, int, Process, int]] = []
        self._order = itertools.count()
        self._processes: list[Process] = []
        self._watching: list[Process] = []
        self._horizon = clock.now()
        self._mine = threading.Lock()
        self._mine.acquire()
        self.current: Process | None = None
        self.closing = False
        self.errors: list[BaseException] = []

    def now(self) -> float:
        """Seconds since 1970."""
        return self._clock.now()

    def passed(self) -> float:
        """Seconds since the history began."""
        return self.now() - self._began

    def start(self, work: Callable[[], None]) -> None:
        """Begin a process; it gets its first turn when whoever runs now waits."""
        process = Process(self, work)
        process.thread.start()
        self._processes.append(process)
        self._schedule(process, self.now())

    def wait(self, seconds: float) -> None:
        """Let time go by in the process that runs now, and others run meanwhile."""
        if self.closing:
            raise Abandoned
        until = self.now() + max(0.0, seconds)
        if until <= self._horizon and (not self._due or self._due[0][0] > until):
            self._go_to(until)
            return
        process = self._running()
        self._schedule(process, until)
        self._park(process)

    def wait_until(self, condition: Callable[[], bool], until: float) -> None:
        """Wait for something that is told by ``poke``, or for a moment."""
        while not condition() and self.now() < until:
            process = self._running()
            self._watching.append(process)
            self._schedule(process, until)
            self._park(process)
            if process in self._watching:
                self._watching.remove(process)

    def poke(self) -> None:
        """Something has happened that others may wait for."""
        for process in self._watching:
            self._schedule(process, self.now())
        self._watching.clear()

    def run(self, seconds: float = math.inf, until: Callable[[], bool] = lambda: False) -> None:
        """From outside of all processes: let them run for some time, or until a condition holds, or to their ends."""
        self._horizon = self.now() + seconds
        while self._due and self._due[0][0] <= self._horizon and not until():
            moment, _, process, ticket = heapq.heappop(self._due)
            if process.over or ticket != process.ticket:
                continue
            self._go_to(moment)
            process.ticket += 1
            self.current = process
            process.turn.release()
            self._mine.acquire()
            self.current = None
            if self.errors:
                raise self.errors[0]
        if seconds < math.inf and not until():
            self._go_to(self._horizon)
        self._horizon = self.now()

    def close(self) -> None:
        """End what still waits."""
        self.closing = True
        for process in self._processes:
            if not process.over:
                process.turn.release()
                self._mine.acquire()
            process.thread.join()

    def hand_back(self) -> None:
        """The process that runs now has come to its end."""
        self._mine.release()

    def _running(self) -> Process:
        assert self.current is not None, "only a process can wait"
        return self.current

    def _schedule(self, process: Process, moment: float) -> None:
        heapq.heappush(self._due, (moment, next(self._order), process, process.ticket))

    def _park(self, process: Process) -> None:
        self._mine.release()
        process.turn.acquire()
        if self.closing:
            raise Abandoned

    def _go_to(self, moment: float) -> None:
        if moment > self.now():
            self._clock.advance(moment - self.now())
