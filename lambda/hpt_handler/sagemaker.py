"""The only module that calls SageMaker: a method for each call."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from .calls import Calls, new_client
from .errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from .clock import Clock

_UNFINISHED = ("InProgress", "Stopping")


class Job(NamedTuple):
    """A tuning job as SageMaker describes it."""

    name: str
    arn: str
    status: str
    created: datetime
    failure_reason: str = ""

    @property
    def ended(self) -> bool:
        """Whether none of its training jobs runs any more."""
        return self.status not in _UNFINISHED


class Best(NamedTuple):
    """The best training job of a tuning job so far, as Describe returns it."""

    name: str
    arn: str
    definition: str
    """The name of its definition; empty if that has none."""
    direction: str
    metric: str
    value: float | None
    """The value of its objective; None if there is none."""
    hyperparameters: dict[str, str]
    """The hyperparameters that the tuning job chose."""


class Progress(NamedTuple):
    """A tuning job and its progress."""

    job: Job
    completed: int
    total: int | None
    """How many training jobs the request allows, if it says so."""
    best: Best | None


class Jobs:
    """The tuning jobs of the account and region that the function runs in."""

    def __init__(self, client: Any, clock: Clock) -> None:
        self._calls = Calls(client, clock)
        self._clock = clock

    @property
    def request_shape(self) -> Any:
        """Botocore's shape of the request."""
        return self._calls.service_model.operation_model("CreateHyperParameterTuningJob").input_shape

    def create(self, name: str, request: dict[str, Any], tags: dict[str, str], *, until: float) -> str:
        """Start a job and return its ARN, but not after ``until`` on the clock."""
        answer = self._calls.call(
            "create_hyper_parameter_tuning_job",
            until,
            HyperParameterTuningJobName=name,
            Tags=_tag_list(tags),
            **request,
        )
        arn: str = answer["HyperParameterTuningJobArn"]
        return arn

    def describe(self, name: str) -> Job | None:
        """Return the job of that name, ignoring case, or None."""
        answer = self._describe(name)
        return answer and _job(answer)

    def progress(self, name: str, until: float = math.inf) -> Progress | None:
        """Return the job of that name and its progress, or None; no call is sent after ``until`` on the clock."""
        answer = self._describe(name, until)
        if not answer:
            return None
        best, limits = answer.get("BestTrainingJob"), answer["HyperParameterTuningJobConfig"]["ResourceLimits"]
        return Progress(
            job=_job(answer),
            completed=answer["TrainingJobStatusCounters"].get("Completed", 0),
            total=limits.get("MaxNumberOfTrainingJobs"),
            best=best and _best(best, answer),
        )

    def model_url(self, training: str) -> str:
        """Return the URL of a training job's model; empty if it has none."""
        answer = self._calls.call("describe_training_job", TrainingJobName=training)
        url: str = answer["ModelArtifacts"]["S3ModelArtifacts"]
        return url

    def _describe(self, name: str, until: float = math.inf) -> Any:
        try:
            return self._calls.call("describe_hyper_parameter_tuning_job", until, HyperParameterTuningJobName=name)
        except ServiceError as error:
            if _is_not_found(error):
                return None
            raise

    def tags(self, arn: str) -> dict[str, str]:
        """Return the tags of a job; the ARN must come from Create or Describe, because its case matters."""
        tags: dict[str, str] = {}
        page: dict[str, Any] = {}
        while True:
            answer = self._calls.call("list_tags", ResourceArn=arn, **page)
            tags |= {tag["Key"]: tag["Value"] for tag in answer["Tags"]}
            if not answer.get("NextToken"):
                return tags
            page = {"NextToken": answer["NextToken"]}

    def add_tags(self, arn: str, tags: dict[str, str]) -> None:
        """Add tags to a job, or change their values."""
        self._calls.call("add_tags", ResourceArn=arn, Tags=_tag_list(tags))

    def delete_tags(self, arn: str, keys: list[str]) -> None:
        """Remove tags from a job."""
        self._calls.call("delete_tags", ResourceArn=arn, TagKeys=keys)

    def stop(self, name: str) -> None:
        """Ask a job to stop; one that has already ended, or is gone, is fine too."""
        self._unless_done("stop_hyper_parameter_tuning_job", name, lambda status: status != "InProgress")

    def delete_record(self, name: str) -> None:
        """Delete the record of a job that has ended; its training jobs, models and logs stay."""
        self._unless_done("delete_hyper_parameter_tuning_job", name, lambda status: status == "Deleting")

    def _unless_done(self, method: str, name: str, is_done: Callable[[str], bool]) -> None:
        """Call, and take a refusal for good only if the job's status shows that the call is still needed.

        The job may have ended, or an earlier try may have taken effect. The refusal doesn't say so reliably: without a
        record there are no tags, so that the policy doesn't allow the call.
        """
        until = self._clock.now()  # once, and then as long as it takes
        while True:
            try:
                self._calls.call(method, until, HyperParameterTuningJobName=name)
            except ServiceError:
                job = self.describe(name)
                if job is None or is_done(job.status):
                    return
                if math.isinf(until):
                    raise
                until = math.inf
            else:
                return


def _job(answer: Any) -> Job:
    return Job(
        name=answer["HyperParameterTuningJobName"],
        arn=answer["HyperParameterTuningJobArn"],
        status=answer["HyperParameterTuningJobStatus"],
        created=answer["CreationTime"],
        failure_reason=answer.get("FailureReason", ""),
    )


def _best(training: Any, tuning: Any) -> Best:
    objective = training.get("FinalHyperParameterTuningJobObjectiveMetric", {})
    return Best(
        name=training["TrainingJobName"],
        arn=training["TrainingJobArn"],
        definition=training.get("TrainingJobDefinitionName", ""),
        direction=_direction(training.get("TrainingJobDefinitionName"), tuning),
        metric=objective.get("MetricName", ""),
        value=objective.get("Value"),
        hyperparameters=training["TunedHyperParameters"],
    )


def _direction(definition: Any, tuning: Any) -> str:
    """Return a definition's direction as the tuning job's request has it; a training job's metric may come without."""
    config = tuning["HyperParameterTuningJobConfig"]
    named = [each for each in tuning.get("TrainingJobDefinitions", ()) if each.get("DefinitionName") == definition]
    objectives = [each.get("TuningObjective") for each in named] + [config.get("HyperParameterTuningJobObjective")]
    return next((str(objective["Type"]) for objective in objectives if objective), "")


def _is_not_found(error: ServiceError) -> bool:
    return error.code == "ResourceNotFound" or (
        error.code == "ValidationException" and "does not exist" in error.message.lower()
    )


def _tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


@cache
def client() -> Any:
    """Return botocore's client of SageMaker."""
    return new_client("sagemaker")
