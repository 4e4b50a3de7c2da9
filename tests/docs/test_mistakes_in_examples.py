"""What the guides say of mistakes in their examples is what is said of them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from hpt_construct import ValidationError
from tests.examples.test_examples import jobs_in

if TYPE_CHECKING:
    import aws_cdk as cdk

ROOT = Path(__file__).resolve().parent.parent.parent


class Mistakes(NamedTuple):
    """What a reader may write instead of what stands in an example."""

    example: str
    written: list[tuple[str, str]]


MISTAKES = {
    "built-in-algorithm": Mistakes(
        "xgboost",
        [
            ('"validation:auc"', '"validation:acu"'),
            ("Objective.maximize", "Objective.minimize"),
            ('"eta"', '"etaa"'),
            (', "num_round": 100', ""),
            ('("train", "validation")', '("train",)'),
            ('"xgboost", "1.7-1"', '"xgboost"'),
            ('"num_round": 100', '"num_round": 100, "eta": 0.3'),
        ],
    ),
    "own-image": Mistakes(
        "own_image",
        [
            ('MetricDefinition("validation:accuracy"', 'MetricDefinition("accuracy"'),
            ("metric_definitions=[", "metric_definitions=[] and ["),
            ("=([0-9.]+)", "=[0-9.]+"),
            ('HERE / "image"', 'HERE / "imag"'),
        ],
    ),
    "vpc-and-keys": Mistakes(
        "vpc_and_keys",
        [
            ("gateway_endpoints={", "gateway_endpoints={} and {"),
            ("security_groups=[", "security_groups=[] and ["),
            ('"num_round": 100', '"num_round": 100, "sagemaker_submit_directory": "s3://amzn-s3-demo-bucket/a.tar.gz"'),
        ],
    ),
    "several-algorithms": Mistakes(
        "multi_algorithm",
        [
            ('"linear", "gblinear"', '"trees", "gblinear"'),
            ("training_jobs=[", 'objective=hpt.Objective.maximize("validation:auc"), training_jobs=['),
            ("training_jobs=[", 'warm_start=hpt.WarmStart.transfer_learning(parents=["older"]), training_jobs=['),
            ("training_jobs=[", 'training_job_early_stopping_type="Auto", training_jobs=['),
        ],
    ),
    "spot-with-checkpoints": Mistakes(
        "spot",
        [
            (", max_wait_time=cdk.Duration.hours(2)", ""),
            ("max_wait_time=cdk.Duration.hours(2)", "max_wait_time=cdk.Duration.minutes(30)"),
            ("enable_managed_spot_training=True", "enable_managed_spot_training=False"),
            ("checkpoint_config=", "checkpoint_config=None and "),
        ],
    ),
    "warm-start": Mistakes(
        "warm_start",
        [
            ("cdk.Annotations", "() and cdk.Annotations"),
            (
                "BAYESIAN,\n            objective=OBJECTIVE",
                'BAYESIAN, objective=hpt.Objective.minimize("validation:logloss")',
            ),
            ('("max_depth", 3, 7)', '("max_depth", 3, 7), hpt.IntegerRange("alpha", 0, 2)'),
            ('hpt.IntegerRange("max_depth", 3, 7)', 'hpt.CategoricalRange("max_depth", ["3", "7"])'),
        ],
    ),
    "wait-gate-best-model": Mistakes(
        "best_model",
        [
            ("Duration.hours(6)", "Duration.hours(13)"),
            ("objective_at_least", "objective_at_most"),
            ('hyperparameter("eta")', 'hyperparameter("etaa")'),
            ('cdk.CfnOutput(self, "Auc"', 'cdk.CfnOutput(cdk.Stack(scope, "Serving"), "Auc"'),
        ],
    ),
}


def said(example: str, right: str, wrong: str) -> list[str]:
    """The problems of an example with a mistake in it, or what it is warned of."""
    path = ROOT / "examples" / example / "app.py"
    code = path.read_text(encoding="utf-8")
    assert right in code
    names: dict[str, Any] = {"__file__": str(path), "__name__": "example"}
    try:
        exec(compile(code.replace(right, wrong, 1), str(path), "exec"), names)  # noqa: S102 – our own example
    except ValidationError as error:
        return list(error.problems)
    app = names["app"]
    if not (warnings := warnings_of(app)):
        # What only the complete app can tell.
        app.synth()
        warnings = warnings_of(app)
    shutil.rmtree(app.outdir)
    return warnings


def warnings_of(app: cdk.App) -> list[str]:
    """What the jobs of an app are warned of so far."""
    entries = [entry for job in jobs_in(app) for entry in job.node.metadata if entry.type == "aws:cdk:warning"]
    return [str(entry.data).rpartition(" [ack: ")[0] for entry in entries]


@pytest.mark.parametrize("guide", MISTAKES)
def test_guide_tells_mistakes_as_they_are_told(guide: str) -> None:
    """Word for word; … stands for what is left out."""
    example, written = MISTAKES[guide]
    told = [message for right, wrong in written for message in said(example, right, wrong)]
    text = (ROOT / "docs" / "guides" / f"{guide}.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(.+?)` \|", text.partition("## Pitfalls")[2], re.MULTILINE)
    assert len(rows) == len(written)
    patterns = [".*".join(map(re.escape, row.split("…"))) for row in rows]
    assert [pattern for pattern in patterns if not any(re.fullmatch(pattern, each) for each in told)] == []
