"""What the controllers write, in the shapes seen on a real cluster."""

from __future__ import annotations

from typing import Any

from job_samples import job

from fairlead import labels
from fairlead.workload.model import TrainingJob
from fairlead.workload.render import render
from fairlead.workload.state import ATTEMPT, JOB_SET, JOB_UID, RANK

Object = dict[str, Any]


def condition(kind: str, status: str = "True", message: str = "", reason: str = "") -> Object:
    return {"type": kind, "status": status, "message": message, "reason": reason or kind}


def train_job(of: TrainingJob | None = None, *conditions: Object, uid: str = "u1") -> Object:
    made = render(of or job())[-1]
    made["metadata"] |= {"uid": uid, "creationTimestamp": "2026-01-01T00:00:00Z"}
    return made | {"status": {"conditions": list(conditions)}}


def workload(*conditions: Object, uid: str = "u1", evictions: int = 0, active: bool = True) -> Object:
    stats = (
        {"evictions": [{"reason": "Preempted", "underlyingCause": "", "count": evictions}]}
        if evictions
        else {}
    )
    return {
        "apiVersion": "kueue.x-k8s.io/v1beta2",
        "kind": "Workload",
        "metadata": {"name": f"trainjob-{uid}", "namespace": "team-a", "labels": {JOB_UID: uid}},
        "spec": {"active": active},
        "status": {"conditions": list(conditions), "schedulingStats": stats},
    }


def job_set(restarts: int = 0, name: str = "small") -> Object:
    return {
        "apiVersion": "jobset.x-k8s.io/v1alpha2",
        "kind": "JobSet",
        "metadata": {"name": name, "namespace": "team-a", "labels": {labels.MANAGED_BY: "fairlead"}},
        "status": {"restarts": restarts, "restartsCountTowardsMax": restarts},
    }


def pod(
    rank: int = 0,
    phase: str = "Running",
    state: Object | None = None,
    node: str = "node-0",
    name: str = "small",
    attempt: int = 0,
    reason: str = "",
) -> Object:
    default = {
        "Running": {"running": {}},
        "Succeeded": {"terminated": {"exitCode": 0, "reason": "Completed"}},
        "Failed": {"terminated": {"exitCode": 1, "reason": "Error"}},
    }.get(phase, {})
    found = state if state is not None else default
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{name}-node-0-{rank}-{attempt}",
            "namespace": "team-a",
            "labels": {JOB_SET: name, ATTEMPT: str(attempt), labels.MANAGED_BY: "fairlead"},
            "annotations": {RANK: str(rank)},
        },
        "spec": {"nodeName": node} if node else {},
        "status": {"phase": phase, "reason": reason, "containerStatuses": [{"name": "node", "state": found}]},
    }
