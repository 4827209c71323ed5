"""Trees of nodes: which labels tell how near nodes stand, and where gangs are placed by them.

Kueue places by the nodes that exist, and an autoscaler makes nodes for pods, which only admission
creates: a pool that grows has no topology, or its first job would wait for ever. In a queue with
flavors of both kinds work that names no topology goes to the flavors without one, and work that
names one to the others. Jobs with accelerators name one, plain jobs do not: so the two sides are
decided apart, and plain pools may grow beside accelerator pools that are placed by racks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from fairlead.catalog.model import Catalog, TargetRow
from fairlead.plan.model import PoolPlan
from fairlead.plan.queue_model import NearnessPlan, QueuesPlan, TopologyPlan
from fairlead.spec.onprem import OnpremTarget
from fairlead.spec.targets import AnyTarget

HOSTNAME = "kubernetes.io/hostname"
NEAR, RACK, BLOCK = "near", "rack", "block"


@dataclass(frozen=True)
class Tree:
    """A tree of nodes. The name is empty for the target's own labels, which every node carries."""

    name: str
    levels: tuple[str, ...]
    block: str = ""
    rack: str = ""


@dataclass(frozen=True)
class Placing:
    """Where the pools of a platform stand, and which of them are placed by it."""

    trees: Mapping[str, Tree]
    """Pool -> its tree; pools that grow have none."""

    def of(self, pools: Sequence[PoolPlan], base: Tree) -> Tree | None:
        """The tree of one flavor's pools: theirs if they share one, else what every node carries."""
        found = [self.trees.get(pool.name) for pool in pools]
        if not found or None in found:
            return None
        return found[0] if len(set(found)) == 1 else base


def placing(
    pools: Sequence[PoolPlan], provisioned: Iterable[str], tree: Callable[[PoolPlan], Tree]
) -> Placing:
    """Trees of the pools that are placed by topology. provisioned: pools that grow by request, before placing."""
    whole = set(provisioned)
    grow = [pool for pool in elastic(pools) if pool.name not in whole]
    by_accelerators = not any(pool.accelerator for pool in grow)
    # Work that names no topology must find a flavor without one, unless all flavors have one.
    plain = by_accelerators and not any(pool.accelerator is None for pool in grow)
    return Placing(
        {pool.name: tree(pool) for pool in pools if (by_accelerators if pool.accelerator else plain)}
    )


def elastic(pools: Iterable[PoolPlan]) -> list[PoolPlan]:
    """The pools that grow when work waits."""
    return [pool for pool in pools if pool.min_nodes < pool.max_nodes]


def tree_of(pool: PoolPlan, target: AnyTarget, row: TargetRow, catalog: Catalog) -> Tree:
    """The finest tree whose labels every node of the pool carries."""
    if (
        isinstance(target, OnpremTarget)
        and pool.accelerator
        and (target.topology.block or target.topology.rack)
    ):
        block, rack = target.topology.block or "", target.topology.rack or ""
        return Tree("racks", (*filter(None, (block, rack)), HOSTNAME), block, rack)
    capacities = {rung.capacity for rung in pool.rungs}
    for one in catalog.topologies.values():
        stands = one.target == row.name and re.fullmatch(one.machines, pool.machine)
        if stands and capacities <= set(one.capacities):
            return Tree(one.name, one.levels, one.block, one.rack)
    return Tree("", row.topology_levels)


def topologies(platform: str, trees: Iterable[Tree]) -> tuple[TopologyPlan, ...]:
    """One object for each tree that a flavor names."""
    return tuple(TopologyPlan(name_of(platform, tree), tree.levels) for tree in dict.fromkeys(trees))


def name_of(platform: str, tree: Tree) -> str:
    """Name of the object. Its levels cannot be changed: another tree has another name."""
    return f"{platform}-{tree.name}" if tree.name else platform


def nearness(trees: Sequence[Tree]) -> tuple[NearnessPlan, ...]:
    """What the words of jobs mean on flavors of accelerators that stand in these trees; nothing without any."""
    if not trees:
        return ()
    near = next((level for level in _narrowest_first(trees[0]) if all(level in t.levels for t in trees)), "")
    words = [NearnessPlan(NEAR, near, required=False)]
    for word, levels in ((RACK, [tree.rack for tree in trees]), (BLOCK, [tree.block for tree in trees])):
        known = next(filter(None, levels), "")
        if known:
            words.append(NearnessPlan(word, known, required=True))
    return tuple(words)


def _narrowest_first(tree: Tree) -> list[str]:
    """Levels above the single node that a gang may share, the nearest first."""
    return [level for level in (tree.rack, tree.block, *reversed(tree.levels[:-1])) if level]


def placing_notes(pools: Sequence[PoolPlan], queues: QueuesPlan) -> Iterator[str]:
    """What the reader should know of pools whose work is not placed by the nodes that stand."""
    free = {flavor.accelerator for flavor in queues.flavors if not flavor.topology}
    if free:
        names = ", ".join(pool.name for pool in pools if pool.asked_as in free)
        grow = ", ".join(pool.name for pool in elastic(pools))
        yield (
            f"Pools {grow} grow when work waits: work on pools {names} is admitted by quota and not by the nodes that"
            " stand; a gang whose pods are not all ready in time gives its place back."
        )
        if queues.topologies:
            yield (
                "Work of accelerators is placed by topology, plain work is not: objects that are not made by"
                " fairlead name a topology for accelerators by kueue.x-k8s.io/podset-unconstrained-topology."
            )
