"""Ranges of the network: how the VPC is cut, and whether the pools find room in it.

The cut depends on the range and the number of zones alone: a pool that grows moves no subnet, for a
subnet cannot change its range. Each zone gets an equal part for nodes and pods, one part is left for
the control plane, endpoints and NAT gateways.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, ip_network

from fairlead.errors import Problem
from fairlead.plan.machines import Choice
from fairlead.plan.sites.aws_model import OwnNetwork, ZonePlan
from fairlead.spec.aws import AwsTarget
from fairlead.spec.pool import Pool

TARGET = "platform.target"
WIDEST, NARROWEST = 16, 20
"""Prefix lengths of the VPC: AWS takes /16 to /28, and below /20 too little is left for each zone.

https://docs.aws.amazon.com/sdkfornet/latest/apidocs/items/TEC2CreateVpcRequestNET45.html, 2026-11-23
"""
LEAST_ZONES = 2
"""https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html: subnets in two zones, 2026-11-23"""
PODS = 110
"""Pods of one node."""
NODE_ADDRESSES = 144
"""Addresses of one node: 7 prefixes of 16 for its pods, one ahead, and its interfaces' own.

https://docs.aws.amazon.com/eks/latest/best-practices/prefix-mode-linux.html: a prefix has 16 addresses,
2026-11-23; the sum is this product's estimate.
"""
RESERVED = 5
"""The first four of a subnet and its last. botocore 1.44.5 (PyPI) ec2 service model, CreateSubnet, 2026-11-23"""
SERVICE_RANGES = ("172.20.0.0/16", "10.100.0.0/16")
"""Addresses of Services: EKS itself takes one of these two.

botocore 1.44.5 (PyPI) eks service model, KubernetesNetworkConfigRequest.serviceIpv4Cidr, 2026-11-23
"""
ENDPOINTS = ("ecr.api", "ecr.dkr", "s3", "sts", "eks", "eks-auth", "ec2", "sqs")
"""Services that nodes and pods call: registry, object store, identity, the cluster, EC2, interruptions."""

SECRETS, LOGS = "secretsmanager", "logs"


def service_range(cidr: str) -> str:
    """The range of Services that does not overlap the VPC."""
    vpc = ip_network(cidr)
    return next(one for one in SERVICE_RANGES if not vpc.overlaps(ip_network(one)))


def cut(cidr: str, zones: tuple[str, ...]) -> tuple[ZonePlan, ...]:
    """The subnets of each zone. Four parts for up to three zones, eight for more."""
    parts = list(IPv4Network(cidr).subnets(prefixlen_diff=2 if len(zones) <= 3 else 3))
    small = parts[-1]
    upper, lower = small.subnets(prefixlen_diff=1)
    public = list(upper.subnets(prefixlen_diff=3))
    control = list(lower.subnets(prefixlen_diff=3))
    return tuple(
        ZonePlan(zone, str(parts[place]), str(control[place]), str(public[place]))
        for place, zone in enumerate(zones)
    )


def own(target: AwsTarget, *further: str) -> OwnNetwork:
    """The network that is made for the platform. further: services that are reached inside it too."""
    return OwnNetwork(
        cidr=target.cidr,
        zones=cut(target.cidr, target.zones),
        nat=target.zones if target.nat == "zonal" else target.zones[:1],
        endpoints=(*ENDPOINTS, *further) if target.private_endpoints else (),
    )


def check(target: AwsTarget, pools: Mapping[int, Pool], choices: Mapping[int, Choice]) -> Iterator[Problem]:
    """Every problem of zones, ranges and room."""
    if len(target.zones) < LEAST_ZONES:
        yield Problem(
            f"{TARGET}.zones",
            "the API server has addresses in two zones or more",
            ", ".join(target.zones),
            "at least two zones",
            "add a zone; pools can still be kept in one",
        )
    if target.network is not None:
        yield from _brought(target)
        return
    prefix = ip_network(target.cidr).prefixlen
    if not WIDEST <= prefix <= NARROWEST:
        yield Problem(
            f"{TARGET}.cidr",
            "a VPC of this platform has 16 to 20 bits of prefix",
            target.cidr,
            "/16 to /20, for example 10.0.0.0/16",
        )
    else:
        yield from _room(target, pools, choices)


def _brought(target: AwsTarget) -> Iterator[Problem]:
    network = target.network
    if network is None:
        return
    path = f"{TARGET}.network.subnets"
    for zone in target.zones:
        if zone not in network.subnets:
            yield Problem(path, f"no subnet for zone {zone}", allowed="one for each of platform.target.zones")
    for zone in network.subnets:
        if zone not in target.zones:
            yield Problem(
                f"{path}.{zone}", "the cluster does not use this zone", zone, ", ".join(target.zones)
            )
    if len(set(network.subnets.values())) != len(network.subnets):
        yield Problem(
            path, "one subnet stands for two zones: a subnet lies in one", fix="name each zone's own"
        )


def _room(target: AwsTarget, pools: Mapping[int, Pool], choices: Mapping[int, Choice]) -> Iterator[Problem]:
    """Nodes at their most against the addresses of each zone, told of the first that is too small."""
    for zone, plan in zip(target.zones, cut(target.cidr, target.zones), strict=True):
        there = {place: pools[place] for place in choices if zone in nodes_in(pools[place], target)}
        needed = sum(-(-pool.max // len(nodes_in(pool, target))) for pool in there.values()) * NODE_ADDRESSES
        have = IPv4Network(plan.nodes).num_addresses - RESERVED
        if needed > have:
            largest = max(there, key=lambda place: there[place].max)
            yield Problem(
                f"platform.pools[{largest}].max",
                f"zone {zone} has {have} addresses for nodes and pods, and the pools there need {needed}",
                str(pools[largest].max),
                f"{have // NODE_ADDRESSES} nodes in the zone, over all pools",
                "lower max, take a wider platform.target.cidr, or bring a network",
            )
            return


def nodes_in(pool: Pool, target: AwsTarget) -> tuple[str, ...]:
    """Zones in which a pool's nodes may be."""
    zones = pool.zones or target.zones
    return zones[:1] if pool.placement == "compact" else zones
