"""The examples are apps that work when their folder is copied, and that reviewing tools have nothing to say about."""

from __future__ import annotations

import functools
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from hpt_construct import HyperparameterTuningJob, naming
from tests.construct.jobs import TYPE
from tests.permissions.test_reviewers import findings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from constructs import IConstruct

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLES = {path.parent.name: path.parent for path in sorted(ROOT.glob("examples/*/app.py"))}


class Built(NamedTuple):
    """An example that was synthesised, with what cdk-nag finds in it."""

    app: cdk.App
    findings: list[str]
    warnings: list[str]
    templates: Mapping[str, Mapping[str, Any]]
    """By the name of the file."""

    def only(self, stack: str, resource_type: str) -> tuple[str, Any]:
        """The logical id and the properties of the one resource of a type in the stack whose name begins so."""
        [template] = [template for name, template in self.templates.items() if name.startswith(stack)]
        [found] = [each for each in template["Resources"].items() if each[1]["Type"] == resource_type]
        return found[0], found[1]["Properties"]


def imported(path: Path) -> Any:
    """A module by its path: each example has an ``app.py``."""
    spec = util.spec_from_file_location(f"example_{path.parent.name}_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@functools.cache
def built(name: str) -> Built:
    """Synthesise the app of an example, once for all that is asked of it."""
    app: cdk.App = imported(EXAMPLES[name] / "app.py").app
    found = findings(app)
    folder = Path(app.outdir)
    metadata = [json.loads(path.read_text("utf-8")) for path in folder.rglob("*.metadata.json")]
    entries = [entry for each in metadata for of_construct in each.values() for entry in of_construct]
    warnings = [entry["data"] for entry in entries if entry["type"] == "aws:cdk:warning"]
    templates = {path.name: json.loads(path.read_text()) for path in folder.rglob("*.template.json")}
    shutil.rmtree(folder)
    return Built(app, found, warnings, templates)


def jobs_in(scope: IConstruct) -> Iterator[HyperparameterTuningJob]:
    """The jobs of stages, stacks and constructs of the example. To look at every one loads its module, for seconds."""
    for child in scope.node.children:
        if isinstance(child, HyperparameterTuningJob):
            yield child
        elif isinstance(child, (cdk.Stage, cdk.Stack)) or type(child).__module__.startswith("example_"):
            yield from jobs_in(child)


# Tests of an example come one after the other, so that one worker builds it.
@pytest.fixture(scope="module", params=EXAMPLES)
def name(request: pytest.FixtureRequest) -> str:
    """Each example."""
    return str(request.param)


def test_example_meets_no_doubt(name: str) -> None:
    """None of our rules warns: an example is what people copy."""
    assert [warning for warning in built(name).warnings if "hpt-construct" in warning] == []


def test_cdk_nag_finds_nothing_in_the_example(name: str) -> None:
    """AwsSolutions, but for the wildcards that CDK Pipelines writes into its own roles, which an app can't narrow."""
    of_others = " TuningPipelineExample/Pipeline/"
    assert [finding for finding in built(name).findings if of_others not in finding] == []


def test_example_installs_what_the_package_needs(name: str) -> None:
    """The ranges are those that the package declares."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    lines = (EXAMPLES[name] / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert {"aws-cdk-lib", "constructs"} <= {re.split(r"\W(?=[<>])|[<>=]", line)[0] for line in lines}
    assert set(lines) - set(declared) == {"hpt-construct"}


def test_readme_of_the_example_tells_the_most_that_it_costs(name: str) -> None:
    """As ``worst_case_instance_hours`` counts it, for each job."""
    readme = (EXAMPLES[name] / "README.md").read_text(encoding="utf-8")
    jobs = list(jobs_in(built(name).app))
    assert jobs
    for job in jobs:
        assert job.worst_case_instance_hours
        for instance_type, hours in job.worst_case_instance_hours.items():
            assert re.search(rf"\bat most\b.*\b{hours:g}\b", readme), hours
            assert instance_type in readme


@pytest.mark.parametrize("document", sorted(ROOT.glob("examples/**/README.md")), ids=lambda path: path.parent.name)
def test_links_of_readme_lead_somewhere(document: Path) -> None:
    """To its guide, to files beside it."""
    links = re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_example_is_listed() -> None:
    """Those in folders with an app, and the recipes."""
    listed = re.findall(r"\]\((\w+)/\)", (ROOT / "examples" / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted([*EXAMPLES, "ci"])


def test_copied_example_is_an_app_for_the_cli(tmp_path: Path) -> None:
    """The command in its cdk.json synthesises its stack, away from the checkout."""
    copied = shutil.copytree(EXAMPLES["xgboost"], tmp_path / "xgboost", ignore=shutil.ignore_patterns("cdk.out"))
    program, *arguments = json.loads((copied / "cdk.json").read_text(encoding="utf-8"))["app"].split()
    assert program == "python"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CDK_OUTDIR": str(tmp_path / "out")}
    subprocess.run([sys.executable, *arguments], cwd=copied, env=environment, check=True)
    assert (tmp_path / "out" / "XgboostExample.template.json").exists()


def test_every_example_tells_the_cli_how_to_run_it(name: str) -> None:
    """As the one does that is tried."""
    assert json.loads((EXAMPLES[name] / "cdk.json").read_text(encoding="utf-8"))["app"] == "python app.py"


def test_pipeline_deploys_to_two_environments_and_updates_itself() -> None:
    """Source, build, the pipeline itself, assets, test and production; production asks first."""
    _, properties = built("pipeline").only("TuningPipelineExample.", "AWS::CodePipeline::Pipeline")
    stages = {stage["Name"]: stage["Actions"] for stage in properties["Stages"]}
    assert list(stages) == ["Source", "Build", "UpdatePipeline", "Assets", "Test", "Production"]
    assert next(action["ActionTypeId"]["Category"] for action in stages["Production"]) == "Approval"
    stacks = ("TuningPipelineExampleTest", "TuningPipelineExampleProduction")
    jobs = [built("pipeline").only(stack, TYPE)[1] for stack in stacks]
    limits = [job["HyperParameterTuningJobConfig"]["ResourceLimits"] for job in jobs]
    assert [limit["MaxNumberOfTrainingJobs"] for limit in limits] == ["2", "50"]


def test_best_model_serves_what_the_tuning_has_chosen() -> None:
    """The model is the result's, and its role may read that one object."""
    example = built("best_model")
    result, _ = example.only("BestModelExample", f"{TYPE}Result")
    _, model = example.only("BestModelExample", "AWS::SageMaker::Model")
    assert model["PrimaryContainer"]["ModelDataUrl"] == {"Fn::GetAtt": [result, "ModelDataUrl"]}
    resources = example.templates["BestModelExample.template.json"]["Resources"]
    role = resources[model["ExecutionRoleArn"]["Fn::GetAtt"][0]]
    assert result in str(role["Properties"]["Policies"])
    example.only("BestModelExample", "AWS::SageMaker::Endpoint")


def test_own_program_prints_the_metric_that_the_job_looks_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the folders that SageMaker gives it, with hyperparameters as text; and it leaves a model."""
    _, job = built("own_image").only("OwnImageExample", TYPE)
    tuned = [each["Name"] for kind in job["HyperParameterTuningJobConfig"]["ParameterRanges"].values() for each in kind]
    for folder in ("input/config", "model"):
        (tmp_path / folder).mkdir(parents=True)
    for channel in ("train", "validation"):
        place = tmp_path / "input" / "data" / channel
        place.mkdir(parents=True)
        shutil.copy(EXAMPLES["own_image"] / "data" / f"{channel}.csv", place)
    (tmp_path / "input/config/hyperparameters.json").write_text(json.dumps(dict.fromkeys(tuned, "2")))
    runpy.run_path(str(EXAMPLES["own_image"] / "image" / "train.py"))["train"](tmp_path)
    [metric] = job["TrainingJobDefinition"]["AlgorithmSpecification"]["MetricDefinitions"]
    [value] = re.findall(metric["Regex"], capsys.readouterr().out)
    assert 1 / 2 < float(value) <= 1
    assert (tmp_path / "model" / "weights.json").exists()


def test_refinement_begins_with_the_searchs_results() -> None:
    """By the name of the job, whichever that is: the stacks are deployed in this order."""
    _, job = built("warm_start").only("RefinementExample", TYPE)
    [parent] = job["WarmStartConfig"]["ParentHyperParameterTuningJobs"]
    assert "SearchExample:" in str(parent["HyperParameterTuningJobName"])


def sent(request: Mapping[str, Any]) -> dict[str, Any]:
    """The properties that a job of a request has, but for its name: SageMaker gets the same if they are the same."""
    stack = cdk.Stack(cdk.App(), "Request")
    HyperparameterTuningJob.from_request(stack, "Tuning", request, tuning_job_name=None)
    [job] = Template.from_stack(stack).find_resources(TYPE).values()
    return without_names(job["Properties"])


def without_names(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Without what goes by the stack and by the construct's id."""
    return {key: value for key, value in properties.items() if key not in {"ServiceToken", "NamePrefix"}}


def test_converted_example_sends_what_the_script_has_sent() -> None:
    """``request.json`` is what the SageMaker Python SDK has made of the script."""
    request = json.loads((EXAMPLES["from_sagemaker_sdk"] / "request.json").read_text(encoding="utf-8"))
    _, properties = built("from_sagemaker_sdk").only("ConvertedExample", TYPE)
    assert without_names(properties) == sent(request)


def test_job_that_takes_over_has_the_request_of_the_one_before() -> None:
    """That of ``AwsCustomResource``, which is now its parent."""
    before = imported(EXAMPLES["taking_over"] / "aws_custom_resource.py")
    after = without_names(built("taking_over").only("Churn", TYPE)[1])
    parents = [{"HyperParameterTuningJobName": before.NAME}]
    assert after.pop("WarmStartConfig")["ParentHyperParameterTuningJobs"] == parents
    assert after == sent(before.REQUEST)


def test_moved_job_is_the_resource_that_it_was() -> None:
    """By its logical id, and by the prefix of its name, which is a property."""
    logical_id, properties = built("moving").only("MovedExample", TYPE)
    assert logical_id == "Tuning79A926AD"
    assert properties["NamePrefix"] == naming.name_prefix("MovedExample", "Tuning")


def test_jobs_of_a_team_have_its_defaults_however_they_are_made() -> None:
    """In the typed form and from a request, and no more instance hours than the ceiling."""
    [template] = built("team_defaults").templates.values()
    jobs = [each["Properties"] for each in template["Resources"].values() if each["Type"] == TYPE]
    assert [job["Tags"] for job in jobs] == [[{"Key": "team", "Value": "churn"}]] * 2
    assert [job["TrainingJobDefinition"]["EnableNetworkIsolation"] for job in jobs] == ["true"] * 2


def test_each_environment_has_the_image_of_its_region_and_a_folder_of_its_own() -> None:
    """One app for all of them."""
    example = built("accounts_and_regions")
    stacks = {"TestChurn": "eu-west-1", "ProductionEurope": "eu-west-1", "ProductionAmerica": "us-east-1"}
    definitions = {stack: example.only(stack, TYPE)[1]["TrainingJobDefinition"] for stack in stacks}
    for stack, region in stacks.items():
        assert f".{region}." in definitions[stack]["AlgorithmSpecification"]["TrainingImage"]
    assert len({definition["OutputDataConfig"]["S3OutputPath"] for definition in definitions.values()}) == 3


def test_topic_hears_of_every_end() -> None:
    """A rule for each, and the alarm goes by the one for failures."""
    resources = built("events").templates["EventsExample.template.json"]["Resources"]
    rules = {key: each["Properties"] for key, each in resources.items() if each["Type"] == "AWS::Events::Rule"}
    ends = {key: rule["EventPattern"]["detail"]["HyperParameterTuningJobStatus"][0] for key, rule in rules.items()}
    assert sorted(ends.values()) == ["Completed", "Failed", "Stopped"]
    _, alarm = built("events").only("EventsExample", "AWS::CloudWatch::Alarm")
    assert ends[alarm["Dimensions"][0]["Value"]["Ref"]] == "Failed"
