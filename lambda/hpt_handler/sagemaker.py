"""The only module that talks to SageMaker: a method per call."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from .calls import Calls, new_client
from .errors import ServiceError

if TYPE_CHECKING:
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
        """Whether no training of it runs any more."""
        return self.status not in _UNFINISHED


class Best(NamedTuple):
    """The best training of a tuning job so far, as the tuning tells of it."""

    name: str
    arn: str
    definition: str
    """The name of the definition that it is made from; nothing where there is only one without a name."""
    direction: str
    metric: str
    value: float | None
    """What it is judged by; None where there is no such value."""
    hyperparameters: dict[str, str]
    """Those that the tuning has chosen."""


class Progress(NamedTuple):
    """A tuning job, and how far it is."""

    job: Job
    completed: int
    total: int | None
    """How many trainings the request allows, if it says so."""
    best: Best | None


class Jobs:
    """The tuning jobs of the account and region that the function runs in."""

    def __init__(self, client: Any, clock: Clock) -> None:
        self._calls = Calls(client, clock)

    @property
    def request_shape(self) -> Any:
        """Botocore's shape of a request."""
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
        """The job of that name in whatever case, or None."""
        answer = self._describe(name)
        return answer and _job(answer)

    def progress(self, name: str, until: float = math.inf) -> Progress | None:
        """The job of that name and how far it is, or None; not asked any more after ``until`` on the clock."""
        answer = self._describe(name, until)
        if not answer:
            return None
        best, limits = answer.get("BestTrainingJob"), answer["HyperParameterTuningJobConfig"]["ResourceLimits"]
        return Progress(
            job=_job(answer),
            completed=answer["TrainingJobStatusCounters"].get("Completed", 0),
            total=limits.get("MaxNumberOfTrainingJobs"),
            best=best and _best(best),
        )

    def model_url(self, training: str) -> str:
        """Where a training has left its model; nothing if it has left none."""
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
        """The tags of a job; the ARN must be one that Create or Describe gave, for its case counts."""
        tags: dict[str, str] = {}
        page: dict[str, Any] = {}
        while True:
            answer = self._calls.call("list_tags", ResourceArn=arn, **page)
            tags |= {tag["Key"]: tag["Value"] for tag in answer["Tags"]}
            if not answer.get("NextToken"):
                return tags
            page = {"NextToken": answer["NextToken"]}

    def add_tags(self, arn: str, tags: dict[str, str]) -> None:
        """Add tags to a job, or give them other values."""
        self._calls.call("add_tags", ResourceArn=arn, Tags=_tag_list(tags))

    def delete_tags(self, arn: str, keys: list[str]) -> None:
        """Take tags off a job."""
        self._calls.call("delete_tags", ResourceArn=arn, TagKeys=keys)

    def stop(self, name: str) -> None:
        """Ask a job to stop; that it has ended already, or is gone, is as good."""
        try:
            self._calls.call("stop_hyper_parameter_tuning_job", HyperParameterTuningJobName=name)
        except ServiceError as error:
            if not (_is_not_found(error) or (error.code == "ValidationException" and "already" in error.message)):
                raise

    def delete_record(self, name: str) -> None:
        """Delete the record of a job that has ended; its trainings, models and logs stay."""
        try:
            self._calls.call("delete_hyper_parameter_tuning_job", HyperParameterTuningJobName=name)
        except ServiceError as error:
            if not _is_not_found(error):
                raise


def _job(answer: Any) -> Job:
    return Job(
        name=answer["HyperParameterTuningJobName"],
        arn=answer["HyperParameterTuningJobArn"],
        status=answer["HyperParameterTuningJobStatus"],
        created=answer["CreationTime"],
        failure_reason=answer.get("FailureReason", ""),
    )


def _best(training: Any) -> Best:
    objective = training.get("FinalHyperParameterTuningJobObjectiveMetric", {})
    return Best(
        name=training["TrainingJobName"],
        arn=training["TrainingJobArn"],
        definition=training.get("TrainingJobDefinitionName", ""),
        direction=objective.get("Type", ""),
        metric=objective.get("MetricName", ""),
        value=objective.get("Value"),
        hyperparameters=training["TunedHyperParameters"],
    )


def _is_not_found(error: ServiceError) -> bool:
    return error.code == "ResourceNotFound" or (
        error.code == "ValidationException" and "does not exist" in error.message.lower()
    )


def _tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


@cache
def client() -> Any:
    """Botocore's client of SageMaker."""
    return new_client("sagemaker")
