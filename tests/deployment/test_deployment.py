"""A tuning job's life as a user sees it: deploy, diff, deploy again, change, collide, destroy."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from hpt_construct import (
    AlgorithmSpecification,
    Channel,
    ContinuousRange,
    HyperparameterTuningJob,
    MetricDefinition,
    Objective,
    OutputDataConfig,
    ResourceConfig,
    ResourceLimits,
    S3DataSource,
    StoppingCondition,
    Strategy,
    TrainingJobDefinition,
    VpcConfig,
)

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
    replaced = account.run_cdk("deploy", "--app", account.synthesized, "--require-approval", "never")
    assert replaced.returncode == 0, replaced.stderr
    second = outputs(replaced)["XgboostTuningJobArn"].rpartition("/")[2]
    assert [untagged(request) for request in account.created()] == [changed]
    assert (account.jobs()[first], account.jobs()[second]) == ("Stopped", "InProgress")

    destroyed = account.run_cdk("destroy", "--app", account.synthesized, "--force")
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
    account.delete("Second")
    assert account.jobs()["nightly"] == "InProgress"
    account.delete("First")
    assert account.jobs()["nightly"] == "Stopped"


def test_used_up_quota_fails_with_the_way_out(account: Account, guide_request: dict[str, Any]) -> None:
    """ResourceLimitExceeded is told once, in the service's words, and starts nothing."""
    before = set(account.jobs())
    account.sandbox.control.configure(max_tuning_jobs=0)
    failed = account.deploy_request(guide_request, "Limited")
    assert failed.returncode == 1
    assert "was not started: a quota of the account is used up. Wait for running jobs to end" in failed.stdout
    assert "Service Quotas console" in failed.stdout
    assert "ResourceLimitExceeded: The account-level service limit" in failed.stdout
    assert len(account.created()) == 1
    assert set(account.jobs()) == before
    account.delete("Limited")


def test_real_requests_reach_sagemaker_as_they_were_written(account: Account) -> None:
    """The corpus in one stack, but for the two that can't work: value for value, string for string."""
    refused = ("ack-invalid-name", "graphstorm-grid")
    paths = [path for path in (ROOT / "tests" / "corpus").glob("*.json") if path.stem not in refused]
    requests = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}
    # Two of them have the same name, which an account can have once.
    requests["tf-autotune-minimal"]["HyperParameterTuningJobName"] = "tf-autotune-minimal"

    def fill(stack: Any) -> None:
        for name, request in requests.items():
            HyperparameterTuningJob.from_request(stack, name, request)

    deployed = account.deploy(fill, "Corpus")
    assert deployed.returncode == 0, deployed.stderr
    assert len(outputs(deployed)) == len(requests) == 14
    received = {request["HyperParameterTuningJobName"]: request for request in account.created()}
    for request in requests.values():
        arrived = received[request["HyperParameterTuningJobName"]]
        users_tags = [tag for tag in arrived["Tags"] if not tag["Key"].startswith("hpt-construct:")]
        # Where the request has tags, a fifth lists their keys.
        assert len(arrived["Tags"]) == len(users_tags) + (5 if users_tags else 4)
        assert {**arrived, "Tags": users_tags} == {"Tags": [], **request}
    account.delete("Corpus")
    assert "InProgress" not in {account.jobs()[name] for name in received}


def test_tags_removal_policies_and_a_refused_update(account: Account, guide_request: dict[str, Any]) -> None:
    """One stack through its life: tags change in place, a refused change is rolled back, and each job ends as asked."""
    ends = {"Plain": None, "Kept": cdk.RemovalPolicy.RETAIN, "Gone": cdk.RemovalPolicy.DESTROY}

    def fill(stack: Any, *, tag: str, jobs: int = 20) -> None:
        named = copy.deepcopy(guide_request)
        named["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxNumberOfTrainingJobs"] = jobs
        for name, policy in ends.items():
            request = {**named, "HyperParameterTuningJobName": name}
            HyperparameterTuningJob.from_request(stack, name, request, removal_policy=policy)
        cdk.Tags.of(stack).add("stage", tag)

    assert account.deploy(lambda stack: fill(stack, tag="dev"), "Ends").returncode == 0
    assert len(account.created()) == 3

    assert account.deploy(lambda stack: fill(stack, tag="prod"), "Ends").returncode == 0
    assert account.created() == []
    assert [account.tags(name)["stage"] for name in ends] == ["prod"] * 3

    refused = account.deploy(lambda stack: fill(stack, tag="prod", jobs=7), "Ends")
    assert refused.returncode == 1
    assert "UPDATE_ROLLBACK_COMPLET" in refused.stdout
    assert "can't be changed: SageMaker can't update a tuning job, and a new one needs another name" in refused.stdout
    assert account.created() == []
    assert [account.jobs()[name] for name in ends] == ["InProgress"] * 3

    account.delete("Ends")
    left = account.jobs()
    assert (left["Plain"], left["Kept"], "Gone" in left) == ("Stopped", "InProgress", False)
    account.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="Kept")


def test_deployment_fails_where_the_policy_lacks_an_action(account: Account, guide_request: dict[str, Any]) -> None:
    """IAM is enforced: what the function's role is not allowed to do ends the deployment, and starts nothing."""
    before = set(account.jobs())
    assembly = account.synthesize(
        lambda stack: HyperparameterTuningJob.from_request(stack, "Tuning", guide_request), "Powerless"
    )
    template = Path(assembly) / "Powerless.template.json"
    complete = template.read_text(encoding="utf-8")
    lacking = complete.replace('"sagemaker:AddTags"', '"sagemaker:ListTags"')
    assert lacking != complete
    # A new policy takes effect late on AWS, so the function tries for 100 s; it stops earlier where its own time is up,
    # of which it keeps 75 s for the answer.
    hurried = lacking.replace('"Timeout": 900', '"Timeout": 90')
    assert hurried != lacking
    template.write_text(hurried, encoding="utf-8")
    failed = account.run_cdk("deploy", "--app", assembly, "--require-approval", "never")
    assert failed.returncode == 1
    assert "is not authorized to perform: sagemaker:AddTags on resource: arn:aws:sagemaker:us-east-1:" in failed.stdout
    assert set(account.jobs()) == before
    account.delete("Powerless")


def test_job_in_a_network_of_the_app_tells_a_rules_target(account: Account) -> None:
    """A VPC with NAT gateways, data, role and queue of the stack: the job's failure arrives in the queue."""

    def fill(stack: cdk.Stack) -> None:
        vpc = ec2.Vpc(stack, "Network")
        data = assets.Asset(stack, "Data", path=str(ROOT / "examples" / "xgboost" / "data" / "train.csv"))
        job = HyperparameterTuningJob(
            stack,
            "Tuning",
            strategy=Strategy.RANDOM,
            objective=Objective.maximize("validation:auc"),
            parameter_ranges=[ContinuousRange("eta", 0, 1)],
            resource_limits=ResourceLimits(max_training_jobs=2, max_parallel_training_jobs=1),
            training_job=TrainingJobDefinition(
                algorithm_specification=AlgorithmSpecification(
                    training_image="111122223333.dkr.ecr.us-east-1.amazonaws.com/image:1",
                    metric_definitions=[MetricDefinition("validation:auc", "auc=(.*)")],
                ),
                input_data_config=[Channel("train", S3DataSource(data.s3_object_url))],
                output_data_config=OutputDataConfig(s3_output_path="s3://amzn-s3-demo-bucket/models"),
                resource_config=ResourceConfig(
                    instance_type="ml.m5.large", instance_count=1, volume_size=cdk.Size.gibibytes(10)
                ),
                stopping_condition=StoppingCondition(max_runtime=cdk.Duration.hours(1)),
                vpc_config=VpcConfig.from_vpc(vpc, security_groups=[ec2.SecurityGroup(stack, "Trainings", vpc=vpc)]),
            ),
        )
        queue = sqs.Queue(stack, "Failures")
        job.on_failed("Failed", target=targets.SqsQueue(queue))
        cdk.CfnOutput(stack, "QueueUrl", value=queue.queue_url)

    account.sandbox.control.configure(inputs_elsewhere=False)
    deployed = account.deploy(fill, "Networked")
    assert deployed.returncode == 0, deployed.stderr
    [request] = account.created()
    assert len(request["TrainingJobDefinition"]["VpcConfig"]["Subnets"]) == 2
    account.sandbox.control.fail_job(request["HyperParameterTuningJobName"], "no data")
    queue = outputs(deployed)["QueueUrl"]
    [message] = account.sandbox.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
    detail = json.loads(message["Body"])["detail"]
    assert detail["HyperParameterTuningJobName"] == request["HyperParameterTuningJobName"]
    assert (detail["HyperParameterTuningJobStatus"], detail["FailureReason"]) == ("Failed", "no data")
    destroyed = account.destroy("Networked")
    assert destroyed.returncode == 0, destroyed.stderr


def test_moved_construct_keeps_its_job_by_the_logical_id(account: Account, guide_request: dict[str, Any]) -> None:
    """The recipe of the README: an engineer tidies up the app, and the tuning runs on."""

    def before(stack: cdk.Stack) -> None:
        HyperparameterTuningJob.from_request(stack, "Tuning", guide_request)

    def after(stack: cdk.Stack) -> None:
        job = HyperparameterTuningJob.from_request(Construct(stack, "Team"), "Tuning", guide_request)
        resource = job.node.default_child
        assert isinstance(resource, cdk.CfnResource)
        resource.override_logical_id("Tuning79A926AD")
        ssm.StringParameter(stack, "Name", string_value=job.tuning_job_name)

    first, second = account.deploy(before, "Moving"), account.deploy(after, "Moving")
    assert second.returncode == 0, second.stderr
    assert len(account.created()) == 1
    arn = outputs(first)["TuningTuningJobArn"]
    assert outputs(second) == {"TeamTuningTuningJobArn": arn}
    assert account.jobs()[arn.rpartition("/")[2]] == "InProgress"
    account.delete("Moving")
