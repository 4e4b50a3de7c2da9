"""What every test needs: the checkout's own Node for jsii, how many examples Hypothesis tries, a stack to build in."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from benchmarks import requests

# Before aws_cdk is imported: jsii starts the first node on the PATH.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
# An app without a folder of its own leaves a temporary one behind, so a run of the tests would leave a thousand. What
# Python has asked for once stays: pytest keeps the folders of tests that fail.
tempfile.gettempdir()
os.environ["TMPDIR"] = tempfile.mkdtemp(prefix="hpt-tests-")
atexit.register(shutil.rmtree, os.environ["TMPDIR"], ignore_errors=True)
# CloudFormation's own checks of a synthesized template take a second each; tests/deployment has them on.
os.environ["CDK_VALIDATION"] = "false"

# A slow machine fails no test. `make test` tries the same examples every time; HYPOTHESIS_PROFILE=long tries more, and
# others each time. A test that wants more or fewer takes a multiple of the profile's number.
_SUITE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("ci", _SUITE, max_examples=50, stateful_step_count=16, derandomize=True, database=None)
settings.register_profile("long", _SUITE, max_examples=5000, stateful_step_count=30)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

if TYPE_CHECKING:
    from collections.abc import Iterator

    import aws_cdk as cdk

ROOT = Path(__file__).resolve().parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Watch no lines in property tests: the Makefile's bounds hold whatever examples these try."""
    for item in items:
        if item.get_closest_marker("hypothesis"):
            item.add_marker(pytest.mark.no_cover)


@pytest.fixture
def heeded_signals() -> Iterator[None]:
    """Have this process's children heed every signal: under nohup, or in a shell's background, they ignore some."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def stack() -> cdk.Stack:
    """An empty stack of an app of its own."""
    import aws_cdk as cdk

    return cdk.Stack(cdk.App(), "Training")


@pytest.fixture
def guide_request() -> dict[str, Any]:
    """The developer guide's tuning job, as boto3 takes it, without a name."""
    return requests.guide_request()
