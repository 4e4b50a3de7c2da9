"""How long a deployment waits for the end of a tuning job, and which result it then requires."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from .errors import show
from .tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import aws_cdk as cdk

_SHORTEST: Final = 60
_LONGEST: Final = 12 * 3600
GREATEST_OBJECTIVE: Final = 3.4e38
"""SageMaker's values have single precision."""


@dataclass(frozen=True, kw_only=True)
class WaitForCompletion:
    """Let the deployment wait until the tuning job has ended, and fail unless the best training job is good enough.

    A failed deployment rolls the stack back to the previous tuning job and model, and gives the reason: the tuning job
    has failed, somebody has stopped it, no training job has a value of the objective, the best value is not good
    enough, or the time is up. CloudFormation creates whatever uses ``job.best_training_job`` after the wait.

    Becomes ``AWS::CloudFormation::WaitCondition``:
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-waitcondition.html

    >>> import aws_cdk as cdk
    >>> WaitForCompletion(timeout=cdk.Duration.hours(6), objective_at_least=0.85).objective_at_least
    0.85
    """

    timeout: cdk.Duration
    """How long the tuning job may take, 1 minute to 12 hours, which is CloudFormation's limit. One minute before the
    timeout, the deployment fails and says how far the tuning job has got.
    """
    objective_at_least: float | None = None
    """The least that the best value of a maximized objective may be. Left out: any value is good enough."""
    objective_at_most: float | None = None
    """The most that the best value of a minimized objective may be. Left out: any value is good enough."""

    def seconds(self) -> int:
        """The timeout in whole seconds, as CloudFormation expects it."""
        return math.ceil(self.timeout.to_seconds(integral=False))

    def thresholds(self) -> dict[str, float]:
        """The given thresholds, by the names of the resource properties."""
        given = {"ObjectiveAtLeast": self.objective_at_least, "ObjectiveAtMost": self.objective_at_most}
        return {name: value for name, value in given.items() if value is not None}


def problems(wait: Any, request: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a ``wait_for_completion``, including a value of another type than the declared one."""
    if wait is None:
        return
    if not isinstance(wait, WaitForCompletion):
        yield (
            f"wait_for_completion: got {show(wait)}, must be a WaitForCompletion, like "
            "WaitForCompletion(timeout=cdk.Duration.hours(6))"
        )
        return
    yield from _bad_timeout(wait.timeout)
    thresholds = {name: getattr(wait, name) for name in ("objective_at_least", "objective_at_most")}
    misdirected = misdirected_thresholds(thresholds, directions(request))
    for name, value in thresholds.items():
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and not is_token(value)
        if value is not None and not (number and abs(value) <= GREATEST_OBJECTIVE):
            shown = "a token" if is_token(value) else show(value)
            yield f"wait_for_completion.{name}: got {shown}, must be a finite number, known at synth"
        elif name in misdirected:
            yield f"wait_for_completion.{name}: {misdirected[name]}"


def misdirected_thresholds(thresholds: Mapping[str, Any], directions: Iterable[str | None]) -> dict[str, str]:
    """Return by its name what is wrong with a threshold, given the directions of all objectives.

    :param thresholds: The least for an objective to maximize, then the most for one to minimize, under the names that
        the reader knows them by; None for one that is not given.
    :param directions: Maximize, Minimize, or None for a direction that is not known.
    """
    known, problems = set(directions), {}
    for (name, value), (other, other_value), direction in zip(
        thresholds.items(), reversed(list(thresholds.items())), ("Maximize", "Minimize"), strict=True
    ):
        if value is not None and known and known.isdisjoint({direction, None}):
            problems[name] = f"got {show(value)}, but the objective is not one to {direction.lower()}; use {other}"
        # Where directions differ, the best training job may be of either.
        if value is None and other_value is not None and direction in known and len(known) > 1:
            problems[name] = f"must be given beside {other}, because an objective may be one to {direction.lower()}"
    return problems


def _bad_timeout(timeout: Any) -> Iterator[str]:
    import aws_cdk as cdk  # noqa: PLC0415 – importing the parts does not load the CDK

    if not isinstance(timeout, cdk.Duration):
        yield f"wait_for_completion.timeout: got {show(timeout)}, must be a Duration, like cdk.Duration.hours(6)"
    elif timeout.is_unresolved():
        yield "wait_for_completion.timeout: got a token, must be known at synth"
    elif not _SHORTEST <= timeout.to_seconds(integral=False) <= _LONGEST:
        yield (
            f"wait_for_completion.timeout: got {timeout.to_human_string()}, must be 1 minute to 12 hours, which is "
            "CloudFormation's longest; for a longer tuning job, leave wait_for_completion out, and use "
            "HyperparameterTuningJob.from_tuning_job_name(...).best_training_job in a deployment after its end"
        )


def directions(request: Mapping[str, Any]) -> Iterator[str | None]:
    """Yield the direction of each objective, None if it is not known."""
    config = request.get("HyperParameterTuningJobConfig")
    several = request.get("TrainingJobDefinitions")
    objectives = [config.get("HyperParameterTuningJobObjective") if isinstance(config, Mapping) else None]
    if isinstance(several, (list, tuple)):
        objectives += [each.get("TuningObjective") for each in several if isinstance(each, Mapping)]
    for objective in objectives:
        if isinstance(objective, Mapping):
            direction = objective.get("Type")
            yield str(direction) if isinstance(direction, str) and not is_token(direction) else None
