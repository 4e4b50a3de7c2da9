"""The state of SageMaker in one account and region: moto's backend, with tuning jobs that live on a clock."""

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.sagemaker.models import HyperParameterTuningJob, SageMakerModelBackend
from moto.sagemaker.utils import arn_formatter

from sandbox.sagemaker import errors
from sandbox.sagemaker.clock import Clock
from sandbox.sagemaker.settings import ServiceSettings

RUNNING = ("InProgress", "Stopping")
_ARN_TYPE = ":hyper-parameter-tuning-job/"


class TuningJob(HyperParameterTuningJob):
    """A tuning job, whose status follows from the clock.

    request: the members of the request that created it, as Describe answers them.
    arn: its ARN.
    tags: its tags, as the API writes them.
    clock: the clock it lives by.
    seconds: how long it runs, in seconds.
    """

    def __init__(  # moto's own would invent a best training job, a failure reason and a status
        self, *, request: dict[str, Any], arn: str, tags: list[dict[str, str]], clock: Clock, seconds: float
    ) -> None:
        self.request = request
        self.name: str = request["HyperParameterTuningJobName"]
        self.arn = arn
        self.tags = tags
        self.created = clock.now()
        self._clock = clock
        self._stop_requested: float | None = None
        self._end = self.created + seconds
        self._end_status = "Completed"
        self._failure_reason: str | None = None

    @property
    def status(self) -> str:
        """The job's status at this moment, in the API's words."""
        if self._clock.now() >= self._end:
            return self._end_status
        return "InProgress" if self._stop_requested is None else "Stopping"

    @property
    def last_modified(self) -> float:
        """When the job's status last changed, in seconds since 1970."""
        if self.status not in RUNNING:
            return self._end
        return self.created if self._stop_requested is None else self._stop_requested

    def stop(self, seconds: float) -> None:
        """Stop a running job: it is Stopped after a number of seconds, also if it was stopping already before."""
        if self._stop_requested is None:
            self._stop_requested = self._clock.now()
            self._end = self._stop_requested + seconds
            self._end_status = "Stopped"

    def fail(self, reason: str) -> None:
        """End a running job as Failed, now."""
        self._end = self._clock.now()
        self._end_status = "Failed"
        self._failure_reason = reason

    def describe(self) -> dict[str, Any]:
        """Answer the job as DescribeHyperParameterTuningJob does; what it doesn't have is left out."""
        return copy.deepcopy(self.request) | self._state()

    def summary(self) -> dict[str, Any]:
        """Answer the job as ListHyperParameterTuningJobs does."""
        config = self.request["HyperParameterTuningJobConfig"]
        return self._state() | {
            "HyperParameterTuningJobName": self.name,
            # The real list answers ARNs in lower case, with which the tag operations fail (boto/boto3#4606).
            "HyperParameterTuningJobArn": self.arn.lower(),
            "Strategy": config["Strategy"],
            "ResourceLimits": config["ResourceLimits"],
        }

    def _state(self) -> dict[str, Any]:
        state = {
            "HyperParameterTuningJobArn": self.arn,
            "HyperParameterTuningJobStatus": self.status,
            "CreationTime": _time(self.created),
            "LastModifiedTime": _time(self.last_modified),
            "TrainingJobStatusCounters": dict.fromkeys(
                ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped"), 0
            ),
            "ObjectiveStatusCounters": dict.fromkeys(("Succeeded", "Pending", "Failed"), 0),
        }
        if self.status not in RUNNING:
            state["HyperParameterTuningEndTime"] = _time(self._end)
            if self._failure_reason is not None:
                state["FailureReason"] = self._failure_reason
        return state


class SageMakerBackend(SageMakerModelBackend):
    """SageMaker in one account and region.

    region_name: the region.
    account_id: the account.
    clock: the clock that jobs live by.
    settings: answers the settings of this moment.
    """

    def __init__(
        self, region_name: str, account_id: str, clock: Clock, settings: Callable[[], ServiceSettings]
    ) -> None:
        super().__init__(region_name, account_id)
        self._clock = clock
        self._settings = settings
        # Keyed by the name in lower case: names are unique, and found, ignoring case.
        self._jobs: dict[str, TuningJob] = {}

    def tuning_job(self, name: str) -> TuningJob:
        """Find a tuning job by its name, ignoring case.

        Raises ServiceError: ResourceNotFound.
        """
        try:
            return self._jobs[name.lower()]
        except KeyError:
            raise errors.job_not_found(name) from None

    def create_hyper_parameter_tuning_job(  # noqa: PLR0913, PLR0917 - moto's signature
        self,
        hyper_parameter_tuning_job_name: str,
        hyper_parameter_tuning_job_config: dict[str, Any],
        training_job_definition: dict[str, Any] | None = None,
        training_job_definitions: list[dict[str, Any]] | None = None,
        warm_start_config: dict[str, Any] | None = None,
        tags: list[dict[str, str]] | None = None,
        autotune: dict[str, Any] | None = None,
    ) -> str:
        """Start a tuning job and answer its ARN.

        Raises ServiceError: ResourceInUse for a name that is taken, ResourceLimitExceeded beyond the quota,
        ValidationException for a parent that has not ended.
        """
        name = hyper_parameter_tuning_job_name
        _check_tags(tags or [])
        if name.lower() in self._jobs:
            raise errors.name_taken(name)
        self._check_parents(warm_start_config or {})
        limit = self._settings().max_tuning_jobs
        running = sum(job.status in RUNNING for job in self._jobs.values())
        if running >= limit:
            raise errors.too_many_jobs(limit, running)
        request = {
            "HyperParameterTuningJobName": name,
            "HyperParameterTuningJobConfig": hyper_parameter_tuning_job_config,
            "TrainingJobDefinition": training_job_definition,
            "TrainingJobDefinitions": training_job_definitions,
            "WarmStartConfig": warm_start_config,
            "Autotune": autotune,
        }
        job = TuningJob(
            request=copy.deepcopy({member: value for member, value in request.items() if value is not None}),
            arn=arn_formatter("hyper-parameter-tuning-job", name, self.account_id, self.region_name),
            tags=_merged([], tags or []),
            clock=self._clock,
            seconds=self._settings().job_seconds,
        )
        self._jobs[name.lower()] = job
        return job.arn

    def _check_parents(self, warm_start: dict[str, Any]) -> None:
        # Parents that this account doesn't know are let through: requests of elsewhere can be tried here.
        for parent in warm_start.get("ParentHyperParameterTuningJobs", []):
            job = self._jobs.get(parent["HyperParameterTuningJobName"].lower())
            if job is not None and job.status in RUNNING:
                raise errors.parent_has_not_ended(job.name, job.status)

    def describe_hyper_parameter_tuning_job(self, hyper_parameter_tuning_job_name: str) -> dict[str, Any]:
        """Describe a tuning job.

        Raises ServiceError: ResourceNotFound.
        """
        return self.tuning_job(hyper_parameter_tuning_job_name).describe()

    def stop_hyper_parameter_tuning_job(self, name: str) -> None:
        """Stop a tuning job; one that is stopping already goes on doing so.

        Raises ServiceError: ResourceNotFound; ValidationException for a job that has ended.
        """
        job = self.tuning_job(name)
        if job.status not in RUNNING:
            raise errors.validation_error(
                f"The hyperparameter tuning job {job.name} is already in a terminal state: {job.status}."
            )
        job.stop(self._settings().stopping_seconds)

    def delete_hyper_parameter_tuning_job(self, hyper_parameter_tuning_job_name: str) -> None:
        """Delete the record of a tuning job that has ended.

        Raises ServiceError: ResourceNotFound; ValidationException for a job that has not ended.
        """
        job = self.tuning_job(hyper_parameter_tuning_job_name)
        if job.status in RUNNING:
            raise errors.validation_error(
                f"The hyperparameter tuning job {job.name} is not in a terminal state: {job.status}."
            )
        del self._jobs[job.name.lower()]

    def tuning_jobs(self, parameters: dict[str, Any]) -> list[TuningJob]:
        """Answer the tuning jobs that a ListHyperParameterTuningJobs request asks for, in its order, on one page."""
        jobs = [job for job in self._jobs.values() if _is_listed(job, parameters)]
        keys: dict[str, Callable[[TuningJob], Any]] = {
            "Name": lambda job: job.name,
            "Status": lambda job: job.status,
            "CreationTime": lambda job: job.created,
        }
        descending = parameters.get("SortOrder") == "Descending"
        return sorted(jobs, key=keys[parameters.get("SortBy", "Name")], reverse=descending)

    def add_tags(self, arn: str, tags: list[dict[str, str]]) -> list[dict[str, str]]:
        """Add tags to a resource, in place of those of the same key; answer all of its tags.

        Raises ServiceError: ValidationException for an ARN that is not the resource's, to the letter.
        """
        _check_tags(tags)
        resource = self._get_resource_from_arn(arn)
        resource.tags = _merged(resource.tags or [], tags)
        return list(resource.tags)

    def tags_of(self, arn: str) -> list[dict[str, str]]:
        """Answer the tags of the tuning job that an ARN names in any case; none where there is no such job."""
        _, is_job, name = arn.partition(_ARN_TYPE)
        job = self._jobs.get(name.lower()) if is_job else None
        return [] if job is None else list(job.tags or [])

    def _get_resource_from_arn(self, arn: str) -> Any:
        if _ARN_TYPE in arn:
            found = [job for job in self._jobs.values() if job.arn == arn]
            resource = found[0] if found else None
        else:
            resource = super()._get_resource_from_arn(arn)
        if resource is None:
            raise errors.validation_error("Resource does not exist.")
        return resource


def _check_tags(tags: list[dict[str, str]]) -> None:
    if any(tag["Key"].lower().startswith("aws:") for tag in tags):
        raise errors.validation_error("aws: prefixed tag key names are not allowed for external use.")


def _merged(tags: list[dict[str, str]], added: list[dict[str, str]]) -> list[dict[str, str]]:
    values = {tag["Key"]: tag["Value"] for tag in [*tags, *added]}
    return [{"Key": key, "Value": value} for key, value in values.items()]


def _is_listed(job: TuningJob, parameters: dict[str, Any]) -> bool:
    return (
        parameters.get("NameContains", "").lower() in job.name.lower()
        and parameters.get("StatusEquals", job.status) == job.status
        and parameters.get("CreationTimeAfter", 0) <= job.created <= parameters.get("CreationTimeBefore", job.created)
        and parameters.get("LastModifiedTimeAfter", 0)
        <= job.last_modified
        <= parameters.get("LastModifiedTimeBefore", job.last_modified)
    )


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)
