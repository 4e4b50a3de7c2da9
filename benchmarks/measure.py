"""Times with pyperf: every value comes from its own process, and every round runs the compared things in turn."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyperf

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Measured:
    """What one of the things compared took, a value a round."""

    seconds: tuple[float, ...]
    peak_bytes: tuple[int, ...]

    @property
    def median(self) -> float:
        """The median of the times, in seconds."""
        return statistics.median(self.seconds)

    def ratio(self, other: Measured) -> float:
        """The median of the ratios of each round, in which both were measured one after the other."""
        return statistics.median(ours / theirs for ours, theirs in zip(self.seconds, other.seconds, strict=True))

    @property
    def median_bytes(self) -> float:
        """The median of the peaks of memory, in bytes."""
        return statistics.median(self.peak_bytes)


def commands(compared: Mapping[str, Sequence[str]], rounds: int, environment: Mapping[str, str]) -> dict[str, Measured]:
    """Time whole processes, from their start to their end, on one processor, as Lambda gives them.

    :param compared: What is run for each name.
    :param rounds: How often each is run.
    :param environment: All of the environment of what is run.
    """
    return _rounds(
        # The one that serves and the one that is measured don't take turns on one processor.
        {
            name: ["-m", "pyperf", "command", "--affinity", str(max(os.sched_getaffinity(0))), "--name", name]
            for name in compared
        },
        {name: ["--", *command] for name, command in compared.items()},
        rounds,
        environment,
    )


def tasks(compared: Sequence[str], rounds: int) -> dict[str, Measured]:
    """Time tasks of ``benchmarks.worker``, without the start of their processes, after a round that does not count.

    The system chooses the processors: Python and its jsii kernel are two processes, at a user's too.

    :param compared: The tasks, as the worker takes them.
    :param rounds: How often each is run.
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    # A user's Python has compiled its packages once and for all.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before = {task: ["-m", "benchmarks.worker", "--task", task] for task in compared}
    _rounds(before, {}, 1, environment)
    return _rounds(before, {}, rounds, environment)


def _rounds(
    before: Mapping[str, list[str]],
    after: Mapping[str, list[str]],
    rounds: int,
    environment: Mapping[str, str],
) -> dict[str, Measured]:
    once = ["--processes", "1", "--values", "1", "--warmups", "0", "--loops", "1", "--quiet"]
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            for index, (name, arguments) in enumerate(before.items()):
                done = subprocess.run(  # noqa: S603 – our own commands
                    [
                        sys.executable, *arguments, *once, "--inherit-environ", ",".join(environment),
                        "--append", f"{folder}/{index}.json", *after.get(name, ()),
                    ],
                    env=dict(environment), cwd=ROOT, capture_output=True, text=True, check=False,
                )  # fmt: skip
                if done.returncode:
                    raise RuntimeError(f"{name} failed:\n{done.stdout}{done.stderr}")
        return {name: _measured(f"{folder}/{index}.json") for index, name in enumerate(before)}


def _measured(file: str) -> Measured:
    (benchmark,) = pyperf.BenchmarkSuite.load(file).get_benchmarks()
    runs = benchmark.get_runs()
    return Measured(
        tuple(value for run in runs for value in run.values),
        tuple(run.get_metadata().get("command_max_rss", 0) for run in runs),
    )
