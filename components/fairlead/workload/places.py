"""Which place a waiting job has in its tenant's queue: asked of Kueue's visibility API, which counts from 0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fairlead.workload.api import Api
from fairlead.workload.conditions import holds

KIND = "PendingWorkloads"


def places(api: Api, workloads: Iterable[Mapping[str, Any]]) -> Mapping[tuple[str, str], int]:
    """(namespace, workload) -> place, 1 for the next. Only queues are asked in which one of these waits."""
    waiting = {(one["metadata"]["namespace"], one["spec"]["queueName"]) for one in workloads if _waits(one)}
    found: dict[tuple[str, str], int] = {}
    for namespace, queue in sorted(waiting):
        summary = api.get(KIND, f"{queue}/pendingworkloads", namespace) or {}
        for item in summary.get("items") or ():
            found[namespace, item["metadata"]["name"]] = int(item.get("positionInClusterQueue", 0)) + 1
    return found


def _waits(workload: Mapping[str, Any]) -> bool:
    active = workload.get("spec", {}).get("active", True) and workload.get("spec", {}).get("queueName")
    return bool(active) and not any(holds(workload, over) for over in ("QuotaReserved", "Finished"))
