"""What a tuning job may learn from earlier ones."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from ._part import Converted, ListOf, Plain, member, part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpt_construct.reference import IHyperparameterTuningJob


class WarmStartType(StrEnum):
    """What the tuning job has in common with its parents. Becomes ``WarmStartType``.

    >>> WarmStartType.TRANSFER_LEARNING.value
    'TransferLearning'
    """

    IDENTICAL_DATA_AND_ALGORITHM = "IdenticalDataAndAlgorithm"
    """The same data and image; other ranges."""
    TRANSFER_LEARNING = "TransferLearning"
    """Other data, other hyperparameters or a newer image."""


_NAME = Converted("tuning_job_name")


class _ParentName(Plain):
    """A structure with one member, the parent's name; for a job of the app, the name is a token that makes this job
    wait for that one.
    """

    def render(self, value: Any) -> Any:
        name = _NAME.render(value)
        return {"HyperParameterTuningJobName": name} if isinstance(name, str) else value

    def parse(self, value: Any) -> Any:
        return (
            value["HyperParameterTuningJobName"]
            if isinstance(value, dict) and list(value) == ["HyperParameterTuningJobName"]
            else value
        )

    def spell(self, value: Any, path: Sequence[str | int]) -> str:
        return ""


PARENT = _ParentName()


@part("HyperParameterTuningJobWarmStartConfig")
class WarmStart:
    """Start with the results of earlier tuning jobs.

    Becomes ``WarmStartConfig``:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_HyperParameterTuningJobWarmStartConfig.html

    >>> import aws_cdk as cdk
    >>> from hpt_construct import HyperparameterTuningJob
    >>> stack = cdk.Stack(cdk.App(), "Example")
    >>> job = HyperparameterTuningJob.from_tuning_job_name(stack, "Nightly", "nightly")
    >>> len(WarmStart.identical_data_and_algorithm(parents=[job, "older-job"]).parents)
    2
    """

    warm_start_type: WarmStartType | str = member("WarmStartType")
    """What the tuning job has in common with its parents."""
    parents: Sequence[IHyperparameterTuningJob | str] = member("ParentHyperParameterTuningJobs", ListOf(PARENT))
    """1 to 5 different tuning jobs that have ended: jobs or names.

    A parent in the app starts before this job, and synth checks what both must share: the objective's metric, the names
    of all hyperparameters, static and tuned, the kind of each range that both have, and the definition's environment
    variables, network isolation, traffic encryption and retries. SageMaker accepts no parent that is still running, so
    deploy the parent first, and add this job when the parent has ended; a warning says so until you acknowledge it. A
    change to the parent's request starts another parent, which changes this request too.

    A job in another stack imports the parent's name, and while it does, CloudFormation refuses a change to the parent's
    request. To avoid this lock, use a weak reference
    (``parent.apply_cross_stack_reference_strength(cdk.ReferenceStrength.WEAK)``), or give the name as a string.
    """

    @classmethod
    def identical_data_and_algorithm(cls, *, parents: Sequence[IHyperparameterTuningJob | str]) -> Self:
        """Use the same data and image as the parents, with other ranges.

        :param parents: 1 to 5 tuning jobs that have ended: jobs or names.

        >>> WarmStart.identical_data_and_algorithm(parents=["older-job"]).warm_start_type
        <WarmStartType.IDENTICAL_DATA_AND_ALGORITHM: 'IdenticalDataAndAlgorithm'>
        """
        return cls(warm_start_type=WarmStartType.IDENTICAL_DATA_AND_ALGORITHM, parents=parents)

    @classmethod
    def transfer_learning(cls, *, parents: Sequence[IHyperparameterTuningJob | str]) -> Self:
        """Use other data, other hyperparameters or a newer image than the parents.

        :param parents: 1 to 5 tuning jobs that have ended: jobs or names.

        >>> WarmStart.transfer_learning(parents=["older-job"]).parents
        ['older-job']
        """
        return cls(warm_start_type=WarmStartType.TRANSFER_LEARNING, parents=parents)
