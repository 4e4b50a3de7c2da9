"""The examples against the real CDK CLI: what a user copies starts the jobs that it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .conftest import ROOT, outputs

if TYPE_CHECKING:
    import subprocess

    from .conftest import Account

OPTIONS = ("--require-approval", "never", "--progress", "events")
XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"


@pytest.fixture(autouse=True)
def _with_all_inputs(account: Account) -> None:
    """What an example refers to, it makes: nothing else is there."""
    account.sandbox.control.configure(inputs_elsewhere=False)


def deploy(account: Account, example: str, *stacks: str) -> subprocess.CompletedProcess[str]:
    """Deploy stacks of an example in its folder, as its README says."""
    return account.run_cdk("deploy", *OPTIONS, *stacks, cwd=ROOT / "examples" / example)


def stop(account: Account, *requests: dict[str, Any]) -> None:
    """End the jobs of an example, which costs less time here than to destroy its stacks."""
    for request in requests:
        name = request["HyperParameterTuningJobName"]
        account.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)


def data(definition: dict[str, Any]) -> list[str]:
    """The places that a training reads."""
    return [channel["DataSource"]["S3DataSource"]["S3Uri"] for channel in definition["InputDataConfig"]]


def test_xgboost_example_starts_with_what_it_has_made(account: Account) -> None:
    """The image of the region, a role that is there, data that is there, a bucket of the stack."""
    deployed = deploy(account, "xgboost")
    assert deployed.returncode == 0, deployed.stderr
    [request] = account.created()
    definition = request["TrainingJobDefinition"]
    assert definition["AlgorithmSpecification"]["TrainingImage"] == XGBOOST
    s3 = account.sandbox.client("s3")
    for uri in data(definition):
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        assert s3.head_object(Bucket=bucket, Key=key)["ContentLength"] > 0
    role = definition["RoleArn"].rpartition("/")[2]
    iam = account.sandbox.client("iam")
    trusted = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert [statement["Principal"] for statement in trusted] == [{"Service": "sagemaker.amazonaws.com"}]
    assert iam.list_role_policies(RoleName=role)["PolicyNames"]
    destroyed = account.run_cdk("destroy", "--app", account.synthesized, "--force")
    assert destroyed.returncode == 0, destroyed.stderr
    assert account.jobs()[request["HyperParameterTuningJobName"]] == "Stopped"


def test_multi_algorithm_example_starts_one_job_with_two_models(account: Account) -> None:
    """They share a role, and each keeps its models in a folder of its own."""
    deployed = deploy(account, "multi_algorithm")
    assert deployed.returncode == 0, deployed.stderr
    [request] = account.created()
    definitions = request["TrainingJobDefinitions"]
    assert [definition["DefinitionName"] for definition in definitions] == ["trees", "linear"]
    assert len({definition["RoleArn"] for definition in definitions}) == 1
    folders = [each["OutputDataConfig"]["S3OutputPath"].partition("/models/")[2] for each in definitions]
    assert folders == ["trees", "linear"]
    stop(account, request)


def test_warm_started_example_begins_with_the_first_search(account: Account) -> None:
    """Deployed one after the other, as a user would; the first search is not started again."""
    first = deploy(account, "warm_start", "SearchExample")
    assert first.returncode == 0, first.stderr
    [search] = account.created()
    stop(account, search)
    second = account.run_cdk("deploy", "--app", account.synthesized, *OPTIONS, "RefinementExample")
    assert second.returncode == 0, second.stderr
    [refinement] = account.created()
    assert refinement["WarmStartConfig"] == {
        "WarmStartType": "IdenticalDataAndAlgorithm",
        "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": search["HyperParameterTuningJobName"]}],
    }
    assert outputs(second)["TuningTuningJobArn"].endswith(refinement["HyperParameterTuningJobName"])
    stop(account, refinement)
