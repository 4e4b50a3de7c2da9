"""What every tuning job offers, whether the app creates or imports it: name, ARN, grants, events, metrics."""

from __future__ import annotations

import re
from abc import abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol, TypedDict, cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from . import api_model
from .errors import ValidationError, show, where
from .tokens import NOT_MADE, awaits_lookup, false_tokens, is_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_events as events
    from constructs import Construct

    from .best_training_job import BestTrainingJob

    FindBest = Callable[["IHyperparameterTuningJob"], BestTrainingJob]
    """Creates the resource that reads the best training job of an imported tuning job."""

    class RuleTarget(Protocol):
        """An ``events.IRuleTarget``, such as those of ``aws_events_targets``: pyright does not accept these as one,
        because their ``bind`` names its parameters differently.
        """

        def bind(self, rule: events.IRule, id: str | None = None, /) -> events.RuleTargetConfig:  # noqa: A002
            """What the rule calls."""


_SERVICE: Final = "sagemaker"
_RESOURCE: Final = "hyper-parameter-tuning-job"
_BEFORE_RESOURCE: Final = re.compile(rf"arn:[^:]+:{_SERVICE}:[^:]+:[^:]+")

_NAMESPACE: Final = "/aws/sagemaker/TrainingJobs"
_OF_INSTANCES: Final = frozenset({
    "CPUUtilization", "DiskUtilization", "GPUMemoryUtilization", "GPUUtilization", "MemoryUtilization"
})  # fmt: skip
"""Metrics that SageMaker publishes by host, ``<training job>/algo-1``; it publishes the algorithm's by training job."""


class ArnComponents(TypedDict):
    """The arguments of ``format_arn`` that a tuning job's ARN needs."""

    service: str
    resource: str
    resource_name: str


class IHyperparameterTuningJob(cdk.Resource):
    """A tuning job that the app creates or imports. Use it as a type; don't make instances of it.

    ``HyperparameterTuningJob`` is a subclass; ``HyperparameterTuningJob.from_tuning_job_name(...)`` and
    ``HyperparameterTuningJob.from_tuning_job_arn(...)`` return imported jobs.

    >>> import aws_cdk as cdk
    >>> from aws_cdk import aws_iam as iam
    >>> from hpt_construct import HyperparameterTuningJob, IHyperparameterTuningJob
    >>> def let_watch(role: iam.IRole, job: IHyperparameterTuningJob) -> None:
    ...     job.grant_read(role)
    >>> stack = cdk.Stack(cdk.App(), "Example")
    >>> role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
    >>> let_watch(role, HyperparameterTuningJob.from_tuning_job_name(stack, "Nightly", "nightly"))
    """

    @property
    @abstractmethod
    def tuning_job_arn(self) -> str:
        """The tuning job's ARN, often a token."""

    @property
    @abstractmethod
    def tuning_job_name(self) -> str:
        """The tuning job's name, often a token."""

    @property
    @abstractmethod
    def best_training_job(self) -> BestTrainingJob:
        """The tuning job's best training job, as tokens; a deployment that uses them fails while the tuning job runs.

        A job that the app creates needs ``wait_for_completion``; an imported job must be in the stack's account and
        region.

        :raises ValidationError: The job meets neither condition.
        """

    @abstractmethod
    def _arns(self) -> list[str]:
        """Every spelling of the ARN that IAM may compare."""

    def _event_detail(self, rule_scope: Construct) -> dict[str, Any]:  # noqa: ARG002 – a job of the app uses it
        """The pattern for the detail of an event about this job, for a rule in that scope."""
        return {"HyperParameterTuningJobName": [{"equals-ignore-case": self.tuning_job_name}]}

    def grant(self, grantee: iam.IGrantable, *actions: str) -> iam.Grant:
        """Allow actions on this tuning job.

        The grantee must not be the role of the job's own training jobs: the job depends on that role and its policies,
        and a policy that names the job would depend on the job.

        :param grantee: Who gets the permission: a role, a function, anything with a principal.
        :param actions: IAM actions, such as ``sagemaker:DescribeHyperParameterTuningJob``.

        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_iam as iam
        >>> from hpt_construct import HyperparameterTuningJob
        >>> stack = cdk.Stack(cdk.App(), "Example")
        >>> job = HyperparameterTuningJob.from_tuning_job_name(stack, "Nightly", "nightly")
        >>> role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
        >>> job.grant(role, "sagemaker:AddTags").success
        True
        """
        return iam.Grant.add_to_principal(grantee=grantee, actions=list(actions), resource_arns=self._arns())

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow describing the tuning job and its training jobs, and listing its training jobs and tags.

        That is what ``hpt watch``, ``hpt wait``, ``hpt best`` and ``hpt report`` need for the job. The names of the
        training jobs begin with the tuning job's: if you name your jobs ``nightly`` and ``nightly-2``, the permission
        for ``nightly`` covers the training jobs of ``nightly-2``, too.

        :param grantee: Who gets the permission, as for ``grant``.

        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_iam as iam
        >>> from hpt_construct import HyperparameterTuningJob
        >>> stack = cdk.Stack(cdk.App(), "Example")
        >>> job = HyperparameterTuningJob.from_tuning_job_name(stack, "Nightly", "nightly")
        >>> role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
        >>> job.grant_read(role).success
        True
        """
        tuning_job = self.grant(
            grantee,
            "sagemaker:DescribeHyperParameterTuningJob",
            "sagemaker:ListTags",
            "sagemaker:ListTrainingJobsForHyperParameterTuningJob",
        )
        return tuning_job.combine(
            iam.Grant.add_to_principal(
                grantee=grantee, actions=["sagemaker:DescribeTrainingJob"], resource_arns=self._training_job_arns()
            )
        )

    def _training_job_arns(self) -> list[str]:
        """Every spelling of the ARNs of its training jobs."""
        name = self.tuning_job_name
        arn = cdk.Stack.of(self).format_arn(
            service=_SERVICE,
            account=self.env.account,
            region=self.env.region,
            resource="training-job",
            resource_name=f"{name}-*",
        )
        return spellings(arn, f"{name}-*")

    def grant_stop(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow stopping the tuning job.

        :param grantee: Who gets the permission, as for ``grant``.

        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_iam as iam
        >>> from hpt_construct import HyperparameterTuningJob
        >>> stack = cdk.Stack(cdk.App(), "Example")
        >>> job = HyperparameterTuningJob.from_tuning_job_name(stack, "Nightly", "nightly")
        >>> role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
        >>> job.grant_stop(role).success
        True
        """
        return self.grant(grantee, "sagemaker:StopHyperParameterTuningJob")

    def on_state_change(  # noqa: PLR0913 – flat props, as in every construct
        self,
        id: str,  # noqa: A002 – what every construct calls it
        *,
        target: RuleTarget | None = None,
        event_pattern: events.EventPattern | None = None,
        description: str | None = None,
        rule_name: str | None = None,
        cross_stack_scope: Construct | None = None,
    ) -> events.Rule:
        """Create an EventBridge rule for every change of the tuning job's status.

        SageMaker may send several events for one change. The statuses are InProgress, Completed, Failed, Stopping,
        Stopped, Deleting and DeleteFailed.

        The rule of a job that the app creates does not refer to the job. CloudFormation can therefore create both at
        the same time, and the rule's target may use the job's name. To catch even the first event, InProgress, create
        the rule first with ``job.node.add_dependency(rule)``; the target must then not refer to the job.

        If the job's name is generated, the rule matches the name's prefix and the job's ownership tag. It therefore
        follows the job through changes of the request, and also reports when the job that a change replaces stops.

        :param id: The rule's id, unique in the job.
        :param target: What the rule calls. Left out: nothing yet; add it with ``rule.add_target(...)``.
        :param event_pattern: What else an event must match. Left out: nothing.
        :param description: The rule's description. Left out: none.
        :param rule_name: The rule's name. Left out: CloudFormation generates one.
        :param cross_stack_scope: A scope in another stack to create the rule in. Use it if the target's stack needs the
            job's stack, because the two would otherwise depend on each other. Left out: the job.

        >>> import aws_cdk as cdk
        >>> from hpt_construct import HyperparameterTuningJob
        >>> stack = cdk.Stack(cdk.App(), "Example")
        >>> job = HyperparameterTuningJob.from_tuning_job_name(stack, "Nightly", "nightly")
        >>> rule = job.on_state_change("Changed", description="Every change of the nightly tuning job")
        >>> rule.node.path
        'Example/Nightly/Changed'
        """
        return self._on(
            id,
            (),
            target,
            event_pattern=event_pattern,
            description=description,
            rule_name=rule_name,
            cross_stack_scope=cross_stack_scope,
        )

    def on_completed(  # noqa: PLR0913
        self,
        id: str,  # noqa: A002
        *,
        target: RuleTarget | None = None,
        event_pattern: events.EventPattern | None = None,
        description: str | None = None,
        rule_name: str | None = None,
        cross_stack_scope: Construct | None = None,
    ) -> events.Rule:
        """Create an EventBridge rule for the tuning job's end with a result: status Completed.

        The parameters are those of ``on_state_change``.

        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_events_targets as targets
        >>> from aws_cdk import aws_sns as sns
        >>> from hpt_construct import HyperparameterTuningJob
        >>> stack = cdk.Stack(cdk.App(), "Example")
        >>> job = HyperparameterTuningJob.from_tuning_job_name(stack, "Nightly", "nightly")
        >>> rule = job.on_completed("Completed", target=targets.SnsTopic(sns.Topic(stack, "Topic")))
        """
        return self._on(
            id,
            ("Completed",),
            target,
            event_pattern=event_pattern,
            description=description,
            rule_name=rule_name,
            cross_stack_scope=cross_stack_scope,
        )

    def on_failed(  # noqa: PLR0913
        self,
        id: str,  # noqa: A002
        *,
        target: RuleTarget | None = None,
        event_pattern: events.EventPattern | None = None,
        description: str | None = None,
        rule_name: str | None = None,
        cross_stack_scope: Construct | None = None,
    ) -> events.Rule:
        """Create an EventBridge rule for the tuning job's failure: status Failed.

        The parameters are those of ``on_state_change``. ``detail.FailureReason`` of the event says why the job failed.

        >>> import aws_cdk as cdk
        >>> from hpt_construct import HyperparameterTuningJob
        >>> stack = cdk.Stack(cdk.App(), "Example")
        >>> job = HyperparameterTuningJob.from_tuning_job_name(stack, "Nightly", "nightly")
        >>> rule = job.on_failed("Failed")
        """
        return self._on(
            id,
            ("Failed",),
            target,
            event_pattern=event_pattern,
            description=description,
            rule_name=rule_name,
            cross_stack_scope=cross_stack_scope,
        )

    def on_stopped(  # noqa: PLR0913
        self,
        id: str,  # noqa: A002
        *,
        target: RuleTarget | None = None,
        event_pattern: events.EventPattern | None = None,
        description: str | None = None,
        rule_name: str | None = None,
        cross_stack_scope: Construct | None = None,
    ) -> events.Rule:
        """Create an EventBridge rule for the tuning job's end by a stop, whoever requested it: status Stopped.

        The parameters are those of ``on_state_change``.

        >>> import aws_cdk as cdk
        >>> from hpt_construct import HyperparameterTuningJob
        >>> stack = cdk.Stack(cdk.App(), "Example")
        >>> job = HyperparameterTuningJob.from_tuning_job_name(stack, "Nightly", "nightly")
        >>> rule = job.on_stopped("Stopped")
        """
        return self._on(
            id,
            ("Stopped",),
            target,
            event_pattern=event_pattern,
            description=description,
            rule_name=rule_name,
            cross_stack_scope=cross_stack_scope,
        )

    def _on(
        self,
        id: str,  # noqa: A002
        statuses: tuple[str, ...],
        target: RuleTarget | None,
        **properties: Any,
    ) -> events.Rule:
        from aws_cdk import aws_events as events  # noqa: PLC0415 – loaded only by apps that have rules

        detail, pattern = self._event_detail(properties["cross_stack_scope"] or self), properties["event_pattern"]
        if "$or" in detail and pattern is not None and "$or" in (pattern.detail or {}):
            # The CDK would merge both lists of alternatives into one.
            problem = "event_pattern: got detail with $or, which the rule needs for itself; make a rule per alternative"
            raise ValidationError(where(self, id), [problem])
        rule = events.Rule(self, id, **properties)
        if statuses:
            detail["HyperParameterTuningJobStatus"] = list(statuses)
        rule.add_event_pattern(
            source=["aws.sagemaker"], detail_type=["SageMaker HyperParameter Tuning Job State Change"], detail=detail
        )
        if target is not None:
            rule.add_target(cast("events.IRuleTarget", target))
        return rule

    def metric(
        self,
        metric_name: str,
        *,
        statistic: str = "Average",
        period: cdk.Duration | None = None,
        label: str | None = None,
        color: str | None = None,
    ) -> cloudwatch.SearchExpression:
        """Show a metric of the job's training jobs on a dashboard, with one line for each training job.

        SageMaker publishes metrics of training jobs only, not of tuning jobs. The names of the training jobs begin with
        the tuning job's, so this is a search by that name. It finds up to 500 lines from the last two weeks. Alarms
        can't use it. The search matches whole words: if you name your jobs ``nightly`` and ``nightly-2``, the search of
        ``nightly`` also finds the training jobs of ``nightly-2``.

        :param metric_name: A metric of the algorithm, such as ``validation:auc`` or one of ``metric_definitions``, or
            of the instances: CPUUtilization, MemoryUtilization, DiskUtilization, GPUUtilization, GPUMemoryUtilization.
        :param statistic: How the values of a period become one, such as ``Maximum`` or ``p90``. Left out: Average.
        :param period: How long a period is. Left out: 5 minutes.
        :param label: What the legend shows before the training job's name. Left out: nothing.
        :param color: The color of the first line, ``#rrggbb``. Left out: CloudWatch chooses.

        :raises ValidationError: The metric's name has an apostrophe, which a search can't contain.

        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_cloudwatch as cloudwatch
        >>> from hpt_construct import HyperparameterTuningJob
        >>> stack = cdk.Stack(cdk.App(), "Example")
        >>> job = HyperparameterTuningJob.from_tuning_job_name(stack, "Nightly", "nightly")
        >>> metric = job.metric("validation:auc", statistic="Maximum")
        >>> dashboard = cloudwatch.Dashboard(stack, "Board", widgets=[[cloudwatch.GraphWidget(left=[metric])]])
        """
        from aws_cdk import aws_cloudwatch as cloudwatch  # noqa: PLC0415 – loaded only by apps that have dashboards

        if not isinstance(metric_name, str):
            got = f"metric_name: got {show(metric_name)}"
            raise ValidationError(self.node.path, [f"{got}, must be a metric's name, like 'validation:auc'"])
        if "'" in metric_name:
            raise ValidationError(
                self.node.path,
                [f'metric_name: got "{metric_name}", must have no apostrophe, which ends a search; rename the metric'],
            )
        dimension = "Host" if metric_name in _OF_INSTANCES else "TrainingJobName"
        exact = re.sub(r'(["\\()])', r"\\\1", metric_name)
        search = f'{{"{_NAMESPACE}",{dimension}}} MetricName="{exact}" {dimension}={self.tuning_job_name}'
        return cloudwatch.SearchExpression(
            expression=f"SEARCH('{search}', '{statistic}')", label=label or "", period=period, color=color
        )


class _Imported(IHyperparameterTuningJob):
    """A job that exists, or will exist, without this app."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002
        *,
        arn: str,
        name: str,
        find_best: FindBest,
    ) -> None:
        super().__init__(scope, id, environment_from_arn=arn)
        self._arn = arn
        self._name = name
        self._find_best = find_best
        self._strength: cdk.ReferenceStrength | None = None

    @cached_property
    def best_training_job(self) -> BestTrainingJob:
        best = self._find_best(self)
        self._follow_strength()
        return best

    def apply_cross_stack_reference_strength(self, strength: cdk.ReferenceStrength) -> None:
        self._strength = strength
        self._follow_strength()

    def _follow_strength(self) -> None:
        """Apply the strength to the result, the only resource that other stacks can refer to, once it is there."""
        for child in self.node.children:
            if self._strength is not None and isinstance(child, cdk.CfnResource):
                child.apply_cross_stack_reference_strength(self._strength)

    @property
    def tuning_job_arn(self) -> str:
        return self._arn

    @property
    def tuning_job_name(self) -> str:
        return self._name

    def _arns(self) -> list[str]:
        return spellings(self._arn, self._name)


def spellings(arn: str, name: str) -> list[str]:
    """Return the ARN as it is, and with its name in lower case if the name is known and has capitals.

    The service shows an ARN in lower case in some places and as written in others; which one IAM compares is not
    documented.
    """
    if is_token(name) or name == name.lower():
        return [arn]
    return [arn, arn.removesuffix(name) + name.lower()]


def job_arn(scope: Construct, name: str) -> str:
    """Return the ARN of a job in the account and region of the scope's stack."""
    return cdk.Stack.of(scope).format_arn(**arn_components(name))


def arn_components(name: str) -> ArnComponents:
    """Return the components of the ARN of the job with that name."""
    return {"service": _SERVICE, "resource": _RESOURCE, "resource_name": name}


def from_name(scope: Construct, id: str, name: str, find_best: FindBest) -> IHyperparameterTuningJob:  # noqa: A002
    """Import a job of the stack's account and region."""
    _refuse(scope, id, f"tuning_job_name: got {show(name)}", _text_problem(name) or _name_problem(name))
    return _Imported(scope, id, arn=job_arn(scope, name), name=name, find_best=find_best)


def from_arn(scope: Construct, id: str, arn: str, find_best: FindBest) -> IHyperparameterTuningJob:  # noqa: A002
    """Import a job of any account and region."""
    _refuse(scope, id, f"tuning_job_arn: got {show(arn)}", _text_problem(arn))
    if awaits_lookup(arn):
        arn = job_arn(scope, "looked-up")
    if is_token(arn):
        parts = cdk.Stack.of(scope).split_arn(arn, cdk.ArnFormat.SLASH_RESOURCE_NAME)
        return _Imported(scope, id, arn=arn, name=str(parts.resource_name), find_best=find_best)
    prefix, _, name = arn.partition(f":{_RESOURCE}/")
    form = None if _BEFORE_RESOURCE.fullmatch(prefix) else "must be arn:aws:sagemaker:<region>:<account>:"
    _refuse(scope, id, f"tuning_job_arn: got {arn!r}", form and f"{form}{_RESOURCE}/<name>")
    problem = _name_problem(name)
    _refuse(scope, id, f"tuning_job_arn: got {arn!r}", problem and f"its name {problem}")
    return _Imported(scope, id, arn=arn, name=name, find_best=find_best)


def _text_problem(value: Any) -> str | None:
    if isinstance(value, str):
        return NOT_MADE if false_tokens([value]) else None
    return f"must be a string{'; wrap the token in Token.as_string()' if is_token(value) else ''}"


def _name_problem(name: str) -> str | None:
    shape = api_model.shapes()[api_model.GENERATED]
    if is_token(name) or (len(name) <= shape["max"] and re.fullmatch(shape["pattern"], name)):
        return None
    return f"must be {api_model.meaning(api_model.GENERATED)}"


def _refuse(scope: Construct, id: str, got: str, problem: str | None) -> None:  # noqa: A002
    if problem:
        raise ValidationError(where(scope, id), [f"{got}, {problem}"])
