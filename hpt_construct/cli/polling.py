"""Polls at growing intervals: soon at first, then less often, and much less often when throttled or unanswered."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, TypeVar

from .account import BusyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_Answer = TypeVar("_Answer")
_FIRST: Final = 1.0
_GROWTH: Final = 1.5
_LONGEST_BACK_OFF: Final = 300.0
_PATIENCE: Final = 12


class Clock:
    """The computer's clock; tests have their own."""

    def now(self) -> float:
        """Seconds since some moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds)


def poll(ask: Callable[[], _Answer], *, every: float, clock: Clock, timeout: float | None = None) -> Iterator[_Answer]:
    """Yield answers one after another, until the time is up or the caller stops.

    :param ask: Asks once.
    :param every: The longest time between two calls while AWS answers, in seconds.
    :param clock: Tells the time and lets it pass.
    :param timeout: Seconds after which one last answer comes. None: no limit.
    :raises BusyError: AWS has not answered many times in a row, for about half an hour.
    """
    deadline = None if timeout is None else clock.now() + timeout
    pause = min(_FIRST, every)
    failures = 0
    while True:
        try:
            answer = ask()
        except BusyError:
            failures += 1
            if failures == _PATIENCE:
                raise
            pause = min(pause * 2, _LONGEST_BACK_OFF)
        else:
            failures = 0
            yield answer
            pause = min(pause * _GROWTH, every)
        left = None if deadline is None else deadline - clock.now()
        if left is not None and left <= 0:
            return
        clock.sleep(pause if left is None else min(pause, left))
