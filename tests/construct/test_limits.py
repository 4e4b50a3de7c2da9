"""What only the complete app can tell: tags from everywhere, and the limits of a stack."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Annotations, Match, Template
from constructs import Construct

from hpt_construct import HyperparameterTuningJob, ValidationError
from tests.construct.jobs import TYPE, definition, minimal

if TYPE_CHECKING:
    from collections.abc import Callable


def refused(stack: cdk.Stack) -> list[str]:
    """What the CDK ends synth with, a line per problem."""
    app = stack.node.root
    assert isinstance(app, cdk.App)
    with pytest.raises(RuntimeError) as caught:
        app.synth()
    first, *problems = str(caught.value).splitlines()
    assert first.endswith("Validation failed with the following errors:")
    return [problem.strip() for problem in problems]


class TestTags:
    """Tags that come through ``Tags.of(...)`` are held to the rules of the request's own."""

    def test_too_many_tags_are_refused(self, stack: cdk.Stack) -> None:
        """SageMaker takes 50, and four are the construct's."""
        minimal(stack, tags={f"own{number}": "" for number in range(40)})
        for number in range(7):
            cdk.Tags.of(stack).add(f"app{number}", "")
        assert refused(stack) == [
            (
                "[Training/HptConstructProvider] Training/Tuning: tags: has 47 tags, must not have more than 46, "
                "those of the stack included: of SageMaker's 50, this construct uses 4; drop some"
            )
        ]

    def test_as_many_as_there_can_be_are_taken(self, stack: cdk.Stack) -> None:
        """46 are the user's; what is overwritten counts once."""
        minimal(stack, tags={f"own{number}": "" for number in range(40)})
        for number in range(6):
            cdk.Tags.of(stack).add(f"app{number}", "")
        cdk.Tags.of(stack).add("own1", "other")
        [job] = Template.from_stack(stack).find_resources(TYPE).values()
        assert len(job["Properties"]["Tags"]) == 46

    @pytest.mark.parametrize(
        ("key", "value", "problem"),
        [
            ("aws:x", "", "got 'aws:x', the prefix 'aws:' is reserved for AWS; choose another key"),
            (
                "hpt-construct:x",
                "",
                "got 'hpt-construct:x', the prefix 'hpt-construct:' is reserved for this construct; choose another key",
            ),
            ("k", "v" * 257, "has 257 characters, must have 0 to 256"),
        ],
        ids=["aws", "ours", "long"],
    )
    def test_tag_that_sagemaker_would_refuse_is_refused(
        self, stack: cdk.Stack, key: str, value: str, problem: str
    ) -> None:
        """By the name of the job and of the tag."""
        minimal(stack)
        cdk.Tags.of(stack).add(key, value)
        [found] = [each for each in refused(stack) if "Training/Tuning: tags" in each]
        assert found == f"[Training/HptConstructProvider] Training/Tuning: tags[{key!r}]: {problem}"

    def test_tag_is_judged_after_the_last_word_on_it(self, stack: cdk.Stack) -> None:
        """Removed or not meant for a job, it does no harm."""
        minimal(stack)
        cdk.Tags.of(stack).add("hpt-construct:x", "", exclude_resource_types=[TYPE])
        cdk.Tags.of(stack).add("hpt-construct:y", "")
        cdk.Tags.of(stack).remove("hpt-construct:y", priority=300)
        cdk.Tags.of(stack).add("team", "ml", priority=50)
        cdk.Tags.of(stack).add("team", "data", priority=60)
        [job] = Template.from_stack(stack).find_resources(TYPE).values()
        assert job["Properties"]["Tags"] == [{"Key": "team", "Value": "data"}]

    def test_tags_of_tokens_are_left_to_sagemaker(self, stack: cdk.Stack) -> None:
        """Nobody knows yet what they are."""
        minimal(stack)
        cdk.Tags.of(stack).add("team", cdk.Fn.import_value("team"))
        [job] = Template.from_stack(stack).find_resources(TYPE).values()
        assert job["Properties"]["Tags"] == [{"Key": "team", "Value": {"Fn::ImportValue": "team"}}]


def fill(stack: cdk.Stack, *, jobs: int, others: Callable[[str], object], count: int, **options: Any) -> None:
    """Put jobs and other things into a stack."""
    for number in range(jobs):
        minimal(stack, f"Tuning{number}", **options)
    for number in range(count):
        others(f"Other{number}")


class TestLimitsOfAStack:
    """CloudFormation would refuse the stack, after everything has been synthesized and uploaded."""

    def test_too_many_outputs_are_refused(self, stack: cdk.Stack) -> None:
        """Those of others count as well; the way out is named."""
        fill(stack, jobs=60, others=lambda name: cdk.CfnOutput(stack, name, value="x"), count=141)
        assert refused(stack) == [
            (
                "[Training/HptConstructProvider] the stack 'Training' has 201 outputs, CloudFormation takes 200; "
                "turn off those of tuning jobs (arn_output=False), or move some tuning jobs to another stack"
            )
        ]

    def test_as_many_outputs_as_there_can_be_are_taken(self, stack: cdk.Stack) -> None:
        """What is in a nested stack counts there."""
        nested = cdk.NestedStack(stack, "Nested")
        fill(stack, jobs=60, others=lambda name: cdk.CfnOutput(stack, name, value="x"), count=140)
        cdk.CfnOutput(nested, "Other", value="x")
        cdk.CfnResource(nested, "Resource", type="A::B::C")
        assert len(Template.from_stack(stack).to_json()["Outputs"]) == 200

    def test_resources_inside_jobs_and_other_constructs_count(self, stack: cdk.Stack) -> None:
        """Wherever somebody has put them."""
        fill(stack, jobs=60, others=lambda name: cdk.CfnResource(stack, name, type="A::B::C"), count=400)
        inside = minimal(stack, "Deep")
        for scope in (inside, Construct(stack, "Team")):
            for number in range(20):
                cdk.CfnResource(scope, f"Part{number}", type="A::B::C")
        [problem] = refused(stack)
        assert "the stack 'Training' has 510 resources, CloudFormation takes 500" in problem

    def test_too_many_resources_are_refused(self, stack: cdk.Stack) -> None:
        """The stack's nine, the jobs, and those of others."""
        others = lambda name: cdk.CfnResource(stack, name, type="A::B::C")  # noqa: E731
        fill(stack, jobs=60, others=others, count=432, arn_output=False)
        assert refused(stack) == [
            (
                "[Training/HptConstructProvider] the stack 'Training' has 501 resources, CloudFormation takes 500; "
                "move some tuning jobs to another stack"
            )
        ]


class TestNames:
    """A name is unique in account and region, whatever the case: two of a stack can't both have it."""

    def test_name_that_is_given_twice_is_refused(self, stack: cdk.Stack) -> None:
        """The deployment would fail, with one of the jobs running."""
        minimal(stack, "First", tuning_job_name="Nightly")
        minimal(stack, "Second", tuning_job_name="nightly")
        assert refused(stack) == [
            (
                "[Training/HptConstructProvider] Training/Second: tuning_job_name: got 'nightly', which is the name of "
                "'Training/First' too; give each a name of its own, in whatever case, or leave it out"
            )
        ]

    def test_names_of_their_own_are_left_alone(self, stack: cdk.Stack) -> None:
        """Made-up ones always are."""
        minimal(stack, "First", tuning_job_name="Nightly")
        minimal(stack, "Second", tuning_job_name="Weekly")
        minimal(stack, "Third")
        minimal(stack, "Fourth")
        Template.from_stack(stack).resource_count_is(TYPE, 4)


ONE = cdk.Environment(account="111122223333", region="eu-west-1")
OTHER = cdk.Environment(account="111122223333", region="us-east-1")
TWICE = "got 'nightly', which is the name of 'First/Tuning' too"
WAY_OUT = "give each a name of its own, in whatever case, or leave it out"


class TestNamesOfAnApp:
    """Stacks of one account and region share its names."""

    @staticmethod
    def of(first: cdk.Environment | None, second: cdk.Environment | None) -> cdk.Stack:
        """The second of two stacks with a job of the same name."""
        app = cdk.App()
        stacks = [cdk.Stack(app, name, env=env) for name, env in (("First", first), ("Second", second))]
        for stack, name in zip(stacks, ("Nightly", "nightly"), strict=True):
            minimal(stack, tuning_job_name=name)
        return stacks[1]

    def test_name_of_another_stack_of_the_environment_is_refused(self) -> None:
        """The second stack's deployment would fail."""
        assert refused(self.of(ONE, ONE)) == [
            f"[Second/HptConstructProvider] Second/Tuning: tuning_job_name: {TWICE}; {WAY_OUT}"
        ]

    def test_name_of_a_stack_that_may_be_elsewhere_is_warned_of(self) -> None:
        """A stack without an environment goes where the profile says: the same app may serve two accounts."""
        stack = self.of(None, None)
        message = f"tuning_job_name: {TWICE}, and no environment tells the stacks apart; {WAY_OUT}"
        [warning] = Annotations.from_stack(stack).find_warning("/Second/Tuning", Match.any_value())
        assert warning.entry.data == f"{message} [ack: hpt-construct:N3]"

    @pytest.mark.parametrize("second", [OTHER, None], ids=["another", "unknown"])
    def test_name_of_another_environment_is_left_alone(self, second: cdk.Environment | None) -> None:
        """It is unique in an account and region only."""
        stack = self.of(ONE, second)
        Template.from_stack(stack).resource_count_is(TYPE, 1)
        assert Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp(".*is the name of.*")) == []


SAGEMAKER = iam.ServicePrincipal("sagemaker.amazonaws.com")


class TestRoles:
    """A role of the app must let SageMaker assume it, or no training starts."""

    def test_role_that_sagemaker_may_not_assume_is_refused(self, stack: cdk.Stack) -> None:
        """Once, however many jobs have it."""
        role = iam.Role(stack, "Trainings", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        for name in ("First", "Second"):
            minimal(stack, name, training_job=definition(role=role))
        assert refused(stack) == [
            (
                "[Training/HptConstructProvider] Training/First: the role 'Training/Trainings' does not let SageMaker "
                'assume it; add iam.ServicePrincipal("sagemaker.amazonaws.com") to its assumed_by '
                "(iam.CompositePrincipal takes several), or leave the role out; if something else sees to it, give "
                "role.role_arn in its place"
            )
        ]

    @pytest.mark.parametrize(
        "principal",
        [
            SAGEMAKER,
            iam.CompositePrincipal(iam.AccountRootPrincipal(), SAGEMAKER),
            SAGEMAKER.with_session_tags(),
            SAGEMAKER.with_conditions({"StringEquals": {"aws:SourceAccount": "111122223333"}}),
            iam.StarPrincipal(),
            iam.AnyPrincipal(),
            iam.ServicePrincipal(cdk.Fn.import_value("service")),
        ],
        ids=["service", "composite", "session-tags", "conditions", "star", "any", "token"],
    )
    def test_role_that_sagemaker_may_assume_is_taken(self, stack: cdk.Stack, principal: iam.PrincipalBase) -> None:
        """By itself or beside others; what a token hides is trusted."""
        minimal(stack, training_job=definition(role=iam.Role(stack, "Trainings", assumed_by=principal)))
        Template.from_stack(stack).resource_count_is(TYPE, 1)

    def test_trust_may_come_later(self, stack: cdk.Stack) -> None:
        """The role is judged when the app is complete."""
        role = iam.Role(stack, "Trainings", assumed_by=iam.AccountRootPrincipal())
        minimal(stack, training_job=definition(role=role))
        assert role.assume_role_policy is not None
        role.assume_role_policy.add_statements(iam.PolicyStatement(actions=["sts:Assume*"], principals=[SAGEMAKER]))
        Template.from_stack(stack).resource_count_is(TYPE, 1)

    @pytest.mark.parametrize(
        "statement",
        [
            iam.PolicyStatement(actions=["sts:AssumeRole"], principals=[SAGEMAKER], effect=iam.Effect.DENY),
            iam.PolicyStatement(actions=["sts:TagSession"], principals=[SAGEMAKER]),
            iam.PolicyStatement(
                actions=["sts:AssumeRole"], principals=[iam.ServicePrincipal("sagemaker.amazonaws.com.example")]
            ),
        ],
        ids=["deny", "another-action", "another-service"],
    )
    def test_trust_of_another_kind_does_not_do(self, stack: cdk.Stack, statement: iam.PolicyStatement) -> None:
        """The action, its effect and the service all count."""
        role = iam.Role(stack, "Trainings", assumed_by=iam.AccountRootPrincipal())
        minimal(stack, training_job=definition(role=role))
        assert role.assume_role_policy is not None
        role.assume_role_policy.add_statements(statement)
        assert len(refused(stack)) == 1

    def test_roles_that_are_not_of_the_app_are_trusted(self, stack: cdk.Stack) -> None:
        """What is imported can't be looked into."""
        role = iam.Role.from_role_arn(stack, "Trainings", "arn:aws:iam::111122223333:role/R")
        minimal(stack, training_job=definition(role=role))
        Template.from_stack(stack).resource_count_is(TYPE, 1)


def with_roles(stack: cdk.Stack, count: int, **options: Any) -> None:
    """Put jobs with roles of their own into a stack, whose names are as long as they can be."""
    for number in range(count):
        role = f"arn:aws:iam::111122223333:role/{'p' * 500}/{number}"
        minimal(stack, f"Tuning{number}", training_job=definition(role=role), arn_output=False, **options)


class TestPolicies:
    """IAM attaches ten managed policies to a role, unless AWS has raised the quota."""

    def test_too_many_policies_of_the_function_are_refused(self, stack: cdk.Stack) -> None:
        """The deployment would fail; the CDK only says that it takes a quota."""
        with_roles(stack, 140)
        [problem] = refused(stack)
        # How many there are is the CDK's to say.
        assert re.sub(r"gets 1[1-9] ", "gets N ", problem) == (
            "[Training/HptConstructProvider] Training/HptConstructProvider/Role: gets N managed policies for 140 jobs, "
            "IAM takes 10; let jobs share roles, or move some to another stack; if AWS has raised it for the account, "
            "pass raised_quotas=['Q2'] to a job"
        )

    def test_raised_quota_is_believed(self, stack: cdk.Stack) -> None:
        """One job that says so is enough."""
        with_roles(stack, 140)
        minimal(stack, raised_quotas=["Q2"])
        Template.from_stack(stack).resource_count_is(TYPE, 141)

    def test_as_many_policies_as_there_can_be_are_taken(self, stack: cdk.Stack) -> None:
        """Some are no cause to speak."""
        with_roles(stack, 100)
        assert 5 < len(Template.from_stack(stack).find_resources("AWS::IAM::ManagedPolicy")) <= 10


class TestExport:
    """The output with the ARN, for other stacks."""

    def test_output_can_be_exported(self, stack: cdk.Stack, guide_request: dict[str, Any]) -> None:
        """Key and description stay as they are."""
        HyperparameterTuningJob.from_request(stack, "Tuning", guide_request, arn_export_name="ml:tuning-arn")
        [(key, output)] = Template.from_stack(stack).to_json()["Outputs"].items()
        assert key == "TuningTuningJobArn"
        assert output["Description"] == "ARN of the hyperparameter tuning job"
        assert output["Export"] == {"Name": "ml:tuning-arn"}

    def test_export_name_may_be_a_token(self, stack: cdk.Stack) -> None:
        """Such as the stack's name with something behind it."""
        minimal(stack, arn_export_name=f"{cdk.Aws.STACK_NAME}-arn")
        [output] = Template.from_stack(stack).to_json()["Outputs"].values()
        assert output["Export"] == {"Name": {"Fn::Join": ["", [{"Ref": "AWS::StackName"}, "-arn"]]}}

    @pytest.mark.parametrize(
        ("options", "problem"),
        [
            (
                {"arn_export_name": "tuning", "arn_output": False},
                "arn_export_name: there is no output to export with arn_output=False; leave one of the two out",
            ),
            (
                {"arn_export_name": "tuning_arn"},
                "arn_export_name: got 'tuning_arn', must be 1 to 255 letters, digits, colons and hyphens",
            ),
            (
                {"arn_export_name": ""},
                "arn_export_name: got '', must be 1 to 255 letters, digits, colons and hyphens",
            ),
            (
                {"arn_export_name": 5},
                "arn_export_name: got 5, must be 1 to 255 letters, digits, colons and hyphens",
            ),
        ],
        ids=["no-output", "underscore", "empty", "number"],
    )
    def test_impossible_export_is_refused(self, stack: cdk.Stack, options: dict[str, Any], problem: str) -> None:
        """The CDK lets it pass, and the deployment fails."""
        with pytest.raises(ValidationError) as caught:
            minimal(stack, **options)
        assert caught.value.problems == (problem,)
