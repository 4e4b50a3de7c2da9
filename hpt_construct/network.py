"""What of the app's network has to be there while training jobs run in it, and what they will miss there."""

from __future__ import annotations

import json
from itertools import chain
from typing import TYPE_CHECKING, Any

from constructs import Dependable, DependencyGroup

from .request import Channel, FileSystemDataSource, VpcConfig
from .validation import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from aws_cdk import aws_ec2 as ec2
    from constructs import IConstruct, IDependable

    from .request import TrainingJobDefinition
    from .validation import Path

NO_WAY_TO_S3 = "hpt-construct:no-way-to-s3"
NO_WAY_TO_FILES = "hpt-construct:no-way-to-files"

_KEPT = "_hpt_construct_network"
_EVERYWHERE = ("0.0.0.0/0", "::/0")
_HTTPS = 443


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


def obstacles(definitions: Iterable[tuple[Path, TrainingJobDefinition]]) -> Iterator[tuple[str, Problem]]:
    """What keeps training jobs in networks of the app from S3, and from file systems of the app, as far as all of it is
    in the app; to be asked when that is complete.

    :param definitions: The training job definitions, each with its path.
    :return: The ids of warnings, and what is wrong.
    """
    for path, definition in definitions:
        if not isinstance(definition.vpc_config, VpcConfig):
            continue
        given = definition.vpc_config.security_groups
        groups, subnets = list(_constructs(given)), list(_constructs(definition.vpc_config.subnets))
        if not (subnets or groups):
            continue
        app = _App.of((subnets or groups)[0].node.root)
        for subnet in subnets:
            if (why := app.starves(subnet)) is not None:
                yield NO_WAY_TO_S3, Problem((*path, "VpcConfig"), why)
        # What groups of others let through is not known.
        if isinstance(given, (list, tuple)) and len(groups) == len(given):
            yield from _shut(app, path, definition, [group.security_group_id for group in groups])


def _shut(
    app: _App, path: Path, definition: TrainingJobDefinition, groups: Sequence[str]
) -> Iterator[tuple[str, Problem]]:
    """What the security groups let nobody through to."""
    if app.lets_out(groups, _HTTPS) is False:
        message = f"its security groups let nothing out on port {_HTTPS}, by which training jobs reach S3"
        way_out = f"job.connections.allow_to_any_ipv4(ec2.Port.tcp({_HTTPS})) opens it"
        yield NO_WAY_TO_S3, Problem((*path, "VpcConfig"), f"{message}; {way_out}")
    for nth, channel in enumerate(definition.input_data_config or ()):
        source = channel.data_source if isinstance(channel, Channel) else None
        files = source.file_system_id if isinstance(source, FileSystemDataSource) else None
        if (why := _locked(app, groups, files)) is not None:
            place = ("InputDataConfig", nth, "DataSource", "FileSystemDataSource", "FileSystemId")
            yield NO_WAY_TO_FILES, Problem((*path, *place), why)


def _leads_to_s3(endpoint: ec2.CfnVPCEndpoint, vpc_id: str, route_table: str) -> bool:
    """Whether an endpoint is one of S3 that a subnet with this route table can use."""
    # The region stands in the name, most often as a token.
    if endpoint.vpc_id != vpc_id or '.s3"' not in json.dumps(endpoint.stack.resolve(endpoint.service_name)):
        return False
    return endpoint.vpc_endpoint_type != "Gateway" or route_table in (endpoint.route_table_ids or ())


def _leads_far(route: ec2.CfnRoute) -> bool:
    everywhere = {route.destination_cidr_block, route.destination_ipv6_cidr_block} & {*_EVERYWHERE}
    return bool(everywhere) or route.destination_prefix_list_id is not None


def _locked(app: _App, groups: Sequence[str], files: Any) -> str | None:
    """Why training jobs don't reach a file system; None if they may."""
    connections = getattr(files, "connections", None)
    port = None if connections is None else connections.default_port
    number = None if port is None else port.to_rule_json().get("fromPort")
    if connections is None or not isinstance(number, (int, float)):
        return None
    number = int(number)
    way_out = "job.connections.allow_to_default_port(...) with the file system opens it"
    if app.lets_in([each.security_group_id for each in connections.security_groups], number, groups) is False:
        return f"{files.node.path!r} lets no training job in on port {number}; {way_out}"
    if app.lets_out(groups, number) is False:
        return f"no security group lets training jobs out on port {number}, to {files.node.path!r}; {way_out}"
    return None


class _App:
    """What of a complete app decides about ways: looked for once, and judged once, however many jobs need it."""

    def __init__(self, root: IConstruct) -> None:
        from aws_cdk import aws_ec2 as ec2  # noqa: PLC0415 – loaded only by apps that have networks

        self._starving: dict[str, str | None] = {}
        self._outward: dict[tuple[tuple[str, ...], int], bool | None] = {}
        self._endpoints: list[ec2.CfnVPCEndpoint] = []
        self._routes: dict[str, list[ec2.CfnRoute]] = {}
        self._groups: dict[str, ec2.CfnSecurityGroup] = {}
        self._in: list[ec2.CfnSecurityGroupIngress] = []
        self._out: list[ec2.CfnSecurityGroupEgress] = []
        for each in root.node.find_all():
            if isinstance(each, ec2.CfnVPCEndpoint):
                self._endpoints.append(each)
            elif isinstance(each, ec2.CfnRoute):
                self._routes.setdefault(each.route_table_id, []).append(each)
            elif isinstance(each, ec2.CfnSecurityGroup):
                self._groups[each.attr_group_id] = each
            elif isinstance(each, ec2.CfnSecurityGroupIngress):
                self._in.append(each)
            elif isinstance(each, ec2.CfnSecurityGroupEgress):
                self._out.append(each)

    @classmethod
    def of(cls, root: IConstruct) -> _App:
        """That of the root."""
        known = vars(root).get(_KEPT)
        if not isinstance(known, cls):
            vars(root)[_KEPT] = known = cls(root)
        return known

    def starves(self, subnet: Any) -> str | None:
        """Why training jobs in a subnet don't reach S3; None if they may."""
        path: str = subnet.node.path
        if path not in self._starving:
            network = _network(subnet)
            self._starving[path] = None if network is None else self._starves(path, subnet, network)
        return self._starving[path]

    def _starves(self, path: str, subnet: Any, network: ec2.Vpc) -> str | None:
        table = subnet.route_table.route_table_id
        public = any(each.node.path == path for each in network.public_subnets)
        # The internet has no address to answer to: training jobs get none in a public subnet either.
        useless = network.internet_gateway_id if public else None
        far = [each for each in self._routes.get(table, ()) if _leads_far(each)]
        if any(useless is None or each.gateway_id != useless for each in far):
            return None
        if any(_leads_to_s3(each, network.vpc_id, table) for each in self._endpoints):
            return None
        what = "is public, where training jobs get no address, and has" if public else "is isolated and has"
        free = "vpc.add_gateway_endpoint('S3', service=ec2.GatewayVpcEndpointAwsService.S3) costs nothing"
        return (
            f"{path!r} {what} no endpoint of S3, where the training jobs' data is; {free}, or take subnets with a NAT"
        )

    def lets_out(self, groups: Sequence[str], port: int) -> bool | None:
        """Whether groups let something out on a port; None if one of them is not of the app."""
        asked = tuple(groups), port
        if asked not in self._outward:
            self._outward[asked] = self._lets_out(groups, port)
        return self._outward[asked]

    def _lets_out(self, groups: Sequence[str], port: int) -> bool | None:
        if (known := self._known(groups)) is None:
            return None
        inside = [each.stack.resolve(each.security_group_egress) for each in known]
        # A group that is made without a rule lets everything out.
        return not all(inside) or any(_covers(each, port) for each in (*chain(*inside), *_beside(self._out, groups)))

    def lets_in(self, groups: Sequence[str], port: int, sources: Sequence[str]) -> bool | None:
        """Whether groups let others in on a port, of which an address may be any; None if one is not of the app."""
        if (known := self._known(groups)) is None:
            return None
        inside = chain(*(each.stack.resolve(each.security_group_ingress) or () for each in known))
        # What a reference within a rule refers to is not looked up: it may be them.
        others = {None, *sources}
        within = [
            rule for rule in inside if not isinstance(name := rule.get("sourceSecurityGroupId"), str) or name in others
        ]
        beside = [each for each in self._in if each.source_security_group_id in others]
        return any(_covers(each, port) for each in (*within, *_beside(beside, groups)))

    def _known(self, groups: Sequence[str]) -> list[ec2.CfnSecurityGroup] | None:
        known = [self._groups[name] for name in groups if name in self._groups]
        return known if known and len(known) == len(groups) else None


def _beside(rules: Iterable[Any], groups: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The rules of groups that are resources of their own, spelled as those within a group."""
    for each in rules:
        if each.group_id in groups:
            yield {"ipProtocol": each.ip_protocol, "fromPort": each.from_port, "toPort": each.to_port}


def _covers(rule: Mapping[str, Any], port: int) -> bool:
    """Whether a rule is about a TCP port; what is not known may be."""
    protocol, first, last = (rule.get(name) for name in ("ipProtocol", "fromPort", "toPort"))
    if protocol not in {"tcp", "6"}:
        return protocol == "-1" or not isinstance(protocol, str)
    if not isinstance(first, (int, float)) or not isinstance(last, (int, float)):
        return True
    return first <= port <= last


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
