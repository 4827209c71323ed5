"""What only Azure refuses: of the target's own settings, of single pools, and of pools together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_network

from fairlead.errors import Problem
from fairlead.plan.machines import Choice
from fairlead.plan.sites.azure_names import KEY, POD_BLOCK, agent_pool_name, network_plan, overlaps
from fairlead.spec.azure import GUID, AzureTarget
from fairlead.spec.pool import Pool

TARGET, POOLS = "platform.target", "platform.pools"
RESERVATION = re.compile(
    rf"^/subscriptions/{GUID}/resourceGroups/[-\w.()]{{1,90}}/providers/Microsoft\.Compute"
    r"/capacityReservationGroups/[-\w.]{1,80}$"
)
POOL_NODES, CLUSTER_NODES = 1000, 5000
"""Most nodes. https://learn.microsoft.com/azure/aks/quotas-skus-regions, 2026-11-23"""
DRAIN_MINUTES = 1440
"""Longest drain. https://learn.microsoft.com/azure/aks/upgrade-aks-node-pools-rolling, 2026-11-23"""
SMALLEST_DISK, LARGEST_DISK = 30, 2048
"""GiB of a node's disk.

github.com/Azure/azure-service-operator/v2 v2.20.0, api/containerservice, osDiskSizeGB (most);
https://learn.microsoft.com/azure/aks/concepts-storage (least), 2026-11-23
"""
WIDEST_SERVICES, NARROWEST_SERVICES = 13, 24
"""Prefixes of the services' range: AKS takes none as wide as a /12; this product wants room for 250 services.

https://learn.microsoft.com/azure/aks/concepts-network-azure-cni-overlay, 2026-11-23
"""
CREDENTIALS = 20
"""Federated credentials of one identity.

https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations, 2026-11-23
"""
LUSTRE_STEP, LUSTRE_MOST = 8, 128
"""TiB of AMLFS-Durable-Premium-250: multiples, and the most.

github.com/kubernetes-sigs/azurelustre-csi-driver, lustreSkuValues (increment and maximum), 2026-11-23
"""


def target_problems(target: AzureTarget) -> Iterator[Problem]:
    """Problems of the target's own settings."""
    if target.key is not None and not KEY.match(target.key):
        allowed = "/subscriptions/…/vaults/VAULT/keys/KEY/versions/VERSION"
        fix = "name the version of a key in a vault with purge protection, or leave key out"
        yield Problem(f"{TARGET}.key", "is no resource id of a key's version", target.key, allowed, fix)
    yield from _endpoint(target)
    yield from _admins(target)
    yield from overlaps(target)
    if not WIDEST_SERVICES <= ip_network(target.service_cidr).prefixlen <= NARROWEST_SERVICES:
        allowed = f"/{WIDEST_SERVICES} to /{NARROWEST_SERVICES}"
        yield Problem(f"{TARGET}.service_cidr", "is no size for services", target.service_cidr, allowed)
    yield from _lustre(target)
    if target.ci and len(target.ci.subjects) > CREDENTIALS:
        what = "one identity has no more federated credentials"
        yield Problem(f"{TARGET}.ci.subjects", what, str(len(target.ci.subjects)), f"at most {CREDENTIALS}")


def _endpoint(target: AzureTarget) -> Iterator[Problem]:
    """AKS holds ranges against the public address alone.

    https://learn.microsoft.com/azure/aks/private-clusters, "Limitations", 2026-11-29
    """
    if target.endpoint.allow and not target.endpoint.public:
        yield Problem(
            f"{TARGET}.endpoint.allow",
            "a private API server takes no ranges: whoever is in its network, or comes by peering or VPN, may call it",
            ", ".join(target.endpoint.allow),
            "ranges beside public: true alone",
            "leave allow out, or write public: true",
        )


def _admins(target: AzureTarget) -> Iterator[Problem]:
    if not target.admins:
        fix = "list the object ids of one or more Entra groups"
        yield Problem(f"{TARGET}.admins", "nobody could enter the cluster: local accounts are off", fix=fix)
    for place, admin in enumerate(target.admins):
        if not re.fullmatch(GUID, admin):
            fix = "write the group's object id: `az ad group show --group NAME --query id`"
            path = f"{TARGET}.admins[{place}]"
            yield Problem(path, "is no object id of an Entra group", admin, "32 hexadecimal digits", fix)


def _lustre(target: AzureTarget) -> Iterator[Problem]:
    size, where = target.parallel_storage_tib, f"{TARGET}.parallel_storage_tib"
    if size is None:
        return
    if size % LUSTRE_STEP or size > LUSTRE_MOST:
        allowed = f"a multiple of {LUSTRE_STEP}, at most {LUSTRE_MOST}"
        yield Problem(where, "Azure Managed Lustre has no such size", str(size), allowed)
    if target.network is not None:
        fix = "leave it out, or let the network be built"
        yield Problem(where, "needs a subnet of its own, and the network stands already", str(size), fix=fix)


def pool_problems(
    target: AzureTarget, pools: Mapping[int, Pool], choices: Mapping[int, Choice]
) -> Iterator[Problem]:
    """Problems of pools, one by one and together."""
    for place, pool in pools.items():
        where = f"{POOLS}[{place}]"
        yield from _reservation(pool, where)
        yield from _limits(pool, where)
        if target.node_provisioning:
            yield from _provisioned(pool, where)
        if place in choices:
            yield from _disks(pool, where, choices[place])
            yield from _one_set(pool, where, choices[place])
    yield from _system(pools, choices)
    yield from _names(pools)
    yield from _room(target, pools)


def _reservation(pool: Pool, where: str) -> Iterator[Problem]:
    reserved = "reserved" in pool.capacity
    if reserved and pool.reservation is None:
        fix = "name the resource id of a capacity reservation group"
        yield Problem(f"{where}.reservation", "capacity reserved needs a reservation", fix=fix)
    if pool.reservation is None:
        return
    if not reserved:
        fix = "add reserved to capacity, or leave reservation out"
        yield Problem(f"{where}.reservation", "nothing of the pool is reserved", pool.reservation, fix=fix)
    if not RESERVATION.match(pool.reservation):
        what = "is no resource id of a capacity reservation group"
        allowed = (
            "/subscriptions/…/resourceGroups/…/providers/Microsoft.Compute/capacityReservationGroups/NAME"
        )
        yield Problem(f"{where}.reservation", what, pool.reservation, allowed)
    if pool.placement == "compact":
        fix = "leave placement out: nodes of one zone's reservation are in one zone anyway"
        what = "a capacity reservation takes no proximity placement group"
        yield Problem(f"{where}.placement", what, pool.placement, "spread", fix)


def _limits(pool: Pool, where: str) -> Iterator[Problem]:
    if pool.max > POOL_NODES:
        fix = "make two pools of it"
        yield Problem(f"{where}.max", "an agent pool cannot be larger", str(pool.max), str(POOL_NODES), fix)
    if pool.disruption.drain_minutes > DRAIN_MINUTES:
        path = f"{where}.disruption.drain_minutes"
        given, allowed = str(pool.disruption.drain_minutes), f"at most {DRAIN_MINUTES}"
        yield Problem(path, "AKS waits no longer for a node's pods", given, allowed)
    if pool.disk_gib is not None and not SMALLEST_DISK <= pool.disk_gib <= LARGEST_DISK:
        allowed = f"{SMALLEST_DISK} to {LARGEST_DISK}"
        yield Problem(f"{where}.disk_gib", "AKS has no node disk of this size", str(pool.disk_gib), allowed)
    if not pool.repair:
        what = "AKS repairs nodes by itself and cannot be told not to"
        yield Problem(f"{where}.repair", what, "false", "true", "leave repair out")


def _disks(pool: Pool, where: str, choice: Choice) -> Iterator[Problem]:
    machine = choice.machine
    if pool.local_disks == "raw" and machine.local_disks == 1:
        what = f"the disk inside {machine.name} is a temporary one that the node image formats"
        yield Problem(f"{where}.local_disks", what, "raw", "ephemeral, off")


def _one_set(pool: Pool, where: str, choice: Choice) -> Iterator[Problem]:
    """InfiniBand reaches the nodes of one scale set, and each step of a ladder is one."""
    if pool.fabric == "required" and choice.machine.fabric == "infiniband" and len(pool.capacity) > 1:
        what = "each step of the ladder is a scale set of its own, and InfiniBand reaches the nodes of one"
        fix = "write one capacity, or a pool for each with fabric: auto"
        yield Problem(f"{where}.capacity", what, ", ".join(pool.capacity), "one capacity", fix)


def _provisioned(pool: Pool, where: str) -> Iterator[Problem]:
    """Node auto-provisioning grows pools by Karpenter, which knows less than agent pools."""
    fix = "leave it out, or switch platform.target.node_provisioning off"
    if pool.max == pool.min:
        return
    if "reserved" in pool.capacity:
        what = "node auto-provisioning uses no capacity reservation"
        yield Problem(f"{where}.capacity", what, ", ".join(pool.capacity), "on-demand, spot", fix)
    if pool.placement == "compact":
        what = "node auto-provisioning places no nodes near each other"
        yield Problem(f"{where}.placement", what, pool.placement, "spread", fix)
    if pool.fabric == "required":
        what = "nodes of node auto-provisioning share no InfiniBand network"
        yield Problem(f"{where}.fabric", what, pool.fabric, "auto, off", fix)


def _system(pools: Mapping[int, Pool], choices: Mapping[int, Choice]) -> Iterator[Problem]:
    """AKS needs nodes for its own pods; where a machine is not known yet, or none is always there, others say so."""
    if len(choices) < len(pools):
        return
    always = {
        place: pool
        for place, pool in pools.items()
        if choices[place].machine.accelerator is None and pool.min
    }
    if always and all(pool.capacity[0] == "spot" for pool in always.values()):
        place = next(iter(always))
        yield Problem(
            f"{POOLS}[{place}].capacity",
            "AKS runs its own pods on a plain pool that is not spot, and there is none",
            ", ".join(always[place].capacity),
            "on-demand or reserved first",
            "change it, or add a small pool without accelerators",
        )


def _names(pools: Mapping[int, Pool]) -> Iterator[Problem]:
    taken: dict[str, int] = {}
    for place, pool in pools.items():
        for word in pool.capacity:
            name = agent_pool_name(pool.name, pool.generation, word)
            earlier = taken.setdefault(name, place)
            if pools[earlier].name != pool.name:
                what = f"would be the agent pool {name}, as {POOLS}[{earlier}] is"
                fix = "choose another name; the first letters count"
                yield Problem(f"{POOLS}[{place}].name", what, pool.name, fix=fix)
                break


def _room(target: AzureTarget, pools: Mapping[int, Pool]) -> Iterator[Problem]:
    """Addresses for all nodes and their pods, and the cluster's own limit."""
    nodes = sum((pool.max + pool.disruption.max_unavailable) * len(pool.capacity) for pool in pools.values())
    if nodes > CLUSTER_NODES:
        what = "all pools together, on every step of their ladders, are more nodes than a cluster can have"
        yield Problem(POOLS, what, str(nodes), f"at most {CLUSTER_NODES}", "lower max of some pools")
    blocks = 1 << max(0, POD_BLOCK - ip_network(target.pod_cidr).prefixlen)
    if nodes > blocks:
        what = f"has room for the pods of {blocks} nodes, and there may be {nodes}"
        yield Problem(f"{TARGET}.pod_cidr", what, target.pod_cidr, fix="choose a wider range, such as a /14")
    try:
        network_plan(target, nodes)
    except ValueError as error:
        yield Problem(f"{TARGET}.cidr", f"is too small: {error}", target.cidr, fix="choose a wider range")
