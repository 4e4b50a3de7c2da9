"""The job as the CDK sees it: a resource like those of its own, with an environment, a default child and policies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template
from constructs import Construct, IConstruct

from hpt_construct import HyperparameterTuningJob, IHyperparameterTuningJob, ValidationError
from tests.construct.jobs import TYPE, definition, minimal

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = cdk.Environment(account="111122223333", region="us-east-1")
ELSEWHERE = cdk.Environment(account="444455556666", region="eu-west-1")
KEPT_ONCE_CREATED = "retain-except-on-create"
KEPT = cdk.CfnDeletionPolicy.RETAIN


def child(job: IConstruct) -> cdk.CfnResource:
    """What ``node.default_child`` has to be for the CDK's own tools."""
    found = job.node.default_child
    assert isinstance(found, cdk.CfnResource)
    return found


def policies(job: HyperparameterTuningJob) -> tuple[Any, Any, Any]:
    """What becomes of a job: for CloudFormation when it leaves the stack and when it is replaced, for the function."""
    resources = Template.from_stack(job.stack).find_resources(TYPE)
    resource = resources[job.stack.resolve(child(job).logical_id)]
    removal = resource["Properties"].get("RemovalPolicy")
    return resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy"), removal


def by_argument(stack: cdk.Stack, policy: cdk.RemovalPolicy) -> HyperparameterTuningJob:
    """The way that the other ways have to be like."""
    return minimal(stack, removal_policy=policy)


def by_method(stack: cdk.Stack, policy: cdk.RemovalPolicy) -> HyperparameterTuningJob:
    """As of every L2."""
    job = minimal(stack)
    job.apply_removal_policy(policy)
    return job


def by_default_child(stack: cdk.Stack, policy: cdk.RemovalPolicy) -> HyperparameterTuningJob:
    """The escape hatch."""
    job = minimal(stack)
    child(job).apply_removal_policy(policy)
    return job


def by_aspect(stack: cdk.Stack, policy: cdk.RemovalPolicy) -> HyperparameterTuningJob:
    """For a whole stack at once."""
    job = minimal(stack)
    cdk.RemovalPolicies.of(stack).apply(policy)
    return job


def by_change(stack: cdk.Stack, policy: cdk.RemovalPolicy) -> HyperparameterTuningJob:
    """The last word counts."""
    other = cdk.RemovalPolicy.DESTROY if policy is cdk.RemovalPolicy.RETAIN else cdk.RemovalPolicy.RETAIN
    job = minimal(stack, removal_policy=other)
    cdk.RemovalPolicies.of(job).apply(policy)
    return job


class TestRemovalPolicy:
    """Every way to set it means the same."""

    @pytest.mark.parametrize("way", [by_argument, by_method, by_default_child, by_aspect, by_change])
    @pytest.mark.parametrize(
        ("policy", "expected"),
        [
            (cdk.RemovalPolicy.RETAIN, ("Retain", "Retain", "retain")),
            (
                cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
                ("RetainExceptOnCreate", "Retain", KEPT_ONCE_CREATED),
            ),
            (cdk.RemovalPolicy.DESTROY, ("Delete", "Delete", "destroy")),
        ],
        ids=lambda value: value.name if isinstance(value, cdk.RemovalPolicy) else "",
    )
    def test_function_is_told_what_cloudformation_is_told(
        self,
        stack: cdk.Stack,
        way: Callable[[cdk.Stack, cdk.RemovalPolicy], HyperparameterTuningJob],
        policy: cdk.RemovalPolicy,
        expected: tuple[str, str, str],
    ) -> None:
        """Policy and property never say different things."""
        assert policies(way(stack, policy)) == expected

    @pytest.mark.parametrize(
        ("of_deletion", "of_replacement", "expected"),
        [
            (KEPT, None, ("Retain", "Delete", "retain")),
            (None, KEPT, ("Delete", "Retain", None)),
            (
                cdk.CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE,
                KEPT,
                ("RetainExceptOnCreate", "Retain", KEPT_ONCE_CREATED),
            ),
            (None, None, ("Delete", "Delete", None)),
        ],
        ids=["deletion", "replacement", "except-on-create", "neither"],
    )
    def test_what_is_kept_is_told_by_the_policy_of_deletions(
        self, stack: cdk.Stack, of_deletion: Any, of_replacement: Any, expected: tuple[Any, Any, Any]
    ) -> None:
        """After a failed creation all but Retain send a deletion, which has to find that creation's job."""
        job = minimal(stack)
        options = child(job).cfn_options
        if of_deletion is not None:
            options.deletion_policy = of_deletion
        if of_replacement is not None:
            options.update_replace_policy = of_replacement
        assert policies(job) == expected

    def test_nothing_is_written_that_nobody_asked_for(self, stack: cdk.Stack) -> None:
        """A job without a policy looks as it did before it could follow one, and so does its neighbour."""
        job, kept = minimal(stack), minimal(stack, "Kept")
        kept.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        assert policies(job) == ("Delete", "Delete", None)
        assert policies(kept) == ("Retain", "Retain", "retain")

    def test_snapshot_is_refused_by_whatever_way(self, stack: cdk.Stack) -> None:
        """The deployment would fail."""
        job = minimal(stack)
        with pytest.raises(Exception, match=r"removal_policy: got SNAPSHOT, must be DESTROY, RETAIN or"):
            job.apply_removal_policy(cdk.RemovalPolicy.SNAPSHOT)
        with pytest.raises(ValidationError, match="'Training/Tuning'"):
            child(job).apply_removal_policy(cdk.RemovalPolicy.SNAPSHOT)


class TestDefaultChild:
    """The resource in the template, for whoever has to change something of it."""

    @pytest.mark.parametrize("arn_output", [True, False])
    def test_condition_takes_the_output_along(self, stack: cdk.Stack, *, arn_output: bool) -> None:
        """An output of what is not there fails the deployment."""
        wanted = cdk.CfnParameter(stack, "Wanted", default="yes")
        condition = cdk.CfnCondition(stack, "Tune", expression=cdk.Fn.condition_equals(wanted, "yes"))
        job, other = minimal(stack, arn_output=arn_output), minimal(stack, "Other")
        child(job).cfn_options.condition = condition
        template = Template.from_stack(stack).to_json()
        conditional = [
            name
            for section in ("Resources", "Outputs")
            for name, each in template[section].items()
            if each.get("Condition") == "Tune"
        ]
        assert conditional == [stack.resolve(child(job).logical_id), *(["TuningTuningJobArn"] if arn_output else [])]
        assert policies(other) == ("Delete", "Delete", None)

    def test_moved_job_keeps_its_logical_id_by_an_override(self, stack: cdk.Stack) -> None:
        """Whoever moves a construct keeps the running job: nothing of what CloudFormation sees has changed."""
        minimal(stack)
        before = Template.from_stack(stack).find_resources(TYPE)
        [logical_id] = before
        moved = cdk.Stack(cdk.App(), "Training")
        job = minimal(Construct(moved, "Team"))
        child(job).override_logical_id(logical_id)
        assert Template.from_stack(moved).find_resources(TYPE) == before


class TestResource:
    """``cdk.IResource``."""

    def test_job_has_the_environment_of_its_stack(self) -> None:
        """As each L2 has."""
        stack = cdk.Stack(cdk.App(), "Training", env=HERE)
        job = minimal(stack)
        assert cdk.Resource.is_resource(job)
        assert cdk.Resource.is_owned_resource(job)
        assert job.stack is stack
        assert (job.env.account, job.env.region) == (HERE.account, HERE.region)

    def test_imported_job_has_the_environment_of_its_arn(self, stack: cdk.Stack) -> None:
        """It may be of another account and region."""
        arn = "arn:aws:sagemaker:eu-west-1:444455556666:hyper-parameter-tuning-job/nightly"
        job = HyperparameterTuningJob.from_tuning_job_arn(stack, "Nightly", arn)
        assert (job.env.account, job.env.region) == (ELSEWHERE.account, ELSEWHERE.region)
        assert not cdk.Resource.is_owned_resource(job)

    def test_interface_is_no_job(self, stack: cdk.Stack) -> None:
        """It has neither a name nor an ARN; there are two ways to get what has."""
        with pytest.raises(TypeError, match="abstract class IHyperparameterTuningJob"):
            IHyperparameterTuningJob(stack, "Nightly")  # type: ignore[abstract]


class TestOtherEnvironments:
    """References from stacks of another account or region."""

    def test_given_name_is_known_to_another_environment(self) -> None:
        """A name is what a bucket's is: no stack has to export it."""
        app = cdk.App()
        here, there = cdk.Stack(app, "Here", env=HERE), cdk.Stack(app, "There", env=ELSEWHERE)
        job = minimal(here, tuning_job_name="Nightly")
        cdk.CfnOutput(there, "Name", value=job.tuning_job_name)
        job.grant_stop(iam.Role(there, "Role", assumed_by=iam.AccountRootPrincipal()))
        template = Template.from_stack(there)
        assert template.to_json()["Outputs"] == {"Name": {"Value": "Nightly"}}
        [policy] = template.find_resources("AWS::IAM::Policy").values()
        arn = ":sagemaker:us-east-1:111122223333:hyper-parameter-tuning-job/"
        assert policy["Properties"]["PolicyDocument"]["Statement"][0]["Resource"] == [
            {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, f"{arn}{name}"]]} for name in ("Nightly", "nightly")
        ]

    def test_given_name_is_a_reference_in_its_own_environment(self, stack: cdk.Stack) -> None:
        """What uses it has to wait for the job."""
        job = minimal(stack, tuning_job_name="nightly")
        logical_id = stack.resolve(child(job).logical_id)
        assert stack.resolve(job.tuning_job_name) == {"Ref": logical_id}
        assert stack.resolve(job.tuning_job_arn) == {"Fn::GetAtt": [logical_id, "HyperParameterTuningJobArn"]}

    def test_name_that_the_cdk_would_make_is_refused(self, stack: cdk.Stack) -> None:
        """It is too long, and there is a better one."""
        with pytest.raises(ValidationError) as caught:
            minimal(stack, tuning_job_name=cdk.PhysicalName.GENERATE_IF_NEEDED)
        [problem] = caught.value.problems
        assert problem == (
            "tuning_job_name: got PhysicalName.GENERATE_IF_NEEDED, whose names are longer than the 32 characters of a "
            "job's; give a name, or leave it out to have one generated at deployment"
        )


class TestFunction:
    """One setting for all jobs of a stack: where their function runs."""

    @pytest.mark.parametrize("first", [True, False])
    @pytest.mark.parametrize(
        ("architecture", "runtime"),
        [("x86_64", "python3.13"), (lambda_.Architecture.X86_64, lambda_.Runtime.PYTHON_3_13)],
        ids=["names", "constructs"],
    )
    def test_function_runs_where_the_region_can(
        self, stack: cdk.Stack, architecture: Any, runtime: Any, *, first: bool
    ) -> None:
        """Before or after the jobs are made; the jobs themselves are the same."""
        if first:
            HyperparameterTuningJob.configure_function(stack, architecture=architecture, runtime=runtime)
        minimal(stack)
        if not first:
            HyperparameterTuningJob.configure_function(stack, architecture=architecture)
            HyperparameterTuningJob.configure_function(stack, runtime=runtime)
        template = Template.from_stack(stack)
        functions = [each["Properties"] for each in template.find_resources("AWS::Lambda::Function").values()]
        assert [(each["Architectures"], each["Runtime"]) for each in functions] == [(["x86_64"], "python3.13")] * 2
        plain = cdk.Stack(cdk.App(), "Training")
        minimal(plain)
        assert template.find_resources(TYPE) == Template.from_stack(plain).find_resources(TYPE)

    def test_function_trusts_the_certificates_of_an_isolated_region(self, stack: cdk.Stack) -> None:
        """Botocore brings its own, which lack those, and reads another file's name from its environment."""
        minimal(stack)
        HyperparameterTuningJob.configure_function(stack, ca_bundle="/etc/pki/bundle.pem")
        functions = Template.from_stack(stack).find_resources("AWS::Lambda::Function").values()
        found = [each["Properties"]["Environment"]["Variables"]["AWS_CA_BUNDLE"] for each in functions]
        assert found == ["/etc/pki/bundle.pem"] * 2

    def test_what_the_function_does_not_run_on_is_refused(self, stack: cdk.Stack) -> None:
        """All at once, with what there is."""
        architecture: Any = "arm"
        with pytest.raises(ValidationError) as caught:
            HyperparameterTuningJob.configure_function(
                stack, architecture=architecture, runtime=lambda_.Runtime.NODEJS_22_X, ca_bundle="bundle.pem"
            )
        assert caught.value.problems == (
            "architecture: got 'arm', must be arm64 or x86_64",
            "runtime: got 'nodejs22.x', must be python3.11, python3.12, python3.13 or python3.14",
            (
                "ca_bundle: got 'bundle.pem', must be an absolute path, like "
                "'/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem'"
            ),
        )


class TestNames:
    """Ids that people write, and what AWS takes."""

    def test_ids_of_any_letters_are_taken(self, stack: cdk.Stack) -> None:
        """IAM's descriptions know Latin letters only, names of jobs and keys of outputs ASCII's."""
        for name in ("調整", "Größe", "訓練"):
            minimal(stack, name, training_job=definition(role=None))
        template = Template.from_stack(stack).to_json()
        roles = [each["Properties"] for each in template["Resources"].values() if each["Type"] == "AWS::IAM::Role"]
        assert {each["Description"].rpartition(" ")[2] for each in roles} >= {"Training/??", "Training/Größe"}
        assert len(template["Outputs"]) == 3
        assert all(key.isascii() and key.isalnum() for key in template["Outputs"])

    def test_output_key_is_as_long_as_cloudformation_takes(self, stack: cdk.Stack) -> None:
        """Deep in a tree of constructs; two that begin alike stay apart."""
        scope: Construct = stack
        for depth in range(5):
            scope = Construct(scope, f"{depth}" + "x" * 60)
        minimal(scope, "A")
        minimal(scope, "B")
        first, second = Template.from_stack(stack).to_json()["Outputs"]
        assert first != second
        assert {len(first), len(second)} == {255}
        assert first.endswith("TuningJobArn")

    def test_trainings_may_do_what_is_added_to_their_role(self, stack: cdk.Stack) -> None:
        """As with a function."""
        job = minimal(stack, training_job=definition(role=None))
        job.add_to_role_policy(iam.PolicyStatement(actions=["sns:Publish"], resources=["*"]))
        policies = json.dumps(Template.from_stack(stack).find_resources("AWS::IAM::Policy"))
        assert "sns:Publish" in policies
