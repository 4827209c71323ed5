"""A bill and a change of it for the reader: as text, and as plain data for programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from fairlead.plan.bill_change import Change, PoolChange
from fairlead.plan.bill_model import HOURS, Amount, Bill, PoolCost, Spread
from fairlead.spec.table import table

TOTAL = "all pools"
UNKNOWN = "not known"
MORE = " + ?"
"""Behind a sum of which a part is not known."""
PARTIAL = f"{MORE.strip()}: a part is not known, and not in it"


def to_text(bill: Bill) -> str:
    """The bill as text, with a newline at the end."""
    where = f", {bill.region}" if bill.region else ""
    lines = [
        f"Platform {bill.platform} on {bill.target}{where}: what its nodes cost, USD",
        f"  expected: {bill.share:g} of the nodes above those that always run, bought by the first step"
        f" (--utilization); a month has {HOURS} hours",
        "",
        *_pools(bill),
        "",
        "Notes",
        *_partial(bill.total),
        *(f"  {note}" for note in bill.notes),
    ]
    return "\n".join(lines) + "\n"


def _partial(*spreads: Spread) -> list[str]:
    """What the mark of a sum means that is not whole; nothing where all are."""
    whole = all(one.whole for spread in spreads for one in spread.bounds.values())
    return [] if whole else [f"  {PARTIAL}"]


def _pools(bill: Bill) -> list[str]:
    head = ("pool", "machine", "capacity", "nodes")
    head += ("USD/h min", "expected", "max", "USD/month min", "expected", "max", "prices of")
    rows = [_pool(pool) for pool in bill.pools]
    rows.append((TOTAL, "", "", _nodes(bill.total), *_money(bill.total), ""))
    return table(*_right(head, rows, range(4, 10)))


def _pool(pool: PoolCost) -> tuple[str, ...]:
    ladder = ", ".join(step.capacity for step in pool.steps)
    days = ", ".join(dict.fromkeys(step.date for step in pool.steps if step.date))
    return (pool.pool, pool.machine, ladder, _nodes(pool.cost), *_money(pool.cost), days or "-")


def _nodes(spread: Spread) -> str:
    return " / ".join(f"{one.nodes:g}" for one in spread.bounds.values())


def _money(spread: Spread) -> tuple[str, ...]:
    amounts = spread.bounds.values()
    return (*(_usd(one, one.hour) for one in amounts), *(_usd(one, one.month) for one in amounts))


def _usd(amount: Amount, usd: float | None, sign: str = "") -> str:
    """Two digits; a difference of nothing has no minus."""
    return UNKNOWN if usd is None else f"{round(usd, 2) + 0.0:{sign},.2f}" + ("" if amount.whole else MORE)


def _right(
    head: Sequence[str], rows: Sequence[Sequence[str]], columns: Iterable[int]
) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    """The same head and rows with figures one below the other."""
    lines = [head, *rows]
    widths = {place: max(len(line[place]) for line in lines) for place in columns}
    padded = [[cell.rjust(widths.get(place, 0)) for place, cell in enumerate(line)] for line in lines]
    return padded[0], padded[1:]


def change_text(change: Change, name: str) -> str:
    """A change as text, with a newline at the end. name: what it is held against."""
    if not change.pools:
        return f"Against {name}: no pool costs anything else\n"
    head = ("pool", "change", "bound", "USD/h before", "after", "delta", "USD/month delta")
    rows = [row for one in change.pools for row in _changed(one)]
    rows += _bounds(TOTAL, "", change.before, change.after, change.delta)
    lines = [
        f"Against {name}",
        *table(*_right(head, rows, range(3, 7))),
        *_partial(change.before, change.delta),
    ]
    return "\n".join(lines) + "\n"


def _changed(one: PoolChange) -> list[tuple[str, ...]]:
    what = f"{one.kind}: {'; '.join(one.what)}" if one.what else one.kind
    return _bounds(one.pool, what, one.before, one.after, one.delta)


def _bounds(name: str, what: str, before: Spread, after: Spread, delta: Spread) -> list[tuple[str, ...]]:
    """A line for each bound; name and change stand in the first one."""
    rows: list[tuple[str, ...]] = []
    for bound, less in delta.bounds.items():
        was, now = before.bounds[bound], after.bounds[bound]
        money = (_usd(was, was.hour), _usd(now, now.hour), _usd(less, less.hour, "+"))
        rows.append((name, what, bound, *money, _usd(less, less.month, "+")))
        name, what = "", ""
    return rows


def to_dict(bill: Bill) -> dict[str, Any]:
    """The bill as plain data."""
    return {
        "platform": bill.platform,
        "target": bill.target,
        "region": bill.region,
        "utilization": bill.share,
        "hours_a_month": HOURS,
        "pools": [_pool_dict(pool) for pool in bill.pools],
        "total": _spread_dict(bill.total),
        "notes": list(bill.notes),
    }


def _pool_dict(pool: PoolCost) -> dict[str, Any]:
    plain = {"pool": pool.pool, "machine": pool.machine, "region": pool.region}
    return {**plain, "prices": [asdict(step) for step in pool.steps], "cost": _spread_dict(pool.cost)}


def _spread_dict(spread: Spread) -> dict[str, Any]:
    return {bound: _amount_dict(one) for bound, one in spread.bounds.items()}


def _amount_dict(one: Amount) -> dict[str, Any]:
    return {
        "nodes": one.nodes,
        "usd_an_hour": None if one.hour is None else round(one.hour, 6),
        "usd_a_month": None if one.month is None else round(one.month, 2),
        "complete": one.whole and one.hour is not None,
    }


def change_dict(change: Change) -> dict[str, Any]:
    """A change as plain data."""
    return {
        "pools": [
            {"pool": one.pool, "change": one.kind, "what": list(one.what), **_sides(one)}
            for one in change.pools
        ],
        "total": _sides(change),
    }


def _sides(one: PoolChange | Change) -> dict[str, Any]:
    sides = {"before": one.before, "after": one.after, "delta": one.delta}
    return {side: _spread_dict(spread) for side, spread in sides.items()}
