"""The construct: a hyperparameter tuning job as a resource of a stack."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, Self, Unpack

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam

from . import api_model, instance_hours, naming, reference, rendering, waiting
from .checking import TuningJobOptions, can_be_parsed, check, parents_waited_for, warn
from .errors import ValidationError, show, where
from .permissions import LOGICAL_ID_TAG, STACK_TAG
from .plain_request import HandedOn, PlainRequest, handing_on
from .provider import Provider
from .reference import IHyperparameterTuningJob
from .request import (
    Autotune,
    Objective,
    ParameterRanges,
    Range,
    ResourceLimits,
    Strategy,
    StrategyConfig,
    TrainingJobDefinition,
    TrainingJobEarlyStoppingType,
    TuningJobCompletionCriteria,
    TuningJobRequest,
    WarmStart,
)
from .resource import JobResource
from .surroundings import Surroundings
from .tags import JobTags
from .tokens import is_token
from .typed_request import judge
from .whole_app import StackChecks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_lambda as lambda_
    from constructs import Construct

    from .best_training_job import BestTrainingJob
    from .checking import FromRequestOptions
    from .wait_for_completion import WaitForCompletion

_EC2: Final = "aws_cdk.aws_ec2"


class _SignatureOfInit:
    """What ``help(...)`` and notebooks show of the constructor, where jsii's metaclass has ``(*args, **kwargs)``.

    Asked of the class at hand: a subclass with a constructor of its own shows that.
    """

    def __get__(self, job: object, job_class: type) -> inspect.Signature:
        if job is not None:
            raise AttributeError("__signature__")
        _, *parameters = inspect.signature(job_class.__init__).parameters.values()  # type: ignore[misc] # this very class's is meant
        return inspect.Signature(parameters)


@jsii.implements(cdk.ITaggableV2, iam.IGrantable)
class HyperparameterTuningJob(IHyperparameterTuningJob):
    """A SageMaker hyperparameter tuning job that starts when its stack is deployed.

    The deployment succeeds once SageMaker has accepted the tuning job; it waits for the job's end only with
    ``wait_for_completion``. If you change the request, a deployment starts a new job and then stops the old one;
    without a change it starts nothing. If you delete the resource, the job stops, and its record and results stay.

    Becomes ``CreateHyperParameterTuningJob``:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateHyperParameterTuningJob.html

    >>> import aws_cdk as cdk
    >>> from hpt_construct import *
    >>> stack = cdk.Stack(cdk.App(), "Example")
    >>> job = HyperparameterTuningJob(
    ...     stack,
    ...     "Tuning",
    ...     strategy=Strategy.RANDOM,
    ...     objective=Objective.maximize("validation:auc"),
    ...     parameter_ranges=[ContinuousRange("eta", 0, 1), IntegerRange("max_depth", 1, 10)],
    ...     resource_limits=ResourceLimits(max_training_jobs=20, max_parallel_training_jobs=3),
    ...     training_job=TrainingJobDefinition(
    ...         algorithm_specification=AlgorithmSpecification(
    ...             training_image="683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
    ...         ),
    ...         role="arn:aws:iam::111122223333:role/SageMakerRole",
    ...         input_data_config=[Channel("train", S3DataSource("s3://amzn-s3-demo-bucket/train"))],
    ...         output_data_config=OutputDataConfig(s3_output_path="s3://amzn-s3-demo-bucket/models"),
    ...         resource_config=ResourceConfig(instance_type="ml.m5.xlarge", instance_count=1, volume_size=10),
    ...         stopping_condition=StoppingCondition(max_runtime=cdk.Duration.hours(1)),
    ...     ),
    ... )
    >>> stack.resolve(job.tuning_job_arn)
    {'Fn::GetAtt': ['Tuning...', 'HyperParameterTuningJobArn']}
    """

    __signature__ = _SignatureOfInit()

    def __init__(  # noqa: PLR0913 – flat props, as in every construct
        self,
        scope: Construct,
        id: str,  # noqa: A002 – what every construct calls it
        *,
        strategy: Strategy | str,
        resource_limits: ResourceLimits,
        objective: Objective | None = None,
        parameter_ranges: ParameterRanges | Sequence[Range] | None = None,
        training_job: TrainingJobDefinition | None = None,
        training_jobs: Sequence[TrainingJobDefinition] | None = None,
        strategy_config: StrategyConfig | None = None,
        training_job_early_stopping_type: TrainingJobEarlyStoppingType | str | None = None,
        completion_criteria: TuningJobCompletionCriteria | None = None,
        random_seed: int | None = None,
        warm_start: WarmStart | None = None,
        autotune: Autotune | None = None,
        tuning_job_name: str | None = None,
        tags: Mapping[str, str] | Sequence[Mapping[str, str]] | None = None,
        run: str | None = None,
        removal_policy: cdk.RemovalPolicy | None = None,
        arn_output: bool = True,
        arn_export_name: str | None = None,
        max_instance_hours: float | None = None,
        raised_quotas: Sequence[str] = (),
        wait_for_completion: WaitForCompletion | None = None,
    ) -> None:
        """Validate the request and add the tuning job to the stack.

        :param scope: The stack, or a construct in it.
        :param id: The construct's id; a generated job name contains the beginning of it.
        :param strategy: How SageMaker chooses the next hyperparameters.
        :param resource_limits: How many training jobs the tuning job runs, how many at a time, and for how long.
        :param objective: The metric to optimize. Leave it out only with ``training_jobs`` or Autotune.
        :param parameter_ranges: The hyperparameters to tune, at most 30. Leave it out only with ``training_jobs`` or
            Autotune.
        :param training_job: The definition of the training jobs. Left out: give ``training_jobs``.
        :param training_jobs: 1 to 10 definitions, each with its own name, objective and ranges. Left out: give
            ``training_job``.
        :param strategy_config: Settings of the strategy. Left out: SageMaker's defaults.
        :param training_job_early_stopping_type: Whether SageMaker stops training jobs that fall behind. Left out: Off.
        :param completion_criteria: What ends the tuning job before its limits do. Left out: nothing.
        :param random_seed: A whole number from 0 that makes the choices repeatable. Left out: every tuning job chooses
            differently.
        :param warm_start: Earlier tuning jobs to learn from. Left out: none.
        :param autotune: Let SageMaker choose what you leave out. Left out: it doesn't.
        :param tuning_job_name: The tuning job's name, 1 to 32 letters, digits and inner hyphens, unique in account and
            region ignoring case. A tuning job can't be changed, so you can't change the request of a job with a given
            name unless you change the name too. Left out: a name is generated, and a changed request gets another.
        :param tags: Tags for the tuning job and its training jobs; ``Tags.of(scope).add(...)`` reaches them too. Left
            out: no others.
        :param run: Any string; change it to start the same request again. Left out: each request starts one tuning job.
        :param removal_policy: RETAIN leaves even a running job alone, including the old one after a change of the
            request; DESTROY stops it and deletes its record. ``apply_removal_policy(...)`` and
            ``RemovalPolicies.of(...)`` do the same, and the last one wins. Left out: the job stops, its record
            stays.
        :param arn_output: Whether the stack has an output with the tuning job's ARN, whose key ends in
            ``TuningJobArn``.
        :param arn_export_name: The name under which other stacks can import that output, 1 to 255 letters, digits,
            colons and hyphens. While one of them imports it, CloudFormation refuses a change of the request. Left out:
            the output is not exported.
        :param max_instance_hours: A limit: synth fails if the request allows more instance-hours, or if the number
            can't be known; ``worst_case_instance_hours`` says how they are counted. Left out: none.
        :param raised_quotas: Ids of rules about a quota that AWS has raised for the account: ``G3``, a grid's 750
            training jobs; ``L3``, 100 training jobs at a time; ``Q2``, ten managed policies of a role. Left out: none.
        :param wait_for_completion: Let deployments wait for the tuning job's end, and fail unless its result is good
            enough; you can then use ``best_training_job``. Left out: deployments succeed once SageMaker has accepted
            the tuning job.

        :raises ValidationError: The request is one that SageMaker would refuse; all problems are listed.
        """
        request = TuningJobRequest(
            strategy=strategy,
            resource_limits=resource_limits,
            objective=objective,
            parameter_ranges=parameter_ranges,
            training_job=training_job,
            training_jobs=training_jobs,
            strategy_config=strategy_config,
            training_job_early_stopping_type=training_job_early_stopping_type,
            completion_criteria=completion_criteria,
            random_seed=random_seed,
            warm_start=warm_start,
            autotune=autotune,
            tuning_job_name=tuning_job_name,
            tags=tags,
        )
        options = TuningJobOptions(
            run=run,
            removal_policy=removal_policy,
            arn_output=arn_output,
            arn_export_name=arn_export_name,
            max_instance_hours=max_instance_hours,
            raised_quotas=raised_quotas,
            wait_for_completion=wait_for_completion,
        )
        judged = judge(type(self), scope, id, request, options)
        if judged.in_network or _EC2 in sys.modules:
            _implement_connectable(type(self))
        super().__init__(scope, id, physical_name=judged.physical_name)
        made, self._request = judged.make(self)

        provider = Provider.of(scope)
        provider.add_job(self, tuning_job_name)
        StackChecks.of(provider).add_job(self, request, raised_quotas)
        provider.permissions.allow(self._request)

        self._name_prefix = naming.name_prefix(provider.stack_name, id) if tuning_job_name is None else None
        properties = rendering.properties(self._request, name_prefix=self._name_prefix, run=run)
        self._resource = JobResource(self, provider, properties, removal_policy)
        self._tags = JobTags(self, self._resource, provider, self._request.get("Tags"))
        self._surroundings = Surroundings(self, self._resource, made)
        self._surroundings.come_first(provider)
        for result in parents_waited_for(warm_start).values():
            result.comes_before(self._resource)
        self._best = waiting.add(self, self._resource, wait_for_completion, properties)
        if arn_output:
            self._resource.output = provider.add_output(
                scope,
                id,
                value=self._arn_here,
                description="ARN of the hyperparameter tuning job",
                export_name=arn_export_name,
            )
        warn(self, judged.warnings)

    @classmethod
    def from_request(
        cls,
        scope: Construct,
        id: str,  # noqa: A002 – what every construct calls it
        request: Mapping[str, object],
        **options: Unpack[FromRequestOptions],
    ) -> Self:
        """Create a tuning job from a request as boto3 takes it, or from a response of Describe.

        ``aws sagemaker create-hyper-parameter-tuning-job --cli-input-json`` takes the same request.

        A subclass is created by its own constructor, which gets the given members of the request as typed parts. The
        subclass's own checks therefore apply, and its changes to the request are validated.

        :param scope: The stack, or a construct in it.
        :param id: The construct's id.
        :param request: The request. Members that only Describe returns are left out; the rest reaches SageMaker
            unchanged.
        :param options: ``run``, ``removal_policy``, ``arn_output``, ``arn_export_name``, ``max_instance_hours``,
            ``raised_quotas`` and ``wait_for_completion``, as for the constructor. These replace what the request has:
            ``tuning_job_name`` and ``tags``, None for none; ``role``, a role or its ARN for every definition, None for
            one that the construct makes. Left out: what the request has.

        :raises ValidationError: The request is one that SageMaker would refuse; all problems are listed, with the API's
            own paths.

        >>> import aws_cdk as cdk
        >>> from hpt_construct import HyperparameterTuningJob
        >>> request = {
        ...     "HyperParameterTuningJobName": "nightly",
        ...     "HyperParameterTuningJobConfig": {
        ...         "Strategy": "Random",
        ...         "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "validation:auc"},
        ...         "ResourceLimits": {"MaxNumberOfTrainingJobs": 20, "MaxParallelTrainingJobs": 3},
        ...         "ParameterRanges": {
        ...             "ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0", "MaxValue": "1"}]
        ...         },
        ...     },
        ...     "TrainingJobDefinition": {
        ...         "AlgorithmSpecification": {"AlgorithmName": "mine", "TrainingInputMode": "File"},
        ...         "RoleArn": "arn:aws:iam::111122223333:role/SageMakerRole",
        ...         "OutputDataConfig": {"S3OutputPath": "s3://amzn-s3-demo-bucket/models"},
        ...         "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10},
        ...         "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        ...     },
        ... }
        >>> stack = cdk.Stack(cdk.App(), "Example")
        >>> job = HyperparameterTuningJob.from_request(stack, "Tuning", request, tuning_job_name=None, role=None)
        >>> job.role.node.path
        'Example/Tuning/...Role'
        """
        if not isinstance(request, Mapping):
            problem = f"the request: got {show(request)}, must be a mapping, as boto3 takes it"
            raise ValidationError(where(scope, id), [problem])
        plain = PlainRequest(request, options)
        # A constructor of a subclass may have other options, and change what is wrong: it is checked by what it makes.
        final = cls.__init__ is HyperparameterTuningJob.__init__
        checked = None
        if final or not can_be_parsed(plain.api):
            checked = check(scope, id, plain.api, plain.tell, options=options)
        with handing_on(HandedOn(cls, plain.tell, checked)):
            job = cls(scope, id, **plain.arguments())
        warn(job, plain.warnings())
        return job

    @staticmethod
    def from_tuning_job_name(
        scope: Construct,
        id: str,  # noqa: A002
        tuning_job_name: str,
    ) -> IHyperparameterTuningJob:
        """Import a tuning job that this app doesn't create, from the stack's account and region.

        :param scope: The stack, or a construct in it.
        :param id: The imported job's id.
        :param tuning_job_name: The tuning job's name, or a token. SageMaker ignores its case, but IAM may not: write
            the name as it was created.

        :raises ValidationError: The name can't be a tuning job's.

        >>> import aws_cdk as cdk
        >>> from hpt_construct import HyperparameterTuningJob
        >>> stack = cdk.Stack(cdk.App(), "Example")
        >>> HyperparameterTuningJob.from_tuning_job_name(stack, "Nightly", "nightly").tuning_job_name
        'nightly'
        """
        return reference.from_name(scope, id, tuning_job_name, waiting.of_job_elsewhere)

    @staticmethod
    def from_tuning_job_arn(
        scope: Construct,
        id: str,  # noqa: A002
        tuning_job_arn: str,
    ) -> IHyperparameterTuningJob:
        """Import a tuning job that this app doesn't create, from any account and region.

        Events and metrics still come from the stack's own account and region.

        :param scope: The stack, or a construct in it.
        :param id: The imported job's id.
        :param tuning_job_arn: The tuning job's ARN as Create and Describe return it (lists show it in lower case), or a
            token.

        :raises ValidationError: The ARN is not a tuning job's.

        >>> import aws_cdk as cdk
        >>> from hpt_construct import HyperparameterTuningJob
        >>> stack = cdk.Stack(cdk.App(), "Example")
        >>> arn = "arn:aws:sagemaker:us-east-1:111122223333:hyper-parameter-tuning-job/nightly"
        >>> HyperparameterTuningJob.from_tuning_job_arn(stack, "Nightly", arn).tuning_job_name
        'nightly'
        """
        return reference.from_arn(scope, id, tuning_job_arn, waiting.of_job_elsewhere)

    @staticmethod
    def configure_function(
        scope: Construct,
        *,
        architecture: lambda_.Architecture | Literal["arm64", "x86_64"] | None = None,
        runtime: lambda_.Runtime | Literal["python3.11", "python3.12", "python3.13", "python3.14"] | None = None,
        ca_bundle: str | None = None,
    ) -> None:
        """Choose another architecture, runtime or set of certificates for the function behind a stack's tuning jobs, if
        the region lacks the default or your account requires another. The change starts no tuning job.

        :param scope: The stack, or a construct in it. You can call this before or after you create tuning jobs.
        :param architecture: ``arm64`` or ``x86_64``. Left out: unchanged; the default is arm64.
        :param runtime: A Python runtime of Lambda from 3.11. Left out: unchanged; the default is Python 3.14.
        :param ca_bundle: The absolute path, in the function's environment, of the certificates that the AWS SDK trusts:
            the variable ``AWS_CA_BUNDLE``. Isolated regions need Lambda's own,
            ``/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem``. Left out: unchanged; the default is the SDK's own.

        :raises ValidationError: A value is none of these.

        >>> import aws_cdk as cdk
        >>> from hpt_construct import HyperparameterTuningJob
        >>> stack = cdk.Stack(cdk.App(), "Example")
        >>> HyperparameterTuningJob.configure_function(stack, architecture="x86_64", runtime="python3.13")
        """
        Provider.of(scope).configure_function(architecture, runtime, ca_bundle)

    @cached_property
    def tuning_job_arn(self) -> str:
        """The tuning job's ARN, a token; in stacks of another account or region the ARN itself, if the job has a given
        name.
        """
        if self._name_prefix is not None:
            return self._arn_here
        return self._get_resource_arn_attribute(self._arn_here, **reference.arn_components(self._physical_name))

    @cached_property
    def _arn_here(self) -> str:
        """The ARN for the job's own stack, whose template refers to the resource."""
        return self._resource.get_att("HyperParameterTuningJobArn").to_string()

    @cached_property
    def tuning_job_name(self) -> str:
        """The tuning job's name, given or generated, a token. In stacks of another account or region, which can use
        only a given name, it is the name itself.
        """
        name = self._resource.ref
        return name if self._name_prefix is not None else self._get_resource_name_attribute(name)

    @property
    def best_training_job(self) -> BestTrainingJob:
        """The best training job, as tokens: name, ARN, model, value and hyperparameters. CloudFormation creates what
        uses them after the tuning job's end.

        :raises ValidationError: The job has no ``wait_for_completion``.
        """
        if self._best is None:
            problem = (
                "best_training_job: the deployment does not wait for this job, and can't know its training jobs; "
                "give it wait_for_completion=WaitForCompletion(timeout=cdk.Duration.hours(6)), or use "
                "HyperparameterTuningJob.from_tuning_job_name(...).best_training_job in a deployment after its end"
            )
            raise ValidationError(self.node.path, [problem])
        return self._best

    @cached_property
    def worst_case_instance_hours(self) -> Mapping[str, float] | None:
        """The most that the request allows, in instance-hours by instance type; None if it can't be known at synth.

        The lesser of two bounds counts. The first is the total of training jobs, each with all its instances for all of
        ``max_runtime`` (one day if left out); a grid without a total has its number of combinations. The second is
        ``resource_limits.max_runtime``: as many training jobs as run at a time, for all of that time. Training jobs on
        spot capacity count with ``max_runtime``, because waiting costs nothing. With several definitions or acceptable
        kinds of instance, any of them may get all training jobs, so each instance type has the most that it can reach.

        None: the request has neither a total nor a runtime of the tuning job, or a number or type is a token. SageMaker
        stops training jobs a little late, and the use by parents of a warm start is not counted.

        >>> import aws_cdk as cdk
        >>> from hpt_construct import *
        >>> job = HyperparameterTuningJob(
        ...     cdk.Stack(cdk.App(), "Example"),
        ...     "Tuning",
        ...     strategy=Strategy.RANDOM,
        ...     objective=Objective.maximize("validation:auc"),
        ...     parameter_ranges=[ContinuousRange("eta", 0, 1)],
        ...     resource_limits=ResourceLimits(max_training_jobs=20, max_parallel_training_jobs=3),
        ...     training_job=TrainingJobDefinition(
        ...         algorithm_specification=AlgorithmSpecification(algorithm_name="mine"),
        ...         role="arn:aws:iam::111122223333:role/SageMakerRole",
        ...         output_data_config=OutputDataConfig(s3_output_path="s3://amzn-s3-demo-bucket/models"),
        ...         resource_config=ResourceConfig(instance_type="ml.m5.xlarge", instance_count=2, volume_size=10),
        ...         stopping_condition=StoppingCondition(max_runtime=cdk.Duration.hours(1)),
        ...     ),
        ...     max_instance_hours=50,
        ... )
        >>> dict(job.worst_case_instance_hours)
        {'ml.m5.xlarge': 40.0}
        """
        try:
            return MappingProxyType(instance_hours.worst_case(self._request).by_type)
        except instance_hours.UnknownError:
            return None

    def _arns(self) -> list[str]:
        name = self._request.get(api_model.GENERATED)
        if name is None or is_token(name) or name == name.lower():
            return [self.tuning_job_arn]
        return [self.tuning_job_arn, reference.job_arn(self, name.lower())]

    def _event_detail(self, rule_scope: Construct) -> dict[str, Any]:
        if self._name_prefix is None:
            return {"HyperParameterTuningJobName": [{"equals-ignore-case": self._request[api_model.GENERATED]}]}
        own = self._resource.logical_id
        as_map = {LOGICAL_ID_TAG: [own]}
        if cdk.Stack.of(rule_scope) is self.stack:
            # A rule in another stack is there to spare that one a reference to this.
            as_map[STACK_TAG] = [self.stack.stack_id]
        return {
            "HyperParameterTuningJobName": [{"prefix": f"{self._name_prefix}-"}],
            # Other jobs may have the same prefix, or one that begins with it. AWS's schema of the event has the tags as
            # a list, its samples as a map. A pattern can ask for one element of a list only, and it is the prefix that
            # tells stacks apart. What has no tags is let through: an event too many is better than none.
            "$or": [
                {"Tags": as_map},
                {"Tags": {"Key": [LOGICAL_ID_TAG], "Value": [own]}},
                {"Tags": {each: [{"exists": False}] for each in (LOGICAL_ID_TAG, "Key")}},
            ],
        }

    @property
    def role(self) -> iam.IRole | None:
        """The role of the training jobs: the given one, or the one that the construct has made.

        A role given by its ARN is imported. None if definitions have different roles; grants to the job then reach each
        of them.
        """
        return self._surroundings.role

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The roles of the training jobs: ``bucket.grant_read(job)`` lets the training jobs read the bucket.

        Grants also add permissions to a role that you give; the construct itself adds none to it.
        """
        return self._surroundings.principal

    def add_to_role_policy(self, statement: iam.PolicyStatement) -> None:
        """Give the training jobs a further permission: the statement is added to each of their roles.

        :param statement: What the training jobs may do.

        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_iam as iam
        >>> from hpt_construct import HyperparameterTuningJob
        >>> def let_log(job: HyperparameterTuningJob) -> None:
        ...     job.add_to_role_policy(iam.PolicyStatement(actions=["sns:Publish"], resources=["*"]))
        """
        self.grant_principal.add_to_principal_policy(statement)

    @property
    def connections(self) -> ec2.Connections:
        """The security groups of the training jobs: ``database.connections.allow_default_port_from(job)`` lets them in.

        :raises ValueError: No definition has a ``vpc_config``, or a token hides how many groups there are.
        """
        return self._surroundings.connections

    @property
    def cdk_tag_manager(self) -> cdk.TagManager:
        """The tag manager that collects the tags of ``Tags.of(...)`` for the job."""
        return self._tags.manager


def _implement_connectable(job_class: type[HyperparameterTuningJob]) -> None:
    """Tell the kernel that jobs are ``ec2.IConnectable``.

    The interface is in the biggest of the CDK's modules, and to load it takes a tenth of a second: an app that neither
    has networks nor loads the module by itself, as those must that connect something, is spared it.
    """
    from aws_cdk import aws_ec2 as ec2  # noqa: PLC0415 – see above

    if ec2.IConnectable not in job_class.__jsii_ifaces__:  # type: ignore[attr-defined]
        jsii.implements(ec2.IConnectable)(job_class)
