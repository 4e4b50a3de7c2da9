"""What a rule is, where it looks, and how it reads a request in which any value may be a token."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache, wraps
from typing import Any, TypeVar

from hpt_construct.built_in_algorithms import Algorithm, knowledge
from hpt_construct.built_in_images import algorithm_of, repository, version_of
from hpt_construct.tokens import is_token
from hpt_construct.validation.problem import Path, Problem

Value = Any
"""A value of the request that passed the structure's check: of the API's types, or a token."""

CONFIG = "HyperParameterTuningJobConfig"
STATIC = "StaticHyperParameters"
SINGLE = "TrainingJobDefinition"
SEVERAL = "TrainingJobDefinitions"
DEFAULT_RUNTIME = 24 * 3600
"""The seconds that a training job may take if the request doesn't say it."""

_IMAGE = ("AlgorithmSpecification", "TrainingImage")
SCRIPT = "sagemaker_program"
"""The static hyperparameter by which AWS's images know the script to run; an environment variable may say it as well.
"""
SUBMITTED = "sagemaker_submit_directory"
"""The static hyperparameter by which they know the archive with it."""


class Level(StrEnum):
    """What breaking a rule means at synth."""

    ERROR = "error"
    """SageMaker refuses the request, or does not do what it says."""
    WARNING = "warning"
    """SageMaker may accept the request, but it is probably a mistake."""


class TokenMetError(Exception):
    """A rule needs a value that is not known at synth, so it is skipped."""


# Not frozen: a hundred are made for each request, and a frozen one takes twice as long to make.
@dataclass(slots=True, eq=False)
class Place:
    """A structure of the request and its path. Rules read the request through this only, so none forgets the tokens."""

    value: Mapping[str, Value]
    path: Path = ()

    def at(self, *steps: str | int) -> Path:
        """Return the path of something below, whether or not it exists."""
        return (*self.path, *steps)

    def read(self, *steps: str) -> Value:
        """Return the value below, None if there is none; a token on the way skips the rule."""
        found: Value = self.value
        for step in steps:
            found = found.get(step)
            if found is None:
                return None
            # This runs hundreds of times for each request, so a dict takes a shortcut.
            if type(found) is not dict and is_token(found):
                raise TokenMetError
        return found

    def below(self, *steps: str) -> Place | None:
        """Return the structure below, if there is one."""
        found = self.read(*steps)
        return None if found is None else Place(found, self.at(*steps))

    def every(self, *steps: str) -> list[Place]:
        """Return all structures of a list; a token among them skips the rule."""
        return [Place(item, self.at(*steps, index)) for index, item in enumerate(_certain(self.read(*steps) or ()))]

    def known(self, *steps: str) -> list[Place]:
        """Return the known structures of a list, without tokens and what they hide."""
        try:
            items = self.read(*steps)
        except TokenMetError:
            return []
        if not items:
            return []
        return [Place(item, self.at(*steps, index)) for index, item in enumerate(items) if not is_token(item)]

    def entries(self, *steps: str) -> Sequence[Value]:
        """Return the items of a list or the keys of a map; a token among them skips the rule."""
        return _certain(self.read(*steps) or ())

    def given(self, *names: str) -> Iterator[tuple[str, Value]]:
        """Yield those of the named members that exist and are known."""
        get = self.value.get
        for name in names:
            value = get(name)
            if value is not None and not is_token(value):
                yield name, value


@dataclass(slots=True, eq=False)
class BuiltIn(Place):
    """A definition whose image is known to be a built-in algorithm, with what the developer guide says about it."""

    algorithm: Algorithm = field(kw_only=True)
    version: str | None = field(kw_only=True)
    """The version of the image, if its tag tells."""


def _certain(entries: Iterable[Value]) -> Sequence[Value]:
    listed = list(entries)
    if listed and any(map(is_token, listed)):
        raise TokenMetError
    return listed


def repeated(named: Iterable[tuple[str, Path]]) -> Iterator[tuple[str, Path]]:
    """Yield each item whose name has occurred before."""
    seen: set[str] = set()
    for name, path in named:
        if name in seen:
            yield name, path
        seen.add(name)


Scope = Callable[[Place], Iterable[tuple[Place, ...]]]
"""Returns the places of a request that a rule checks, each with the places around it that the rule needs."""

Check = Callable[..., Iterator[Problem]]
"""Takes the places of one item of a scope, and yields what is wrong there."""

_Places = TypeVar("_Places", bound=tuple[Place, ...])


@dataclass(frozen=True)
class Rule:
    """A row of the table. An id has a row for each statement and each level."""

    id: str
    level: Level
    statement: str
    scope: Scope
    check: Check
    overridable: bool = False
    """Whether the rule is about a quota that AWS may have raised."""


def scope(walk: Callable[[Place], Iterator[_Places]]) -> Callable[[Place], Sequence[_Places]]:
    """Make a scope from a function that walks a request: it walks once, however many rules and other scopes use it."""

    @lru_cache(maxsize=1)
    @wraps(walk)
    def places(request: Place) -> Sequence[_Places]:
        return tuple(walk(request))

    return places


@scope
def whole(request: Place) -> Iterator[tuple[Place]]:
    """Look at the request once."""
    yield (request,)


@scope
def tuning(request: Place) -> Iterator[tuple[Place, Place]]:
    """Look at the tuning job's configuration, with the request around it."""
    for name, value in request.given(CONFIG):
        yield request, Place(value, (name,))


@scope
def each_definition(request: Place) -> Iterator[tuple[Place, Place]]:
    """Look at the single definition and at each of several, with the request around it."""
    for name, value in request.given(SINGLE):
        yield request, Place(value, (name,))
    for definition in request.known(SEVERAL):
        yield request, definition


@scope
def each_ranges(request: Place) -> Iterator[tuple[Place, Place]]:
    """Look at each set of ranges, the tuning job's and the definitions', with the request around it."""
    for places, member in (
        (tuning(request), "ParameterRanges"),
        (each_definition(request), "HyperParameterRanges"),
    ):
        for _, place in places:
            for name, value in place.given(member):
                yield request, Place(value, place.at(name))


@scope
def each_channel(request: Place) -> Iterator[tuple[Place, Place]]:
    """Look at each channel, with its definition around it."""
    for _, definition in each_definition(request):
        for channel in definition.known("InputDataConfig"):
            yield definition, channel


@scope
def _each_image(request: Place) -> Iterator[tuple[Place, BuiltIn]]:
    for _, definition in each_definition(request):
        with suppress(TokenMetError):
            image = definition.read(*_IMAGE) or ""
            if (name := algorithm_of(image)) is not None:
                algorithm, version = knowledge(name), version_of(image)
                yield request, BuiltIn(definition.value, definition.path, algorithm=algorithm, version=version)


@scope
def each_built_in(request: Place) -> Iterator[tuple[Place, BuiltIn]]:
    """Look at each definition whose image is known to be a built-in algorithm, with the request around it."""
    for places in _each_image(request):
        with suppress(TokenMetError):
            if not runs_a_script(places[1]):
                yield places


@scope
def each_script(request: Place) -> Iterator[tuple[Place, BuiltIn]]:
    """Look at each definition that runs a user's script in the image of a built-in algorithm, as XGBoost's allows."""
    for places in _each_image(request):
        with suppress(TokenMetError):
            if runs_a_script(places[1]):
                yield places


def runs_a_script(definition: Place) -> bool:
    """Tell whether a user's script runs in the image, which may take any hyperparameters and write any metrics."""
    return SCRIPT in definition.entries(STATIC) or SCRIPT.upper() in definition.entries("Environment")


def keeps_checkpoints(definition: Place) -> bool:
    """Tell whether the image saves checkpoints; an image that is not built in is assumed to."""
    image = definition.read(*_IMAGE) or ""
    name = algorithm_of(image)
    return name is None or knowledge(name).checkpoints == repository(image)


def is_one_of_several(definition: Place) -> bool:
    """Tell whether the definition is in the list of several."""
    return definition.path[0] == SEVERAL


def has_single(request: Place) -> bool:
    """Tell whether there is a single definition and no list; a request with both gets a problem for that alone."""
    return request.read(SEVERAL) is None and request.read(SINGLE) is not None


def has_several(request: Place) -> bool:
    """Tell whether there is a list of definitions and no single one."""
    return request.read(SINGLE) is None and request.read(SEVERAL) is not None


def has_autotune(request: Place) -> bool:
    """Tell whether SageMaker chooses what is left out; Autotune's only mode means yes."""
    return request.read("Autotune") is not None


def ranges_of(request: Place, definition: Place) -> Place | None:
    """Return the ranges that the definition's training jobs are drawn from."""
    if is_one_of_several(definition):
        return definition.below("HyperParameterRanges")
    return request.below(CONFIG, "ParameterRanges")


def searched(request: Place) -> list[Place]:
    """Return every set of ranges that the tuning job draws from; a token among them skips the rule."""
    if request.read(SEVERAL) is None:
        found = [request.below(CONFIG, "ParameterRanges")]
    else:
        found = [definition.below("HyperParameterRanges") for definition in request.every(SEVERAL)]
    return [ranges for ranges in found if ranges is not None]
