"""The examples are apps that work, and that reviewing tools have nothing to say about."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Annotations, Match, Template

from examples.best_model import BestModel
from examples.multi_algorithm_spot import MultiAlgorithmSpot
from examples.pipeline import PIPELINE, Pipeline
from examples.warm_start import Refinement, Search
from examples.xgboost import Xgboost
from tests.construct.jobs import TYPE
from tests.permissions.test_reviewers import findings

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPTS = {
    "xgboost": {"XgboostExample"},
    "multi_algorithm_spot": {"MultiAlgorithmSpotExample"},
    "warm_start": {"SearchExample", "RefinementExample"},
    "best_model": {"BestModelExample"},
    "pipeline": {"TuningPipelineExample"},
}
APPS: dict[str, Callable[[cdk.App], object]] = {
    "xgboost": lambda app: Xgboost(app, "Example"),
    "multi_algorithm_spot": lambda app: MultiAlgorithmSpot(app, "Example"),
    "warm_start": lambda app: Refinement(app, "Example", search=Search(app, "Search")),
    "best_model": lambda app: BestModel(app, "Example"),
    "pipeline": lambda app: Pipeline(app, "Example", env=PIPELINE),
}


def test_every_example_is_tested() -> None:
    """A new one needs a line above."""
    assert {path.stem for path in (ROOT / "examples").glob("*.py")} == set(SCRIPTS) == set(APPS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_example_is_an_app_for_the_cli(name: str, tmp_path: Path) -> None:
    """``cdk --app "python examples/….py"`` runs it as a script."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CDK_OUTDIR": str(tmp_path)}
    subprocess.run([sys.executable, ROOT / "examples" / f"{name}.py"], cwd=ROOT, env=environment, check=True)
    artifacts = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))["artifacts"]
    stacks = {key for key, artifact in artifacts.items() if artifact["type"] == "aws:cloudformation:stack"}
    assert stacks == SCRIPTS[name]


@pytest.mark.parametrize("name", APPS)
def test_example_meets_no_doubt(name: str) -> None:
    """None of our rules warns: an example is what people copy."""
    app = cdk.App()
    APPS[name](app)
    stacks = [each for each in app.node.find_all() if isinstance(each, cdk.Stack)]
    warnings = [
        entry.entry.data
        for stack in stacks
        for entry in Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp("hpt-construct"))
    ]
    assert warnings == []


@pytest.mark.parametrize("name", ["xgboost", "multi_algorithm_spot", "warm_start", "best_model"])
def test_cdk_nag_finds_nothing_in_the_example(name: str, tmp_path: Path) -> None:
    """AwsSolutions, for the buckets and for the roles that the jobs make."""
    app = cdk.App(outdir=str(tmp_path))
    APPS[name](app)
    assert findings(app) == []


def test_cdk_nag_finds_nothing_in_the_pipeline_but_the_cdks_own(tmp_path: Path) -> None:
    """CDK Pipelines writes wildcards into its own roles, which an app can't narrow down."""
    app = cdk.App(outdir=str(tmp_path))
    APPS["pipeline"](app)
    assert [finding for finding in findings(app) if " Example/Pipeline/" not in finding] == []


def test_pipeline_deploys_to_two_environments_and_updates_itself() -> None:
    """Source, build, the pipeline itself, assets, test and production; production asks first."""
    pipeline = Pipeline(cdk.App(), "Example", env=PIPELINE)
    [found] = Template.from_stack(pipeline).find_resources("AWS::CodePipeline::Pipeline").values()
    stages = {stage["Name"]: stage["Actions"] for stage in found["Properties"]["Stages"]}
    assert list(stages) == ["Source", "Build", "UpdatePipeline", "Assets", "Test", "Production"]
    assert next(action["ActionTypeId"]["Category"] for action in stages["Production"]) == "Approval"
    longest = []
    for name in ("Test", "Production"):
        stage = pipeline.node.find_child(name)
        stack = stage.node.find_child("Churn")
        assert isinstance(stack, cdk.Stack)
        [job] = Template.from_stack(stack).find_resources(TYPE).values()
        config = job["Properties"]["HyperParameterTuningJobConfig"]
        longest.append(config["ResourceLimits"]["MaxNumberOfTrainingJobs"])
    assert longest == ["2", "50"]


def test_best_model_serves_what_the_tuning_has_chosen() -> None:
    """The model is the result's, and its role may read that one object."""
    template = Template.from_stack(BestModel(cdk.App(), "Example"))
    [model] = template.find_resources("AWS::SageMaker::Model").values()
    container = model["Properties"]["PrimaryContainer"]
    [result] = template.find_resources(f"{TYPE}Result")
    assert container["ModelDataUrl"] == {"Fn::GetAtt": [result, "ModelDataUrl"]}
    assert result in str(template.find_resources("AWS::IAM::Role", {"Properties": {"Policies": Match.any_value()}}))
    assert template.find_resources("AWS::SageMaker::Endpoint")


def test_refinement_begins_with_the_searchs_results() -> None:
    """By the name of the job, whichever that is: the stacks are deployed in this order."""
    app = cdk.App()
    search = Search(app, "Search")
    refinement = Refinement(app, "Refinement", search=search)
    [job] = Template.from_stack(refinement).find_resources(TYPE).values()
    [parent] = job["Properties"]["WarmStartConfig"]["ParentHyperParameterTuningJobs"]
    assert "Search:" in str(parent["HyperParameterTuningJobName"])
    assert refinement.dependencies == [search]
