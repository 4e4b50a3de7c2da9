"""What a training runs on: instances, their volumes, and the network."""

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
    """How one of several instance configurations is chosen. Becomes ``AllocationStrategy``.

    >>> AllocationStrategy.PRIORITIZED.value
    'Prioritized'
    """

    PRIORITIZED = "Prioritized"
    """The first of the list that has capacity."""


@part("InstanceGroup")
class InstanceGroup:
    """The instances of one type in a heterogeneous cluster.

    Becomes an item of ``InstanceGroups``:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_InstanceGroup.html

    >>> InstanceGroup(instance_group_name="data", instance_type="ml.m5.xlarge", instance_count=2).instance_count
    2
    """

    instance_group_name: str = member("InstanceGroupName")
    """1 to 64 characters, unique among the groups."""
    instance_type: InstanceType | str = member("InstanceType", INSTANCE_TYPE)
    """Such as ``ml.p4d.24xlarge``."""
    instance_count: int = member("InstanceCount")
    """Instances of the group, at least 1."""


@part("PlacementSpecification")
class PlacementSpecification:
    """How many instances go onto one UltraServer.

    Becomes an item of ``PlacementSpecifications``:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_PlacementSpecification.html

    >>> PlacementSpecification(instance_count=4).instance_count
    4
    """

    instance_count: int = member("InstanceCount")
    """Instances placed there, at least 1."""
    ultra_server_id: str | None = member("UltraServerId", default=None)
    """The UltraServer, at most 256 characters. Left out: SageMaker chooses."""


@part("InstancePlacementConfig")
class InstancePlacementConfig:
    """Where instances stand that belong to UltraServers.

    Becomes ``InstancePlacementConfig``:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_InstancePlacementConfig.html

    >>> InstancePlacementConfig(enable_multiple_jobs=True).enable_multiple_jobs
    True
    """

    enable_multiple_jobs: bool | None = member("EnableMultipleJobs", default=None)
    """Whether other trainings may share the UltraServer. Left out: False."""
    placement_specifications: Sequence[PlacementSpecification] | None = member(
        "PlacementSpecifications", ListOf(Structure(PlacementSpecification)), default=None
    )
    """At most 10 places. Left out: SageMaker chooses."""


@part("InstancePreference")
class InstancePreference:
    """One of several kinds of instance that will do, in order of preference.

    Becomes an item of ``InstancePreferences``:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_InstancePreference.html

    >>> InstancePreference(instance_type="ml.p5.48xlarge").instance_type
    'ml.p5.48xlarge'
    """

    instance_type: InstanceType | str = member("InstanceType", INSTANCE_TYPE)
    """Such as ``ml.p5.48xlarge``; each type once."""
    instance_count: int | None = member("InstanceCount", default=None)
    """Instances of this type; in every preference or in none. Left out: the configuration's ``instance_count``."""
    training_plan_arns: Sequence[str] | None = member("TrainingPlanArns", PLAIN, default=None)
    """The one training plan whose capacity is used. Left out: on-demand capacity."""


@part("ResourceConfig")
class ResourceConfig:
    """The instances of each training.

    Becomes ``ResourceConfig``: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html

    >>> ResourceConfig(instance_type="ml.c4.2xlarge", instance_count=2, volume_size=10).instance_count
    2
    """

    instance_type: InstanceType | str | None = member("InstanceType", INSTANCE_TYPE, default=None)
    """Such as ``ml.m5.xlarge``. Left out: given by ``instance_groups`` or ``instance_preferences``."""
    instance_count: int | None = member("InstanceCount", default=None)
    """Instances of each training, at least 1. Left out: given by ``instance_groups`` or ``instance_preferences``."""
    volume_size: Size | int | None = member("VolumeSizeInGB", GIBIBYTES, default=None)
    """The volume of each instance, a size or GiB. Left out: for types with local storage only."""
    volume_kms_key: kms.IKey | kms.Key | str | None = member("VolumeKmsKeyId", KEY, default=None)
    """The key that encrypts the volumes: a key, its id or ARN. Left out: a key of SageMaker's; types with local NVMe
    take none.
    """
    keep_alive_period: Duration | int | None = member("KeepAlivePeriodInSeconds", SECONDS, default=None)
    """How long instances stay warm after a training, a duration or seconds, at most 21,600 s. Tuning reuses instances
    without it.
    """
    instance_groups: Sequence[InstanceGroup] | None = member(
        "InstanceGroups", ListOf(Structure(InstanceGroup)), default=None
    )
    """A cluster of several types, at most 5 groups, in place of type and count. Left out: one type."""
    training_plan_arn: str | None = member("TrainingPlanArn", default=None)
    """The training plan whose capacity is used. Left out: on-demand capacity."""
    instance_placement_config: InstancePlacementConfig | None = member(
        "InstancePlacementConfig", Structure(InstancePlacementConfig), default=None
    )
    """Where instances of UltraServers stand. Left out: SageMaker chooses."""
    instance_preferences: Sequence[InstancePreference] | None = member(
        "InstancePreferences", ListOf(Structure(InstancePreference)), default=None
    )
    """1 to 5 kinds of instance that will do, in order, in place of ``instance_type``. Left out: one type."""


@part("HyperParameterTuningInstanceConfig")
class InstanceConfig:
    """One of several kinds of instance that a tuning may use.

    Becomes an item of ``InstanceConfigs``:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_HyperParameterTuningInstanceConfig.html

    >>> InstanceConfig(instance_type="ml.m5.xlarge", instance_count=1, volume_size=10).volume_size
    10
    """

    instance_type: InstanceType | str = member("InstanceType", INSTANCE_TYPE)
    """Such as ``ml.m5.xlarge``."""
    instance_count: int = member("InstanceCount")
    """Instances of each training, at least 1."""
    volume_size: Size | int = member("VolumeSizeInGB", GIBIBYTES)
    """The volume of each instance, a size or GiB, at least 1."""


@part("HyperParameterTuningResourceConfig")
class TuningResourceConfig:
    """Instances with alternatives, for tunings that should not wait for capacity of one type.

    Becomes ``HyperParameterTuningResourceConfig``, in place of ``ResourceConfig``:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_HyperParameterTuningResourceConfig.html

    >>> first = InstanceConfig(instance_type="ml.m5.xlarge", instance_count=1, volume_size=10)
    >>> second = InstanceConfig(instance_type="ml.m4.xlarge", instance_count=1, volume_size=10)
    >>> len(TuningResourceConfig(instance_configs=[first, second]).instance_configs)
    2
    """

    instance_type: InstanceType | str | None = member("InstanceType", INSTANCE_TYPE, default=None)
    """Such as ``ml.m5.xlarge``. Left out: given by ``instance_configs``."""
    instance_count: int | None = member("InstanceCount", default=None)
    """Instances of each training, at least 1. Left out: given by ``instance_configs``."""
    volume_size: Size | int | None = member("VolumeSizeInGB", GIBIBYTES, default=None)
    """The volume of each instance, a size or GiB. Left out: given by ``instance_configs``, or for types with local
    storage.
    """
    volume_kms_key: kms.IKey | kms.Key | str | None = member("VolumeKmsKeyId", KEY, default=None)
    """The key that encrypts the volumes: a key, its id or ARN. Left out: a key of SageMaker's."""
    allocation_strategy: AllocationStrategy | str | None = member("AllocationStrategy", default=None)
    """How one of ``instance_configs`` is chosen. Left out: Prioritized."""
    instance_configs: Sequence[InstanceConfig] | None = member(
        "InstanceConfigs", ListOf(Structure(InstanceConfig)), default=None
    )
    """1 to 6 kinds of instance, the first with capacity is used; in place of type, count and volume. Left out: one
    type.
    """


@part("VpcConfig")
class VpcConfig:
    """The subnets and security groups in which the trainings run.

    Becomes ``VpcConfig``: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_VpcConfig.html

    >>> VpcConfig(subnets=["subnet-0123456789abcdef0"], security_groups=["sg-0123456789abcdef0"]).subnets
    ['subnet-0123456789abcdef0']
    """

    subnets: Sequence[ec2.ISubnet | ec2.Subnet | str] = member("Subnets", ListOf(SUBNET))
    """1 to 16 subnets of one VPC: constructs or ids; of an ``ec2.IVpc``, ``vpc.private_subnets``."""
    security_groups: Sequence[ec2.ISecurityGroup | str] = member("SecurityGroupIds", ListOf(SECURITY_GROUP))
    """1 to 5 security groups of the same VPC: constructs or ids. Others let the trainings in by the job:
    ``database.connections.allow_default_port_from(job)``.
    """

    @classmethod
    def from_vpc(
        cls,
        vpc: ec2.IVpc,
        *,
        security_groups: Sequence[ec2.ISecurityGroup | str],
        subnets: ec2.SubnetSelection | None = None,
    ) -> Self:
        """Subnets of a VPC of the app.

        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_ec2 as ec2
        >>> vpc = ec2.Vpc(cdk.Stack(), "Vpc")
        >>> group = ec2.SecurityGroup(vpc, "Trainings", vpc=vpc)
        >>> len(VpcConfig.from_vpc(vpc, security_groups=[group]).subnets)
        2

        The job waits for the ways out of the subnets, for endpoints, and for the rules of its stack that let the
        trainings in; they stay until it has stopped.

        :param vpc: The network. Trainings get no public address: they need a NAT or an endpoint to reach S3; isolated
            subnets of the app without either are a warning.
        :param security_groups: 1 to 5 security groups of it: constructs or ids.
        :param subnets: Which subnets, at most 16. Left out: the private ones, as for everything in a VPC.
        """
        chosen = {} if subnets is None else {name: getattr(subnets, name) for name in _SELECTION}
        selected: Sequence[ec2.ISubnet] = vpc.select_subnets(**chosen).subnets
        return cls(subnets=selected, security_groups=security_groups)
