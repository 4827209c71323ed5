"""A pool's steps as AKS knows them: agent pools, or Karpenter's NodePools under node auto-provisioning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fairlead.catalog.fabrics import OFFERED
from fairlead.plan.model import PoolPlan, Rung, SharingPlan
from fairlead.plan.node_model import NodePlan
from fairlead.plan.sites.azure_model import AgentPoolPlan, ProvisionedPool
from fairlead.plan.sites.azure_names import agent_pool_name

SPOT_KEY, SPOT_VALUE = "kubernetes.azure.com/scalesetpriority", "spot"
"""Label that AKS puts on spot nodes and takes off no more.

https://learn.microsoft.com/azure/aks/spot-node-pool, https://github.com/Azure/AKS/issues/2934, 2026-11-23
"""
OS_DISK, ACCELERATOR_OS_DISK = 128, 256
"""GiB of a node's disk unless the pool says otherwise: images of accelerator workloads are large."""
TEMPORARY = 480
"""GiB of the temporary disk of sizes that have NVMe disks besides: the smallest there is, that of HBv4."""
TEMPLATE = "k8s.io_cluster-autoscaler_node-template"
"""Tags from which the cluster autoscaler learns what a node of an empty pool would be; `/` is written `_`.

https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/azure/README.md, 2026-11-23
"""
FAMILIES: Mapping[str, str] = {"Ubuntu": "Ubuntu2404", "AzureLinux3": "AzureLinux"}
"""OS SKU -> image family of an AKSNodeClass.

github.com/Azure/karpenter-provider-azure v1.14.2, pkg/apis/crds/karpenter.azure.com_aksnodeclasses.yaml
"""
BEST = 100
"""Priority, or weight, of a ladder's first step; each further step is 10 lower."""


def bought(pool: PoolPlan) -> NodePlan:
    """What a node of a cloud's pool is. Raises TypeError for a pool whose nodes are not bought."""
    if pool.node is None:
        raise TypeError(f"pool {pool.name} has no machine of this cloud")
    return pool.node


def system_pool(pools: Sequence[PoolPlan]) -> PoolPlan | None:
    """The pool for AKS' own pods: the first without accelerators that begins with nodes it may keep."""
    plain = (pool for pool in pools if pool.accelerator is None and pool.min_nodes > 0)
    return next((pool for pool in plain if pool.rungs[0].capacity != "spot"), None)


def agent_pools(pools: Sequence[PoolPlan], node_provisioning: bool) -> Iterator[AgentPoolPlan]:
    """Every agent pool, the system pool first.

    Under node auto-provisioning only nodes that are always there stand in agent pools, and nothing scales them.
    """
    system = system_pool(pools)
    ordered = sorted(pools, key=lambda pool: pool is not system)
    for pool in ordered:
        for place, rung in enumerate(pool.rungs):
            if node_provisioning and (place or not pool.min_nodes):
                continue
            yield _agent_pool(pool, rung, place, pool is system and not place, node_provisioning)


def _agent_pool(pool: PoolPlan, rung: Rung, place: int, system: bool, fixed: bool) -> AgentPoolPlan:
    node = bought(pool)
    smallest = 0 if place else pool.min_nodes
    largest = pool.min_nodes if fixed else pool.max_nodes
    spot = rung.capacity == "spot"
    surge, unavailable = _upgrade(pool, spot)
    taints = tuple(f"{taint.key}={taint.value}:{taint.effect}" for taint in (*pool.taints, *rung.taints))
    labels = {**rung.labels, **({SPOT_KEY: SPOT_VALUE} if spot else {})}
    disk, size = os_disk(pool, node)
    scaled = smallest != largest
    return AgentPoolPlan(
        name=agent_pool_name(pool.name, pool.generation, rung.capacity),
        pool=pool.name,
        capacity=rung.capacity,
        system=system,
        vm_size=pool.machine,
        os_sku=node.image_spelling,
        count=smallest,
        smallest=smallest,
        largest=largest,
        scaled=scaled,
        zones=pool.zones,
        labels=labels,
        taints=taints,
        tags=_template(pool, labels, taints) if scaled else {},
        spot=spot,
        os_disk=disk,
        os_disk_gib=size,
        gpu_driver=_driver(pool, node),
        gpu_instance_profile=instance_profile(pool.sharing),
        reservation=(pool.reservation or "") if rung.capacity == "reserved" else "",
        proximity=f"{pool.name}-{pool.generation}" if pool.placement == "compact" else "",
        max_surge=surge,
        max_unavailable=unavailable,
        drain_minutes=pool.drain_minutes,
    )


def _upgrade(pool: PoolPlan, spot: bool) -> tuple[str, str]:
    """Nodes more, or nodes less, during an upgrade: accelerators have no spare ones, spot pools take neither."""
    if spot:
        return "", ""
    return ("0", str(pool.max_unavailable)) if pool.accelerator else (str(pool.max_unavailable), "0")


def _driver(pool: PoolPlan, node: NodePlan) -> str:
    if pool.accelerator is None:
        return ""
    return "Install" if node.driver == "cloud" else "None"


def instance_profile(sharing: SharingPlan) -> str:
    """AKS' word for a MIG profile: MIG1g for 1g.10gb; empty for none. It says no more than the compute slices."""
    return f"MIG{sharing.share.partition('.')[0]}" if sharing.kind == "mig" else ""


def os_disk(pool: PoolPlan, node: NodePlan) -> tuple[str, int]:
    """Where a node's own disk is, and its GiB: inside the machine wherever it fits, made to fit if nobody said."""
    usual = ACCELERATOR_OS_DISK if pool.accelerator else OS_DISK
    room = node.local_disk_gib if node.local_disks == 1 else min(node.local_disk_gib, TEMPORARY)
    inside = pool.local_disks == "ephemeral" and (pool.disk_gib or OS_DISK) <= room
    if inside:
        return "Ephemeral", pool.disk_gib or min(usual, room)
    return "Managed", pool.disk_gib or usual


def _template(pool: PoolPlan, labels: Mapping[str, str], taints: Sequence[str]) -> dict[str, str]:
    """What the autoscaler must know to grow the pool from nothing."""
    found = {f"{TEMPLATE}_label_{_tag(key)}": value for key, value in labels.items()}
    for taint in taints:
        key, _, rest = taint.partition("=")
        found[f"{TEMPLATE}_taint_{_tag(key)}"] = rest
    if pool.resource:
        found[f"{TEMPLATE}_resources_{_tag(pool.resource)}"] = str(pool.offered)
    for resource, number in _offered(pool).items():
        found[f"{TEMPLATE}_resources_{_tag(resource)}"] = str(number)
    return found


def _offered(pool: PoolPlan) -> Mapping[str, int]:
    """What a device plugin offers of the InfiniBand of a node, once it runs there."""
    if pool.rdma and pool.rdma.resources:
        return pool.rdma.resources
    return {OFFERED: 1} if bought(pool).fabric == "infiniband" and pool.accelerator else {}


def _tag(key: str) -> str:
    return key.replace("/", "_")


def priorities(pools: Sequence[AgentPoolPlan]) -> dict[int, tuple[str, ...]]:
    """Priority -> patterns of the scale sets' names, `aks-<agent pool>-<digits>-vmss`, of pools that scale."""
    steps: dict[str, int] = {}
    found: dict[int, list[str]] = {}
    for pool in (pool for pool in pools if pool.scaled):
        step = steps.setdefault(pool.pool, 0)
        steps[pool.pool] += 1
        found.setdefault(BEST - 10 * step, []).append(f"^aks-{pool.name}-.*")
    return {priority: tuple(found[priority]) for priority in sorted(found, reverse=True)}


def provisioned(pools: Sequence[PoolPlan]) -> Iterator[ProvisionedPool]:
    """Each pool's room above `min`, one NodePool for each step of its ladder."""
    for pool in pools:
        room = pool.max_nodes - pool.min_nodes
        for place, rung in enumerate(pool.rungs if room else ()):
            yield _provisioned(pool, rung, place, room)


def _provisioned(pool: PoolPlan, rung: Rung, place: int, room: int) -> ProvisionedPool:
    node = bought(pool)
    return ProvisionedPool(
        name=f"{pool.name}-{pool.generation}-{rung.capacity}",
        pool=pool.name,
        capacity=rung.capacity,
        vm_size=pool.machine,
        image_family=FAMILIES[node.image_spelling],
        arch=node.arch,
        zones=pool.zones,
        labels=rung.labels,
        taints=tuple(f"{taint.key}={taint.value}:{taint.effect}" for taint in pool.taints),
        weight=BEST - 10 * place,
        cpu=str(node.vcpus * room),
        memory=memory_text_of(node.memory_mib * room),
        nodes=room,
        os_disk_gib=os_disk(pool, node)[1],
        idle_seconds=pool.idle_seconds,
        max_unavailable=pool.max_unavailable,
        drain_minutes=pool.drain_minutes,
    )


def memory_text_of(mebibytes: int) -> str:
    """MiB as a Kubernetes quantity."""
    return f"{mebibytes}Mi" if mebibytes % 1024 else f"{mebibytes // 1024}Gi"
