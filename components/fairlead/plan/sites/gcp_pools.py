"""Node pools of GKE out of the platform's pools: one for each step of a ladder, one for each TPU slice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from fairlead.plan.model import PoolPlan, Rung
from fairlead.plan.node_model import NodePlan
from fairlead.plan.sharing import taints
from fairlead.plan.sites import gcp_network as net
from fairlead.plan.sites import gcp_words as words
from fairlead.plan.sites.gcp_model import FabricPlan, NodePoolPlan, WorkloadPolicyPlan
from fairlead.spec.gcp import GcpTarget

COMPUTE_CLASS = "cloud.google.com/compute-class"
"""Node label: the ComputeClass whose steps name the node pool."""
DEFAULT_CLASS = "default"
"""The ComputeClass of pods that name none, which are all: GKE leaves such pods as they are.
https://docs.cloud.google.com/kubernetes-engine/docs/how-to/run-pods-default-compute-classes"""
STRATEGIES: Mapping[str, str] = {"time-slicing": "TIME_SHARING", "mps": "MPS"}
"""Way of sharing -> gpuSharingStrategy. https://docs.cloud.google.com/kubernetes-engine/docs/concepts/timesharing-gpus,
discovery document container v1 GPUSharingConfig; 2026-11-24"""
DISK_GIB = 100
"""A node's own disk unless the pool says otherwise: this product's choice, with room for images of 20 GiB."""


def fabric_use(pools: Sequence[PoolPlan]) -> Iterator[tuple[str, str, int]]:
    """(kind, zone, cards) of every pool whose nodes have a network between accelerators."""
    for pool in pools:
        if pool.node and pool.node.fabric in (*net.SOCKETS, net.RDMA):
            yield pool.node.fabric, pool.zones[0], pool.node.fabric_cards


def has_ladder(pools: Sequence[PoolPlan]) -> bool:
    """Whether any pool may be filled from several capacities."""
    return any(len(pool.rungs) > 1 for pool in pools)


def policies(name: str, pools: Sequence[PoolPlan]) -> tuple[WorkloadPolicyPlan, ...]:
    """A workload policy for each shape in which machines form a unit."""
    shapes = sorted({shape for pool in pools if (shape := _unit(pool))})
    return tuple(
        WorkloadPolicyPlan(words.fit(f"{name}-{shape}", words.COMPUTE_NAME), shape) for shape in shapes
    )


def _unit(pool: PoolPlan) -> str | None:
    """Topology of the workload policy that a pool's machines need; None where they need none."""
    if words.series(pool.machine) not in words.WORKLOAD_POLICY:
        return None
    if pool.topology is None:
        return words.NVLINK_DOMAIN
    return pool.topology if pool.slice_nodes > 1 else None


def node_pools(
    target: GcpTarget,
    pools: Sequence[PoolPlan],
    fabrics: Sequence[FabricPlan],
    units: Sequence[WorkloadPolicyPlan],
) -> tuple[NodePoolPlan, ...]:
    """Every node pool, in the order of the pools and of their ladders."""
    site = _Site(target, fabrics, {one.topology: one.name for one in units}, has_ladder(pools))
    return tuple(chain.from_iterable(site.of(pool) for pool in pools))


def ladder(pools: Sequence[PoolPlan], made: Sequence[NodePoolPlan]) -> tuple[tuple[str, ...], ...]:
    """Node pools by step: all first steps, then all second ones; empty where no pool has a second one."""
    if not has_ladder(pools):
        return ()
    steps: list[list[str]] = [[] for _ in range(max(len(pool.rungs) for pool in pools))]
    order = {pool.name: [rung.capacity for rung in pool.rungs] for pool in pools}
    for one in made:
        steps[order[one.pool].index(one.capacity)].append(one.name)
    return tuple(tuple(step) for step in steps)


@dataclass(frozen=True)
class _Site:
    target: GcpTarget
    fabrics: Sequence[FabricPlan]
    units: dict[str, str]
    ladders: bool

    def of(self, pool: PoolPlan) -> Iterator[NodePoolPlan]:
        """The node pools of one pool."""
        if pool.node is None:
            raise AssertionError(f"pool {pool.name} has passed the checks without facts of its machine")
        for place, rung in enumerate(pool.rungs):
            least = pool.min_nodes if place == 0 else 0
            for end, low, high in _parts(pool, least):
                yield self._one(pool, pool.node, rung, end, (low, high))

    def _one(
        self, pool: PoolPlan, node: NodePlan, rung: Rung, end: str, bounds: tuple[int, int]
    ) -> NodePoolPlan:
        low, high = bounds
        fixed = low == high and not self._scaled_anyway(rung)
        count, each = spread(low, high, len(pool.zones))
        zones = pool.zones[:count]
        gpu = None if self._tpu(pool) else words.accelerator_type(pool.machine)
        whole = pool.slice_nodes > 1
        unit = self.units.get(_unit(pool) or "")
        flexible = rung.capacity == "flex"
        surge = (0, pool.max_unavailable) if pool.accelerator else (pool.max_unavailable, 0)
        mark = {COMPUTE_CLASS: DEFAULT_CLASS} if self.ladders else {}
        return NodePoolPlan(
            name=self._name(pool, rung, end),
            pool=pool.name,
            capacity=rung.capacity,
            zones=zones,
            machine_type=words.machine_type(pool.machine),
            image=node.image_spelling,
            arch=node.arch,
            labels={**rung.labels, **mark},
            disk_gib=pool.disk_gib or DISK_GIB,
            disk_type=words.disk_type(pool.machine),
            guest_accelerator=gpu,
            guest_count=pool.count if gpu else 0,
            driver=self.target.driver.upper() if gpu else "",
            partition=pool.sharing.share if pool.sharing.kind == "mig" else "",
            sharing=STRATEGIES.get(pool.sharing.kind, ""),
            clients=pool.sharing.replicas if pool.sharing.kind in STRATEGIES else 0,
            taints=taints(pool.sharing),
            tpu=self._tpu(pool),
            fixed=each if fixed else None,
            initial=0 if fixed else each,
            least=low,
            most=high,
            spot=rung.capacity == "spot",
            flex=flexible,
            queued=flexible and pool.name in self.target.queued,
            max_seconds=(pool.max_seconds or words.FLEX_SECONDS) if flexible else None,
            reservation=pool.reservation if rung.capacity == "reserved" else None,
            slice_topology=pool.topology if whole and unit is None else None,
            policy=unit,
            # Whoever makes a reservation decides how near to each other its machines stand.
            compact=pool.placement == "compact"
            and unit is None
            and not whole
            and rung.capacity != "reserved",
            ephemeral_ssds=node.local_disks if pool.local_disks == "ephemeral" else 0,
            raw_ssds=node.local_disks if pool.local_disks == "raw" else 0,
            streaming=pool.image_streaming,
            cache=pool.image_cache,
            # Flex-start and automatic repair exclude each other: a failed node is asked for anew.
            repair=pool.repair and not flexible,
            max_surge=surge[0],
            max_unavailable=surge[1],
            drain_seconds=pool.drain_minutes * 60,
            networks=net.interfaces(node.fabric, zones[0], node.fabric_cards, self.fabrics),
        )

    @staticmethod
    def _tpu(pool: PoolPlan) -> bool:
        return words.series(pool.machine) in words.TPUS

    @staticmethod
    def _scaled_anyway(rung: Rung) -> bool:
        """Flexible nodes come when they are asked for, never before."""
        return rung.capacity == "flex"

    @staticmethod
    def _name(pool: PoolPlan, rung: Rung, end: str) -> str:
        step = f"-{words.SHORT[rung.capacity]}" if len(pool.rungs) > 1 else ""
        return words.fit(f"{pool.name}-g{pool.generation}{step}{end}", words.NODE_POOL_NAME)


def _parts(pool: PoolPlan, least: int) -> Iterator[tuple[str, int, int]]:
    """(end of the name, least, most) of each node pool of one step: a slice of several hosts is one of its own."""
    size = pool.slice_nodes
    if size == 1:
        yield "", least, pool.max_nodes
        return
    for index in range(pool.max_nodes // size):
        yield f"-s{index}", size if index < least // size else 0, size


def spread(least: int, most: int, zones: int) -> tuple[int, int]:
    """(zones, nodes in each zone at first): GKE counts the first nodes for each zone.

    As many zones as allow a first number that lies within the bounds; all of them where none is always there.
    """
    if not least:
        return zones, 0
    for count in range(min(zones, most), 0, -1):
        each = -(-least // count)
        if each * count <= most:
            return count, each
    raise AssertionError(f"no number of zones holds {least} to {most} nodes")
