"""PromQL for what is there, who holds it, what is used of it and what it costs, as tables and reports ask for it.

Nothing is counted as 0 that nobody tells of: a 0 is only filled in where something else of the same source says so.
"""

from __future__ import annotations

from fairlead import labels, series
from fairlead.layers.monitoring.devices import BUSY
from fairlead.layers.monitoring.names import told
from fairlead.layers.monitoring.promql import by, renamed

IDLE_AFTER = "15m"
"""Without use for so long an accelerator counts as idle, unless somebody asks for another time: as on dashboards."""
JOB = ("tenant", "namespace", "name", "stage", "pool")
"""Labels by which work is told apart; name: the job's, or the workload's where there is no job."""
_TENANT = told(labels.TENANT)
TENANTS = by(renamed(f'kube_namespace_labels{{{_TENANT}!=""}}', {"tenant": _TENANT}), ("tenant",))
"""A series for each tenant, of the program that also tells what their pods hold."""

NODES = f"count by (pool) ({series.NODE})"
THERE = by(series.POOL_ACCELERATORS, ("pool",), "sum")
HELD = by(series.POOL_HELD, ("pool",), "sum")
POOL_SPEND = by(series.POOL_SPEND, ("pool",), "sum")
TENANT_HELD = f"{by(series.TENANT_HELD, ('tenant',), 'sum')} or 0 * {TENANTS}"
TENANT_STAGES = by(series.TENANT_HELD, ("tenant", "stage"), "sum")
TENANT_SPEND = by(series.TENANT_SPEND, ("tenant",), "sum")
_PENDING = renamed("kueue_pending_workloads", {"tenant": "cluster_queue"})
PENDING = by(_PENDING, ("tenant",), "sum")
"""A tenant's queue has its name. Told as 0 too, so that it says whether anything is known of queues."""
STUCK = by(_PENDING.replace("workloads", 'workloads{status="inadmissible"}'), ("tenant",), "sum")
"""Those of them that the queue does not try before something changes."""
WAITING = f"count by (tenant) ({series.WORKLOAD_WAITING}) or 0 * {PENDING}"
LONGEST_WAIT = f"{by(series.WORKLOAD_WAITING, ('tenant',))} or 0 * {PENDING}"


def busy(label: str) -> str:
    """Accelerators in use, of those that pods hold."""
    return f"{by(in_use(), (label,), 'sum')} or {_none_held(label)}"


def idle(label: str, after: int) -> str:
    """Those that have been held for `after` seconds and longer without any use."""
    return f"{by(unused(after), (label,), 'sum')} or {_none_held(label)}"


def in_use() -> str:
    """1 or 0 for each accelerator that a pod holds."""
    return f"{series.ACCELERATOR_UTILIZATION} > bool {BUSY}"


def unused(after: int) -> str:
    """1 or 0 for each accelerator that a pod holds: whether it did nothing for longer."""
    return f"{series.ACCELERATOR_IDLE} > bool {after}"


def job(expression: str, how: str = "sum") -> str:
    """Summed, or else put together, for each job."""
    # The later name wins where it has a value.
    named = renamed(renamed(expression, {"name": "workload"}), {"name": "training_job"})
    return by(named, JOB, how)


def _none_held(label: str) -> str:
    """What is not held is neither used nor idle."""
    return f"({HELD if label == 'pool' else TENANT_HELD}) == 0"
