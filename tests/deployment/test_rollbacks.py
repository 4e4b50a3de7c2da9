"""The life of named jobs, and what a rollback leaves, under the policy that is in force at each moment."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

from hpt_construct import HyperparameterTuningJob

if TYPE_CHECKING:
    from .conftest import Account


def test_renamed_removed_and_rolled_back_jobs(account: Account, guide_request: dict[str, Any]) -> None:
    """No job of an older template runs on, and a rollback launches nothing, also where the old jobs have ended."""

    def fill(stack: cdk.Stack, names: dict[str, str], trainings: int = 20, *, fails: bool = False) -> None:
        named = {
            construct_id: {**guide_request, "HyperParameterTuningJobName": name} for construct_id, name in names.items()
        }
        generated = copy.deepcopy(guide_request)
        generated["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxNumberOfTrainingJobs"] = trainings
        jobs = [
            HyperparameterTuningJob.from_request(stack, construct_id, request)
            for construct_id, request in {**named, "Search": generated}.items()
        ]
        if fails:
            nobodys = {"FunctionName": "nobody", "Qualifier": "$LATEST"}
            last = cdk.CfnResource(stack, "Last", type="AWS::Lambda::EventInvokeConfig", properties=nobodys)
            last.node.add_dependency(*jobs)

    first = account.deploy(lambda stack: fill(stack, {"Churn": "churn", "Weekly": "weekly"}), "Renamed")
    assert first.returncode == 0, first.stderr
    search = next(name for name in account.names_created() if name not in ("churn", "weekly"))

    renamed = account.deploy(lambda stack: fill(stack, {"Churn": "churn-2"}), "Renamed")
    assert renamed.returncode == 0, renamed.stderr
    assert account.names_created() == ["churn-2"]
    jobs = account.jobs()
    assert [jobs[name] for name in ("churn", "weekly", "churn-2", search)] == [
        "Stopped",
        "Stopped",
        "InProgress",
        "InProgress",
    ]

    account.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="churn-2")
    account.sandbox.control.fail_job(search, "no data")
    failed = account.deploy(
        lambda stack: fill(stack, {"Churn": "churn-3", "Monthly": "monthly"}, trainings=7, fails=True), "Renamed"
    )
    assert failed.returncode == 1
    assert account.status("Renamed") == "UPDATE_ROLLBACK_COMPLETE"
    started = account.names_created()
    assert len(started) == 3
    assert {"churn-3", "monthly"} < set(started)
    jobs = account.jobs()
    assert {name: jobs[name] for name in started} == dict.fromkeys(started, "Stopped")
    assert (jobs["churn-2"], jobs[search]) == ("Stopped", "Failed")
    assert account.held_jobs("Renamed") == {"churn-2", search}

    account.delete("Renamed")
    assert account.names_created() == []
