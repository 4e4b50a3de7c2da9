"""Records what today's jobs look like in a template. Run ``python -m tools.release_templates VERSION`` at each release.

A test compares every recorded file with today's templates, because an upgrade of the library must never start a job
again.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk

import app
from hpt_construct import HyperparameterTuningJob, WaitForCompletion

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent.parent
RELEASES = ROOT / "tests" / "upgrade"
_OF_JOBS = ("Custom::", "AWS::CloudFormation::")  # jobs, starters and results; wait conditions and their handles
_REFUSED = ("ack-invalid-name", "graphstorm-grid")


def jobs() -> dict[str, Any]:
    """What an upgrade must not change: logical ids and properties of jobs and of what waits for them, the logical id of
    the function, the keys of outputs.
    """
    corpus = cdk.Stack(cdk.App(), "Corpus")
    for path in sorted((ROOT / "tests" / "corpus").glob("*.json")):
        if path.stem not in _REFUSED:
            request = json.loads(path.read_text(encoding="utf-8"))
            HyperparameterTuningJob.from_request(corpus, path.stem, request)
            del request["HyperParameterTuningJobName"]
            options: Any = {"run": "2", "removal_policy": cdk.RemovalPolicy.DESTROY}
            HyperparameterTuningJob.from_request(corpus, f"{path.stem}-generated", request, **options)
    example = app.XgboostTuning(cdk.App(), "XgboostTuning")
    return {stack.stack_name: _kept(_template(stack)) for stack in (corpus, example, _waiting())}


def _waiting() -> cdk.Stack:
    """Deployments that wait: for the end, for a metric, for a name that is given, and a result that is only read."""
    stack = cdk.Stack(cdk.App(), "Waiting")
    request = json.loads((ROOT / "tests" / "corpus" / "ex-xgboost-abalone.json").read_text(encoding="utf-8"))
    hours = cdk.Duration.hours(6)
    HyperparameterTuningJob.from_request(stack, "Named", request, wait_for_completion=WaitForCompletion(timeout=hours))
    good = WaitForCompletion(timeout=hours, objective_at_most=0.5)
    HyperparameterTuningJob.from_request(stack, "Good", request, tuning_job_name=None, wait_for_completion=good)
    elsewhere = HyperparameterTuningJob.from_tuning_job_name(stack, "Elsewhere", "nightly")
    cdk.CfnOutput(stack, "Model", value=elsewhere.best_training_job.model_data_url)
    return stack


def _template(stack: cdk.Stack) -> dict[str, Any]:
    root = cast("cdk.App", stack.node.root)
    # Two requests of the corpus have the same name, which no deployment would survive; nor has it to.
    assembly = root.synth(skip_validation=True)
    template: dict[str, Any] = assembly.get_stack_by_name(stack.stack_name).template
    return template


def _kept(template: Mapping[str, Any]) -> dict[str, Any]:
    resources = template["Resources"].items()
    of_jobs = {name: each.get("Properties", {}) for name, each in resources if each["Type"].startswith(_OF_JOBS)}
    [function] = {each["ServiceToken"]["Fn::GetAtt"][0] for each in of_jobs.values() if "ServiceToken" in each}
    return {"Function": function, "Jobs": of_jobs, "Outputs": sorted(template["Outputs"])}


if __name__ == "__main__":
    [_, version] = sys.argv
    text = json.dumps(jobs(), indent=1, sort_keys=True, ensure_ascii=False)
    (RELEASES / f"{version}.json").write_text(text + "\n", encoding="utf-8", newline="\n")
