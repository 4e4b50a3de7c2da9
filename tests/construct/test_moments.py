"""A time of the clock starts a tuning job with each deployment; what only looks like it is nobody's concern."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk.assertions import Annotations, Match

from hpt_construct import OutputDataConfig
from hpt_construct.moments import passing
from tests.construct.jobs import definition, minimal

if TYPE_CHECKING:
    import aws_cdk as cdk

NOW = datetime(2026, 7, 15, 10, 32, 11, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        NOW.isoformat(),
        f"s3://bucket/{NOW:%Y-%m-%d-%H-%M-%S-%f}/train",
        f"s3://bucket/{NOW:%Y/%m/%d/%H%M%S}",
        f"s3://bucket/{NOW:%Y%m%dT%H%M}Z",
        f"tuning-{NOW:%Y%m%d%H%M}",
        f"{NOW:%Y-%m-%d %H:%M}",
        f"{NOW - timedelta(seconds=20):%Y%m%d-%H%M%S}",
        f"{NOW.timestamp()}",
        f"tuning{NOW.timestamp():.0f}",
        f"{NOW.timestamp() * 1000:.0f}",
        f"{NOW.timestamp():.0f}000000000",
    ],
)
def test_time_of_the_synth_is_told(text: str) -> None:
    """As programs write it, by the clock of the world."""
    [(number, what)] = passing(["2026", text], NOW.timestamp())
    assert number == 1
    assert what.endswith(" in it, the time of this synth")
    assert what.split("'")[1] in text


def test_time_of_the_machine_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """``datetime.now()`` has no zone."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Kathmandu")
        time.tzset()
        [(_, what)] = passing(["2026-07-15-16-17-11"], NOW.timestamp())
    time.tzset()
    assert what == "'2026-07-15-16-17-11' in it, the time of this synth"


@pytest.mark.parametrize(
    "text",
    [
        "s3://bucket/2026-07-15/train",
        "s3://bucket/2026/07/15/train",
        "s3://bucket/20260715/10/train",
        "2026-07-15T08:32:11",
        "2026-07-15T10:20:11",
        "2026-07-15T10:34:11",
        "2026-07-15T10:20",
        "2025-07-15T10:32:11",
        "2026-13-45T10:32:11",
        "2026-07-15T99:99:99",
        f"{NOW.timestamp() - 3600:.0f}",
        f"{NOW.timestamp():.0f}12",
        f"7{NOW.timestamp():.0f}",
        "9cdef4a2-51bb-4ee2-b83b-9c1a9a4f2026",
        "at 0x7f3f3746d3f0",
        "<at 0x12>",
    ],
)
def test_other_times_and_numbers_stay(text: str) -> None:
    """A day has the data of a day, and a time that is over may be one that somebody wrote."""
    assert list(passing([text], NOW.timestamp())) == []


def test_times_of_a_process_that_lives_on_may_be_typed() -> None:
    """By the clock of this process, whose start is known: nobody typed what was the time a moment ago."""
    now = time.time()
    texts = [f"{now - 700:.0f}", f"{now:.0f}"]
    assert [number for number, _ in passing(texts)] == [1]


def test_address_of_an_object_is_told() -> None:
    """The text of whatever has none of its own."""
    assert [number for number, _ in passing(["a", repr(object()), repr(print)])] == [1]


def warnings(stack: cdk.Stack) -> list[Any]:
    """The warnings of something that is new each time."""
    found = Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp("hpt-construct:new-each-time"))
    return [each.entry.data for each in found]


def test_request_with_the_time_of_the_synth_is_a_warning(stack: cdk.Stack) -> None:
    """Wherever it stands; what to do instead is told."""
    moment = f"{datetime.now(UTC):%Y-%m-%d-%H-%M-%S}"
    seed = int(time.time())
    minimal(
        stack,
        random_seed=seed,
        training_job=definition(
            static_hyperparameters={"network": repr(object()), "version": "2026-01-01-12-00-00"},
            output_data_config=OutputDataConfig(s3_output_path=f"s3://bucket/{moment}"),
        ),
        run=moment,
        tags={"at": moment},
    )
    way_out = (
        "the next synth has another, and its deployment starts another tuning job; give what stays as it is, and "
        "run=... to start one on purpose [ack: hpt-construct:new-each-time]"
    )
    at_the_seed, in_the_path, in_the_parameter = sorted(warnings(stack))
    assert at_the_seed == f"random_seed: has '{seed}' in it, the time of this synth: {way_out}"
    assert in_the_parameter.startswith("training_job.static_hyperparameters['network']: has '0x")
    assert in_the_parameter.endswith(f"' in it, the address of an object: {way_out}")
    assert in_the_path == (
        f"training_job.output_data_config.s3_output_path: has '{moment}' in it, the time of this synth: {way_out}"
    )


def test_request_that_stays_is_none(stack: cdk.Stack) -> None:
    """The time a request was written at, and a run of this time."""
    where = OutputDataConfig(s3_output_path="s3://bucket/2026-01-01-12-00-00")
    minimal(stack, training_job=definition(output_data_config=where), run=str(time.time()), random_seed=2**31 - 1)
    assert warnings(stack) == []
