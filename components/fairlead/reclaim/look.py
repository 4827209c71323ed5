"""What there is: accelerators that Prometheus calls idle, and the work that holds them, from the API server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite

from fairlead import labels, series
from fairlead.reclaim.calls import Caller, CallFailed, Json
from fairlead.reclaim.seen import Owner, Pod, Work
from fairlead.values import quantity

QUEUE_API = "kueue.x-k8s.io/v1beta2"
WORKLOAD = "kueue.x-k8s.io/workload"
"""Annotation by which Kueue 0.19 says whose workload a pod is: pkg/controller/jobframework/reconciler.go."""
OF_A_QUEUE = "kueue.x-k8s.io/podset"
"""Label of each pod that Kueue has let go, in the same file."""
ENDED = ("Succeeded", "Failed")
OF_POD = ("namespace", "pod")
Key = tuple[str, str]
"""Their values: namespace and name of a pod."""


@dataclass(frozen=True)
class Told:
    """What is told of one accelerator of a pod."""

    node: str
    idle: float
    """Seconds."""


def works(
    prometheus: Caller, api: Caller, namespaces: Iterable[str], least: int, now: float
) -> Iterator[Work]:
    """Work that holds an accelerator which has been idle for at least so many seconds.

    Raises CallFailed where one of the two does not answer: then nobody knows, and nothing is to be done.
    """
    told = _idle(prometheus, least)
    spaces = {space for space, _ in told} & set(namespaces)
    if not spaces:
        return
    saved, saving = _checkpoints(prometheus), _saving(prometheus)
    for space in sorted(spaces):
        pods: dict[str, list[Json]] = {}
        for pod in api.all(f"/api/v1/namespaces/{space}/pods", labelSelector=OF_A_QUEUE):
            name = str(_map(pod, "metadata", "annotations").get(WORKLOAD, ""))
            if name and _phase(pod) not in ENDED:
                pods.setdefault(name, []).append(pod)
        for workload in api.all(f"/apis/{QUEUE_API}/namespaces/{space}/workloads"):
            own = pods.get(workload["metadata"]["name"], [])
            if _placed(workload) and any((space, pod["metadata"]["name"]) in told for pod in own):
                seen = [_pod(pod, _counted(workload), told, saved, saving, now) for pod in own]
                if work := _work(workload, own, seen, api):
                    yield work


def _work(workload: Json, pods: Sequence[Json], seen: Sequence[Pod], api: Caller) -> Work | None:
    """None where nobody owns it, or its owner has gone meanwhile."""
    meta = workload["metadata"]
    owner = _owner(_list(meta, "ownerReferences"))
    if owner is None:
        return None
    stages = {_map(pod, "metadata", "labels").get(labels.STAGE) for pod in pods}
    try:
        own = api.get(path_of(owner, meta["namespace"])) if owner.plural else {}
    except CallFailed as failure:
        if failure.code == 404:
            return None
        raise
    return Work(
        namespace=meta["namespace"],
        name=meta["name"],
        version=meta["resourceVersion"],
        # What says that it serves is taken at its word, wherever it waited.
        stage=labels.STAGES[-1] if labels.STAGES[-1] in stages else workload["spec"].get("queueName", ""),
        owner=owner,
        pods=tuple(seen),
        kept=tuple(_kept([own, workload])),
    )


def path_of(owner: Owner, namespace: str) -> str:
    """Where the API server has it."""
    root = "api" if "/" not in owner.api_version else "apis"
    return f"/{root}/{owner.api_version}/namespaces/{namespace}/{owner.plural}/{owner.name}"


def _owner(references: Sequence[Json]) -> Owner | None:
    found = next((one for one in references if one.get("controller")), next(iter(references), None))
    return Owner(found["apiVersion"], found["kind"], found["name"], found["uid"]) if found else None


def _kept(objects: Iterable[Json]) -> list[str]:
    found = [str(_map(one, "metadata", "annotations").get(labels.KEEP_IDLE, "")) for one in objects]
    return list(dict.fromkeys(one for one in found if one))


def _placed(workload: Json) -> bool:
    """Whether it has its place, and keeps it as far as the queue knows."""
    conditions = _list(workload, "status", "conditions")
    holds: set[str] = {one["type"] for one in conditions if one["status"] == "True"}
    active = workload["spec"].get("active", True) and "deletionTimestamp" not in workload["metadata"]
    return bool(active) and "Admitted" in holds and not holds & {"Finished", "Evicted"}


def _counted(workload: Json) -> set[str]:
    """Resources of accelerators that its quota was counted by."""
    sets = _list(workload, "status", "admission", "podSetAssignments")
    return {name for one in sets for name in _map(one, "resourceUsage") if "/" in name}


def _pod(
    pod: Json,
    counted: set[str],
    told: Mapping[Key, Sequence[Told]],
    saved: Mapping[Key, float],
    saving: set[Key],
    now: float,
) -> Pod:
    key = (pod["metadata"]["namespace"], pod["metadata"]["name"])
    node = pod["spec"].get("nodeName", "")
    return Pod(
        name=key[1],
        node=node,
        holds=_holds(pod["spec"], counted),
        began=_began(pod),
        # What is told of a pod from another node is of one that had its name before.
        used=tuple(now - one.idle for one in told.get(key, ()) if one.node == node),
        saved=now - saved[key] if key in saved else None,
        saving=key in saving,
    )


def _holds(spec: Json, counted: set[str]) -> int:
    asked = [_map(box, "resources", "limits") for box in _list(spec, "containers")]
    by_name = sum(int(quantity(limits[name])) for limits in asked for name in counted & set(limits))
    return by_name + len(_list(spec, "resourceClaims"))


def _began(pod: Json) -> float | None:
    states = [_map(one, "state", "running") for one in _list(pod, "status", "containerStatuses")]
    if _phase(pod) != "Running" or not states or not all(states) or "deletionTimestamp" in pod["metadata"]:
        return None
    return max(datetime.fromisoformat(one["startedAt"]).timestamp() for one in states)


def _phase(pod: Json) -> str:
    return str(_map(pod, "status").get("phase", ""))


def _map(obj: Json, *path: str) -> Json:
    """A map inside an object; empty where it is not there, or null."""
    for name in path:
        obj = obj.get(name) or {}
    return obj


def _list(obj: Json, *path: str) -> list[Json]:
    """The same for a list."""
    *way, last = path
    return _map(obj, *way).get(last) or []


# ---- what Prometheus says --------------------------------------------------------------------------

COUNTED = f"count({series.ACCELERATOR_IDLE})"
AGES = f"time() - max by (namespace, pod) ({series.CHECKPOINT_TOLD})"
WRITING = f"max by (namespace, pod) ({series.CHECKPOINT_WRITING}) > 0"


def idle_for(least: int) -> str:
    """All accelerators of pods of which at least one has been idle for so long."""
    return f"{series.ACCELERATOR_IDLE} and on (namespace, pod) {series.ACCELERATOR_IDLE} >= {least}"


def told_of(prometheus: Caller) -> int:
    """Accelerators of pods that somebody tells of, idle or not. Raises CallFailed."""
    found = _asked(prometheus, COUNTED)
    return int(found[0][1]) if found else 0


def _idle(prometheus: Caller, least: int) -> dict[Key, list[Told]]:
    """Pod -> its accelerators, where one of them has been idle for so long."""
    found: dict[Key, list[Told]] = {}
    for names, value in _asked(prometheus, idle_for(least), *OF_POD, "node"):
        found.setdefault((names["namespace"], names["pod"]), []).append(Told(names["node"], value))
    return found


def _checkpoints(prometheus: Caller) -> dict[Key, float]:
    """Pod -> seconds since its last checkpoint."""
    return {(names["namespace"], names["pod"]): value for names, value in _asked(prometheus, AGES, *OF_POD)}


def _saving(prometheus: Caller) -> set[Key]:
    """Pods that write a checkpoint now."""
    return {(names["namespace"], names["pod"]) for names, _ in _asked(prometheus, WRITING, *OF_POD)}


def _asked(prometheus: Caller, query: str, *wanted: str) -> list[tuple[Mapping[str, str], float]]:
    """Labels and value of each series of an answer. Raises CallFailed for what is no answer to this."""
    answer = prometheus.get("/api/v1/query", query=query)
    what = f"{prometheus.server}, {query}"
    try:
        if answer["status"] != "success":
            raise CallFailed(what, str(answer.get("error")))
        found = [(one["metric"], float(one["value"][1])) for one in answer["data"]["result"]]
        if not all(isfinite(value) for _, value in found):
            raise CallFailed(what, "a value is no number")
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise CallFailed(what, f"the answer cannot be read: {type(error).__name__} {error}") from error
    if any(name not in names for names, _ in found for name in wanted):
        raise CallFailed(what, f"a series lacks one of the labels {', '.join(wanted)}")
    return found
