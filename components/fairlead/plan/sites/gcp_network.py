"""Addresses and networks on Google Cloud: sized, named, cut out of the ranges that the spec gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network

from fairlead.plan.sites.gcp_model import FabricPlan, NetworkPlan, SubnetPlan
from fairlead.plan.sites.gcp_words import COMPUTE_NAME, fit
from fairlead.spec.gcp import GcpTarget

PODS_PER_NODE = 110
"""Most pods of a node; GKE takes twice that, rounded up to a power of two, out of the pods' range.
https://cloud.google.com/kubernetes-engine/docs/how-to/flexible-pod-cidr"""
ADDRESSES_PER_NODE = 256
UNUSABLE = 5
"""Addresses of a subnet that no node gets: four of the network, and the API server's private one.
https://cloud.google.com/vpc/docs/subnets#unusable-ip-addresses-in-every-subnet"""
FABRIC_PREFIX = 20
"""Size of each subnet between accelerators, 4,092 machines.
github.com/GoogleCloudPlatform/cluster-toolkit v1.95.0 examples/gke-a3-megagpu"""
MOST_CARDS = 8
"""Cards of the machine with the most: rows of machines.gcp.toml, and A3 Ultra's and A4's RDMA cards."""
SOCKETS_MTU = 8244
"""Of GPUDirect-TCPX and TCPXO networks: the same example."""
SOCKETS = ("gpudirect-tcpx", "gpudirect-tcpxo")
RDMA = "gpudirect-rdma"
PRIVATE_ADDRESSES = ("199.36.153.8", "199.36.153.9", "199.36.153.10", "199.36.153.11")
PRIVATE_RANGE = "199.36.153.8/30"
"""private.googleapis.com: https://cloud.google.com/vpc/docs/configure-private-google-access"""
INSIDE = (("googleapis", "googleapis.com."), ("registry", "pkg.dev."), ("gcr", "gcr.io."))
"""Domains that lead there: the APIs, and both names of Artifact Registry.

https://docs.cloud.google.com/artifact-registry/docs/gke-private-clusters, 2026-11-29
"""


def network(name: str, target: GcpTarget) -> NetworkPlan:
    """The network of the nodes, made or brought."""
    given = target.network
    return NetworkPlan(
        project=given.project or target.project if given else target.project,
        made=given is None,
        network=given.name if given else fit(name, COMPUTE_NAME),
        subnet=given.subnet if given else fit(f"{name}-nodes", COMPUTE_NAME),
        cidr=target.cidr,
        pods=given.pods if given else "pods",
        pod_cidr=target.pod_cidr,
        services=given.services if given else "services",
        service_cidr=target.service_cidr,
        router=fit(f"{name}-router", COMPUTE_NAME),
        nat=fit(f"{name}-nat", COMPUTE_NAME),
        firewall=fit(f"{name}-control-plane", COMPUTE_NAME),
        private_access=tuple((fit(f"{name}-{short}", COMPUTE_NAME), domain) for short, domain in INSIDE),
    )


def ranges(target: GcpTarget, fabric: bool) -> Iterator[tuple[str, IPv4Network]]:
    """(field of the target, range) of everything that the network routes."""
    yield "cidr", IPv4Network(target.cidr)
    yield "pod_cidr", IPv4Network(target.pod_cidr)
    yield "service_cidr", IPv4Network(target.service_cidr)
    if fabric:
        yield "fabric_cidr", IPv4Network(target.fabric_cidr)


def fabrics(name: str, target: GcpTarget, used: Iterable[tuple[str, str, int]]) -> tuple[FabricPlan, ...]:
    """Every network that pools with these (kind, zone, cards) need; pools share them.

    Each has its own place in the range, whatever else there is: a further pool moves no subnet.
    """
    wanted = list(used)
    sockets = max((cards for kind, _, cards in wanted if kind in SOCKETS), default=0)
    made = [_sockets(name, target, index) for index in range(sockets)]
    zones = {zone: 0 for kind, zone, _ in wanted if kind == RDMA}
    for zone in zones:
        zones[zone] = max(cards for kind, at, cards in wanted if kind == RDMA and at == zone)
    if zones:
        made.append(_second(name, target))
    return (*made, *(_rdma(name, target, zone, cards) for zone, cards in sorted(zones.items())))


def subnets_needed(target: GcpTarget, used: Iterable[tuple[str, str, int]]) -> int:
    """How many subnets the range must hold for pools with these (kind, zone, cards)."""
    places = [_rdma_place(target, zone, cards) if kind == RDMA else cards for kind, zone, cards in used]
    return max(places, default=0)


def _rdma_place(target: GcpTarget, zone: str, card: int) -> int:
    """Place of the subnet of one card: 8 for sockets, the second network, room, then 8 for each zone."""
    return 2 * MOST_CARDS + MOST_CARDS * target.zones.index(zone) + card


def _cut(target: GcpTarget, place: int) -> str:
    start = int(IPv4Network(target.fabric_cidr).network_address) + place * 2 ** (32 - FABRIC_PREFIX)
    return f"{IPv4Address(start)}/{FABRIC_PREFIX}"


def interfaces(fabric: str, zone: str, cards: int, made: Iterable[FabricPlan]) -> tuple[SubnetPlan, ...]:
    """Networks of a node's further interfaces, in their order."""
    every = list(made)
    plain = [one for one in every if one.profile is None]
    if fabric in SOCKETS:
        return tuple(one.subnets[0] for one in plain if one.mtu is not None)[:cards]
    if fabric == RDMA:
        second = next(one for one in plain if one.mtu is None)
        own = next(one for one in every if one.profile == profile(zone))
        return (second.subnets[0], *own.subnets[:cards])
    return ()


def profile(zone: str) -> str:
    """Network profile of RDMA over Ethernet in one zone.

    github.com/GoogleCloudPlatform/cluster-toolkit v1.95.0 examples/gke-a3-ultragpu
    """
    return f"{zone}-vpc-roce"


def _sockets(name: str, target: GcpTarget, index: int) -> FabricPlan:
    net = fit(f"{name}-fabric-{index}", COMPUTE_NAME)
    subnet = SubnetPlan(net, net, _cut(target, index))
    return FabricPlan(
        net, None, SOCKETS_MTU, (subnet,), (f"vpc{index + 1}",), "NetDevice", target.fabric_cidr
    )


def _second(name: str, target: GcpTarget) -> FabricPlan:
    """The second host network, which machines with RDMA have beside it."""
    net = fit(f"{name}-second", COMPUTE_NAME)
    subnet = SubnetPlan(net, net, _cut(target, MOST_CARDS))
    return FabricPlan(net, None, None, (subnet,), ("second",), "NetDevice", target.fabric_cidr)


def _rdma(name: str, target: GcpTarget, zone: str, cards: int) -> FabricPlan:
    net = fit(f"{name}-rdma-{zone}", COMPUTE_NAME)
    subnets = tuple(
        SubnetPlan(
            net,
            fit(f"{name}-rdma-{zone}-{card}", COMPUTE_NAME),
            _cut(target, _rdma_place(target, zone, card)),
        )
        for card in range(cards)
    )
    objects = tuple(f"rdma-{zone}-{card}" for card in range(cards))
    return FabricPlan(net, profile(zone), None, subnets, objects, "RDMA", target.fabric_cidr)
