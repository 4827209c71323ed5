"""The fault policy for the reader: in short, and fault by fault."""

from __future__ import annotations

from collections.abc import Iterable

from fairlead.plan.health_model import FaultPlan, HealthPlan
from fairlead.spec.table import table

NONE = "-"


def short(plan: HealthPlan) -> list[str]:
    """Who does what about which faults, and who warns of machines that go."""
    if not plan.enabled:
        return ["Faults of nodes", "  the layer is off: nothing looks for them, nobody mends them"]
    groups: dict[tuple[str, str, str], list[FaultPlan]] = {}
    for one in plan.faults:
        groups.setdefault((one.by, one.action, _time(one)), []).append(one)
    rows = (
        (*key, _names(one.fault for one in faults), _names(one.pool for one in faults))
        for key, faults in groups.items()
    )
    return [
        "Faults of nodes, by fairlead plan --explain one by one",
        *table(("by", "action", "after", "faults", "pools"), rows),
        *(f"  {limit}" for limit in plan.limits),
        f"  pods have {plan.grace_seconds} s to stop unless their job says otherwise; warned of",
        *table(("event", "seconds", "by"), _notices(plan), indent="    "),
    ]


def long(plan: HealthPlan, pool: str) -> list[str]:
    """Every fault of one pool: how it is found, who does what about it, and why not more."""
    faults = [one for one in plan.faults if one.pool == pool]
    if not faults:
        return []
    head = ("fault", "nodes", "seen by", "as", "action", "after", "by", "why")
    rows = (
        (
            f"{one.fault} ({_xids(one)})" if one.xids else one.fault,
            one.nodes,
            one.detector,
            one.condition,
            one.action,
            _time(one),
            one.by,
            one.reason or NONE,
        )
        for one in faults
    )
    return ["  faults", *table(head, rows, indent="    ")]


def _notices(plan: HealthPlan) -> Iterable[tuple[str, ...]]:
    for one in plan.notices:
        yield one.event, NONE if one.seconds is None else str(one.seconds), one.giver


def _names(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def _time(one: FaultPlan) -> str:
    if one.action == "none":
        return NONE
    return f"{one.after_seconds // 60} min" if one.after_seconds else "at once"


def _xids(one: FaultPlan) -> str:
    return f"XID {one.xids[0]}" if len(one.xids) == 1 else f"{len(one.xids)} XIDs"
