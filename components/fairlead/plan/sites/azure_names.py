"""Names and address ranges of the Azure target, from the spec alone."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, ip_network

from fairlead.errors import Problem
from fairlead.plan.model import PoolPlan
from fairlead.plan.sites.azure_model import AzureKey, AzureNames, AzureNetworkPlan, ContainerPlan, SecretPart
from fairlead.plan.store_model import Share
from fairlead.spec.azure import GUID, AzureTarget

POOL_NAME = 12
"""Characters of an agent pool's name: letters and digits, a letter first.

https://learn.microsoft.com/azure/aks/create-node-pools#limitations, 2026-11-23
"""
STEM = 7
"""What a pool's own name may take of it; the rest is `g`, up to three digits of the generation, the capacity."""
VAULTS = 24
"""Namespaces with a vault, where the network is built: each has an address among those of private endpoints, of which
`ENDPOINTS` leaves 27, and the object store and shared files have one each."""
LETTERS: Mapping[str, str] = {"reserved": "r", "on-demand": "o", "flex": "f", "spot": "s"}
GLOBAL_NAME = 24
"""Characters of a key vault's and a storage account's name.

https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules, 2026-11-23
"""
RESERVED_ADDRESSES = 5
"""Of each subnet. https://learn.microsoft.com/azure/virtual-network/virtual-networks-faq, 2026-11-23"""
POD_BLOCK = 24
"""Prefix of the pod addresses of one node. https://learn.microsoft.com/azure/aks/concepts-network-azure-cni-overlay,
2026-11-23"""
ENDPOINTS, LUSTRE = 27, 24
"""Prefixes of the subnets for private endpoints and for a parallel file system."""
KEY = re.compile(
    rf"^(?P<vault>/subscriptions/{GUID}/resourceGroups/[-\w.()]{{1,90}}/providers/Microsoft\.KeyVault"
    r"/vaults/(?P<account>[A-Za-z][-A-Za-z0-9]{2,23}))/keys/(?P<name>[-A-Za-z0-9]{1,127})"
    r"/versions/(?P<version>[0-9a-f]{32})$"
)


def digest(*parts: str, length: int = 8) -> str:
    """A mark that tells names apart which would else be alike."""
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:length]


def agent_pool_name(pool: str, generation: int, capacity: str) -> str:
    """`h100g1o`: the pool, its generation, its capacity. A long name is cut and marked with a digest."""
    stem = re.sub(r"[^a-z0-9]", "", pool)
    if len(stem) > STEM or stem != pool:
        stem = stem[: STEM - 4] + digest(pool, length=4)
    return f"{stem}g{generation}{LETTERS[capacity]}"


def names(name: str, subscription: str) -> AzureNames:
    """Names of a platform. Those that must be unique in the world carry a digest of the subscription."""
    mark = digest(subscription, name)
    plain = name.replace("-", "")[: GLOBAL_NAME - len(mark) - 1]
    return AzureNames(
        group=name,
        data_group=f"{name}-data",
        node_group=f"{name}-nodes",
        vault=f"{plain[: GLOBAL_NAME - len(mark) - 1]}-{mark}",
        objects=f"{plain}{mark}",
        files=f"{plain}f{mark}",
    )


def container(name: str, share: Share) -> ContainerPlan:
    """What a part is called. A container's name has at least 3 characters and no double hyphen."""
    called = share.purpose
    if "--" in called:
        called = f"{re.sub('-+', '-', called)}-{digest(share.name)}"
    return ContainerPlan(share, f"{name}-{share.purpose}", called)


def secret_part(name: str, share: Share, subscription: str) -> SecretPart:
    """The vault of a namespace, whose name is the world's, and the identity that reads it."""
    mark = digest(subscription, name, share.namespace)
    plain = share.namespace.replace("-", "")[: GLOBAL_NAME - len(mark) - 1]
    return SecretPart(share, f"{name}-secrets-{share.purpose}", f"{plain}-{mark}")


def vaults_without_room(target: AzureTarget, vaults: int, where: str) -> Iterable[Problem]:
    """More vaults than the subnet of private endpoints has addresses for; one that stands may have more."""
    if target.network is None and vaults > VAULTS:
        yield Problem(
            where,
            "each namespace has a vault of its own, and the network that is built has no more addresses for them",
            f"{vaults} namespaces",
            f"at most {VAULTS}",
            "bring a network of yours (platform.target.network), or write vault in the place of cloud",
        )


def key_of(target: AzureTarget) -> AzureKey | None:
    """The key that the spec names; None where it names none. Raises ValueError for what is no key."""
    if target.key is None:
        return None
    match = KEY.match(target.key)
    if not match:
        raise ValueError(target.key)
    uri = f"https://{match['account'].lower()}.vault.azure.net"
    return AzureKey(match["vault"], uri, match["name"], f"{uri}/keys/{match['name']}/{match['version']}")


def most_nodes(pools: Iterable[PoolPlan]) -> int:
    """Most nodes at a time: every pool in full on each step of its ladder, and what maintenance adds."""
    return sum((pool.max_nodes + pool.max_unavailable) * len(pool.rungs) for pool in pools)


def _prefix(addresses: int) -> int:
    return 32 - (addresses - 1).bit_length()


def node_prefix(nodes: int) -> int:
    """Prefix of a subnet for so many nodes, twice: a new generation stands beside the old one."""
    return min(_prefix(2 * nodes + RESERVED_ADDRESSES), 24)


def network_plan(target: AzureTarget, nodes: int) -> AzureNetworkPlan:
    """Subnets for so many nodes, in the order in which they are cut from the range.

    Raises ValueError where the range is too small.
    """
    services = IPv4Network(target.service_cidr)
    wanted = [node_prefix(nodes), ENDPOINTS, *([LUSTRE] if target.parallel_storage_tib else [])]
    cut = ["", "", ""] if target.network else [*_cut(IPv4Network(target.cidr), wanted), ""]
    routes = target.network is not None and target.network.egress == "routes"
    return AzureNetworkPlan(
        space=target.cidr,
        nodes=cut[0],
        endpoints=cut[1],
        lustre=cut[2],
        pods=target.pod_cidr,
        services=target.service_cidr,
        dns=str(services.network_address + 10),
        outbound="userDefinedRouting" if routes else "userAssignedNATGateway",
        subnet=target.network.subnet if target.network else "",
    )


def _cut(space: IPv4Network, prefixes: list[int]) -> list[str]:
    """Ranges of these prefixes, one behind the other, each aligned to its own size."""
    found: list[str] = []
    address = int(space.network_address)
    for prefix in prefixes:
        size = 1 << (32 - prefix)
        address = -(-address // size) * size
        if prefix < space.prefixlen or address + size > int(space.broadcast_address) + 1:
            raise ValueError(f"{space} has no room for a /{prefix}")
        found.append(f"{IPv4Network((address, prefix))}")
        address += size
    return found


def overlaps(target: AzureTarget) -> Iterable[Problem]:
    """Ranges that must not share an address."""
    ranges = {"pod_cidr": target.pod_cidr, "service_cidr": target.service_cidr}
    if target.network is None:
        ranges = {"cidr": target.cidr, **ranges}
    fields = list(ranges)
    for place, field in enumerate(fields):
        for earlier in fields[:place]:
            if ip_network(ranges[field]).overlaps(ip_network(ranges[earlier])):
                what = f"shares addresses with {earlier} ({ranges[earlier]})"
                yield Problem(f"platform.target.{field}", what, ranges[field], fix="choose another range")
