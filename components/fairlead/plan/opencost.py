"""The opencost layer, decided: with which prices it counts, what it cannot count, and where it would invent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fairlead import series
from fairlead.errors import Problem
from fairlead.plan.model import PoolPlan
from fairlead.plan.opencost_model import COUNTED, LAYER, OpencostPlan, PoolPrice
from fairlead.spec.layer import Layers
from fairlead.spec.opencost import Opencost
from fairlead.values import seconds

LONGEST = 60
"""Seconds between two questions of monitoring: OpenCost looks back two minutes, and a rate needs two answers
(pkg/costmodel/metrics.go of v1.108.1)."""


def opencost_plan(spec: Opencost, pools: Sequence[PoolPlan]) -> OpencostPlan:
    """Whether it runs, and the prices of the pools."""
    return OpencostPlan(True, spec.memory, tuple(_prices(pools))) if spec.enabled else OpencostPlan()


def _prices(pools: Sequence[PoolPlan]) -> Iterator[PoolPrice]:
    """By the first step of each ladder, as `fairlead cost` expects nodes to be bought."""
    for pool in pools:
        price, _ = pool.price_of(pool.capacity)
        if price is not None:
            yield PoolPrice(pool.name, pool.capacity, price)


def problems(layers: Layers, plan: OpencostPlan, pools: Sequence[PoolPlan]) -> Iterator[Problem]:
    """What OpenCost would count wrong: it has prices of its own for what it knows none of."""
    if not plan.enabled:
        return
    if not plan.prices:
        yield Problem(
            f"platform.layers.{LAYER}.enabled",
            "not one pool has a price, and OpenCost would count with nothing",
            given=", ".join(pool.name for pool in pools),
            allowed="at least one pool whose price is known",
            fix="say in a pool what one node costs: prices: {on-demand: 4.20}, USD an hour; or switch the layer off",
        )
    interval = layers.monitoring.interval
    if interval.endswith("w") or seconds(interval) > LONGEST:
        yield Problem(
            "platform.layers.monitoring.interval",
            "layer opencost looks back two minutes, and needs two answers in that time",
            given=interval,
            allowed=f"at most {LONGEST}s",
            fix=f"ask every {LONGEST}s or more often, or switch platform.layers.{LAYER} off",
        )


def notes(plan: OpencostPlan, pools: Sequence[PoolPlan]) -> Iterator[str]:
    """What the reader of a plan should know: what is counted as nothing, and what more coarsely than in the bill."""
    if not plan.enabled:
        return
    priced = {one.pool: one for one in plan.prices}
    if unknown := [pool.name for pool in pools if pool.name not in priced]:
        yield (
            f"OpenCost counts nodes of pool {', '.join(unknown)} as nothing: nobody says what they cost. Say it in"
            " pools[].prices."
        )
    for pool in pools:
        if pool.name in priced and (others := _other_prices(pool, priced[pool.name])):
            yield (
                f"OpenCost cannot see how a node was bought: each of pool {pool.name} is counted as"
                f" {pool.capacity}, also where it is {', '.join(others)} and costs something else."
                f" {series.NODE_PRICE} tells them apart."
            )
    if uncounted := [pool.name for pool in pools if pool.resource not in (None, COUNTED)]:
        yield (
            f"OpenCost knows no accelerators but {COUNTED}: the price of a node of pool {', '.join(uncounted)} is"
            " shared by processors and memory."
        )


def _other_prices(pool: PoolPlan, price: PoolPrice) -> list[str]:
    """Further steps of its ladder that do not cost what the first does, or nobody knows what."""
    return [rung.capacity for rung in pool.rungs if pool.price_of(rung.capacity)[0] != price.price]
