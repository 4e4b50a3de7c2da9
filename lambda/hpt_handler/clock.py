"""Time as the function sees it: how much it has left, waiting, and when CloudFormation has signed a URL."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

_KEPT_FOR_THE_ANSWER = 75.0
"""The last seconds of the function's time, in which it begins nothing new. Two calls that time out, and the answer with
its retries, fit into them.
"""


class Clock(Protocol):
    """What the lifecycle needs of time."""

    began: float
    """When the function was invoked, in seconds since 1970."""

    def now(self) -> float:
        """Return the seconds since 1970, which SageMaker counts too."""

    def left(self) -> float:
        """Return how many seconds are left before the answer must be sent."""

    def wait(self, seconds: float) -> None:
        """Wait that long, or as long as is left."""


class LambdaClock:
    """The clock of one invocation."""

    def __init__(self, remaining_milliseconds: Callable[[], int]) -> None:
        self._remaining_milliseconds = remaining_milliseconds
        self.began = self.now()

    def now(self) -> float:
        """Return the seconds since 1970, which SageMaker counts too."""
        return time.time()

    def left(self) -> float:
        """Return how many seconds are left before the answer must be sent."""
        return self._remaining_milliseconds() / 1000 - _KEPT_FOR_THE_ANSWER

    def wait(self, seconds: float) -> None:
        """Wait that long, or as long as is left."""
        time.sleep(max(0.0, min(seconds, self.left())))


def backoff(tries: int, longest: float) -> float:
    """Return the seconds to wait after that many tries: they double up to ``longest``, and are random, so that a
    hundred jobs of one stack don't come back at once.
    """
    return random.uniform(0.2, 1.0) * min(longest, 2.0**tries)  # noqa: S311 – no secret depends on it


def signed_at(url: str) -> float | None:
    """Return when CloudFormation has signed a URL, in seconds since 1970; None if the URL doesn't say it."""
    try:
        [date] = parse_qs(urlsplit(url).query)["X-Amz-Date"]
        return datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except (KeyError, ValueError):
        return None
