"""A tuning job's life as a user sees it: deploy, diff, deploy again, change, collide, destroy."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from .conftest import ROOT, outputs

if TYPE_CHECKING:
    from .conftest import Account


def untagged(request: dict[str, Any]) -> dict[str, Any]:
    """A recorded request without name and tags, which no user wrote."""
    return {key: value for key, value in request.items() if key not in ("HyperParameterTuningJobName", "Tags")}


def test_life_of_the_developer_guides_job(account: Account, guide_request: dict[str, Any]) -> None:
    """The example app: what reaches SageMaker is the guide's request, and nothing is ever launched twice."""
    deployed = account.run_cdk("deploy", "--require-approval", "never", "--progress", "events")
    assert deployed.returncode == 0, deployed.stderr
    arn = outputs(deployed)["XgboostTuningJobArn"]
    first = arn.rpartition("/")[2]
    assert arn == f"arn:aws:sagemaker:us-east-1:111122223333:hyper-parameter-tuning-job/{first}"
    [request] = account.created()
    assert request["HyperParameterTuningJobName"] == first
    assert untagged(request) == guide_request

    again = account.run_cdk("deploy", "--require-approval", "never")
    assert "(no changes)" in again.stdout
    assert account.created() == []

    changed_app = account.folder / "app.py"
    example = (ROOT / "app.py").read_text(encoding="utf-8")
    changed_app.write_text(example.replace("max_parallel_training_jobs=3", "max_parallel_training_jobs=4"))
    diff = account.run_cdk("diff", "--app", f"python {changed_app}")
    assert ".MaxParallelTrainingJobs: ├─ [-] 3 └─ [+] 4" in diff.stdout
    assert diff.stdout.count("[~] Custom::") == diff.stdout.count("[~] .ResourceLimits:") == 1

    changed = copy.deepcopy(guide_request)
    changed["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxParallelTrainingJobs"] = 4
    replaced = account.run_cdk("deploy", "--app", f"python {changed_app}", "--require-approval", "never")
    assert replaced.returncode == 0, replaced.stderr
    second = outputs(replaced)["XgboostTuningJobArn"].rpartition("/")[2]
    assert [untagged(request) for request in account.created()] == [changed]
    assert (account.jobs()[first], account.jobs()[second]) == ("Stopped", "InProgress")

    destroyed = account.run_cdk("destroy", "--force")
    assert destroyed.returncode == 0, destroyed.stderr
    assert (account.jobs()[first], account.jobs()[second]) == ("Stopped", "Stopped")


def test_taken_name_fails_and_leaves_its_holder_alone(account: Account, guide_request: dict[str, Any]) -> None:
    """The second stack is rolled back, says whose the name is, and the first stack's job runs on."""
    named = {**guide_request, "HyperParameterTuningJobName": "nightly"}
    assert account.deploy_request(named, "First").returncode == 0
    failed = account.deploy_request(named, "Second")
    assert failed.returncode == 1
    assert "ROLLBACK_COMPLETE" in failed.stdout
    assert (
        "The tuning job 'nightly' was not started: the name is taken by the tuning job of resource 'Tuning"
        in failed.stdout
    )
    assert "in stack 'First' (status InProgress, created " in failed.stdout
    assert "that job was not touched. Choose another tuning_job_name, or leave it out" in failed.stdout
    assert "ResourceInUse: A hyperparameter tuning job with the name, nightly, already exists." in failed.stdout
    assert account.jobs()["nightly"] == "InProgress"
    account.destroy("Second")
    assert account.jobs()["nightly"] == "InProgress"
    account.destroy("First")
    assert account.jobs()["nightly"] == "Stopped"


def test_used_up_quota_fails_with_the_way_out(account: Account, guide_request: dict[str, Any]) -> None:
    """ResourceLimitExceeded is told once, in the service's words, and starts nothing."""
    before = account.jobs()
    account.sandbox.control.configure(max_tuning_jobs=0)
    failed = account.deploy_request(guide_request, "Limited")
    assert failed.returncode == 1
    assert "was not started: a quota of the account is used up. Wait for running jobs to end" in failed.stdout
    assert "Service Quotas console" in failed.stdout
    assert "ResourceLimitExceeded: The account-level service limit" in failed.stdout
    assert len(account.created()) == 1
    assert account.jobs() == before
    account.destroy("Limited")
