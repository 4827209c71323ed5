"""The monitoring layer, decided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from fairlead.catalog.model import Catalog
from fairlead.errors import Problem
from fairlead.plan.budgets import HOURS
from fairlead.plan.model import PoolPlan
from fairlead.plan.monitoring_model import IdlePlan, MonitoringPlan, NodePrice, ReceiverPlan
from fairlead.spec.monitoring import Monitoring
from fairlead.spec.tenant import Tenant
from fairlead.values import seconds


def monitoring_plan(
    spec: Monitoring, pools: Sequence[PoolPlan], tenants: Iterable[Tenant], catalog: Catalog
) -> MonitoringPlan:
    """What is gathered, what is computed with, and who is told."""
    if not spec.enabled:
        return MonitoringPlan()
    rows = [catalog.accelerators[pool.accelerator] for pool in pools if pool.accelerator]
    vendors = sorted({row.vendor for row in rows})
    return MonitoringPlan(
        True,
        spec.interval,
        spec.retention,
        spec.size,
        spec.memory,
        tuple(catalog.readings[vendor] for vendor in vendors),
        tuple(sorted({row.resource for row in rows})),
        tuple(
            ReceiverPlan(name, one.kind, one.severity, one.channel)
            for name, one in sorted(spec.notify.items())
        ),
        tuple(_prices(pools)),
        {one.name: one.budget.month / HOURS for one in tenants if one.budget},
        IdlePlan(spec.idle.policy, seconds(spec.idle.after)),
    )


def _prices(pools: Sequence[PoolPlan]) -> Iterator[NodePrice]:
    for pool in pools:
        for capacity in dict.fromkeys(rung.capacity for rung in pool.rungs):
            price, _ = pool.price_of(capacity)
            if price is not None:
                yield NodePrice(pool.name, capacity, price)


def check(spec: Monitoring, tenants: Mapping[int, Tenant]) -> Iterator[Problem]:
    """A budget that nobody watches is refused."""
    for number, one in tenants.items():
        if one.budget and not one.budget.limit and not spec.enabled:
            yield Problem(
                f"platform.tenants[{number}].budget",
                "nobody watches it: layer monitoring is off",
                f"{one.budget.month:g}",
                "nothing, or a budget with limit: true, which the queue keeps",
                "switch platform.layers.monitoring on, or leave budget out",
            )
