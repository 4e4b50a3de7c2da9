"""Networks and file systems by their constructs: the ids that the API takes."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_efs as efs
from aws_cdk import aws_fsx as fsx

from hpt_construct import FileSystemDataSource, VpcConfig
from hpt_construct.request import _part


@pytest.fixture
def vpc(stack: cdk.Stack) -> ec2.Vpc:
    """A network with two private and two isolated subnets."""
    kinds = {"Private": ec2.SubnetType.PRIVATE_WITH_EGRESS, "Isolated": ec2.SubnetType.PRIVATE_ISOLATED}
    return ec2.Vpc(
        stack,
        "Vpc",
        max_azs=2,
        subnet_configuration=[
            ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC),
            *(ec2.SubnetConfiguration(name=name, subnet_type=kind) for name, kind in kinds.items()),
        ],
    )


def ids(subnets: Any) -> list[str]:
    """The ids of subnets, as constructs have them."""
    return [subnet.subnet_id for subnet in subnets]


def test_network_is_the_private_subnets(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    """As for everything else in a VPC; groups may be constructs and ids."""
    group = ec2.SecurityGroup(stack, "Group", vpc=vpc)
    config = VpcConfig.from_vpc(vpc, security_groups=[group, "sg-0123"])
    assert _part.render(config) == {
        "Subnets": ids(vpc.private_subnets),
        "SecurityGroupIds": [group.security_group_id, "sg-0123"],
    }


@pytest.mark.parametrize(
    "selection",
    [
        ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
        ec2.SubnetSelection(subnet_group_name="Isolated"),
    ],
)
def test_subnets_are_those_that_are_selected(vpc: ec2.Vpc, selection: ec2.SubnetSelection) -> None:
    """By type, by name, or by any other way that the CDK has."""
    config = VpcConfig.from_vpc(vpc, security_groups=["sg-0123"], subnets=selection)
    assert _part.render(config)["Subnets"] == ids(vpc.isolated_subnets)


def test_single_zone_can_be_selected(vpc: ec2.Vpc) -> None:
    """FSx for Lustre stands in one: trainings elsewhere would pay for the way."""
    subnet = vpc.private_subnets[1]
    config = VpcConfig.from_vpc(vpc, security_groups=["sg-0123"], subnets=ec2.SubnetSelection(subnets=[subnet]))
    assert _part.render(config)["Subnets"] == [subnet.subnet_id]


def source(file_system: Any, kind: str) -> dict[str, Any]:
    """A source on a file system, as the API takes it."""
    return _part.render(
        FileSystemDataSource(
            file_system_id=file_system, file_system_type=kind, directory_path="/a", file_system_access_mode="ro"
        )
    )


def test_file_systems_become_their_ids(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    """EFS and FSx for Lustre alike; an id is as good."""
    group = ec2.SecurityGroup(stack, "Group", vpc=vpc)
    shared = efs.FileSystem(stack, "Shared", vpc=vpc)
    lustre = fsx.LustreFileSystem(
        stack,
        "Lustre",
        vpc=vpc,
        vpc_subnet=vpc.private_subnets[0],
        storage_capacity_gib=1200,
        security_group=group,
        lustre_configuration=fsx.LustreConfiguration(deployment_type=fsx.LustreDeploymentType.SCRATCH_2),
    )
    assert source(shared, "EFS")["FileSystemId"] == shared.file_system_id
    assert source(lustre, "FSxLustre")["FileSystemId"] == lustre.file_system_id
    assert source("fs-12345678", "EFS")["FileSystemId"] == "fs-12345678"
