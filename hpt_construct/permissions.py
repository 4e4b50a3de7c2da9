"""What the function may do: the statements of its role, derived from the jobs of the stack."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, cast

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam

from . import api_model
from .checking import named_in_policy
from .findings import explain_wildcard
from .tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from constructs import Construct, IConstruct

OWNER_PREFIX: Final = "hpt-construct:"
STACK_TAG: Final = OWNER_PREFIX + "stack-id"
"""The ownership tag that IAM asks for before anything is stopped, deleted or tagged; the function writes it at
creation.
"""

LOGICAL_ID_TAG: Final = OWNER_PREFIX + "logical-id"
"""The ownership tag that tells the jobs of a stack apart; the function writes it too."""

_START: Final = ("CreateHyperParameterTuningJob", "AddTags")
_READ: Final = ("DescribeHyperParameterTuningJob", "ListTags")
_CHANGE: Final = ("StopHyperParameterTuningJob", "DeleteHyperParameterTuningJob", "AddTags", "DeleteTags")
_USE_KEY: Final = ("kms:CreateGrant", "kms:DescribeKey")

_RESOURCES_A_STATEMENT: Final = 10
"""CDK spreads a policy that is too long for IAM over several, but splits no statement: none may fill one alone."""


class Permissions:
    """The policy of the function's role, which grows with the jobs: a name, a role or a key that is new adds a
    resource, nothing else does.

    Names limit what may be started, and nothing else: CloudFormation puts the policy of an update in force before it
    changes the jobs, and lets it stand until it has deleted what is gone. What changes a job goes by the tag that says
    whose it is, which an update leaves as it is; a job with the tag of another stack is denied whatever other policy
    the role gets.
    """

    def __init__(self, provider: Construct, role: iam.Role, name_prefix: str, visited_before: cdk.CfnResource) -> None:
        self._provider = provider
        self._stack = stack = cdk.Stack.of(provider)
        self._role = role
        # China has a domain of its own.
        self._through_sagemaker = {"StringLike": {"kms:ViaService": f"sagemaker.{stack.region}.*"}}
        self._keys = _Growing(_USE_KEY, self._through_sagemaker)
        self._aliases: dict[str, _Growing] = {}
        # By which name IAM knows SageMaker outside of the partition aws isn't documented.
        services = ["sagemaker.amazonaws.com", f"sagemaker.{stack.url_suffix}"]
        self._roles = _Growing(["iam:PassRole"], {"StringEquals": {"iam:PassedToService": services}})
        self._name_prefix = name_prefix
        self._trainings = _Growing(["sagemaker:DescribeTrainingJob"])
        self._jobs = _Growing(_sagemaker(_START))
        every_job = stack.format_arn(service="sagemaker", resource="hyper-parameter-tuning-job", resource_name="*")
        # Kept as text: a call of the kernel for each name would be a good part of a job's synth time.
        self._before_name = every_job.removesuffix("*")
        self._every_job = every_job
        self._described = _Growing(["sagemaker:DescribeHyperParameterTuningJob"])
        role.add_to_policy(iam.PolicyStatement(actions=["cloudformation:DescribeStacks"], resources=[stack.stack_id]))
        self._handed_over = False
        cdk.Aspects.of(visited_before).add(_HandingOver(self._hand_over))

    @cached_property
    def of_jobs(self) -> cdk.CfnResource:
        """The policy by which the function changes the jobs of the stack; without a job there is none.

        It is a resource of its own that every job comes after, so that CloudFormation deletes it only after the last
        job, also in an update that leaves the stack with nothing but a reference to a job elsewhere.
        """
        whose, stack_id, every_job = f"aws:ResourceTag/{STACK_TAG}", self._stack.stack_id, [self._every_job]
        policy = iam.Policy(
            self._provider,
            "Jobs",
            roles=[self._role],
            statements=[
                iam.PolicyStatement(actions=_sagemaker(_READ), resources=every_job),
                iam.PolicyStatement(
                    actions=_sagemaker(_CHANGE), resources=every_job, conditions={"StringEquals": {whose: stack_id}}
                ),
                # Whether SageMaker shows the tags of a job that is being created as the job's is not documented: where
                # they are not there, or are the stack's own, nothing is denied.
                iam.PolicyStatement(
                    effect=iam.Effect.DENY,
                    actions=_sagemaker(_CHANGE),
                    resources=every_job,
                    conditions={"StringNotEquals": {whose: stack_id}, "Null": {whose: "false"}},
                ),
                iam.PolicyStatement(actions=["cloudformation:DescribeStackResource"], resources=[stack_id]),
            ],
        )
        reason = "what the function may change has the tag of its stack, whatever its name"
        explain_wildcard(policy, self._every_job, reason)
        return cast("cdk.CfnResource", policy.node.default_child)

    def allow(self, request: Mapping[str, Any]) -> None:
        """Let the function do what a job's request asks of it."""
        allow = {
            api_model.GENERATED: self.allow_name,
            "RoleArn": self.allow_passing,
            "VolumeKmsKeyId": self.allow_key,
        }
        pattern = self._job_arn(f"{self._name_prefix}-*")
        if pattern not in self._jobs.known:
            self._jobs.add(pattern)
            explain_wildcard(self._role, pattern, "the function makes up the end of a job's name")
        for (*_, member), value in named_in_policy(request):
            if value:
                allow[str(member)](value)
        self._hand_over_late()

    def _hand_over_late(self) -> None:
        """What an aspect makes comes when the role has been given all that there was."""
        if self._handed_over:
            self._hand_over()

    def _hand_over(self) -> None:
        self._handed_over = True
        every = (self._jobs, self._roles, self._keys, *self._aliases.values(), self._described, self._trainings)
        for growing in every:
            for statement in growing.new_statements():
                self._role.add_to_policy(statement)

    def allow_name(self, name: str) -> None:
        """Let the function start a job of this given name.

        The service shows an ARN in lower case in some places and as it was written in others; which of them IAM
        compares is not documented.
        """
        for spelling in _spellings(name):
            self._jobs.add(self._job_arn(spelling))

    def allow_passing(self, role_arn: str) -> None:
        """Let the function hand this role to SageMaker."""
        self._roles.add(role_arn)

    def allow_key(self, key: str) -> None:
        """Let SageMaker use this key of the training jobs' volumes in the function's name: an id, an alias, an ARN of
        either, or a token of a key's ARN.

        SageMaker asks for it where the job's own role does not allow it already.
        """
        place, named, alias = key.partition("alias/")
        if not named:
            self._keys.add(key if ":" in key or is_token(key) else self._key_arn(key))
        elif key not in self._aliases:
            # IAM knows no key by its alias: it is any key, as long as that has the alias.
            any_key = f"{place}key/*" if place else self._key_arn("*")
            has_alias = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/{alias}"}}
            self._aliases[key] = _Growing(_USE_KEY, {**self._through_sagemaker, **has_alias})
            self._aliases[key].add(any_key)
            explain_wildcard(self._role, any_key, f"IAM knows a key by its alias, {alias}, as a condition only")

    def allow_describing_trainings(self, name: str | None) -> None:
        """Let the function describe the training jobs of a given tuning job, or of all whose names it generates."""
        prefix = self._name_prefix if name is None else name
        for spelling in _spellings(prefix):
            pattern = self._stack.format_arn(
                service="sagemaker", resource="training-job", resource_name=f"{spelling}-*"
            )
            if pattern not in self._trainings.known:
                self._trainings.add(pattern)
                explain_wildcard(self._role, pattern, "SageMaker makes up the end of a training's name")
        self._hand_over_late()

    def allow_describing(self, name: str) -> None:
        """Let the function describe a tuning job elsewhere, and its training jobs."""
        for spelling in _spellings(name):
            self._described.add(self._job_arn(spelling))
        self.allow_describing_trainings(name)

    def _job_arn(self, name: str) -> str:
        return f"{self._before_name}{name}"

    def _key_arn(self, key_id: str) -> str:
        return self._stack.format_arn(service="kms", resource="key", resource_name=key_id)


class _Growing:
    """Actions allowed on more and more resources, over as many statements as it takes."""

    def __init__(self, actions: Sequence[str], conditions: Mapping[str, Any] | None = None) -> None:
        self._actions = [*actions]
        self._conditions = conditions
        self.known: set[str] = set()
        self._new: list[str] = []

    def add(self, resource: str) -> None:
        """Allow the actions on one more resource."""
        if resource not in self.known:
            self.known.add(resource)
            self._new.append(resource)

    def new_statements(self) -> Iterator[iam.PolicyStatement]:
        """What has been added since this was asked last."""
        new, self._new = self._new, []
        for first in range(0, len(new), _RESOURCES_A_STATEMENT):
            resources = new[first : first + _RESOURCES_A_STATEMENT]
            yield iam.PolicyStatement(actions=self._actions, resources=resources, conditions=self._conditions)


@jsii.implements(cdk.IAspect)
class _HandingOver:
    """Gives the role what has been collected, when the app is complete.

    A call of the kernel for each name and role would be a good part of a job's synth time. It is an aspect because the
    CDK spreads a policy that is too long in one of the role's.
    """

    def __init__(self, hand_over: Callable[[], None]) -> None:
        self._hand_over = hand_over

    def visit(self, node: IConstruct) -> None:  # noqa: ARG002 – the CDK's interface
        """Called once: what it is added to has nothing below."""
        self._hand_over()


def _spellings(name: str) -> Iterable[str]:
    return (name,) if is_token(name) else dict.fromkeys((name, name.lower()))


def _sagemaker(operations: Iterable[str]) -> list[str]:
    return [f"sagemaker:{operation}" for operation in operations]
