"""Time as the function sees it: what is left of its own, and waiting."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

_KEPT_FOR_THE_ANSWER = 75.0
"""Seconds before the function's end in which nothing new is begun: two calls that time out, and the answer with its
retries, still fit.
"""


class Clock(Protocol):
    """What the lifecycle needs of time."""

    began: float
    """When the function was called, in seconds since 1970."""

    def now(self) -> float:
        """Seconds since 1970, as SageMaker counts them too."""

    def left(self) -> float:
        """Seconds that may be spent before the answer has to go out."""

    def wait(self, seconds: float) -> None:
        """Let that much time go by, or what is left."""


class LambdaClock:
    """The clock of one invocation."""

    def __init__(self, remaining_milliseconds: Callable[[], int]) -> None:
        self._remaining_milliseconds = remaining_milliseconds
        self.began = self.now()

    def now(self) -> float:
        """Seconds since 1970, as SageMaker counts them too."""
        return time.time()

    def left(self) -> float:
        """Seconds that may be spent before the answer has to go out."""
        return self._remaining_milliseconds() / 1000 - _KEPT_FOR_THE_ANSWER

    def wait(self, seconds: float) -> None:
        """Let that much time go by, or what is left."""
        time.sleep(max(0.0, min(seconds, self.left())))


def backoff(tries: int, longest: float) -> float:
    """Seconds to wait after so many tries: doubling, up to ``longest``, and random, so that a hundred jobs of one stack
    don't come back at once.
    """
    return random.uniform(0.2, 1.0) * min(longest, 2.0**tries)  # noqa: S311 – no secret depends on it
