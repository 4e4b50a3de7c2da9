"""What a tuning may learn from earlier ones."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from ._part import Converted, ListOf, Plain, member, part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpt_construct.reference import IHyperparameterTuningJob


class WarmStartType(StrEnum):
    """What the tuning has in common with its parents. Becomes ``WarmStartType``.

    >>> WarmStartType.TRANSFER_LEARNING.value
    'TransferLearning'
    """

    IDENTICAL_DATA_AND_ALGORITHM = "IdenticalDataAndAlgorithm"
    """The same data and image; other ranges."""
    TRANSFER_LEARNING = "TransferLearning"
    """Other data, hyperparameters or a newer image."""


_NAME = Converted("tuning_job_name")


class _ParentName(Plain):
    """A parent is a structure with one member, its name; of a job of the app, a token that makes this one wait for
    that.
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
    """Begin with the results of earlier tunings.

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
    """What the tuning has in common with its parents."""
    parents: Sequence[IHyperparameterTuningJob | str] = member("ParentHyperParameterTuningJobs", ListOf(PARENT))
    """1 to 5 tunings that have ended, all different: jobs or names.

    A job of the app is started before this one, and what both have to share is checked at synth: the objective's
    metric, the names of all hyperparameters, static and tuned, and the kind of a range that both have. SageMaker takes
    no parent that still runs, so deploy it first, and add this one when it has ended; a warning says so until it is
    acknowledged. A change of the parent starts another parent, and with it changes this request too.

    In another stack, this job imports the parent's name, and as long as it does CloudFormation refuses a change of the
    parent's request. A weak reference locks nothing
    (``parent.apply_cross_stack_reference_strength(cdk.ReferenceStrength.WEAK)``), nor does the name as a string.
    """

    @classmethod
    def identical_data_and_algorithm(cls, *, parents: Sequence[IHyperparameterTuningJob | str]) -> Self:
        """The same data and image as the parents', with other ranges.

        :param parents: 1 to 5 tunings that have ended: jobs or names.

        >>> WarmStart.identical_data_and_algorithm(parents=["older-job"]).warm_start_type
        <WarmStartType.IDENTICAL_DATA_AND_ALGORITHM: 'IdenticalDataAndAlgorithm'>
        """
        return cls(warm_start_type=WarmStartType.IDENTICAL_DATA_AND_ALGORITHM, parents=parents)

    @classmethod
    def transfer_learning(cls, *, parents: Sequence[IHyperparameterTuningJob | str]) -> Self:
        """Other data, hyperparameters or a newer image than the parents'.

        :param parents: 1 to 5 tunings that have ended: jobs or names.

        >>> WarmStart.transfer_learning(parents=["older-job"]).parents
        ['older-job']
        """
        return cls(warm_start_type=WarmStartType.TRANSFER_LEARNING, parents=parents)
