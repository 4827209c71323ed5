"""A budget as a limit of the queue: how many accelerators a tenant may hold at once, so that no month costs more.

The month's sum is spread over its hours. Of what an hour may cost the guaranteed accelerators are paid first, each at
the dearest price at which its capacity may be bought. What is left is dealt out to what the tenant may borrow, in
equal sums to each kind; a kind that needs less leaves the rest to the others. So whatever it holds together, the hour
is paid. All arithmetic is exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from fairlead.plan.queue_model import BudgetPlan, KindPlan

HOURS = 730
"""Of a month, as sellers count."""


@dataclass(frozen=True)
class Kind:
    """One flavor's accelerators, as one tenant meets them."""

    flavor: str
    accelerator: str
    price: Fraction
    """USD an hour of one, at the dearest."""
    own: int
    """What the tenant is guaranteed."""
    room: int
    """Most that it may borrow by everything else."""


def exact(price: float) -> Fraction:
    """A price as it is written, not as a computer keeps it: 0.1 is a tenth."""
    return Fraction(repr(price))


def guaranteed(kinds: Iterable[Kind]) -> Fraction:
    """USD an hour of what the tenant is guaranteed."""
    return sum((one.own * one.price for one in kinds), Fraction(0))


def hourly(month: float) -> Fraction:
    """USD that an hour may cost."""
    return exact(month) / HOURS


def deal(left: Fraction, kinds: Sequence[Kind]) -> dict[str, int]:
    """Flavor -> how many of it may be borrowed for the money that is left, in equal sums to each kind.

    What costs least to have all of is served first: what it does not need is there for the others.
    """
    given: dict[str, int] = {}
    ordered = sorted(kinds, key=lambda one: (one.room * one.price, one.flavor))
    for place, one in enumerate(ordered):
        part = left / (len(ordered) - place)
        count = one.room if not one.price else min(one.room, int(part / one.price))
        given[one.flavor] = count
        left -= count * one.price
    for one in ordered:
        # What the parts left over still pays for whole ones.
        more = one.room - given[one.flavor] if not one.price else int(left / one.price)
        more = min(more, one.room - given[one.flavor])
        given[one.flavor] += more
        left -= more * one.price
    return given


def plan(month: float, kinds: Sequence[Kind]) -> BudgetPlan:
    """What a budget that pays for the guaranteed share lets a tenant hold."""
    left = hourly(month) - guaranteed(kinds)
    borrowed = deal(left, kinds)
    spare = left - sum((borrowed[one.flavor] * one.price for one in kinds), Fraction(0))
    rows = tuple(
        KindPlan(one.flavor, one.accelerator, float(one.price), one.own, borrowed[one.flavor])
        for one in kinds
    )
    return BudgetPlan(month, float(hourly(month)), rows, float(spare))
