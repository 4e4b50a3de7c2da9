"""A typed request on its way to the resource: judged before anything is made, then with its roles and images."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from . import deferred, rendering
from .checking import check, parents_elsewhere, parents_waited_for, requests_of_parents
from .plain_request import HandedOn, handed_on
from .request import VpcConfig
from .tokens import awaits_lookup, is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

    from .checking import TuningJobOptions
    from .request import TuningJobRequest


@dataclass(frozen=True)
class Judged:
    """A request without errors, of which nothing is made yet."""

    request: TuningJobRequest
    """As the caller wrote it."""
    api: rendering.ApiRequest
    """As SageMaker gets it, with stand-ins for what is left to the construct."""
    complete: bool
    """Whether nothing is left to the construct, so that there are no stand-ins."""
    warnings: Sequence[tuple[str, str]]
    """Id and message of each."""

    @property
    def physical_name(self) -> str | None:
        """The job's name where it is known now.

        A token says nothing to another environment: the CDK refuses references to such a job from there.
        """
        name = self.request.tuning_job_name
        return None if is_token(name) and not awaits_lookup(name) else name

    @property
    def in_network(self) -> bool:
        """Whether training jobs run in a network."""
        return any(isinstance(each.vpc_config, VpcConfig) for _, each in deferred.definitions(self.request))

    def make(self, job: Construct) -> tuple[TuningJobRequest, rendering.ApiRequest]:
        """Make in the job what the request leaves to it, and return both forms of the request with that."""
        if self.complete:
            return self.request, self.api
        made = deferred.make(self.request, job)
        return made, rendering.render(made)


def judge(
    job_class: type,
    scope: Construct,
    id: str,  # noqa: A002 – what every construct calls it
    request: TuningJobRequest,
    options: TuningJobOptions,
) -> Judged:
    """Check a request, in the words of the form that the caller wrote.

    :raises ValidationError: SageMaker would refuse the request; all problems are listed.
    """
    standing_in, unseen, doubts = deferred.stand_ins(request, scope)
    api_request = rendering.render(standing_in)
    caller = handed_on(job_class) or HandedOn(job_class, partial(rendering.tell, request), checked=None)
    checked = caller.checked
    # What was checked already had stand-ins of its own, and nobody asked what can't be made of the parts.
    if checked is None or unseen or doubts:
        warm_start = request.warm_start
        checked = check(
            scope,
            id,
            api_request,
            caller.tell,
            options=options,
            parents=requests_of_parents(warm_start),
            ended=parents_waited_for(warm_start),
            unseen=[*unseen, *parents_elsewhere(warm_start, scope)],
            doubts=doubts,
        )
    return Judged(request, api_request, complete=standing_in is request, warnings=checked.warnings)
