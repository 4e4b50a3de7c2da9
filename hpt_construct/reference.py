"""What any tuning job can be asked for, one of this app or one that is only referred to: name, ARN, grants, events,
metrics.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol, TypedDict, cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from . import api_model
from .errors import ValidationError, show, where
from .tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_events as events
    from constructs import Construct

    from .best_training_job import BestTrainingJob

    FindBest = Callable[["IHyperparameterTuningJob"], BestTrainingJob]
    """Makes what tells the best training of a job that is only referred to."""

    class RuleTarget(Protocol):
        """An ``events.IRuleTarget``, such as those of ``aws_events_targets``: pyright refuses these for that, as their
        ``bind`` names its parameters otherwise.
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
"""Metrics that SageMaker publishes by host, ``<training job>/algo-1``; the algorithm's own are by training job."""


class ArnComponents(TypedDict):
    """What ``format_arn`` takes, as far as a job has it."""

    service: str
    resource: str
    resource_name: str


class IHyperparameterTuningJob(cdk.Resource):
    """A tuning job of this app, or one that is only referred to; a type, of which there are no instances of its own.

    ``HyperparameterTuningJob`` is one; ``HyperparameterTuningJob.from_tuning_job_name(...)`` and
    ``HyperparameterTuningJob.from_tuning_job_arn(...)`` give others.

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
        """The ARN of the job, often a token."""

    @property
    @abstractmethod
    def tuning_job_name(self) -> str:
        """The name of the job, often a token."""

    @property
    @abstractmethod
    def best_training_job(self) -> BestTrainingJob:
        """The best training of the job, as tokens; a deployment that uses them fails while the job runs.

        A job of the app needs ``wait_for_completion``; a job that is only referred to has to be in the stack's own
        account and region.

        :raises ValidationError: It isn't.
        """

    @abstractmethod
    def _arns(self) -> list[str]:
        """Every spelling of the ARN that IAM may compare."""

    def _event_detail(self, rule_scope: Construct) -> dict[str, Any]:  # noqa: ARG002 – of use to a job of the app
        """What the detail of an event has if it is about this job, for a rule in that scope."""
        return {"HyperParameterTuningJobName": [{"equals-ignore-case": self.tuning_job_name}]}

    def grant(self, grantee: iam.IGrantable, *actions: str) -> iam.Grant:
        """Allow actions on this job.

        The grantee must not be a role that the job's own trainings run with: the job waits for that role and its
        policies, and a policy that names the job would wait for the job.

        :param grantee: Who may: a role, a function, anything with a principal.
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
        """Allow describing the job, and listing its training jobs and its tags.

        :param grantee: Who may, as for ``grant``.

        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_iam as iam
        >>> from hpt_construct import HyperparameterTuningJob
        >>> stack = cdk.Stack(cdk.App(), "Example")
        >>> job = HyperparameterTuningJob.from_tuning_job_name(stack, "Nightly", "nightly")
        >>> role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
        >>> job.grant_read(role).success
        True
        """
        return self.grant(
            grantee,
            "sagemaker:DescribeHyperParameterTuningJob",
            "sagemaker:ListTags",
            "sagemaker:ListTrainingJobsForHyperParameterTuningJob",
        )

    def grant_stop(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow stopping the job.

        :param grantee: Who may, as for ``grant``.

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
        """Make an EventBridge rule for every change of the job's status.

        SageMaker may send several events for one change. The statuses are InProgress, Completed, Failed, Stopping,
        Stopped, Deleting and DeleteFailed.

        The rule of a job of this app doesn't refer to it, so CloudFormation makes both at once, and what the rule calls
        may know the job's name. If even the first event, InProgress, has to be caught, order them:
        ``job.node.add_dependency(rule)``; then nothing that the rule calls may refer to the job.

        Where the job's name is made up, the rule goes by its prefix and by the tag that the job carries: it follows the
        job through changes of the request, and also hears when the job that a change has replaced stops.

        :param id: The rule's id, unique in the job.
        :param target: What is called. Left out: nothing yet; ``rule.add_target(...)`` adds it.
        :param event_pattern: What an event must have besides. Left out: nothing.
        :param description: The rule's description. Left out: none.
        :param rule_name: The rule's name. Left out: CloudFormation makes one up.
        :param cross_stack_scope: Where the rule is made if it is a scope of another stack: that of a target that needs
            the job's stack itself, which else would wait for each other. Left out: in the job.

        >>> import aws_cdk as cdk
        >>> from hpt_construct import HyperparameterTuningJob
        >>> stack = cdk.Stack(cdk.App(), "Example")
        >>> job = HyperparameterTuningJob.from_tuning_job_name(stack, "Nightly", "nightly")
        >>> rule = job.on_state_change("Changed", description="Every change of the nightly tuning")
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
        """Make an EventBridge rule for the end of the job with a result: status Completed.

        Takes what ``on_state_change`` takes.

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
        """Make an EventBridge rule for the end of the job without a result: status Failed.

        Takes what ``on_state_change`` takes; ``detail.FailureReason`` of the event says why.

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
        """Make an EventBridge rule for the end of the job by a stop, whoever asked for it: status Stopped.

        Takes what ``on_state_change`` takes.

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
            # The CDK would join both lists of alternatives to one.
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
        """A metric of the job's trainings for a dashboard: one line per training.

        SageMaker publishes no metric of a tuning job, only of its trainings, whose names begin with the job's; so this
        is a search by that name. It finds what was published in the last two weeks, up to 500 lines. An alarm can't
        use it. The search goes by words: of jobs with names of your own that begin alike, ``nightly`` also finds
        the trainings of ``nightly-2``.

        :param metric_name: A metric of the algorithm, such as ``validation:auc`` or one of ``metric_definitions``, or
            of the instances: CPUUtilization, MemoryUtilization, DiskUtilization, GPUUtilization, GPUMemoryUtilization.
        :param statistic: How the values of a period become one, such as ``Maximum`` or ``p90``. Left out: Average.
        :param period: How long a period is. Left out: 5 minutes.
        :param label: What the legend says before the training's name. Left out: nothing.
        :param color: The colour of the first line, ``#rrggbb``. Left out: CloudWatch chooses.

        :raises ValidationError: The metric's name has a quotation mark that a search can't have.

        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_cloudwatch as cloudwatch
        >>> from hpt_construct import HyperparameterTuningJob
        >>> stack = cdk.Stack(cdk.App(), "Example")
        >>> job = HyperparameterTuningJob.from_tuning_job_name(stack, "Nightly", "nightly")
        >>> metric = job.metric("validation:auc", statistic="Maximum")
        >>> dashboard = cloudwatch.Dashboard(stack, "Board", widgets=[[cloudwatch.GraphWidget(left=[metric])]])
        """
        from aws_cdk import aws_cloudwatch as cloudwatch  # noqa: PLC0415 – loaded only by apps that have dashboards

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
    """A job that exists, or will, without this app."""

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

    @cached_property
    def best_training_job(self) -> BestTrainingJob:
        return self._find_best(self)

    @property
    def tuning_job_arn(self) -> str:
        return self._arn

    @property
    def tuning_job_name(self) -> str:
        return self._name

    def _arns(self) -> list[str]:
        return spellings(self._arn, self._name)


def spellings(arn: str, name: str) -> list[str]:
    """The ARN as it is, and in lower case if the name is known and has capitals.

    The service shows an ARN in lower case in some places and as it was written in others; which of them IAM compares is
    not documented.
    """
    if is_token(name) or name == name.lower():
        return [arn]
    return [arn, arn.removesuffix(name) + name.lower()]


def job_arn(scope: Construct, name: str) -> str:
    """The ARN of a job of the account and region that the scope is deployed to."""
    return cdk.Stack.of(scope).format_arn(**arn_components(name))


def arn_components(name: str) -> ArnComponents:
    """What the CDK makes an ARN of, for the job of a name."""
    return {"service": _SERVICE, "resource": _RESOURCE, "resource_name": name}


def from_name(scope: Construct, id: str, name: str, find_best: FindBest) -> IHyperparameterTuningJob:  # noqa: A002
    """A job of the stack's account and region."""
    _refuse(scope, id, f"tuning_job_name: got {show(name)}", _text_problem(name) or _name_problem(name))
    return _Imported(scope, id, arn=job_arn(scope, name), name=name, find_best=find_best)


def from_arn(scope: Construct, id: str, arn: str, find_best: FindBest) -> IHyperparameterTuningJob:  # noqa: A002
    """A job of any account and region."""
    _refuse(scope, id, f"tuning_job_arn: got {show(arn)}", _text_problem(arn))
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
        return None
    return f"must be a string{'; wrap the token in Token.as_string()' if is_token(value) else ''}"


def _name_problem(name: str) -> str | None:
    shape = api_model.shapes()[api_model.GENERATED]
    if is_token(name) or (len(name) <= shape["max"] and re.fullmatch(shape["pattern"], name)):
        return None
    return f"must be {api_model.meaning(api_model.GENERATED)}"


def _refuse(scope: Construct, id: str, got: str, problem: str | None) -> None:  # noqa: A002
    if problem:
        raise ValidationError(where(scope, id), [f"{got}, {problem}"])
