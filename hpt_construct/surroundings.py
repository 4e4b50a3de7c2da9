"""What the training jobs of a tuning job run with and in: their roles and their networks."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam

from . import deferred, execution_role, network, rendering
from .checking import warn
from .request import VpcConfig
from .tokens import awaits_lookup, is_token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_cdk import aws_ec2 as ec2
    from constructs import Construct, IConstruct

    from .provider import Provider
    from .request import TuningJobRequest

_GRANTED: Final = "GrantedByStack"
_LONGEST_POLICY_NAME: Final = 128
_UUID: Final = 36


class Surroundings:
    """The roles and networks that a job's definitions name, as constructs."""

    def __init__(self, job: Construct, resource: cdk.CfnResource, request: TuningJobRequest) -> None:
        self._job = job
        self._resource = resource
        self._request = request
        self._definitions = [definition for _, definition in deferred.definitions(request)]

    def come_first(self, provider: Provider) -> None:
        """Let CloudFormation make them before the job, and delete them after it has stopped."""
        for definition in self._definitions:
            role = definition.role
            if not isinstance(role, str) and hasattr(role, "node"):
                # With its policies.
                self._resource.node.add_dependency(role)
        if any(self._networks()):
            for dependable in network.dependables(self._definitions, provider.complete_stack):
                self._resource.node.add_dependency(dependable)
            provider.check_at_synth(self._warn_of_obstacles)

    def _warn_of_obstacles(self) -> list[str]:
        found = network.obstacles(deferred.definitions(self._request))
        warn(
            self._job,
            ((warning, text) for warning, problem in found for text in rendering.tell(self._request, problem)),
        )
        return []

    @cached_property
    def role(self) -> iam.IRole | None:
        """The one role, if there is one for all definitions."""
        return self._roles[0] if len(self._roles) == 1 else None

    @cached_property
    def principal(self) -> iam.IPrincipal:
        """The roles as whom a grant reaches: the one, or each of them."""
        return self.role.grant_principal if self.role is not None else execution_role.Roles(self._roles)

    @cached_property
    def _roles(self) -> list[iam.IRole]:
        """Each role once, in the order of the definitions."""
        given: list[iam.IRole | str] = []
        for definition in self._definitions:
            if definition.role is not None and definition.role not in given:
                given.append(definition.role)
        return [self._imported(role, index) if isinstance(role, str) else role for index, role in enumerate(given)]

    def _imported(self, role_arn: str, index: int) -> iam.IRole:
        if awaits_lookup(role_arn):
            stack = cdk.Stack.of(self._job)
            role_arn = stack.format_arn(service="iam", region="", resource="role", resource_name="LookedUp")
        # A policy that an earlier release made may be shared with another stack, and can't be updated then. Under
        # another id, CloudFormation makes a new one and deletes that one afterwards.
        role = iam.Role.from_role_arn(self._job, f"Role{index}", role_arn, default_policy_name=_GRANTED)
        cdk.Aspects.of(role).add(_NamedByStack())
        # What is granted to it has to come before the job starts.
        self._resource.node.add_dependency(role)
        return role

    def _networks(self) -> Iterator[VpcConfig]:
        return (each.vpc_config for each in self._definitions if isinstance(each.vpc_config, VpcConfig))

    @cached_property
    def connections(self) -> ec2.Connections:
        """The security groups.

        :raises ValueError: No definition has a ``vpc_config``, or a token hides how many groups there are.
        """
        from aws_cdk import aws_ec2 as ec2  # noqa: PLC0415 – loaded only by apps that have networks

        path = self._job.node.path
        given: list[ec2.ISecurityGroup | str] = []
        for each in self._networks():
            if is_token(each.security_groups):
                raise ValueError(
                    f"{path}: got security groups in a list that only CloudFormation knows, and each must be "
                    "known by itself to be let in; take them out with cdk.Fn.select(0, ...)"
                )
            for group in each.security_groups:
                if group not in given:
                    given.append(group)
        if not given:
            raise ValueError(
                f"{path}: got no vpc_config, without which training jobs have no security groups; "
                "give the definition VpcConfig.from_vpc(...)"
            )
        groups = [
            ec2.SecurityGroup.from_security_group_id(self._job, f"SecurityGroup{index}", group)
            if isinstance(group, str)
            else group
            for index, group in enumerate(given)
        ]
        return ec2.Connections(security_groups=groups)


@jsii.implements(cdk.IAspect)
class _NamedByStack:
    """Gives the policy of an imported role, which has what is granted to it, a name that is unique to the stack.

    CloudFormation refuses to create, update or delete a policy if another stack has one of that name on the same role.
    The CDK derives the name from the path in the stack, which Dev and Test have in common, and takes no token for it.
    But neither a stack's name nor its region has to be known at synth. Its id is unique, also that of a nested stack.
    """

    def visit(self, node: IConstruct) -> None:
        """Called for the role and what is below it: the policy and its resource, once something has been granted."""
        if isinstance(node, iam.CfnPolicy):
            stack = cdk.Stack.of(node)
            uuid = cdk.Fn.select(2, cdk.Fn.split("/", stack.stack_id))
            # The end of a logical id tells it from others.
            node.policy_name = f"{stack.get_logical_id(node)[_UUID + 1 - _LONGEST_POLICY_NAME :]}-{uuid}"
