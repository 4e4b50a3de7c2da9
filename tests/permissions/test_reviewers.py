"""The tools that review an account before a person does have nothing to say about the example."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import cdk_nag
import pytest
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.cloudformation_include import CfnInclude

from app import XgboostTuning
from hpt_construct import (
    AlgorithmSpecification,
    Channel,
    CheckpointConfig,
    HyperparameterTuningJob,
    OutputDataConfig,
    ResourceConfig,
    S3DataSource,
    S3Location,
    TrainingImage,
    VpcConfig,
)
from tests.construct.jobs import definition, minimal

from .test_policy import with_key


def findings(app: cdk.App) -> list[str]:
    """What cdk-nag finds in an app: a line per finding."""
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks())
    try:
        app.synth()
    except RuntimeError as error:
        if "ValidationFailed" not in str(error):
            raise
    report = Path(app.outdir, "validation-report.json")
    if not report.exists():
        return []
    [plugin] = json.loads(report.read_text(encoding="utf-8"))["pluginReports"]
    return [
        f"{violation['ruleName']} {construct['constructPath']}"
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"]
    ]


@pytest.mark.parametrize("env", [None, cdk.Environment(account="111122223333", region="us-east-1")], ids=["any", "one"])
def test_cdk_nag_finds_nothing_in_the_example(tmp_path: Path, env: cdk.Environment | None) -> None:
    """AwsSolutions, whether the account is known at synth or not."""
    app = cdk.App(outdir=str(tmp_path))
    XgboostTuning(app, "XgboostTuning", env=env)
    assert findings(app) == []


def test_cdk_nag_finds_nothing_in_the_function(tmp_path: Path) -> None:
    """It is named by its type, and cdk-nag looks at typed constructs only: included from the template, it is one."""
    app = cdk.App(outdir=str(tmp_path / "app"))
    XgboostTuning(app, "XgboostTuning")
    template = app.synth().get_stack_by_name("XgboostTuning").template_full_path
    included = cdk.App(outdir=str(tmp_path / "included"))
    # The template brings the rule about the bootstrap along.
    synthesizer = cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False)
    CfnInclude(cdk.Stack(included, "Included", synthesizer=synthesizer), "Template", template_file=template)
    # The reasons for the wildcards stand with the role's construct.
    assert {finding.partition("[")[0] for finding in findings(included)} == {"AwsSolutions-IAM5"}


def test_cdk_nag_finds_what_a_user_adds(tmp_path: Path) -> None:
    """The reasons that the construct gives are for its own wildcards alone."""
    app = cdk.App(outdir=str(tmp_path))
    stack = XgboostTuning(app, "XgboostTuning")
    role = stack.node.find_child("HptConstructProvider").node.find_child("Role")
    assert isinstance(role, cdk.aws_iam.Role)
    role.add_to_policy(cdk.aws_iam.PolicyStatement(actions=["s3:GetObject"], resources=["*"]))
    [finding] = findings(app)
    assert finding.startswith("AwsSolutions-IAM5[Resource::*] XgboostTuning/HptConstructProvider/Role")


@pytest.mark.parametrize("key", ["alias/ml", "arn:aws:kms:eu-west-1:444455556666:alias/ml", "1234abcd"])
def test_cdk_nag_finds_nothing_about_keys(tmp_path: Path, guide_request: dict[str, Any], key: str) -> None:
    """A key by its alias needs a wildcard, with its reason."""
    app = cdk.App(outdir=str(tmp_path))
    HyperparameterTuningJob.from_request(cdk.Stack(app, "Training"), "Tuning", with_key(guide_request, key))
    assert findings(app) == []


@pytest.mark.parametrize("constructs", [False, True], ids=["by_uri", "by_construct"])
def test_cdk_nag_finds_nothing_about_a_role_that_a_job_makes(tmp_path: Path, *, constructs: bool) -> None:
    """Each wildcard in it has its reason: a prefix, an alias, or an action that knows no resource."""
    app = cdk.App(outdir=str(tmp_path))
    stack = cdk.Stack(app, "Training")
    place: S3Location | str = "s3://amzn-s3-demo-bucket/some"
    key: kms.IKey | str = "alias/ml"
    image = TrainingImage.built_in("xgboost", "1.7-1")
    if constructs:
        theirs = cdk.Stack(app, "Theirs")
        key = kms.Key.from_key_arn(theirs, "Key", "arn:aws:kms:eu-west-1:444455556666:key/1234abcd")
        place = S3Location(
            s3.Bucket.from_bucket_attributes(theirs, "Data", bucket_name="data", encryption_key=key), "some"
        )
        repository = ecr.Repository.from_repository_name(theirs, "Repository", "churn")
        image = TrainingImage.from_ecr_repository(repository, "1")
    training = definition(
        role=None,
        algorithm_specification=AlgorithmSpecification(training_image=image),
        input_data_config=[Channel("train", S3DataSource(place))],
        output_data_config=OutputDataConfig(s3_output_path=place, kms_key=key),
        checkpoint_config=CheckpointConfig(s3_uri=place),
        resource_config=ResourceConfig(
            instance_type="ml.m5.large", instance_count=1, volume_size=1, volume_kms_key=key
        ),
        vpc_config=VpcConfig(subnets=["subnet-1"], security_groups=["sg-1"]),
    )
    minimal(stack, training_job=training)
    assert findings(app) == []


def test_cdk_nag_finds_what_a_user_grants_a_job(tmp_path: Path) -> None:
    """The role that the job makes explains its own wildcards, and no others."""
    app = cdk.App(outdir=str(tmp_path))
    stack = cdk.Stack(app, "Training")
    job = minimal(stack, training_job=definition(role=None))
    job.grant_principal.add_to_principal_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=["*"]))
    [finding] = findings(app)
    assert finding == "AwsSolutions-IAM5[Resource::*] Training/Tuning/Role/DefaultPolicy/Resource"


def test_cfn_lint_finds_nothing_in_the_example(tmp_path: Path) -> None:
    """Nothing but W3005: the CDK writes dependencies that a reference already makes."""
    app = cdk.App(outdir=str(tmp_path))
    XgboostTuning(app, "XgboostTuning")
    app.synth()
    lint = str(Path(sys.executable).with_name("cfn-lint"))
    template = str(tmp_path / "XgboostTuning.template.json")
    done = subprocess.run(
        [lint, "--ignore-checks", "W3005", "--", template],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("", 0)
