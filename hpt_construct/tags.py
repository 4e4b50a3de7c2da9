"""The tags of a job: those of its request, and what ``Tags.of(...)`` makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import jsii

from . import rendering, validation
from .provider import RESOURCE_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from constructs import Construct

    from .provider import Provider
    from .resource import JobResource


@jsii.implements(cdk.IStableAnyProducer)
class JobTags:
    """The tags of the request, with those that ``Tags.of(...)`` adds and without those that it removes."""

    def __init__(self, job: Construct, resource: JobResource, provider: Provider, requested: Any) -> None:
        self._job = job
        self._resource = resource
        self._provider = provider
        self._requested = requested
        self._manager: cdk.TagManager | None = None

    @property
    def manager(self) -> cdk.TagManager:
        """Made when the CDK first asks for it: a manager for each of many jobs would be a third of their synth time."""
        if self._manager is None:
            initial = [{"key": tag["Key"], "value": tag["Value"]} for tag in self._requested or ()]
            self._manager = cdk.TagManager(cdk.TagType.STANDARD, RESOURCE_TYPE, initial or None)
            # From now on the property is what the manager says at the end of the synth.
            self._resource.override_own("Tags", cdk.Lazy.any(self))
            # The tags of the request are checked already; only what comes to them is not.
            self._provider.check_at_synth(self._problems)
        return self._manager

    def _problems(self) -> Iterator[str]:
        """What is wrong with all tags together, when every ``Tags.of(...)`` has been said."""
        tags = [{"Key": tag["key"], "Value": tag["value"]} for tag in self.manager.render_tags() or ()]
        for problem in validation.tag_problems(tags):
            _, *index = problem.path
            where = f"tags[{tags[int(index[0])]['Key']!r}]" if index else "tags"
            yield f"{self._job.node.path}: {where}: {problem.message}"

    def produce(self) -> Any:
        """The property's value when the template is written; None leaves it out."""
        if self._manager is None:
            return rendering.template(self._requested)
        tags = {tag["key"]: tag["value"] for tag in self._manager.render_tags() or ()}
        # The tag manager sorts; the order of the request is kept where there is one.
        places = {tag["Key"]: place for place, tag in enumerate(self._requested or ())}
        ordered = sorted(tags, key=lambda key: places.get(key, len(places)))
        return rendering.template([{"Key": key, "Value": tags[key]} for key in ordered]) or None
