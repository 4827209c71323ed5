"""The fault policy of the spec, compiled to what the target offers: a pure function.

A target's repairer either is told what to do, or does what its row says; then the row's reason stands
in the plan. Nothing is asked of anybody in silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from fairlead import labels
from fairlead.catalog.faults import FaultRow, Faults, RepairerRow, RepairRow
from fairlead.plan.health_model import (
    NOBODY,
    DetectorPlan,
    DetectorRule,
    FaultPlan,
    HealthPlan,
    NoticePlan,
)
from fairlead.plan.model import PoolPlan
from fairlead.spec.health import Health, Repair
from fairlead.values import seconds

NVIDIA = "nvidia.com/gpu"
VENDORS = {"nvidia": NVIDIA}
"""Vendor of a fault's row -> resource of the accelerators that can have it."""
SPOT = "spot"
RECLAIM = "spot-reclaim"


def health_plan(spec: Health, pools: Sequence[PoolPlan], target: str, rows: Faults) -> HealthPlan:
    """What is found, by whom, and what is done about it, for every pool."""
    notices = [NoticePlan(row.name, row.giver, row.seconds) for row in rows.notices[target].values()]
    grace = seconds(spec.checkpoint_grace)
    if not spec.enabled:
        return HealthPlan(False, spec.stop_above, grace, notices=tuple(notices))
    repairers = rows.of(target)
    return HealthPlan(
        enabled=True,
        stop_above=spec.stop_above,
        grace_seconds=grace,
        faults=tuple(
            one for pool in pools if not pool.simulated for one in _pool(spec, pool, repairers, rows)
        ),
        limits=tuple(f"{row.title}: {row.limit}" for row in repairers),
        notices=tuple(notices),
        detector=_detector(pools, repairers, rows),
    )


def left_alone(spec: Health, pools: Sequence[PoolPlan]) -> tuple[PoolPlan, ...]:
    """The pools as targets see them: with the layer switched off, none of them is mended."""
    return tuple(pool if spec.enabled else replace(pool, repair=False) for pool in pools)


def _pool(
    spec: Health, pool: PoolPlan, repairers: Sequence[RepairerRow], rows: Faults
) -> Iterator[FaultPlan]:
    for repairer in repairers:
        if not _has(pool, repairer.nodes):
            continue
        for fault in rows.faults.values():
            if not fault.vendor or VENDORS[fault.vendor] == pool.resource:
                yield _fault(spec, pool, repairer, fault, rows.repairs[repairer.name][fault.name])


def _has(pool: PoolPlan, nodes: str) -> bool:
    """Whether a pool has nodes of that kind."""
    if nodes == "standing":
        return pool.min_nodes > 0
    return nodes == "all" or pool.max_nodes > pool.min_nodes


def policy(spec: Health, fault: FaultRow) -> tuple[str, int]:
    """What the spec asks to be done about a fault, and after how many seconds."""
    asked = {"recoverable": spec.recoverable, "node-fatal": spec.node_fatal}.get(fault.grade, Repair())
    return asked.action or fault.action, seconds(asked.after or fault.after)


def _fault(spec: Health, pool: PoolPlan, repairer: RepairerRow, fault: FaultRow, row: RepairRow) -> FaultPlan:
    asked = action, after = policy(spec, fault)
    reason = ""
    if row.action:
        done, delay = row.action, seconds(row.after)
        # What is fixed and the same as asked needs no excuse, but for the doer: nobody is told that it is so.
        reason = row.reason if (done, delay) != (action, after) or fault.grade == "application" else ""
        action, after = done, delay
    if action in ("reboot", "replace"):
        idle = _left_alone(pool, repairer)
        action, after, reason = ("none", 0, idle) if idle else (action, after, reason)
    return FaultPlan(
        fault=fault.name,
        sees=fault.sees,
        pool=pool.name,
        nodes=repairer.nodes,
        detector=row.detector,
        condition=row.condition,
        by="the job" if action == "restart-job" else repairer.title if action != "none" else NOBODY,
        action=action,
        after_seconds=after,
        reason=reason,
        asked=asked[0] if pool.repair else "none",
        asked_seconds=asked[1],
        xids=fault.xids,
    )


def _left_alone(pool: PoolPlan, repairer: RepairerRow) -> str:
    """Why a repairer does nothing for a pool; empty where it does."""
    if not pool.repair and repairer.switchable:
        return "the pool switches it off: repair is false"
    return repairer.never_reason if all(rung.capacity in repairer.never for rung in pool.rungs) else ""


def _detector(
    pools: Sequence[PoolPlan], repairers: Sequence[RepairerRow], rows: Faults
) -> DetectorPlan | None:
    mine = next((row for row in repairers if row.detects), None)
    real = [pool for pool in pools if not pool.simulated]
    if mine is None or not real:
        return None
    owned = dict.fromkeys(
        (one.key, one.operator, one.value, one.effect) for pool in real for one in pool.tolerations
    )
    resources = {pool.resource for pool in real}
    rules = [
        rule
        for fault in rows.faults.values()
        if mine.watches(fault) and (not fault.vendor or VENDORS[fault.vendor] in resources)
        for rule in _rules(fault, rows.repairs[mine.name][fault.name])
    ]
    tolerated = (*owned, (labels.QUARANTINE, "Exists", "", "NoExecute"))
    return DetectorPlan(tuple(pool.name for pool in real), tolerated, tuple(rules))


def _rules(fault: FaultRow, row: RepairRow) -> Iterator[DetectorRule]:
    lasting = fault.grade != "application"
    # The driver writes: NVRM: Xid (PCI:0000:10:1c): 79, pid=…
    found = [rf"NVRM: Xid \(PCI:[^)]*\): ({'|'.join(fault.xids)}), .*"] if fault.xids else []
    for pattern in (*found, *fault.patterns):
        yield DetectorRule(row.condition if lasting else "", _reason(fault), pattern, lasting)


def _reason(fault: FaultRow) -> str:
    """A fault's name as Kubernetes writes reasons: GpuLost."""
    return "".join(part.capitalize() for part in fault.name.split("-"))


def notes(plan: HealthPlan, pools: Sequence[PoolPlan]) -> Iterator[str]:
    """What the reader of a plan should know of its health: what is not mended, and what is too slow."""
    if not plan.enabled:
        return
    idle = sorted({one.pool for one in plan.faults if one.action == "none"})
    if idle:
        yield (
            f"Some faults of pool {', '.join(idle)} are mended by nobody: fairlead plan --explain names each with its"
            " reason; fairlead node sweep, called by a timer, takes out nodes that show one of them long enough."
        )
    notice = next((one for one in plan.notices if one.event == RECLAIM), None)
    short = [pool.name for pool in pools if any(rung.capacity == SPOT for rung in pool.rungs)]
    if short and notice and notice.seconds is not None and notice.seconds < plan.grace_seconds:
        yield (
            f"Spot nodes of pool {', '.join(short)} give pods {notice.seconds} s from the notice to the end, but"
            f" layers.health.checkpoint_grace is {plan.grace_seconds} s: a checkpoint that takes longer than the"
            " notice is cut off."
        )
