"""Requests of other operations are told as such, and their members with what a tuning job has instead."""

from __future__ import annotations

import copy
from typing import Any

import botocore.session
import pytest

from hpt_construct import api_model
from hpt_construct.validation import check, instead, spell_api
from tests.validation.rule_cases import SINGLE, job

DEFINITION = "HyperParameterTrainingJobDefinition"
ALGORITHM = "HyperParameterAlgorithmSpecification"
TRAINING = (
    "HyperParameterTuningJobConfig: missing; this is a request of CreateTrainingJob: a tuning job has most of that in "
    "TrainingJobDefinition, and what it tunes in HyperParameterTuningJobConfig; to convert it: hpt convert FILE --tune "
    "'eta=0.01:0.3:log' --objective 'validation:auc'"
)


def problems(request: dict[str, Any]) -> list[str]:
    """What is wrong, as a user of a plain request reads it."""
    return [f"{spell_api(finding.problem.path)}: {finding.problem.message}" for finding in check(request)]


@pytest.mark.parametrize("removed", [(), ("TrainingJobName",), ("AlgorithmSpecification",)])
def test_a_training_job_is_one_problem(removed: tuple[str, ...]) -> None:
    """Its members aren't told one by one, with members of a tuning job that have similar names."""
    request = {"TrainingJobName": "one", "HyperParameters": {"eta": "1"}, "ExperimentConfig": {}, **job()}
    assert problems({name: value for name, value in request.items() if name not in removed}) == [TRAINING]


@pytest.mark.parametrize("kind", ["Processing", "Transform", "AutoML", "Labeling", "Compilation"])
def test_another_operation_is_one_problem(kind: str) -> None:
    """By the name that its job has."""
    told = f"this is a request of Create{kind}Job, not of CreateHyperParameterTuningJob"
    assert problems({"RoleArn": 1, f"{kind}JobName": "a"}) == [f"HyperParameterTuningJobConfig: missing; {told}"]


def test_a_tuning_job_without_its_configuration_is_none_of_them() -> None:
    """It lacks a member, as it did before."""
    request = {**SINGLE}
    del request["HyperParameterTuningJobConfig"]
    assert problems(request)[0] == "HyperParameterTuningJobConfig: missing; the API requires it"


@pytest.mark.parametrize(
    ("path", "name", "told"),
    [
        ((), "RoleArn", "; it belongs in TrainingJobDefinition"),
        ((), "Strategy", "; it belongs in HyperParameterTuningJobConfig"),
        ((), "HyperParameters", ", but of CreateTrainingJob; a definition has StaticHyperParameters, and ranges for "),
        (
            (),
            "TrainingJobName",
            ", but of CreateTrainingJob; a tuning job names its training jobs itself; leave it out",
        ),
        (("TrainingJobDefinition",), "HyperParameters", ", but of CreateTrainingJob; a definition has Static"),
        (
            ("TrainingJobDefinition",),
            "Tags",
            ", but of CreateTrainingJob; the training jobs get the Tags of the request",
        ),
        (
            ("TrainingJobDefinition", "AlgorithmSpecification"),
            "ContainerEntrypoint",
            ", but of CreateTrainingJob; a tuning job runs the image's own; set ENTRYPOINT in its Dockerfile",
        ),
    ],
)
def test_a_member_of_a_training_job_is_told_with_its_place(path: tuple[str, ...], name: str, told: str) -> None:
    """Where it belongs, or what there is instead, in place of the most similar name."""
    request, shape = copy.deepcopy(SINGLE), api_model.REQUEST
    inside = request
    for step in path:
        inside, shape = inside[step], api_model.members(shape)[step]
    inside[name] = "x"
    [problem] = problems(request)
    assert problem.startswith(f"{spell_api((*path, name))}: not a member of {shape}{told}")


def test_the_table_has_every_member_that_a_tuning_job_lacks() -> None:
    """By botocore's description of CreateTrainingJob, and no other."""
    model = botocore.session.get_session().get_service_model("sagemaker")
    training = model.operation_model("CreateTrainingJob").input_shape
    for shape, members in (
        (DEFINITION, training.members),
        (ALGORITHM, training.members["AlgorithmSpecification"].members),
    ):
        assert set(instead(shape)) == set(members) - set(api_model.members(shape))
