"""A request that breaks each rule, and the nearest one that does not: small edits of one minimal valid request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from hpt_construct.validation.rules import Level

E, W = Level.ERROR, Level.WARNING

IMAGE = "111122223333.dkr.ecr.us-west-2.amazonaws.com/mine:1"
FRAMEWORK = "763104351884.dkr.ecr.us-west-2.amazonaws.com/pytorch-training:2.3.0-cpu-py311"
XGBOOST = "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:1.7-1"
SCIKIT_LEARN = "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
PLAN = "arn:aws:sagemaker:us-west-2:111122223333:training-plan/plan"
LOSS = {"Type": "Minimize", "MetricName": "loss"}
DEFINED = [{"Name": "loss", "Regex": "loss=([0-9.]+)"}]
RATE = {"Name": "rate", "MinValue": "0.1", "MaxValue": "0.5"}
DEPTH = {"Name": "depth", "MinValue": "1", "MaxValue": "3"}
CATEGORY = {"Name": "kind", "Values": ["a", "b"]}
S3 = {"S3DataType": "S3Prefix", "S3Uri": "s3://amzn-s3-demo-bucket/train"}
EFS = {"FileSystemId": "fs-12345678", "FileSystemType": "EFS", "DirectoryPath": "/data", "FileSystemAccessMode": "ro"}
EXPRESSIONS = (
    # A lazy group at the end captures nothing, or a digit; the guide's own has something behind it.
    ("F1=(.*?)", "GAN_loss=(.*?);"),
    ("Test loss: ([0-9.]*?)", "'loss': ([0-9.]*)"),
    ("acc=([0-9.]+?)", "acc=([0-9.]+?) "),
    ("(?i)loss: (.*?)", "(?i)loss: (.*?),"),
    ("loss=(?P<value>.*?)", "loss=(?P<value>.*)"),
    ("loss=(.*?),?", "loss=(.*?)(?:,|$)"),
    # What is captured is no number.
    ("epoch=([a-m]+)", "epoch=([a-n]+)"),
    (r"loss=\\((\\S+)\\)", r"loss=\((\S+)\)"),
    ("loss=([0-9.]+ms)", r"loss=(\d\.\d{4})"),
    ("loss=([]a]+)", "loss=([^]a]+)"),
    ("[(]x=([a-c])", r"[\](]x=(-?\d\.\d{6}e[-+]\d\d)"),
    # One group of several may be the value, and a part that looks around can't be tried out alone.
    ("(loss|error)=([a-m]+)", "(loss|error)=([0-9.]+)"),
    ("loss=([-+]?[a-d]*(e[a-d]+)?).*$", "loss=([-+]?[0-9]*[.]?[0-9]+([eE][-+]?[0-9]+)?).*$"),
    ("loss=()", "(?<=loss=)(.*?)"),
)
VPC = {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}

Value = Any
"""A value of a request."""

DROP: Final = object()
"""As the value of an edit: take the member away."""

_ALIASES = {"config": "HyperParameterTuningJobConfig", "job": "TrainingJobDefinition", "jobs": "TrainingJobDefinitions"}


def steps(path: str) -> tuple[str | int, ...]:
    """Spell a path of the tables out, as validation has it."""
    first, *rest = path.split(".")
    return (_ALIASES.get(first, first), *(int(step) if step.isdecimal() else step for step in rest))


def edited(request: dict[str, Any], edits: dict[str, Any]) -> dict[str, Any]:
    """Return a copy with other values at some paths; what leads there is made where it is missing."""
    changed: dict[str, Any] = _copy(request)
    for path, value in edits.items():
        *above, last = steps(path)
        target: Any = changed
        for step in above:
            target = target[step] if isinstance(step, int) else target.setdefault(step, {})
        if value is DROP:
            target.pop(last, None)
        else:
            target[last] = _copy(value)
    return changed


def _copy(value: Value) -> Value:
    """Return a deep copy in which nothing is shared, as deepcopy would keep it: an edit then changes one place."""
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def ranges(kind: str, count: int, prefix: str = "p") -> list[dict[str, Any]]:
    """Return many ranges of a kind."""
    like: dict[str, dict[str, Any]] = {"Continuous": RATE, "Integer": DEPTH, "Categorical": CATEGORY}
    return [{**like[kind], "Name": f"{prefix}{number}"} for number in range(count)]


def statics(count: int) -> dict[str, str]:
    """Return many static hyperparameters."""
    return {f"s{number}": "1" for number in range(count)}


def channel(name: str = "train", **source: Value) -> dict[str, Any]:
    """Return a channel."""
    return {"ChannelName": name, "DataSource": source or {"S3DataSource": S3}}


def job(**members: Value) -> dict[str, Any]:
    """Return a definition."""
    return {
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File", "MetricDefinitions": DEFINED},
        "RoleArn": "arn:aws:iam::111122223333:role/SageMakerRole",
        "OutputDataConfig": {"S3OutputPath": "s3://amzn-s3-demo-bucket/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        "InputDataConfig": [channel()],
        **members,
    }


def metrics(count: int) -> list[dict[str, Any]]:
    """Return many metric definitions, the objective's among them."""
    return [*DEFINED, *({"Name": f"m{number}", "Regex": "(.)"} for number in range(count - 1))]


def one_of(name: str) -> dict[str, Any]:
    """Return one of several definitions."""
    return job(DefinitionName=name, TuningObjective=LOSS, HyperParameterRanges={"ContinuousParameterRanges": [RATE]})


SINGLE: dict[str, Any] = {
    "HyperParameterTuningJobName": "tuning",
    "HyperParameterTuningJobConfig": {
        "Strategy": "Bayesian",
        "HyperParameterTuningJobObjective": LOSS,
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 10, "MaxParallelTrainingJobs": 2},
        "ParameterRanges": {"ContinuousParameterRanges": [RATE]},
    },
    "TrainingJobDefinition": job(),
}
SEVERAL: dict[str, Any] = {
    "HyperParameterTuningJobName": "tuning",
    "HyperParameterTuningJobConfig": {
        "Strategy": "Bayesian",
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 10, "MaxParallelTrainingJobs": 2},
    },
    "TrainingJobDefinitions": [one_of("first"), one_of("second")],
}

_GRID: dict[str, Any] = {
    "config.Strategy": "Grid",
    "config.ParameterRanges": {"CategoricalParameterRanges": [CATEGORY, {"Name": "c", "Values": ["1", "2", "2", "3"]}]},
    "config.ResourceLimits.MaxNumberOfTrainingJobs": 6,
}
_BIG_GRID = {
    **_GRID,
    "config.ParameterRanges": {
        "CategoricalParameterRanges": [
            {"Name": name, "Values": [str(value) for value in range(count)]} for name, count in (("a", 30), ("b", 26))
        ]
    },
    "config.ResourceLimits.MaxNumberOfTrainingJobs": DROP,
}
_750 = {
    **_BIG_GRID,
    "config.ParameterRanges": {
        "CategoricalParameterRanges": [
            {"Name": name, "Values": [str(value) for value in range(count)]} for name, count in (("a", 30), ("b", 25))
        ]
    },
}
_DISCRETE = {"config.ParameterRanges": {"IntegerParameterRanges": [DEPTH], "CategoricalParameterRanges": [CATEGORY]}}
_IN_TWO = {
    "jobs.0.HyperParameterRanges": {"IntegerParameterRanges": [DEPTH]},
    "jobs.1.HyperParameterRanges": {"IntegerParameterRanges": [DEPTH]},
}
_NO_TOTAL = {"config.ResourceLimits.MaxNumberOfTrainingJobs": DROP}
_SPOT = {
    "job.EnableManagedSpotTraining": True,
    "job.StoppingCondition": {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 3600},
    "job.CheckpointConfig": {"S3Uri": "s3://amzn-s3-demo-bucket/checkpoints"},
}
_PARENTS = {"WarmStartConfig.WarmStartType": "TransferLearning"}
_AUTOTUNE = {"Autotune": {"Mode": "Enabled"}}


def _resource(**members: Value) -> dict[str, Any]:
    return {"job.ResourceConfig": {"VolumeSizeInGB": 30, **members}}


def _tuning_resource(**members: Value) -> dict[str, Any]:
    return {"job.ResourceConfig": DROP, "job.HyperParameterTuningResourceConfig": members}


def _group(name: str, count: int = 1) -> dict[str, Any]:
    return {"InstanceGroupName": name, "InstanceType": "ml.m5.large", "InstanceCount": count}


_CONFIGS = [{"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30}]
_PREFERENCES = [
    {"InstanceType": "ml.p5.48xlarge", "InstanceCount": 1},
    {"InstanceType": "ml.p4d.24xlarge", "InstanceCount": 2},
]


@dataclass(frozen=True)
class Case:
    """A rule of a level, edits that break it at a path, and edits that only nearly do."""

    rule: str
    level: Level
    about: str
    path: str
    broken: dict[str, Any]
    near_miss: dict[str, Any]
    operands: tuple[str, ...] = ()
    """Paths in the broken request, each of which the rule needs to know."""
    several: bool = False

    def request(self, edits: dict[str, Any]) -> dict[str, Any]:
        """Return the edited base."""
        return edited(SEVERAL if self.several else SINGLE, edits)

    def __str__(self) -> str:
        """Return what pytest shows."""
        return f"{self.rule}-{self.level.value}-{self.about}"


_TOTAL, _PARALLEL = "config.ResourceLimits.MaxNumberOfTrainingJobs", "config.ResourceLimits.MaxParallelTrainingJobs"
_CONTINUOUS = "config.ParameterRanges.ContinuousParameterRanges"
_INTEGER = "config.ParameterRanges.IntegerParameterRanges"
_CATEGORICAL = "config.ParameterRanges.CategoricalParameterRanges"
_AUTO = "config.ParameterRanges.AutoParameters"
_HYPERBAND = "config.StrategyConfig.HyperbandStrategyConfig"
_WAIT, _RUNTIME = "job.StoppingCondition.MaxWaitTimeInSeconds", "job.StoppingCondition.MaxRuntimeInSeconds"
_METRICS = "job.AlgorithmSpecification.MetricDefinitions"
_IMAGE = "job.AlgorithmSpecification.TrainingImage"
_STATIC = "job.StaticHyperParameters"
_CHANNEL = "job.InputDataConfig.0"
_SOURCE = f"{_CHANNEL}.DataSource"
_PARENT = "WarmStartConfig.ParentHyperParameterTuningJobs"

_XGBOOST = {
    _IMAGE: XGBOOST,
    _METRICS: DROP,
    "config.HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "validation:auc"},
    _CONTINUOUS: [{**RATE, "Name": "eta"}],
    _STATIC: {"num_round": "10", "objective": "binary:logistic"},
    "job.InputDataConfig": [channel(), channel("validation")],
}
_KMEANS = {
    **_XGBOOST,
    _IMAGE: "174872318107.dkr.ecr.us-west-2.amazonaws.com/kmeans:1",
    "config.HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "test:msd"},
    "config.ParameterRanges": {"IntegerParameterRanges": [{**DEPTH, "Name": "epochs"}]},
    _TOTAL: 2,
    _STATIC: {"feature_dim": "3", "k": "2"},
    "job.InputDataConfig": [channel(), channel("test")],
}
_SCRIPT = {
    _STATIC: {
        "sagemaker_program": '"train.py"',
        "sagemaker_submit_directory": '"s3://amzn-s3-demo-bucket/source.tar.gz"',
        "num_round": "10",
    },
}
_COPY = "111122223333.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:1.7-1"
_OBJECTIVE = "config.HyperParameterTuningJobObjective"
# AWS's own definitions for the lines of Keras.
_STEPS = [{"Name": "step", "Regex": "- ([0-9.]*?)ms/step"}, {"Name": "step", "Regex": "- ([0-9.]*?)s/step"}]


def _version(tag: str) -> str:
    """Return the URI of XGBoost's image with a tag."""
    return f"{XGBOOST.partition(':')[0]}:{tag}"


def _of_kmeans(image: str, **members: Value) -> dict[str, Any]:
    """Return the request for k-means with another algorithm's image, of which only what the case is about is right."""
    return {**_KMEANS, _IMAGE: f"433757028032.dkr.ecr.us-west-2.amazonaws.com/{image}:1", **members}


# fmt: off
CASES = (
    # Strategy and limits
    Case("G1", E, "integer-range", _INTEGER, {**_GRID, _INTEGER: [DEPTH]}, {**_GRID, _INTEGER: []},
         ("config.Strategy", _INTEGER)),
    Case("G1", E, "continuous-range-of-one-definition", "jobs.1.HyperParameterRanges.ContinuousParameterRanges",
         {"config.Strategy": "Grid", "jobs.0.HyperParameterRanges": {"CategoricalParameterRanges": [CATEGORY]}},
         {"config.Strategy": "Random"}, ("jobs.1.HyperParameterRanges", "jobs.1"), several=True),
    Case("G2", E, "another-total", _TOTAL, {**_GRID, _TOTAL: 8}, _GRID,
         ("config.Strategy", _TOTAL, f"{_CATEGORICAL}.0.Values.1")),
    Case("G2", E, "total-left-out", _TOTAL, {**_GRID, _TOTAL: 5}, {**_GRID, _TOTAL: DROP}, (_CATEGORICAL,)),
    Case("G3", E, "stated", _TOTAL, {**_GRID, _TOTAL: 751}, {**_GRID, _TOTAL: 750}, ("config.Strategy", _TOTAL)),
    Case("G3", E, "inferred", _CATEGORICAL, _BIG_GRID, _750, (f"{_CATEGORICAL}.1.Values", "config.Strategy")),
    Case("G4", W, "parallel-above-size", _PARALLEL, {**_GRID, _PARALLEL: 7}, {**_GRID, _PARALLEL: 6},
         (_PARALLEL, f"{_CATEGORICAL}.0")),
    Case("G4", W, "seed", "config.RandomSeed", {**_GRID, "config.RandomSeed": 1}, {"config.RandomSeed": 1},
         ("config.Strategy", "config.RandomSeed")),
    Case("H1", E, "early-stopping", "config.TrainingJobEarlyStoppingType",
         {"config.Strategy": "Hyperband", "config.TrainingJobEarlyStoppingType": "Auto"},
         {"config.Strategy": "Hyperband", "config.TrainingJobEarlyStoppingType": "Off"},
         ("config.Strategy", "config.TrainingJobEarlyStoppingType")),
    Case("H2", E, "no-epochs", f"{_HYPERBAND}.MaxResource", {"config.Strategy": "Hyperband", _STATIC: {"epoch": "3"}},
         {"config.Strategy": "Hyperband", _STATIC: {"n-epochs": "3"}}, ("config.Strategy", _STATIC)),
    Case("H2", E, "only-min-resource", f"{_HYPERBAND}.MaxResource",
         {"config.Strategy": "Hyperband", f"{_HYPERBAND}.MinResource": 1},
         {"config.Strategy": "Hyperband", f"{_HYPERBAND}.MaxResource": 9}, ("config.StrategyConfig", _HYPERBAND)),
    Case("H2", E, "epochs-in-one-of-two", f"{_HYPERBAND}.MaxResource",
         {"config.Strategy": "Hyperband", "jobs.0.StaticHyperParameters": {"epochs": "3"}},
         {"config.Strategy": "Hyperband", "jobs.0.StaticHyperParameters": {"epochs": "3"},
          "jobs.1.StaticHyperParameters": {"num_epochs": "3"}}, ("jobs", "jobs.1"), several=True),
    Case("H3", W, "settings-of-bayesian", "config.StrategyConfig", {f"{_HYPERBAND}.MaxResource": 9},
         {"config.Strategy": "Hyperband", f"{_HYPERBAND}.MaxResource": 9},
         ("config.StrategyConfig", "config.Strategy")),
    Case("H4", E, "max-above-limit", f"{_HYPERBAND}.MaxResource", {f"{_HYPERBAND}.MaxResource": 20_001},
         {f"{_HYPERBAND}.MaxResource": 20_000}, (_HYPERBAND, f"{_HYPERBAND}.MaxResource")),
    Case("H4", E, "min-above-max", f"{_HYPERBAND}.MinResource", {_HYPERBAND: {"MinResource": 10, "MaxResource": 9}},
         {_HYPERBAND: {"MinResource": 9, "MaxResource": 9}},
         (f"{_HYPERBAND}.MinResource", f"{_HYPERBAND}.MaxResource")),
    Case("L1", E, "parallel-above-total", _PARALLEL, {_PARALLEL: 3, _TOTAL: 2}, {_PARALLEL: 3, _TOTAL: 3},
         (_PARALLEL, _TOTAL, "config.ResourceLimits")),
    Case("L1", E, "no-total", _PARALLEL, {_PARALLEL: 11}, {_PARALLEL: 11, _TOTAL: DROP}, ("config",)),
    Case("L2", W, "total-above-quota", _TOTAL, {_TOTAL: 751}, {_TOTAL: 750}, (_TOTAL,)),
    Case("L3", E, "parallel-above-limit", _PARALLEL, {_TOTAL: 200, _PARALLEL: 101}, {_TOTAL: 200, _PARALLEL: 100},
         (_PARALLEL,)),
    Case("L3", W, "parallel-above-quota", _PARALLEL, {_TOTAL: 200, _PARALLEL: 11}, {_PARALLEL: 10}, (_PARALLEL,)),
    Case("L3", W, "error-says-it-already", _PARALLEL, {_TOTAL: 200, _PARALLEL: 100}, {_TOTAL: 200, _PARALLEL: 101}),
    Case("L4", W, "nothing-ends-it", _TOTAL,
         {**_NO_TOTAL,
          "config.TuningJobCompletionCriteria": {"ConvergenceDetected": {"CompleteOnConvergence": "Disabled"}}},
         {**_NO_TOTAL,
          "config.TuningJobCompletionCriteria": {"ConvergenceDetected": {"CompleteOnConvergence": "Enabled"}}},
         ("config.TuningJobCompletionCriteria",
          "config.TuningJobCompletionCriteria.ConvergenceDetected.CompleteOnConvergence")),
    Case("L4", W, "time", _TOTAL, _NO_TOTAL, {**_NO_TOTAL, "config.ResourceLimits.MaxRuntimeInSeconds": 3600},
         ("config.Strategy",)),
    Case("L4", W, "target", _TOTAL, {**_NO_TOTAL, "config.Strategy": "Random"},
         {**_NO_TOTAL, "config.TuningJobCompletionCriteria.TargetObjectiveMetricValue": 0.1}),
    Case("L4", W, "standstill", _TOTAL,
         {**_NO_TOTAL, "config.TuningJobCompletionCriteria": {"BestObjectiveNotImproving": {}}},
         {**_NO_TOTAL,
          "config.TuningJobCompletionCriteria.BestObjectiveNotImproving.MaxNumberOfTrainingJobsNotImproving": 3}),
    Case("L4", W, "autotune", _TOTAL, _NO_TOTAL, {**_NO_TOTAL, **_AUTOTUNE}),
    Case("L4", W, "grid", _TOTAL, _NO_TOTAL, {**_GRID, **_NO_TOTAL}),
    Case("L5", W, "31-days", "config.ResourceLimits.MaxRuntimeInSeconds",
         {"config.ResourceLimits.MaxRuntimeInSeconds": 2_592_001},
         {"config.ResourceLimits.MaxRuntimeInSeconds": 2_592_000}, ("config.ResourceLimits.MaxRuntimeInSeconds",)),
    Case("L6", W, "target-of-nothing", "config.TuningJobCompletionCriteria.TargetObjectiveMetricValue",
         {**_AUTOTUNE, "config.HyperParameterTuningJobObjective": DROP,
          "config.TuningJobCompletionCriteria.TargetObjectiveMetricValue": 0.1},
         {"config.TuningJobCompletionCriteria.TargetObjectiveMetricValue": 0.1},
         ("config.TuningJobCompletionCriteria.TargetObjectiveMetricValue",)),
    Case("L6", W, "objectives-of-definitions", "config.TuningJobCompletionCriteria.TargetObjectiveMetricValue",
         {"jobs.0.TuningObjective": DROP, "jobs.1.TuningObjective": DROP,
          "config.TuningJobCompletionCriteria.TargetObjectiveMetricValue": 0.1},
         {"config.TuningJobCompletionCriteria.TargetObjectiveMetricValue": 0.1}, ("jobs", "jobs.0"), several=True),

    Case("L7", W, "shorter", "config.ResourceLimits.MaxRuntimeInSeconds",
         {"config.ResourceLimits.MaxRuntimeInSeconds": 3599}, {"config.ResourceLimits.MaxRuntimeInSeconds": 3600},
         ("config.ResourceLimits.MaxRuntimeInSeconds", _RUNTIME, "job.StoppingCondition")),
    Case("L7", W, "default", "config.ResourceLimits.MaxRuntimeInSeconds",
         {"config.ResourceLimits.MaxRuntimeInSeconds": 3599},
         {"config.ResourceLimits.MaxRuntimeInSeconds": 3599, _RUNTIME: 86_400}),
    Case("L7", W, "of-one-definition", "config.ResourceLimits.MaxRuntimeInSeconds",
         {"config.ResourceLimits.MaxRuntimeInSeconds": 3600, "jobs.1.StoppingCondition.MaxRuntimeInSeconds": 7200},
         {"config.ResourceLimits.MaxRuntimeInSeconds": 7200, "jobs.1.StoppingCondition.MaxRuntimeInSeconds": 7200},
         ("jobs.1",), several=True),

    # Ranges and hyperparameters
    *(Case("P1", E, f"integer-{text or 'empty'}", f"{_INTEGER}.0.MinValue", {_INTEGER: [{**DEPTH, "MinValue": text}]},
           {_INTEGER: [{**DEPTH, "MinValue": "-3"}]}, (f"{_INTEGER}.0.MinValue", _INTEGER))
      for text in ("1.0", "1e3", "", " 1", "1_0", "nan", "٣", "auto")),
    *(Case("P1", E, f"continuous-{text or 'empty'}", f"{_CONTINUOUS}.0.MaxValue", {f"{_CONTINUOUS}.0.MaxValue": text},
           {f"{_CONTINUOUS}.0.MaxValue": fine}, (f"{_CONTINUOUS}.0.MaxValue", f"{_CONTINUOUS}.0"))
      for text, fine in (
          ("nan", "1"), ("inf", "1."), ("Infinity", "+1.5E+2"), ("", ".5"), ("1,5", "1.50"), ("0x1", "1"),
          ("1_0", "10"), ("1e999", "1e30"), ("1e-99999999999999999999", "1e-300"),
      )),
    Case("P2", E, "numbers-not-text", f"{_CONTINUOUS}.0.MinValue",
         {f"{_CONTINUOUS}.0": {"Name": "r", "MinValue": "10", "MaxValue": "9"}},
         {f"{_CONTINUOUS}.0": {"Name": "r", "MinValue": "9", "MaxValue": "10"}},
         (f"{_CONTINUOUS}.0.MinValue", f"{_CONTINUOUS}.0.MaxValue")),
    Case("P2", E, "exact", f"{_CONTINUOUS}.0.MinValue",
         {f"{_CONTINUOUS}.0": {"Name": "r", "MinValue": "0.10000000000000000001", "MaxValue": "0.1"}},
         {f"{_CONTINUOUS}.0": {"Name": "r", "MinValue": "0.1", "MaxValue": "1e-1"}}),
    Case("P2", E, "integer", f"{_INTEGER}.0.MinValue", {_INTEGER: [{**DEPTH, "MinValue": "4"}]},
         {_INTEGER: [{**DEPTH, "MinValue": "3"}]}),
    Case("P2", W, "no-choice", f"{_CONTINUOUS}.0.MinValue", {f"{_CONTINUOUS}.0.MaxValue": "1e-1"},
         {f"{_CONTINUOUS}.0.MaxValue": "0.11"}, (f"{_CONTINUOUS}.0.MinValue", f"{_CONTINUOUS}.0.MaxValue")),
    Case("P3", W, "value-twice", f"{_CATEGORICAL}.0.Values.2",
         {_CATEGORICAL: [{"Name": "k", "Values": ["a", "b", "a"]}]},
         {_CATEGORICAL: [{"Name": "k", "Values": ["a", "b", "A"]}]},
         (f"{_CATEGORICAL}.0.Values.2", f"{_CATEGORICAL}.0.Values")),
    Case("P4", E, "zero", f"{_CONTINUOUS}.0.MinValue",
         {f"{_CONTINUOUS}.0.ScalingType": "Logarithmic", f"{_CONTINUOUS}.0.MinValue": "0"},
         {f"{_CONTINUOUS}.0.ScalingType": "Logarithmic", f"{_CONTINUOUS}.0.MinValue": "1e-9"},
         (f"{_CONTINUOUS}.0.MinValue", f"{_CONTINUOUS}.0.ScalingType")),
    Case("P4", E, "integer", f"{_INTEGER}.0.MinValue",
         {_INTEGER: [{**DEPTH, "MinValue": "0", "ScalingType": "Logarithmic"}]},
         {_INTEGER: [{**DEPTH, "MinValue": "0", "ScalingType": "Linear"}]}),
    Case("P5", E, "integer", f"{_INTEGER}.0.ScalingType", {_INTEGER: [{**DEPTH, "ScalingType": "ReverseLogarithmic"}]},
         {_INTEGER: [{**DEPTH, "ScalingType": "Logarithmic"}]}, (f"{_INTEGER}.0.ScalingType",)),
    Case("P5", E, "max-is-one", f"{_CONTINUOUS}.0.MaxValue",
         {f"{_CONTINUOUS}.0": {**RATE, "MaxValue": "1.0", "ScalingType": "ReverseLogarithmic"}},
         {f"{_CONTINUOUS}.0": {"Name": "r", "MinValue": "0", "MaxValue": "0.999", "ScalingType": "ReverseLogarithmic"}},
         (f"{_CONTINUOUS}.0.MaxValue", f"{_CONTINUOUS}.0.ScalingType")),
    Case("P5", E, "min-below-zero", f"{_CONTINUOUS}.0.MinValue",
         {f"{_CONTINUOUS}.0": {**RATE, "MinValue": "-0.1", "ScalingType": "ReverseLogarithmic"}},
         {f"{_CONTINUOUS}.0": {**RATE, "ScalingType": "ReverseLogarithmic"}}, (f"{_CONTINUOUS}.0.MinValue",)),
    Case("P6", E, "two-kinds", f"{_CONTINUOUS}.0.Name", {_INTEGER: [{**DEPTH, "Name": "rate"}]},
         {_INTEGER: [{**DEPTH, "Name": "Rate"}]},
         (f"{_CONTINUOUS}.0.Name", f"{_INTEGER}.0.Name", _INTEGER, _CONTINUOUS)),
    Case("P6", E, "auto-parameter", f"{_AUTO}.0.Name", {**_AUTOTUNE, _AUTO: [{"Name": "rate", "ValueHint": "1"}]},
         {**_AUTOTUNE, _AUTO: [{"Name": "other", "ValueHint": "1"}]}, (_AUTO,)),
    Case("P7", E, "31-ranges", "config.ParameterRanges",
         {_CONTINUOUS: ranges("Continuous", 15), _INTEGER: ranges("Integer", 16, "i")},
         {_CONTINUOUS: ranges("Continuous", 15), _INTEGER: ranges("Integer", 15, "i")}, (_CONTINUOUS, f"{_INTEGER}.3")),
    Case("P8", E, "static-and-tuned", f"{_STATIC}.rate", {_STATIC: {"rate": "0.1"}}, {_STATIC: {"Rate": "0.1"}},
         (_STATIC, f"{_CONTINUOUS}.0.Name")),
    Case("P8", E, "of-its-own-definition", "jobs.1.StaticHyperParameters.rate",
         {"jobs.1.StaticHyperParameters": {"rate": "0.1"}}, {"jobs.1.StaticHyperParameters": {"other": "0.1"}},
         ("jobs.1.HyperParameterRanges",), several=True),
    Case("P9", W, "100", _STATIC, {_STATIC: statics(99)}, {_STATIC: statics(98)},
         (_STATIC, f"{_CONTINUOUS}.0", _CONTINUOUS, "config.ParameterRanges")),
    Case("P10", E, "too-few", _TOTAL, {**_DISCRETE, _TOTAL: 7}, {**_DISCRETE, _TOTAL: 6},
         (_TOTAL, f"{_INTEGER}.0.MaxValue", f"{_CATEGORICAL}.0.Values.0", "config.Strategy")),
    Case("P10", E, "continuous-range", _TOTAL, {**_DISCRETE, _TOTAL: 7}, {_INTEGER: [DEPTH], _TOTAL: 7}),
    Case("P10", E, "not-countable", _TOTAL, {**_DISCRETE, _TOTAL: 7},
         {_CONTINUOUS: [], _INTEGER: [{**DEPTH, "MinValue": "few"}], _TOTAL: 7}),
    Case("P10", E, "auto-parameters", _TOTAL, {**_DISCRETE, _TOTAL: 7},
         {**_DISCRETE, _AUTO: [{"Name": "any", "ValueHint": "1"}], _TOTAL: 7}),
    Case("P10", E, "of-several-definitions", _TOTAL, {**_IN_TWO, _TOTAL: 7}, {**_IN_TWO, _TOTAL: 6},
         ("jobs.0.HyperParameterRanges", "jobs.1.HyperParameterRanges"), several=True),
    Case("P10", E, "autotune", _TOTAL, {**_DISCRETE, _TOTAL: 7}, {**_DISCRETE, **_AUTOTUNE, _TOTAL: 7}),
    Case("P10", E, "grid-says-it-already", _TOTAL, {**_DISCRETE, _TOTAL: 7}, {**_GRID, _TOTAL: 7}),
    Case("P12", E, "metric", f"{_STATIC}._tuning_objective_metric", {_STATIC: {"_tuning_objective_metric": "loss"}},
         {_STATIC: {"_num_gpus": "auto", "sagemaker_program": '"train.py"', "sagemaker_region": '"us-west-2"'}},
         (_STATIC,)),
    *(Case("P13", W, name, f"{_STATIC}.{name}", {_STATIC: {name: value}}, {_STATIC: {harmless: fine}},
           (f"{_STATIC}.{name}",))
      for name, value, harmless, fine in (
          ("aws_secret_access_key", "wJalr", "aws_region", "us-west-2"),
          ("aws_access_key_id", "x", "access_key_column", "id"),
          ("db-password", '"hunter2"', "password_column", "pw"),
          ("clientSecret", "x", "client_secret_arn", "arn:aws:secretsmanager:us-west-2:111122223333:secret:x"),
          ("hf_token", "hf_x", "enc0_token_embedding_dim", "300"),
          ("WANDB_API_KEY", "x", "pad_token", "<pad>"),
          ("key", "AKIAIOSFODNN7EXAMPLE", "text", "AKIAIOSFODNN7"),
          ("auth_token", "x", "use_auth_token", "True"),
          ("secret", "x", "secretary", "x"),
      )),
    Case("P13", W, "environment", "job.Environment.API_KEY", {"job.Environment": {"API_KEY": "x"}},
         {"job.Environment": {"API_KEY": ""}}, ("job.Environment", "job.Environment.API_KEY")),
    Case("P14", E, "missing", "config.ParameterRanges", {"config.ParameterRanges": DROP},
         {**_AUTOTUNE, "config.ParameterRanges": DROP}, ("job",)),
    Case("P14", E, "empty", "config.ParameterRanges", {_CONTINUOUS: []}, {_CONTINUOUS: [], _CATEGORICAL: [CATEGORY]},
         (_CONTINUOUS, "config.ParameterRanges")),
    Case("P14", E, "empty-in-definition", "jobs.1.HyperParameterRanges", {"jobs.1.HyperParameterRanges": {}},
         {**_AUTOTUNE, "jobs.1.HyperParameterRanges": {}}, ("jobs.1.HyperParameterRanges",), several=True),

    Case("P15", W, "hyperparameter", f"{_STATIC}.rounds", {_STATIC: {"rounds": "{{resolve:ssm:rounds}}"}},
         {_STATIC: {"rounds": "{resolve:ssm:rounds}"}}, (_STATIC, f"{_STATIC}.rounds")),
    Case("P15", W, "environment", "job.Environment.STAGE", {"job.Environment": {"STAGE": "x-{{resolve:ssm:stage}}"}},
         {"job.Environment": {"STAGE": "{{stage}}"}}, ("job.Environment", "job.Environment.STAGE")),
    Case("P15", W, "image", _IMAGE, {_IMAGE: "{{resolve:ssm:/images/churn}}"}, {_IMAGE: FRAMEWORK},
         (_IMAGE, "job.AlgorithmSpecification")),

    # Definitions, Autotune, warm start
    Case("X1", E, "none", "job", {"job": DROP}, {}),
    Case("X1", E, "both", "jobs", {"jobs": [one_of("one")]}, {}, ("job", "jobs")),
    Case("X2", E, "objective-of-tuning", "config.HyperParameterTuningJobObjective",
         {"config.HyperParameterTuningJobObjective": LOSS}, {}, ("jobs", "config.HyperParameterTuningJobObjective"),
         several=True),
    Case("X2", E, "ranges-of-tuning", "config.ParameterRanges", {"config.ParameterRanges": {}}, {},
         ("config.ParameterRanges",), several=True),
    Case("X2", E, "no-objective", "jobs.0.TuningObjective", {"jobs.0.TuningObjective": DROP},
         {**_AUTOTUNE, "jobs.0.TuningObjective": DROP}, ("jobs.0",), several=True),
    Case("X2", E, "no-ranges", "jobs.1.HyperParameterRanges", {"jobs.1.HyperParameterRanges": DROP},
         {**_AUTOTUNE, "jobs.1.HyperParameterRanges": DROP}, ("jobs.1",), several=True),
    Case("X3", E, "no-name", "jobs.1.DefinitionName", {"jobs.1.DefinitionName": DROP}, {}, ("jobs.1",), several=True),
    Case("X3", E, "name-twice", "jobs.1.DefinitionName", {"jobs.1.DefinitionName": "first"},
         {"jobs.1.DefinitionName": "third"}, ("jobs.0.DefinitionName", "jobs.1.DefinitionName"), several=True),
    Case("X4", E, "warm-start", "WarmStartConfig", {**_PARENTS, _PARENT: [{"HyperParameterTuningJobName": "parent"}]},
         {}, ("WarmStartConfig", "jobs"), several=True),
    Case("X4", W, "early-stopping", "config.TrainingJobEarlyStoppingType",
         {"config.TrainingJobEarlyStoppingType": "Auto"}, {"config.TrainingJobEarlyStoppingType": "Off"},
         ("config.TrainingJobEarlyStoppingType", "jobs"), several=True),
    Case("X5", W, "objective", "job.TuningObjective", {"job.TuningObjective": LOSS}, {"job.DefinitionName": "one"},
         ("job.TuningObjective",)),
    Case("X5", W, "ranges", "job.HyperParameterRanges", {"job.HyperParameterRanges": {}}, {},
         ("job.HyperParameterRanges",)),
    Case("X6", E, "no-objective", "config.HyperParameterTuningJobObjective",
         {"config.HyperParameterTuningJobObjective": DROP},
         {**_AUTOTUNE, "config.HyperParameterTuningJobObjective": DROP}, ("job",)),
    Case("A1", W, "without-autotune", _AUTO, {_AUTO: [{"Name": "x", "ValueHint": "1"}]},
         {**_AUTOTUNE, _AUTO: [{"Name": "x", "ValueHint": "1"}]}, (_AUTO,)),
    Case("A1", W, "empty", _AUTO, {_AUTO: [{"Name": "x", "ValueHint": "1"}]}, {_AUTO: []}),
    Case("A2", E, "static-too", f"{_AUTO}.0.Name",
         {**_AUTOTUNE, _AUTO: [{"Name": "x", "ValueHint": "1"}], _STATIC: {"x": "1"}},
         {**_AUTOTUNE, _AUTO: [{"Name": "x", "ValueHint": "1"}], _STATIC: {"y": "1"}}, (f"{_AUTO}.0.Name", _STATIC)),
    Case("W1", E, "no-name", f"{_PARENT}.0.HyperParameterTuningJobName", {**_PARENTS, _PARENT: [{}]},
         {**_PARENTS, _PARENT: [{"HyperParameterTuningJobName": "parent"}]}, (f"{_PARENT}.0",)),
    Case("W1", E, "name-twice", f"{_PARENT}.1.HyperParameterTuningJobName",
         {**_PARENTS, _PARENT: [{"HyperParameterTuningJobName": "parent"}, {"HyperParameterTuningJobName": "Parent"}]},
         {**_PARENTS, _PARENT: [{"HyperParameterTuningJobName": "parent"}, {"HyperParameterTuningJobName": "parent2"}]},
         (f"{_PARENT}.0.HyperParameterTuningJobName", f"{_PARENT}.1", "WarmStartConfig")),
    Case("W1", E, "own-name", f"{_PARENT}.0.HyperParameterTuningJobName",
         {**_PARENTS, _PARENT: [{"HyperParameterTuningJobName": "TUNING"}]},
         {**_PARENTS, _PARENT: [{"HyperParameterTuningJobName": "TUNING"}], "HyperParameterTuningJobName": DROP},
         ("HyperParameterTuningJobName", f"{_PARENT}.0.HyperParameterTuningJobName")),
    Case("W8", W, "hyperband", "WarmStartConfig",
         {**_PARENTS, _PARENT: [{"HyperParameterTuningJobName": "parent"}], "config.Strategy": "Hyperband"},
         {**_PARENTS, _PARENT: [{"HyperParameterTuningJobName": "parent"}], "config.Strategy": "Random"},
         ("WarmStartConfig", "config.Strategy")),

    # Algorithm and metrics
    Case("D1", E, "both", "job.AlgorithmSpecification.AlgorithmName",
         {"job.AlgorithmSpecification.AlgorithmName": "mine"}, {},
         (_IMAGE, "job.AlgorithmSpecification.AlgorithmName", "job.AlgorithmSpecification")),
    Case("D1", E, "none", _IMAGE, {_IMAGE: DROP}, {_IMAGE: DROP, "job.AlgorithmSpecification.AlgorithmName": "mine"}),
    Case("D2", E, "algorithm-name", _METRICS, {_IMAGE: DROP, "job.AlgorithmSpecification.AlgorithmName": "mine"},
         {_IMAGE: DROP, "job.AlgorithmSpecification.AlgorithmName": "mine", _METRICS: []},
         (_METRICS, "job.AlgorithmSpecification.AlgorithmName")),
    Case("D2", W, "built-in", _METRICS, {_IMAGE: XGBOOST}, {_IMAGE: FRAMEWORK}, (_IMAGE, _METRICS)),
    Case("D2", W, "script-in-xgboost", _METRICS, {_IMAGE: XGBOOST},
         {_IMAGE: XGBOOST, _STATIC: {"sagemaker_program": '"train.py"'}}),
    Case("D2", W, "scikit-learn-of-the-same-account", _METRICS, {_IMAGE: XGBOOST}, {_IMAGE: SCIKIT_LEARN}),
    Case("D3", E, "not-among-them", _METRICS, {f"{_METRICS}.0.Name": "accuracy"},
         {_METRICS: [{"Name": "accuracy", "Regex": "(.)"}, *DEFINED]},
         (_METRICS, f"{_METRICS}.0.Name", f"{_METRICS}.0", "config.HyperParameterTuningJobObjective.MetricName",
          _IMAGE)),
    Case("D3", E, "built-in-has-its-own", _METRICS, {f"{_METRICS}.0.Name": "accuracy"},
         {f"{_METRICS}.0.Name": "accuracy", _IMAGE: XGBOOST}),
    Case("D3", E, "objective-of-one-definition", "jobs.1.AlgorithmSpecification.MetricDefinitions",
         {"jobs.1.TuningObjective.MetricName": "f1"}, {}, ("jobs.1.TuningObjective",), several=True),
    *(Case("D3", E, image.partition("/")[2], _METRICS, {_IMAGE: image, _METRICS: DROP},
           {_IMAGE: XGBOOST, _METRICS: DROP},
           (_IMAGE, "config.HyperParameterTuningJobObjective", "job.AlgorithmSpecification"))
      for image in (FRAMEWORK, SCIKIT_LEARN, "520713654638.dkr.ecr.us-west-2.amazonaws.com/sagemaker-pytorch:1.1.0")),
    Case("D3", W, "built-in", _METRICS, {_METRICS: DROP}, {_IMAGE: XGBOOST, _METRICS: DROP},
         (_IMAGE, "config.HyperParameterTuningJobObjective")),
    Case("D3", W, "framework-says-it-already", _METRICS, {_METRICS: DROP}, {_IMAGE: FRAMEWORK, _METRICS: DROP}),
    Case("D3", W, "no-objective", _METRICS, {_METRICS: []},
         {**_AUTOTUNE, _METRICS: [], "config.HyperParameterTuningJobObjective": DROP}, (_METRICS,)),
    Case("D3", W, "algorithm-name", _METRICS, {_METRICS: DROP},
         {_METRICS: DROP, _IMAGE: DROP, "job.AlgorithmSpecification.AlgorithmName": "mine"}),
    Case("D4", W, "no-group", f"{_METRICS}.0.Regex", {f"{_METRICS}.0.Regex": "loss=[0-9]+"},
         {f"{_METRICS}.0.Regex": "[[a]loss=([0-9]+)"}, (f"{_METRICS}.0.Regex",)),
    Case("D4", W, "no-regex", f"{_METRICS}.0.Regex", {f"{_METRICS}.0.Regex": "loss=([0-9]+"},
         {f"{_METRICS}.0.Regex": r"loss=\(([0-9]+)"}),
    *(Case("D4", W, f"{regex}-{fine}", f"{_METRICS}.0.Regex", {f"{_METRICS}.0.Regex": regex},
           {f"{_METRICS}.0.Regex": fine}, (f"{_METRICS}.0.Regex", f"{_METRICS}.0", _METRICS))
      for regex, fine in EXPRESSIONS),
    Case("D5", W, "twice", f"{_METRICS}.1.Name", {_METRICS: DEFINED * 2},
         {_METRICS: [*DEFINED, {**DEFINED[0], "Name": "Loss"}]},
         (f"{_METRICS}.0.Name", f"{_METRICS}.1.Name", f"{_METRICS}.0.Regex", f"{_METRICS}.1.Regex", _METRICS)),
    Case("D5", W, "two-expressions", f"{_METRICS}.2.Name", {_METRICS: [*DEFINED, *_STEPS[:1] * 2]},
         {_METRICS: [*DEFINED, *_STEPS]}),

    Case("D10", W, "no-script", f"{_STATIC}.sagemaker_program", {_IMAGE: FRAMEWORK}, {**_SCRIPT, _IMAGE: FRAMEWORK},
         (_IMAGE, _STATIC, "job.Environment", "job.AlgorithmSpecification")),
    Case("D10", W, "script-of-environment", f"{_STATIC}.sagemaker_program", {_IMAGE: SCIKIT_LEARN},
         {_IMAGE: SCIKIT_LEARN, "job.Environment": {"SAGEMAKER_PROGRAM": "/opt/ml/input/data/code/train.py"}}),
    Case("D10", W, "image-of-ones-own", f"{_STATIC}.sagemaker_program", {_IMAGE: FRAMEWORK},
         {_IMAGE: "111122223333.dkr.ecr.us-west-2.amazonaws.com/pytorch-training:2.3.0"}),
    Case("D10", W, "algorithm-of-xgboost", f"{_STATIC}.sagemaker_program", {_IMAGE: FRAMEWORK}, _XGBOOST),
    Case("D10", W, "script-in-s3", f"{_STATIC}.sagemaker_program",
         {**_SCRIPT, _IMAGE: FRAMEWORK, f"{_STATIC}.sagemaker_program": "s3://amzn-s3-demo-bucket/train.py"},
         {**_SCRIPT, _IMAGE: FRAMEWORK, f"{_STATIC}.sagemaker_program": "training/train.py"},
         (_IMAGE, _STATIC, f"{_STATIC}.sagemaker_program")),
    Case("D10", W, "no-archive", f"{_STATIC}.sagemaker_submit_directory",
         {_IMAGE: FRAMEWORK, _STATIC: {"sagemaker_program": "train.py"}},
         {_IMAGE: FRAMEWORK, _STATIC: {"sagemaker_program": '"/opt/ml/input/data/code/train.py"'}},
         (_IMAGE, _STATIC, f"{_STATIC}.sagemaker_program")),
    Case("D10", W, "no-archive-of-environment", f"{_STATIC}.sagemaker_submit_directory",
         {_IMAGE: FRAMEWORK, "job.Environment": {"SAGEMAKER_PROGRAM": "train.py"}},
         {_IMAGE: FRAMEWORK, "job.Environment": {"SAGEMAKER_PROGRAM": "/opt/ml/input/data/code/train.py"}},
         ("job.Environment", "job.Environment.SAGEMAKER_PROGRAM")),
    *(Case("D10", W, f"submitted-{where}", f"{_STATIC}.sagemaker_submit_directory",
           {**_XGBOOST, **_SCRIPT, f"{_STATIC}.sagemaker_submit_directory": where},
           {**_XGBOOST, **_SCRIPT, f"{_STATIC}.sagemaker_submit_directory": fine},
           (f"{_STATIC}.sagemaker_submit_directory", _STATIC, _IMAGE))
      for where, fine in (
          ("s3://mine", "s3://mine/code"), ('"s3://mine/code/"', "/opt/ml/input/data/code"),
          ("s3://mine/train.py", '"s3://mine/train.py.tar.gz"'), ("s3://mine/code.zip", "s3://mine/code.tgz"),
      )),

    *(Case("D11", E, image, _IMAGE, {_IMAGE: image}, {_IMAGE: fine}, (_IMAGE, "job.AlgorithmSpecification"))
      for image, fine in (
          ("python:3.14", "111122223333.dkr.ecr.us-west-2.amazonaws.com/python:3.14"),
          ("docker.io/mine/churn", "111122223333.dkr-ecr.us-west-2.on.aws/mine/churn"),
          ("public.ecr.aws/mine/churn:1", "111122223333.dkr.ecr-fips.us-gov-west-1.amazonaws.com/mine/churn:1"),
          ("https://111122223333.dkr.ecr.us-west-2.amazonaws.com/churn",
           "111122223333.dkr.ecr.eusc-de-east-1.amazonaws.eu/churn"),
          ("111122223333.dkr.ecr.us-west-2.amazonaws.com", "{{resolve:ssm:/images/churn}}"),
      )),
    Case("D11", E, "algorithm-name", _IMAGE, {_IMAGE: "mine"},
         {_IMAGE: DROP, "job.AlgorithmSpecification.AlgorithmName": "mine"}),

    *(Case("D12", W, name, f"{_OBJECTIVE}.Type",
           {_OBJECTIVE: {"Type": wrong, "MetricName": name}, f"{_METRICS}.0.Name": name},
           {_OBJECTIVE: {"Type": wrong, "MetricName": other}, f"{_METRICS}.0.Name": other},
           (f"{_OBJECTIVE}.Type", f"{_OBJECTIVE}.MetricName", _OBJECTIVE, _IMAGE))
      for wrong, name, other in (
          ("Maximize", "loss", "neg_loss"), ("Maximize", "Average test loss", "lossless"),
          ("Maximize", "validation:rmse", "rmse_reduction"), ("Maximize", "valLogloss", "val_auc"),
          ("Maximize", "eval_perplexity", "perplexity score"), ("Minimize", "roc-auc", "1-auc"),
          ("Minimize", "Validation F1", "f1 and loss"), ("Minimize", "val_acc", "accelerator"),
      )),
    Case("D12", W, "of-one-definition", "jobs.1.TuningObjective.Type", {"jobs.1.TuningObjective.Type": "Maximize"}, {},
         ("jobs.1.TuningObjective", "jobs.1.TuningObjective.Type", "jobs.1.AlgorithmSpecification"), several=True),
    Case("D12", W, "guide-says-it", f"{_OBJECTIVE}.Type", {f"{_OBJECTIVE}.Type": "Maximize"},
         {**_XGBOOST, f"{_OBJECTIVE}.Type": "Minimize"}),

    # Compute, time, spot
    Case("R1", E, "none", "job.ResourceConfig", {"job.ResourceConfig": DROP},
         _tuning_resource(InstanceConfigs=_CONFIGS)),
    Case("R1", E, "both", "job.HyperParameterTuningResourceConfig",
         {"job.HyperParameterTuningResourceConfig": {"InstanceConfigs": _CONFIGS}}, {},
         ("job.ResourceConfig", "job.HyperParameterTuningResourceConfig")),
    Case("R2", E, "configs-and-type", "job.HyperParameterTuningResourceConfig.InstanceType",
         _tuning_resource(InstanceConfigs=_CONFIGS, InstanceType="ml.m5.large"),
         _tuning_resource(InstanceConfigs=_CONFIGS),
         ("job.HyperParameterTuningResourceConfig.InstanceConfigs",
          "job.HyperParameterTuningResourceConfig.InstanceType")),
    Case("R2", E, "configs-and-count", "job.HyperParameterTuningResourceConfig.InstanceCount",
         _tuning_resource(InstanceConfigs=_CONFIGS, InstanceCount=1), _tuning_resource(InstanceConfigs=_CONFIGS),
         ("job.HyperParameterTuningResourceConfig.InstanceConfigs",
          "job.HyperParameterTuningResourceConfig.InstanceCount")),
    Case("R2", E, "no-count", "job.HyperParameterTuningResourceConfig.InstanceCount",
         _tuning_resource(InstanceType="ml.g5.xlarge"), _tuning_resource(InstanceType="ml.g5.xlarge", InstanceCount=1),
         ("job.HyperParameterTuningResourceConfig",)),
    Case("R3", W, "nothing-to-order", "job.HyperParameterTuningResourceConfig.AllocationStrategy",
         _tuning_resource(AllocationStrategy="Prioritized", InstanceType="ml.g5.xlarge", InstanceCount=1),
         _tuning_resource(AllocationStrategy="Prioritized", InstanceConfigs=_CONFIGS),
         ("job.HyperParameterTuningResourceConfig.AllocationStrategy",)),
    Case("R4", E, "groups-and-type", "job.ResourceConfig.InstanceType",
         _resource(InstanceGroups=[_group("a")], InstanceType="ml.m5.large"), _resource(InstanceGroups=[_group("a")]),
         ("job.ResourceConfig.InstanceGroups", "job.ResourceConfig.InstanceType")),
    Case("R4", E, "groups-and-count", "job.ResourceConfig.InstanceCount",
         _resource(InstanceGroups=[_group("a")], InstanceCount=1), _resource(InstanceGroups=[_group("a")]),
         ("job.ResourceConfig.InstanceGroups", "job.ResourceConfig.InstanceCount")),
    Case("R4", E, "no-type", "job.ResourceConfig.InstanceType", _resource(InstanceGroups=[], InstanceCount=1),
         _resource(InstanceGroups=[], InstanceType="ml.m5.large", InstanceCount=1), ("job.ResourceConfig",)),
    Case("R4", E, "no-count", "job.ResourceConfig.InstanceCount", _resource(InstanceType="ml.m5.large"),
         _resource(InstancePreferences=_PREFERENCES)),
    Case("R4", E, "group-twice", "job.ResourceConfig.InstanceGroups.1.InstanceGroupName",
         _resource(InstanceGroups=[_group("a"), _group("a")]), _resource(InstanceGroups=[_group("a"), _group("b")]),
         ("job.ResourceConfig.InstanceGroups.0.InstanceGroupName",)),
    Case("R4", E, "unknown-group", f"{_SOURCE}.S3DataSource.InstanceGroupNames.1",
         {**_resource(InstanceGroups=[_group("a")]), f"{_SOURCE}.S3DataSource.InstanceGroupNames": ["a", "b"]},
         {**_resource(InstanceGroups=[_group("a"), _group("b")]),
          f"{_SOURCE}.S3DataSource.InstanceGroupNames": ["a", "b"]},
         (f"{_SOURCE}.S3DataSource.InstanceGroupNames.1", "job.ResourceConfig.InstanceGroups.0.InstanceGroupName",
          "job.ResourceConfig")),
    Case("R4", E, "groups-of-nothing", f"{_SOURCE}.S3DataSource.InstanceGroupNames.0",
         {**_resource(InstanceGroups=[_group("a")]), f"{_SOURCE}.S3DataSource.InstanceGroupNames": ["b"]},
         {f"{_SOURCE}.S3DataSource.InstanceGroupNames": ["b"]}),
    Case("R4", W, "no-groups", f"{_SOURCE}.S3DataSource.InstanceGroupNames",
         {f"{_SOURCE}.S3DataSource.InstanceGroupNames": ["instance-group-1"]},
         {f"{_SOURCE}.S3DataSource.InstanceGroupNames": []},
         (f"{_SOURCE}.S3DataSource.InstanceGroupNames", "job.ResourceConfig")),
    Case("R5", E, "preferences-and-type", "job.ResourceConfig.InstanceType",
         _resource(InstancePreferences=_PREFERENCES, InstanceType="ml.m5.large"),
         _resource(InstancePreferences=_PREFERENCES),
         ("job.ResourceConfig.InstancePreferences", "job.ResourceConfig.InstanceType")),
    Case("R5", E, "spot", "job.EnableManagedSpotTraining", {**_resource(InstancePreferences=_PREFERENCES), **_SPOT},
         {**_resource(InstancePreferences=_PREFERENCES), "job.EnableManagedSpotTraining": False},
         ("job.EnableManagedSpotTraining",)),
    Case("R5", E, "type-twice", "job.ResourceConfig.InstancePreferences.1.InstanceType",
         _resource(InstancePreferences=_PREFERENCES[:1] * 2), _resource(InstancePreferences=_PREFERENCES),
         ("job.ResourceConfig.InstancePreferences.0.InstanceType",)),
    Case("R5", E, "counted-twice", "job.ResourceConfig.InstanceCount",
         _resource(InstancePreferences=_PREFERENCES, InstanceCount=1),
         _resource(InstancePreferences=[{"InstanceType": "ml.p5.48xlarge"}], InstanceCount=1),
         ("job.ResourceConfig.InstanceCount", "job.ResourceConfig.InstancePreferences.0")),
    Case("R5", E, "one-not-counted", "job.ResourceConfig.InstancePreferences.1.InstanceCount",
         _resource(InstancePreferences=[_PREFERENCES[0], {"InstanceType": "ml.p4d.24xlarge"}]),
         _resource(InstancePreferences=_PREFERENCES), ("job.ResourceConfig.InstancePreferences.0.InstanceCount",)),
    Case("R5", E, "plan-twice", "job.ResourceConfig.InstancePreferences.0.TrainingPlanArns",
         _resource(InstancePreferences=[{**_PREFERENCES[0], "TrainingPlanArns": [PLAN]}], TrainingPlanArn=PLAN),
         _resource(InstancePreferences=[{**_PREFERENCES[0], "TrainingPlanArns": [PLAN]}]),
         ("job.ResourceConfig.TrainingPlanArn", "job.ResourceConfig.InstancePreferences.0.TrainingPlanArns")),
    Case("R7", E, "local-storage", "job.ResourceConfig.VolumeKmsKeyId",
         _resource(InstanceType="ml.g5.xlarge", InstanceCount=1, VolumeKmsKeyId=KEY),
         _resource(InstanceType="ml.m5.large", InstanceCount=1, VolumeKmsKeyId=KEY),
         ("job.ResourceConfig.InstanceType", "job.ResourceConfig.VolumeKmsKeyId")),
    Case("R7", E, "empty-key", "job.HyperParameterTuningResourceConfig.VolumeKmsKeyId",
         _tuning_resource(InstanceConfigs=[{**_CONFIGS[0], "InstanceType": "ml.p4d.24xlarge"}], VolumeKmsKeyId=KEY),
         _tuning_resource(InstanceConfigs=[{**_CONFIGS[0], "InstanceType": "ml.p4d.24xlarge"}], VolumeKmsKeyId=""),
         ("job.HyperParameterTuningResourceConfig.InstanceConfigs.0.InstanceType",)),
    Case("R8", W, "no-size", "job.ResourceConfig.VolumeSizeInGB",
         {"job.ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1}},
         {"job.ResourceConfig": {"InstanceType": "ml.g5.xlarge", "InstanceCount": 1}},
         ("job.ResourceConfig.InstanceType",)),
    Case("R8", W, "size-zero", "job.ResourceConfig.VolumeSizeInGB", {"job.ResourceConfig.VolumeSizeInGB": 0},
         {"job.ResourceConfig.VolumeSizeInGB": 1}, ("job.ResourceConfig.VolumeSizeInGB",)),
    Case("R9", W, "no-instance", "job.ResourceConfig.InstanceCount", {"job.ResourceConfig.InstanceCount": 0},
         {"job.ResourceConfig.InstanceCount": 1}, ("job.ResourceConfig.InstanceCount",)),
    Case("R9", W, "empty-group", "job.ResourceConfig.InstanceGroups.1.InstanceCount",
         _resource(InstanceGroups=[_group("a"), _group("b", 0)]), _resource(InstanceGroups=[_group("a"), _group("b")]),
         ("job.ResourceConfig.InstanceGroups.1.InstanceCount", "job.ResourceConfig.InstanceGroups")),
    Case("R9", W, "empty-place", "job.ResourceConfig.InstancePlacementConfig.PlacementSpecifications.0.InstanceCount",
         {"job.ResourceConfig.InstancePlacementConfig.PlacementSpecifications": [{"InstanceCount": 0}]},
         {"job.ResourceConfig.InstancePlacementConfig.PlacementSpecifications": [{"InstanceCount": 1}]},
         ("job.ResourceConfig.InstancePlacementConfig",)),
    Case("R10", W, "keep-alive", "job.ResourceConfig.KeepAlivePeriodInSeconds",
         {"job.ResourceConfig.KeepAlivePeriodInSeconds": 60}, {}, ("job.ResourceConfig.KeepAlivePeriodInSeconds",)),
    Case("R11", W, "no-accelerator", "job.StoppingCondition.MaxPendingTimeInSeconds",
         {"job.StoppingCondition.MaxPendingTimeInSeconds": 1800},
         {"job.StoppingCondition.MaxPendingTimeInSeconds": 1800, "job.ResourceConfig.InstanceType": "ml.g5.xlarge"},
         ("job.StoppingCondition.MaxPendingTimeInSeconds", "job.ResourceConfig.InstanceType")),
    Case("S1", E, "no-wait", _WAIT, {**_SPOT, _WAIT: DROP}, _SPOT, ("job.EnableManagedSpotTraining",)),
    Case("S2", E, "not-spot", _WAIT, {_WAIT: 3600}, {**_SPOT, _WAIT: 3600}, (_WAIT, "job.StoppingCondition")),
    Case("S2", E, "spot-turned-off", _WAIT, {**_SPOT, "job.EnableManagedSpotTraining": False}, _SPOT,
         ("job.EnableManagedSpotTraining",)),
    Case("S3", E, "below-runtime", _WAIT, {**_SPOT, _WAIT: 3599}, _SPOT, (_WAIT, _RUNTIME)),
    Case("S3", E, "below-default", _WAIT, {**_SPOT, "job.StoppingCondition": {"MaxWaitTimeInSeconds": 86_399}},
         {**_SPOT, "job.StoppingCondition": {"MaxWaitTimeInSeconds": 86_400}}, (_WAIT,)),
    Case("S4", E, "29-days", _RUNTIME, {_RUNTIME: 2_419_201}, {_RUNTIME: 2_419_200}, (_RUNTIME, "job")),
    Case("S5", W, "built-in", _WAIT, {**_SPOT, "job.CheckpointConfig": DROP, _IMAGE: XGBOOST, _WAIT: 3601},
         {**_SPOT, "job.CheckpointConfig": DROP, _IMAGE: XGBOOST}, (_WAIT, _IMAGE, "job.EnableManagedSpotTraining")),
    Case("S5", W, "image-of-mine", _WAIT,
         {**_SPOT, "job.CheckpointConfig": DROP, _IMAGE: DROP, "job.AlgorithmSpecification.AlgorithmName": "mine",
          _WAIT: 3601}, {**_SPOT, "job.CheckpointConfig": DROP, _WAIT: 3601},
         ("job.AlgorithmSpecification.AlgorithmName",)),
    Case("S5", W, "checkpoints", _WAIT, {**_SPOT, "job.CheckpointConfig": DROP, _IMAGE: XGBOOST, _WAIT: 3601},
         {**_SPOT, _IMAGE: XGBOOST, _WAIT: 3601}),
    Case("S5", W, "checkpoints-of-no-use", _WAIT, {**_KMEANS, **_SPOT, _WAIT: 3601},
         {**_SPOT, _IMAGE: XGBOOST, _WAIT: 3601}, (_WAIT, "job.EnableManagedSpotTraining", _IMAGE)),
    Case("S6", W, "no-checkpoints", "job.CheckpointConfig", {**_SPOT, "job.CheckpointConfig": DROP}, _SPOT,
         ("job.EnableManagedSpotTraining",)),
    Case("S6", W, "checkpoints-of-no-use", "job.CheckpointConfig",
         {**_XGBOOST, **_SPOT, "job.CheckpointConfig": DROP}, {**_KMEANS, **_SPOT, "job.CheckpointConfig": DROP}),

    # Data, environment, network, names, tags
    Case("I1", E, "name-twice", "job.InputDataConfig.1.ChannelName", {"job.InputDataConfig": [channel(), channel()]},
         {"job.InputDataConfig": [channel(), channel("test")]},
         ("job.InputDataConfig.0.ChannelName", "job.InputDataConfig.1")),
    Case("I2", E, "two-sources", _SOURCE, {f"{_SOURCE}.FileSystemDataSource": EFS}, {},
         (f"{_SOURCE}.FileSystemDataSource", f"{_SOURCE}.S3DataSource", _SOURCE)),
    Case("I2", E, "no-source", _SOURCE, {_SOURCE: {}}, {_SOURCE: {"FileSystemDataSource": EFS}}, (_CHANNEL,)),
    Case("I3", E, "no-vpc", f"{_SOURCE}.FileSystemDataSource", {_SOURCE: {"FileSystemDataSource": EFS}},
         {_SOURCE: {"FileSystemDataSource": EFS}, "job.VpcConfig": VPC}, (f"{_SOURCE}.FileSystemDataSource",)),
    Case("I3", W, "piped", f"{_CHANNEL}.InputMode",
         {_CHANNEL: {**channel(FileSystemDataSource=EFS), "InputMode": "Pipe"}},
         {_CHANNEL: channel(FileSystemDataSource=EFS)}, (f"{_CHANNEL}.InputMode", f"{_SOURCE}.FileSystemDataSource")),
    Case("I4", E, "gzip-in-file", f"{_CHANNEL}.CompressionType", {f"{_CHANNEL}.CompressionType": "Gzip"},
         {f"{_CHANNEL}.CompressionType": "Gzip", f"{_CHANNEL}.InputMode": "Pipe"},
         (f"{_CHANNEL}.CompressionType", "job.AlgorithmSpecification.TrainingInputMode")),
    Case("I4", E, "none-in-file", f"{_CHANNEL}.CompressionType", {f"{_CHANNEL}.CompressionType": "Gzip"},
         {f"{_CHANNEL}.CompressionType": "None"}),
    Case("I4", W, "gzip-in-fast-file", f"{_CHANNEL}.CompressionType",
         {f"{_CHANNEL}.CompressionType": "Gzip", f"{_CHANNEL}.InputMode": "FastFile"},
         {f"{_CHANNEL}.CompressionType": "Gzip", "job.AlgorithmSpecification.TrainingInputMode": "Pipe"},
         (f"{_CHANNEL}.InputMode",)),
    Case("I4", W, "record-io", f"{_CHANNEL}.RecordWrapperType", {f"{_CHANNEL}.RecordWrapperType": "RecordIO"},
         {f"{_CHANNEL}.RecordWrapperType": "RecordIO", f"{_CHANNEL}.InputMode": "Pipe"},
         (f"{_CHANNEL}.RecordWrapperType", "job.AlgorithmSpecification")),
    Case("I5", E, "manifest-as-file", f"{_CHANNEL}.InputMode",
         {f"{_SOURCE}.S3DataSource": {**S3, "S3DataType": "AugmentedManifestFile", "AttributeNames": ["a"]}},
         {f"{_SOURCE}.S3DataSource": {**S3, "S3DataType": "AugmentedManifestFile", "AttributeNames": ["a"]},
          f"{_CHANNEL}.InputMode": "Pipe"},
         (f"{_SOURCE}.S3DataSource.S3DataType", "job.AlgorithmSpecification.TrainingInputMode")),
    Case("I5", W, "no-attributes", f"{_SOURCE}.S3DataSource.AttributeNames",
         {f"{_SOURCE}.S3DataSource.S3DataType": "AugmentedManifestFile"},
         {f"{_SOURCE}.S3DataSource.S3DataType": "ManifestFile"}, (f"{_SOURCE}.S3DataSource.S3DataType",)),
    Case("I5", W, "attributes-of-a-prefix", f"{_SOURCE}.S3DataSource.AttributeNames",
         {f"{_SOURCE}.S3DataSource.AttributeNames": ["a"]}, {f"{_SOURCE}.S3DataSource.AttributeNames": []},
         (f"{_SOURCE}.S3DataSource.AttributeNames", f"{_SOURCE}.S3DataSource")),
    Case("I6", E, "not-accepted", f"{_SOURCE}.S3DataSource.ModelAccessConfig.AcceptEula",
         {f"{_SOURCE}.S3DataSource.ModelAccessConfig.AcceptEula": False},
         {f"{_SOURCE}.S3DataSource.ModelAccessConfig.AcceptEula": True},
         (f"{_SOURCE}.S3DataSource.ModelAccessConfig.AcceptEula",)),
    Case("I10", W, "key", "job.OutputDataConfig.KmsKeyId",
         {"job.OutputDataConfig": {"S3OutputPath": "s3://mine--usw2-az1--x-s3/models", "KmsKeyId": KEY}},
         {"job.OutputDataConfig": {"S3OutputPath": "s3://mine--usw2-az1--x-s3/models", "KmsKeyId": ""}},
         ("job.OutputDataConfig.S3OutputPath", "job.OutputDataConfig.KmsKeyId")),
    Case("I10", W, "other-bucket", "job.OutputDataConfig.KmsKeyId",
         {"job.OutputDataConfig": {"S3OutputPath": "s3://mine--usw2-az1--x-s3", "KmsKeyId": KEY}},
         {"job.OutputDataConfig": {"S3OutputPath": "s3://mine/x--x-s3", "KmsKeyId": KEY}}),
    *(Case("I11", W, bucket, f"{_SOURCE}.S3DataSource.S3Uri",
           {f"{_SOURCE}.S3DataSource.S3Uri": f"s3://{bucket}/train"}, {f"{_SOURCE}.S3DataSource.S3Uri": f"s3://{fine}/a"},
           (f"{_SOURCE}.S3DataSource.S3Uri", f"{_SOURCE}.S3DataSource", _SOURCE, _CHANNEL))
      for bucket, fine in (
          ("My_Bucket", "my-bucket"), ("a..b", "a.b"), ("ab", "abc"), ("-abc", "0abc"), ("b" * 64, "b" * 63),
          ("bucket-", "arn:aws:s3:us-west-2:111122223333:accesspoint"), ("bucket!", "mine--usw2-az1--x-s3"),
      )),
    Case("I11", W, "output", "job.OutputDataConfig.S3OutputPath", {"job.OutputDataConfig.S3OutputPath": "s3://Mine/a"},
         {"job.OutputDataConfig.S3OutputPath": "https://s3.amazonaws.com/Mine"}, ("job.OutputDataConfig",)),
    Case("I11", W, "checkpoints", "job.CheckpointConfig.S3Uri", {**_SPOT, "job.CheckpointConfig.S3Uri": "s3://a_b"},
         {**_SPOT, "job.CheckpointConfig.S3Uri": "s3://a-b"}, ("job.CheckpointConfig.S3Uri",)),
    *(Case("I13", W, uri, f"{_SOURCE}.S3DataSource.S3Uri",
           {f"{_SOURCE}.S3DataSource.S3Uri": uri}, {f"{_SOURCE}.S3DataSource.S3Uri": fine},
           (f"{_SOURCE}.S3DataSource.S3Uri", f"{_SOURCE}.S3DataSource", _SOURCE, _CHANNEL))
      for uri, fine in (
          ("s3://s3.us-west-2.amazonaws.com/mine/train", "https://s3.us-west-2.amazonaws.com/mine/train"),
          ("s3://mine.s3.amazonaws.com/train", "s3://mine.s3.example.com/train"),
          ("s3://mine.s3-us-west-2.amazonaws.com/train", "s3://mine/s3-us-west-2.amazonaws.com/train"),
          ("s3://s3.cn-north-1.amazonaws.com.cn/mine", "s3://amazonaws.com.cn/mine"),
          ("s3://arn:aws:s3:::mine/train", "s3://arn:aws:s3:us-west-2:111122223333:accesspoint/mine/train"),
          ("https://s3.console.aws.amazon.com/s3/buckets/mine", "https://mine.s3.us-west-2.amazonaws.com/train"),
          ("https://mine.s3.amazonaws.com/a.csv?X-Amz-Signature=0", "s3://mine/a.csv?versionId=0"),
          ("s3://mine/train/*.csv", "s3://mine/train/"),
      )),
    Case("I13", W, "manifest", f"{_SOURCE}.S3DataSource.S3Uri", {f"{_SOURCE}.S3DataSource.S3Uri": "s3://mine/*"},
         {f"{_SOURCE}.S3DataSource": {"S3DataType": "ManifestFile", "S3Uri": "s3://mine/*"}},
         (f"{_SOURCE}.S3DataSource.S3DataType",)),
    Case("I13", W, "output", "job.OutputDataConfig.S3OutputPath",
         {"job.OutputDataConfig.S3OutputPath": "s3://s3.amazonaws.com/mine"},
         {"job.OutputDataConfig.S3OutputPath": "s3://mine"}, ("job.OutputDataConfig",)),
    Case("E1", E, "49", "jobs", {"jobs.0.Environment": statics(25), "jobs.1.Environment": statics(24)},
         {"jobs.0.Environment": statics(24), "jobs.1.Environment": statics(24)},
         ("jobs", "jobs.1", "jobs.0.Environment"), several=True),
    Case("V2", W, "script", "job.EnableNetworkIsolation",
         {"job.EnableNetworkIsolation": True, _STATIC: {"sagemaker_submit_directory": '"s3://mine/sourcedir.tar.gz"'}},
         {"job.EnableNetworkIsolation": True,
          _STATIC: {"sagemaker_submit_directory": '"/opt/ml/input/data/code/sourcedir.tar.gz"'}},
         ("job.EnableNetworkIsolation", f"{_STATIC}.sagemaker_submit_directory")),
    Case("V2", W, "image", "job.EnableNetworkIsolation",
         {"job.EnableNetworkIsolation": True,
          _IMAGE: "462105765813.dkr.ecr.us-west-2.amazonaws.com/sagemaker-rl-ray-container:ray-1.6.0"},
         {"job.EnableNetworkIsolation": True, _IMAGE: FRAMEWORK}, (_IMAGE, "job.EnableNetworkIsolation")),
    Case("T1", E, "47-tags", "Tags", {"Tags": [{"Key": f"k{n}", "Value": ""} for n in range(47)]},
         {"Tags": [{"Key": f"k{n}", "Value": ""} for n in range(46)]}, ("Tags", "Tags.3")),
    Case("T1", E, "key-twice", "Tags.1.Key", {"Tags": [{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}]},
         {"Tags": [{"Key": "k", "Value": "1"}, {"Key": "K", "Value": "1"}]}, ("Tags.0.Key", "Tags.1")),
    Case("T1", E, "prefix-of-aws", "Tags.0.Key", {"Tags": [{"Key": "AWS:x", "Value": "1"}]},
         {"Tags": [{"Key": "awsx", "Value": "aws:"}]}, ("Tags.0.Key",)),
    Case("T1", E, "prefix-of-ours", "Tags.0.Key", {"Tags": [{"Key": "hpt-construct:stack", "Value": "1"}]},
         {"Tags": [{"Key": "hpt-construct", "Value": "1"}]}, ("Tags.0.Key",)),

    # Built-in algorithms
    Case("B1", W, "typo", f"{_OBJECTIVE}.MetricName", {**_XGBOOST, f"{_OBJECTIVE}.MetricName": "validation:acu"},
         _XGBOOST, (f"{_OBJECTIVE}.MetricName", _OBJECTIVE, _IMAGE, _STATIC)),
    Case("B1", W, "of-one-definition", "jobs.1.TuningObjective.MetricName",
         {"jobs.1.AlgorithmSpecification": {"TrainingImage": XGBOOST, "TrainingInputMode": "File"}},
         {"jobs.1.AlgorithmSpecification": {"TrainingImage": FRAMEWORK, "TrainingInputMode": "File"}},
         ("jobs.1.TuningObjective", "jobs.1.AlgorithmSpecification.TrainingImage", "jobs.1"), several=True),
    Case("B1", W, "metric-of-ones-own", f"{_OBJECTIVE}.MetricName", {**_XGBOOST, f"{_OBJECTIVE}.MetricName": "loss"},
         {**_XGBOOST, f"{_OBJECTIVE}.MetricName": "loss", _METRICS: DEFINED}),
    Case("B1", W, "script", f"{_OBJECTIVE}.MetricName",
         {**_XGBOOST, **_SCRIPT, f"{_OBJECTIVE}.MetricName": "loss", _METRICS: DEFINED},
         {**_XGBOOST, **_SCRIPT, _METRICS: DEFINED},
         (f"{_OBJECTIVE}.MetricName", _OBJECTIVE, _IMAGE, _STATIC)),
    Case("B1", W, "script-in-ones-own-image", f"{_OBJECTIVE}.MetricName",
         {**_XGBOOST, **_SCRIPT, f"{_OBJECTIVE}.MetricName": "loss"},
         {**_XGBOOST, **_SCRIPT, f"{_OBJECTIVE}.MetricName": "loss", _IMAGE: _COPY, _METRICS: DEFINED}),
    Case("B2", W, "minimize-auc", f"{_OBJECTIVE}.Type", {**_XGBOOST, f"{_OBJECTIVE}.Type": "Minimize"}, _XGBOOST,
         (f"{_OBJECTIVE}.Type", f"{_OBJECTIVE}.MetricName", _IMAGE)),
    Case("B2", W, "maximize-distance", f"{_OBJECTIVE}.Type", {**_KMEANS, f"{_OBJECTIVE}.Type": "Maximize"}, _KMEANS),
    Case("B3", W, "static-typo", f"{_STATIC}.num_rounds", {**_XGBOOST, f"{_STATIC}.num_rounds": "10"},
         {**_XGBOOST, f"{_STATIC}._num_gpus": "1", f"{_STATIC}.sagemaker_region": "us-west-2"}, (_STATIC, _IMAGE)),
    Case("B3", W, "tuned-typo", f"{_CONTINUOUS}.0.Name", {**_XGBOOST, f"{_CONTINUOUS}.0.Name": "etaa"},
         {**_XGBOOST, f"{_CONTINUOUS}.0.Name": "reg_alpha"}, (f"{_CONTINUOUS}.0.Name", f"{_CONTINUOUS}.0", _STATIC)),
    Case("B4", W, "no-rounds", f"{_STATIC}.num_round", {**_XGBOOST, f"{_STATIC}.num_round": DROP},
         {**_XGBOOST, f"{_STATIC}.num_round": DROP, _INTEGER: [{**DEPTH, "Name": "num_round"}]},
         (_CONTINUOUS, f"{_CONTINUOUS}.0.Name", _STATIC)),
    Case("B4", W, "autotune", f"{_STATIC}.num_round", {**_XGBOOST, f"{_STATIC}.num_round": DROP},
         {**_XGBOOST, f"{_STATIC}.num_round": DROP, **_AUTOTUNE}),
    Case("B4", W, "classes", f"{_STATIC}.num_class", {**_XGBOOST, f"{_STATIC}.objective": '"multi:softmax"'},
         {**_XGBOOST, f"{_STATIC}.objective": "reg:squarederror"}, (f"{_STATIC}.objective",)),
    Case("B5", W, "not-tunable", f"{_CATEGORICAL}.0.Name",
         {**_XGBOOST, _CATEGORICAL: [{"Name": "booster", "Values": ["gbtree", "dart"]}]},
         {**_XGBOOST, _CATEGORICAL: [{"Name": "max_depth", "Values": ["3", "4"]}]},
         (f"{_CATEGORICAL}.0.Name", _CATEGORICAL, _STATIC)),
    Case("B5", W, "fractions-of-a-depth", f"{_CONTINUOUS}.0.Name", {**_XGBOOST, f"{_CONTINUOUS}.0.Name": "max_depth"},
         {**_XGBOOST, _INTEGER: [{**DEPTH, "Name": "gamma"}]}),
    Case("B5", W, "unknown-category-of-script", f"{_CATEGORICAL}.0.Name",
         {**_XGBOOST, **_SCRIPT, _CATEGORICAL: [CATEGORY]}, {**_XGBOOST, **_SCRIPT, _INTEGER: [DEPTH]},
         (f"{_CATEGORICAL}.0.Name", _CATEGORICAL, _STATIC, _IMAGE)),
    Case("B5", W, "known-category-of-script", f"{_CATEGORICAL}.0.Name",
         {**_XGBOOST, **_SCRIPT, _CATEGORICAL: [{"Name": "booster", "Values": ["gbtree", "dart"]}]},
         {**_XGBOOST, **_SCRIPT, _CATEGORICAL: [{"Name": "max_depth", "Values": ["3", "4"]}]}),
    Case("B5", W, "number-of-a-method", f"{_INTEGER}.0.Name", {**_KMEANS, f"{_INTEGER}.0.Name": "init_method"},
         {**_KMEANS, _CATEGORICAL: [{"Name": "init_method", "Values": ["random", "kmeans++"]}]}),
    *(Case("B6", W, f"static-{name}-{value}", f"{_STATIC}.{name}", {**_XGBOOST, f"{_STATIC}.{name}": value},
           {**_XGBOOST, f"{_STATIC}.{name}": fine}, (f"{_STATIC}.{name}", _IMAGE))
      for name, value, fine in (
          ("rate_drop", "1.1", "1.0"), ("rate_drop", "much", "1e-1"), ("tweedie_variance_power", "2", "1.999"),
          ("max_depth", "2.5", "2.0"), ("num_round", "0", "1"), ("booster", "tree", "gbtree"),
          ("use_dask_gpu_training", "yes", "True"), ("max_bin", "-1", "0"),
          ("objective", "reg:squarederror.", "reg:squarederror"), ("objective", '"binary:logistic"', "binary:logistic"),
          ("num_round", '"10"', "10"), ("eval_metric", '"auc"', "auc"),
      )),
    Case("B6", W, "quotes-for-a-script", f"{_STATIC}.objective",
         {**_XGBOOST, f"{_STATIC}.objective": '"binary:logistic"'},
         {**_XGBOOST, **_SCRIPT, f"{_STATIC}.objective": '"binary:logistic"'}),
    Case("B6", W, "quotes-of-another-algorithm", f"{_STATIC}.objective",
         {**_XGBOOST, f"{_STATIC}.objective": '"binary:logistic"'}, {**_KMEANS, f"{_STATIC}.init_method": '"random"'}),
    Case("B6", W, "quoted-category", f"{_CATEGORICAL}.0.Values.1",
         {**_XGBOOST, _CATEGORICAL: [{"Name": "max_depth", "Values": ["3", '"4"']}]},
         {**_XGBOOST, _CATEGORICAL: [{"Name": "max_depth", "Values": ["3", "4"]}]}),
    Case("B6", W, "bound", f"{_CONTINUOUS}.0.MaxValue", {**_XGBOOST, f"{_CONTINUOUS}.0.MaxValue": "1.1"},
         {**_XGBOOST, f"{_CONTINUOUS}.0.MaxValue": "1"}, (f"{_CONTINUOUS}.0.MaxValue", f"{_CONTINUOUS}.0.Name")),
    Case("B6", W, "category", f"{_CATEGORICAL}.0.Values.1",
         {**_KMEANS, _CATEGORICAL: [{"Name": "init_method", "Values": ["random", "best"]}]},
         {**_KMEANS, _CATEGORICAL: [{"Name": "extra_center_factor", "Values": ["auto", "4"]}]},
         (f"{_CATEGORICAL}.0.Values", f"{_CATEGORICAL}.0.Values.1")),
    Case("B7", W, "no-train", "job.InputDataConfig", {**_XGBOOST, f"{_CHANNEL}.ChannelName": "training"}, _XGBOOST,
         (f"{_CHANNEL}.ChannelName", _CHANNEL, "job.InputDataConfig", _IMAGE)),
    Case("B7", W, "images-are-validated", "job.InputDataConfig",
         {**_of_kmeans("image-classification"), "job.InputDataConfig": [channel()]},
         {**_of_kmeans("image-classification"), "job.InputDataConfig": [channel(), channel("validation")]}),
    Case("B8", W, "no-validation", "job.InputDataConfig", {**_XGBOOST, "job.InputDataConfig": [channel()]}, _XGBOOST,
         (f"{_CHANNEL}.ChannelName", f"{_OBJECTIVE}.MetricName", _IMAGE)),
    Case("B8", W, "folds", "job.InputDataConfig", {**_XGBOOST, "job.InputDataConfig": [channel()]},
         {**_XGBOOST, "job.InputDataConfig": [channel()], f"{_STATIC}._kfold": "5"}),
    Case("B9", W, "type", f"{_CHANNEL}.ContentType", {**_XGBOOST, f"{_CHANNEL}.ContentType": "application/json"},
         {**_XGBOOST, f"{_CHANNEL}.ContentType": "text/csv;label_size=0"},
         (f"{_CHANNEL}.ContentType", f"{_CHANNEL}.ChannelName", _IMAGE)),
    Case("B9", W, "channel-of-code", f"{_CHANNEL}.ContentType",
         {**_XGBOOST, f"{_CHANNEL}.ContentType": "application/json"},
         {**_XGBOOST, "job.InputDataConfig.1": {**channel("code"), "ContentType": "text/python"}}),
    Case("B9", W, "mode", "job.AlgorithmSpecification.TrainingInputMode",
         {**_of_kmeans("seq2seq"), "job.AlgorithmSpecification.TrainingInputMode": "Pipe"},
         {**_KMEANS, "job.AlgorithmSpecification.TrainingInputMode": "Pipe"},
         ("job.AlgorithmSpecification.TrainingInputMode", _IMAGE)),
    Case("B9", W, "mode-of-channel", f"{_CHANNEL}.InputMode",
         {**_of_kmeans("seq2seq"), f"{_CHANNEL}.InputMode": "Pipe"},
         {**_of_kmeans("seq2seq"), f"{_CHANNEL}.InputMode": "FastFile"}, (f"{_CHANNEL}.InputMode",)),
    Case("B10", W, "no-gpu", "job.ResourceConfig.InstanceType", _of_kmeans("object-detection"),
         {**_of_kmeans("object-detection"), "job.ResourceConfig.InstanceType": "ml.g5.xlarge"},
         ("job.ResourceConfig.InstanceType", "job.ResourceConfig", _IMAGE)),
    Case("B10", W, "idle-gpu", "job.ResourceConfig.InstanceType",
         {**_of_kmeans("randomcutforest"), "job.ResourceConfig.InstanceType": "ml.p3.2xlarge"},
         _of_kmeans("randomcutforest")),
    Case("B10", W, "several", "job.ResourceConfig.InstanceCount",
         {**_of_kmeans("lda"), "job.ResourceConfig.InstanceCount": 2}, _of_kmeans("lda"),
         ("job.ResourceConfig.InstanceCount",)),
    Case("B10", W, "several-of-choices",  "job.HyperParameterTuningResourceConfig.InstanceConfigs.0.InstanceCount",
         {**_of_kmeans("object2vec"), **_tuning_resource(InstanceConfigs=[{**_CONFIGS[0], "InstanceCount": 3}])},
         {**_KMEANS, **_tuning_resource(InstanceConfigs=[{**_CONFIGS[0], "InstanceCount": 3}])}),
    *(Case("B11", W, f"{metric}-{objective}", f"{_OBJECTIVE}.MetricName",
           {**_XGBOOST, f"{_OBJECTIVE}.MetricName": f"validation:{metric}", f"{_STATIC}.objective": objective},
           {**_XGBOOST, f"{_OBJECTIVE}.MetricName": f"validation:{metric}", f"{_STATIC}.objective": fine},
           (f"{_STATIC}.objective", _STATIC, f"{_OBJECTIVE}.MetricName", _IMAGE))
      for metric, objective, fine in (
          ("error", "multi:softmax", "reg:linear"), ("logloss", "multi:softprob", "binary:logistic"),
          ("merror", "binary:logistic", "multi:softmax"), ("mlogloss", "reg:squarederror", "multi:softprob"),
      )),
    Case("B11", W, "predictor-type", f"{_OBJECTIVE}.MetricName",
         {**_of_kmeans("knn"), f"{_OBJECTIVE}.MetricName": "test:mse", f"{_STATIC}.predictor_type": "classifier"},
         {**_of_kmeans("knn"), f"{_OBJECTIVE}.MetricName": "test:mse", f"{_STATIC}.predictor_type": "regressor"},
         (f"{_STATIC}.predictor_type",)),
    Case("B11", W, "tuned-mode", f"{_OBJECTIVE}.MetricName",
         {**_of_kmeans("blazingtext"), f"{_OBJECTIVE}.MetricName": "train:mean_rho", f"{_STATIC}.mode": "supervised"},
         {**_of_kmeans("blazingtext"), f"{_OBJECTIVE}.MetricName": "train:mean_rho",
          _CATEGORICAL: [{"Name": "mode", "Values": ["skipgram", "cbow"]}]}),
    Case("B11", W, "eval-metric", f"{_STATIC}.eval_metric",
         {**_XGBOOST, f"{_STATIC}.eval_metric": "mlogloss,auc", f"{_STATIC}.objective": "multi:softprob"},
         {**_XGBOOST, f"{_STATIC}.eval_metric": "logloss,auc", f"{_STATIC}.objective": "rank:map"},
         (f"{_STATIC}.objective", f"{_STATIC}.eval_metric", _IMAGE)),
    Case("B12", W, "metric", f"{_OBJECTIVE}.MetricName",
         {**_XGBOOST, f"{_OBJECTIVE}.MetricName": "validation:f1_macro", _IMAGE: _version("1.2-1")},
         {**_XGBOOST, f"{_OBJECTIVE}.MetricName": "validation:f1_macro", _IMAGE: _version("1.2-2")},
         (f"{_OBJECTIVE}.MetricName", _IMAGE)),
    Case("B12", W, "first-version-and-digest", f"{_OBJECTIVE}.MetricName",
         {**_XGBOOST, f"{_OBJECTIVE}.MetricName": "validation:rmsle", _IMAGE: _version("0.90-2-cpu-py3")},
         {**_XGBOOST, f"{_OBJECTIVE}.MetricName": "validation:rmsle",
          _IMAGE: "433757028032.dkr.ecr.us-west-2.amazonaws.com/xgboost:1"}),
    Case("B12", W, "value", f"{_STATIC}.objective",
         {**_XGBOOST, f"{_STATIC}.objective": "reg:absoluteerror", _IMAGE: _version("1.5-1")},
         {**_XGBOOST, f"{_STATIC}.objective": "reg:absoluteerror", _IMAGE: _version("1.7-1@sha256:" + "0" * 64)},
         (f"{_STATIC}.objective", _IMAGE)),
    Case("B12", W, "gone", f"{_STATIC}.silent",
         {**_XGBOOST, f"{_STATIC}.silent": "1"}, {**_XGBOOST, f"{_STATIC}.silent": "1", _IMAGE: _version("1.0-1")},
         (f"{_STATIC}.silent", _IMAGE)),
    Case("B12", W, "tuned", f"{_CONTINUOUS}.0.Name",
         {**_XGBOOST, f"{_CONTINUOUS}.0.Name": "learning_rate", _IMAGE: _version("0.90-1")},
         {**_XGBOOST, f"{_CONTINUOUS}.0.Name": "learning_rate", _IMAGE: _version("latest")},
         (f"{_CONTINUOUS}.0.Name", _IMAGE)),
)
# fmt: on
