"""What ``hpt`` reads from SageMaker: tuning jobs, their training jobs, and where the models are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from hpt_construct import wait_for_completion

from .account import NotThereError, asking

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .account import Account

ENDED = frozenset({"Completed", "Failed", "Stopped", "DeleteFailed"})
_PAGE = 100
_METRIC = "FinalHyperParameterTuningJobObjectiveMetric"


@dataclass(frozen=True)
class Training:
    """One training job of a tuning job, with what the list of training jobs tells."""

    name: str
    arn: str
    status: str
    created: datetime
    started: datetime | None
    ended: datetime | None
    hyperparameters: Mapping[str, str]
    """The hyperparameters that the tuning job chose."""
    metric_name: str | None
    objective: float | None
    definition_name: str | None
    failure_reason: str | None

    @property
    def has_ended(self) -> bool:
        """Whether it no longer runs."""
        return self.status in ENDED


@dataclass(frozen=True)
class Tuning:
    """A tuning job, with what Describe tells."""

    name: str
    arn: str
    status: str
    created: datetime
    ended: datetime | None
    now: datetime
    """The time of this answer by SageMaker's own clock."""
    failure_reason: str | None
    completed: int
    running: int
    failed: int
    stopped: int
    total: int | None
    """The most training jobs that the tuning job may start. None: no limit."""
    best: Training | None
    described: Mapping[str, Any]
    """The whole answer."""

    @property
    def has_ended(self) -> bool:
        """Whether it no longer runs."""
        return self.status in ENDED

    @property
    def maximizes(self) -> bool:
        """Whether higher values of the objective are better."""
        config = self.described["HyperParameterTuningJobConfig"]
        definitions = self.described.get("TrainingJobDefinitions") or [{}]
        objective = config.get("HyperParameterTuningJobObjective") or definitions[0].get("TuningObjective") or {}
        return objective.get("Type") != "Minimize"

    @property
    def directions(self) -> list[str | None]:
        """The direction of each objective, Maximize or Minimize."""
        return list(wait_for_completion.directions(self.described))

    @property
    def best_direction(self) -> str:
        """The direction of the best training job's objective, as the request has it."""
        config, several = self.described["HyperParameterTuningJobConfig"], self.described.get("TrainingJobDefinitions")
        name = self.best and self.best.definition_name
        objectives = [each.get("TuningObjective") for each in several or () if each.get("DefinitionName") == name]
        objectives.append(config.get("HyperParameterTuningJobObjective"))
        return next((str(objective["Type"]) for objective in objectives if objective), "")

    @property
    def age(self) -> float:
        """Seconds from its creation to its end, or to now."""
        return ((self.ended or self.now) - self.created).total_seconds()


class SageMaker:
    """SageMaker in one account and region."""

    def __init__(self, account: Account) -> None:
        self._account = account

    @property
    def _client(self) -> Any:
        return self._account.client("sagemaker")

    def tuning(self, name: str) -> Tuning:
        """Return a tuning job.

        :raises NotThereError: This account and region has no tuning job of that name.
        """
        with asking(f"the tuning job {name!r}"):
            return _tuning(self._client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name))

    def trainings(self, name: str, known: Mapping[str, Training] | None = None) -> dict[str, Training]:
        """Return the training jobs of a tuning job by name, in the order of their launches.

        :param known: The result of an earlier call: this one then reads only what may have changed, usually one page.
        """
        known = known or {}
        found = dict(known)
        unfinished = {training.name for training in found.values() if not training.has_ended}
        for page in self._pages(name):
            found |= {training.name: training for training in page}
            unfinished -= {training.name for training in page}
            # The newest come first, so everything after a known training job is known too.
            if not unfinished and any(training.name in known for training in page):
                break
        return {training.name: training for training in sorted(found.values(), key=_launch)}

    def _pages(self, name: str) -> Iterator[list[Training]]:
        token: dict[str, str] = {}
        while True:
            with asking(f"the training jobs of {name!r}"):
                page = self._client.list_training_jobs_for_hyper_parameter_tuning_job(
                    HyperParameterTuningJobName=name,
                    SortBy="CreationTime",
                    SortOrder="Descending",
                    MaxResults=_PAGE,
                    **token,
                )
            yield [_training(summary) for summary in page["TrainingJobSummaries"]]
            if "NextToken" not in page:
                return
            token = {"NextToken": page["NextToken"]}

    def described_training(self, name: str) -> dict[str, Any]:
        """Return the whole response of DescribeTrainingJob."""
        with asking(f"the training job {name!r}"):
            answer: dict[str, Any] = self._client.describe_training_job(TrainingJobName=name)
        return answer

    def model_data_url(self, training: str) -> str | None:
        """Return where a training job's model is; None if it has none."""
        artifacts = self.described_training(training).get("ModelArtifacts", {})
        return artifacts.get("S3ModelArtifacts") or None

    def names(self, since: float) -> list[str]:
        """Return the names of the tuning jobs of the last ``since`` seconds, newest first, and of all that run."""
        now = datetime.now(UTC)
        # SageMaker is younger than that.
        earliest = now - min(timedelta(seconds=since), timedelta(days=20 * 365))
        with asking("the tuning jobs"):
            pages = self._client.get_paginator("list_hyper_parameter_tuning_jobs")
            found: dict[str, None] = {}
            for page in pages.paginate(
                SortBy="CreationTime", SortOrder="Descending", MaxResults=_PAGE, CreationTimeAfter=earliest
            ):
                found |= dict.fromkeys(_names(page))
        return list(dict.fromkeys([*found, *self.running()]))

    def running(self) -> list[str]:
        """Return the names of the tuning jobs that run."""
        with asking("the tuning jobs"):
            pages = self._client.get_paginator("list_hyper_parameter_tuning_jobs")
            return [
                name for page in pages.paginate(StatusEquals="InProgress", MaxResults=_PAGE) for name in _names(page)
            ]

    def tags(self, arn: str) -> dict[str, str]:
        """Return the tags of a tuning job by the ARN that Describe returns; the list's ARN is in lower case."""
        with asking(f"the tags of {arn.rpartition('/')[2]!r}"):
            pages = self._client.get_paginator("list_tags").paginate(ResourceArn=arn)
            return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}

    def stop(self, name: str) -> None:
        """Stop a tuning job that runs."""
        with asking(f"the tuning job {name!r}"):
            self._client.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)

    def exists(self, name: str) -> bool:
        """Return whether there is a tuning job of that name."""
        try:
            self.tuning(name)
        except NotThereError:
            return False
        return True


def _names(page: Mapping[str, Any]) -> Iterator[str]:
    return (summary["HyperParameterTuningJobName"] for summary in page["HyperParameterTuningJobSummaries"])


def _launch(training: Training) -> tuple[datetime, str]:
    return training.created, training.name


def _tuning(answer: Mapping[str, Any]) -> Tuning:
    counters = answer["TrainingJobStatusCounters"]
    best = answer.get("BestTrainingJob")
    config = answer["HyperParameterTuningJobConfig"]
    return Tuning(
        name=answer["HyperParameterTuningJobName"],
        arn=answer["HyperParameterTuningJobArn"],
        status=answer["HyperParameterTuningJobStatus"],
        created=answer["CreationTime"],
        ended=answer.get("HyperParameterTuningEndTime"),
        now=_now(answer),
        failure_reason=answer.get("FailureReason"),
        completed=counters.get("Completed", 0),
        running=counters.get("InProgress", 0),
        failed=counters.get("NonRetryableError", 0) + counters.get("RetryableError", 0),
        stopped=counters.get("Stopped", 0),
        total=config["ResourceLimits"].get("MaxNumberOfTrainingJobs"),
        best=None if best is None else _training(best),
        described=answer,
    )


def _now(answer: Mapping[str, Any]) -> datetime:
    """Return SageMaker's own time, because this computer's clock may be wrong, and the sandbox's runs faster."""
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
    told = parsedate_to_datetime(date) if date.endswith("GMT") else datetime.now(UTC)
    created: datetime = answer["CreationTime"]
    # The header has whole seconds, so it may be earlier than the creation.
    return max(told, created)


def _training(summary: Mapping[str, Any]) -> Training:
    metric = summary.get(_METRIC, {})
    return Training(
        name=summary["TrainingJobName"],
        arn=summary["TrainingJobArn"],
        status=summary["TrainingJobStatus"],
        created=summary["CreationTime"],
        started=summary.get("TrainingStartTime"),
        ended=summary.get("TrainingEndTime"),
        hyperparameters=summary["TunedHyperParameters"],
        metric_name=metric.get("MetricName"),
        objective=metric.get("Value"),
        definition_name=summary.get("TrainingJobDefinitionName"),
        failure_reason=summary.get("FailureReason"),
    )
