"""What a stack has once, however many jobs: the function that runs the jobs' life, its role and its log group."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct, IValidation

from . import function_code, naming
from .permissions import Permissions
from .tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

RESOURCE_TYPE: Final = "Custom::SageMakerHyperParameterTuningJob"

_ID: Final = "HptConstructProvider"
"""Part of the function's logical id, which must never change: CloudFormation can't give a resource another service
token.
"""

_KEPT_ON_SCOPE: Final = "_hpt_construct_provider"

_FUNCTION_TIMEOUT_MINUTES: Final = 15
"""Lambda's longest: a deletion waits until the job has stopped."""

_EVENT_AGE_MINUTES: Final = 10
"""How old an event may become before Lambda drops it, retries after a crash included. A deletion relies on it: after
this and the time in which the function may start a job, none can appear any more.
"""

SERVICE_TIMEOUT_MINUTES: Final = _EVENT_AGE_MINUTES + _FUNCTION_TIMEOUT_MINUTES + 1
"""When CloudFormation gives up on a function that died without an answer: its last try has ended by then."""


_MOST_OUTPUTS: Final = 200
_MOST_RESOURCES: Final = 500
_MANY_JOBS: Final = 50
"""From how many on a stack's outputs and resources are counted. To look at every construct loads the Python module of
each, which a small app should not wait for; with fewer jobs, most of what is too much would be somebody else's.
"""


class Provider(Construct):
    """The function behind the custom resources of one stack."""

    def __init__(self, stack: cdk.Stack) -> None:
        super().__init__(stack, _ID)
        # The name of a nested stack is not known at synth; its path is, and it too tells stacks apart.
        name = stack.stack_name
        self.stack_name = stack.node.path if is_token(name) else name
        log_group = logs.LogGroup(
            self, "Logs", retention=logs.RetentionDays.SIX_MONTHS, removal_policy=cdk.RemovalPolicy.DESTROY
        )
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description="Starts, stops and tags the SageMaker hyperparameter tuning jobs of this stack",
        )
        log_group.grant_write(role)
        self.permissions = Permissions(stack, role, naming.stack_prefix(self.stack_name))
        function = lambda_.Function(
            self,
            "Function",
            description="Starts and stops the SageMaker hyperparameter tuning jobs of this stack (hpt-construct)",
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            handler="hpt_handler.handler.handle",
            # Compiled files differ from machine to machine, and with them the hash.
            code=lambda_.Code.from_asset(str(function_code.FOLDER), exclude=["**/__pycache__", "**/*.pyc"]),
            timeout=cdk.Duration.minutes(_FUNCTION_TIMEOUT_MINUTES),
            memory_size=512,
            role=role,
            log_group=log_group,
            max_event_age=cdk.Duration.minutes(_EVENT_AGE_MINUTES),
            retry_attempts=2,
        )
        self.invocation_settings = function.node.find_child("EventInvokeConfig")
        self.service_token = function.function_arn
        self.service_timeout = cdk.Duration.minutes(SERVICE_TIMEOUT_MINUTES)
        self._stack = stack
        self._path = stack.node.path
        self._output_keys: dict[str, str] = {}
        self._jobs = 0
        self._checks: list[Callable[[], Iterable[str]]] = []

    def output_key(self, scope: Construct, job_id: str) -> str:
        """The key of a job's stack output: the job's path in the stack, readable, and ``TuningJobArn``."""
        path = job_id if scope is self._stack else f"{scope.node.path}/{job_id}".removeprefix(f"{self._path}/")
        readable = re.sub(r"[^A-Za-z0-9]", "", path)
        if self._output_keys.setdefault(readable, path) != path:
            # Another path reads the same without its punctuation.
            readable += hashlib.sha256(path.encode()).hexdigest()[:8]
        return f"{readable}TuningJobArn"

    def count_job(self) -> None:
        """Say that the stack has another job; from a number on, the limits of a stack are watched."""
        self._jobs += 1
        if self._jobs == _MANY_JOBS:
            self.check_at_synth(lambda: _over_limits(self._stack))

    def check_at_synth(self, check: Callable[[], Iterable[str]]) -> None:
        """Ask for problems when the app is complete; synth ends with them.

        A stack has one validation for all its jobs: one for each would be a good part of a job's synth time.
        """
        if not self._checks:
            self.node.add_validation(_Checks(self._checks))
        self._checks.append(check)

    @classmethod
    def of(cls, scope: Construct) -> Provider:
        """The provider of the stack that the scope is in, made when first asked for."""
        # Kept on the scope: many jobs share one, and the way over the stack takes three calls of the kernel.
        known = vars(scope).get(_KEPT_ON_SCOPE)
        if isinstance(known, Provider):
            return known
        stack = cdk.Stack.of(scope)
        existing = stack.node.try_find_child(_ID)
        provider = existing if isinstance(existing, Provider) else cls(stack)
        vars(scope)[_KEPT_ON_SCOPE] = provider
        return provider


@jsii.implements(IValidation)
class _Checks:
    """What can only be known when the app is complete."""

    def __init__(self, checks: Sequence[Callable[[], Iterable[str]]]) -> None:
        self._checks = checks

    def validate(self) -> list[str]:
        """What is wrong."""
        return [problem for check in self._checks for problem in check()]


def _over_limits(stack: cdk.Stack) -> Iterator[str]:
    """What the stack has too much of for CloudFormation, whoever has put it there."""
    constructs = stack.node.find_all()
    for kind, noun, most, way_out in (
        (cdk.CfnOutput, "outputs", _MOST_OUTPUTS, "turn off those of tuning jobs (arn_output=False), or "),
        (cdk.CfnResource, "resources", _MOST_RESOURCES, ""),
    ):
        found = [construct for construct in constructs if isinstance(construct, kind)]
        # Those of nested stacks are among them; telling them apart costs a call for each.
        if len(found) > most and (count := sum(each.stack is stack for each in found)) > most:
            what = f"the stack {stack.node.path!r} has {count:,} {noun}, CloudFormation takes {most}"
            yield f"{what}; {way_out}move some tuning jobs to another stack"
