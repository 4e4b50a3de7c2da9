"""The clock from which a tuning job's state is computed."""

import time
from collections.abc import Callable
from typing import Self


class Clock:
    """A clock that can be put forward.

    read: answers the time in seconds since 1970; left out, the computer's own clock. A function that always answers
        the same gives a clock that stands still until `advance` is called.
    """

    def __init__(self, read: Callable[[], float] = time.time) -> None:
        self._read = read
        self._ahead = 0.0

    @classmethod
    def at_speed(cls, speed: float) -> Self:
        """Make a clock that starts now and runs that many times as fast as life: at 3600, an hour takes a second."""
        began = time.time()
        return cls(lambda: began + (time.time() - began) * speed)

    def now(self) -> float:
        """Return the time in seconds since 1970."""
        return self._read() + self._ahead

    def advance(self, seconds: float) -> None:
        """Put the clock forward by a number of seconds."""
        self._ahead += seconds
