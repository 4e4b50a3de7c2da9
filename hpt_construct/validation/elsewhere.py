"""Finds what a tuning job can't reach from the region that it runs in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpt_construct.built_in_images import is_built_in, region_of
from hpt_construct.errors import show
from hpt_construct.tokens import is_token

from .problem import Problem
from .rules.rule import Place, each_definition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .rules.rule import Value

_SPECIFICATION = "AlgorithmSpecification"
_IMAGE = "TrainingImage"


def image_problems(request: Mapping[str, Value], region: Callable[[], str]) -> Iterator[Problem]:
    """Yield a problem for each image of another region than the stack's: rule D7 of the reference.

    "Invalid DNS suffix 'amazonaws.com' for region 'us-east-1' in training image. Please provide the valid
    <region>.<dns-suffix>: 'eu-central-1.amazonaws.com'", says the service
    (https://github.com/aws-samples/mlops-amazon-sagemaker/issues/9).

    :param request: The request, structurally valid.
    :param region: Returns the stack's region; called only if the region of an image is known.
    """
    for _, definition in each_definition(Place(request)):
        for _name, specification in definition.given(_SPECIFICATION):
            place = Place(specification, definition.at(_SPECIFICATION))
            # The region may be known even if the image has tokens, as for a repository in another stack.
            image = place.value.get(_IMAGE)
            if isinstance(image, str) and (theirs := region_of(image)) is not None:
                here = region()
                if not is_token(here) and here != theirs:
                    way_out = "TrainingImage.built_in finds the one there" if is_built_in(image) else "copy it there"
                    got = "one with tokens" if is_token(image) else show(image)
                    message = f"got {got}, which is in {theirs}, and SageMaker pulls no image from another"
                    yield Problem(place.at(_IMAGE), f"{message} region: give one in {here}; {way_out}")
