"""Rules that say what nodes cost, and whom: by the prices of the plan, at this moment."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead import series
from fairlead.layers.monitoring.promql import Record, by, joined
from fairlead.plan.monitoring_model import MonitoringPlan


def records(plan: MonitoringPlan) -> list[Record]:
    """What is recorded of money; it needs what is recorded of nodes and pods. What has no price is in no sum."""
    prices = [
        Record(series.NODE_PRICE, _nodes(one.pool, one.capacity, one.price), {"currency": "USD"})
        for one in plan.prices
    ]
    budgets = [
        Record(series.TENANT_BUDGET, f"vector({hourly:.6g})", {"tenant": tenant})
        for tenant, hourly in plan.budgets.items()
    ]
    return [*prices, *(_spent() if prices else ()), *budgets]


def _nodes(pool: str, capacity: str, price: float) -> str:
    return f'{series.NODE}{{pool="{pool}", capacity="{capacity}"}} * {price:.10g}'


def _spent() -> Sequence[Record]:
    """A tenant pays for the part of a node's accelerators that its pods hold; what nobody holds nobody pays for."""
    given = by(series.NODE_ACCELERATORS, ("node", "resource"))
    part = joined(
        f"({series.POD_ACCELERATORS} / on (node, resource) group_left () {given})", ("node",), _price(), ()
    )
    # A node with parts of several sizes has several resources, and each is its part of the node.
    kinds = f"count by (node) ({given})"
    return [
        Record(series.POOL_SPEND, by(series.NODE_PRICE, ("pool",), "sum")),
        Record(
            series.TENANT_SPEND,
            by(f"({part}) / on (node) group_left () {kinds}", ("tenant", "pool"), "sum"),
        ),
    ]


def _price() -> str:
    return by(series.NODE_PRICE, ("node",))
