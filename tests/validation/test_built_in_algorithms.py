"""The table of what built-in algorithms take, and what is said where a request differs."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

import pytest

from hpt_construct import built_in_images
from hpt_construct.built_in_algorithms import Hyperparameter, knowledge
from hpt_construct.validation.rules import rule_findings
from tests.conftest import ROOT
from tests.validation.rule_cases import DROP, SINGLE, channel, edited
from tools import built_in_algorithms as tool
from tools import built_in_images as images

ALGORITHMS = [knowledge(name) for name in tool.ALGORITHMS]
HYPERPARAMETERS = [
    pytest.param(each, id=f"{algorithm.name}-{name}")
    for algorithm in ALGORITHMS
    for name, each in algorithm.hyperparameters.items()
]


def test_committed_table_is_the_tools() -> None:
    """What the construct reads is what the tool's table says."""
    assert tool.TARGET.read_text(encoding="ascii") == tool.text(tool.table(tool.ALGORITHMS))


def test_every_algorithm_with_an_image_is_known() -> None:
    """No image is taken for a built-in algorithm of which nothing is known."""
    assert set(tool.ALGORITHMS) == set(images.ALGORITHMS)


@pytest.mark.parametrize("each", HYPERPARAMETERS)
def test_recommended_values_are_allowed(each: Hyperparameter) -> None:
    """Who follows the guide is not warned."""
    if each.tune.startswith("["):
        low, high = each.tune.strip("[]").split(", ")
        assert Decimal(low) < Decimal(high)
        assert each.holds(Decimal(low))
        assert each.holds(Decimal(high))
    elif each.kind == "categorical":
        assert set(each.tune.split("|")) <= {"", *each.values}
    else:
        assert all(each.holds(Decimal(value)) for value in filter(None, each.tune.split("|")))


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda algorithm: algorithm.name)
def test_conditions_and_versions_name_what_there_is(algorithm: Any) -> None:
    """A metric, a hyperparameter or a value of one; a slip of the pen there would be a rule that never speaks."""
    versions = built_in_images.versions_of(algorithm.name)
    assert {*algorithm.since.values(), *algorithm.until.values()} <= {*versions[1:]}
    assert {*algorithm.since.keys(), *algorithm.until.keys()}.isdisjoint(algorithm.required)
    for what in (*algorithm.only, *algorithm.since, *algorithm.until):
        name, _, value = what.partition("=")
        known = algorithm.hyperparameters.get(name)
        assert (name in algorithm.metrics) is (known is None)
        assert not value or known.kind == "text" or value in known.values
    for conditions in algorithm.only.values():
        for name, values in conditions.items():
            allowed = algorithm.hyperparameters[name].values
            assert all(any(fnmatchcase(each, value) for each in allowed) for value in values)


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda algorithm: algorithm.name)
def test_metrics_are_of_channels_that_are_read(algorithm: Any) -> None:
    """A metric names the data that it is computed on."""
    channels = {metric.partition(":")[0] for metric in algorithm.metrics}
    assert channels <= {*algorithm.needs, *algorithm.takes}


@pytest.mark.parametrize(
    ("within", "inside", "outside"),
    [("[0, 1]", ("0", "1"), ("-0.1", "1.01")), ("(0, 1)", ("1e-9",), ("0", "1")), ("[1, inf)", ("1e300",), ("0",))],
)
def test_interval_is_read_as_mathematicians_write_it(
    within: str, inside: tuple[str, ...], outside: tuple[str, ...]
) -> None:
    """A bracket takes the bound in, a parenthesis does not."""
    each = Hyperparameter("continuous", within=within)
    assert all(each.holds(Decimal(number)) for number in inside)
    assert not any(each.holds(Decimal(number)) for number in outside)


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("num_round! int [1, inf) ~ [1, 4000]",
         {"kind": "integer", "within": "[1, inf)", "tune": "[1, 4000]", "required": True}),
        ("l1 auto|float [0, inf)", {"kind": "continuous", "values": ["auto"], "within": "[0, inf)"}),
        ("use_bias true|false ~ *", {"kind": "categorical", "values": ["true", "false"], "tune": "true|false"}),
        ("num_class! int if objective=a|b", {"kind": "integer", "required": {"objective": ["a", "b"]}}),
    ],
)  # fmt: skip
def test_tool_reads_a_line(line: str, row: dict[str, Any]) -> None:
    """Name, type, interval, recommendation and condition."""
    assert tool.hyperparameter(line) == (line.partition(" ")[0].rstrip("!"), row)


def test_tool_refuses_a_line_that_it_can_not_read() -> None:
    """A slip of the pen is not dropped in silence."""
    with pytest.raises(ValueError, match="not a line of the table: 'eta float 0 to 1'"):
        tool.hyperparameter("eta float 0 to 1")


def test_table_is_not_read_for_images_of_others() -> None:
    """Who has an algorithm of his own does not pay for this knowledge."""
    script = (
        "from hpt_construct import built_in_algorithms\n"
        "from hpt_construct.validation import check\n"
        "from tests.validation.rule_cases import SINGLE\n"
        "assert check(SINGLE) == []\n"
        "print(built_in_algorithms.table.cache_info().currsize)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "0\n"


def said(edits: dict[str, Any], image: tuple[str, str | None] = ("xgboost", "1.7-1")) -> list[str]:
    """What the rules say of the guide's kind of request, as far as it is about the algorithm."""
    request = edited(
        SINGLE,
        {
            "job.AlgorithmSpecification": {
                "TrainingImage": built_in_images.find(*image).uri("eu-west-1"),
                "TrainingInputMode": "File",
            },
            "config.HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "validation:auc"},
            "config.ParameterRanges.ContinuousParameterRanges.0.Name": "eta",
            "job.StaticHyperParameters": {"num_round": "10"},
            "job.InputDataConfig": [channel(), channel("validation")],
            **edits,
        },
    )
    return [each.problem.message for each in rule_findings(request) if each.rule.startswith("B")]


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        ({"config.HyperParameterTuningJobObjective.MetricName": "validation:acu"},
         "got 'validation:acu', which xgboost does not compute; did you mean 'validation:auc'?"),
        ({"config.HyperParameterTuningJobObjective.MetricName": "quality"},
         f"got 'quality', which xgboost does not compute; choose another: {tool.GUIDE}xgboost-tuning.html"),
        ({"config.HyperParameterTuningJobObjective.Type": "Minimize"},
         "got 'Minimize', and validation:auc of xgboost is better the greater it is; set it to 'Maximize'"),
        ({"config.ParameterRanges.ContinuousParameterRanges.0.Name": "etaa"},
         "got 'etaa', and xgboost does not take it; did you mean 'eta'?"),
        ({"job.StaticHyperParameters.max_detph": "3"}, "xgboost does not take it; did you mean 'max_depth'?"),
        ({"job.StaticHyperParameters.num_round": DROP}, "missing; xgboost needs it; give it, or tune it"),
        ({"job.StaticHyperParameters.objective": "multi:softprob"},
         "missing; xgboost needs it with objective multi:softprob; give it"),
        ({"config.ParameterRanges.ContinuousParameterRanges.0.Name": "rate_drop"},
         "got 'rate_drop', which can't be tuned in xgboost; make it static"),
        ({"config.ParameterRanges.ContinuousParameterRanges.0.Name": "max_depth"},
         "got 'max_depth' in a continuous range, and xgboost takes whole numbers for it; give it an integer range"),
        ({"config.ParameterRanges.ContinuousParameterRanges.0.MaxValue": "2"},
         "got '2', xgboost takes numbers in [0, 1] for eta (recommended: [0.1, 0.5]); correct it"),
        ({"job.StaticHyperParameters.gamma": "-1"}, "got '-1', xgboost takes numbers from 0; correct it"),
        ({"job.InputDataConfig.0.ChannelName": "training"},
         "has no channel 'train', without which xgboost does not train; did you mean it with 'training'?"),
        ({"job.InputDataConfig": [channel()]},
         "has no channel 'validation', on which xgboost computes validation:auc; add it, or choose another metric"),
        ({"job.StaticHyperParameters.objective": '"binary:logistic"'},
         "got '\"binary:logistic\"', and xgboost takes the quotes for a part of it; write 'binary:logistic'"),
        ({"config.HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "validation:merror"},
          "job.StaticHyperParameters.objective": "binary:logistic"},
         "got 'validation:merror', which goes with objective multi:* only, not with binary:logistic; choose another"),
        ({"job.StaticHyperParameters.silent": "1"},
         "xgboost had it until 1.0-1, and the image is of 1.7-1; do without"),
    ],
)  # fmt: skip
def test_message_has_the_way_out(edits: dict[str, Any], message: str) -> None:
    """What was meant, where that can be told; else what there is."""
    assert said(edits) == [message]


FOR_ITS_IMAGE = "and for its image SageMaker takes only xgboost's"
COPY = "(or copy the image to a repository of your own)"


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        ({"config.HyperParameterTuningJobObjective.MetricName": "rmse"},
         f"got 'rmse', {FOR_ITS_IMAGE} metrics, even of a script; did you mean 'validation:rmse'? {COPY}"),
        ({"config.ParameterRanges.CategoricalParameterRanges": [{"Name": "transform", "Values": ["one", "two"]}]},
         f"got 'transform', {FOR_ITS_IMAGE} categories, even of a script; make it static {COPY}"),
        ({"config.ParameterRanges.IntegerParameterRanges": [{"Name": "folds", "MinValue": "2", "MaxValue": "9"}],
          "job.StaticHyperParameters.seeds": "1"}, None),
    ],
)  # fmt: skip
def test_script_is_judged_by_its_image(edits: dict[str, Any], message: str | None) -> None:
    """Of a script in XGBoost's image, the objective and categorical ranges must be XGBoost's, and nothing else."""
    messages = said({"job.StaticHyperParameters.sagemaker_program": '"train.py"', **edits})
    assert messages == ([] if message is None else [message])


def test_few_metrics_are_listed() -> None:
    """Of an algorithm that computes two, both are named; one that computes none can't be tuned."""
    edits: dict[str, Any] = {
        "config.HyperParameterTuningJobObjective.MetricName": "quality",
        "config.ParameterRanges": {},
        "job.InputDataConfig": [channel()],
    }
    [kmeans] = said({**edits, "job.StaticHyperParameters": {"k": "2", "feature_dim": "2"}}, ("kmeans", None))
    assert kmeans == "got 'quality', which kmeans does not compute; choose another: test:msd, test:ssd"
    statics = {"num_components": "2", "feature_dim": "2", "mini_batch_size": "9"}
    [pca] = said({**edits, "job.StaticHyperParameters": statics}, ("pca", None))
    assert pca == "got 'quality', and pca computes no metric to tune it by; tune another algorithm"
