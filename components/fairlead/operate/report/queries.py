"""What a report asks: PromQL by the name under which the page has the answer.

Hours, and USD, are added up: one look every `grain` seconds, for which it counts. What nobody told counts for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from fairlead import series
from fairlead.layers.monitoring.devices import BUSY
from fairlead.layers.monitoring.promql import by, renamed
from fairlead.operate import usage
from fairlead.operate.report.model import Period
from fairlead.values import span

BINS = (BUSY, *(part / 10 for part in range(1, 10)))
"""Lower edges of the parts of the histogram that come after the first, of those that do nothing."""
_USED = series.ACCELERATOR_UTILIZATION
_WAITED = "kueue_admission_wait_time_seconds"
_IDLE_COST = (
    "({spend}) * on (tenant) (({idle}) / on (tenant) (count by (tenant) ("
    + series.ACCELERATOR_IDLE
    + ") > 0))"
)
"""What idle accelerators cost a tenant: its cost, by the part of its accelerators that does nothing."""


def bin_name(number: int) -> str:
    """Of a part of the histogram, the first being 0."""
    return f"bin {number}"


def answers(period: Period, idle_after: int) -> Mapping[str, str]:
    """Queries that are asked once, at the end of the period."""
    over = _Over(period)
    return {
        **_of_all(over, idle_after),
        **_of_pools(over, idle_after),
        **_of_tenants(over, idle_after),
        **_waits(over),
        **_histogram(over),
        **_jobs(over, idle_after),
    }


def courses(period: Period, idle_after: int) -> Mapping[str, str]:
    """Queries that are asked for every point of a plot."""
    over = _Over(period)
    return {
        "pool there": over.each(usage.THERE),
        "pool held": over.each(usage.HELD),
        "pool busy": over.each(usage.busy("pool")),
        "pool idle": over.each(usage.idle("pool", idle_after)),
        "pool spend": over.each(usage.POOL_SPEND),
        "tenant held": over.each(usage.TENANT_HELD),
        "tenant idle": over.each(usage.idle("tenant", idle_after)),
        "tenant spend": over.each(usage.TENANT_SPEND),
        "tenant waiting": over.each(usage.WAITING),
        "tenant longest": over.each(usage.LONGEST_WAIT, "max"),
    }


class _Over:
    """Expressions, looked at over a period."""

    def __init__(self, period: Period) -> None:
        self._range = f"{span(period.seconds)}:{span(period.grain)}"
        self._step = f"{span(period.step)}:{span(period.grain)}"
        self.whole = span(period.seconds)
        self._looks = period.seconds // period.grain
        self._hour = 3600 / period.grain

    def hours(self, expression: str) -> str:
        """The sum, a look counting for as many hours as it is from the next."""
        return f"sum_over_time(({expression})[{self._range}]) / {self._hour:.12g}"

    def most(self, expression: str) -> str:
        return f"max_over_time(({expression})[{self._range}])"

    def mean(self, expression: str) -> str:
        return f"avg_over_time(({expression})[{self._range}])"

    def covered(self, expression: str) -> str:
        """The part of the looks that found something."""
        return f"count_over_time(({expression})[{self._range}]) / {self._looks}"

    def each(self, expression: str, how: str = "avg") -> str:
        """For each point of a plot what was in the step before it."""
        return f"{how}_over_time(({expression})[{self._step}])"


def _part(part: str, whole: str) -> str:
    return f"({part}) / ({whole})"


def _of_all(over: _Over, after: int) -> Mapping[str, str]:
    there, held = over.hours(f"sum({usage.THERE})"), over.hours(f"sum({usage.HELD})")
    busy, idle = over.hours(f"sum({usage.busy('pool')})"), over.hours(f"sum({usage.idle('pool', after)})")
    spend = over.hours(f"sum({usage.POOL_SPEND})")
    return {
        "covered": over.covered(f"sum({usage.THERE})"),
        "told": _part(over.hours(f"count({_USED})"), held),
        "there": there,
        "there mean": over.mean(f"sum({usage.THERE})"),
        "held": held,
        "held part": _part(held, there),
        "busy": busy,
        "busy part": _part(busy, held),
        "idle": idle,
        "idle part": _part(idle, held),
        "other": f"({held}) - ({busy}) - ({idle})",
        "free": f"({there}) - ({held})",
        "spend": spend,
        "spend rate": f"sum({usage.POOL_SPEND})",
        "spend idle": over.hours(f"sum({_idle_cost(after)})"),
        "waiting": f"sum({usage.WAITING})",
        "waiting mean": over.mean(f"sum({usage.WAITING})"),
        "longest": over.most(f"max({usage.LONGEST_WAIT})"),
    }


def _idle_cost(after: int) -> str:
    return _IDLE_COST.format(spend=usage.TENANT_SPEND, idle=usage.idle("tenant", after))


def _of_pools(over: _Over, after: int) -> Mapping[str, str]:
    there, held = over.hours(usage.THERE), over.hours(usage.HELD)
    busy = over.hours(usage.busy("pool"))
    return {
        "pool there": there,
        "pool held": held,
        "pool held part": _part(held, there),
        "pool busy": busy,
        "pool busy part": _part(busy, there),
        "pool idle": over.hours(usage.idle("pool", after)),
        "pool spend": over.hours(usage.POOL_SPEND),
    }


def _of_tenants(over: _Over, after: int) -> Mapping[str, str]:
    held, idle = over.hours(usage.TENANT_HELD), over.hours(usage.idle("tenant", after))
    return {
        "tenant held": held,
        "tenant busy": over.hours(usage.busy("tenant")),
        "tenant idle": idle,
        "tenant idle part": _part(idle, held),
        "tenant spend": over.hours(usage.TENANT_SPEND),
        "tenant spend idle": over.hours(_idle_cost(after)),
    }


def _waits(over: _Over) -> Mapping[str, str]:
    """Of Kueue's histogram the sum and the count are exact; how long somebody waits who is not let go is not in it."""

    def risen(what: str) -> str:
        return by(
            renamed(f"increase({_WAITED}_{what}[{over.whole}])", {"tenant": "cluster_queue"}),
            ("tenant",),
            "sum",
        )

    return {
        "wait admitted": risen("count"),
        "wait mean": f"{risen('sum')} / ({risen('count')} > 0)",
        "wait longest": over.most(usage.LONGEST_WAIT),
        "wait now": usage.WAITING,
    }


def _histogram(over: _Over) -> Mapping[str, str]:
    """Hours of accelerators that pods held, by how busy these were."""
    first = f"count({_USED}) - sum({usage.in_use()})"
    above = [f"sum({usage.in_use()})", *(f"sum({_USED} >= bool {edge:g})" for edge in BINS[1:])]
    between = [f"{low} - {high}" for low, high in pairwise(above)]
    found = [first, *between, above[-1]]
    return {
        "utilisation": _part(over.hours(f"sum({_USED})"), over.hours(f"count({_USED})")),
        **{bin_name(number): over.hours(one) for number, one in enumerate(found)},
    }


def _jobs(over: _Over, after: int) -> Mapping[str, str]:
    # All of them: of equal ones `topk` takes now these, now those.
    idle = over.hours(usage.job(usage.unused(after)))
    told, used = over.hours(usage.job(_USED, "count")), over.hours(usage.job(_USED))
    return {
        "job idle": f"{idle} > 0",
        "job held": told,
        "job utilisation": _part(used, told),
        "job longest": over.most(usage.job(series.ACCELERATOR_IDLE, "max")),
    }
