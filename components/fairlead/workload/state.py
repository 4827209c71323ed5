"""What a job is doing, read from the objects that the controllers keep. Pure: objects in, state out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from fairlead import labels
from fairlead.workload.conditions import condition, holds

Object = Mapping[str, Any]
Phase = Literal[
    "Queued", "Preempted", "Suspended", "Starting", "Running", "Restarting", "Succeeded", "Failed", "Stopping"
]

RANK = "batch.kubernetes.io/job-completion-index"
"""Pod annotation (and label): the rank."""
ATTEMPT = "jobset.sigs.k8s.io/restart-attempt"
"""Pod label: how often the job had been restarted when this pod was made."""
JOB_SET = "jobset.sigs.k8s.io/jobset-name"
"""Pod label: the JobSet, and so the job, that a pod belongs to."""
JOB_UID = "kueue.x-k8s.io/job-uid"
"""Workload label: UID of the job that it stands for in the queue."""


@dataclass(frozen=True)
class JobState:
    """One job at one moment."""

    tenant: str
    name: str
    phase: Phase
    reason: str
    """Why it is in this phase, in the controllers' words; empty where there is nothing to say."""
    pods: int
    """Pods the job has when it runs: its number of nodes."""
    running: int
    """Pods that run now."""
    restarts: int
    """How often it was started again after a failure: what counts towards its limit."""
    disruptions: int
    """How often it was started again because its nodes were taken away: that does not count."""
    evictions: int
    """How often the queue took its place away."""
    stage: str
    priority: str
    accelerators: str
    """Per node, as asked for in resources: `8 nvidia.com/gpu on H100`; empty for none."""
    created: str
    """Time of submission, RFC 3339."""

    place: int | None = None
    """Place among the tenant's waiting work, 1 for the next; None where it does not wait, or is not asked for."""

    @property
    def finished(self) -> bool:
        """Whether it will not run any more."""
        return self.phase in ("Succeeded", "Failed")


def derive(job: Object, workload: Object | None, job_set: Object | None, pods: Iterable[Object]) -> JobState:
    """The state of a TrainJob, its Workload, JobSet and pods; what is not there yet is None or empty."""
    pods = list(pods)
    phase, reason = _phase(job, workload, job_set, pods)
    metadata, tags = job["metadata"], job["metadata"].get("labels", {})
    return JobState(
        tenant=metadata["namespace"],
        name=metadata["name"],
        phase=phase,
        reason=reason,
        pods=_nodes(job),
        running=_count(pods, "Running"),
        restarts=_counted(job_set),
        disruptions=_restarts(job_set) - _counted(job_set),
        evictions=_evictions(workload),
        stage=tags.get(labels.STAGE, ""),
        priority=tags.get(labels.PRIORITY, ""),
        accelerators=_accelerators(job),
        created=metadata.get("creationTimestamp") or "",
    )


def rank(pod: Object) -> int:
    """The rank of a pod."""
    return int(pod["metadata"].get("annotations", {}).get(RANK, 0))


def attempt(pod: Object) -> int:
    """The attempt that a pod belongs to, 0 for the first."""
    return int(pod["metadata"].get("labels", {}).get(ATTEMPT, 0))


def _phase(
    job: Object, workload: Object | None, job_set: Object | None, pods: list[Object]
) -> tuple[Phase, str]:
    failed = condition(job, "Failed", "True")
    if job["metadata"].get("deletionTimestamp"):
        return "Stopping", ""
    if failed or holds(job, "Complete"):
        return ("Failed", _why_failed(failed, pods)) if failed else ("Succeeded", "")
    if workload is None:
        return "Queued", "the queue has not taken it in yet"
    return _placed(job, job_set, pods) if holds(workload, "Admitted") else _waiting(workload)


def _placed(job: Object, job_set: Object | None, pods: list[Object]) -> tuple[Phase, str]:
    running, wanted = _count(pods, "Running"), _nodes(job)
    if running + _count(pods, "Succeeded") >= wanted:
        return "Running", ""
    if _restarts(job_set) and not running:
        return "Restarting", f"attempt {_restarts(job_set) + 1}"
    return "Starting", _why_not_running(pods) or f"{running} of {wanted} pods run"


def _waiting(workload: Object) -> tuple[Phase, str]:
    evicted = condition(workload, "Evicted", "True")
    if workload.get("spec", {}).get("active") is False:
        return "Suspended", _reclaimed(workload) or (evicted or {}).get("message") or "taken out of the queue"
    reason = (condition(workload, "QuotaReserved", "False") or {}).get("message", "")
    if evicted and evicted.get("reason") == "Preempted":
        return "Preempted", evicted["message"]
    if holds(workload, "QuotaReserved") and (asked := _asked_for(workload)):
        return "Queued", asked
    return "Queued", reason or (evicted["message"] if evicted else "waiting for its turn")


def _reclaimed(workload: Object) -> str:
    """Why its accelerators were taken back; empty where that was not it."""
    text = workload["metadata"].get("annotations", {}).get(labels.RECLAIMED, "{}")
    try:
        note: Any = json.loads(text)
        return str(note["said"])
    except (ValueError, KeyError, TypeError):
        return ""


def _asked_for(workload: Object) -> str:
    """What is said of capacity that comes as a whole, while it is asked for; empty where nothing is."""
    for check in workload.get("status", {}).get("admissionChecks", []):
        if check["state"] == "Pending":
            return f"its nodes are asked for: {check.get('message') or 'no answer yet'}"
    return ""


def _why_failed(failed: Object, pods: list[Object]) -> str:
    for pod in sorted(pods, key=rank):
        ended = _ended(pod)
        if ended:
            return f"rank {rank(pod)} ended with {ended}; {failed['message']}"
    return str(failed["message"])


def _ended(pod: Object) -> str:
    status = pod.get("status", {})
    if status.get("phase") != "Failed":
        return ""
    for container in status.get("containerStatuses", []):
        state = container.get("state", {}).get("terminated", {})
        if state.get("exitCode"):
            cause = state.get("reason", "")
            return f"exit code {state['exitCode']}{f' ({cause})' if cause not in ('', 'Error') else ''}"
    return str(status.get("reason") or "a failure")


def _why_not_running(pods: list[Object]) -> str:
    """What holds a pod up, if the node says: an image that cannot be pulled, a missing Secret."""
    for pod in sorted(pods, key=rank):
        for container in pod.get("status", {}).get("containerStatuses", []):
            waiting = container.get("state", {}).get("waiting", {})
            if waiting.get("message"):
                return f"rank {rank(pod)}: {waiting['reason']}: {waiting['message']}"
        placed = condition(pod, "PodScheduled", "False")
        if placed and placed.get("message"):
            return f"rank {rank(pod)}: {placed['message']}"
    return ""


def _count(pods: Iterable[Object], phase: str) -> int:
    return sum(
        pod.get("status", {}).get("phase") == phase and not pod["metadata"].get("deletionTimestamp")
        for pod in pods
    )


def _nodes(job: Object) -> int:
    return int(job["spec"].get("trainer", {}).get("numNodes", 1))


def _restarts(job_set: Object | None) -> int:
    return int((job_set or {}).get("status", {}).get("restarts", 0))


def _counted(job_set: Object | None) -> int:
    return int((job_set or {}).get("status", {}).get("restartsCountTowardsMax", 0))


def _evictions(workload: Object | None) -> int:
    stats = (workload or {}).get("status", {}).get("schedulingStats", {})
    return sum(int(entry.get("count", 0)) for entry in stats.get("evictions", []))


def _accelerators(job: Object) -> str:
    limits = job["spec"].get("trainer", {}).get("resourcesPerNode", {}).get("limits", {})
    extended = [(name, amount) for name, amount in limits.items() if "/" in name]
    return ", ".join(f"{amount} {name}" for name, amount in extended) or _claimed(job)


def _claimed(job: Object) -> str:
    """The claim stands in the runtime of its number: the job itself says the number to its script alone."""
    told = {one["name"]: one.get("value", "") for one in job["spec"].get("trainer", {}).get("env", [])}
    count = told.get("FAIRLEAD_NUM_ACCELERATORS_PER_NODE", "0")
    return "" if count in ("", "0") else f"{count} claimed"
