"""What a plan's nodes cost while nobody works, and which quotas it takes at its most. Pure.

Only nodes are counted: the tables have no prices of anything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fairlead.catalog.model import Catalog, MachineRow
from fairlead.plan.model import PlatformPlan, PoolPlan

PREEMPTED = frozenset({"spot", "flex"})
"""Capacities that take the quota of spot machines: Flex-start takes it too."""
VCPUS = "vCPUs"


@dataclass(frozen=True)
class Idle:
    """Nodes of a pool that are there while nobody works."""

    pool: str
    machine: str
    nodes: int
    capacity: str
    """First step of the ladder: it buys them."""
    price: float | None
    """USD an hour of one node; None where no table has it."""
    date: str


@dataclass(frozen=True)
class Demand:
    """What one pool takes of a quota at its most."""

    pool: str
    quota: str
    """The cloud's name; empty where none is known."""
    nodes: int
    each: int
    unit: str
    """What the quota counts: vCPUs, or accelerators."""

    @property
    def total(self) -> int:
        """All nodes together."""
        return self.nodes * self.each


def idle(plan: PlatformPlan) -> list[Idle]:
    """Pools that have nodes while nobody works, in the plan's order."""
    return [_idle(pool) for pool in plan.pools if resting(pool)]


def _idle(pool: PoolPlan) -> Idle:
    price, day = pool.price_of(pool.capacity)
    return Idle(pool.name, pool.machine, resting(pool), pool.capacity, price, day)


def resting(pool: PoolPlan) -> int:
    """Nodes of a pool on which nothing runs: its fewest, or those that are kept ready."""
    return max(pool.min_nodes, min(pool.warm, pool.max_nodes))


def first_step(pool: PoolPlan) -> float | None:
    """USD an hour of a node of the first step; None where no table has it."""
    return pool.price_of(pool.capacity)[0]


def dearest_step(pool: PoolPlan) -> float | None:
    """USD an hour of a node of the dearest step; None where a step has no known price."""
    known = [pool.price_of(rung.capacity)[0] for rung in pool.rungs]
    return None if None in known else max(price for price in known if price is not None)


def least(pool: PoolPlan) -> float | None:
    """USD an hour of a pool on which nothing runs."""
    return paid(resting(pool), first_step(pool))


def most(pool: PoolPlan) -> float | None:
    """USD an hour of a pool at its largest: the fewest nodes are of the first step, the others of the dearest."""
    fewest = paid(pool.min_nodes, first_step(pool))
    others = paid(pool.max_nodes - pool.min_nodes, dearest_step(pool))
    return None if fewest is None or others is None else fewest + others


def paid(nodes: float, price: float | None) -> float | None:
    """What so many nodes cost; None where the price is not known, but nothing for no node."""
    return 0.0 if not nodes else None if price is None else nodes * price


def demands(plan: PlatformPlan, catalog: Catalog, bought: Iterable[str] = ()) -> list[Demand]:
    """What every pool takes of each quota at its most, in the plan's order.

    Steps that share a quota take it once, for all of them together have no more than `max` nodes. The fewest nodes are
    always of the first step: other steps have what is above them.
    bought: reservations that are no quota's business, because their purchase was.
    """
    machines = catalog.machines[plan.target]
    paid = frozenset(bought)
    return [
        one
        for pool in plan.pools
        if pool.reservation is None or pool.reservation not in paid
        for one in _demands(pool, machines[pool.machine], catalog.targets[plan.target].quota_counts)
    ]


def _demands(pool: PoolPlan, machine: MachineRow, counts: str) -> Iterator[Demand]:
    unit = counts if machine.accelerator else VCPUS
    each = (machine.vcpus or 0) if unit == VCPUS else machine.count
    first = quota_of(machine, pool.capacity)
    for quota in dict.fromkeys(quota_of(machine, rung.capacity) for rung in pool.rungs):
        nodes = pool.max_nodes if quota == first else pool.max_nodes - pool.min_nodes
        yield Demand(pool.name, quota, nodes, each, unit)


def quota_of(machine: MachineRow, capacity: str) -> str:
    """The quota that nodes take which are bought this way; empty where none is known."""
    return machine.spot_quota if capacity in PREEMPTED else machine.quota
