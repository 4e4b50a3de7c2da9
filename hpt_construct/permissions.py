"""What the function may do: the statements of its role, derived from the jobs of the stack."""

from __future__ import annotations

from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

STACK_TAG: Final = "hpt-construct:stack-id"
"""The ownership tag that IAM asks for before anything is stopped, deleted or tagged; the function writes it at
creation.
"""

LOGICAL_ID_TAG: Final = "hpt-construct:logical-id"
"""The ownership tag that tells the jobs of a stack apart; the function writes it too."""

_ON_ANY: Final = ("CreateHyperParameterTuningJob", "DescribeHyperParameterTuningJob", "ListTags")
_ON_OURS: Final = ("StopHyperParameterTuningJob", "DeleteHyperParameterTuningJob", "AddTags", "DeleteTags")


class Permissions:
    """The policy of the function's role, which grows with the jobs: a name or a role that is new adds a resource,
    nothing else does.
    """

    def __init__(self, stack: cdk.Stack, role: iam.Role, name_prefix: str) -> None:
        self._stack = stack
        self._names: set[str] = set()
        self._roles: set[str] = set()
        pattern = self._job_arn(f"{name_prefix}-*")
        self._use = iam.PolicyStatement(actions=_sagemaker(_ON_ANY), resources=[pattern])
        self._tag_at_creation = iam.PolicyStatement(
            actions=_sagemaker(["AddTags"]),
            resources=[pattern],
            conditions={"StringEquals": {"sagemaker:TaggingAction": "CreateHyperParameterTuningJob"}},
        )
        self._change = iam.PolicyStatement(
            actions=_sagemaker(_ON_OURS),
            resources=[pattern],
            conditions={"StringEquals": {f"aws:ResourceTag/{STACK_TAG}": stack.stack_id}},
        )
        self._pass_role = iam.PolicyStatement(
            actions=["iam:PassRole"], conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
        )
        for statement in (self._use, self._tag_at_creation, self._change, self._pass_role):
            role.add_to_principal_policy(statement)

    def allow_name(self, name: str) -> None:
        """Let the function manage a job of this given name.

        The service shows an ARN in lower case in some places and as it was written in others; which of them IAM
        compares is not documented.
        """
        for spelling in (name, name.lower()):
            if spelling not in self._names:
                self._names.add(spelling)
                arn = self._job_arn(spelling)
                for statement in (self._use, self._tag_at_creation, self._change):
                    statement.add_resources(arn)

    def allow_passing(self, role_arn: str) -> None:
        """Let the function hand this role to SageMaker."""
        if role_arn not in self._roles:
            self._roles.add(role_arn)
            self._pass_role.add_resources(role_arn)

    def _job_arn(self, name: str) -> str:
        return self._stack.format_arn(service="sagemaker", resource="hyper-parameter-tuning-job", resource_name=name)


def _sagemaker(operations: tuple[str, ...] | list[str]) -> list[str]:
    return [f"sagemaker:{operation}" for operation in operations]
