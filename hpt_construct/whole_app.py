"""What only the complete app can tell of its jobs: names that two stacks give, roles that SageMaker may not assume, and
a role of the function that has grown too large for IAM.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from . import deferred
from .checking import POLICIES
from .errors import show
from .tokens import is_token
from .trust import lets_sagemaker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from constructs import Construct

    from .provider import Provider
    from .request import TuningJobRequest

_KEPT: Final = "_hpt_construct_whole_app"
_SEVERAL_STACKS: Final = "hpt-construct:N3"
_MOST_POLICIES: Final = 10
"""IAM's default quota, "Managed policies attached to an IAM role"; AWS raises it to 25."""
_MANY_JOBS: Final = 50
"""From how many on the policies are counted; fewer come nowhere near."""


class StackChecks:
    """The checks of one stack's jobs, each made once however many jobs need it."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._jobs = 0
        self._roles: list[iam.Role] = []
        self._raised_policies = False
        self._names: dict[tuple[str, str, str], Construct] | None = None

    @classmethod
    def of(cls, provider: Provider) -> StackChecks:
        """Those of the provider's stack."""
        known = vars(provider).setdefault(_KEPT, None) or cls(provider)
        vars(provider)[_KEPT] = known
        return known

    def add_job(self, job: Construct, request: TuningJobRequest, raised_quotas: Iterable[str]) -> None:
        """Say that the stack has another job; its name and its roles are looked at, where the request gives some."""
        self._jobs += 1
        self._raised_policies |= POLICIES in raised_quotas
        if self._jobs == _MANY_JOBS:
            self._provider.check_at_synth(self._too_many_policies)
        name = request.tuning_job_name
        if name is not None and not is_token(name):
            self._watch_name(job, name)
        for _, definition in deferred.definitions(request):
            role = definition.role
            if isinstance(role, iam.Role) and role not in self._roles:
                self._roles.append(role)
                self._provider.check_at_synth(partial(_untrusting, job, role))

    def _watch_name(self, job: Construct, name: str) -> None:
        """Compare a given name with those of the app's other stacks; within one, the provider does."""
        if self._names is None:
            self._names = vars(job.node.root).setdefault(_KEPT, {})
        account, region = self._provider.environment
        first = self._names.setdefault((account, region, name.casefold()), job)
        if first is job or cdk.Stack.of(first) is cdk.Stack.of(job):
            return
        what = f"tuning_job_name: got {show(name)}, which is the name of {first.node.path!r} too"
        way_out = "give each a name of its own, in whatever case, or leave it out"
        if is_token(account + region):
            # Each may be meant for another account, by the profile that it is deployed with.
            message = f"{what}, and no environment tells the stacks apart; {way_out}"
            cdk.Annotations.of(job).add_warning_v2(_SEVERAL_STACKS, message)
        else:
            self._provider.check_at_synth(lambda: [f"{job.node.path}: {what}; {way_out}"])

    def _too_many_policies(self) -> Iterator[str]:
        # The CDK spreads a policy that is too long for IAM over managed ones, in an aspect: by now there are all.
        role = self._provider.node.find_child("Role")
        count = sum(isinstance(child, iam.ManagedPolicy) for child in role.node.children)
        if count > _MOST_POLICIES and not self._raised_policies:
            what = f"{role.node.path}: gets {count} managed policies for {self._jobs} jobs, IAM takes {_MOST_POLICIES}"
            way_out = "let jobs share roles, or move some to another stack"
            yield f"{what}; {way_out}; if AWS has raised it for the account, pass raised_quotas=[{POLICIES!r}] to a job"


def _untrusting(job: Construct, role: iam.Role) -> Iterator[str]:
    """What keeps SageMaker from assuming a role; what is not known is trusted to let it."""
    policy = role.assume_role_policy
    if policy is None:
        return
    if not lets_sagemaker(cdk.Stack.of(role).resolve(policy)):
        what = f"{job.node.path}: the role {role.node.path!r} does not let SageMaker assume it"
        principal = 'iam.ServicePrincipal("sagemaker.amazonaws.com")'
        way_out = f"add {principal} to its assumed_by (iam.CompositePrincipal takes several), or leave the role out"
        yield f"{what}; {way_out}; if something else sees to it, give role.role_arn in its place"
