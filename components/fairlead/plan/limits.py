"""How much tenants borrow and lend: limits per accelerator, dealt out to the flavors that have it.

Kueue limits each flavor by itself. Dealt out so that the parts add up to the limit exactly, it holds
over all of them. What is lent first is what is guaranteed last: spot before reserved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def borrowing(limit: int, room: Sequence[int]) -> list[int]:
    """Parts of a limit on what is borrowed, for flavors in order; room: what there is beyond the own share."""
    parts: list[int] = []
    for each in room:
        parts.append(min(limit - sum(parts), each))
    if parts:
        # What no flavor has room for today stays allowed: pools may grow.
        parts[-1] += limit - sum(parts)
    return parts


def lending(limit: int, shares: Sequence[int]) -> list[int]:
    """Parts of a limit on what is lent, for flavors in order; shares: what of each is the tenant's own."""
    parts: list[int] = []
    for each in reversed(shares):
        parts.append(min(limit - sum(parts), each))
    return parts[::-1]


def in_proportion(
    share: Mapping[str, int], resource: str, lent: int, others: Iterable[str]
) -> dict[str, int]:
    """What is lent of cores and memory that go with the accelerators: as large a part as of those."""
    whole = share.get(resource, 0)
    return {other: share.get(other, 0) * lent // whole if whole else 0 for other in others}
