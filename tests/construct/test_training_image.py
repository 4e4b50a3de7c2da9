"""Images by reference: what reaches SageMaker, what they put into a stack, and which there are not."""

from __future__ import annotations

import dataclasses
import inspect
import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk.assertions import Annotations, Match, Template

from hpt_construct import (
    AlgorithmSpecification,
    HyperparameterTuningJob,
    IntegerRange,
    MetricDefinition,
    Objective,
    OutputDataConfig,
    ResourceConfig,
    ResourceLimits,
    StoppingCondition,
    TrainingImage,
    TrainingJobDefinition,
    ValidationError,
)
from tests.construct.jobs import TYPE, minimal

XGBOOST = TrainingImage.built_in("xgboost", "1.7-1")
LOSS = [MetricDefinition("loss", "loss=([0-9.]+)")]


def definition(image: TrainingImage | str, **arguments: Any) -> TrainingJobDefinition:
    """A training with this image."""
    return TrainingJobDefinition(
        algorithm_specification=AlgorithmSpecification(
            training_image=image, metric_definitions=arguments.pop("metrics", None)
        ),
        role="arn:aws:iam::111122223333:role/R",
        output_data_config=OutputDataConfig(s3_output_path="s3://amzn-s3-demo-bucket/out"),
        stopping_condition=StoppingCondition(max_runtime=3600),
        resource_config=ResourceConfig(instance_type="ml.m5.large", instance_count=1, volume_size=1),
        **arguments,
    )


def tuning(stack: cdk.Stack, training: TrainingJobDefinition, name: str = "Tuning") -> HyperparameterTuningJob:
    """A job of one training."""
    return HyperparameterTuningJob(
        stack,
        name,
        strategy="Random",
        objective=Objective.minimize("loss"),
        parameter_ranges=[IntegerRange("depth", 1, 10)],
        resource_limits=ResourceLimits(max_parallel_training_jobs=1, max_training_jobs=2),
        training_job=training,
    )


def sent(stack: cdk.Stack) -> Any:
    """The image of the one job of a stack, as the template has it."""
    [job] = Template.from_stack(stack).find_resources(TYPE).values()
    return job["Properties"]["TrainingJobDefinition"]["AlgorithmSpecification"]["TrainingImage"]


def stack_in(region: str | None) -> cdk.Stack:
    """A stack whose region is known, if it is."""
    return cdk.Stack(cdk.App(), "Training", env=cdk.Environment(region=region, account="111122223333"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that an image can be built of."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\n", encoding="ascii")
    return tmp_path


def test_uri_is_sent_as_it_is(stack: cdk.Stack) -> None:
    """The two ways to give it are one."""
    uri = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/churn:1"
    tuning(stack, definition(TrainingImage.from_uri(uri), metrics=LOSS))
    other = cdk.Stack(cdk.App(), "Training")
    tuning(other, definition(uri, metrics=LOSS))
    assert sent(stack) == uri
    assert Template.from_stack(stack).to_json() == Template.from_stack(other).to_json()


@pytest.mark.parametrize(("tag_or_digest", "end"), [("1.4", ":1.4"), ("sha256:abc", "@sha256:abc")])
def test_image_of_a_repository_refers_to_it(stack: cdk.Stack, tag_or_digest: str, end: str) -> None:
    """A tag and a digest are joined to the repository's URI each in its way."""
    repository = ecr.Repository.from_repository_name(stack, "Churn", "churn")
    tuning(stack, definition(TrainingImage.from_ecr_repository(repository, tag_or_digest), metrics=LOSS))
    assert sent(stack)["Fn::Join"][1][-1] == f"/churn{end}"


def test_folder_becomes_an_asset_for_sagemakers_instances(folder: Path) -> None:
    """The CLI builds it for amd64, whatever computer it runs on, and pushes it before the job starts."""
    app = cdk.App()
    stack = cdk.Stack(app, "Training")
    tuning(stack, definition(TrainingImage.from_asset(folder, target="training", build_args={"A": "1"}), metrics=LOSS))
    assembly = app.synth()
    [image] = json.loads(Path(assembly.directory, "Training.assets.json").read_text(encoding="utf-8"))[
        "dockerImages"
    ].values()
    source = image["source"]
    assert (source["platform"], source["dockerBuildTarget"], source["dockerBuildArgs"]) == (
        "linux/amd64",
        "training",
        {"A": "1"},
    )
    [destination] = image["destinations"].values()
    assert destination["imageTag"] in sent(stack)["Fn::Sub"]


def test_platform_of_an_asset_can_be_chosen(stack: cdk.Stack, folder: Path) -> None:
    """Some instance types run on ARM."""
    image = TrainingImage.from_asset(folder, platform=ecr_assets.Platform.LINUX_ARM64)
    job = tuning(stack, definition(image, metrics=LOSS))
    assert isinstance(job.node.find_child("Image"), ecr_assets.DockerImageAsset)


def test_asset_takes_what_an_asset_of_the_cdk_takes(folder: Path) -> None:
    """Under the same names: nobody has to build the image elsewhere for a secret of the build."""
    theirs = set(inspect.signature(ecr_assets.DockerImageAsset.__init__).parameters) - {"self", "scope", "id"}
    assert set(inspect.signature(TrainingImage.from_asset).parameters) >= theirs
    app = cdk.App()
    image = TrainingImage.from_asset(
        folder,
        build_secrets={"token": "type=env,id=TOKEN"},
        network_mode=ecr_assets.NetworkMode.HOST,
        cache_disabled=True,
        exclude=["*.md"],
    )
    tuning(cdk.Stack(app, "Training"), definition(image, metrics=LOSS))
    assets = json.loads(Path(app.synth().directory, "Training.assets.json").read_text(encoding="utf-8"))
    [source] = [each["source"] for each in assets["dockerImages"].values()]
    assert (source["dockerBuildSecrets"], source["networkMode"], source["cacheDisabled"], source["platform"]) == (
        {"token": "type=env,id=TOKEN"},
        "host",
        True,
        "linux/amd64",
    )


def test_asset_of_the_app_can_be_shared(stack: cdk.Stack, folder: Path) -> None:
    """It is built once; a role that the job makes may pull it."""
    asset = ecr_assets.DockerImageAsset(stack, "Image", directory=str(folder))
    training = dataclasses.replace(definition(TrainingImage.from_docker_image_asset(asset), metrics=LOSS), role=None)
    job = tuning(stack, training)
    assert sent(stack) == stack.resolve(asset.image_uri)
    assert job.node.try_find_child("Image") is None
    assert "ecr:BatchGetImage" in json.dumps(Template.from_stack(stack).find_resources("AWS::IAM::Policy"))


def test_changed_folder_is_a_changed_request(folder: Path) -> None:
    """The image's tag is a hash of the folder: a new image starts a new job."""
    images = []
    for text in ("a", "a", "b"):
        (folder / "train.py").write_text(text, encoding="ascii")
        stack = cdk.Stack(cdk.App(), "Training")
        tuning(stack, definition(TrainingImage.from_asset(folder), metrics=LOSS))
        images.append(sent(stack))
    assert images[0] == images[1] != images[2]


def test_built_in_algorithm_is_the_one_of_the_stacks_region() -> None:
    """No mapping is needed where the region is known."""
    stack = stack_in("eu-west-1")
    tuning(stack, definition(XGBOOST))
    assert sent(stack) == "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.7-1"
    assert "Mappings" not in Template.from_stack(stack).to_json()


def test_stack_without_a_region_has_one_mapping_a_registry(stack: cdk.Stack) -> None:
    """However many jobs look into it; CloudFormation then finds the account, and the domain of the partition."""
    for number, image in enumerate(
        (XGBOOST, TrainingImage.built_in("xgboost", "1.5-1"), TrainingImage.built_in("pca"))
    ):
        tuning(stack, definition(image), f"Tuning{number}")
    template = Template.from_stack(stack).to_json()
    mappings = template["Mappings"]
    assert sorted(mappings) == ["HptConstructFactorizationMachinesAccounts", "HptConstructSagemakerXgboostAccounts"]
    assert mappings["HptConstructSagemakerXgboostAccounts"]["eu-west-1"] == {"account": "141502667606"}
    first = next(each for each in template["Resources"].values() if each["Type"] == TYPE)
    assert first["Properties"]["TrainingJobDefinition"]["AlgorithmSpecification"]["TrainingImage"] == {
        "Fn::Join": [
            "",
            [
                {"Fn::FindInMap": ["HptConstructSagemakerXgboostAccounts", {"Ref": "AWS::Region"}, "account"]},
                ".dkr.ecr.",
                {"Ref": "AWS::Region"},
                ".",
                {"Ref": "AWS::URLSuffix"},
                "/sagemaker-xgboost:1.7-1",
            ],
        ]
    }


@pytest.mark.parametrize(
    ("image", "region", "problem"),
    [
        (TrainingImage.built_in("xgbost", "1.7-1"), "eu-west-1", "did you mean 'xgboost'?"),
        (TrainingImage.built_in("xgboost", "1.7"), "eu-west-1", "did you mean '1.7-1'?"),
        (TrainingImage.built_in("lda"), "eu-north-1", "give the image with TrainingImage.from_uri"),
        (TrainingImage.from_asset("nowhere"), "eu-west-1", "'nowhere', which must have Dockerfile; there is none"),
    ],
)
def test_image_that_is_not_there_is_a_problem_like_any_other(image: TrainingImage, region: str, problem: str) -> None:
    """With all the others, at its path, and before anything is in the stack."""
    stack = stack_in(region)
    with pytest.raises(ValidationError) as caught:
        tuning(stack, dataclasses.replace(definition(image), stopping_condition=StoppingCondition(max_runtime=0)))
    first, second = sorted(caught.value.problems)
    assert first.startswith("training_job.algorithm_specification.training_image: got ")
    assert first.endswith(problem)
    assert second.startswith("training_job.stopping_condition.max_runtime: got 0")
    assert stack.node.children == []


@pytest.mark.parametrize("region", ["eu-west-1", None])
def test_rules_know_a_built_in_algorithm(region: str | None) -> None:
    """It brings its metrics with it, wherever the stack will be deployed."""
    stack = stack_in(region) if region else cdk.Stack(cdk.App(), "Training")
    tuning(stack, definition(XGBOOST, metrics=LOSS))
    told = ".*metric_definitions: the built-in algorithm brings its own; leave it out.*"
    Annotations.from_stack(stack).has_warning("*", Match.string_like_regexp(told))


def test_rules_know_an_image_of_the_app(stack: cdk.Stack, folder: Path) -> None:
    """It brings nothing: what the objective needs has to be defined."""
    with pytest.raises(ValidationError, match=r"metric_definitions: defines 'accuracy', but not the objective's"):
        tuning(stack, definition(TrainingImage.from_asset(folder), metrics=[MetricDefinition("accuracy", "(x)")]))


@pytest.mark.parametrize("region", ["eu-west-1", None])
def test_built_in_algorithm_is_held_to_what_it_computes(region: str | None) -> None:
    """By its name too, and where the region is not known; who knows better acknowledges the warning."""
    stack = stack_in(region)
    job = tuning(stack, definition(XGBOOST))
    told = Match.string_like_regexp("^objective.metric_name: got 'loss', which xgboost does not compute; ")
    Annotations.from_stack(stack).has_warning("*", told)
    cdk.Annotations.of(job).acknowledge_warning("hpt-construct:B1")
    Annotations.from_stack(stack).has_no_warning("*", told)


class TestRegions:
    """SageMaker pulls no image from another region."""

    def test_image_of_another_region_is_refused(self, guide_request: dict[str, Any]) -> None:
        """The deployment would fail, with "Invalid DNS suffix ... in training image"."""
        with pytest.raises(ValidationError) as caught:
            HyperparameterTuningJob.from_request(stack_in("eu-west-1"), "Tuning", guide_request)
        assert caught.value.problems == (
            (
                "TrainingJobDefinition.AlgorithmSpecification.TrainingImage: got "
                "'683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1', which is in us-east-1, and "
                "SageMaker pulls no image from another region: give one in eu-west-1; TrainingImage.built_in finds the "
                "one there"
            ),
        )

    def test_image_of_ones_own_is_to_be_copied(self) -> None:
        """Of each of several definitions."""
        trainings = [
            definition(
                f"111122223333.dkr.ecr.{region}.amazonaws.com/churn:1",
                metrics=LOSS,
                definition_name=region,
                objective=Objective.minimize("loss"),
                parameter_ranges=[IntegerRange("depth", 1, 100)],
            )
            for region in ("eu-west-1", "us-west-2")
        ]
        with pytest.raises(ValidationError) as caught:
            minimal(stack_in("eu-west-1"), objective=None, parameter_ranges=None, training_jobs=trainings)
        [problem] = caught.value.problems
        assert problem.startswith(
            "training_jobs[1].algorithm_specification.training_image: got '111122223333.dkr.ecr.us"
        )
        assert problem.endswith("give one in eu-west-1; copy it there")

    def test_repository_of_another_region_is_none_of_the_jobs(self) -> None:
        """Although its name is only known to CloudFormation."""
        theirs = cdk.Stack(cdk.App(), "Theirs", env=cdk.Environment(region="us-west-2", account="111122223333"))
        repository = ecr.Repository.from_repository_name(theirs, "Repository", cdk.Fn.import_value("churn"))
        image = TrainingImage.from_ecr_repository(repository, "1")
        with pytest.raises(ValidationError, match="which is in us-west-2, and SageMaker pulls no image from another"):
            tuning(stack_in("eu-west-1"), definition(image, metrics=LOSS))

    @pytest.mark.parametrize(
        ("region", "image"),
        [
            ("us-east-1", "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"),
            (None, "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"),
            ("eu-west-1", f"111122223333.dkr.ecr.{cdk.Aws.REGION}.amazonaws.com/churn:1"),
        ],
        ids=["same", "region-not-known", "image-not-known"],
    )
    def test_image_that_may_be_there_is_taken(self, region: str | None, image: str) -> None:
        """As far as synth can tell."""
        metrics = None if "xgboost" in image else LOSS
        assert tuning(stack_in(region), definition(image, metrics=metrics)) is not None
