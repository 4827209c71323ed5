"""Takes a node out and gives it back: the operator's step where nothing mends nodes by itself.

Quarantine is a cordon and a NoExecute taint. The rest is the cluster's own doing: the node lifecycle
controller evicts every pod that does not tolerate the taint, its job is told apart from a failed one
and starts again whole, and the queue gives it other nodes, or takes it back until there are some.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead import labels
from fairlead.errors import FairleadError, InputError, Problem, one_of
from fairlead.operate.ownership import returned
from fairlead.workload.api import Api, Object
from fairlead.workload.client import Client
from fairlead.workload.conditions import conditions
from fairlead.workload.state import JOB_SET, JobState

EFFECT = "NoExecute"
REASON = "operator"
"""Value of the taint where no reason is given."""
PAUSE_SECONDS = 0.5
MARGIN_SECONDS = 90
"""Beyond the longest grace of a pod: pods of a silent node are given up 60 s after it (workload/silence); and time for
controllers to act, and for a gang to be placed again."""
SETTLED = ("Running", "Queued", "Preempted", "Suspended", "Succeeded", "Failed")
"""Phases of a job that has been dealt with."""


@dataclass(frozen=True)
class Gang:
    """A job that was on the node, and what became of it."""

    state: JobState
    nodes: tuple[str, ...]
    """Where its pods are now."""


@dataclass(frozen=True)
class Quarantined:
    """What came of it."""

    node: str
    gangs: tuple[Gang, ...]
    others: tuple[str, ...]
    """Pods of no job that have left, as NAMESPACE/NAME."""
    staying: tuple[str, ...]
    """Pods that tolerate the taint, or belong to the node itself."""


@dataclass(frozen=True)
class Released:
    """A node that takes pods again, and faults that it still shows."""

    node: str
    was_out: bool
    conditions: tuple[str, ...]


def quarantine(client: Client, name: str, reason: str = REASON) -> Quarantined:
    """Takes a node out and waits until all that must leave has left. Raises InputError, FairleadError."""
    api = client.api
    node = _node(api, name)
    pods = _living(api)
    leaving = [pod for pod in pods if _on(pod, name) and not stays(pod)]
    jobs = dict.fromkeys(job for pod in leaving if (job := _job(pod)))
    gangs = [pod for pod in pods if _job(pod) in jobs]
    api.patch("Node", name, _out(node, reason))
    _wait_until_gone(api, name, [*leaving, *gangs])
    return Quarantined(
        node=name,
        gangs=tuple(_settled(client, *job) for job in jobs),
        others=tuple(_called(pod) for pod in leaving if not _job(pod)),
        staying=tuple(_called(pod) for pod in _living(api) if _on(pod, name) and stays(pod)),
    )


def release(client: Client, name: str) -> Released:
    """Gives a node back. Raises InputError for one that is not there."""
    api = client.api
    node = _node(api, name)
    changed = api.patch("Node", name, _spec(node, unschedulable=None, taints=_others(node)))
    _give_back(api, name, changed)
    return Released(name, is_out(node), tuple(_faults(node)))


def is_out(node: Object) -> bool:
    """Whether a node is in quarantine."""
    return any(one["key"] == labels.QUARANTINE for one in _taints(node))


def _give_back(api: Api, name: str, node: Object) -> None:
    """The taints of a node that was just changed are the platform's again, so that they go with the platform."""
    if owners := returned(node):
        version = node["metadata"]["resourceVersion"]
        api.patch("Node", name, {"metadata": {"resourceVersion": version, "managedFields": owners}})


def stays(pod: Object) -> bool:
    """Whether a pod stays on a node in quarantine: it tolerates that for good, or is the node's own."""
    if "kubernetes.io/config.mirror" in (pod["metadata"].get("annotations") or {}):
        return True
    tolerations: list[Mapping[str, Any]] = pod["spec"].get("tolerations") or []
    return any(_tolerates(one) for one in tolerations)


def _tolerates(toleration: Mapping[str, Any]) -> bool:
    key, effect = toleration.get("key", ""), toleration.get("effect", "")
    every = not key and toleration.get("operator") == "Exists"
    mine = key == labels.QUARANTINE and toleration.get("operator") == "Exists"
    return (every or mine) and effect in ("", EFFECT) and toleration.get("tolerationSeconds") is None


def _node(api: Api, name: str) -> Object:
    node = api.get("Node", name)
    if node is None:
        names = sorted(one["metadata"]["name"] for one in api.list("Node", None)[0])
        raise InputError(
            "command line", [Problem("NODE", "there is no such node", name, one_of(names, name))]
        )
    return node


def _out(node: Object, reason: str) -> Object:
    taint = {"key": labels.QUARANTINE, "value": reason, "effect": EFFECT}
    return _spec(node, unschedulable=True, taints=[*_others(node), taint])


def _spec(node: Object, *, unschedulable: bool | None, taints: Sequence[Mapping[str, Any]]) -> Object:
    """A merge patch; with the version that was read, so that no taint of somebody else is lost between."""
    return {
        "metadata": {"resourceVersion": node["metadata"]["resourceVersion"]},
        "spec": {"unschedulable": unschedulable, "taints": list(taints) or None},
    }


def _taints(node: Object) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = node["spec"].get("taints") or []
    return found


def _others(node: Object) -> list[Mapping[str, Any]]:
    """The taints of others; that of the cordon is Kubernetes' own, which adds and removes it by itself."""
    own = (labels.QUARANTINE, "node.kubernetes.io/unschedulable")
    return [one for one in _taints(node) if one["key"] not in own]


def _faults(node: Object) -> list[str]:
    """Conditions that should be False, but are True: Ready is the one that should be True."""
    return [f"{one['type']}: {one['message']}" for one in conditions(node) if ill(one)]


def ill(condition: Mapping[str, str]) -> bool:
    """Whether a condition of a node tells of a fault: Ready and its like should be True, all others False."""
    good = "True" if condition["type"].endswith("Ready") else "False"
    return condition["status"] != good


def _living(api: Api) -> list[Object]:
    """All pods that have not ended."""
    ended = ("Succeeded", "Failed")
    return [pod for pod in api.list("Pod", None)[0] if pod.get("status", {}).get("phase") not in ended]


def _on(pod: Object, node: str) -> bool:
    return pod["spec"].get("nodeName") == node


def _job(pod: Object) -> tuple[str, str] | None:
    """Tenant and name of the job that a pod belongs to."""
    tags: Mapping[str, str] = pod["metadata"].get("labels") or {}
    name = tags.get(JOB_SET)
    return (pod["metadata"]["namespace"], name) if name else None


def _wait_until_gone(api: Api, node: str, leaving: Sequence[Object]) -> None:
    grace = max((pod["spec"].get("terminationGracePeriodSeconds") or 0 for pod in leaving), default=0)
    end = time.monotonic() + grace + MARGIN_SECONDS
    gone = {pod["metadata"]["uid"] for pod in leaving}
    while left := [pod for pod in _living(api) if pod["metadata"]["uid"] in gone]:
        if time.monotonic() > end:
            names = ", ".join(map(_called, left))
            fix = "kubectl describe pod; a node that is dead never answers: delete the Node object"
            text = f"after {grace + MARGIN_SECONDS} s these pods are still there: {names}"
            raise FairleadError(f"node {node} is in quarantine, but {text}\n    fix:     {fix}")
        # Nothing announces that a set of pods is gone: asking is the only way.
        time.sleep(PAUSE_SECONDS)


def _settled(client: Client, tenant: str, job: str) -> Gang:
    """The job when it runs again or waits, or as it is when the time is over."""
    end = time.monotonic() + MARGIN_SECONDS
    while True:
        seen = client.now(tenant, job)
        assert seen.state is not None  # noqa: S101 - a job that is there has a state
        if seen.state.phase in SETTLED or time.monotonic() > end:
            nodes = {pod["spec"].get("nodeName", "") for pod in seen.pods} - {""}
            return Gang(seen.state, tuple(sorted(nodes)))
        time.sleep(PAUSE_SECONDS)


def _called(pod: Object) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"


def said(result: Quarantined | Released) -> list[str]:
    """The result in lines for people."""
    if isinstance(result, Released):
        first = "takes pods again" if result.was_out else "was not in quarantine; it takes pods"
        still = [f"  it still shows {one}" for one in result.conditions]
        return [f"node {result.node} {first}", *still]
    return [
        f"node {result.node} is in quarantine: cordoned, and tainted {labels.QUARANTINE}:{EFFECT}",
        *(_gang(one) for one in result.gangs),
        *(f"  {one} has left" for one in result.others),
        *(f"  {one} stays" for one in result.staying),
        f"  back again with: fairlead node release {result.node}",
    ]


def _gang(gang: Gang) -> str:
    state = gang.state
    where = f" on {', '.join(gang.nodes)}" if gang.nodes else ""
    why = f": {state.reason}" if state.reason else ""
    spent = f"restarts {state.restarts}, disrupted {state.disruptions}"
    return f"  {state.tenant}/{state.name} has left whole; now {state.phase}{where}{why} ({spent})"
