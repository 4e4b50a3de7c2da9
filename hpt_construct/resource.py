"""The custom resource of a job, and what of it the CDK may still change: its removal policy and its condition."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import aws_cdk as cdk
import jsii

from .checking import removal_policy_problem
from .errors import ValidationError
from .provider import RESOURCE_TYPE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct

    from .provider import Provider


_KEPT: Final = {
    cdk.CfnDeletionPolicy.RETAIN: "retain",
    cdk.CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE: "retain-except-on-create",
}


class JobResource(cdk.CfnResource):
    """The job's default child.

    CloudFormation does not tell the function what becomes of its job, so the removal policy is one of the properties
    too. Anybody may set it: the argument of the job, ``apply_removal_policy`` of the job or of this, aspects like
    ``RemovalPolicies.of(...)``, and ``cfn_options``. The property is what they come to; as long as nobody has said
    anything there is none, and it costs no call of the kernel.
    """

    def __init__(
        self, job: Construct, provider: Provider, properties: Mapping[str, Any], policy: cdk.RemovalPolicy | None
    ) -> None:
        # The logical id comes from the id, and must stay.
        super().__init__(
            job,
            "Resource",
            type=RESOURCE_TYPE,
            properties={
                "ServiceToken": provider.service_token,
                "ServiceTimeout": provider.service_timeout,
                **properties,
            },
        )
        self.output: cdk.CfnOutput | None = None
        """The job's output, which has to go where the resource goes."""
        self.with_it: list[cdk.CfnResource] = []
        """Other resources of the job, which have to go there too."""
        self._provider = provider
        self._policy: cdk.RemovalPolicy | None = None
        self._followed = False
        # What bounds the age of an event has to be in force before there is one.
        self._come_after(provider.invocation_settings)
        if policy is None:
            # As every custom resource of the CDK has it in its template.
            super().apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        else:
            self.apply_removal_policy(policy)

    def _come_after(self, resource: cdk.CfnResource) -> None:
        """Let CloudFormation make this after another resource, and delete it before: one call of the kernel, where the
        dependency of a node takes two and a walk of the tree.
        """
        # Older ones of the CDK know the name only that newer ones warn of.
        add = getattr(self, "add_resource_dependency", None) or self.add_dependency
        add(resource)

    def apply_removal_policy(
        self,
        policy: cdk.RemovalPolicy | None = None,
        *,
        apply_to_update_replace_policy: bool | None = None,
        default: cdk.RemovalPolicy | None = None,
    ) -> None:
        """Say what becomes of the job when its resource goes; the CDK calls this too.

        :raises ValidationError: The policy is SNAPSHOT.
        """
        problem = removal_policy_problem(policy or default)
        if problem:
            raise ValidationError(self.node.path.rpartition("/")[0], [problem])
        super().apply_removal_policy(
            policy, apply_to_update_replace_policy=apply_to_update_replace_policy, default=default
        )
        self._policy = policy or default
        self._follow()

    # No property: jsii takes one for an override, and the kernel would ask for it whenever it looks at an option.
    @cached_property
    def cfn_options(self) -> cdk.ICfnResourceOptions:
        """The policies and the condition, to read or to set."""
        self._follow()
        self._provider.check_at_synth(self._place_output)
        return super().cfn_options

    def _follow(self) -> None:
        """From now on the property is what the policies are at the end of the synth."""
        if not self._followed:
            self._followed = True
            self.add_property_override("RemovalPolicy", cdk.Lazy.any(_Effective(self)))

    def effective_removal_policy(self) -> str | None:
        """What the function acts on: it marks the jobs of the one, and deletes the records of the other."""
        # A deletion that has to look for its job spares what is marked, and under RETAIN, CloudFormation sends none.
        # Under RETAIN_EXCEPT_ON_CREATE it sends one after a creation that has failed, and only then.
        policy = self.cfn_options.deletion_policy
        if policy in _KEPT:
            return _KEPT[policy]
        return "destroy" if self._policy is cdk.RemovalPolicy.DESTROY else None

    def _place_output(self) -> list[str]:
        if self.output is not None:
            # Where a condition leaves the resource out, an output of it would refer to nothing.
            self.output.condition = self.cfn_options.condition
        for resource in self.with_it:
            resource.cfn_options.condition = self.cfn_options.condition
        return []


@jsii.implements(cdk.IStableAnyProducer)
class _Effective:
    def __init__(self, resource: JobResource) -> None:
        self._resource = resource

    def produce(self) -> str | None:
        """The property's value when the template is written; None leaves it out."""
        return self._resource.effective_removal_policy()
