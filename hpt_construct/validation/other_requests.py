"""Tells requests of other operations, such as CreateTrainingJob, and what a tuning job has in their members' place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hpt_construct import api_model

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TRAINING: Final = "CreateTrainingJob"
CONFIG: Final = "HyperParameterTuningJobConfig"
_DEFINITION: Final = "HyperParameterTrainingJobDefinition"
_ALGORITHM: Final = "HyperParameterAlgorithmSpecification"
_JOB: Final = re.compile(r"(?P<kind>\w+)JobName")
_NOTHING: Final = "a tuning job has nothing in its place; leave it out"

_INSTEAD: Final[Mapping[str, Mapping[str, str]]] = {
    _DEFINITION: {
        "TrainingJobName": "a tuning job names its training jobs itself; leave it out",
        "HyperParameters": "a definition has StaticHyperParameters, and ranges for what is tuned",
        "Tags": "the training jobs get the Tags of the request; give them there",
        "ExperimentConfig": "a tuning job makes an experiment of its training jobs itself; leave it out",
        **dict.fromkeys(
            (
                "DebugHookConfig",
                "DebugRuleConfigurations",
                "InfraCheckConfig",
                "MlflowConfig",
                "ModelPackageConfig",
                "ProfilerConfig",
                "ProfilerRuleConfigurations",
                "RemoteDebugConfig",
                "ServerlessJobConfig",
                "SessionChainingConfig",
                "TensorBoardOutputConfig",
            ),
            _NOTHING,
        ),
    },
    _ALGORITHM: {
        "ContainerEntrypoint": "a tuning job runs the image's own; set ENTRYPOINT in its Dockerfile",
        "ContainerArguments": "a tuning job runs the image's own, followed by train; read hyperparameters instead",
        "EnableSageMakerMetricsTimeSeries": _NOTHING,
        "TrainingImageConfig": "a tuning job pulls images from ECR alone; copy the image there, and leave it out",
    },
}
"""Members of CreateTrainingJob, and of its algorithm, that the shapes of a tuning job lack."""


def operation_of(request: Iterable[str]) -> str | None:
    """Return the operation that a request without a tuning job's configuration is of, as far as its members tell.

    >>> operation_of(["TrainingJobName", "RoleArn"])
    'CreateTrainingJob'
    """
    names = set(request)
    if CONFIG in names:
        return None
    if {"AlgorithmSpecification", "OutputDataConfig"} <= names:
        return _TRAINING
    kinds = [found["kind"] for name in sorted(names) if (found := _JOB.fullmatch(name)) and name != api_model.GENERATED]
    return f"Create{kinds[0]}Job" if kinds else None


def of_another_operation(operation: str) -> str:
    """Say that a request is of another operation, and how one gets to a tuning job's."""
    if operation != _TRAINING:
        return f"a request of {operation}, not of CreateHyperParameterTuningJob"
    return (
        f"a request of {_TRAINING}: a tuning job has most of that in TrainingJobDefinition, and what it tunes in "
        f"{CONFIG}; to convert it: hpt convert FILE --tune 'eta=0.01:0.3:log' --objective 'validation:auc'"
    )


def way_out(shape: str, name: str) -> str:
    """Say of a member that a shape lacks where it belongs or what there is instead; an empty string for any other."""
    if shape == api_model.REQUEST:
        for member, below in (("TrainingJobDefinition", _DEFINITION), (CONFIG, CONFIG)):
            if name in api_model.members(below):
                return f"; it belongs in {member}"
        shape = _DEFINITION
    told = instead(shape).get(name)
    return f", but of {_TRAINING}; {told}" if told else ""


def instead(shape: str) -> Mapping[str, str]:
    """Return what there is in place of each member of CreateTrainingJob, or of its algorithm, that a shape lacks."""
    return _INSTEAD.get(shape, {})
