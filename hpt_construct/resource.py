"""The custom resource of a job, and what of it the CDK may still change: its removal policy and its condition."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import aws_cdk as cdk
import jsii

from .checking import removal_policy_problem
from .errors import ValidationError
from .provider import RESOURCE_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from constructs import Construct

    from .provider import Provider


_PART: Final = re.compile(r"(?:\\.|[^.])+", re.DOTALL)
"""Of a path to override, whose periods separate names, and a backslash takes what follows as it is."""

_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
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
        self._properties = properties
        self._overrides: dict[str, Any] = {}
        self.when_changed: Callable[[], None] | None = None
        """Called whenever something has changed by which the template may start another job."""
        self._policy: cdk.RemovalPolicy | None = None
        self._followed = False
        # What bounds the age of an event has to be in force before there is one.
        self._come_after(provider.invocation_settings)
        self._come_after(provider.permissions.of_jobs)
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

    def apply_cross_stack_reference_strength(self, strength: cdk.ReferenceStrength) -> None:
        """Say how other stacks refer to the job; the method of the job comes by here, and so does the CDK's own way."""
        super().apply_cross_stack_reference_strength(strength)
        for resource in self.with_it:
            resource.apply_cross_stack_reference_strength(strength)

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
            self.override_own("RemovalPolicy", cdk.Lazy.any(_Effective(self)))

    def add_override(self, path: str, value: Any) -> None:
        """Change the resource in the template; whoever overrides anything, in whatever way, comes by here."""
        *parents, last = [_ESCAPED.sub(r"\1", part) for part in _PART.findall(path)]
        within = self._overrides
        for name in parents:
            if not isinstance(within.get(name), dict):
                within[name] = {}
            within = within[name]
        within[last] = _copied(value)
        super().add_override(path, value)
        self._say_changed()

    def override_logical_id(self, new_logical_id: str) -> None:
        """Give the resource another logical id, which makes it another resource."""
        super().override_logical_id(new_logical_id)
        self._say_changed()

    def _say_changed(self) -> None:
        if self.when_changed is not None:
            self.when_changed()

    def override_own(self, name: str, value: cdk.IResolvable) -> None:
        """Override a property that starts no job, as only the construct itself does."""
        super().add_override(f"Properties.{name}", value)

    def given_properties(self, *, without: Collection[str]) -> tuple[dict[str, Any], dict[str, Any]]:
        """The properties as they were given, and what overrides them, apart from some."""
        overrides = self._overrides.get("Properties")
        given, overriding = (
            {name: value for name, value in each.items() if name not in without}
            for each in (self._properties, overrides if isinstance(overrides, dict) else {})
        )
        return given, overriding

    def final_properties(self, *, without: Collection[str]) -> dict[str, Any]:
        """The properties as the template has them in the end, apart from some."""

        def resolved(override: Any) -> Any:
            # Resolved as a whole, a map would lose what is to be taken away.
            if isinstance(override, dict):
                return {name: resolved(value) for name, value in override.items()}
            return None if override is None else self.stack.resolve(override)

        given, overriding = self.given_properties(without=without)
        final: dict[str, Any] = _overridden(self.stack.resolve(given), resolved(overriding))
        return final

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


def _copied(value: Any) -> Any:
    """A value as it reaches the kernel: without what is None, and whatever becomes of the lists and maps in it."""
    if isinstance(value, dict):
        return {name: _copied(item) for name, item in value.items() if item is not None}
    return [_copied(item) for item in value if item is not None] if isinstance(value, (list, tuple)) else value


def _overridden(value: Any, overrides: dict[str, Any]) -> Any:
    """What the CDK makes of a value and the overrides of its members: None takes one away, and so does nothing left."""
    if isinstance(value, list):
        return [*_overridden({str(index): item for index, item in enumerate(value)}, overrides).values()]
    is_map = isinstance(value, dict) and not _is_function(value) and not _is_function(overrides)
    found = dict(value) if is_map else {}
    for name, override in overrides.items():
        final = _overridden(found.get(name), override) if isinstance(override, dict) else override
        if final is None or (isinstance(override, dict) and not final):
            found.pop(name, None)
        else:
            found[name] = final
    return found


def _is_function(value: dict[str, Any]) -> bool:
    """Whether CloudFormation makes something else of a map, so that it has no members to override."""
    [name, *more] = value or [""]
    return not more and (name == "Ref" or name.startswith("Fn::"))


@jsii.implements(cdk.IStableAnyProducer)
class _Effective:
    def __init__(self, resource: JobResource) -> None:
        self._resource = resource

    def produce(self) -> str | None:
        """The property's value when the template is written; None leaves it out."""
        return self._resource.effective_removal_policy()
