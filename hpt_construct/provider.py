"""What a stack has once, however many jobs: the function that starts and stops them, the one that answers what Lambda
gives up, their role and their log group.
"""

from __future__ import annotations

import hashlib
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, cast

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct, IValidation

from . import function_code, naming
from .errors import ValidationError, show
from .permissions import Permissions
from .tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from constructs import IConstruct

RESOURCE_TYPE: Final = "Custom::SageMakerHyperParameterTuningJob"

_FUNCTION_TYPE: Final = "AWS::Lambda::Function"
_ID: Final = "HptConstructProvider"
"""Part of the function's logical id, which must never change: CloudFormation can't give a resource another service
token.
"""

_KEPT_ON_SCOPE: Final = "_hpt_construct_provider"

_LOGS_DAYS: Final = 180

_ARCHITECTURE: Final = "arm64"
_ARCHITECTURES: Final = ("arm64", "x86_64")
_RUNTIME: Final = "python3.14"
_RUNTIMES: Final = ("python3.11", "python3.12", "python3.13", "python3.14")
"""Those on which the function's tests pass: it has no other code than Python's."""

_LAMBDAS_CA_BUNDLE: Final = "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"
"""Lambda's own, which knows the certificates of isolated regions."""

_FUNCTION_TIMEOUT_MINUTES: Final = 15
"""Lambda's longest: a deletion waits until the job has stopped."""

_EVENT_AGE_MINUTES: Final = 10
"""How old an event may become before Lambda drops it, retries after a crash included. A deletion relies on it: after
this and the time in which the function may start a job, none can appear any more.
"""

SERVICE_TIMEOUT_MINUTES: Final = _EVENT_AGE_MINUTES + _FUNCTION_TIMEOUT_MINUTES + 1
"""When CloudFormation gives up on a function that died without an answer: its last try has ended by then."""


_OUTPUT: Final = "TuningJobArn"
_LONGEST_KEY: Final = 255
_MOST_OUTPUTS: Final = 200
_MOST_RESOURCES: Final = 500
_MANY_RESOURCES: Final = 50
"""From how many of the jobs' own on a stack's outputs and resources are counted: with fewer, most of what is too much
would be somebody else's.
"""

_NEARLY_MOST_RESOURCES: Final = 400
"""From how many on every construct is looked at, which loads the Python module of each; the CDK itself warns here."""


class Provider(Construct):
    """The function behind the custom resources of one stack.

    Its resources are named by their types, as those of the CDK's own ``CustomResourceProvider`` are: the constructs of
    ``aws_lambda`` and ``aws_logs`` would load a dozen modules, a third of the synth of an app with one job.
    """

    def __init__(self, stack: cdk.Stack) -> None:
        super().__init__(stack, _ID)
        self.stack_name = _name(stack)
        log_group = Taggable(Construct(self, "Logs"), "AWS::Logs::LogGroup", {"RetentionInDays": _LOGS_DAYS})
        log_group.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description="Starts, stops and tags the SageMaker hyperparameter tuning jobs of this stack",
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[log_group.get_att("Arn").to_string()]
            )
        )
        # The tree is visited in the order in which it was made.
        self.permissions = Permissions(self, role, naming.stack_prefix(self.stack_name), visited_before=log_group)
        scope = Construct(self, "Function")
        code = s3_assets.Asset(
            scope,
            "Code",
            path=str(function_code.FOLDER),
            # Compiled files differ from machine to machine, and with them the hash.
            exclude=["**/__pycache__", "**/*.pyc"],
            # Lambda keeps a copy: nobody needs the file once the stack is deployed.
            deploy_time=True,
        )
        common = {
            "Runtime": _RUNTIME,
            "Architectures": [_ARCHITECTURE],
            "Handler": "hpt_handler.handler.handle",
            "Code": {"S3Bucket": code.s3_bucket_name, "S3Key": code.s3_object_key},
            "Timeout": _FUNCTION_TIMEOUT_MINUTES * 60,
            "MemorySize": 512,
            "Role": role.role_arn,
            "LoggingConfig": {"LogGroup": log_group.ref},
            # The function refuses events of other stacks, and answers nobody but CloudFormation.
            "Environment": {
                "Variables": {
                    "HPT_CONSTRUCT_STACK_ID": cdk.Aws.STACK_ID,
                    "HPT_CONSTRUCT_URL_SUFFIX": cdk.Aws.URL_SUFFIX,
                }
            },
        }
        # A second function answers the events that Lambda gives up, because no stack should wait for an answer that
        # can't come any more, and because Lambda refuses a function as its own destination.
        destination = Taggable(
            Construct(self, "FailureDestination"),
            _FUNCTION_TYPE,
            {"Description": "Answers the events that Lambda has given up (hpt-construct)", **common},
        )
        destination_arn = destination.get_att("Arn").to_string()
        may_invoke = iam.Policy(
            self,
            "InvokeDestination",
            roles=[role],
            statements=[iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[destination_arn])],
        )
        function = Taggable(
            scope,
            _FUNCTION_TYPE,
            {
                "Description": "Starts and stops the SageMaker hyperparameter tuning jobs of this stack "
                "(hpt-construct)",
                **common,
            },
        )
        self._functions = (function, destination)
        for each in self._functions:
            code.add_resource_metadata(each, "Code")
            # With its policy.
            each.node.add_dependency(role)
        # Lambda checks the permission when it takes the settings. Until then the policy has as long to spread as the
        # function takes to be made.
        function.node.add_dependency(may_invoke)
        self.service_token = function.get_att("Arn").to_string()
        self.invocation_settings = _invocation_settings(function, {"OnFailure": {"Destination": destination_arn}})
        self.invocation_settings.node.add_dependency(_invocation_settings(destination))
        self.service_timeout = str(SERVICE_TIMEOUT_MINUTES * 60)
        self._role = role
        self._stack = stack
        self._path = stack.node.path
        self._output_keys: dict[str, str] = {}
        self._resources = 0
        self._jobs: list[Construct] = []
        self._outputs: list[cdk.CfnOutput] = []
        self._names: dict[str, Construct] = {}
        self._checks: list[Callable[[], Iterable[str]]] = []

    @cached_property
    def after_function(self) -> iam.Policy:
        """A policy of the role for what names the function, which waits for the role's own policy."""
        policy = iam.Policy(self, "AfterFunction", roles=[self._role])
        self.invocation_settings.node.add_dependency(policy)
        return policy

    def configure_function(self, architecture: Any, runtime: Any, ca_bundle: Any) -> None:
        """Let the function run elsewhere than it does by default.

        :raises ValidationError: It can't run there.
        """
        problems = []
        given = {}
        for option, value, allowed in (("architecture", architecture, _ARCHITECTURES), ("runtime", runtime, _RUNTIMES)):
            # Those of aws_lambda have a name.
            name = getattr(value, "name", value)
            if name is not None:
                given[option] = name
                if name not in allowed:
                    *several, last = allowed
                    problems.append(f"{option}: got {show(name)}, must be {', '.join(several)} or {last}")
        if ca_bundle is not None and not (isinstance(ca_bundle, str) and ca_bundle.startswith("/")):
            problems.append(f"ca_bundle: got {show(ca_bundle)}, must be an absolute path, like {_LAMBDAS_CA_BUNDLE!r}")
        if problems:
            raise ValidationError(self.node.path, problems)
        for function in self._functions:
            if "architecture" in given:
                function.add_property_override("Architectures", [given["architecture"]])
            if "runtime" in given:
                function.add_property_override("Runtime", given["runtime"])
            if ca_bundle is not None:
                function.add_property_override("Environment.Variables.AWS_CA_BUNDLE", ca_bundle)

    def output_key(self, scope: Construct, job_id: str) -> str:
        """The key of a job's stack output: the job's path in the stack, readable, and ``TuningJobArn``."""
        path = job_id if scope is self._stack else f"{scope.node.path}/{job_id}".removeprefix(f"{self._path}/")
        readable = re.sub(r"[^A-Za-z0-9]", "", path)
        longest = _LONGEST_KEY - len(_OUTPUT)
        if self._output_keys.setdefault(readable, path) != path or len(readable) > longest:
            # Another path reads the same without its punctuation, or it is too long for CloudFormation.
            digest = hashlib.sha256(path.encode()).hexdigest()[:8]
            readable = readable[: longest - len(digest)] + digest
        return f"{readable}{_OUTPUT}"

    def add_output(self, scope: Construct, job_id: str, **properties: Any) -> cdk.CfnOutput:
        """An output of a job.

        It is the stack's child, under an id that the CDK makes its key of: below the job, another call of the kernel
        would have to say the key.
        """
        key = self.output_key(scope, job_id)
        # What is no letter or digit goes, and nobody else's construct has such an id.
        output = cdk.CfnOutput(self._stack, f"{key.removesuffix(_OUTPUT)}:{_OUTPUT}", **properties)
        self._outputs.append(output)
        if type(self._stack)._allocate_logical_id is not cdk.Stack._allocate_logical_id:  # noqa: SLF001 – CDK's hook
            # A stack with names of its own for everything: this key stays what it is.
            output.override_logical_id(key)
        return output

    def add_job(self, job: Construct, given_name: str | None) -> None:
        """Say that the stack has another job: from a number on the limits of a stack are watched, and no two may have
        the same name.
        """
        self._jobs.append(job)
        self.add_resources(1)
        if given_name is None:
            return
        first = self._names.setdefault(given_name if is_token(given_name) else given_name.casefold(), job)
        if first is not job:
            self.check_at_synth(lambda: [_same_name(given_name, first, job)])

    def add_resources(self, count: int) -> None:
        """Say that the stack's jobs have so many more resources."""
        before, self._resources = self._resources, self._resources + count
        if before < _MANY_RESOURCES <= self._resources:
            self.check_at_synth(self._over_limits)

    @cached_property
    def environment(self) -> tuple[str, str]:
        """Account and region of the stack, each a token where it is not known."""
        return self._stack.account, self._stack.region

    @cached_property
    def _constructs(self) -> list[IConstruct]:
        return [each for each in self._stack.node.find_all() if cdk.Stack.of(each) is self._stack]

    def complete_stack(self) -> list[IConstruct]:
        """Every construct of the stack, nested ones aside: looked for once, to be asked when there will be no more."""
        return self._constructs

    def _over_limits(self) -> Iterator[str]:
        """What the stack has too much of for CloudFormation, whoever has put it there."""
        own = {self, *self._jobs, *self._outputs}
        others = [child for child in self._stack.node.children if child not in own]
        below = [each for child in others for each in ([child] if _is_leaf(child) else child.node.find_all())]
        resources = self._resources + sum(isinstance(each, cdk.CfnResource) for each in below)
        if resources >= _NEARLY_MOST_RESOURCES:
            # Now it matters what the function is made of, and what others have put into jobs.
            below = self._stack.node.find_all()
        else:
            below += self._outputs
        for kind, noun, most, way_out in (
            (cdk.CfnOutput, "outputs", _MOST_OUTPUTS, "turn off those of tuning jobs (arn_output=False), or "),
            (cdk.CfnResource, "resources", _MOST_RESOURCES, ""),
        ):
            found = [construct for construct in below if isinstance(construct, kind)]
            # Those of nested stacks are among them; telling them apart costs a call for each.
            if len(found) > most and (count := sum(each.stack is self._stack for each in found)) > most:
                what = f"the stack {self._path!r} has {count:,} {noun}, CloudFormation takes {most}"
                yield f"{what}; {way_out}move some tuning jobs to another stack"

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


def _invocation_settings(function: cdk.CfnResource, destinations: Mapping[str, Any] | None = None) -> cdk.CfnResource:
    """Bound the age of a function's events, and say who gets those that Lambda gives up."""
    return cdk.CfnResource(
        Construct(cast("Construct", function.node.scope), "EventInvokeConfig"),
        "Resource",
        type="AWS::Lambda::EventInvokeConfig",
        properties={
            "FunctionName": function.ref,
            "Qualifier": "$LATEST",
            "MaximumEventAgeInSeconds": _EVENT_AGE_MINUTES * 60,
            "MaximumRetryAttempts": 2,
            "DestinationConfig": destinations,
        },
    )


def _name(stack: cdk.Stack) -> str:
    """What tells the stack apart in its account.

    That is its name; of a nested stack, whose name is not known at synth, the outermost one's and the path in it.
    """
    if not is_token(stack.stack_name):
        return stack.stack_name
    root = stack
    while root.nested_stack_parent is not None:
        root = root.nested_stack_parent
    return f"{root.stack_name}{stack.node.path.removeprefix(root.node.path)}"


@jsii.implements(cdk.ITaggableV2)
class Taggable(cdk.CfnResource):
    """A resource with the tags that ``Tags.of(...)`` adds, which one that is named by its type does not get."""

    def __init__(self, scope: Construct, type: str, properties: Mapping[str, Any]) -> None:  # noqa: A002 – the CDK's name
        # The id that CDK's own constructs have for what they are made of: logical ids come from it, and must stay.
        super().__init__(scope, "Resource", type=type, properties=properties)
        # Only typed resources have their properties' names spelled for CloudFormation.
        self._tag_manager = cdk.TagManager(cdk.TagType.KEY_VALUE, type, tag_property_name="Tags")

    @property
    def cdk_tag_manager(self) -> cdk.TagManager:
        """Where the tags are put."""
        return self._tag_manager


@jsii.implements(IValidation)
class _Checks:
    """What can only be known when the app is complete."""

    def __init__(self, checks: Sequence[Callable[[], Iterable[str]]]) -> None:
        self._checks = checks

    def validate(self) -> list[str]:
        """What is wrong."""
        return [problem for check in self._checks for problem in check()]


def _same_name(name: str, first: Construct, second: Construct) -> str:
    what = f"tuning_job_name: got {show(name)}, which is the name of {first.node.path!r} too"
    return f"{second.node.path}: {what}; give each a name of its own, in whatever case, or leave it out"


def _is_leaf(construct: IConstruct) -> bool:
    """Whether to look below it is a waste: what becomes a part of the template has nothing there."""
    return isinstance(construct, cdk.CfnElement)
