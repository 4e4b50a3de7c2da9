"""Deployments that wait for a tuning, with the real CLI: an SSM parameter stands for the model that serves."""

from __future__ import annotations

import copy
import json
import threading
import time
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ssm as ssm

from hpt_construct import HyperparameterTuningJob, WaitForCompletion
from sandbox import ServiceSettings
from sandbox.sagemaker.trainings import FAILING_SHARE

from .conftest import bootstrapped_account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Account

SERVING = "/model/serving"
SPEED = 120.0
"""A poll takes place every half second."""


@pytest.fixture(scope="module")
def fast_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """A sandbox in which an hour of trainings, and a minute between polls, are short."""
    service = ServiceSettings(stopping_seconds=30, training_seconds=60, inputs_elsewhere=True)
    with bootstrapped_account(tmp_path_factory.mktemp("apps"), service, SPEED) as account:
        yield account


@pytest.fixture
def fast(fast_sandbox: Account) -> Iterator[Account]:
    """The same, with short trainings."""
    yield fast_sandbox
    fast_sandbox.sandbox.control.configure(training_seconds=60)


class Tuned:
    """A stack that serves the best model of its tuning."""

    def __init__(self, account: Account, request: dict[str, Any], name: str) -> None:
        self.account = account
        self.request = request
        self.name = name
        account.created()

    def fill(
        self,
        stack: cdk.Stack,
        *,
        jobs: int = 3,
        wait: bool = True,
        stage: str = "dev",
        fails: bool = False,
        **options: Any,
    ) -> None:
        """Tune, hold it to a metric, serve."""
        request = copy.deepcopy(self.request)
        limits = request["HyperParameterTuningJobConfig"]["ResourceLimits"]
        limits.update(MaxNumberOfTrainingJobs=jobs, MaxParallelTrainingJobs=min(jobs, 3))
        request["TrainingJobDefinition"]["StaticHyperParameters"] |= options.pop("static", {})
        waiting = WaitForCompletion(timeout=cdk.Duration.hours(1), **options)
        job = HyperparameterTuningJob.from_request(
            stack, "Tuning", request, wait_for_completion=waiting if wait else None
        )
        if wait:
            model = ssm.CfnParameter(
                stack, "Model", name=f"{SERVING}/{self.name}", type="String", value=job.best_training_job.model_data_url
            )
            cdk.CfnOutput(stack, "Eta", value=job.best_training_job.hyperparameter("eta"))
            if fails:
                nobodys = {"FunctionName": "nobody", "Qualifier": "$LATEST"}
                last = cdk.CfnResource(stack, "Last", type="AWS::Lambda::EventInvokeConfig", properties=nobodys)
                last.node.add_dependency(model)
        cdk.Tags.of(stack).add("stage", stage)

    def deploy(self, **options: Any) -> Any:
        """Deploy it."""
        return self.account.deploy(lambda stack: self.fill(stack, **options), self.name)

    def created(self) -> list[str]:
        """The jobs that were launched since the last time this was asked."""
        return [request["HyperParameterTuningJobName"] for request in self.account.created()]

    @property
    def serving(self) -> str:
        """Where the model is that serves."""
        client = self.account.sandbox.client("ssm")
        value: str = client.get_parameter(Name=f"{SERVING}/{self.name}")["Parameter"]["Value"]
        return value

    def best(self, job: str) -> str:
        """Where the best model of a job is."""
        sagemaker = self.account.sagemaker
        best = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=job)["BestTrainingJob"]
        told = sagemaker.describe_training_job(TrainingJobName=best["TrainingJobName"])
        url: str = told["ModelArtifacts"]["S3ModelArtifacts"]
        return url

    def executions(self) -> dict[str, int]:
        """How many executions of the stack's machines there are, by status."""
        client = self.account.sandbox.client("stepfunctions")
        found: dict[str, int] = {}
        for machine in client.list_state_machines()["stateMachines"]:
            for execution in client.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]:
                found[execution["status"]] = found.get(execution["status"], 0) + 1
        return found


def test_best_model_serves_until_a_better_one_is_accepted(fast: Account, guide_request: dict[str, Any]) -> None:
    """First deployment, tags, a tuning that is not good enough, one that is, and the end."""
    stack = Tuned(fast, guide_request, "Life")
    first = stack.deploy(objective_at_least=0.01)
    assert first.returncode == 0, first.stderr
    [job] = stack.created()
    assert fast.jobs()[job] == "Completed"
    assert stack.serving == stack.best(job)
    assert "Life.Eta = " in first.stderr

    tagged = stack.deploy(objective_at_least=0.01, stage="prod")
    assert tagged.returncode == 0, tagged.stderr
    assert stack.created() == []
    assert stack.executions() == {"SUCCEEDED": 1}

    refused = stack.deploy(jobs=4, objective_at_least=0.9999)
    assert refused.returncode == 1
    assert "is not good enough: its best validation:auc is 0." in refused.stdout
    assert "but wait_for_completion requires at least 0.9999" in refused.stdout
    assert "UPDATE_ROLLBACK_COMPLET" in refused.stdout
    assert len(stack.created()) == 1
    assert stack.serving == stack.best(job)

    accepted = stack.deploy(jobs=5, objective_at_least=0.01)
    assert accepted.returncode == 0, accepted.stderr
    [better] = stack.created()
    assert stack.serving == stack.best(better)
    assert fast.jobs()[job] == "Completed"

    fast.delete("Life")
    assert "RUNNING" not in stack.executions()


def test_rollback_serves_the_model_of_a_job_whose_record_is_gone(fast: Account, guide_request: dict[str, Any]) -> None:
    """Nobody can describe the job any more, and what uses its result still gets it."""
    stack = Tuned(fast, guide_request, "Gone")
    assert stack.deploy().returncode == 0
    [job] = stack.created()
    serving = stack.serving
    fast.sagemaker.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName=job)
    failed = stack.deploy(jobs=4, fails=True)
    assert failed.returncode == 1
    assert fast.status("Gone") == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.serving == serving
    assert len(stack.created()) == 1
    fast.delete("Gone")


def test_failed_tuning_fails_the_deployment_with_sagemakers_reason(
    fast: Account, guide_request: dict[str, Any]
) -> None:
    """The record stays to be looked at."""
    stack = Tuned(fast, guide_request, "Failing")
    failed = stack.deploy(static={FAILING_SHARE: "1"})
    assert failed.returncode == 1
    [job] = stack.created()
    assert f"The tuning job '{job}' failed: All training jobs failed. Please take a look" in failed.stdout
    assert "ROLLBACK_COMPLETE" in failed.stdout
    assert fast.jobs()[job] == "Failed"
    fast.delete("Failing")


def test_waiting_can_be_added_and_taken_away(fast: Account, guide_request: dict[str, Any]) -> None:
    """It launches nothing: a job that has ended is accepted at once."""
    stack = Tuned(fast, guide_request, "Added")
    assert stack.deploy(wait=False).returncode == 0
    [job] = stack.created()
    fast.sandbox.control.advance(24 * 3600)
    added = stack.deploy()
    assert added.returncode == 0, added.stderr
    assert stack.serving == stack.best(job)
    removed = stack.deploy(wait=False)
    assert removed.returncode == 0, removed.stderr
    assert stack.created() == []
    fast.delete("Added")


def test_stack_that_is_deleted_while_it_waits_leaves_nothing_running(
    fast: Account, guide_request: dict[str, Any]
) -> None:
    """The execution is stopped, and so is the job."""
    stack = Tuned(fast, guide_request, "Deleted")
    fast.sandbox.control.configure(training_seconds=100 * 3600)
    before = stack.executions()
    deploying = threading.Thread(target=stack.deploy)
    deploying.start()
    cloudformation = fast.sandbox.client("cloudformation")
    until = time.monotonic() + 1200
    while stack.executions().get("RUNNING", 0) == before.get("RUNNING", 0) and time.monotonic() < until:
        time.sleep(0.2)
    cloudformation.delete_stack(StackName="Deleted")
    deploying.join()
    fast.await_deletion("Deleted")
    [job] = stack.created()
    assert fast.jobs()[job] == "Stopped"
    assert "RUNNING" not in stack.executions()


def test_reference_to_a_job_that_has_ended_serves_its_model(fast: Account, guide_request: dict[str, Any]) -> None:
    """Without any waiting, and not before its end."""
    fast.sandbox.control.configure(training_seconds=3600)
    request = {**guide_request, "HyperParameterTuningJobName": "elsewhere"}
    fast.sagemaker.create_hyper_parameter_tuning_job(**request)

    def fill(stack: cdk.Stack) -> None:
        best = HyperparameterTuningJob.from_tuning_job_name(stack, "Job", "elsewhere").best_training_job
        told = stack.to_json_string({"url": best.model_data_url, "value": best.objective_value})
        ssm.CfnParameter(stack, "Model", name=f"{SERVING}/elsewhere", type="String", value=told)

    refused = fast.deploy(fill, "Elsewhere")
    assert refused.returncode == 1
    assert "The tuning job 'elsewhere' is still running (" in refused.stdout
    fast.delete("Elsewhere")
    fast.sandbox.control.advance(24 * 3600)
    assert fast.deploy(fill, "Elsewhere").returncode == 0
    parameter = fast.sandbox.client("ssm").get_parameter(Name=f"{SERVING}/elsewhere")["Parameter"]
    assert json.loads(parameter["Value"])["url"].endswith("/output/model.tar.gz")
    fast.delete("Elsewhere")


def test_job_that_gives_way_to_a_reference_is_stopped(fast: Account, guide_request: dict[str, Any]) -> None:
    """The function loses its permission to stop jobs with the last job, and not before."""
    fast.sagemaker.create_hyper_parameter_tuning_job(**guide_request, HyperParameterTuningJobName="model")
    fast.sandbox.control.advance(24 * 3600)
    fast.sandbox.control.configure(training_seconds=100 * 3600)
    fast.created()
    assert fast.deploy_request(guide_request, "Way").returncode == 0
    [job] = fast.names_created()
    assert fast.jobs()[job] == "InProgress"

    def refer(stack: cdk.Stack) -> None:
        best = HyperparameterTuningJob.from_tuning_job_name(stack, "Job", "model").best_training_job
        cdk.CfnOutput(stack, "Model", value=best.model_data_url)

    done = fast.deploy(refer, "Way")
    assert done.returncode == 0, done.stderr
    assert fast.jobs()[job] == "Stopped"
    fast.delete("Way")


def test_other_stack_gets_the_model_of_a_search_that_is_refined_anew(
    fast: Account, guide_request: dict[str, Any]
) -> None:
    """A change of the first search is waited for twice, and the stack that uses the result doesn't stand in its way."""

    def synthesize(run: str) -> str:
        app = cdk.App(outdir=str(fast.folder / f"Refined{run}.out"))
        stack, serving = cdk.Stack(app, "Refined"), cdk.Stack(app, "Serving")
        wait = WaitForCompletion(timeout=cdk.Duration.hours(1))
        request = copy.deepcopy(guide_request)
        request["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxNumberOfTrainingJobs"] = 3
        coarse = HyperparameterTuningJob.from_request(stack, "Coarse", request, run=run, wait_for_completion=wait)
        parent = {"HyperParameterTuningJobName": coarse.tuning_job_name}
        warm_start = {"WarmStartType": "TransferLearning", "ParentHyperParameterTuningJobs": [parent]}
        request["WarmStartConfig"] = warm_start
        fine = HyperparameterTuningJob.from_request(stack, "Fine", request, wait_for_completion=wait)
        fine.apply_cross_stack_reference_strength(cdk.ReferenceStrength.WEAK)
        model = ssm.CfnParameter(
            serving, "Model", name=f"{SERVING}/Refined", type="String", value=fine.best_training_job.model_data_url
        )
        # The reference is the same text for any value: something has to change that CloudFormation sees.
        model.description = f"Run {run}"
        app.synth()
        return app.outdir

    def deploy(run: str, *options: str) -> None:
        arguments = ("--app", synthesize(run), "--method", "direct", "--require-approval", "never", *options)
        done = fast.run_cdk("deploy", *arguments)
        assert done.returncode == 0, done.stderr

    stack = Tuned(fast, guide_request, "Refined")
    deploy("1", "--all")
    _, first = stack.created()
    assert stack.serving == stack.best(first)
    deploy("2", "Refined")
    coarse, second = stack.created()
    assert (fast.jobs()[coarse], fast.jobs()[second]) == ("Completed", "Completed")
    assert stack.serving == stack.best(first)
    deploy("2", "Serving", "--exclusively")
    assert stack.serving == stack.best(second)
    fast.delete("Serving")
    fast.delete("Refined")
