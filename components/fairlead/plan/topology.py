"""Trees of nodes: which labels tell how near nodes stand, and where gangs are placed by them.

Kueue places by the nodes that exist, and an autoscaler makes nodes for pods, which only admission
creates: a pool that grows has no topology, or its first job would wait for ever. In a queue with
flavors of both kinds work that names no topology goes to the flavors without one, and work that
names one to the others. Whether a job names one is said by the runtime of its accelerator, so each
accelerator is decided by itself. Plain work names none: plain nodes are placed where all else is.
"""

from __future__ import annotations

import hashlib
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
UNPLACED = "unplaced"
"""End of the names of flavors without a topology."""


@dataclass(frozen=True)
class Tree:
    """A tree of nodes. The name is empty for the target's own labels, which every node carries."""

    name: str
    levels: tuple[str, ...]
    block: str = ""
    rack: str = ""
    chosen: bool = False
    """Whether its labels are the spec's own, which may choose others tomorrow."""


@dataclass(frozen=True)
class Placing:
    """Where the pools of a platform stand, and which of them are placed by it."""

    trees: Mapping[str, Tree]
    """Pool -> its tree; pools that are not placed by topology have none."""

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
    # Placing reads what containers ask for and sees no claim (Kueue 0.19.2, tas_flavorassigner.go): it would choose
    # nodes whose accelerators are taken.
    free = {pool.asked_as for pool in pools if pool.sharing.claimed}
    free |= {pool.asked_as for pool in elastic(pools) if pool.name not in whole}
    # One runtime serves all pools of an accelerator: where one of them grows, none is placed. Plain work names no
    # topology and must find a flavor without one, unless all flavors have one.
    return Placing(
        {
            pool.name: tree(pool)
            for pool in pools
            if (pool.asked_as not in free if pool.accelerator else not free)
        }
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
        levels = (*filter(None, (block, rack)), HOSTNAME)
        mark = hashlib.sha256(" ".join(levels).encode()).hexdigest()[:4]
        return Tree(f"racks-{mark}", levels, block, rack, chosen=True)
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


def flavor_name(stem: str, tree: Tree | None) -> str:
    """Name of a flavor. Its topology cannot be changed: where that may become another, the name does too."""
    if tree is None:
        return f"{stem}-{UNPLACED}"
    return f"{stem}-{tree.name}" if tree.chosen else stem


def nearness(accelerator: str, trees: Sequence[Tree]) -> tuple[NearnessPlan, ...]:
    """What the words of jobs mean on an accelerator's flavors, which stand in these trees; nothing without any."""
    if not trees:
        return ()
    near = next((level for level in _narrowest_first(trees[0]) if all(level in t.levels for t in trees)), "")
    words = [NearnessPlan(accelerator, NEAR, near, required=False)]
    for word, levels in ((RACK, [tree.rack for tree in trees]), (BLOCK, [tree.block for tree in trees])):
        known = next(filter(None, levels), "")
        if known:
            words.append(NearnessPlan(accelerator, word, known, required=True))
    return tuple(words)


def _narrowest_first(tree: Tree) -> list[str]:
    """Levels above the single node that a gang may share, the nearest first."""
    return [level for level in (tree.rack, tree.block, *reversed(tree.levels[:-1])) if level]


def placing_notes(pools: Sequence[PoolPlan], queues: QueuesPlan) -> Iterator[str]:
    """What the reader should know of pools whose work is not placed by the nodes that stand."""
    free = {flavor.accelerator for flavor in queues.flavors if not flavor.topology}
    if free:
        names = ", ".join(pool.name for pool in pools if pool.asked_as in free)
        yield (
            f"{_unplaced(pools)}: work on pools {names} is admitted by quota and not by the nodes that"
            " stand; a gang whose pods are not all ready in time gives its place back."
        )
    placed = sorted({flavor.accelerator or "plain" for flavor in queues.flavors if flavor.topology})
    if free and placed:
        yield (
            f"Work of {', '.join(placed)} is placed by topology, other work is not: objects that are not made by"
            " fairlead name a topology for it by kueue.x-k8s.io/podset-unconstrained-topology."
        )


def _unplaced(pools: Sequence[PoolPlan]) -> str:
    """Why some work is not placed."""
    grow = ", ".join(pool.name for pool in elastic(pools))
    claimed = ", ".join(pool.name for pool in pools if pool.sharing.claimed)
    return ", and ".join(
        [
            *([f"Pools {grow} grow when work waits"] if grow else []),
            *([f"{'a' if grow else 'A'}ccelerators of pools {claimed} are claimed"] if claimed else []),
        ]
    )
