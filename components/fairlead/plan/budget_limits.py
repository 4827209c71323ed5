"""Budgets that are limits, put into the queues of a plan; and why one cannot be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil

from fairlead import labels
from fairlead.errors import Problem
from fairlead.plan import budgets
from fairlead.plan.budgets import HOURS, Kind, exact, guaranteed, hourly
from fairlead.plan.model import PoolPlan
from fairlead.plan.queue_model import BudgetPlan, FlavorPlan, FlavorQuota, QueuePlan, QueuesPlan
from fairlead.plan.queues import Claim
from fairlead.spec.tenant import Tenant


@dataclass(frozen=True)
class Unpriced:
    """A way in which a pool is bought, of which nobody knows the price."""

    pool: str
    capacity: str


def with_budgets(
    queues: QueuesPlan, pools: Sequence[PoolPlan], tenants: Sequence[Tenant], claims: Sequence[Claim]
) -> QueuesPlan:
    """The queues, and what each tenant may borrow at the most where its budget is a limit.

    Only what it is promised, or names in its borrow_limit, is dealt money to; it borrows nothing else. A budget that
    `problems` has something against is left out.
    """
    made = [
        _limited(queue, queues, pools, claim, tenant)
        for queue, claim, tenant in zip(queues.queues, claims, tenants, strict=True)
    ]
    return replace(queues, queues=tuple(made))


def _limited(
    queue: QueuePlan, queues: QueuesPlan, pools: Sequence[PoolPlan], claim: Claim, tenant: Tenant
) -> QueuePlan:
    if not tenant.budget or not tenant.budget.limit:
        return queue
    kinds, unpriced = _kinds(queue, queues, pools, _named(claim))
    if unpriced or guaranteed(kinds) > hourly(tenant.budget.month):
        return queue
    found = budgets.plan(tenant.budget.month, kinds)
    most = {one.flavor: one.borrowed for one in found.kinds}
    flavors = {one.name: one for one in queues.flavors}
    quotas = tuple(_capped(one, flavors[one.flavor], most.get(one.flavor, 0)) for one in queue.quotas)
    return replace(queue, quotas=quotas, budget=found)


def _named(claim: Claim) -> frozenset[str]:
    return frozenset({*claim.accelerators, *claim.borrow_limits})


def _capped(quota: FlavorQuota, flavor: FlavorPlan, most: int) -> FlavorQuota:
    counted = resource_of(flavor)
    return replace(quota, borrow={**quota.borrow, counted: str(most)}) if counted else quota


def resource_of(flavor: FlavorPlan) -> str:
    """The resource by which a flavor's accelerators are counted; empty where it has none."""
    return next((name for name, total in flavor.totals.items() if "/" in name and total != "0"), "")


def _kinds(
    queue: QueuePlan, queues: QueuesPlan, pools: Sequence[PoolPlan], named: frozenset[str]
) -> tuple[list[Kind], list[Unpriced]]:
    """What a tenant may hold, with its price; and what of it has none."""
    quotas = {one.flavor: one for one in queue.quotas}
    kinds: list[Kind] = []
    unpriced: dict[Unpriced, None] = {}
    for flavor in queues.flavors:
        counted = resource_of(flavor)
        if not flavor.accelerator or not counted or flavor.accelerator not in named:
            continue
        quota = quotas[flavor.name]
        own = int(quota.nominal[counted])
        room = int(flavor.totals[counted]) - own if queue.borrow else 0
        room = min(room, int(quota.borrow.get(counted, room)))
        if own or room:
            price, missing = _price(_pools_of(flavor, pools))
            unpriced |= dict.fromkeys(missing)
            kinds.append(Kind(flavor.name, flavor.accelerator, price, own, room))
    return kinds, list(unpriced)


def _pools_of(flavor: FlavorPlan, pools: Iterable[PoolPlan]) -> list[PoolPlan]:
    """Pools that a flavor is made of: the same accelerators, bought in the same ways."""
    ways = flavor.node_labels.get(labels.LADDER) or flavor.node_labels[labels.CAPACITY]
    return [
        pool
        for pool in pools
        if pool.asked_as == flavor.accelerator and ".".join(rung.capacity for rung in pool.rungs) == ways
    ]


def _price(pools: Iterable[PoolPlan]) -> tuple[Fraction, list[Unpriced]]:
    """USD an hour of one accelerator, or share of one, at the dearest; and what of it has no price."""
    known, missing = [Fraction(0)], list[Unpriced]()
    for pool in pools:
        for rung in pool.rungs:
            price, _ = pool.price_of(rung.capacity)
            if price is None:
                missing.append(Unpriced(pool.name, rung.capacity))
            else:
                known.append(exact(price) / (pool.offered or pool.count))
    return max(known), missing


def problems(
    queues: QueuesPlan,
    pools: Sequence[PoolPlan],
    tenants: Sequence[Tenant],
    claims: Sequence[Claim],
    *,
    kept: bool,
) -> Iterator[Problem]:
    """Why budgets cannot be limits. kept: whether the queue runs, which keeps them."""
    for place, (tenant, claim) in enumerate(zip(tenants, claims, strict=True)):
        if not tenant.budget or not tenant.budget.limit:
            continue
        where = f"platform.tenants[{place}].budget"
        if not kept:
            what = "nobody keeps it: layer queue is off"
            yield Problem(
                f"{where}.limit", what, "true", fix="switch platform.layers.queue on, or leave limit out"
            )
            continue
        kinds, unpriced = _kinds(queues.queues[place], queues, pools, _named(claim))
        if unpriced:
            yield _no_price(f"{where}.limit", unpriced, pools)
        elif guaranteed(kinds) > hourly(tenant.budget.month):
            yield _too_little(f"{where}.month", tenant.budget.month, kinds)


def _no_price(where: str, unpriced: Sequence[Unpriced], pools: Sequence[PoolPlan]) -> Problem:
    places = {pool.name: place for place, pool in enumerate(pools)}
    ways: dict[str, list[str]] = {}
    for one in unpriced:
        ways.setdefault(one.pool, []).append(one.capacity)
    said = "; ".join(
        f"platform.pools[{places[name]}].prices: {{{', '.join(f'{way}: USD' for way in found)}}}"
        for name, found in ways.items()
    )
    listing = "; ".join(f"pool {name}, {', '.join(found)}" for name, found in ways.items())
    return Problem(
        where,
        f"nobody knows what a part of what the tenant may hold costs: {listing}",
        "true",
        fix=f"write what a node costs an hour, as {said}; or leave limit out",
    )


def _too_little(where: str, month: float, kinds: Sequence[Kind]) -> Problem:
    needed = guaranteed(kinds)
    shares = ", ".join(f"{one.own} of {one.flavor} at {float(one.price):.2f}" for one in kinds if one.own)
    return Problem(
        where,
        f"does not pay for what the tenant is guaranteed: {shares} USD are {float(needed):,.2f} an hour",
        f"{month:,.2f} a month, {float(hourly(month)):,.2f} an hour",
        f"at least {ceil(needed * HOURS)}",
        "raise it, lower quota.accelerators, or leave limit out: then an alert watches it",
    )


def lines(found: Mapping[str, BudgetPlan]) -> Iterator[str]:
    """Every budget that is a limit, for the reader of the plan."""
    for tenant, one in found.items():
        kinds = "; ".join(
            f"{kind.flavor} at most {kind.own + kind.borrowed}"
            f" ({kind.own} of its own, {kind.borrowed} borrowed) at {kind.price:.2f}"
            for kind in one.kinds
        )
        yield (
            f"{tenant}: its budget of {one.month:,.2f} USD a month pays {one.hour:,.2f} an hour:"
            f" {kinds or 'no accelerators'}; {one.spare:,.2f} an hour are left"
        )
