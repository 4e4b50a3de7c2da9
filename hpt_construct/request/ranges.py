"""The hyperparameters that are tuned, each with the values that it may take."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from ._part import TEXT, ListOf, Plain, Structure, member, part, render, spell


class ScalingType(StrEnum):
    """How SageMaker searches a range. Becomes ``ScalingType``.

    >>> ScalingType.LOGARITHMIC.value
    'Logarithmic'
    """

    AUTO = "Auto"
    LINEAR = "Linear"
    LOGARITHMIC = "Logarithmic"
    """For ranges over orders of magnitude; the minimum must be above 0."""
    REVERSE_LOGARITHMIC = "ReverseLogarithmic"
    """For continuous ranges that matter most near 1: 0 <= min and max < 1."""


@part("ContinuousParameterRange", kw_only=False)
class ContinuousRange:
    """A hyperparameter that takes any number in an interval.

    Becomes an item of ``ContinuousParameterRanges``:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContinuousParameterRange.html

    >>> ContinuousRange("eta", 0, 1)
    ContinuousRange(name='eta', min_value=0, max_value=1, scaling_type=None)
    """

    name: str = member("Name")
    """The hyperparameter's name, at most 256 characters."""
    min_value: float | str = member("MinValue", TEXT)
    """The least value; a string is sent digit for digit."""
    max_value: float | str = member("MaxValue", TEXT)
    """The greatest value, not below ``min_value``."""
    scaling_type: ScalingType | str | None = member("ScalingType", default=None)
    """How SageMaker searches the range. Left out: Auto."""


@part("IntegerParameterRange", kw_only=False)
class IntegerRange:
    """A hyperparameter that takes whole numbers in an interval.

    Becomes an item of ``IntegerParameterRanges``:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_IntegerParameterRange.html

    >>> IntegerRange("max_depth", 1, 10).max_value
    10
    """

    name: str = member("Name")
    """The hyperparameter's name, at most 256 characters."""
    min_value: int | str = member("MinValue", TEXT)
    """The least value; a string is sent digit for digit."""
    max_value: int | str = member("MaxValue", TEXT)
    """The greatest value, not below ``min_value``."""
    scaling_type: ScalingType | str | None = member("ScalingType", default=None)
    """How SageMaker searches the range; ReverseLogarithmic is for continuous ranges only. Left out: Auto."""


@part("CategoricalParameterRange", kw_only=False)
class CategoricalRange:
    """A hyperparameter that takes one of a list of values.

    Becomes an item of ``CategoricalParameterRanges``:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CategoricalParameterRange.html

    >>> CategoricalRange("optimizer", ["sgd", "adam"]).values
    ['sgd', 'adam']
    """

    name: str = member("Name")
    """The hyperparameter's name, at most 256 characters."""
    values: Sequence[str | float] = member("Values", ListOf(TEXT))
    """1 to 30 values, all different."""


@part("AutoParameter", kw_only=False)
class AutoParameter:
    """A hyperparameter whose range Autotune chooses.

    Becomes an item of ``AutoParameters``:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AutoParameter.html

    >>> AutoParameter("eta", 0.3).value_hint
    0.3
    """

    name: str = member("Name")
    """The hyperparameter's name, at most 256 characters."""
    value_hint: str | float = member("ValueHint", TEXT)
    """A value near which a good range may lie."""


Range = ContinuousRange | IntegerRange | CategoricalRange | AutoParameter


@part("ParameterRanges")
class ParameterRanges:
    """The ranges by kind, as the API groups them; a list of ranges of any kind is a shorter way to write the same.

    Becomes ``ParameterRanges``: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ParameterRanges.html

    >>> ParameterRanges(integer=[IntegerRange("max_depth", 1, 10)], categorical=[]).categorical
    []
    """

    integer: Sequence[IntegerRange] | None = member(
        "IntegerParameterRanges", ListOf(Structure(IntegerRange)), default=None
    )
    """Ranges of whole numbers, at most 30 together with the continuous and categorical ones."""
    continuous: Sequence[ContinuousRange] | None = member(
        "ContinuousParameterRanges", ListOf(Structure(ContinuousRange)), default=None
    )
    """Ranges of any numbers."""
    categorical: Sequence[CategoricalRange] | None = member(
        "CategoricalParameterRanges", ListOf(Structure(CategoricalRange)), default=None
    )
    """Lists of values."""
    auto: Sequence[AutoParameter] | None = member("AutoParameters", ListOf(Structure(AutoParameter)), default=None)
    """Hyperparameters whose range Autotune chooses, at most 100."""


KINDS = {
    IntegerRange: "IntegerParameterRanges",
    ContinuousRange: "ContinuousParameterRanges",
    CategoricalRange: "CategoricalParameterRanges",
    AutoParameter: "AutoParameters",
}


class Ranges(Plain):
    """Both forms of ranges: by kind, or a list of any kinds, which is sorted by kind and keeps its order."""

    _structure = Structure(ParameterRanges)

    def render(self, value: Any) -> Any:
        """The API's lists; a list that holds something else is left to validation."""
        if not isinstance(value, (list, tuple)) or not all(type(item) in KINDS for item in value):
            return self._structure.render(value)
        lists: dict[str, list[Any]] = {}
        for item in value:
            lists.setdefault(KINDS[type(item)], []).append(render(item))
        return lists

    def parse(self, value: Any) -> Any:
        """Always by kind, so that an empty list stays one."""
        return self._structure.parse(value)

    def spell(self, value: Any, path: Sequence[str | int]) -> str:
        """For a list, the item's place in it, or the list itself if the path means all ranges of a kind."""
        if isinstance(value, (list, tuple)) and len(path) == 1:
            return ""
        if isinstance(value, (list, tuple)) and len(path) > 1 and isinstance(path[1], int):
            kind, nth, below = path[0], path[1], path[2:]
            places = [place for place, item in enumerate(value) if KINDS.get(type(item)) == kind]
            if nth < len(places):
                below_spelled = spell(value[places[nth]], below) if below else ""
                return f"[{places[nth]}]" + (f".{below_spelled}" if below_spelled else "")
        return self._structure.spell(value, path)


RANGES = Ranges()
ParameterRangesLike = ParameterRanges | Sequence[Range]
