"""What of the app's network has to be there while training jobs run in it, and what they will miss there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from constructs import Dependable, DependencyGroup

from .request import Channel, FileSystemDataSource, VpcConfig
from .validation import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from aws_cdk import aws_ec2 as ec2
    from constructs import IConstruct, IDependable

    from .request import TrainingJobDefinition
    from .validation import Path

_EVERYWHERE = ("0.0.0.0/0", "::/0")


def dependables(
    definitions: Sequence[TrainingJobDefinition], complete_stack: Callable[[], Sequence[IConstruct]]
) -> Iterator[IDependable]:
    """What has to be there before the training jobs are, and to stay until they have ended.

    The request names subnets and security groups, and CloudFormation goes by that: it knows nothing of the routes,
    endpoints and rules without which nothing gets through.

    :param definitions: The training job definitions.
    :param complete_stack: Every construct of the stack, asked for when there will be no more.
    """
    groups: set[str] = set()
    networks: set[str] = set()
    for definition in definitions:
        if not isinstance(definition.vpc_config, VpcConfig):
            continue
        for subnet in _constructs(definition.vpc_config.subnets):
            yield subnet.internet_connectivity_established
            network = _network(subnet)
            networks.update([network.vpc_id] if network else ())
        for group in _constructs(definition.vpc_config.security_groups):
            # With the rules in it.
            yield group
            groups.add(group.security_group_id)
        for channel in definition.input_data_config or ():
            source = channel.data_source if isinstance(channel, Channel) else None
            files: Any = source.file_system_id if isinstance(source, FileSystemDataSource) else None
            if hasattr(files, "mount_targets_available"):
                yield files.mount_targets_available
    if groups or networks:
        ways = DependencyGroup()
        Dependable.implement(ways, _Ways(groups, networks, complete_stack))
        yield ways


def starved(definitions: Iterable[tuple[Path, TrainingJobDefinition]]) -> Iterator[Problem]:
    """Subnets of the app from which training jobs can't reach S3; to be asked when the app is complete.

    :param definitions: The training job definitions, each with its path.
    """
    from aws_cdk import aws_ec2 as ec2  # noqa: PLC0415 – loaded only by apps that have networks

    for path, definition in definitions:
        if not isinstance(definition.vpc_config, VpcConfig):
            continue
        for subnet in _constructs(definition.vpc_config.subnets):
            network = _network(subnet)
            if network is None or all(each.node.path != subnet.node.path for each in network.isolated_subnets):
                continue
            routes = [each for each in subnet.node.find_all() if isinstance(each, ec2.CfnRoute)]
            if any({each.destination_cidr_block, each.destination_ipv6_cidr_block} & {*_EVERYWHERE} for each in routes):
                continue
            table = subnet.route_table.route_table_id
            endpoints = (each for each in subnet.node.root.node.find_all() if isinstance(each, ec2.CfnVPCEndpoint))
            if not any(_leads_to_s3(each, network.vpc_id, table) for each in endpoints):
                what = "is isolated and has no endpoint of S3, where the training jobs' data is"
                way_out = "vpc.add_gateway_endpoint('S3', service=ec2.GatewayVpcEndpointAwsService.S3) costs nothing"
                message = f"{subnet.node.path!r} {what}; {way_out}, or take subnets with a NAT"
                yield Problem((*path, "VpcConfig"), message)


def _leads_to_s3(endpoint: ec2.CfnVPCEndpoint, vpc_id: str, route_table: str) -> bool:
    # The region stands in the name, most often as a token.
    if endpoint.vpc_id != vpc_id or '.s3"' not in json.dumps(endpoint.stack.resolve(endpoint.service_name)):
        return False
    return endpoint.vpc_endpoint_type != "Gateway" or route_table in (endpoint.route_table_ids or ())


def _constructs(several: Any) -> Iterator[Any]:
    """Those that are given as constructs; an id says nothing of what is around it."""
    return (each for each in (several if isinstance(several, (list, tuple)) else ()) if hasattr(each, "node"))


def _network(subnet: Any) -> ec2.Vpc | None:
    """The network of the app that has the subnet."""
    from aws_cdk import aws_ec2 as ec2  # noqa: PLC0415 – see above

    scope = subnet.node.scope
    return scope if isinstance(scope, ec2.Vpc) else None


class _Ways(Dependable):
    """The rules by which others let the training jobs in, and the endpoints of their networks.

    They may be made after the job.
    """

    def __init__(
        self, groups: set[str], networks: set[str], complete_stack: Callable[[], Sequence[IConstruct]]
    ) -> None:
        super().__init__()
        self._groups = groups
        self._networks = networks
        self._complete_stack = complete_stack

    @property
    def dependency_roots(self) -> list[IConstruct]:
        """Those of this stack: those of others come with their stacks."""
        from aws_cdk import aws_ec2 as ec2  # noqa: PLC0415 – see above

        return [
            each
            for each in self._complete_stack()
            if (isinstance(each, ec2.CfnSecurityGroupIngress) and each.source_security_group_id in self._groups)
            or (isinstance(each, ec2.CfnVPCEndpoint) and each.vpc_id in self._networks)
        ]
