"""The training jobs of a tuning job: which ones run when, and how each ends, computed from what is known so far.

Nothing runs. The future is computed as if nobody will interfere, and again when somebody does. Because each training
job follows from its number, what has happened by then stays the same.
"""

import hashlib
import math
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from heapq import heappop, heappush
from statistics import median
from typing import Any

from sandbox.sagemaker.search import Search

FAILING_SHARE = "sandbox_failing_share"
"""The static hyperparameter by which a definition asks for failures: the share of its training jobs, from 0 to 1."""

_ATTEMPTS = 5
_ALL_FAILED = "All training jobs failed. Please take a look at the training jobs failures to get more details."
_CONVERGED_AFTER = 10
_UNBOUNDED = 750
_UNDOCUMENTED_COUNT = 20
_SPOT_SHARE = 0.35
_ENOUGH_FOR_A_MEDIAN = 3
_FIRST_METRIC = 0.25
_FAILURE_AT = 0.3


@dataclass(frozen=True, kw_only=True)
class Training:
    """One training job, from its beginning to its end; times are in seconds since 1970.

    number: its number within the tuning job, from 1.
    name: its name.
    definition: the training job definition that it is made from.
    hyperparameters: those that the tuning job chose.
    metric: its objective: `Type` and `MetricName`.
    created: when it was launched.
    started: when its instances had started.
    ended: when it ends.
    status: what it ends as.
    secondary_status: the same in more detail.
    objective: the value that it reaches; None if it has none.
    failure_reason: why it fails.
    stop_requested: when it is told to stop.
    """

    number: int
    name: str
    definition: dict[str, Any] = field(repr=False)
    hyperparameters: dict[str, str]
    metric: dict[str, str]
    created: float
    started: float
    ended: float
    status: str = "Completed"
    secondary_status: str = "Completed"
    objective: float | None = None
    failure_reason: str | None = None
    stop_requested: float | None = None

    def status_at(self, now: float) -> str:
        """Return the status at a moment, in the API's words."""
        if now >= self.ended:
            return self.status
        return "InProgress" if self.stop_requested is None or now < self.stop_requested else "Stopping"

    def objective_at(self, now: float) -> float | None:
        """Return the final objective, which is known once the training job has ended."""
        return self.objective if now >= self.ended else None

    def objective_status_at(self, now: float) -> str:
        """Return how far the objective is known, in the API's words."""
        if now < self.ended:
            return "Pending"
        return "Failed" if self.objective is None else "Succeeded"

    def summary(self, now: float, arn: str) -> dict[str, Any]:
        """Return the training job as ListTrainingJobsForHyperParameterTuningJob does."""
        summary = {
            "TrainingJobName": self.name,
            "TrainingJobArn": arn,
            "CreationTime": time_of(self.created),
            "TrainingJobStatus": self.status_at(now),
            "TunedHyperParameters": dict(self.hyperparameters),
            "ObjectiveStatus": self.objective_status_at(now),
            **self._progress(now),
        }
        if "DefinitionName" in self.definition:
            summary["TrainingJobDefinitionName"] = self.definition["DefinitionName"]
        value = self.objective_at(now)
        if value is not None:
            # The only definition of a job has no name, and its objective no direction here.
            told = self.metric if "DefinitionName" in self.definition else {"MetricName": self.metric["MetricName"]}
            summary["FinalHyperParameterTuningJobObjectiveMetric"] = {**told, "Value": value}
        return summary

    def describe(self, now: float, arn: str, tuning_arn: str) -> dict[str, Any]:
        """Return the training job as DescribeTrainingJob does."""
        definition, transitions = self.definition, self._transitions(now)
        told = ("RoleArn", "InputDataConfig", "OutputDataConfig", "VpcConfig", "StoppingCondition", "CheckpointConfig")
        switches = ("EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining")
        also = ("AlgorithmSpecification", "RetryStrategy", "Environment")
        answer = {member: definition[member] for member in (*told, *switches, *also) if member in definition}
        answer |= {
            "TrainingJobName": self.name,
            "TrainingJobArn": arn,
            "TuningJobArn": tuning_arn,
            "TrainingJobStatus": self.status_at(now),
            "SecondaryStatus": transitions[-1]["Status"],
            "SecondaryStatusTransitions": transitions,
            "HyperParameters": {
                **definition.get("StaticHyperParameters", {}),
                **self.hyperparameters,
                "_tuning_objective_metric": self.metric["MetricName"],
            },
            "ResourceConfig": _resources(definition),
            "CreationTime": time_of(self.created),
            "LastModifiedTime": transitions[-1]["StartTime"],
            "ModelArtifacts": {"S3ModelArtifacts": ""},
            **self._progress(now),
        }
        if now >= self.ended and self.started < self.ended:
            seconds = math.ceil(self.ended - self.started)
            share = _SPOT_SHARE if definition.get("EnableManagedSpotTraining") else 1
            answer |= {"TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": math.ceil(seconds * share)}
        value = self.objective_at(now)
        if value is not None:
            path = definition["OutputDataConfig"]["S3OutputPath"].rstrip("/")
            answer["ModelArtifacts"] = {"S3ModelArtifacts": f"{path}/{self.name}/output/model.tar.gz"}
            answer["FinalMetricDataList"] = [
                {"MetricName": self.metric["MetricName"], "Value": value, "Timestamp": time_of(self.ended)}
            ]
        return answer

    def _progress(self, now: float) -> dict[str, Any]:
        members: dict[str, Any] = {}
        if self.started <= now and self.started < self.ended:
            members["TrainingStartTime"] = time_of(self.started)
        if now >= self.ended:
            members["TrainingEndTime"] = time_of(self.ended)
            if self.failure_reason is not None:
                members["FailureReason"] = self.failure_reason
        return members

    def _transitions(self, now: float) -> list[dict[str, Any]]:
        began = [(self.created, "Starting"), (self.started, "Training")]
        reached = [(at, status) for at, status in began if at <= now and at < self.ended]
        if self.stop_requested is not None and self.stop_requested <= now:
            reached.append((self.stop_requested, "Stopping"))
        if now >= self.ended:
            reached.append((self.ended, self.secondary_status))
        ends = [time_of(at) for at, _ in reached[1:]]
        transitions = [{"Status": status, "StartTime": time_of(at)} for at, status in reached]
        return [
            *(transition | {"EndTime": end} for transition, end in zip(transitions, ends, strict=False)),
            transitions[-1],
        ]


@dataclass(frozen=True)
class Ending:
    """The end of a running tuning job, by a person or a limit.

    at: when it launches nothing more, and tells what runs to stop.
    ended: when everything has stopped.
    status: the tuning job's last status.
    reason: why, if it failed.
    """

    at: float
    ended: float
    status: str
    reason: str | None = None


@dataclass(frozen=True)
class Course:
    """The course of a tuning job, as far as it is known.

    trainings: in the order of their launches.
    ending: how and when the tuning job ends.
    converged: when no better training job could be expected any more; None before that.
    """

    trainings: list[Training]
    ending: Ending
    converged: float | None = None


class Plan:
    """What a tuning job runs, and when.

    request: the members of the request that created it.
    created: when that was, in seconds since 1970.
    seconds: how long a training job takes, in seconds: on average, by its hyperparameters a quarter more or less, and a
        tenth of it for its instances to start.

    Raises ServiceError: ValidationException for a range whose bounds are no numbers.
    """

    def __init__(self, request: dict[str, Any], created: float, seconds: float) -> None:
        self._name: str = request["HyperParameterTuningJobName"]
        self._config: dict[str, Any] = request["HyperParameterTuningJobConfig"]
        self._definitions: list[dict[str, Any]] = request.get("TrainingJobDefinitions") or [
            request.get("TrainingJobDefinition") or {}
        ]
        self._search = Search(self._config, self._definitions, self._name)
        self._created = created
        self._seconds = seconds
        self._ending: Ending | None = None
        self._failures: dict[int, tuple[float, str]] = {}
        self._course: Course | None = None

    @property
    def course(self) -> Course:
        """The tuning job's course, as far as it is known now."""
        if self._course is None:
            self._course = self._run()
        return self._course

    def end(self, ending: Ending) -> None:
        """Put an end to the tuning job."""
        self._ending, self._course = ending, None

    def fail_training(self, number: int, at: float, reason: str) -> None:
        """Let a training job that runs fail."""
        self._failures[number] = (at, reason)
        self._course = None

    def _run(self) -> Course:
        limits = self._config["ResourceLimits"]
        ending = self._ending
        if "MaxRuntimeInSeconds" in limits:
            limit = self._created + limits["MaxRuntimeInSeconds"]
            if ending is None or limit < ending.at:
                ending = Ending(limit, limit, "Completed")
        slots = [self._created] * limits["MaxParallelTrainingJobs"]
        trainings: list[Training] = []
        results = _Results(self._config)
        for number in range(1, self._count(limits) + 1):
            at = heappop(slots)
            results.come_to(at)
            if (ending is not None and at > ending.at) or results.are_enough:
                break
            training = self._training(number, at, results)
            results.expect(training)
            trainings.append(training)
            heappush(slots, training.ended)
        results.come_to(math.inf)
        if results.hopeless_at is not None and (ending is None or results.hopeless_at < ending.at):
            reason = f"No training job succeeded after {len(results.failed)} attempts."
            if len(results.failed) == len(trainings) < _ATTEMPTS:
                reason = _ALL_FAILED
            ending = Ending(results.hopeless_at, results.hopeless_at, "Failed", reason)
        if ending is not None:
            trainings = [self._cut(training, ending) for training in trainings if training.created <= ending.at]
        last = max((training.ended for training in trainings), default=self._created)
        if ending is None or (ending.status == "Completed" and last < ending.at):
            ending = Ending(last, last, "Completed")
        converged = results.converged if (results.converged or math.inf) <= ending.at else None
        return Course(trainings, ending, converged)

    def _count(self, limits: dict[str, Any]) -> int:
        # Without a count SageMaker takes one of its own, which it does not document.
        count = limits.get(
            "MaxNumberOfTrainingJobs", _UNBOUNDED if "MaxRuntimeInSeconds" in limits else _UNDOCUMENTED_COUNT
        )
        grid = self._config.get("Strategy") == "Grid"
        return min(count, self._search.combinations) if grid else int(count)

    def _training(self, number: int, at: float, results: "_Results") -> Training:
        definition, hyperparameters = self._search.draw(number)
        digest = hashlib.sha256(f"{self._name} {self._created} {number}".encode()).digest()
        length = self._seconds * (0.75 + 0.5 * digest[4] / 255)
        started = at + self._seconds / 10
        training = Training(
            number=number,
            name=f"{self._name}-{number:03}-{digest[:4].hex()}",
            definition=definition,
            hyperparameters=hyperparameters,
            metric=self._search.metric(definition),
            created=at,
            started=started,
            ended=started + length,
            objective=self._search.objective(definition, hyperparameters, 1),
        )
        longest = definition.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", math.inf)
        if _fails(definition, number):
            return _failed(training, started + length * _FAILURE_AT, f"AlgorithmError: {FAILING_SHARE} asks for it")
        if results.are_better_than(training):
            training = self._stopped(training, started + length / 2, "Stopped")
        if training.ended - started > longest:
            training = self._stopped(training, started + longest, "MaxRuntimeExceeded")
        at, reason = self._failures.get(number, (math.inf, ""))
        return _failed(training, at, reason) if at < training.ended else training

    def _cut(self, training: Training, ending: Ending) -> Training:
        if training.ended <= ending.at:
            return training
        told = replace(training, stop_requested=ending.at)
        return told if training.ended <= ending.ended else self._stopped(told, ending.ended, "Stopped")

    def _stopped(self, training: Training, at: float, secondary_status: str) -> Training:
        progress = (at - training.started) / (training.ended - training.started)
        objective = None
        if progress >= _FIRST_METRIC and training.objective is not None:
            objective = self._search.objective(training.definition, training.hyperparameters, progress)
        return replace(
            training,
            ended=at,
            status="Stopped",
            secondary_status=secondary_status,
            objective=objective,
            failure_reason=None,
        )


class _Results:
    """What is known about a tuning job's training jobs so far, and whether the tuning job goes on."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._early = config.get("TrainingJobEarlyStoppingType") == "Auto" or config.get("Strategy") == "Hyperband"
        criteria = config.get("TuningJobCompletionCriteria", {})
        self._target: float | None = criteria.get("TargetObjectiveMetricValue")
        self._patience: int | None = criteria.get("BestObjectiveNotImproving", {}).get(
            "MaxNumberOfTrainingJobsNotImproving"
        )
        self._converges = criteria.get("ConvergenceDetected", {}).get("CompleteOnConvergence") == "Enabled"
        self._expected: list[tuple[float, int, Training]] = []
        self._known: list[Training] = []
        self._best = -math.inf
        self._not_improving = 0
        self.failed: list[Training] = []
        self.converged: float | None = None
        self.are_enough = False
        self.hopeless_at: float | None = None

    def expect(self, training: Training) -> None:
        """Take in a training job that has been launched."""
        heappush(self._expected, (training.ended, training.number, training))

    def come_to(self, now: float) -> None:
        """Take in what has ended by a moment."""
        while self._expected and self._expected[0][0] <= now and self.hopeless_at is None:
            training = heappop(self._expected)[2]
            if training.objective is not None:
                self._known.append(training)
                self._judge(training)
            elif training.status == "Failed":
                self.failed.append(training)
            is_last = now == math.inf and not self._expected
            if self.failed and not self._known and (is_last or len(self.failed) >= _ATTEMPTS):
                self.hopeless_at = training.ended
                self.are_enough = True

    def are_better_than(self, training: Training) -> bool:
        """Return whether early stopping ends a training job: half of those before it are better."""
        return (
            self._early
            and len(self._known) >= _ENOUGH_FOR_A_MEDIAN
            and _goodness(training) < median(_goodness(known) for known in self._known)
        )

    def _judge(self, training: Training) -> None:
        goodness = _goodness(training)
        self._not_improving = 0 if goodness > self._best else self._not_improving + 1
        self._best = max(goodness, self._best)
        if self._target is not None:
            sign = 1 if training.metric["Type"] == "Maximize" else -1
            self.are_enough |= goodness >= sign * self._target
        if self._patience is not None:
            self.are_enough |= self._not_improving >= self._patience
        if self._converges and self.converged is None and self._not_improving >= _CONVERGED_AFTER:
            self.converged = training.ended
            self.are_enough = True


def best(trainings: list[Training], now: float) -> Training | None:
    """Return the best training job of those that have an objective by now."""
    judged = [training for training in trainings if training.objective_at(now) is not None]
    return max(judged, key=_goodness, default=None)


def not_improving(trainings: list[Training], best: Training | None, now: float) -> int:
    """Return how many training jobs have come to an objective since the best one did."""
    if best is None:
        return 0
    return sum(training.objective_at(now) is not None and training.ended > best.ended for training in trainings)


def name_of_tuning(training: str) -> str:
    """Return the name of the tuning job that launched a training job, by the training job's name."""
    return training.rsplit("-", 2)[0]


def time_of(seconds: float) -> datetime:
    """Return a moment as the API writes it; it counts in milliseconds."""
    return datetime.fromtimestamp(round(seconds, 3), tz=UTC)


def _goodness(training: Training) -> float:
    value = -math.inf if training.objective is None else training.objective
    return value if training.metric["Type"] == "Maximize" else -value


def _failed(training: Training, at: float, reason: str) -> Training:
    return replace(
        training, ended=at, status="Failed", secondary_status="Failed", objective=None, failure_reason=reason
    )


def _fails(definition: dict[str, Any], number: int) -> bool:
    try:
        share = float(definition.get("StaticHyperParameters", {}).get(FAILING_SHARE, 0))
    except ValueError:
        return False
    return math.floor(number * share) > math.floor((number - 1) * share)


def _resources(definition: dict[str, Any]) -> dict[str, Any]:
    """Return the instances that a training job gets: the first of several alternatives."""
    if "ResourceConfig" in definition:
        return dict(definition["ResourceConfig"])
    choice = definition.get("HyperParameterTuningResourceConfig", {})
    chosen = {**choice, **choice.get("InstanceConfigs", [{}])[0]}
    return {
        member: chosen[member]
        for member in ("InstanceType", "InstanceCount", "VolumeSizeInGB", "VolumeKmsKeyId")
        if member in chosen
    }
