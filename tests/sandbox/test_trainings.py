"""The trainings of a tuning job, through boto3 and in one process."""

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.sagemaker.errors import ServiceError
from sandbox.sagemaker.service import SageMaker
from sandbox.sagemaker.trainings import FAILING_SHARE


@lru_cache(maxsize=1)
def _client(service: SageMaker) -> Any:
    return service.client()


def _start(service: SageMaker, request_body: dict[str, Any], **config: Any) -> None:
    """Start the job, with some members of its configuration changed."""
    request_body["HyperParameterTuningJobConfig"] |= config
    _client(service).create_hyper_parameter_tuning_job(**request_body)


def _describe(service: SageMaker, name: str = "Tune-1") -> dict[str, Any]:
    answer: dict[str, Any] = _client(service).describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    return answer


def _trainings(service: SageMaker, **parameters: Any) -> list[dict[str, Any]]:
    pages = (
        _client(service)
        .get_paginator("list_training_jobs_for_hyper_parameter_tuning_job")
        .paginate(**{"HyperParameterTuningJobName": "Tune-1", "SortBy": "CreationTime", **parameters})
    )
    return [summary for page in pages for summary in page["TrainingJobSummaries"]]


def _describe_training(service: SageMaker, name: str) -> dict[str, Any]:
    answer: dict[str, Any] = _client(service).describe_training_job(TrainingJobName=name)
    return answer


def _moments(service: SageMaker, seconds: float = 60) -> Iterator[dict[str, Any]]:
    """Answer what Describe says from minute to minute, to the job's end."""
    while True:
        described = _describe(service)
        yield described
        if described["HyperParameterTuningJobStatus"] not in ("InProgress", "Stopping"):
            return
        service.advance(seconds)


def _value(summary: dict[str, Any]) -> float:
    return float(summary["FinalHyperParameterTuningJobObjectiveMetric"]["Value"])


def test_a_job_is_completed_when_its_trainings_are(service: SageMaker, request_body: dict[str, Any]) -> None:
    """At every moment no more trainings run than may, the counters are those of the list, and the last end is the
    job's.
    """
    _start(service, request_body)
    for described in _moments(service):
        statuses = Counter(training["TrainingJobStatus"] for training in _trainings(service))
        assert statuses["InProgress"] <= 3
        counted = {status: count for status, count in described["TrainingJobStatusCounters"].items() if count}
        assert counted == dict(statuses)
        assert (described["HyperParameterTuningJobStatus"] == "Completed") == (statuses["Completed"] == 20)
    assert described["ObjectiveStatusCounters"] == {"Succeeded": 20, "Pending": 0, "Failed": 0}
    ended = max(training["TrainingEndTime"] for training in _trainings(service))
    assert described["HyperParameterTuningEndTime"] == described["LastModifiedTime"] == ended
    consumed = int((ended - described["CreationTime"]).total_seconds())
    assert described["ConsumedResources"] == {"RuntimeInSeconds": consumed}


def test_trainings_are_named_as_sagemaker_does(service: SageMaker, request_body: dict[str, Any]) -> None:
    """After the tuning, with a number of three digits and eight characters, and found by that name."""
    _start(service, request_body)
    first = _trainings(service)[0]
    assert first["TrainingJobName"].startswith("Tune-1-001-")
    assert len(first["TrainingJobName"]) == len("Tune-1-001-") + 8
    assert (
        first["TrainingJobArn"] == f"arn:aws:sagemaker:us-east-1:111122223333:training-job/{first['TrainingJobName']}"
    )
    assert _describe_training(service, first["TrainingJobName"])["TrainingJobArn"] == first["TrainingJobArn"]


def test_the_best_training_has_the_best_objective(service: SageMaker, request_body: dict[str, Any]) -> None:
    """Before anything has ended there is none; then the highest or the lowest, as the objective's type says."""
    _start(service, request_body)
    assert "BestTrainingJob" not in _describe(service)
    service.advance(36_000)
    listed = _trainings(service)
    assert _describe(service)["BestTrainingJob"] == max(listed, key=_value)
    request_body["HyperParameterTuningJobName"] = "Tune-2"
    _start(service, request_body, HyperParameterTuningJobObjective={"Type": "Minimize", "MetricName": "validation:auc"})
    service.advance(36_000)
    listed = _trainings(service, HyperParameterTuningJobName="Tune-2")
    assert _describe(service, "Tune-2")["BestTrainingJob"] == min(listed, key=_value)


def test_the_same_hyperparameters_reach_the_same_objective(service: SageMaker, request_body: dict[str, Any]) -> None:
    """Hyperparameters follow from the seed, and objectives from the hyperparameters."""
    for name in ("Tune-1", "Tune-2"):
        request_body["HyperParameterTuningJobName"] = name
        _start(service, request_body, RandomSeed=7)
    service.advance(36_000)
    one, two = (
        [(training["TunedHyperParameters"], _value(training)) for training in _trainings(service, **parameters)]
        for parameters in ({}, {"HyperParameterTuningJobName": "Tune-2"})
    )
    assert sorted(one, key=repr) == sorted(two, key=repr)
    assert len({value for _, value in one}) == 20


def test_hyperparameters_are_in_their_ranges(service: SageMaker, request_body: dict[str, Any]) -> None:
    """Of every kind and scaling, as strings."""
    ranges = {
        "ContinuousParameterRanges": [
            {"Name": "eta", "MinValue": "0.0001", "MaxValue": "0.9", "ScalingType": "Logarithmic"},
            {"Name": "momentum", "MinValue": "0.5", "MaxValue": "0.999", "ScalingType": "ReverseLogarithmic"},
        ],
        "IntegerParameterRanges": [{"Name": "depth", "MinValue": "2", "MaxValue": "9"}],
        "CategoricalParameterRanges": [{"Name": "booster", "Values": ["gbtree", "dart"]}],
    }
    _start(service, request_body, ParameterRanges=ranges)
    service.advance(36_000)
    drawn = [training["TunedHyperParameters"] for training in _trainings(service)]
    assert all(0.0001 <= float(values["eta"]) <= 0.9 and 0.5 <= float(values["momentum"]) <= 0.999 for values in drawn)
    assert sum(float(values["eta"]) < 0.01 for values in drawn) > 5
    assert {int(values["depth"]) for values in drawn} <= set(range(2, 10))
    assert {values["booster"] for values in drawn} == {"gbtree", "dart"}


def test_a_range_without_numbers_is_refused(service: SageMaker, request_body: dict[str, Any]) -> None:
    """When the job is created."""
    ranges = {"ContinuousParameterRanges": [{"Name": "eta", "MinValue": "low", "MaxValue": "1"}]}
    with pytest.raises(ClientError, match="A bound of the range of the hyperparameter eta is no number"):
        _start(service, request_body, ParameterRanges=ranges)


def test_a_training_is_described_with_its_artifact(service: SageMaker, request_body: dict[str, Any]) -> None:
    """All of its hyperparameters, metric, instances, times, and where its model lies; before its end, no model."""
    request_body["TrainingJobDefinition"]["EnableManagedSpotTraining"] = True
    _start(service, request_body)
    name = _trainings(service)[0]["TrainingJobName"]
    before = _describe_training(service, name)
    assert (before["SecondaryStatus"], before["ModelArtifacts"]) == ("Starting", {"S3ModelArtifacts": ""})
    assert "TrainingStartTime" not in before
    service.advance(100)
    assert _describe_training(service, name)["SecondaryStatus"] == "Training"
    service.advance(36_000)
    (summary,) = (training for training in _trainings(service) if training["TrainingJobName"] == name)
    described = _describe_training(service, name)
    tuned = summary["TunedHyperParameters"]
    assert described["HyperParameters"] == {
        "num_round": "100",
        "_tuning_objective_metric": "validation:auc",
        **tuned,
    }
    assert described["ModelArtifacts"] == {"S3ModelArtifacts": f"s3://bucket/output/{name}/output/model.tar.gz"}
    assert described["ResourceConfig"] == request_body["TrainingJobDefinition"]["ResourceConfig"]
    assert described["TuningJobArn"] == _describe(service)["HyperParameterTuningJobArn"]
    (metric,) = described["FinalMetricDataList"]
    assert (metric["MetricName"], metric["Value"]) == ("validation:auc", pytest.approx(_value(summary)))
    seconds = (described["TrainingEndTime"] - described["TrainingStartTime"]).total_seconds()
    assert described["TrainingTimeInSeconds"] == pytest.approx(seconds, abs=1)
    assert described["BillableTimeInSeconds"] < described["TrainingTimeInSeconds"] / 2
    transitions = [transition["Status"] for transition in described["SecondaryStatusTransitions"]]
    assert transitions == ["Starting", "Training", "Completed"]


def test_a_training_gets_the_first_of_several_instances(service: SageMaker, request_body: dict[str, Any]) -> None:
    """Where a definition gives instances to choose from, one of them is what the training runs on."""
    definition = request_body["TrainingJobDefinition"]
    del definition["ResourceConfig"]
    instances = [
        {"InstanceType": kind, "InstanceCount": 1, "VolumeSizeInGB": 30} for kind in ("ml.m5.large", "ml.c5.xlarge")
    ]
    definition["HyperParameterTuningResourceConfig"] = {"InstanceConfigs": instances}
    _start(service, request_body)
    assert _describe_training(service, _trainings(service)[0]["TrainingJobName"])["ResourceConfig"] == instances[0]


def test_trainings_of_nobody_are_motos(service: SageMaker) -> None:
    """A training that no tuning has launched is looked for where moto keeps them."""
    with pytest.raises(ClientError, match="Requested resource not found"):
        _describe_training(service, "nobody")


def test_stop_stops_the_trainings(service: SageMaker, request_body: dict[str, Any]) -> None:
    """What runs is Stopping and then Stopped, nothing is launched any more, and what had completed stays."""
    _start(service, request_body)
    service.advance(900)
    completed = len(_trainings(service, StatusEquals="Completed"))
    assert completed > 0
    _client(service).stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="Tune-1")
    assert len(_trainings(service, StatusEquals="Stopping")) == 3
    assert _describe(service)["TrainingJobStatusCounters"]["InProgress"] == 3
    service.advance(36_000)
    counters = _describe(service)["TrainingJobStatusCounters"]
    assert counters == {
        "Completed": completed,
        "InProgress": 0,
        "RetryableError": 0,
        "NonRetryableError": 0,
        "Stopped": 3,
    }
    stopped = _describe_training(service, _trainings(service, StatusEquals="Stopped")[0]["TrainingJobName"])
    assert [transition["Status"] for transition in stopped["SecondaryStatusTransitions"]][-2:] == [
        "Stopping",
        "Stopped",
    ]


def test_a_training_that_was_stopped_before_its_start_has_cost_nothing(
    service: SageMaker, request_body: dict[str, Any]
) -> None:
    """It never started, and there is neither time to pay for nor an objective."""
    _start(service, request_body)
    _client(service).stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="Tune-1")
    service.advance(10)
    (first, *_others) = _trainings(service)
    assert (first["TrainingJobStatus"], first["ObjectiveStatus"]) == ("Stopped", "Failed")
    assert "TrainingStartTime" not in first
    assert "BillableTimeInSeconds" not in _describe_training(service, first["TrainingJobName"])


def test_a_job_that_fails_stops_its_trainings(service: SageMaker, request_body: dict[str, Any]) -> None:
    """Nothing runs on below a job that has ended."""
    _start(service, request_body)
    service.advance(300)
    service.fail_job("Tune-1", "the role is gone")
    assert {training["TrainingJobStatus"] for training in _trainings(service)} == {"Stopped"}


def test_a_training_fails_by_request(service: SageMaker, request_body: dict[str, Any]) -> None:
    """It says why, and the next one takes its place; what has ended can't fail any more."""
    _start(service, request_body)
    service.advance(300)
    name = _trainings(service)[1]["TrainingJobName"]
    service.fail_training(name, "AlgorithmError: no such column")
    (failed,) = _trainings(service, StatusEquals="Failed")
    assert (failed["TrainingJobName"], failed["FailureReason"]) == (name, "AlgorithmError: no such column")
    assert "FinalHyperParameterTuningJobObjectiveMetric" not in failed
    assert len(_trainings(service, StatusEquals="InProgress")) == 3
    with pytest.raises(ServiceError, match="because the training job is in status Failed"):
        service.fail_training(name, "too late")
    service.advance(36_000)
    assert _describe(service)["TrainingJobStatusCounters"]["NonRetryableError"] == 1
    assert _describe(service)["HyperParameterTuningJobStatus"] == "Completed"


def test_a_training_that_does_not_exist_cannot_fail(service: SageMaker) -> None:
    """Whoever asks for it is told."""
    with pytest.raises(ServiceError, match="Requested resource not found"):
        service.fail_training("nobody-001-12345678", "too late")


def test_a_definition_can_ask_for_failures(service: SageMaker, request_body: dict[str, Any]) -> None:
    """By a static hyperparameter, which needs no test at the controls: a share of the trainings fails."""
    request_body["TrainingJobDefinition"]["StaticHyperParameters"][FAILING_SHARE] = "0.25"
    _start(service, request_body)
    service.advance(36_000)
    described = _describe(service)
    assert described["HyperParameterTuningJobStatus"] == "Completed"
    assert described["TrainingJobStatusCounters"]["NonRetryableError"] == 5
    assert described["ObjectiveStatusCounters"] == {"Succeeded": 15, "Pending": 0, "Failed": 5}


@pytest.mark.parametrize(("limit", "attempts"), [(20, 5), (2, 2)])
def test_a_job_of_failures_alone_fails(
    service: SageMaker, request_body: dict[str, Any], limit: int, attempts: int
) -> None:
    """After five of them, or when there are no more to come."""
    request_body["TrainingJobDefinition"]["StaticHyperParameters"][FAILING_SHARE] = "1"
    _start(service, request_body, ResourceLimits={"MaxNumberOfTrainingJobs": limit, "MaxParallelTrainingJobs": 1})
    service.advance(36_000)
    assert _describe(service)["HyperParameterTuningJobStatus"] == "Failed"
    assert len(_trainings(service)) == attempts


def test_a_failing_share_that_is_no_number_is_a_hyperparameter_like_others(
    service: SageMaker, request_body: dict[str, Any]
) -> None:
    """The sandbox reads what it can, and lets the rest be."""
    request_body["TrainingJobDefinition"]["StaticHyperParameters"][FAILING_SHARE] = "many"
    _start(service, request_body)
    service.advance(36_000)
    assert _describe(service)["TrainingJobStatusCounters"]["Completed"] == 20


def test_early_stopping_ends_poor_trainings(service: SageMaker, request_body: dict[str, Any]) -> None:
    """They are Stopped, sooner than the others, with an objective; the best is not among them."""
    _start(service, request_body, TrainingJobEarlyStoppingType="Auto")
    service.advance(36_000)
    stopped = _trainings(service, StatusEquals="Stopped")
    completed = _trainings(service, StatusEquals="Completed")
    assert stopped
    assert len(stopped) + len(completed) == 20

    def seconds(training: dict[str, Any]) -> float:
        return float((training["TrainingEndTime"] - training["TrainingStartTime"]).total_seconds())

    assert max(map(seconds, stopped)) < min(map(seconds, completed))
    assert max(map(_value, stopped)) < max(map(_value, completed))
    assert _describe(service)["HyperParameterTuningJobStatus"] == "Completed"


def test_a_training_ends_at_its_longest_time(service: SageMaker, request_body: dict[str, Any]) -> None:
    """It is Stopped, and its details say why."""
    request_body["TrainingJobDefinition"]["StoppingCondition"] = {"MaxRuntimeInSeconds": 300}
    _start(service, request_body)
    service.advance(36_000)
    described = _describe_training(service, _trainings(service)[0]["TrainingJobName"])
    assert (described["TrainingJobStatus"], described["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert described["TrainingTimeInSeconds"] == 300


def test_a_job_ends_at_its_longest_time(service: SageMaker, request_body: dict[str, Any]) -> None:
    """However many trainings it might still launch; without a limit of their number there is this one."""
    limits = {"MaxParallelTrainingJobs": 3, "MaxRuntimeInSeconds": 2000}
    _start(service, request_body, ResourceLimits=limits)
    service.advance(36_000)
    described = _describe(service)
    assert described["HyperParameterTuningJobStatus"] == "Completed"
    assert described["ConsumedResources"] == {"RuntimeInSeconds": 2000}
    assert described["TrainingJobStatusCounters"]["InProgress"] == 0


@pytest.mark.parametrize(
    "criteria",
    [
        {"TargetObjectiveMetricValue": 0.6},
        {"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}},
        {"ConvergenceDetected": {"CompleteOnConvergence": "Enabled"}},
    ],
    ids=lambda criteria: next(iter(criteria)),
)
def test_a_completion_criterion_ends_a_job(
    service: SageMaker, request_body: dict[str, Any], criteria: dict[str, Any]
) -> None:
    """Once it is met nothing is launched any more, what runs is let run, and the job is Completed."""
    limits = {"MaxNumberOfTrainingJobs": 500, "MaxParallelTrainingJobs": 3}
    _start(service, request_body, ResourceLimits=limits, TuningJobCompletionCriteria=criteria)
    service.advance(360_000)
    described = _describe(service)
    assert described["HyperParameterTuningJobStatus"] == "Completed"
    assert described["TrainingJobStatusCounters"]["Completed"] < 100
    details = described["TuningJobCompletionDetails"]
    assert ("ConvergenceDetectedTime" in details) == ("ConvergenceDetected" in criteria)
    if "BestObjectiveNotImproving" in criteria:
        assert details["NumberOfTrainingJobsObjectiveNotImproving"] >= 3


def test_a_grid_is_walked_through(service: SageMaker, request_body: dict[str, Any]) -> None:
    """Each combination once, and none twice."""
    values = {"booster": ["gbtree", "dart"], "depth": ["2", "3", "5"]}
    ranges = {"CategoricalParameterRanges": [{"Name": name, "Values": some} for name, some in values.items()]}
    _start(service, request_body, Strategy="Grid", ParameterRanges=ranges)
    service.advance(36_000)
    points = {tuple(sorted(training["TunedHyperParameters"].items())) for training in _trainings(service)}
    assert len(_trainings(service)) == len(points) == 6


def test_definitions_take_turns(service: SageMaker, request_body: dict[str, Any]) -> None:
    """Each with its ranges and its objective, and its name in the summaries."""
    definition = request_body.pop("TrainingJobDefinition")
    config = request_body["HyperParameterTuningJobConfig"]
    request_body["TrainingJobDefinitions"] = [
        {
            **definition,
            "DefinitionName": name,
            "TuningObjective": config["HyperParameterTuningJobObjective"],
            "HyperParameterRanges": {"CategoricalParameterRanges": [{"Name": name, "Values": ["a", "b"]}]},
        }
        for name in ("linear", "tree")
    ]
    del config["HyperParameterTuningJobObjective"], config["ParameterRanges"]
    _start(service, request_body)
    service.advance(36_000)
    named = {
        (training["TrainingJobDefinitionName"], *training["TunedHyperParameters"]) for training in _trainings(service)
    }
    assert named == {("linear", "linear"), ("tree", "tree")}


def test_the_overall_best_is_looked_for_among_the_parents_too(service: SageMaker, request_body: dict[str, Any]) -> None:
    """For the same data and algorithm: the child's one training is hardly the best of all."""
    _start(service, request_body, RandomSeed=1)
    service.advance(36_000)
    request_body["HyperParameterTuningJobName"] = "Tune-2"
    request_body["WarmStartConfig"] = {
        "ParentHyperParameterTuningJobs": [
            {"HyperParameterTuningJobName": "tune-1"},
            {"HyperParameterTuningJobName": "elsewhere"},
        ],
        "WarmStartType": "IdenticalDataAndAlgorithm",
    }
    limits = {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1}
    _start(service, request_body, RandomSeed=2, ResourceLimits=limits)
    service.advance(36_000)
    parent, child = _describe(service), _describe(service, "Tune-2")
    assert "OverallBestTrainingJob" not in parent
    assert child["OverallBestTrainingJob"] == parent["BestTrainingJob"] | {"TuningJobName": "Tune-1"}
    assert child["OverallBestTrainingJob"] != child["BestTrainingJob"]


def test_trainings_are_listed_by_pages_in_the_order_asked_for(service: SageMaker, request_body: dict[str, Any]) -> None:
    """Ten a page and a hundred at most, by four keys, either way, or those of one status."""
    request_body["TrainingJobDefinition"]["StaticHyperParameters"][FAILING_SHARE] = "0.1"
    _start(service, request_body, ResourceLimits={"MaxNumberOfTrainingJobs": 120, "MaxParallelTrainingJobs": 10})
    service.advance(36_000)
    client = _client(service)

    def listed(**parameters: Any) -> dict[str, Any]:
        answer: dict[str, Any] = client.list_training_jobs_for_hyper_parameter_tuning_job(
            HyperParameterTuningJobName="Tune-1", **parameters
        )
        return answer

    assert len(listed()["TrainingJobSummaries"]) == 10
    page = listed(MaxResults=100)
    names = [training["TrainingJobName"] for training in page["TrainingJobSummaries"]]
    rest = listed(MaxResults=100, NextToken=page["NextToken"])
    names += [training["TrainingJobName"] for training in rest["TrainingJobSummaries"]]
    assert (len(names), "NextToken" in rest) == (120, False)
    assert names == sorted(names)
    values = [_value(training) for training in _trainings(service, SortBy="FinalObjectiveMetricValue")]
    assert (len(values), values) == (108, sorted(values))
    falling = _trainings(service, SortBy="FinalObjectiveMetricValue", SortOrder="Descending")
    assert [_value(training) for training in falling] == values[::-1]
    statuses = [training["TrainingJobStatus"] for training in _trainings(service, SortBy="Status")]
    assert statuses == sorted(statuses)
    assert len(_trainings(service, StatusEquals="Failed")) == 12
    with pytest.raises(ClientError, match="less than or equal to 100"):
        listed(MaxResults=101)
    with pytest.raises(ClientError, match="can't find a tuning job called nobody"):
        client.list_training_jobs_for_hyper_parameter_tuning_job(HyperParameterTuningJobName="nobody")


def test_answers_carry_the_time_of_the_services_clock(service: SageMaker) -> None:
    """In the Date header, by which a client can tell how old a job is, however fast the clock runs."""
    service.advance(3600)
    answer = _client(service).list_hyper_parameter_tuning_jobs()
    assert answer["ResponseMetadata"]["HTTPHeaders"]["date"] == "Fri, 15 Jan 2027 09:00:00 GMT"
