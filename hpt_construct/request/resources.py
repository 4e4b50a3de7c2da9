"""What a training job runs on: instances, their volumes, and the network."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Self

from ._part import (
    GIBIBYTES,
    INSTANCE_TYPE,
    KEY,
    PLAIN,
    SECONDS,
    SECURITY_GROUP,
    SUBNET,
    ListOf,
    Structure,
    member,
    part,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import Duration, Size
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_kms as kms

    from .instance_type import InstanceType


_SELECTION = ("availability_zones", "one_per_az", "subnet_filters", "subnet_group_name", "subnets", "subnet_type")


class AllocationStrategy(StrEnum):
    """How SageMaker chooses among several instance configurations. Becomes ``AllocationStrategy``.

    >>> AllocationStrategy.PRIORITIZED.value
    'Prioritized'
    """

    PRIORITIZED = "Prioritized"
    """The first in the list that has capacity."""


@part("InstanceGroup")
class InstanceGroup:
    """The instances of one type in a heterogeneous cluster.

    Becomes an item of ``InstanceGroups``:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_InstanceGroup.html

    >>> InstanceGroup(instance_group_name="data", instance_type="ml.m5.xlarge", instance_count=2).instance_count
    2
    """

    instance_group_name: str = member("InstanceGroupName")
    """The group's name, 1 to 64 characters, unique among the groups."""
    instance_type: InstanceType | str = member("InstanceType", INSTANCE_TYPE)
    """The instance type, such as ``ml.p4d.24xlarge``."""
    instance_count: int = member("InstanceCount")
    """The number of instances in the group, at least 1."""


@part("PlacementSpecification")
class PlacementSpecification:
    """How many instances SageMaker places on one UltraServer.

    Becomes an item of ``PlacementSpecifications``:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_PlacementSpecification.html

    >>> PlacementSpecification(instance_count=4).instance_count
    4
    """

    instance_count: int = member("InstanceCount")
    """The number of instances on the UltraServer, at least 1."""
    ultra_server_id: str | None = member("UltraServerId", default=None)
    """The UltraServer's id, at most 256 characters. Left out: SageMaker chooses."""


@part("InstancePlacementConfig")
class InstancePlacementConfig:
    """How SageMaker places instances that belong to UltraServers.

    Becomes ``InstancePlacementConfig``:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_InstancePlacementConfig.html

    >>> InstancePlacementConfig(enable_multiple_jobs=True).enable_multiple_jobs
    True
    """

    enable_multiple_jobs: bool | None = member("EnableMultipleJobs", default=None)
    """Whether other training jobs may share the UltraServer. Left out: False."""
    placement_specifications: Sequence[PlacementSpecification] | None = member(
        "PlacementSpecifications", ListOf(Structure(PlacementSpecification)), default=None
    )
    """At most 10 specifications, one for each UltraServer. Left out: SageMaker chooses."""


@part("InstancePreference")
class InstancePreference:
    """One of several acceptable kinds of instance, in order of preference.

    Becomes an item of ``InstancePreferences``:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_InstancePreference.html

    >>> InstancePreference(instance_type="ml.p5.48xlarge").instance_type
    'ml.p5.48xlarge'
    """

    instance_type: InstanceType | str = member("InstanceType", INSTANCE_TYPE)
    """The instance type, such as ``ml.p5.48xlarge``; give each type once."""
    instance_count: int | None = member("InstanceCount", default=None)
    """The number of instances of this type; give it in every preference or in none. Left out: the configuration's
    ``instance_count``.
    """
    training_plan_arns: Sequence[str] | None = member("TrainingPlanArns", PLAIN, default=None)
    """The training plan whose capacity is used, at most one. Left out: on-demand capacity."""


@part("ResourceConfig")
class ResourceConfig:
    """The instances of each training job.

    Becomes ``ResourceConfig``: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html

    >>> ResourceConfig(instance_type="ml.c4.2xlarge", instance_count=2, volume_size=10).instance_count
    2
    """

    instance_type: InstanceType | str | None = member("InstanceType", INSTANCE_TYPE, default=None)
    """The instance type, such as ``ml.m5.xlarge``. Left out: ``instance_groups`` or ``instance_preferences`` give it.
    """
    instance_count: int | None = member("InstanceCount", default=None)
    """The number of instances of each training job, at least 1. Left out: ``instance_groups`` or
    ``instance_preferences`` give it.
    """
    volume_size: Size | int | None = member("VolumeSizeInGB", GIBIBYTES, default=None)
    """The size of each instance's volume, a size or GiB. Leave it out only for types with local storage."""
    volume_kms_key: kms.IKey | kms.Key | str | None = member("VolumeKmsKeyId", KEY, default=None)
    """The key that encrypts the volumes: a key, its id or ARN. Left out: a key of SageMaker's. Types with local NVMe
    storage take no key.
    """
    keep_alive_period: Duration | int | None = member("KeepAlivePeriodInSeconds", SECONDS, default=None)
    """How long instances stay warm after a training job, a duration or seconds, at most 21,600 s. A tuning job reuses
    instances without it.
    """
    instance_groups: Sequence[InstanceGroup] | None = member(
        "InstanceGroups", ListOf(Structure(InstanceGroup)), default=None
    )
    """A cluster of several instance types, at most 5 groups, instead of ``instance_type`` and ``instance_count``. Left
    out: one type.
    """
    training_plan_arn: str | None = member("TrainingPlanArn", default=None)
    """The training plan whose capacity is used. Left out: on-demand capacity."""
    instance_placement_config: InstancePlacementConfig | None = member(
        "InstancePlacementConfig", Structure(InstancePlacementConfig), default=None
    )
    """How SageMaker places instances that belong to UltraServers. Left out: SageMaker chooses."""
    instance_preferences: Sequence[InstancePreference] | None = member(
        "InstancePreferences", ListOf(Structure(InstancePreference)), default=None
    )
    """1 to 5 acceptable kinds of instance, in order of preference, instead of ``instance_type``. Left out: one type."""


@part("HyperParameterTuningInstanceConfig")
class InstanceConfig:
    """One of several kinds of instance that a tuning job may use.

    Becomes an item of ``InstanceConfigs``:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_HyperParameterTuningInstanceConfig.html

    >>> InstanceConfig(instance_type="ml.m5.xlarge", instance_count=1, volume_size=10).volume_size
    10
    """

    instance_type: InstanceType | str = member("InstanceType", INSTANCE_TYPE)
    """The instance type, such as ``ml.m5.xlarge``."""
    instance_count: int = member("InstanceCount")
    """The number of instances of each training job, at least 1."""
    volume_size: Size | int = member("VolumeSizeInGB", GIBIBYTES)
    """The size of each instance's volume, a size or GiB, at least 1."""


@part("HyperParameterTuningResourceConfig")
class TuningResourceConfig:
    """Instances with alternatives, so that a tuning job need not wait for capacity of one type.

    Becomes ``HyperParameterTuningResourceConfig``, in place of ``ResourceConfig``:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_HyperParameterTuningResourceConfig.html

    >>> first = InstanceConfig(instance_type="ml.m5.xlarge", instance_count=1, volume_size=10)
    >>> second = InstanceConfig(instance_type="ml.m4.xlarge", instance_count=1, volume_size=10)
    >>> len(TuningResourceConfig(instance_configs=[first, second]).instance_configs)
    2
    """

    instance_type: InstanceType | str | None = member("InstanceType", INSTANCE_TYPE, default=None)
    """The instance type, such as ``ml.m5.xlarge``. Left out: ``instance_configs`` give it."""
    instance_count: int | None = member("InstanceCount", default=None)
    """The number of instances of each training job, at least 1. Left out: ``instance_configs`` give it."""
    volume_size: Size | int | None = member("VolumeSizeInGB", GIBIBYTES, default=None)
    """The size of each instance's volume, a size or GiB. Leave it out if ``instance_configs`` give it, or for types
    with local storage.
    """
    volume_kms_key: kms.IKey | kms.Key | str | None = member("VolumeKmsKeyId", KEY, default=None)
    """The key that encrypts the volumes: a key, its id or ARN. Left out: a key of SageMaker's."""
    allocation_strategy: AllocationStrategy | str | None = member("AllocationStrategy", default=None)
    """How SageMaker chooses among ``instance_configs``. Left out: Prioritized."""
    instance_configs: Sequence[InstanceConfig] | None = member(
        "InstanceConfigs", ListOf(Structure(InstanceConfig)), default=None
    )
    """1 to 6 kinds of instance, of which SageMaker uses the first with capacity; instead of ``instance_type``,
    ``instance_count`` and ``volume_size``. Left out: one type.
    """


@part("VpcConfig")
class VpcConfig:
    """The subnets and security groups in which the training jobs run.

    Becomes ``VpcConfig``: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_VpcConfig.html

    >>> VpcConfig(subnets=["subnet-0123456789abcdef0"], security_groups=["sg-0123456789abcdef0"]).subnets
    ['subnet-0123456789abcdef0']
    """

    subnets: Sequence[ec2.ISubnet | ec2.Subnet | str] = member("Subnets", ListOf(SUBNET))
    """1 to 16 subnets of one VPC: constructs or ids. For an ``ec2.IVpc``, give ``vpc.private_subnets``."""
    security_groups: Sequence[ec2.ISecurityGroup | str] = member("SecurityGroupIds", ListOf(SECURITY_GROUP))
    """1 to 5 security groups of the same VPC: constructs or ids. To let the training jobs reach another resource, name
    the job there: ``database.connections.allow_default_port_from(job)``.
    """

    @classmethod
    def from_vpc(
        cls,
        vpc: ec2.IVpc,
        *,
        security_groups: Sequence[ec2.ISecurityGroup | str],
        subnets: ec2.SubnetSelection | None = None,
    ) -> Self:
        """Choose subnets of a VPC construct.

        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_ec2 as ec2
        >>> vpc = ec2.Vpc(cdk.Stack(), "Vpc")
        >>> group = ec2.SecurityGroup(vpc, "Trainings", vpc=vpc)
        >>> len(VpcConfig.from_vpc(vpc, security_groups=[group]).subnets)
        2

        The job depends on the routes that lead out of the subnets, and on the VPC endpoints and security group rules of
        its stack that the training jobs need: CloudFormation creates these before the job, and deletes them after the
        job has stopped.

        :param vpc: The VPC. Training jobs get no public address, so they need a NAT or an endpoint to reach S3;
            isolated subnets of the app that have neither cause a warning.
        :param security_groups: 1 to 5 security groups of the VPC: constructs or ids.
        :param subnets: Which subnets, at most 16. Left out: the private ones, the CDK's default.
        """
        chosen = {} if subnets is None else {name: getattr(subnets, name) for name in _SELECTION}
        selected: Sequence[ec2.ISubnet] = vpc.select_subnets(**chosen).subnets
        return cls(subnets=selected, security_groups=security_groups)
