"""Many jobs at once, and a service that takes only a few a second."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from .cloudformation import Stack
from .promises import Properties

if TYPE_CHECKING:
    from .account import Account

JOBS = 100
RATE = 5
BURST = 10


def test_hundred_jobs_of_a_stack_start_once_each_at_nearly_the_allowed_rate(account: Account) -> None:
    """Throttled functions come back at their own moments: all succeed, none twice, and little of the rate is wasted."""
    account.service.configure(create_rate=RATE, create_burst=BURST)
    stack = Stack("Training", account)
    stack.deploy({f"Job{number}": Properties() for number in range(JOBS)}, (), None)
    account.run(until=lambda: not stack.busy)
    assert stack.status == "CREATE_COMPLETE"
    assert [job.status for job in account.jobs().values()] == ["InProgress"] * JOBS
    assert account.timeline.passed() <= (JOBS - BURST) / RATE / 0.8
    account.promises.check([stack])


@pytest.mark.parametrize("seed", [1, 3, 8])
def test_forty_deletions_that_share_ten_places_all_stop_their_jobs_and_succeed(account: Account, seed: int) -> None:
    """New accounts may run ten functions at a time: every job is told to stop within minutes, whoever gets a place."""
    random.seed(seed)
    account.service.configure(stopping_seconds=600)
    account.concurrency = 10
    stack = Stack("Training", account)
    stack.deploy({f"Job{number}": Properties() for number in range(40)}, (), None)
    account.run(until=lambda: not stack.busy)
    assert stack.status == "CREATE_COMPLETE"
    began = account.timeline.now()
    stack.destroy()
    account.run(until=lambda: not stack.busy)
    assert stack.status == "DELETE_COMPLETE"
    told = [launch.job._stop_requested for launch in account.promises.launches]
    assert max(when - began for when in told if when is not None) < 3 * 60
    assert account.timeline.now() - began < 15 * 60
    account.promises.check([stack])
    account.promises.verify()
