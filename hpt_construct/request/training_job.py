"""A training job definition: algorithm, static hyperparameters, data, instances, time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._part import IMAGE, PLAIN, ROLE, SECONDS, TEXT_MAP, ListOf, Structure, member, part
from .data import Channel, CheckpointConfig, OutputDataConfig, TrainingInputMode
from .ranges import RANGES, ParameterRanges, Range
from .resources import ResourceConfig, TuningResourceConfig, VpcConfig
from .tuning import Objective

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import Duration
    from aws_cdk import aws_iam as iam

    from .training_image import TrainingImage


@part("MetricDefinition", kw_only=False)
class MetricDefinition:
    """A metric, and how SageMaker finds its value in a training job's log.

    Becomes an item of ``MetricDefinitions``:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_MetricDefinition.html

    >>> MetricDefinition("validation:auc", "auc=([0-9.]+)").name
    'validation:auc'
    """

    name: str = member("Name")
    """The metric's name, 1 to 255 characters, unique among the metric definitions."""
    regex: str = member("Regex")
    """The pattern that finds the metric in the log, 1 to 500 characters; its group captures the value."""


@part("HyperParameterAlgorithmSpecification")
class AlgorithmSpecification:
    """The code that trains: an image, or the name of an algorithm resource, your own or from AWS Marketplace.

    Becomes ``AlgorithmSpecification``:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_HyperParameterAlgorithmSpecification.html

    >>> AlgorithmSpecification(algorithm_name="mine").training_input_mode
    <TrainingInputMode.FILE: 'File'>
    """

    training_image: TrainingImage | str | None = member("TrainingImage", IMAGE, default=None)
    """An image, such as ``TrainingImage.built_in("xgboost", "1.7-1")``, or its URI, at most 255 characters. Left out:
    ``algorithm_name``.
    """
    algorithm_name: str | None = member("AlgorithmName", default=None)
    """The name or ARN of an algorithm resource. Left out: ``training_image``."""
    training_input_mode: TrainingInputMode | str = member("TrainingInputMode", default=TrainingInputMode.FILE)
    """How data reaches the container. Left out: File, which is sent because the API requires a value."""
    metric_definitions: Sequence[MetricDefinition] | None = member(
        "MetricDefinitions", ListOf(Structure(MetricDefinition)), default=None
    )
    """At most 40 metrics for an image of your own; built-in algorithms define theirs. Left out: none."""


@part("StoppingCondition")
class StoppingCondition:
    """How long a training job may take.

    Becomes ``StoppingCondition``: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StoppingCondition.html

    >>> StoppingCondition(max_runtime=43_200).max_runtime
    43200
    """

    max_runtime: Duration | int | None = member("MaxRuntimeInSeconds", SECONDS, default=None)
    """How long a training job may run, a duration or seconds, 1 s to 28 days. Left out: 1 day."""
    max_wait_time: Duration | int | None = member("MaxWaitTimeInSeconds", SECONDS, default=None)
    """How long a training job on spot capacity may take, its waits included: a duration or seconds, not below
    ``max_runtime``. Required with spot capacity, refused without.
    """
    max_pending_time: Duration | int | None = member("MaxPendingTimeInSeconds", SECONDS, default=None)
    """How long to wait for capacity, a duration or seconds, 1,800 s to 28 days. Left out: SageMaker's default."""


@part("RetryStrategy", kw_only=False)
class RetryStrategy:
    """How often SageMaker retries a training job after an internal error.

    Becomes ``RetryStrategy``: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_RetryStrategy.html

    >>> RetryStrategy(3).maximum_retry_attempts
    3
    """

    maximum_retry_attempts: int = member("MaximumRetryAttempts")
    """The number of retries, 1 to 30."""


@part("HyperParameterTrainingJobDefinition")
class TrainingJobDefinition:
    """The training job that a tuning job runs again and again with different hyperparameters.

    Becomes ``TrainingJobDefinition``, or an item of ``TrainingJobDefinitions``:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_HyperParameterTrainingJobDefinition.html

    >>> import aws_cdk as cdk
    >>> from aws_cdk import aws_s3 as s3
    >>> from hpt_construct import *
    >>> data = s3.Bucket.from_bucket_name(cdk.Stack(), "Data", "amzn-s3-demo-bucket")
    >>> definition = TrainingJobDefinition(
    ...     algorithm_specification=AlgorithmSpecification(training_image=TrainingImage.built_in("xgboost", "1.7-1")),
    ...     input_data_config=[Channel("train", S3DataSource(S3Location(data, "train")), content_type="csv")],
    ...     output_data_config=OutputDataConfig(s3_output_path=S3Location(data, "models")),
    ...     resource_config=ResourceConfig(instance_type="ml.m5.xlarge", instance_count=1, volume_size=10),
    ...     stopping_condition=StoppingCondition(max_runtime=cdk.Duration.hours(1)),
    ... )
    >>> definition.role is None
    True
    """

    algorithm_specification: AlgorithmSpecification = member(
        "AlgorithmSpecification", Structure(AlgorithmSpecification)
    )
    """The code that trains."""
    role: iam.IRole | iam.Role | iam.LazyRole | str | None = member("RoleArn", ROLE, default=None)
    """The role that SageMaker assumes for the training jobs: a role or its ARN; the construct adds nothing to it. Left
    out: the construct makes one role for all definitions that have none. That role may do what the request shows, and
    no more: read the inputs, write outputs and checkpoints, pull the image, use the keys, join the network, write logs.
    Grant what the request can't show to the job, as in ``bucket.grant_read(job)``: objects that a manifest names, the
    key of a bucket given by URI, a hub's content, whatever else a script reads or writes.
    """
    output_data_config: OutputDataConfig = member("OutputDataConfig", Structure(OutputDataConfig))
    """Where the models go."""
    stopping_condition: StoppingCondition = member("StoppingCondition", Structure(StoppingCondition))
    """How long a training job may take."""
    input_data_config: Sequence[Channel] | None = member("InputDataConfig", ListOf(Structure(Channel)), default=None)
    """1 to 20 channels. Left out: the algorithm needs no input."""
    resource_config: ResourceConfig | None = member("ResourceConfig", Structure(ResourceConfig), default=None)
    """The instances. Left out: ``tuning_resource_config`` gives them."""
    tuning_resource_config: TuningResourceConfig | None = member(
        "HyperParameterTuningResourceConfig", Structure(TuningResourceConfig), default=None
    )
    """Instances with alternatives. Left out: ``resource_config`` gives the instances."""
    static_hyperparameters: Mapping[str, str | float] | None = member("StaticHyperParameters", TEXT_MAP, default=None)
    """Hyperparameters that stay the same, at most 100 together with those that are tuned; numbers are sent as Python
    writes them. They are not secret.
    """
    definition_name: str | None = member("DefinitionName", default=None)
    """A unique name, 1 to 64 letters, digits and inner hyphens; required with several definitions. Left out: none."""
    objective: Objective | None = member("TuningObjective", Structure(Objective), default=None)
    """The definition's own objective; each of several definitions has one. Left out: the tuning job's objective."""
    parameter_ranges: ParameterRanges | Sequence[Range] | None = member("HyperParameterRanges", RANGES, default=None)
    """The definition's own ranges; each of several definitions has some. Left out: the tuning job's ranges."""
    vpc_config: VpcConfig | None = member("VpcConfig", Structure(VpcConfig), default=None)
    """The network of the training jobs. Left out: SageMaker's own, with access to the internet."""
    enable_network_isolation: bool | None = member("EnableNetworkIsolation", default=None)
    """Cut the containers off from every network. Left out: False."""
    enable_inter_container_traffic_encryption: bool | None = member(
        "EnableInterContainerTrafficEncryption", default=None
    )
    """Encrypt the traffic between the instances of a training job. Left out: False."""
    enable_managed_spot_training: bool | None = member("EnableManagedSpotTraining", default=None)
    """Use spot capacity; needs ``stopping_condition.max_wait_time``. Left out: False."""
    checkpoint_config: CheckpointConfig | None = member("CheckpointConfig", Structure(CheckpointConfig), default=None)
    """Where training jobs save their progress. Left out: nowhere."""
    retry_strategy: RetryStrategy | None = member("RetryStrategy", Structure(RetryStrategy), default=None)
    """How often SageMaker retries a training job after an internal error. Left out: SageMaker's default."""
    environment: Mapping[str, str] | None = member("Environment", PLAIN, default=None)
    """Environment variables of the container, at most 48 over all definitions; they are not secret. Left out: none."""
