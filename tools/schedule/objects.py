"""A job of the trace as Kubernetes sees it: a plain Job, all of its pods at once, as anybody may send one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead import labels
from schedule.jobs import Job

IMAGE = "registry.example.com/team/train:1.0"
"""Never pulled: it runs on simulated nodes only."""
CORES_PER_GPU, GIB_PER_GPU = 8, 64
RESOURCE = "nvidia.com/gpu"


def run_for(seconds: float, factor: float) -> str:
    """How long a simulated pod runs for so many seconds of the trace, as a Go duration."""
    return f"{max(1, round(seconds / factor * 1000))}ms"


def job_object(job: Job, factor: float, near: Mapping[str, str], *, queued: bool) -> dict[str, Any]:
    """The Job. near: annotations by which the platform places gangs; queued: whether Kueue lets it start."""
    amounts = {
        "cpu": str(CORES_PER_GPU * job.gpus),
        "memory": f"{GIB_PER_GPU * job.gpus}Gi",
        RESOURCE: str(job.gpus),
    }
    closed = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    box = {"name": "train", "image": IMAGE, "resources": {"limits": amounts}, "securityContext": closed}
    pod = {
        "restartPolicy": "Never",
        "containers": [box],
        "tolerations": [{"key": RESOURCE, "operator": "Exists", "effect": "NoSchedule"}],
        "nodeSelector": {labels.ACCELERATOR: "H100"},
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 1000,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    notes = {labels.RUN_FOR: run_for(job.seconds, factor), **(near if queued else {})}
    spec = {
        "parallelism": job.pods,
        "completions": job.pods,
        "completionMode": "Indexed",
        "backoffLimit": 0,
        "suspend": queued,
        "template": {"metadata": {"annotations": notes}, "spec": pod},
    }
    meta: dict[str, Any] = {"name": job.name, "namespace": job.tenant}
    if queued:
        meta["labels"] = {labels.QUEUE: "training"}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": spec}
