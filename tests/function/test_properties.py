"""Strings become what the user asked for, by the API model alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hpt_handler import properties, sagemaker

from .conftest import FakeClock

if TYPE_CHECKING:
    from .conftest import World


@pytest.fixture
def shape(world: World) -> Any:
    """The shape of a request."""
    return sagemaker.Jobs(world.client, FakeClock(world.service)).request_shape


def definition(shape: Any, **members: Any) -> Any:
    """A training definition, restored."""
    return properties.restore({"TrainingJobDefinition": members}, shape)["TrainingJobDefinition"]


def test_scalars_are_restored_by_their_shape(shape: Any) -> None:
    """The same text is a number, a truth or a text, as the model says."""
    restored = definition(
        shape,
        EnableManagedSpotTraining="true",
        EnableNetworkIsolation="false",
        RetryStrategy={"MaximumRetryAttempts": "3"},
        InputDataConfig=[{"ShuffleConfig": {"Seed": "9223372036854775807"}}],
        StaticHyperParameters={"a": "true", "b": "010", "c": "1e-5", "d": ""},
    )
    assert restored == {
        "EnableManagedSpotTraining": True,
        "EnableNetworkIsolation": False,
        "RetryStrategy": {"MaximumRetryAttempts": 3},
        "InputDataConfig": [{"ShuffleConfig": {"Seed": 2**63 - 1}}],
        "StaticHyperParameters": {"a": "true", "b": "010", "c": "1e-5", "d": ""},
    }


def test_floats_are_restored(shape: Any) -> None:
    """The one number of the request with a point."""
    given = {"HyperParameterTuningJobConfig": {"TuningJobCompletionCriteria": {"TargetObjectiveMetricValue": "0.95"}}}
    restored = properties.restore(given, shape)["HyperParameterTuningJobConfig"]["TuningJobCompletionCriteria"]
    assert restored == {"TargetObjectiveMetricValue": 0.95}


def test_marked_text_is_the_users_again(shape: Any) -> None:
    """What the construct marked for CloudFormation to leave alone loses exactly one mark."""
    restored = definition(
        shape, StaticHyperParameters={"\\Ref": "{{\\resolve:ssm:x}}", "\\\\Fn::Sub": "{{\\\\resolve:y}}", "\\x": "\\"}
    )
    expected = {"Ref": "{{resolve:ssm:x}}", "\\Fn::Sub": "{{\\resolve:y}}", "\\x": "\\"}
    assert restored == {"StaticHyperParameters": expected}


def test_misfits_are_left_for_botocore_to_report(shape: Any) -> None:
    """Its message has the path; a guess of ours would hide the mistake."""
    restored = definition(shape, RetryStrategy="x", EnableNetworkIsolation="yes", InputDataConfig={"a": "b"}, New="1")
    assert restored == {
        "RetryStrategy": "x",
        "EnableNetworkIsolation": "yes",
        "InputDataConfig": {"a": "b"},
        "New": "1",
    }
