"""What the function may do: the statements of its role, derived from the jobs of the stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from . import api_model
from .checking import named_in_policy
from .findings import explain_wildcard
from .tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

OWNER_PREFIX: Final = "hpt-construct:"
STACK_TAG: Final = OWNER_PREFIX + "stack-id"
"""The ownership tag that IAM asks for before anything is stopped, deleted or tagged; the function writes it at
creation.
"""

LOGICAL_ID_TAG: Final = OWNER_PREFIX + "logical-id"
"""The ownership tag that tells the jobs of a stack apart; the function writes it too."""

_READ: Final = ("DescribeHyperParameterTuningJob", "ListTags")
_TAG: Final = ("AddTags", "DeleteTags")
_CHANGE: Final = ("StopHyperParameterTuningJob", "DeleteHyperParameterTuningJob", *_TAG)
_USE_KEY: Final = ("kms:CreateGrant", "kms:DescribeKey")

_RESOURCES_A_STATEMENT: Final = 10
"""CDK spreads a policy that is too long for IAM over several, but splits no statement: none may fill one alone."""


class Permissions:
    """The policy of the function's role, which grows with the jobs: a name, a role or a key that is new adds a
    resource, nothing else does.

    What may be done is allowed for the jobs' names, and what changes a job is denied again where the job is not this
    stack's by its tags: so each name stands there once, and no further policy of the role lets it touch another's job.
    """

    def __init__(self, stack: cdk.Stack, role: iam.Role, name_prefix: str) -> None:
        self._stack = stack
        self._role = role
        # China has a domain of its own.
        self._through_sagemaker = {"StringLike": {"kms:ViaService": f"sagemaker.{stack.region}.*"}}
        self._keys = _Growing(role, _USE_KEY, self._through_sagemaker)
        self._aliases: set[str] = set()
        self._roles = _Growing(
            role, ["iam:PassRole"], {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
        )
        self._jobs = _Growing(role, _sagemaker(["CreateHyperParameterTuningJob", *_READ, *_CHANGE]))
        pattern = self._job_arn(f"{name_prefix}-*")
        self._jobs.add(pattern)
        explain_wildcard(
            role, pattern, "the function makes up the end of a job's name; what it may change has its stack's tag"
        )
        at_creation = {"sagemaker:TaggingAction": "CreateHyperParameterTuningJob"}
        self._deny(_CHANGE, {"StringNotEquals": {f"aws:ResourceTag/{STACK_TAG}": stack.stack_id, **at_creation}})
        # Who may write the tags that say whose a job is could make any job its own.
        self._deny(
            _TAG,
            {"ForAnyValue:StringLike": {"aws:TagKeys": f"{OWNER_PREFIX}*"}, "StringNotEquals": at_creation},
        )

    def allow(self, request: Mapping[str, Any]) -> None:
        """Let the function do what a job's request asks of it."""
        allow = {
            api_model.GENERATED: self.allow_name,
            "RoleArn": self.allow_passing,
            "VolumeKmsKeyId": self.allow_key,
        }
        for (*_, member), value in named_in_policy(request):
            if value:
                allow[str(member)](value)

    def allow_name(self, name: str) -> None:
        """Let the function manage a job of this given name.

        The service shows an ARN in lower case in some places and as it was written in others; which of them IAM
        compares is not documented.
        """
        for spelling in (name,) if is_token(name) else (name, name.lower()):
            self._jobs.add(self._job_arn(spelling))

    def allow_passing(self, role_arn: str) -> None:
        """Let the function hand this role to SageMaker."""
        self._roles.add(role_arn)

    def allow_key(self, key: str) -> None:
        """Let SageMaker use this key of the trainings' volumes in the function's name: an id, an alias, an ARN of
        either, or a token of a key's ARN.

        SageMaker asks for it where the job's own role does not allow it already.
        """
        place, named, alias = key.partition("alias/")
        if not named:
            self._keys.add(key if ":" in key or is_token(key) else self._key_arn(key))
        elif key not in self._aliases:
            self._aliases.add(key)
            # IAM knows no key by its alias: it is any key, as long as that has the alias.
            any_key = f"{place}key/*" if place else self._key_arn("*")
            has_alias = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/{alias}"}}
            _Growing(self._role, _USE_KEY, {**self._through_sagemaker, **has_alias}).add(any_key)
            explain_wildcard(self._role, any_key, f"IAM knows a key by its alias, {alias}, as a condition only")

    def _deny(self, operations: Iterable[str], conditions: Mapping[str, Any]) -> None:
        self._role.add_to_principal_policy(
            iam.PolicyStatement(
                effect=iam.Effect.DENY,
                actions=_sagemaker(operations),
                resources=[self._job_arn("*")],
                conditions=conditions,
            )
        )

    def _job_arn(self, name: str) -> str:
        return self._stack.format_arn(service="sagemaker", resource="hyper-parameter-tuning-job", resource_name=name)

    def _key_arn(self, key_id: str) -> str:
        return self._stack.format_arn(service="kms", resource="key", resource_name=key_id)


class _Growing:
    """Actions allowed on more and more resources, over as many statements as it takes."""

    def __init__(self, role: iam.Role, actions: Sequence[str], conditions: Mapping[str, Any] | None = None) -> None:
        self._role = role
        self._actions = [*actions]
        self._conditions = conditions
        self._known: set[str] = set()
        self._last = iam.PolicyStatement()

    def add(self, resource: str) -> None:
        """Allow the actions on one more resource."""
        if resource in self._known:
            return
        if len(self._known) % _RESOURCES_A_STATEMENT == 0:
            self._last = iam.PolicyStatement(actions=self._actions, conditions=self._conditions)
            self._role.add_to_principal_policy(self._last)
        self._known.add(resource)
        self._last.add_resources(resource)


def _sagemaker(operations: Iterable[str]) -> list[str]:
    return [f"sagemaker:{operation}" for operation in operations]
