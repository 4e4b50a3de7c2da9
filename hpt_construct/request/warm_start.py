"""What a tuning may learn from earlier ones."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from ._part import ListOf, Plain, member, part

if TYPE_CHECKING:
    from collections.abc import Sequence


class WarmStartType(StrEnum):
    """What the tuning has in common with its parents. Becomes ``WarmStartType``."""

    IDENTICAL_DATA_AND_ALGORITHM = "IdenticalDataAndAlgorithm"
    """The same data and image; other ranges."""
    TRANSFER_LEARNING = "TransferLearning"
    """Other data, hyperparameters or a newer image."""


class _ParentName(Plain):
    """A parent is a structure with one member, its name."""

    def render(self, value: Any) -> Any:
        return {"HyperParameterTuningJobName": value} if isinstance(value, str) else value

    def parse(self, value: Any) -> Any:
        return (
            value["HyperParameterTuningJobName"]
            if isinstance(value, dict) and list(value) == ["HyperParameterTuningJobName"]
            else value
        )

    def spell(self, value: Any, path: Sequence[str | int]) -> str:
        return ""


@part("HyperParameterTuningJobWarmStartConfig")
class WarmStart:
    """Begin with the results of earlier tunings.

    Becomes ``WarmStartConfig``:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_HyperParameterTuningJobWarmStartConfig.html

    >>> WarmStart.transfer_learning(parents=["older-job"]).parents
    ['older-job']
    """

    warm_start_type: WarmStartType | str = member("WarmStartType")
    """What the tuning has in common with its parents."""
    parents: Sequence[str] = member("ParentHyperParameterTuningJobs", ListOf(_ParentName()))
    """The names of 1 to 5 tunings that have ended."""

    @classmethod
    def identical_data_and_algorithm(cls, *, parents: Sequence[str]) -> Self:
        """The same data and image as the parents', with other ranges."""
        return cls(warm_start_type=WarmStartType.IDENTICAL_DATA_AND_ALGORITHM, parents=parents)

    @classmethod
    def transfer_learning(cls, *, parents: Sequence[str]) -> Self:
        """Other data, hyperparameters or a newer image than the parents'."""
        return cls(warm_start_type=WarmStartType.TRANSFER_LEARNING, parents=parents)
