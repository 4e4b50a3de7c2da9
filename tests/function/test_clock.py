"""The function's waits end in time for its answer."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hpt_handler.clock import LambdaClock


@pytest.mark.parametrize(("asked", "left", "waited"), [(5, 80_000, 5), (5, 78_000, 3), (5, 70_000, 0)])
def test_waits_as_long_as_asked_but_keeps_time_for_the_answer(
    monkeypatch: pytest.MonkeyPatch, asked: float, left: int, waited: float
) -> None:
    """75 of the seconds that Lambda leaves are for the answer."""
    now = [1000.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr("hpt_handler.clock.time", SimpleNamespace(time=lambda: now[0], sleep=sleep))
    clock = LambdaClock(lambda: left)
    clock.wait(asked)
    assert (clock.began, clock.now()) == (1000, 1000 + waited)
