"""A request as boto3 takes it, on its way to the constructor: what stands in place of its own members, and the words
for what is wrong with it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from . import api_model, rendering, validation
from .errors import show
from .request import TrainingJobDefinition
from .tokens import LATER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .checking import Checked, FromRequestOptions, Tell

_IN_PLACE: Final = ("tuning_job_name", "tags")
_ROLE: Final = "role"


class PlainRequest:
    """A plain request with what is given in place of its members."""

    api: rendering.ApiRequest
    """As SageMaker gets it; with a stand-in for the role that the job makes."""

    def __init__(self, request: Mapping[str, Any], options: FromRequestOptions) -> None:
        self._options: dict[str, Any] = {**options}
        self._replaced = {rendering.api_name(name): name for name in _IN_PLACE if name in options}
        self.api = rendering.without_described(request)
        for api, name in self._replaced.items():
            self.api.pop(api, None)
            if self._options[name] is not None:
                self.api[api] = rendering.render_argument(name, self._options[name])
        if _ROLE in options:
            arn = LATER if self._options[_ROLE] is None else rendering.render_argument(_ROLE, self._options[_ROLE])
            self.api = _each(
                self.api,
                ("TrainingJobDefinition", "TrainingJobDefinitions"),
                lambda definition: {**definition, "RoleArn": arn} if isinstance(definition, Mapping) else definition,
            )
        self._describes = "HyperParameterTuningJobArn" in request

    def arguments(self) -> dict[str, Any]:
        """What the constructor is given: members as typed parts, and options; of both, only what was given."""
        members = rendering.fields(rendering.parse(self.api))
        given = {name: value for name, value in members.items() if value is not None}
        if _ROLE in self._options:
            role = self._options[_ROLE]
            given = _each(
                given,
                ("training_job", "training_jobs"),
                lambda each: dataclasses.replace(each, role=role) if isinstance(each, TrainingJobDefinition) else each,
            )
        return given | {name: value for name, value in self._options.items() if name not in {*_IN_PLACE, _ROLE}}

    def tell(self, problem: validation.Problem) -> list[str]:
        """What is wrong, in the API's names, but for what was given in place of its members."""
        first, last = problem.path[0], problem.path[-1]
        if first in self._replaced:
            name = self._replaced[str(first)]
            return rendering.tell_argument(name, self._options[name], problem.path[1:], problem)
        if last == "RoleArn" and _ROLE in self._options:
            return rendering.tell_argument(_ROLE, self._options[_ROLE], (), problem)
        return [f"{validation.spell_api(problem.path)}: {problem.message}"]

    def warnings(self) -> Iterator[tuple[str, str]]:
        """Id and message, of what only a request as it was given can tell."""
        name = self.api.get(api_model.GENERATED)
        if self._describes and name is not None and api_model.GENERATED not in self._replaced:
            message = f"got {show(name)}, the name of the job that Describe returned, which stays taken"
            way_out = "pass tuning_job_name=None to have a name generated, or another name"
            yield "hpt-construct:described-name", f"{api_model.GENERATED}: {message}; {way_out}"


def _each(given: Mapping[str, Any], names: Sequence[str], change: Callable[[Any], Any]) -> dict[str, Any]:
    """The same with some members changed, each item of those that are lists."""
    changed = dict(given)
    for name in names:
        value = given.get(name)
        if isinstance(value, (list, tuple)):
            changed[name] = [change(item) for item in value]
        elif value is not None:
            changed[name] = change(value)
    return changed


@dataclasses.dataclass(frozen=True)
class HandedOn:
    """What a constructor need not find out again."""

    job_class: type
    tell: Tell
    """The words of what the caller wrote."""
    checked: Checked | None
    """What the checks have said already, of just what the constructor is given."""


_HANDED_ON: ContextVar[HandedOn | None] = ContextVar("hpt_construct.from_request", default=None)


@contextmanager
def handing_on(handed: HandedOn) -> Iterator[None]:
    """For the one job that is made in it: an argument would be offered to everybody, and subclasses would drop it."""
    token = _HANDED_ON.set(handed)
    try:
        yield
    finally:
        _HANDED_ON.reset(token)


def handed_on(job_class: type) -> HandedOn | None:
    """To the constructor that asks first; a job that a subclass makes beside its own is not meant."""
    handed = _HANDED_ON.get()
    if handed is None or handed.job_class is not job_class:
        return None
    _HANDED_ON.set(None)
    return handed
