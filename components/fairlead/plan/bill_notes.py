"""What must be known beside the figures of a bill: what is not known, is old, is assumed, or is not counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from fairlead.catalog.model import Catalog
from fairlead.plan.bill_model import PoolCost, Step
from fairlead.plan.model import STATED, PlatformPlan, PoolPlan

OLD_DAYS = 90
"""A table that is older is called old. Sellers change prices a few times a year; a quarter is how often one looks."""
UNDATED = "undated"
RESERVED = "reserved"
NOT_COUNTED = (
    "not counted, for the tables have only nodes: control plane, disks, network and traffic, load balancers,"
    " object store and file systems, managed databases, logs, support, taxes; nor what your contract takes off"
)


def notes(plan: PlatformPlan, pools: Sequence[PoolCost], catalog: Catalog, today: date) -> Iterator[str]:
    """In the order of their weight."""
    yield from (_unknown(pool, step) for pool, step in _steps(pools) if step.usd is None)
    yield from _stated(pools)
    yield from _reserved(plan, pools, catalog)
    yield from (_unsized(pool) for pool in plan.pools if _has_unsized(pool))
    yield from _old(pools, today)
    yield from _undated(pools)
    yield NOT_COUNTED


def _steps(pools: Sequence[PoolCost]) -> list[tuple[PoolCost, Step]]:
    return [(pool, step) for pool in pools for step in pool.steps]


def _unknown(pool: PoolCost, step: Step) -> str:
    there = f" in {pool.region}" if pool.region else ""
    return (
        f"price not known: {pool.machine}{there} as {step.capacity} (pool {pool.pool}): {step.why}; say what you"
        f" pay: prices: {{{step.capacity}: USD an hour}} in the pool"
    )


def _kind(plan: PlatformPlan, pool: str) -> str:
    node = next(one.node for one in plan.pools if one.name == pool)
    return node.reserved_as if node else ""


def _stated(pools: Sequence[PoolCost]) -> Iterator[str]:
    told = [f"{pool.pool} {step.capacity}" for pool, step in _steps(pools) if step.date == STATED]
    if told:
        yield f"price from the spec, not from a table: {', '.join(told)}"


def _reserved(plan: PlatformPlan, pools: Sequence[PoolCost], catalog: Catalog) -> Iterator[str]:
    """How reservations were priced that no price was stated for, one line for each kind."""
    rows = catalog.reserved.get(plan.target, {})
    told: dict[str, list[str]] = {}
    for pool, step in _steps(pools):
        if step.capacity == RESERVED and step.usd is not None and step.date != STATED:
            told.setdefault(_kind(plan, pool.pool), []).append(pool.pool)
    for kind, names in told.items():
        row = rows[kind]
        yield (
            f"reserved is counted as {row.factor:g} times the price on demand ({', '.join(names)}): {row.why}"
            f" ({row.source}, {row.date}); a commitment that takes something off goes into the pool's prices"
        )


def _has_unsized(pool: PoolPlan) -> bool:
    """Whether a pool may hold fewer nodes out of its reservation than were reserved."""
    return pool.reservation is not None and pool.min_nodes < pool.max_nodes


def _unsized(pool: PoolPlan) -> str:
    return (
        f"a reservation is paid for used or not, and the spec does not have its size: of {pool.name} only the nodes"
        " are counted"
    )


def _old(pools: Sequence[PoolCost], today: date) -> Iterator[str]:
    named: dict[str, list[str]] = {}
    for pool, step in _steps(pools):
        if step.date not in ("", STATED, UNDATED) and (today - date.fromisoformat(step.date)).days > OLD_DAYS:
            named.setdefault(step.date, []).append(f"{pool.pool} {step.capacity}")
    for day in sorted(named):
        age = (today - date.fromisoformat(day)).days
        yield f"price old: of {day}, {age} days ago (more than {OLD_DAYS}): {', '.join(named[day])}"


def _undated(pools: Sequence[PoolCost]) -> Iterator[str]:
    told = [f"{pool.pool} {step.capacity}" for pool, step in _steps(pools) if step.date == UNDATED]
    if told:
        yield f"price of unknown age, its table has no date: {', '.join(told)}"
