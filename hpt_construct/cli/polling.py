"""Ask again and again, politely: soon at first, then more rarely, and much more rarely when throttled or unheard."""

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
    """The computer's clock; tests have one of their own."""

    def now(self) -> float:
        """Seconds since some moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds)


def poll(ask: Callable[[], _Answer], *, every: float, clock: Clock, timeout: float | None = None) -> Iterator[_Answer]:
    """The answers, one after another, until the time is up or nobody wants more.

    :param ask: Asks once.
    :param every: Seconds between two questions, once it has gone on for a while.
    :param clock: Tells the time and lets it pass.
    :param timeout: Seconds after which there is a last answer and then none. None: never.
    :raises BusyError: Nobody has answered many times in a row, for half an hour or so.
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
