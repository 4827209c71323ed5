"""Rules about what a platform may cost, and who answers for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from fairlead.rules.model import AnyRule, Data, Flaw, Whole, WholeRule
from fairlead.rules.settings import is_known, listed

OWNERS = ("owner", "team", "costcenter", "fairlead.dev/stack", "fairlead.dev_stack", "fairlead-platform")
"""Keys of tags that say whose something is; hyphens and underscores inside do not count, nor do capitals."""
POOLS: Mapping[str, str] = {
    "aws:eks/nodeGroup:NodeGroup": "tags",
    "gcp:container/nodePool:NodePool": "nodeConfig.resourceLabels",
    "azure-native:containerservice:AgentPool": "tags",
}
"""Type of a cloud's pool of nodes -> where its machines' tags stand."""


def accelerated(plan: Data) -> Iterator[tuple[str, Data]]:
    """(path, pool) of every pool with accelerators that is bought."""
    if buys(plan):
        for place, pool in enumerate(listed(plan.get("pools"))):
            if pool.get("accelerator"):
                yield f"pools[{place}]", pool


def buys(plan: Data) -> bool:
    """Whether machines are bought: a target that has regions is a cloud."""
    site = plan.get("site")
    return isinstance(site, Mapping) and bool(cast("Data", site).get("region"))


def _bounded(whole: Whole) -> Iterator[Flaw]:
    for place, pool in enumerate(listed(whole.plan.get("pools"))):
        most = pool.get("max_nodes")
        if not isinstance(most, int) or most < 1:
            what = f"pool {pool['name']} has no most"
            yield Flaw(f"pools[{place}].max_nodes", what, str(most), "1 or more", "say max in the pool")


def _over(whole: Whole) -> Iterator[Flaw]:
    most = whole.settings.get("month_most")
    bill: Data = whole.plan.get("bill") or {}
    total: Data = bill.get("total") or {}
    expected: Data = total.get("expected") or {}
    month = expected.get("usd_a_month")
    if most and month and month > most:
        more = "" if expected.get("complete") else ", and what has no known price"
        yield Flaw(
            "bill.total.expected",
            f"the pools cost {month:,.2f} USD a month as expected{more}",
            f"{month:,.2f}",
            f"{most:,.2f} or less",
            "lower max or min of a pool, buy it another way, or raise platform.policies.month_most;"
            " `fairlead cost` has each pool",
        )


def _unpriced(whole: Whole) -> Iterator[Flaw]:
    bill: Data = whole.plan.get("bill") or {}
    if not bill.get("region"):
        return
    for place, pool in enumerate(listed(bill.get("pools"))):
        for step in listed(pool.get("prices")):
            if step.get("usd") is None:
                capacity = step["capacity"]
                why = step.get("why") or "no table has it"
                what = f"nobody knows what {pool['machine']} costs as {capacity}: {why}"
                fix = f"say what you pay: prices: {{{capacity}: USD an hour}} in pool {pool['pool']}"
                yield Flaw(f"bill.pools[{place}]", what, fix=fix)


def _unlimited(whole: Whole) -> Iterator[Flaw]:
    found = list(accelerated(whole.plan))
    tenants = {one["name"] for one in listed(whole.plan.get("tenants"))}
    monitoring: Data = whole.plan.get("monitoring") or {}
    budgets: set[str] = set(monitoring.get("budgets") or ())
    if found and not whole.settings.get("month_most") and not (tenants and tenants <= budgets):
        names = ", ".join(pool["name"] for _, pool in found)
        what = f"accelerators are bought and no sum is named that they may cost: pool {names}"
        fix = "name one for all in platform.policies.month_most, or a budget for each tenant"
        yield Flaw("policies.month_most", what, "none", "a sum, or budgets of all tenants", fix)


def _resting(whole: Whole) -> Iterator[Flaw]:
    if whole.plan.get("environment") != "dev":
        return
    for path, pool in accelerated(whole.plan):
        there = max(pool.get("min_nodes") or 0, min(pool.get("warm") or 0, pool.get("max_nodes") or 0))
        if there and pool.get("capacity") != "reserved":
            what = f"{there} nodes of pool {pool['name']} are paid for while nobody works"
            yield Flaw(
                f"{path}.min_nodes", what, str(there), "0", "set min and warm to 0: nodes come with work"
            )


def _unwatched(whole: Whole) -> Iterator[Flaw]:
    if whole.plan.get("environment") != "prod" or (whole.plan.get("monitoring") or {}).get("enabled"):
        return
    for path, pool in accelerated(whole.plan):
        what = f"nobody sees whether the accelerators of pool {pool['name']} are used"
        yield Flaw(path, what, fix="switch platform.layers.monitoring on")
        return


def _ownerless(whole: Whole) -> Iterator[Flaw]:
    for kind, path in POOLS.items():
        for one in whole.of(kind):
            tags = one.get(path)
            if is_known(tags) and not any(_is_owner(key) for key in _keys(tags)):
                what = "no tag of its machines says whose they are"
                yield Flaw(path, what, allowed=f"a tag such as {OWNERS[0]}", fix="add one", subject=one)


def _keys(tags: Any) -> list[str]:
    return list(cast("Mapping[str, Any]", tags)) if isinstance(tags, Mapping) else []


def _is_owner(key: str) -> bool:
    plain = key.lower()
    return plain in OWNERS or plain.replace("-", "").replace("_", "") in OWNERS


def _rule(rule: str, level: Any, title: str, reason: str, check: Any, looks_at: Any = "plan") -> AnyRule:
    return WholeRule(
        id=rule, title=title, reason=reason, level=level, references=(), looks_at=looks_at, check=check
    )


RULES: tuple[AnyRule, ...] = (
    _rule(
        "cost-pool-bounded",
        "mandatory",
        "A pool has a most",
        "A pool without a most grows with every mistake in a job, and is paid for by the hour until somebody looks.",
        _bounded,
    ),
    _rule(
        "cost-month-most",
        "mandatory",
        "A platform costs no more than it may",
        "Accelerators cost as much in a night as people in a month: the sum is decided before they run, not after.",
        _over,
    ),
    _rule(
        "cost-price-known",
        "advisory",
        "The price of every pool is known",
        "A sum of which a part is not known is smaller than the invoice, and no limit is kept by it.",
        _unpriced,
    ),
    _rule(
        "cost-sum-named",
        "advisory",
        "Who buys accelerators says what they may cost",
        "Where no sum is named nobody is told when more is spent, and the first to see it is whoever pays the invoice.",
        _unlimited,
    ),
    _rule(
        "cost-dev-rests",
        "advisory",
        "Where things are tried, no accelerators wait for work",
        "A node with accelerators that waits through nights and weekends costs more than all the work that is tried.",
        _resting,
    ),
    _rule(
        "cost-use-watched",
        "advisory",
        "Whether accelerators are used is measured",
        "What is held and not used is the largest part of most bills, and it does not show in what jobs say.",
        _unwatched,
    ),
    _rule(
        "cost-pool-owner",
        "advisory",
        "Machines say whose they are",
        "A bill of a cloud is by tags: what has none is paid by everybody, and nobody dares to switch it off.",
        _ownerless,
        "resources",
    ),
)
