"""``hpt convert`` with a training job: what there is to tune, and by what, is asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from hpt_construct import api_model
from hpt_construct.cli import commands, request_file, training_job
from hpt_construct.cli.words import AskError
from tests.cli.test_convert import rendered
from tests.contract.test_fidelity import value_of
from tests.validation.rule_cases import IMAGE, XGBOOST

if TYPE_CHECKING:
    from pathlib import Path

TUNE = ("--tune", "eta=0.01:0.3:log", "--tune", "max_depth=2:10", "--tune", "booster=gbtree,dart")
OBJECTIVE = ("--objective", "validation:auc")


@pytest.fixture
def job(body: dict[str, Any]) -> dict[str, Any]:
    """A training job's request."""
    definition = body["TrainingJobDefinition"]
    del definition["StaticHyperParameters"]
    definition["AlgorithmSpecification"] = {"TrainingImage": XGBOOST, "TrainingInputMode": "File"}
    hyperparameters = {"eta": "0.2", "max_depth": "5", "num_round": "100", "objective": "binary:logistic"}
    channel = {
        "ChannelName": "train",
        "ContentType": "text/csv",
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://amzn-s3-demo-bucket/train"}},
    }
    return {
        "TrainingJobName": "one",
        "HyperParameters": hyperparameters,
        "InputDataConfig": [channel, {**channel, "ChannelName": "validation"}],
        "Tags": [{"Key": "team", "Value": "a"}],
        **definition,
    }


def _convert(tmp_path: Path, document: Any, *options: str) -> Result:
    path = tmp_path / "job.json"
    path.write_text(json.dumps(document))
    return CliRunner().invoke(commands.hpt, ["convert", str(path), *options], catch_exceptions=False)


def test_a_training_job_becomes_a_tuning_job(tmp_path: Path, job: dict[str, Any]) -> None:
    """It stays as it is, but for what is tuned; a comment asks for the limits, which nobody has given."""
    result = _convert(tmp_path, job, *TUNE, *OBJECTIVE)
    assert (result.exit_code, result.stderr) == (0, "")
    kept = ("AlgorithmSpecification", "RoleArn", "OutputDataConfig", "ResourceConfig", "StoppingCondition")
    assert rendered(result.stdout.partition("\n\n")[2]) == {
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "validation:auc"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 10, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {
                "IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "2", "MaxValue": "10"}],
                "ContinuousParameterRanges": [
                    {"Name": "eta", "MinValue": "0.01", "MaxValue": "0.3", "ScalingType": "Logarithmic"}
                ],
                "CategoricalParameterRanges": [{"Name": "booster", "Values": ["gbtree", "dart"]}],
            },
        },
        "TrainingJobDefinition": {
            **{name: job[name] for name in (*kept, "InputDataConfig")},
            "StaticHyperParameters": {"num_round": "100", "objective": "binary:logistic"},
        },
        "Tags": job["Tags"],
    }
    assert "    # Decide how many training jobs the search may take, and how many at a time.\n    resource_limits=" in (
        result.stdout
    )


def test_an_answer_of_describe_is_a_training_job_too(tmp_path: Path, job: dict[str, Any]) -> None:
    """What only SageMaker writes is left out, also what it adds to a training job of its own algorithm."""
    described = json.loads(json.dumps(job))
    del described["Tags"]
    described |= {
        "TrainingJobArn": "arn:aws:sagemaker:us-east-1:111122223333:training-job/one",
        "TrainingJobStatus": "Completed",
        "SecondaryStatusTransitions": [{"Status": "Starting"}],
        "BillableTimeInSeconds": 60,
        "ResponseMetadata": {},
    }
    described["AlgorithmSpecification"] |= {
        "MetricDefinitions": [{"Name": "validation:auc", "Regex": "(.)"}],
        "EnableSageMakerMetricsTimeSeries": False,
    }
    described["HyperParameters"]["_tuning_objective_metric"] = "validation:auc"
    del job["Tags"]
    assert _convert(tmp_path, described, *TUNE, *OBJECTIVE).output == _convert(tmp_path, job, *TUNE, *OBJECTIVE).output


@pytest.mark.parametrize(
    ("options", "asks"),
    [
        (
            (),
            "'eta=0.01:0.3:log' (it has the hyperparameters eta, max_depth, num_round, objective); --objective '",
        ),
        (TUNE, "what to tune by which metric: --objective 'validation:auc' (it has the metrics "),
        (OBJECTIVE, "what to tune by which metric: --tune 'eta=0.01:0.3:log' (it has the hyperparameters "),
    ],
    ids=["both", "the metric", "the ranges"],
)
def test_what_is_missing_is_asked_for(tmp_path: Path, job: dict[str, Any], options: tuple[str, ...], asks: str) -> None:
    """2, with what the training job has to choose from."""
    result = _convert(tmp_path, job, *options)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert "job.json' is of a training job; tell `hpt convert` what to tune by which metric: " in result.stderr
    assert asks in result.stderr
    assert "--from-job" not in result.stderr


def test_what_is_missing_is_asked_for_where_nothing_is_known(tmp_path: Path, job: dict[str, Any]) -> None:
    """A training job without hyperparameters, with an image and metrics of its own, which a tuning job has started."""
    del job["HyperParameters"]
    job["AlgorithmSpecification"] |= {"TrainingImage": IMAGE, "MetricDefinitions": [{"Name": "loss", "Regex": "(.)"}]}
    job["TuningJobArn"] = "arn:aws:sagemaker:us-east-1:111122223333:hyper-parameter-tuning-job/a"
    result = _convert(tmp_path, job)
    assert result.stderr.endswith(
        "metric: --tune 'eta=0.01:0.3:log'; --objective 'validation:auc' (it has the metric loss); "
        "or take the tuning job that started it, with --from-job\n"
    )


def test_init_asks_for_convert(tmp_path: Path, job: dict[str, Any]) -> None:
    """It has no options for ranges."""
    (tmp_path / "job.json").write_text(json.dumps(job))
    arguments = ["init", str(tmp_path / "app"), "--from", str(tmp_path / "job.json")]
    result = CliRunner().invoke(commands.hpt, arguments, catch_exceptions=False)
    assert (result.exit_code, "tell `hpt convert` what to tune" in result.stderr) == (2, True)
    assert not (tmp_path / "app").exists()


@pytest.mark.parametrize(
    ("image", "given", "kind", "expected"),
    [
        (XGBOOST, "eta=0:1", "Continuous", {"MinValue": "0", "MaxValue": "1"}),
        (XGBOOST, "max_depth=1:9", "Integer", {"MinValue": "1", "MaxValue": "9"}),
        (IMAGE, "eta=0:1", "Integer", {"MinValue": "0", "MaxValue": "1"}),
        (IMAGE, "eta=0.0:1", "Continuous", {"MinValue": "0.0", "MaxValue": "1"}),
        (
            IMAGE,
            "eta=1e-5:1e-1:Log",
            "Continuous",
            {"MinValue": "1e-5", "MaxValue": "1e-1", "ScalingType": "Logarithmic"},
        ),
        (IMAGE, "a=-1:1:linear", "Integer", {"MinValue": "-1", "MaxValue": "1", "ScalingType": "Linear"}),
        (
            IMAGE,
            "a=0.5:0.9:reverselog",
            "Continuous",
            {"MinValue": "0.5", "MaxValue": "0.9", "ScalingType": "ReverseLogarithmic"},
        ),
        (IMAGE, "a=b=c,d:e", "Categorical", {"Name": "a", "Values": ["b=c", "d:e"]}),
        (IMAGE, "a=1:2,", "Categorical", {"Name": "a", "Values": ["1:2", ""]}),
    ],
)
def test_a_range_is_read_as_it_is_written(
    job: dict[str, Any], image: str, given: str, kind: str, expected: dict[str, Any]
) -> None:
    """Whole numbers are of an integer, unless the algorithm takes any numbers; digits stay as they are."""
    job["AlgorithmSpecification"]["TrainingImage"] = image
    request, _ = training_job.tuning_request(job, "it", [given], "minimize loss")
    ranges = request["HyperParameterTuningJobConfig"]["ParameterRanges"]
    assert ranges == {f"{kind}ParameterRanges": [{"Name": given.partition("=")[0], **expected}]}


@pytest.mark.parametrize(
    ("image", "given", "objective"),
    [
        (XGBOOST, "validation:rmse", ("Minimize", "validation:rmse")),
        (XGBOOST, "maximize validation:rmse", ("Maximize", "validation:rmse")),
        (IMAGE, "val_loss", ("Minimize", "val_loss")),
        (IMAGE, "Minimize  my own", ("Minimize", "my own")),
    ],
    ids=["the algorithm tells", "it is said", "the name tells", "it is said of an unknown one"],
)
def test_the_direction_is_told_by_what_knows_it(
    job: dict[str, Any], image: str, given: str, objective: tuple[str, str]
) -> None:
    """The user, the algorithm, the metric's name, in this order."""
    job["AlgorithmSpecification"]["TrainingImage"] = image
    request, _ = training_job.tuning_request(job, "it", ["a=1:2"], given)
    found = request["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
    assert (found["Type"], found["MetricName"]) == objective


def test_all_that_cannot_be_understood_is_told_at_once(tmp_path: Path, job: dict[str, Any]) -> None:
    """2, with what is allowed."""
    wrong = ("eta", "eta=", "=1:2", "eta=1", "eta=a:b", "eta=1:2:steep")
    result = _convert(tmp_path, job, *(each for text in wrong for each in ("--tune", text)), "--objective", "score")
    assert result.exit_code == 2
    for text in wrong[:-1]:
        assert (
            f"--tune: got '{text}', must be NAME=LOW:HIGH, NAME=LOW:HIGH:SCALING or NAME=VALUE,VALUE" in result.stderr
        )
    assert "--tune: got the scaling 'steep', must be auto, linear, log or reverselog; " in result.stderr
    assert result.stderr.endswith("say --objective 'maximize score' or 'minimize score'\n")


def test_what_a_tuning_job_lacks_is_told(tmp_path: Path, job: dict[str, Any]) -> None:
    """A line for each reason; what is empty in the training job isn't missed."""
    job["AlgorithmSpecification"] |= {"ContainerEntrypoint": ["python"], "ContainerArguments": []}
    job |= {"ExperimentConfig": {"ExperimentName": "a"}, "DebugHookConfig": {"a": 1}, "ProfilerConfig": {"a": 1}}
    assert _convert(tmp_path, job, *TUNE, *OBJECTIVE).stderr.splitlines() == [
        "hpt: left out ExperimentConfig: a tuning job makes an experiment of its training jobs itself",
        "hpt: left out DebugHookConfig, ProfilerConfig: a tuning job has nothing in its place",
        "hpt: left out ContainerEntrypoint: a tuning job runs the image's own; set ENTRYPOINT in its Dockerfile",
    ]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda job: {"States": {"Train": {"Type": "Task", "Parameters": {**job, "TrainingJobName.$": "$.name"}}}},
        lambda job: {"Steps": [{"Type": "Training", "Arguments": job}]},
        lambda job: {name[0].lower() + name[1:]: value for name, value in job.items()},
    ],
    ids=["a state", "a step", "names in camelCase"],
)
def test_a_training_job_may_be_in_something_else(tmp_path: Path, job: dict[str, Any], wrap: Any) -> None:
    """As a tuning job may."""
    del job["TrainingJobName"]
    wrapped = _convert(tmp_path, wrap(job), *TUNE, *OBJECTIVE)
    assert (wrapped.exit_code, wrapped.stdout) == (0, _convert(tmp_path, job, *TUNE, *OBJECTIVE).stdout)


def test_a_manifest_of_a_training_job_loses_nothing(tmp_path: Path, job: dict[str, Any]) -> None:
    """Tags have names of the API's as well, and lists of names and values are the maps that they mean."""
    hyperparameters, tags = job["HyperParameters"], job["Tags"]
    spec = {name[0].lower() + name[1:]: value for name, value in job.items()}
    spec["hyperParameters"] = [{"name": name, "value": value} for name, value in hyperparameters.items()]
    spec["tags"] = [{"key": each["Key"], "value": each["Value"]} for each in tags]
    result = _convert(tmp_path, {"kind": "TrainingJob", "spec": spec}, *TUNE, *OBJECTIVE)
    assert (result.exit_code, result.stdout) == (0, _convert(tmp_path, job, *TUNE, *OBJECTIVE).stdout)


@pytest.mark.parametrize("described", [True, False])
def test_a_member_that_nobody_knows_is_told_unless_describe_returned_it(
    tmp_path: Path, job: dict[str, Any], *, described: bool
) -> None:
    """A misspelled one isn't dropped, and hyperparameters of another kind aren't either."""
    job |= {"Enviroment": {"A": "b"}} | ({"TrainingJobArn": "arn"} if described else {"HyperParameters": ["a"]})
    result = _convert(tmp_path, job, *TUNE, *OBJECTIVE)
    assert result.exit_code == (0 if described else 2)
    assert ("TrainingJobDefinition.Enviroment: not a member of " in result.stderr) is not described
    assert ("StaticHyperParameters: got ['a'], must be a map of strings" in result.stderr) is not described


@pytest.mark.parametrize("arguments", [("FILE", *TUNE), ("FILE", *OBJECTIVE), ("--from-job", "tune", *TUNE)])
def test_a_tuning_job_has_its_own_ranges(tmp_path: Path, body: dict[str, Any], arguments: tuple[str, ...]) -> None:
    """2: options that would be ignored are refused."""
    path = tmp_path / "request.json"
    path.write_text(json.dumps(body))
    arguments = tuple(str(path) if each == "FILE" else each for each in arguments)
    result = CliRunner().invoke(commands.hpt, ["convert", *arguments], catch_exceptions=False)
    assert result.exit_code == 2
    assert "--tune and --objective" in result.stderr


@given(
    definition=st.deferred(lambda: value_of("HyperParameterTrainingJobDefinition")), given=st.text(), metric=st.text()
)
def test_any_training_job_is_converted_or_told(definition: dict[str, Any], given: str, metric: str) -> None:
    """Whatever it has, and whatever is typed: what comes out is the definition, without what is tuned."""
    members = api_model.members("HyperParameterTrainingJobDefinition")
    try:
        request, _ = training_job.tuning_request(definition, "it", [given], metric)
    except AskError:
        request, _ = training_job.tuning_request(definition, "it", ["a=1:2"], "minimize it")
    assert set(request["TrainingJobDefinition"]) <= set(members)
    assert [problem for problem in request_file.problems(request) if "not a member" in problem] == []
