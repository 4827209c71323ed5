"""The local target's own part of the plan: the network link, and the steps by which pools grow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fairlead.catalog import lock
from fairlead.catalog.model import Catalog
from fairlead.errors import Problem, one_of
from fairlead.plan.machines import Choice
from fairlead.plan.model import PoolPlan, Site
from fairlead.spec.local import LocalTarget
from fairlead.spec.model import Platform
from fairlead.spec.pool import Capacity, Pool

HEAVIEST, STEP = 100, 10
"""Weight of the first step of a ladder, and how much less each next one has; Karpenter takes 1 to 100."""
STOCK = "platform.target.stock"


@dataclass(frozen=True)
class Provisioner:
    """Nodes that the autoscaler may make for one step of a pool's ladder."""

    name: str
    """For example h100-1-spot: pool, generation, capacity."""
    pool: str
    capacity: str
    weight: int
    """The step with the highest is tried first."""
    nodes: int
    """Most nodes at a time: what the pool has room for, or what the simulated market has."""


@dataclass(frozen=True)
class LocalSite(Site):
    """What the local cluster is started with."""

    subnet: str
    """The /30 of the link between the machine and the cluster."""
    images: tuple[str, ...] = ()
    """Images of the lock that jobs find on the real node, beside those of the platform."""
    provisioners: tuple[Provisioner, ...] = ()
    """Steps of all pools that grow; empty where none does: then no autoscaler runs."""

    @property
    def job_images(self) -> tuple[str, ...]:
        """Those that the spec names."""
        return self.images

    @property
    def own_charts(self) -> tuple[str, ...]:
        """The autoscaler, where a pool grows."""
        return ("karpenter-kwok",) if self.provisioners else ()


def check(
    target: LocalTarget, pools: Mapping[int, Pool], choices: Mapping[int, Choice], catalog: Catalog
) -> Iterator[Problem]:
    """The real node is one, its images are ours, and the stock is that of pools that grow."""
    for place, choice in choices.items():
        pool = pools[place]
        if choice.machine.max_nodes is not None and pool.min < pool.max:
            yield Problem(
                f"platform.pools[{place}].min",
                "the real node is the machine on which the platform runs: it neither comes nor goes",
                given=f"min {pool.min}, max {pool.max}",
                fix=f"write min: {pool.max}",
            )
    made = [name for name, row in lock.images().items() if row.build]
    for place, name in enumerate(target.images):
        if name not in made:
            what = "no image of this name is made on this machine"
            yield Problem(f"platform.target.images[{place}]", what, name, one_of(made, name))
    growing = {pool.name: pool for pool in pools.values() if pool.min < pool.max}
    for name, held in target.stock.items():
        yield from _stock(name, held, growing.get(name), list(growing))


def _stock(
    name: str, held: Mapping[Capacity, int], pool: Pool | None, growing: Sequence[str]
) -> Iterator[Problem]:
    where = f"{STOCK}.{name}"
    if pool is None:
        allowed = one_of(growing, name) if growing else "none: every pool has as many nodes as it may have"
        yield Problem(where, "no pool of this name grows", name, allowed)
        return
    for capacity in held:
        if capacity not in pool.capacity:
            what = f"pool {name} takes no {capacity} nodes"
            yield Problem(f"{where}.{capacity}", what, capacity, one_of(pool.capacity, capacity))
    first = pool.capacity[0]
    if held.get(first, pool.min) < pool.min:
        yield Problem(
            f"{where}.{first}",
            f"the {pool.min} nodes of pool {name} that are always there are {first} ones",
            str(held[first]),
            f"at least {pool.min}",
        )


def site(spec: Platform, pools: Sequence[PoolPlan], catalog: Catalog) -> LocalSite:
    """The site of a local platform."""
    if not isinstance(spec.target, LocalTarget):
        raise TypeError(f"{spec.target.kind} is not local")
    stock = {
        name: {str(word): count for word, count in held.items()} for name, held in spec.target.stock.items()
    }
    found = [one for pool in pools for one in _provisioners(pool, stock.get(pool.name, {}))]
    return LocalSite(spec.target.subnet, spec.target.images, tuple(found))


def _provisioners(pool: PoolPlan, stock: Mapping[str, int]) -> Iterator[Provisioner]:
    """One for each step, in their order. The nodes that are always there are of the first."""
    room = pool.max_nodes - pool.min_nodes
    if not room:
        return
    for place, rung in enumerate(pool.rungs):
        standing = pool.min_nodes if place == 0 else 0
        held = stock.get(rung.capacity, pool.max_nodes) - standing
        yield Provisioner(
            name=f"{pool.name}-{pool.generation}-{rung.capacity}",
            pool=pool.name,
            capacity=rung.capacity,
            weight=HEAVIEST - STEP * place,
            nodes=min(room, held),
        )
