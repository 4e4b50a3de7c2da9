"""What the construct and the sandbox decide alike is written once on each side: here it is held together."""

from __future__ import annotations

from hpt_construct import built_in_images
from sandbox.sagemaker import algorithms


def test_images_of_built_in_algorithms_are_those_that_synth_knows() -> None:
    """Both take it that these bring their metrics, and no others."""
    _, repositories = built_in_images._known()
    assert repositories.keys() == algorithms.REPOSITORIES
