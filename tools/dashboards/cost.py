"""What it costs: pools, tenants and their budgets, and what is paid for and not used."""

from __future__ import annotations

from dashboards.board import Board
from dashboards.panels import HALF, Column, Unit, figure, graph, listing
from dashboards.queries import IDLE, POOL, TENANT, idle, or_none
from fairlead import series
from fairlead.plan.bill_model import HOURS

_POOLS = f'{series.POOL_SPEND}{{pool=~"$pool"}}'
_TENANTS = f'{series.TENANT_SPEND}{{tenant=~"$tenant", pool=~"$pool"}}'
_OF_TENANTS = f'sum by (tenant) ({series.TENANT_SPEND}{{tenant=~"$tenant"}})'
_BUDGETS = f'max by (tenant) ({series.TENANT_BUDGET}{{tenant=~"$tenant"}})'
_ALL = f"sum by (pool) ({_POOLS})"
_HELD = f'sum by (pool) ({series.TENANT_SPEND}{{pool=~"$pool"}})'
_NOT_HELD = f"{_ALL} - ({_HELD} or {_ALL} * 0) and on (pool) {series.POOL_ACCELERATORS}"
"""Of pools with accelerators what no tenant pays for. Those without are for the platform itself."""
_IDLE_PART = f"({idle('', 'by (tenant)')} / on (tenant) count by (tenant) ({series.ACCELERATOR_IDLE}))"
_IDLE_COST = f"{_OF_TENANTS} * on (tenant) {_IDLE_PART}"


def _spent(by_label: str, chosen: str) -> str:
    """USD over the time shown: a figure every five minutes, a twelfth of an hour each."""
    return f"sum_over_time(sum by ({by_label}) ({chosen})[$__range:5m]) / 12"


_NOW = [
    figure("USD an hour", "What the nodes of the chosen pools cost.", Unit.USD, f"sum({_POOLS})"),
    figure(
        "USD a month",
        f"The same for {HOURS} hours, if nothing changes.",
        Unit.USD,
        f"sum({_POOLS}) * {HOURS}",
    ),
    figure(
        "Of it by tenants",
        "What the accelerators cost an hour that tenants hold.",
        Unit.USD,
        or_none(f"sum({_TENANTS})"),
    ),
    figure(
        "Of it by nobody",
        "What the nodes with accelerators cost an hour, without the part that tenants hold.",
        Unit.USD,
        f"sum({_NOT_HELD})",
    ),
    figure(
        "Of it idle",
        f"What the accelerators cost tenants an hour that were not used for {IDLE // 60} minutes.",
        Unit.USD,
        or_none(f"sum({_IDLE_COST})"),
    ),
    figure(
        "Over their budget",
        "Tenants that cost more than they may.",
        Unit.COUNT,
        or_none(f"count({_OF_TENANTS} > on (tenant) {_BUDGETS})"),
        bad=1,
    ),
]
_WHERE = [
    graph(
        "Spend, by pool",
        "What the nodes of each pool cost an hour.",
        Unit.USD,
        {"{{pool}}": f"sum by (pool) ({_POOLS})"},
        stacked=True,
    ),
    graph(
        "Spend, by tenant",
        "What the accelerators cost an hour that each tenant holds.",
        Unit.USD,
        {"{{tenant}}": f"sum by (tenant) ({_TENANTS})"},
        stacked=True,
    ),
    listing(
        "Spent in the time shown, by pool",
        "Added up over the time that is chosen above.",
        {"pool": "Pool"},
        [Column("USD", _spent("pool", _POOLS), Unit.USD)],
        width=HALF,
    ),
    listing(
        "Spent in the time shown, by tenant",
        "Added up over the time that is chosen above.",
        {"tenant": "Tenant"},
        [Column("USD", _spent("tenant", _TENANTS), Unit.USD)],
        width=HALF,
    ),
]
_BUDGET = [
    graph(
        "Used part of the budget",
        "What a tenant costs an hour, as a part of what it may cost.",
        Unit.RATIO,
        {"{{tenant}}": f"{_OF_TENANTS} / on (tenant) {_BUDGETS}"},
    ),
    listing(
        "Budgets",
        "What tenants cost an hour and what they may cost.",
        {"tenant": "Tenant"},
        [Column("USD an hour", _OF_TENANTS, Unit.USD), Column("Budget", _BUDGETS, Unit.USD)],
        width=HALF,
    ),
]
_WASTE = [
    graph(
        "Held by nobody, by pool",
        "What the nodes with accelerators cost an hour, without the part that tenants hold.",
        Unit.USD,
        {"{{pool}}": _NOT_HELD},
        stacked=True,
    ),
    graph(
        "Held and idle, by tenant",
        f"What the accelerators cost an hour that were not used for {IDLE // 60} minutes, by their part.",
        Unit.USD,
        {"{{tenant}}": _IDLE_COST},
        stacked=True,
    ),
]

BOARD = Board(
    "cost",
    "cost",
    "What pools and tenants cost, what they may cost, and what is paid for and not used.",
    {"Now": _NOW, "Where it goes": _WHERE, "Budgets": _BUDGET, "Not used": _WASTE},
    [POOL, TENANT],
    since="now-7d",
)
