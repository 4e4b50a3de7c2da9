"""``hpt`` beside a real deployment: by the names of a stack and its resources."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

from .conftest import ROOT

if TYPE_CHECKING:
    import subprocess

    from .conftest import Account

STACK = "Watched"


def _hpt(account: Account, *arguments: str) -> subprocess.CompletedProcess[str]:
    return account.sandbox.run([sys.executable, "-m", "hpt_construct.cli", *arguments], cwd=ROOT)


def test_a_stack_s_job_from_the_deployment_to_its_end(account: Account, guide_request: dict[str, Any]) -> None:
    """Checked before, waited for, judged, stopped by hand, and an orphan once nobody has it."""
    assembly = account.folder / f"{STACK}.out"
    deployed = account.deploy_request(guide_request, STACK, removal_policy=cdk.RemovalPolicy.RETAIN)
    assert deployed.returncode == 0, deployed.stderr
    checked = _hpt(account, "preflight", str(assembly))
    assert checked.returncode == 1, checked.stderr
    assert "✗ role arn:aws:iam::111122223333:role/SageMakerRole: " in checked.stdout

    waited = _hpt(account, "wait", STACK, "--timeout", "0s")
    assert (waited.returncode, "0 of 20 training jobs completed" in waited.stdout) == (3, True), waited.stderr
    listed = json.loads(_hpt(account, "list", "--stack", STACK, "--json").stdout)
    assert (listed["tuning_job_status"], listed["state"]) == ("InProgress", "held")
    assert _hpt(account, "list", "--orphans", "--stack", STACK).stdout == ""
    resource = f"{STACK}/{listed['logical_id']}"

    account.sandbox.control.advance(7200)
    judged = _hpt(account, "wait", resource, "--at-least", "0.5", "--json")
    assert judged.returncode == 0, judged.stderr
    best = json.loads(judged.stdout)
    assert best["tuning_job_name"] == listed["tuning_job_name"]
    assert best["model_data_url"].startswith("s3://amzn-s3-demo-bucket/")
    assert _hpt(account, "wait", resource, "--at-least", "0.99").returncode == 1

    destroyed = account.destroy(STACK)
    assert destroyed.returncode == 0, destroyed.stderr
    assert _hpt(account, "list", "--orphans", "--stack", STACK, "--json").stdout == ""
    orphan = json.loads(_hpt(account, "list", "--orphans", "--all", "--stack", STACK, "--json").stdout)
    assert orphan["tuning_job_name"] == listed["tuning_job_name"]
