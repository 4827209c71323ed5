"""How the status of a cluster is printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fairlead.operate.status import Status
from fairlead.spec.table import table
from fairlead.workload.state import JobState


def status(found: Status) -> list[str]:
    """Pools, queues and layers as tables."""
    pools = [
        (
            pool.name,
            pool.machine,
            f"{pool.ready}/{pool.wanted}",
            f"{pool.accelerator} {pool.used}/{pool.total} in use" if pool.total else "-",
            "simulated" if pool.simulated else "real",
        )
        for pool in found.pools
    ]
    queues = [
        (
            queue.tenant,
            "yes" if queue.active else "no",
            str(queue.running),
            str(queue.waiting),
            _amounts(queue.used, queue.guaranteed),
        )
        for queue in found.queues
    ]
    layers = [(layer.name, "healthy" if layer.healthy else "ill", layer.detail) for layer in found.layers]
    return [
        *table(("pool", "machine", "ready", "accelerators", "nodes"), pools, indent=""),
        "",
        *table(("tenant queue", "active", "running", "waiting", "used of guaranteed"), queues, indent=""),
        "",
        *table(("layer", "state", "what"), layers, indent=""),
    ]


def jobs(states: Sequence[JobState]) -> list[str]:
    """Jobs as a table."""
    rows = [
        (f"{s.tenant}/{s.name}", s.phase, f"{s.pods} pods", s.accelerators or "-", s.reason) for s in states
    ]
    return table(("job", "state", "size", "per node", "why"), rows, indent="")


def _amounts(used: Mapping[str, str], guaranteed: Mapping[str, str]) -> str:
    return (
        ", ".join(f"{name} {used.get(name, '0')} of {amount}" for name, amount in guaranteed.items()) or "-"
    )
