"""What a job that is waited for has besides: a wait condition, who starts the waiting, and the result; and once a stack
the state machine that polls.
"""

from __future__ import annotations

import hashlib
import json
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

from . import rendering
from .best_training_job import BestTrainingJob
from .errors import ValidationError
from .findings import explain, explain_wildcard
from .provider import Provider, Taggable
from .tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from .reference import IHyperparameterTuningJob
    from .resource import JobResource
    from .wait_for_completion import WaitForCompletion

WAIT_TYPE: Final = "Custom::SageMakerHyperParameterTuningJobWait"
RESULT_TYPE: Final = "Custom::SageMakerHyperParameterTuningJobResult"
RESOURCES_A_JOB: Final = 4
"""What a job that is waited for adds to its own resource."""

UNWAITED_CHANGE: Final = "hpt-construct:unwaited-change"
STRONG_REFERENCE: Final = "hpt-construct:strong-reference"
_RESULT: Final = "BestTrainingJob"
_WAITED_FOR: Final = "_hpt_construct_waited_for"
"""What a job's resource and its result are known by to belong to a wait."""
_MACHINE: Final = "Waiting"
_LONGEST_EXECUTION: Final = 12 * 3600 + 1800
"""Seconds after which even an execution ends whose function never answers."""

_LONGEST_BASE: Final = 255 - 8
"""Of a logical id, so that eight characters have room behind it."""

_RETRY: Final = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 5, "MaxAttempts": 3, "BackoffRate": 2}
_NOT_OF_THE_WAIT: Final = ("Tags", "RemovalPolicy")
"""Properties of a job whose change launches nothing."""


def add(
    job: IHyperparameterTuningJob, resource: JobResource, wait: WaitForCompletion | None, properties: Mapping[str, Any]
) -> BestTrainingJob | None:
    """Let deployments wait for a job of the app, if they are to.

    A wait condition can't be updated, and signals once: handle, condition and starter are new with each new request.
    The handle comes after the job, because its URL lives for a day at most.
    """
    if wait is None:
        return None
    provider = Provider.of(job)
    waited = {name: value for name, value in properties.items() if name not in _NOT_OF_THE_WAIT}
    seconds = str(wait.seconds())
    thresholds = {name: rendering.template(value) for name, value in wait.thresholds().items()}
    wait_digest = _Digest(resource, [seconds, thresholds])
    handle = cdk.CfnWaitConditionHandle(job, "WaitHandle")
    handle.node.add_dependency(resource)
    starter = _custom(
        job,
        "Wait",
        WAIT_TYPE,
        provider,
        {
            "TuningJobName": resource.ref,
            "HandleUrl": handle.ref,
            "TimeoutInSeconds": seconds,
            **thresholds,
            "StateMachineArn": _machine(provider),
        },
    )
    condition = cdk.CfnWaitCondition(job, "WaitCondition", handle=handle.ref, timeout=seconds, count=1)
    condition.node.add_dependency(starter)
    for each in (handle, starter, condition):
        wait_digest.name(each)
    result = _custom(
        job, _RESULT, RESULT_TYPE, provider, {"TuningJobName": resource.ref, "Waited": "true", **thresholds}
    )
    result.node.add_dependency(condition)
    for each in (resource, result):
        vars(each)[_WAITED_FOR] = wait_digest
    provider.check_at_synth(partial(_warn_of_exports, job, result))
    resource.with_it += [handle, starter, condition, result]
    provider.add_resources(RESOURCES_A_JOB)
    provider.permissions.allow_describing_trainings(properties.get("HyperParameterTuningJobName"))
    if _may_change_alone(job, waited):
        cdk.Annotations.of(job).add_warning_v2(
            UNWAITED_CHANGE,
            "wait_for_completion: the request has a value that may change without the template (a parameter or a "
            "dynamic reference), and a deployment that changes nothing else starts a new job, does not wait for it, "
            "and fails; change run='...' with it, or write the value out",
        )
    return BestTrainingJob(result, _tuned(properties))


def of_job_elsewhere(job: IHyperparameterTuningJob) -> BestTrainingJob:
    """The result of a job that the app only refers to.

    :raises ValidationError: It is in another account or region, where the function does not look.
    """
    stack = cdk.Stack.of(job)
    here, there = (stack.account, stack.region), (job.env.account, job.env.region)
    if any(mine != theirs for mine, theirs in zip(here, there, strict=True) if not is_token(mine + theirs)):
        problem = (
            f"best_training_job: the job is in account {there[0]}, region {there[1]}, and the stack in account "
            f"{here[0]}, region {here[1]}; refer to it in a stack of its own account and region"
        )
        raise ValidationError(job.node.path, [problem])
    provider = Provider.of(job)
    result = _custom(job, _RESULT, RESULT_TYPE, provider, {"TuningJobName": job.tuning_job_name})
    result.node.add_dependency(provider.invocation_settings)
    provider.check_at_synth(partial(_warn_of_exports, job, result))
    provider.permissions.allow_describing(job.tuning_job_name)
    return BestTrainingJob(result, None)


def _warn_of_exports(job: Construct, result: cdk.CfnResource) -> list[str]:
    """Warn if another stack imports an attribute: CloudFormation changes no value that is imported."""
    stack = result.stack
    exports, published = (stack.node.try_find_child(name) for name in ("Exports", "Publish"))
    # What is published under the same id too is on the way from a strong reference to a weak one.
    weak = {output.node.id for output in published.node.children} if published else set()
    strong = [each for each in exports.node.children if each.node.id not in weak] if exports else []
    own_id = stack.resolve(result.logical_id)
    values = [stack.resolve(each.value) for each in strong if isinstance(each, cdk.CfnOutput)]
    if any(isinstance(value, dict) and value.get("Fn::GetAtt", [""])[0] == own_id for value in values):
        cdk.Annotations.of(job).add_warning_v2(
            STRONG_REFERENCE,
            "best_training_job: another stack imports a value of it, and while it does, CloudFormation refuses any "
            "other value, after the whole tuning job; call job.apply_cross_stack_reference_strength("
            "cdk.ReferenceStrength.WEAK), or put what uses the value into this stack",
        )
    return []


def _custom(
    scope: Construct,
    id: str,  # noqa: A002
    resource_type: str,
    provider: Provider,
    properties: Mapping[str, Any],
) -> cdk.CfnResource:
    told = {"ServiceToken": provider.service_token, "ServiceTimeout": provider.service_timeout, **properties}
    return cdk.CfnResource(scope, id, type=resource_type, properties=told)


def _machine(provider: Provider) -> str:
    """The ARN of the stack's state machine, made for the first job that is waited for.

    It asks the function once a minute, until that says that the wait is over: about 15 events of its history a round at
    worst, so that twelve hours fit into the 25,000 that an execution may have.
    """
    known = provider.node.try_find_child(_MACHINE)
    if isinstance(known, _Machine):
        return known.arn
    return _Machine(provider).arn


class _Machine(Construct):
    def __init__(self, provider: Provider) -> None:
        super().__init__(provider, _MACHINE)
        stack = cdk.Stack.of(self)
        role = iam.Role(
            self,
            "Role",
            assumed_by=_machines_of_account(stack),
            description="Asks whether the SageMaker hyperparameter tuning jobs of this stack have ended",
            inline_policies={
                "Ask": iam.PolicyDocument(
                    statements=[
                        iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[provider.service_token])
                    ]
                )
            },
        )
        machine = Taggable(
            self,
            "AWS::StepFunctions::StateMachine",
            {
                "RoleArn": role.role_arn,
                "StateMachineType": "STANDARD",
                "Definition": _definition(stack.partition, provider.service_token),
            },
        )
        explain(machine, "SF1", "an execution's input has a URL that signals to CloudFormation, and belongs in no log")
        explain(machine, "SF2", "an execution polls one function, whose log says what it found")
        executions = stack.format_arn(
            service="states",
            resource="execution",
            resource_name=f"{machine.get_att('Name').to_string()}:*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        provider.after_function.add_statements(
            iam.PolicyStatement(actions=["states:StartExecution"], resources=[machine.ref]),
            iam.PolicyStatement(actions=["states:StopExecution"], resources=[executions]),
        )
        explain_wildcard(provider.after_function, executions, "the executions of the one state machine")
        self.arn = machine.ref


def _machines_of_account(stack: cdk.Stack) -> iam.IPrincipal:
    """The state machines of the account and region, as Step Functions' guide has it: a role that named its own would
    be a circle.
    """
    colon = cdk.ArnFormat.COLON_RESOURCE_NAME
    machines = stack.format_arn(service="states", resource="stateMachine", resource_name="*", arn_format=colon)
    conditions = {"StringEquals": {"aws:SourceAccount": stack.account}, "ArnLike": {"aws:SourceArn": machines}}
    return iam.ServicePrincipal("states.amazonaws.com", conditions=conditions)


def _definition(partition: str, function: str) -> dict[str, Any]:
    return {
        "Comment": "Polls for the end of a SageMaker hyperparameter tuning job (hpt-construct)",
        "TimeoutSeconds": _LONGEST_EXECUTION,
        # What starts an execution tells how long: a signal should not come before its condition.
        "StartAt": "Wait",
        "States": {
            "Poll": {
                "Type": "Task",
                "Resource": f"arn:{partition}:states:::lambda:invoke",
                "Parameters": {"FunctionName": function, "Payload.$": "$"},
                "ResultSelector": {"done.$": "$.Payload.done", "wait.$": "$.Payload.wait"},
                "ResultPath": "$.poll",
                # The function asks again for three minutes before it takes a job for deleted.
                "TimeoutSeconds": 300,
                "Retry": [_RETRY],
                # A function that can't answer is asked again in a minute.
                "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Rest"}],
                "Next": "Over",
            },
            "Over": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.poll.done", "BooleanEquals": True, "Next": "Done"}],
                "Default": "Wait",
            },
            "Wait": {"Type": "Wait", "SecondsPath": "$.poll.wait", "Next": "Poll"},
            "Rest": {"Type": "Wait", "Seconds": 60, "Next": "Poll"},
            "Done": {"Type": "Succeed"},
        },
    }


@jsii.implements(cdk.IStringProducer)
class _LogicalId:
    def __init__(self, digest: _Digest, base: str) -> None:
        self._digest = digest
        self._base = base

    def produce(self, context: cdk.IResolveContext) -> str:
        """The logical id, when the template is written: until then, anything may change the job's resource."""
        if context.preparing:
            # The CDK looks for references: what was asked for earlier may be outdated.
            self._digest.forget()
            return self._base
        return self._base + self._digest.value()


class _Digest:
    """What a wait is for, as a part of logical ids: what the template has for the job in the end, and the terms."""

    def __init__(self, resource: JobResource, terms: list[Any]) -> None:
        self._resource = resource
        self._stack = resource.stack
        self._terms = terms
        self._named: list[tuple[cdk.CfnResource, str]] = []
        self._known: list[Any] | None = None
        given, _ = resource.given_properties(without=_NOT_OF_THE_WAIT)
        # What is known already spares most jobs the way back from the kernel for each place that has a logical id.
        self._at_once = None if any(_tokens(given)) else _digest_of([given, *terms])
        resource.when_changed = self._wait_for_the_end

    def name(self, resource: cdk.CfnResource) -> None:
        """Give a resource a logical id that is new whenever this is."""
        base = self._stack.get_logical_id(resource)
        if len(base) > _LONGEST_BASE:
            # Its end is what tells it from others.
            base = f"W{base[1 - _LONGEST_BASE :]}"
        self._named.append((resource, base))
        if self._at_once is None:
            resource.override_logical_id(cdk.Lazy.uncached_string(_LogicalId(self, base)))
        else:
            resource.override_logical_id(base + self._at_once)

    def _wait_for_the_end(self) -> None:
        """Something changes the job's resource: what that comes to is known when the template is written."""
        if self._at_once is not None:
            self._at_once = None
            for resource, base in self._named:
                resource.override_logical_id(cdk.Lazy.uncached_string(_LogicalId(self, base)))

    def value(self) -> str:
        """Eight characters of it, when the template is written."""
        properties, *more = self.of_job()
        return _digest_of([properties, *self._terms, *more])

    def forget(self) -> None:
        """Look at the job once more when asked for the next time."""
        self._known = None

    def of_job(self) -> list[Any]:
        """Everything by which the template can let a new job start: its properties; and its logical id, if it has been
        given another, and the same of all jobs waited for that the request refers to, if there are any.
        """
        if self._known is None:
            # Known before the others are asked, because tokens may go in a circle, which CloudFormation refuses.
            self._known = [self._resource.final_properties(without=_NOT_OF_THE_WAIT)]
            own_id = self._stack.resolve(self._resource.logical_id)
            if own_id != self._stack.get_logical_id(self._resource):
                self._known.append(own_id)
            if earlier := sorted({_digest_of(each.of_job()) for each in self._jobs_before()}):
                self._known.append(earlier)
        return self._known

    def _jobs_before(self) -> Iterator[_Digest]:
        given = self._resource.given_properties(without=_NOT_OF_THE_WAIT)
        if not any(_tokens(given)):
            return
        references = _References()
        cdk.Tokenization.resolve([*given], scope=self._resource, resolver=references, preparing=True)
        for target in references.targets:
            digest = vars(target).get(_WAITED_FOR)
            if isinstance(digest, _Digest):
                yield digest


class _References(cdk.DefaultTokenResolver):
    """Collects what tokens refer to, in whichever stack."""

    def __init__(self) -> None:
        super().__init__(cdk.StringConcat())
        self.targets: list[IConstruct] = []

    def resolve_token(
        self, t: cdk.IResolvable, context: cdk.IResolveContext, post_processor: cdk.IPostProcessor
    ) -> Any:
        """Called for each token."""
        if cdk.Reference.is_reference(t):
            self.targets.append(cast("cdk.Reference", t).target)
        return super().resolve_token(t, context, post_processor)


def _digest_of(resolved: Any) -> str:
    return hashlib.sha256(json.dumps(resolved, sort_keys=True).encode()).hexdigest()[:8].upper()


def _may_change_alone(job: Construct, properties: Mapping[str, Any]) -> bool:
    """Whether a value of the request is a parameter's, or one that CloudFormation looks up.

    What is imported can't change while it is imported, and what resources of the stack are, the template says.
    """
    if not any(_tokens(properties)):
        return False
    stack = cdk.Stack.of(job)
    parameters = {
        str(stack.resolve(each.logical_id)) for each in stack.node.children if isinstance(each, cdk.CfnParameter)
    }
    return any(
        "{{resolve:" in text or text in parameters or text.startswith("SsmParameterValue")
        for text in _leaves(stack.resolve(properties))
    )


def _tokens(value: Any) -> Iterator[bool]:
    if is_token(value):
        yield True
    elif isinstance(value, dict):
        for item in value.values():
            yield from _tokens(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _tokens(item)


def _leaves(resolved: Any) -> Iterator[str]:
    """What is referred to, and every other text that CloudFormation may act on."""
    match resolved:
        case {"Ref": str(name), **rest} if not rest:
            yield name
        case dict():
            for item in resolved.values():
                yield from _leaves(item)
        case list():
            for item in resolved:
                yield from _leaves(item)
        case str() if "{{resolve:" in resolved:
            yield resolved


def _tuned(properties: Mapping[str, Any]) -> Collection[str] | None:
    """The names of what the tuning chooses; None where SageMaker chooses among more, or tokens hide some."""
    config = properties["HyperParameterTuningJobConfig"]
    definitions = properties.get("TrainingJobDefinitions", [])
    kinds = [config.get("ParameterRanges", {}), *(each.get("HyperParameterRanges", {}) for each in definitions)]
    if "Autotune" in properties or any(_tokens(kinds)):
        return None
    return {each["Name"] for ranges in kinds for several in ranges.values() for each in several}
