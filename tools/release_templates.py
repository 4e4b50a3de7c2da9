"""Write down what today's jobs look like in a template; run ``python -m tools.release_templates VERSION`` at each
release.

A test holds every file that was ever written against what is synthesized now: an upgrade of the library must not launch
a job again.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk

import app
from hpt_construct import HyperparameterTuningJob

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent.parent
RELEASES = ROOT / "tests" / "upgrade"
_REFUSED = ("ack-invalid-name", "graphstorm-grid")


def jobs() -> dict[str, Any]:
    """What an upgrade must not change: the properties of jobs, the logical ids of jobs and function, the keys of
    outputs.
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
    return {stack.stack_name: _kept(_template(stack)) for stack in (corpus, example)}


def _template(stack: cdk.Stack) -> dict[str, Any]:
    root = cast("cdk.App", stack.node.root)
    # Two requests of the corpus have the same name, which no deployment would survive; nor has it to.
    assembly = root.synth(skip_validation=True)
    template: dict[str, Any] = assembly.get_stack_by_name(stack.stack_name).template
    return template


def _kept(template: Mapping[str, Any]) -> dict[str, Any]:
    resources = template["Resources"].items()
    custom = {name: each["Properties"] for name, each in resources if each["Type"].startswith("Custom::")}
    [function] = [name for name, each in resources if each["Type"] == "AWS::Lambda::Function"]
    return {"Function": function, "Jobs": custom, "Outputs": sorted(template["Outputs"])}


if __name__ == "__main__":
    [_, version] = sys.argv
    text = json.dumps(jobs(), indent=1, sort_keys=True, ensure_ascii=False)
    (RELEASES / f"{version}.json").write_text(text + "\n", encoding="utf-8", newline="\n")
