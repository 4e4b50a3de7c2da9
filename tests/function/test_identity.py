"""Names and digests: the same wish is the same for ever, another wish is another."""

from __future__ import annotations

from typing import Any

import pytest
from hpt_handler import identity

WISH = identity.Wish(
    stack_id="arn:aws:cloudformation:us-east-1:111122223333:stack/Training/6f1e",
    logical_id="Tuning1A2B",
    event_id="event",
    request={
        "HyperParameterTuningJobConfig": {"Strategy": "Bayesian", "RandomSeed": 1},
        "Autotune": {"Mode": "Enabled"},
    },
    tags={"team": "ml"},
    given_name=None,
    name_prefix="training-36a7-tuning",
    run="",
    removal_policy="",
)


def test_digest_and_name_are_those_of_every_release() -> None:
    """A function of a later release meets the jobs of this one: another digest would start them all again."""
    assert WISH.digest == "efaa65d6cd4519fb7b2ae9338452a49896b9fca6f7c41beae7e81ee6eabb301c"
    assert [WISH.name(attempt) for attempt in range(3)] == [
        "training-36a7-tuning-js74o3dci",
        "training-36a7-tuning-zi04u6dlx",
        "training-36a7-tuning-2v7hgsqd7",
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"stack_id": "arn:aws:cloudformation:us-east-1:111122223333:stack/Training/6f1f"},
        {"logical_id": "Tuning1A2C"},
        {"run": "2"},
        {"given_name": "nightly"},
        {"request": {"Autotune": {"Mode": "Enabled"}}},
        {"request": {**WISH.request, "HyperParameterTuningJobConfig": {"Strategy": "Bayesian", "RandomSeed": "1"}}},
    ],
)
def test_another_wish_has_another_digest(change: dict[str, Any]) -> None:
    """Stack, resource, request and run say what is wished for."""
    assert WISH._replace(**change).digest != WISH.digest


@pytest.mark.parametrize(
    "change",
    [
        {"event_id": "other"},
        {"tags": {}},
        {"removal_policy": "destroy"},
        {"removal_policy": "retain"},
        {"request": dict(reversed(WISH.request.items()))},
    ],
)
def test_what_is_no_wish_for_another_job_changes_no_digest(change: dict[str, Any]) -> None:
    """Tags and what happens in the end can be changed while the job runs, and order means nothing."""
    other = WISH._replace(**change)
    assert (other.digest, other.name(0)) == (WISH.digest, WISH.name(0))


def test_generated_name_is_a_name_and_tells_attempts_apart() -> None:
    """32 characters with the longest prefix, all lower case: lists show names so, and tags are looked up by them."""
    longest = WISH._replace(name_prefix="a" * 22)
    names = {longest.name(attempt) for attempt in range(100)}
    assert len(names) == 100
    assert all(identity.is_name(name) and len(name) == 32 and name == name.lower() for name in names)


def test_given_name_is_the_name_of_every_attempt() -> None:
    """The user's name is all that a named job has."""
    assert {WISH._replace(given_name="Nightly").name(attempt) for attempt in range(3)} == {"Nightly"}


@pytest.mark.parametrize(
    ("tags", "owned"),
    [
        (WISH.ownership_tags(), True),
        ({**WISH.ownership_tags(), identity.DIGEST: "another", identity.CREATED_BY: "another"}, True),
        ({**WISH.ownership_tags(), identity.STACK_ID: "another"}, False),
        ({**WISH.ownership_tags(), identity.LOGICAL_ID: "Another"}, False),
        ({identity.STACK_ID: WISH.stack_id}, False),
        ({}, False),
    ],
)
def test_stack_and_resource_say_whose_a_job_is(tags: dict[str, str], *, owned: bool) -> None:
    """Both tags, to the letter; which wish and which event is another question."""
    assert WISH.owns(tags) is owned


@pytest.mark.parametrize(
    ("physical_id", "invented"),
    [
        ("Training-Tuning1A2B-1X2Y3Z4ABCDE", True),
        ("a-very-long-name-of-a-stack-Tuning1A2B-1X2Y3Z4ABCDE", True),
        ("", True),
        ("with spaces", True),
        ("training-36a7-tuning-abcdefghi", False),
        ("nightly", False),
        ("Tuning1A2B", False),
        (identity.marker("event"), False),
    ],
)
def test_invented_ids_are_told_from_names_and_markers(physical_id: str, *, invented: bool) -> None:
    """Only an id that CloudFormation made up says that a creation may still be under way."""
    assert WISH.was_invented(physical_id) is invented


def test_generated_name_with_the_logical_id_in_it_is_not_invented() -> None:
    """A logical id may be overridden with one in lower case."""
    wish = WISH._replace(logical_id="tuning")
    assert not wish.was_invented(wish.name(0))
    assert wish.was_invented("Training-tuning-1X2Y3Z4ABCDE")


def test_marker_tells_its_event_and_is_no_name() -> None:
    """It is the id of a resource that was never made, and must not be taken for anybody's job."""
    marker = identity.marker("3f2a")
    assert identity.creation(marker) == "3f2a"
    assert not identity.is_name(marker)
    assert identity.creation("3f2a") is None
