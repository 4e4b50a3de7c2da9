"""What a stack has once, however many jobs: the function that runs the jobs' life, its role and its log group."""

from __future__ import annotations

import hashlib
import re
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from . import function_code, naming
from .permissions import Permissions
from .tokens import is_token

_ID: Final = "HptConstructProvider"
"""Part of the function's logical id, which must never change: CloudFormation can't give a resource another service
token.
"""

_FUNCTION_TIMEOUT_MINUTES: Final = 15
"""Lambda's longest: a deletion waits until the job has stopped."""

_EVENT_AGE_MINUTES: Final = 10
"""How old an event may become before Lambda drops it, retries after a crash included. A deletion relies on it: after
this and the time in which the function may start a job, none can appear any more.
"""

SERVICE_TIMEOUT_MINUTES: Final = _EVENT_AGE_MINUTES + _FUNCTION_TIMEOUT_MINUTES + 1
"""When CloudFormation gives up on a function that died without an answer: its last try has ended by then."""


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
        self._path = stack.node.path
        self._output_keys: dict[str, str] = {}

    def output_key(self, job: Construct) -> str:
        """The key of a job's stack output: the job's path in the stack, readable, and ``TuningJobArn``."""
        path = job.node.path.removeprefix(f"{self._path}/")
        readable = re.sub(r"[^A-Za-z0-9]", "", path)
        if self._output_keys.setdefault(readable, path) != path:
            # Another path reads the same without its punctuation.
            readable += hashlib.sha256(path.encode()).hexdigest()[:8]
        return f"{readable}TuningJobArn"

    @classmethod
    def of(cls, scope: Construct) -> Provider:
        """The provider of the stack that the scope is in, made when first asked for."""
        stack = cdk.Stack.of(scope)
        existing = stack.node.try_find_child(_ID)
        return existing if isinstance(existing, Provider) else cls(stack)
