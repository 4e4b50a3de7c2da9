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

from app import XgboostTuning
from hpt_construct import HyperparameterTuningJob

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


@pytest.mark.parametrize("env", [None, cdk.Environment(account="111122223333", region="eu-west-1")], ids=["any", "one"])
def test_cdk_nag_finds_nothing_in_the_example(tmp_path: Path, env: cdk.Environment | None) -> None:
    """AwsSolutions, whether the account is known at synth or not."""
    app = cdk.App(outdir=str(tmp_path))
    XgboostTuning(app, "XgboostTuning", env=env)
    assert findings(app) == []


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
