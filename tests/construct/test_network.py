"""Trainings in a network of the app: they wait for what lets them through, and it stays until they have ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_efs as efs
from aws_cdk.assertions import Annotations, Match, Template

from hpt_construct import (
    Channel,
    FileSystemAccessMode,
    FileSystemDataSource,
    FileSystemType,
    HyperparameterTuningJob,
    VpcConfig,
)
from tests.construct.jobs import TYPE, definition, minimal

if TYPE_CHECKING:
    from collections.abc import Callable

PUBLIC = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC)
ISOLATED = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
EGRESS = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)


def network(stack: cdk.Stack) -> ec2.Vpc:
    """A network with a NAT for one kind of subnet and none for another."""
    kinds = (ec2.SubnetType.PUBLIC, ec2.SubnetType.PRIVATE_WITH_EGRESS, ec2.SubnetType.PRIVATE_ISOLATED)
    configuration = [ec2.SubnetConfiguration(name=kind.name.title(), subnet_type=kind) for kind in kinds]
    return ec2.Vpc(stack, "Vpc", max_azs=1, nat_gateways=1, subnet_configuration=configuration)


def job_in(
    stack: cdk.Stack,
    vpc: ec2.IVpc,
    subnets: ec2.SubnetSelection | None = None,
    *,
    open_to_all: bool = True,
    **members: Any,
) -> HyperparameterTuningJob:
    """A job in some of its subnets, with a security group of its own."""
    group = ec2.SecurityGroup(stack, "Trainings", vpc=vpc, allow_all_outbound=open_to_all)
    where = VpcConfig.from_vpc(vpc, security_groups=[group], subnets=subnets)
    return minimal(stack, training_job=definition(vpc_config=where, **members))


def read(files: efs.IFileSystem | str) -> Channel:
    """A channel that reads a file system."""
    source = FileSystemDataSource(
        file_system_id=files,
        file_system_type=FileSystemType.EFS,
        directory_path="/train",
        file_system_access_mode=FileSystemAccessMode.READ_ONLY,
    )
    return Channel("train", source)


def warnings(stack: cdk.Stack, name: str) -> list[Any]:
    """The warnings of this id."""
    found = Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp(f"hpt-construct:{name}"))
    return [each.entry.data for each in found]


def waits_for(stack: cdk.Stack) -> set[str]:
    """The types of what the one job of a stack waits for by name."""
    template = Template.from_stack(stack).to_json()["Resources"]
    [job] = [each for each in template.values() if each["Type"] == TYPE]
    return {template[name]["Type"] for name in job["DependsOn"]}


class TestOrder:
    """CloudFormation takes away in the other order what it has made in this one."""

    def test_job_waits_for_the_way_out(self, stack: cdk.Stack) -> None:
        """For what a function in a VPC waits for: with ids alone the trainings could start before the NAT is there."""
        job_in(stack, network(stack), EGRESS)
        assert {"AWS::EC2::Route", "AWS::EC2::SubnetRouteTableAssociation"} <= waits_for(stack)

    def test_subnets_given_one_by_one_do_as_well(self, stack: cdk.Stack) -> None:
        """``VpcConfig`` takes constructs without their VPC."""
        vpc = network(stack)
        group = ec2.SecurityGroup(stack, "Trainings", vpc=vpc)
        where = VpcConfig(subnets=vpc.private_subnets, security_groups=[group])
        minimal(stack, training_job=definition(vpc_config=where))
        assert {"AWS::EC2::Route", "AWS::EC2::SubnetRouteTableAssociation"} <= waits_for(stack)

    def test_job_waits_for_endpoints_that_come_after_it(self, stack: cdk.Stack) -> None:
        """Where a line stands in the app makes no difference."""
        vpc = network(stack)
        job_in(stack, vpc, ISOLATED)
        vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        assert "AWS::EC2::VPCEndpoint" in waits_for(stack)

    def test_job_waits_for_the_rules_that_let_it_in(self, stack: cdk.Stack) -> None:
        """They stand beside the database's group, and nothing of the request refers to them."""
        vpc = network(stack)
        job = job_in(stack, vpc)
        database = ec2.SecurityGroup(stack, "Database", vpc=vpc)
        neighbour = ec2.SecurityGroup(stack, "Neighbour", vpc=vpc)
        database.connections.allow_from(neighbour, ec2.Port.tcp(5432))
        assert "AWS::EC2::SecurityGroupIngress" not in waits_for(stack)
        other = cdk.Stack(cdk.App(), "Other")
        vpc = network(other)
        job = job_in(other, vpc)
        ec2.SecurityGroup(other, "Database", vpc=vpc).connections.allow_from(job, ec2.Port.tcp(5432))
        assert "AWS::EC2::SecurityGroupIngress" in waits_for(other)

    def test_job_waits_for_the_rules_of_its_own_group(self, stack: cdk.Stack) -> None:
        """The instances of a training talk to each other."""
        job = job_in(stack, network(stack))
        job.connections.allow_internally(ec2.Port.all_traffic())
        assert "AWS::EC2::SecurityGroupIngress" in waits_for(stack)

    def test_job_waits_for_the_mount_targets_of_its_file_system(self, stack: cdk.Stack) -> None:
        """Without them nothing answers in the subnet."""
        vpc = network(stack)
        files = efs.FileSystem(stack, "Files", vpc=vpc)
        job = job_in(stack, vpc, input_data_config=[read(files)])
        files.connections.allow_default_port_from(job)
        assert {"AWS::EFS::MountTarget", "AWS::EC2::SecurityGroupIngress"} <= waits_for(stack)

    def test_network_of_another_stack_comes_first(self) -> None:
        """Whole stacks are ordered then; a rule in a stack that comes after the job's is no circle."""
        app = cdk.App()
        below, stack, above = (cdk.Stack(app, name) for name in ("Network", "Training", "Databases"))
        vpc = network(below)
        job = job_in(stack, vpc)
        ec2.SecurityGroup(above, "Database", vpc=vpc).connections.allow_from(job, ec2.Port.tcp(5432))
        app.synth()
        assert stack.dependencies == [below]
        assert stack in above.dependencies


def with_endpoint(vpc: ec2.Vpc) -> None:
    """The free one."""
    vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)


def with_interface_endpoint(vpc: ec2.Vpc) -> None:
    """The other one."""
    vpc.add_interface_endpoint("S3", service=ec2.InterfaceVpcEndpointAwsService.S3, private_dns_enabled=False)


def with_own_route(vpc: ec2.Vpc) -> None:
    """A transit gateway, say."""
    for subnet in vpc.isolated_subnets:
        assert isinstance(subnet, ec2.Subnet)
        subnet.add_route("Out", router_type=ec2.RouterType.TRANSIT_GATEWAY, router_id="tgw-0123456789abcdef0")


def with_route_beside_the_subnet(vpc: ec2.Vpc) -> None:
    """By its route table alone."""
    for subnet in vpc.isolated_subnets:
        where, table = cdk.Stack.of(vpc), subnet.route_table.route_table_id
        ec2.CfnRoute(
            where, "Out", route_table_id=table, destination_cidr_block="0.0.0.0/0", transit_gateway_id="tgw-0123456789"
        )


def with_endpoint_of_something_else(vpc: ec2.Vpc) -> None:
    """Not of S3."""
    vpc.add_gateway_endpoint("Table", service=ec2.GatewayVpcEndpointAwsService.DYNAMODB)


def with_endpoint_of_other_subnets(vpc: ec2.Vpc) -> None:
    """A gateway is in the route tables of its subnets only."""
    vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3, subnets=[EGRESS])


def with_nothing(vpc: ec2.Vpc) -> None:
    """As it is."""


class TestNoWayToS3:
    """A network without a way to S3 is a training that fails an hour later."""

    @pytest.mark.parametrize(
        ("subnets", "equip", "warned"),
        [
            (ISOLATED, with_nothing, True),
            (ISOLATED, with_endpoint_of_something_else, True),
            (ISOLATED, with_endpoint_of_other_subnets, True),
            (ISOLATED, with_endpoint, False),
            (ISOLATED, with_interface_endpoint, False),
            (ISOLATED, with_own_route, False),
            (ISOLATED, with_route_beside_the_subnet, False),
            (EGRESS, with_nothing, False),
            (PUBLIC, with_endpoint, False),
            (PUBLIC, with_interface_endpoint, False),
        ],
        ids=lambda value: value.__name__ if callable(value) else "",
    )
    def test_isolated_subnet_without_a_way_to_s3_is_a_warning(
        self, stack: cdk.Stack, subnets: ec2.SubnetSelection, equip: Callable[[ec2.Vpc], None], *, warned: bool
    ) -> None:
        """Wherever in the app the way is opened: the question is asked when it is complete."""
        vpc = network(stack)
        job_in(stack, vpc, subnets)
        equip(vpc)
        expected = (
            "training_job.vpc_config: 'Training/Vpc/Private_IsolatedSubnet1' is isolated and has no endpoint of S3, "
            "where the training jobs' data is; vpc.add_gateway_endpoint('S3', "
            "service=ec2.GatewayVpcEndpointAwsService.S3) costs nothing, or take subnets with a NAT "
            "[ack: hpt-construct:no-way-to-s3]"
        )
        assert warnings(stack, "no-way-to-s3") == ([expected] if warned else [])

    def test_public_subnet_without_an_endpoint_is_a_warning(self, stack: cdk.Stack) -> None:
        """Its internet gateway is of no use to who has no public address."""
        vpc = network(stack)
        job_in(stack, vpc, PUBLIC)
        expected = (
            "training_job.vpc_config: 'Training/Vpc/PublicSubnet1' is public, where training jobs get no address, and "
            "has no endpoint of S3, where the training jobs' data is; vpc.add_gateway_endpoint('S3', "
            "service=ec2.GatewayVpcEndpointAwsService.S3) costs nothing, or take subnets with a NAT "
            "[ack: hpt-construct:no-way-to-s3]"
        )
        assert warnings(stack, "no-way-to-s3") == [expected]

    @pytest.mark.parametrize(
        ("opened", "port", "warned"),
        [
            (ec2.Peer.any_ipv4(), ec2.Port.tcp(443), False),
            (ec2.Peer.any_ipv4(), ec2.Port.tcp_range(1, 1023), False),
            (ec2.Peer.ipv4("10.0.0.0/8"), ec2.Port.all_traffic(), False),
            (ec2.Peer.prefix_list("pl-0123456789abcdef0"), ec2.Port.tcp(443), False),
            (ec2.Peer.security_group_id("sg-0123456789abcdef0"), ec2.Port.tcp(443), False),
            (None, ec2.Port.tcp(443), True),
            (ec2.Peer.any_ipv4(), ec2.Port.tcp(80), True),
            (ec2.Peer.any_ipv4(), ec2.Port.udp(443), True),
        ],
    )
    def test_groups_that_let_nothing_out_are_a_warning(
        self, stack: cdk.Stack, opened: ec2.IPeer | None, port: ec2.Port, *, warned: bool
    ) -> None:
        """The CDK closes a group that isn't to let out everything, and one rule of one group opens it."""
        job = job_in(stack, network(stack), EGRESS, open_to_all=False)
        if opened is not None:
            job.connections.allow_to(opened, port)
        expected = (
            "training_job.vpc_config: its security groups let nothing out on port 443, by which training jobs reach "
            "S3; job.connections.allow_to_any_ipv4(ec2.Port.tcp(443)) opens it [ack: hpt-construct:no-way-to-s3]"
        )
        assert warnings(stack, "no-way-to-s3") == ([expected] if warned else [])

    def test_groups_of_others_may_let_out_anything(self, stack: cdk.Stack) -> None:
        """Nothing is known of a group that is given by its id, and one is enough."""
        vpc = network(stack)
        closed = ec2.SecurityGroup(stack, "Closed", vpc=vpc, allow_all_outbound=False)
        imported = ec2.SecurityGroup.from_security_group_id(stack, "Imported", "sg-0123456789abcdef0")
        others: tuple[ec2.ISecurityGroup | str, ...] = (imported, "sg-0123456789abcdef1")
        for nth, other in enumerate(others):
            where = VpcConfig(subnets=vpc.private_subnets, security_groups=[closed, other])
            minimal(stack, f"Tuning{nth}", training_job=definition(vpc_config=where))
        assert warnings(stack, "no-way-to-s3") == []


class TestNoWayToFiles:
    """Port 2049 is open in neither direction unless somebody says so."""

    PLACE = "training_job.input_data_config[0].data_source.file_system_id"
    WAY_OUT = (
        "job.connections.allow_to_default_port(...) with the file system opens it [ack: hpt-construct:no-way-to-files]"
    )

    @staticmethod
    def reading(stack: cdk.Stack, *, open_to_all: bool = True) -> tuple[HyperparameterTuningJob, efs.FileSystem]:
        """A job and the file system of the same network that it reads."""
        vpc = network(stack)
        files = efs.FileSystem(stack, "Files", vpc=vpc)
        return job_in(stack, vpc, EGRESS, open_to_all=open_to_all, input_data_config=[read(files)]), files

    def test_file_system_that_lets_nobody_in_is_a_warning(self, stack: cdk.Stack) -> None:
        """The mount waits until the training fails. A rule for somebody else is none for the job."""
        job, files = self.reading(stack)
        files.connections.allow_default_port_from(ec2.Peer.security_group_id("sg-0123456789abcdef0"))
        files.connections.allow_from(job, ec2.Port.tcp(443))
        assert warnings(stack, "no-way-to-files") == [
            f"{self.PLACE}: 'Training/Files' lets no training job in on port 2049; {self.WAY_OUT}"
        ]

    @pytest.mark.parametrize(
        "open_up",
        [
            lambda job, files: files.connections.allow_default_port_from(job),
            lambda job, files: job.connections.allow_to_default_port(files),
            lambda _, files: files.connections.allow_default_port_from(ec2.Peer.ipv4("10.0.0.0/16")),
            lambda job, files: files.connections.allow_from(job, ec2.Port.all_traffic()),
        ],
    )
    @pytest.mark.parametrize("open_to_all", [True, False])
    def test_file_system_that_lets_them_in_is_fine(
        self, stack: cdk.Stack, open_up: Callable[..., None], *, open_to_all: bool
    ) -> None:
        """By whichever rule. A way out that is closed is opened by those that name the job."""
        job, files = self.reading(stack, open_to_all=open_to_all)
        open_up(job, files)
        job.connections.allow_to_any_ipv4(ec2.Port.tcp_range(1, 65535))
        assert warnings(stack, "no-way-to-files") == []

    def test_groups_that_let_nothing_out_to_it_are_a_warning(self, stack: cdk.Stack) -> None:
        """A way into the file system alone is none."""
        job, files = self.reading(stack, open_to_all=False)
        files.connections.allow_default_port_from(ec2.Peer.ipv4("10.0.0.0/16"))
        job.connections.allow_to_any_ipv4(ec2.Port.tcp(443))
        assert warnings(stack, "no-way-to-files") == [
            f"{self.PLACE}: no security group lets training jobs out on port 2049, to 'Training/Files'; {self.WAY_OUT}"
        ]

    def test_file_system_of_others_may_let_in_anybody(self, stack: cdk.Stack) -> None:
        """Given by its id, or imported with a group that isn't of the app."""
        vpc = network(stack)
        group = ec2.SecurityGroup.from_security_group_id(stack, "Imported", "sg-0123456789abcdef0")
        files = efs.FileSystem.from_file_system_attributes(
            stack, "Files", file_system_id="fs-0123456789abcdef0", security_group=group
        )
        channels = [read("fs-0123456789abcdef1")]
        job_in(stack, vpc, EGRESS, input_data_config=channels)
        where = VpcConfig(subnets=vpc.private_subnets, security_groups=[ec2.SecurityGroup(stack, "Own", vpc=vpc)])
        minimal(stack, "Other", training_job=definition(vpc_config=where, input_data_config=[read(files)]))
        assert warnings(stack, "no-way-to-files") == []
