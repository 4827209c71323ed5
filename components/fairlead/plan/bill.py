"""What a plan's nodes cost an hour and a month: at the fewest, as expected, at the most. Pure.

Only nodes are counted: the tables have no prices of anything else. What is not known is never taken for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from fairlead.catalog.model import Catalog
from fairlead.errors import InputError, Problem
from fairlead.plan import bill_notes, costs
from fairlead.plan.bill_model import Amount, Bill, PoolCost, Spread, Step
from fairlead.plan.model import STATED, PlatformPlan, PoolPlan

SHARE = 0.5
"""Part of the nodes above the resting ones that is expected to run, unless the reader knows better. No table can know
it: half is the middle of what the spec allows, and it is said beside every figure."""


def bill(plan: PlatformPlan, catalog: Catalog, today: date, share: float = SHARE) -> Bill:
    """What the nodes of a plan cost. share: of the nodes above the resting ones, 0 to 1."""
    region = region_of(plan)
    pools = tuple(_pool(pool, plan.target, region, catalog, share) for pool in plan.pools)
    notes = tuple(bill_notes.notes(plan, pools, catalog, today))
    return Bill(plan.name, plan.target, region, share, pools, total([one.cost for one in pools]), notes)


def priced(bill: Bill, source: str) -> Bill:
    """The same bill. Raises InputError if not one price of it is known. source: what the reader knows the spec by."""
    steps = [step for pool in bill.pools for step in pool.steps]
    if any(step.usd is not None for step in steps):
        return bill
    problem = Problem(
        "platform.pools",
        f"not one pool has a price: {steps[0].why}",
        given=", ".join(pool.pool for pool in bill.pools),
        allowed="prices in a pool: what one node costs, USD an hour, by how it is bought",
        fix="add prices, such as {on-demand: 4.20}, to the pools that cost something",
    )
    raise InputError(source, [problem])


def region_of(plan: PlatformPlan) -> str:
    """Region in which a plan's nodes are bought; empty where the target has none."""
    region: object = getattr(plan.site, "region", "")
    return region if isinstance(region, str) else ""


def _pool(pool: PoolPlan, target: str, region: str, catalog: Catalog, share: float) -> PoolCost:
    resting = costs.resting(pool)
    nodes = resting + share * (pool.max_nodes - resting)
    spread = Spread(
        Amount(resting, costs.least(pool)),
        Amount(nodes, costs.paid(nodes, costs.first_step(pool))),
        Amount(pool.max_nodes, costs.most(pool)),
    )
    steps = tuple(_step(pool, rung.capacity, target, region, catalog) for rung in pool.rungs)
    return PoolCost(pool.name, pool.machine, region, steps, spread)


def _step(pool: PoolPlan, capacity: str, target: str, region: str, catalog: Catalog) -> Step:
    usd, day = pool.price_of(capacity)
    if usd is None:
        return Step(capacity, None, "", "", _unknown(pool, capacity, target, region, catalog))
    if day == STATED:
        return Step(capacity, usd, STATED, STATED)
    row = catalog.prices[target][region][pool.machine]
    return Step(capacity, usd, day, (row.spot_source or row.source) if capacity == "spot" else row.source)


def _unknown(pool: PoolPlan, capacity: str, target: str, region: str, catalog: Catalog) -> str:
    """Why nobody says what a node costs that is bought this way."""
    rows = catalog.prices.get(target, {})
    if not rows:
        return f"target {target} buys no machines, so there is no table"
    if capacity == "flex":
        return "no table has flexible capacity"
    kind = catalog.reserved.get(target, {}).get(pool.node.reserved_as) if pool.node else None
    if capacity == "reserved" and kind and kind.factor is None:
        return kind.why
    if region not in rows:
        return f"no table has this region; those that have prices: {', '.join(sorted(rows))}"
    return "no table has it"


def total(spreads: Sequence[Spread]) -> Spread:
    """All of them together."""
    return Spread(
        _sum(one.least for one in spreads),
        _sum(one.expected for one in spreads),
        _sum(one.most for one in spreads),
    )


def _sum(amounts: Iterable[Amount]) -> Amount:
    given = list(amounts)
    known = [one.hour for one in given if one.hour is not None]
    return Amount(sum(one.nodes for one in given), sum(known), len(known) == len(given))
