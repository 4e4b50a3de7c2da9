"""What a typed request leaves to the construct – a role to make, images to build or to look up: stand-ins while the
request is checked, the real ones when the construct is made.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

from . import execution_role
from .request import AlgorithmSpecification, TrainingImage, TrainingJobDefinition, TuningJobRequest
from .request.training_image import ImageError
from .tokens import LATER
from .validation import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from constructs import Construct

    from .validation import Path


def definitions(request: TuningJobRequest) -> Iterator[tuple[Path, TrainingJobDefinition]]:
    """The typed definitions and where they are; what else may have been given is left out."""
    if isinstance(request.training_job, TrainingJobDefinition):
        yield ("TrainingJobDefinition",), request.training_job
    if isinstance(request.training_jobs, (list, tuple)):
        for index, definition in enumerate(request.training_jobs):
            if isinstance(definition, TrainingJobDefinition):
                yield ("TrainingJobDefinitions", index), definition


def stand_ins(request: TuningJobRequest, scope: Construct) -> tuple[TuningJobRequest, list[Problem], list[Problem]]:
    """The request as the checks can judge it, what is wrong that they can't see, and what is doubtful; the very request
    if nothing is left open.
    """
    found: list[Problem] = []
    doubts: list[Problem] = []

    def stand_in(path: Path, definition: TrainingJobDefinition) -> TrainingJobDefinition:
        image = _image(definition)
        if image is not None:
            try:
                uri = image.check(cdk.Stack.of(scope).region)
            except ImageError as error:
                found.append(Problem((*path, "AlgorithmSpecification", "TrainingImage"), str(error)))
                uri = LATER
            definition = _with_image(definition, uri)
        if definition.role is None:
            found.extend(Problem((*path, *below), message) for below, message in execution_role.problems(definition))
            doubts.extend(Problem((*path, *below), message) for below, message in execution_role.doubts(definition))
            definition = dataclasses.replace(definition, role=LATER)
        return definition

    return _replaced(request, stand_in), found, doubts


def make(request: TuningJobRequest, job: Construct) -> TuningJobRequest:
    """The request with the images bound and the role made, in the job."""

    def bound(path: Path, definition: TrainingJobDefinition) -> TrainingJobDefinition:
        image = _image(definition)
        if image is None:
            return definition
        return _with_image(definition, image.bind(job, "-".join(["Image", *map(str, path[1:])])))

    request = _replaced(request, bound)
    without = [definition for _, definition in definitions(request) if definition.role is None]
    if not without:
        return request
    role = execution_role.make(job, without)
    return _replaced(
        request,
        lambda _, definition: definition if definition.role is not None else dataclasses.replace(definition, role=role),
    )


def _replaced(
    request: TuningJobRequest, change: Callable[[Path, TrainingJobDefinition], TrainingJobDefinition]
) -> TuningJobRequest:
    """The request with each definition changed; the very request if none is."""
    changed = {path: change(path, definition) for path, definition in definitions(request)}
    if all(changed[path] is definition for path, definition in definitions(request)):
        return request
    several: Any = request.training_jobs
    if isinstance(several, (list, tuple)):
        several = [changed.get(("TrainingJobDefinitions", index), each) for index, each in enumerate(several)]
    single = changed.get(("TrainingJobDefinition",), request.training_job)
    return dataclasses.replace(request, training_job=single, training_jobs=several)


def _image(definition: TrainingJobDefinition) -> TrainingImage | None:
    algorithm = definition.algorithm_specification
    image = algorithm.training_image if isinstance(algorithm, AlgorithmSpecification) else None
    return image if isinstance(image, TrainingImage) else None


def _with_image(definition: TrainingJobDefinition, image: Any) -> TrainingJobDefinition:
    algorithm = dataclasses.replace(definition.algorithm_specification, training_image=image)
    return dataclasses.replace(definition, algorithm_specification=algorithm)
