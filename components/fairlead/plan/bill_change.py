"""What a change of a platform does to its bill: pool by pool before, after, and the difference. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fairlead.plan.bill import total
from fairlead.plan.bill_model import Amount, Bill, PoolCost, Spread

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
NOTHING = Spread(Amount(0, 0.0), Amount(0, 0.0), Amount(0, 0.0))


@dataclass(frozen=True)
class PoolChange:
    """What became of one pool."""

    pool: str
    kind: str
    """added, removed or changed."""
    what: tuple[str, ...]
    """Facts that are other ones now, `max 8 -> 16`; empty for a pool that is new or gone."""
    before: Spread
    after: Spread
    delta: Spread


@dataclass(frozen=True)
class Change:
    """What became of all pools."""

    pools: tuple[PoolChange, ...]
    """Only those that are other ones now: in the order of the spec, those that are gone last."""
    before: Spread
    after: Spread
    delta: Spread
    """The sum over the pools: what is not known before and after, and stays as it is, does not blur it."""


def change(before: Bill | None, after: Bill) -> Change:
    """From one bill to another; before is None where there was no platform."""
    old = {one.pool: one for one in before.pools} if before else {}
    new = {one.pool: one for one in after.pools}
    names = [*new, *(name for name in old if name not in new)]
    pools = [_pool(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)]
    return Change(
        tuple(pools), before.total if before else NOTHING, after.total, total([one.delta for one in pools])
    )


def _pool(name: str, old: PoolCost | None, new: PoolCost | None) -> PoolChange:
    before, after = (one.cost if one else NOTHING for one in (old, new))
    kind = CHANGED if old and new else ADDED if new else REMOVED
    what = tuple(_facts(old, new)) if old and new else ()
    return PoolChange(name, kind, what, before, after, _delta(before, after))


def _delta(before: Spread, after: Spread) -> Spread:
    """After less before."""
    return Spread(
        _less(before.least, after.least),
        _less(before.expected, after.expected),
        _less(before.most, after.most),
    )


def _less(before: Amount, after: Amount) -> Amount:
    known = None if before.hour is None or after.hour is None else after.hour - before.hour
    return Amount(after.nodes - before.nodes, known)


def _facts(old: PoolCost, new: PoolCost) -> Iterator[str]:
    for (name, was), (_, now) in zip(_described(old), _described(new), strict=True):
        if was != now:
            yield f"{name} {was} -> {now}"


def _described(pool: PoolCost) -> Sequence[tuple[str, str]]:
    steps = ", ".join(step.capacity for step in pool.steps)
    prices = ", ".join("not known" if step.usd is None else f"{step.usd:g}" for step in pool.steps)
    return (
        ("machine", pool.machine),
        ("region", pool.region or "none"),
        ("capacity", steps),
        ("min", f"{pool.cost.least.nodes:g}"),
        ("max", f"{pool.cost.most.nodes:g}"),
        ("USD/h a node", prices),
    )
