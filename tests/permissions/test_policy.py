"""The policy of the function stays within IAM's limits however many jobs there are, and knows every form of a key."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

from hpt_construct import HyperparameterTuningJob, naming
from hpt_construct.permissions import STACK_TAG
from tests.function.conftest import STACK_ID

from .conftest import ACCOUNT, Place, Request, decide, listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from constructs import Construct, IConstruct

    from .conftest import Context

MOST_INLINE = 10_240
MOST_MANAGED = 6_144
MOST_MANAGED_POLICIES = 10
PLACE = Place("aws-us-gov", "us-gov-west-1")
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"


def with_key(request: dict[str, Any], key: Any, member: str = "ResourceConfig") -> dict[str, Any]:
    """The same with a key for the volumes of its trainings."""
    other = copy.deepcopy(request)
    definition = other["TrainingJobDefinition"]
    config = definition.pop("ResourceConfig")
    if member != "ResourceConfig":
        config = {"InstanceConfigs": [{name: config[name] for name in config}]}
    definition[member] = {**config, "VolumeKmsKeyId": key}
    return other


def key_statements(stack: cdk.Stack, place: Place = PLACE) -> list[dict[str, Any]]:
    """The statements about keys."""
    return [statement for statement in place.statements(stack) if "kms:CreateGrant" in statement["Action"]]


def sizes(documents: Iterable[dict[str, Any]]) -> list[int]:
    """The characters that IAM counts: white space is none."""
    return [len(json.dumps(document, separators=(",", ":"))) for document in documents]


class TestSize:
    """IAM counts the characters of a policy, and the policies of a role."""

    def test_generated_names_cost_nothing(self, guide_request: dict[str, Any]) -> None:
        """The first and the four hundredth job are covered by one pattern."""
        documents = []
        for count in (1, 400):
            stack = cdk.Stack(cdk.App(), "Training")
            for number in range(count):
                HyperparameterTuningJob.from_request(stack, f"Tuning{number}", guide_request, arn_output=False)
            documents.append(PLACE.documents(stack))
        assert documents[0] == documents[1]
        assert sum(sizes(documents[0])) < 2_500

    @pytest.mark.parametrize("minimize", [True, False], ids=["minimized", "as-written"])
    def test_hundred_given_names_with_roles_of_their_own_fit(
        self,
        guide_request: dict[str, Any],
        minimize: bool,  # noqa: FBT001 – a parameter of the test
    ) -> None:
        """The longest names in two spellings: the policy is spread over others, and the function waits for them all."""
        app = cdk.App(context={"@aws-cdk/aws-iam:minimizePolicies": minimize})
        stack = cdk.Stack(app, "Training")
        for number in range(100):
            request = copy.deepcopy(guide_request)
            request["HyperParameterTuningJobName"] = f"Nightly-Churn-Of-All-Markets-{number:03}"
            role = f"role/service-role/AmazonSageMaker-ExecutionRole-20260101T{number:06}"
            request["TrainingJobDefinition"]["RoleArn"] = f"arn:aws-us-gov:iam::{ACCOUNT}:{role}"
            HyperparameterTuningJob.from_request(stack, f"Tuning{number}", request)
        managed = PLACE.documents(stack, "ManagedPolicy")
        assert sum(sizes(PLACE.documents(stack))) <= MOST_INLINE
        assert max(sizes(managed)) <= MOST_MANAGED
        assert len(managed) <= MOST_MANAGED_POLICIES
        resources = [
            resource
            for statement in PLACE.statements(stack)
            if statement["Effect"] == "Allow"
            for resource in listed(statement, "Resource")
        ]
        # One pattern, two spellings of each name, one role each; the function, its log group, its stack, and every job
        # to look at, and to change where its tags allow it. Every job and the stack are in two statements.
        assert len(set(resources)) == 1 + 200 + 100 + 4
        assert len(resources) == len(set(resources)) + 2
        template = Template.from_stack(stack)
        functions = template.find_resources("AWS::Lambda::Function").values()
        policies = {**template.find_resources("AWS::IAM::Policy"), **template.find_resources("AWS::IAM::ManagedPolicy")}
        # The one lets Lambda hand over events, and the other lets the function change jobs, which come after it.
        of_functions = {
            name for name in policies if not name.startswith(("HptConstructProviderI", "HptConstructProviderJ"))
        }
        assert all(set(function["DependsOn"]) >= of_functions for function in functions)


def test_name_that_is_known_later_is_allowed_as_it_will_be(stack: cdk.Stack, guide_request: dict[str, Any]) -> None:
    """A token stays what it is; nothing is known of its spelling."""
    guide_request["HyperParameterTuningJobName"] = cdk.CfnParameter(stack, "Name").value_as_string
    HyperparameterTuningJob.from_request(stack, "Tuning", guide_request)
    named = [
        resource["Fn::Join"][1][-1]
        for policy in Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "sagemaker:CreateHyperParameterTuningJob" in statement["Action"]
        for resource in statement["Resource"]
    ]
    assert named == [":hyper-parameter-tuning-job/training-36a7-*", {"Ref": "Name"}]


@jsii.implements(cdk.IAspect)
class _MakesJob:
    def __init__(self, scope: Construct, request: dict[str, Any]) -> None:
        self._scope = scope
        self._request = request

    def visit(self, node: IConstruct) -> None:  # noqa: ARG002 – the CDK's interface
        HyperparameterTuningJob.from_request(
            self._scope, "Late", {**self._request, "HyperParameterTuningJobName": "late"}
        )


@pytest.mark.parametrize("stabilized", [True, False], ids=["stabilized", "one-pass"])
def test_job_of_an_aspect_is_allowed_too(guide_request: dict[str, Any], *, stabilized: bool) -> None:
    """The role has been given what the other jobs need by then."""
    app = cdk.App(context={"@aws-cdk/core:aspectStabilization": stabilized})
    stack = cdk.Stack(app, "Training")
    HyperparameterTuningJob.from_request(stack, "Tuning", {**guide_request, "HyperParameterTuningJobName": "early"})
    cdk.Aspects.of(cdk.CfnResource(stack, "Last", type="A::B::C")).add(_MakesJob(stack, guide_request))
    started = [
        resource.rpartition("/")[2]
        for statement in PLACE.statements(stack)
        if "sagemaker:CreateHyperParameterTuningJob" in statement["Action"]
        for resource in listed(statement, "Resource")
    ]
    assert sorted(started) == ["early", "late", "training-36a7-*"]


class TestSamePrefix:
    """Sixteen bits of a hash tell stacks apart whose names begin alike: another name with the same prefix is found in
    a second, and the prefixes of deployed jobs can't change any more.
    """

    CHANGING = ("StopHyperParameterTuningJob", "DeleteHyperParameterTuningJob", "AddTags", "DeleteTags")

    def test_stack_with_our_prefix_can_change_none_of_our_jobs(self, guide_request: dict[str, Any]) -> None:
        """It goes by the tag, in an explicit deny, also where it claims the job with a tag of its own."""
        assert naming.stack_prefix("Training-14012") == naming.stack_prefix("Training")
        theirs = cdk.Stack(cdk.App(), "Training-14012")
        HyperparameterTuningJob.from_request(theirs, "Tuning", guide_request)
        our_job = PLACE.job(f"{naming.name_prefix('Training', 'Tuning')}-1a2b3c4d5")
        ours: Context = {f"aws:ResourceTag/{STACK_TAG}": f"{STACK_ID.rpartition('/')[0]}/ours"}
        claim: Context = {f"aws:RequestTag/{STACK_TAG}": STACK_ID, "aws:TagKeys": [STACK_TAG]}
        requests = [Request(f"sagemaker:{each}", our_job, {**ours, **claim}) for each in self.CHANGING]
        [decisions] = decide([(PLACE.statements(theirs), requests)])
        assert decisions == ["ExplicitlyDenied"] * len(self.CHANGING)


class TestKeys:
    """SageMaker makes a grant for the trainings' volumes in the caller's name."""

    def test_no_key_needs_no_permission(self, stack: cdk.Stack, guide_request: dict[str, Any]) -> None:
        """Keys of the output are used as the job's role."""
        guide_request["TrainingJobDefinition"]["OutputDataConfig"]["KmsKeyId"] = KEY_ID
        guide_request["TrainingJobDefinition"]["ResourceConfig"]["VolumeKmsKeyId"] = ""
        HyperparameterTuningJob.from_request(stack, "Tuning", guide_request)
        assert "kms:" not in json.dumps(PLACE.statements(stack))

    @pytest.mark.parametrize(
        ("key", "resource", "alias"),
        [
            (KEY_ID, f"arn:aws-us-gov:kms:us-gov-west-1:{ACCOUNT}:key/{KEY_ID}", None),
            ("mrk-1234", f"arn:aws-us-gov:kms:us-gov-west-1:{ACCOUNT}:key/mrk-1234", None),
            ("arn:aws:kms:eu-west-1:444455556666:key/k", "arn:aws:kms:eu-west-1:444455556666:key/k", None),
            ("alias/ml", f"arn:aws-us-gov:kms:us-gov-west-1:{ACCOUNT}:key/*", "alias/ml"),
            ("alias/aws/alias/x", f"arn:aws-us-gov:kms:us-gov-west-1:{ACCOUNT}:key/*", "alias/aws/alias/x"),
            ("arn:aws:kms:eu-west-1:444455556666:alias/ml", "arn:aws:kms:eu-west-1:444455556666:key/*", "alias/ml"),
        ],
        ids=["id", "multi-region-id", "arn", "alias", "alias-of-aliases", "alias-arn"],
    )
    @pytest.mark.parametrize("member", ["ResourceConfig", "HyperParameterTuningResourceConfig"])
    def test_key_is_named_as_iam_knows_it(  # noqa: PLR0913, PLR0917 – a table and two fixtures
        self,
        stack: cdk.Stack,
        guide_request: dict[str, Any],
        member: str,
        key: str,
        resource: str,
        alias: str | None,
    ) -> None:
        """By its ARN; where only an alias is known, as any key that has it."""
        HyperparameterTuningJob.from_request(stack, "Tuning", with_key(guide_request, key, member))
        [statement] = key_statements(stack)
        through = {"StringLike": {"kms:ViaService": "sagemaker.us-gov-west-1.*"}}
        has_alias = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": alias}} if alias else {}
        assert statement == {
            "Effect": "Allow",
            "Action": ["kms:CreateGrant", "kms:DescribeKey"],
            "Resource": resource,
            "Condition": {**through, **has_alias},
        }

    def test_key_of_the_stack_is_a_token(self, stack: cdk.Stack, guide_request: dict[str, Any]) -> None:
        """A key of the CDK is passed on as its ARN."""
        key = kms.Key(stack, "Key")
        HyperparameterTuningJob.from_request(stack, "Tuning", with_key(guide_request, key.key_arn))
        template = Template.from_stack(stack)
        [logical_id] = template.find_resources("AWS::KMS::Key")
        resources = [
            statement["Resource"]
            for policy in template.find_resources("AWS::IAM::Policy").values()
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        ]
        assert {"Fn::GetAtt": [logical_id, "Arn"]} in resources

    def test_alias_of_the_stack_is_named_as_any_key_that_has_it(
        self, stack: cdk.Stack, guide_request: dict[str, Any]
    ) -> None:
        """The CDK makes an ARN of it that IAM would take for the alias itself."""
        alias = kms.Alias.from_alias_name(stack, "Alias", "alias/ml")
        HyperparameterTuningJob.from_request(stack, "Tuning", with_key(guide_request, alias.key_arn))
        [statement] = key_statements(stack)
        assert statement["Resource"] == f"arn:aws-us-gov:kms:us-gov-west-1:{ACCOUNT}:key/*"
        assert statement["Condition"]["ForAnyValue:StringEquals"] == {"kms:ResourceAliases": "alias/ml"}

    def test_same_key_is_allowed_once(self, stack: cdk.Stack, guide_request: dict[str, Any]) -> None:
        """Ten jobs with two keys make two statements, not ten."""
        for number in range(10):
            key = "alias/ml" if number % 2 else KEY_ID
            HyperparameterTuningJob.from_request(stack, f"Tuning{number}", with_key(guide_request, key))
        assert len(key_statements(stack)) == 2
        assert json.dumps(PLACE.statements(stack)).count(KEY_ID) == 1

    def test_same_alias_of_another_account_is_another_key(
        self, stack: cdk.Stack, guide_request: dict[str, Any]
    ) -> None:
        """An alias is unique in its account and region only."""
        for number, place in enumerate(("", "arn:aws:kms:eu-west-1:444455556666:")):
            request = with_key(guide_request, f"{place}alias/ml")
            HyperparameterTuningJob.from_request(stack, f"Tuning{number}", request)
        assert len(key_statements(stack)) == 2
