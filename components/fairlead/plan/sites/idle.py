"""One time for all pools: targets whose autoscaler is told once for the cluster how long idle nodes stay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fairlead.errors import Problem
from fairlead.plan.model import PoolPlan
from fairlead.spec.pool import Pool
from fairlead.values import seconds

MINUTE = 60


def check(pools: Mapping[int, Pool], who: str) -> Iterator[Problem]:
    """Pools that shrink must agree, on whole minutes. who: the autoscaler, as a user knows it."""
    shrinking = {place: pool for place, pool in pools.items() if pool.min < pool.max}
    first = next(iter(shrinking), None)
    for place, pool in shrinking.items():
        where = f"platform.pools[{place}].idle_after"
        if seconds(pool.idle_after) % MINUTE or not seconds(pool.idle_after):
            what = f"{who} counts whole minutes"
            yield Problem(where, what, pool.idle_after, "1m, 2m, …", "round it to minutes")
        if first is not None and seconds(pool.idle_after) != seconds(shrinking[first].idle_after):
            yield Problem(
                where,
                f"{who} has one time for the whole cluster, and platform.pools[{first}] has another",
                pool.idle_after,
                shrinking[first].idle_after,
                "write the same everywhere",
            )


def minutes(pools: Sequence[PoolPlan]) -> int:
    """How long an idle node stays, for pools that agree; 0 where none shrinks."""
    return max((pool.idle_seconds // MINUTE for pool in pools if pool.min_nodes < pool.max_nodes), default=0)
