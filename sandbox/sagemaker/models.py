"""The state of SageMaker in one account and region: moto's backend, with tuning jobs that live on a clock."""

import copy
from collections import Counter
from collections.abc import Callable
from typing import Any

from moto.sagemaker.models import HyperParameterTuningJob, SageMakerModelBackend
from moto.sagemaker.utils import arn_formatter

from sandbox.sagemaker import algorithms, errors, refusals
from sandbox.sagemaker.clock import Clock
from sandbox.sagemaker.settings import ServiceSettings
from sandbox.sagemaker.trainings import Ending, Plan, Training, best, name_of_tuning, not_improving, time_of

RUNNING = ("InProgress", "Stopping")
MOST_TAGS = 50
_ARN_TYPE = ":hyper-parameter-tuning-job/"
_TRAINING_ARN_TYPE = ":training-job/"
# A training job that is stopping still counts as running, and one that has failed won't be tried again.
_COUNTED = {"Stopping": "InProgress", "Failed": "NonRetryableError"}
_OBJECTIVE = "FinalHyperParameterTuningJobObjectiveMetric"


class TuningJob(HyperParameterTuningJob):
    """A tuning job, whose status and training jobs follow from the clock.

    request: the members of the request that created it, as Describe answers them.
    arn: its ARN.
    tags: its tags, as the API writes them.
    clock: the clock it lives by.
    seconds: how long a training job takes, in seconds.

    Raises ServiceError: ValidationException for a range whose bounds are no numbers.
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
        self._plan = Plan(request, self.created, seconds)
        self._told = 0

    @property
    def status(self) -> str:
        """The job's status at this moment, in the API's words."""
        ending = self._plan.course.ending
        if self._clock.now() >= ending.ended:
            return ending.status
        return "InProgress" if self._stop_requested is None else "Stopping"

    @property
    def last_modified(self) -> float:
        """When the job's status last changed, in seconds since 1970."""
        if self.status not in RUNNING:
            return self._plan.course.ending.ended
        return self.created if self._stop_requested is None else self._stop_requested

    @property
    def trainings(self) -> list[Training]:
        """The training jobs that have been launched so far, oldest first."""
        now = self._clock.now()
        return [training for training in self._plan.course.trainings if training.created <= now]

    @property
    def best_training(self) -> Training | None:
        """The training job with the best objective so far."""
        return best(self.trainings, self._clock.now())

    def training(self, name: str) -> Training | None:
        """Find one of the training jobs that have been launched so far."""
        return next((training for training in self.trainings if training.name == name), None)

    def stop(self, seconds: float) -> None:
        """Stop a running job: it is Stopped after a number of seconds, even if it was already stopping."""
        if self._stop_requested is None:
            self._stop_requested = self._clock.now()
            self._plan.end(Ending(self._stop_requested, self._stop_requested + seconds, "Stopped"))

    def fail(self, reason: str) -> None:
        """End a running job as Failed, now; what it runs is stopped."""
        now = self._clock.now()
        self._plan.end(Ending(now, now, "Failed", reason))

    def fail_training(self, training: Training, reason: str) -> None:
        """End a running training job as Failed, now; the next one takes its place."""
        self._plan.fail_training(training.number, self._clock.now(), reason)

    def changes(self) -> list[str]:
        """Return the statuses that the job has reached since the last call, oldest first."""
        statuses = ["InProgress"]
        if self._stop_requested is not None:
            statuses.append("Stopping")
        if self.status not in RUNNING:
            statuses.append(self._plan.course.ending.status)
        new, self._told = statuses[self._told :], len(statuses)
        return new

    def describe(self) -> dict[str, Any]:
        """Return the job as DescribeHyperParameterTuningJob does; what it doesn't have is left out."""
        now, course, found = self._clock.now(), self._plan.course, self.best_training
        details: dict[str, Any] = {
            "NumberOfTrainingJobsObjectiveNotImproving": not_improving(self.trainings, found, now)
        }
        if course.converged is not None and course.converged <= now:
            details["ConvergenceDetectedTime"] = time_of(course.converged)
        description = copy.deepcopy(self.request) | self._state()
        if "TrainingJobDefinition" in description:
            description["TrainingJobDefinition"] = self._described(description["TrainingJobDefinition"])
        if "TrainingJobDefinitions" in description:
            described = [self._described(definition) for definition in description["TrainingJobDefinitions"]]
            description["TrainingJobDefinitions"] = described
        description["TuningJobCompletionDetails"] = details
        description["ConsumedResources"] = {"RuntimeInSeconds": int(min(now, course.ending.ended) - self.created)}
        if found is not None:
            description["BestTrainingJob"] = self.training_summary(found)
        return description

    def _described(self, definition: dict[str, Any]) -> dict[str, Any]:
        return algorithms.described(self.request, definition)

    def summary(self) -> dict[str, Any]:
        """Return the job as ListHyperParameterTuningJobs does."""
        config = self.request["HyperParameterTuningJobConfig"]
        return self._state() | {
            "HyperParameterTuningJobName": self.name,
            # The real list returns ARNs in lower case, with which the tag operations fail (boto/boto3#4606).
            "HyperParameterTuningJobArn": self.arn.lower(),
            "Strategy": config["Strategy"],
            "ResourceLimits": config["ResourceLimits"],
        }

    def training_summary(self, training: Training) -> dict[str, Any]:
        """Return a training job as ListTrainingJobsForHyperParameterTuningJob does."""
        return training.summary(self._clock.now(), self._training_arn(training))

    def describe_training(self, training: Training) -> dict[str, Any]:
        """Return a training job as DescribeTrainingJob does."""
        return training.describe(self._clock.now(), self._training_arn(training), self.arn)

    def _training_arn(self, training: Training) -> str:
        return f"{self.arn.partition(_ARN_TYPE)[0]}{_TRAINING_ARN_TYPE}{training.name}"

    def _state(self) -> dict[str, Any]:
        now = self._clock.now()
        statuses = Counter(_COUNTED.get(status := training.status_at(now), status) for training in self.trainings)
        objectives = Counter(training.objective_status_at(now) for training in self.trainings)
        state = {
            "HyperParameterTuningJobArn": self.arn,
            "HyperParameterTuningJobStatus": self.status,
            "CreationTime": time_of(self.created),
            "LastModifiedTime": time_of(self.last_modified),
            "TrainingJobStatusCounters": {
                name: statuses[name]
                for name in ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped")
            },
            "ObjectiveStatusCounters": {name: objectives[name] for name in ("Succeeded", "Pending", "Failed")},
        }
        if self.status not in RUNNING:
            ending = self._plan.course.ending
            state["HyperParameterTuningEndTime"] = time_of(ending.ended)
            if ending.reason is not None:
                state["FailureReason"] = ending.reason
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

    def all_tuning_jobs(self) -> list[TuningJob]:
        """Return the tuning jobs, oldest first."""
        return list(self._jobs.values())

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
        """Start a tuning job and return its ARN.

        Raises ServiceError: ResourceInUse for a name that is taken, ResourceLimitExceeded beyond the quota,
        ValidationException for a parent that has not ended, and for what refusals.py knows.
        """
        name = hyper_parameter_tuning_job_name
        _check_tags(tags or [])
        if name.lower() in self._jobs:
            raise errors.name_taken(name)
        self._check_parents(warm_start_config or {})
        given = {
            "HyperParameterTuningJobName": name,
            "HyperParameterTuningJobConfig": hyper_parameter_tuning_job_config,
            "TrainingJobDefinition": training_job_definition,
            "TrainingJobDefinitions": training_job_definitions,
            "WarmStartConfig": warm_start_config,
            "Autotune": autotune,
        }
        request = {member: value for member, value in given.items() if value is not None}
        refusals.check(request, self._request_of)
        limit = self._settings().max_tuning_jobs
        running = sum(job.status in RUNNING for job in self._jobs.values())
        if running >= limit:
            raise errors.too_many_jobs(limit, running)
        job = TuningJob(
            request=copy.deepcopy(request),
            arn=arn_formatter("hyper-parameter-tuning-job", name, self.account_id, self.region_name),
            tags=_merged([], tags or []),
            clock=self._clock,
            seconds=self._settings().training_seconds,
        )
        self._jobs[name.lower()] = job
        return job.arn

    def _request_of(self, name: str) -> dict[str, Any] | None:
        job = self._jobs.get(name.lower())
        return None if job is None else job.request

    def _check_parents(self, warm_start: dict[str, Any]) -> None:
        # Accept parents that this account doesn't know, so that requests from elsewhere can be tried here.
        for parent in warm_start.get("ParentHyperParameterTuningJobs", []):
            job = self._jobs.get(parent["HyperParameterTuningJobName"].lower())
            if job is not None and job.status in RUNNING:
                raise errors.parent_has_not_ended(job.name, job.status)

    def describe_hyper_parameter_tuning_job(self, hyper_parameter_tuning_job_name: str) -> dict[str, Any]:
        """Describe a tuning job.

        Raises ServiceError: ResourceNotFound.
        """
        job = self.tuning_job(hyper_parameter_tuning_job_name)
        description = job.describe()
        found = self._overall_best(job)
        if found is not None:
            description["OverallBestTrainingJob"] = found
        return description

    def _overall_best(self, job: TuningJob) -> dict[str, Any] | None:
        """Return the best training job of a tuning job and its parents, if it has their data and algorithm."""
        warm_start = job.request.get("WarmStartConfig", {})
        if warm_start.get("WarmStartType") != "IdenticalDataAndAlgorithm":
            return None
        family, names = [job], [parent["HyperParameterTuningJobName"] for parent in _parents(job)]
        while names:
            parent = self._jobs.get(names.pop().lower())
            if parent is not None and parent not in family:
                family.append(parent)
                names += [grandparent["HyperParameterTuningJobName"] for grandparent in _parents(parent)]
        bests = [(training, member) for member in family if (training := member.best_training) is not None]
        found = best([training for training, _ in bests], self._clock.now())
        if found is None:
            return None
        owner = next(member for training, member in bests if training is found)
        return owner.training_summary(found) | ({} if owner is job else {"TuningJobName": owner.name})

    def trainings_of(self, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """Return what a ListTrainingJobsForHyperParameterTuningJob request asks for, in its order, on one page.

        Raises ServiceError: ResourceNotFound.
        """
        job = self.tuning_job(parameters["HyperParameterTuningJobName"])
        summaries = [job.training_summary(training) for training in job.trainings]
        status, by = parameters.get("StatusEquals"), parameters.get("SortBy", "Name")
        keys: dict[str, Callable[[dict[str, Any]], Any]] = {
            "Name": lambda summary: summary["TrainingJobName"],
            "CreationTime": lambda summary: summary["CreationTime"],
            "Status": lambda summary: summary["TrainingJobStatus"],
            "FinalObjectiveMetricValue": lambda summary: summary[_OBJECTIVE]["Value"],
        }
        listed = [
            summary
            for summary in summaries
            if status in (None, summary["TrainingJobStatus"])
            # Sorted by objective, the list has only training jobs with an objective.
            and (by != "FinalObjectiveMetricValue" or _OBJECTIVE in summary)
        ]
        return sorted(listed, key=keys[by], reverse=parameters.get("SortOrder") == "Descending")

    def describe_training_job(self, training_job_name: str) -> dict[str, Any]:
        """Describe a training job: of a tuning job, or else one of moto's.

        Raises ServiceError.
        """
        found = self.training(training_job_name)
        if found is None:
            if training_job_name not in self.training_jobs:
                raise errors.training_not_found()
            return dict(super().describe_training_job(training_job_name))
        job, training = found
        return job.describe_training(training)

    def training(self, name: str) -> tuple[TuningJob, Training] | None:
        """Find a training job and its tuning job by the training job's name."""
        job = self._jobs.get(name_of_tuning(name).lower())
        training = None if job is None else job.training(name)
        return None if job is None or training is None else (job, training)

    def fail_training(self, name: str, reason: str) -> None:
        """End a running training job of a tuning job as Failed, now, with a failure reason.

        Raises ServiceError: ResourceNotFound; ValidationException for a training job that has ended.
        """
        found = self.training(name)
        if found is None:
            raise errors.training_not_found()
        job, training = found
        status = training.status_at(self._clock.now())
        if status not in RUNNING:
            raise errors.has_ended("training job", status)
        job.fail_training(training, reason)

    def stop_hyper_parameter_tuning_job(self, name: str) -> None:
        """Stop a tuning job; one that is already stopping continues to.

        Raises ServiceError: ResourceNotFound; ValidationException for a job that has ended.
        """
        job = self.tuning_job(name)
        if job.status not in RUNNING:
            raise errors.has_ended("hyperparameter tuning job", job.status)
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
        """Return the tuning jobs that a ListHyperParameterTuningJobs request asks for, in its order, on one page."""
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

        Raises ServiceError: ValidationException for an ARN that is not the resource's, to the letter, or for more tags
        than a resource takes.
        """
        _check_tags(tags)
        resource = self._get_resource_from_arn(arn)
        merged = _merged(resource.tags or [], tags)
        if len(merged) > MOST_TAGS:
            raise errors.too_many_tags(MOST_TAGS)
        resource.tags = merged
        return list(merged)

    def tags_of(self, arn: str) -> list[dict[str, str]]:
        """Return the tags of the tuning job or the training job that an ARN names in any case; none for another one."""
        # SageMaker gives a tuning job's tags to its training jobs.
        _, is_training, training = arn.partition(_TRAINING_ARN_TYPE)
        name = name_of_tuning(training) if is_training else arn.partition(_ARN_TYPE)[2]
        job = self._jobs.get(name.lower())
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


def _parents(job: TuningJob) -> list[dict[str, str]]:
    return list(job.request.get("WarmStartConfig", {}).get("ParentHyperParameterTuningJobs", []))


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
