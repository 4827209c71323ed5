"""What must hold of the objects that charts give, whatever their authors put in: checked before any is registered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fairlead.errors import FairleadError
from fairlead.plan.coherence.model import Invariant, Object

CRITICAL = ("system-node-critical", "system-cluster-critical")


def _templates(objects: Sequence[Object]) -> Iterator[tuple[Object, Mapping[str, Any]]]:
    for one in objects:
        if one["kind"] in ("DaemonSet", "Deployment", "StatefulSet", "Job"):
            yield one, one["spec"]["template"]["spec"]


def _called(one: Object) -> str:
    return f"{one['kind']} {one['metadata'].get('namespace', '')}/{one['metadata']['name']}"


def _wildcards(objects: Sequence[Object]) -> Iterator[str]:
    for one, spec in _templates(objects):
        tolerations: Sequence[Mapping[str, str]] = spec.get("tolerations") or []
        for toleration in tolerations:
            if not toleration.get("key"):
                yield f"{_called(one)} tolerates every taint"


def _quotas(objects: Sequence[Object]) -> Iterator[str]:
    """Pods of system priority need a quota that admits them in their own namespace."""
    admitted = {
        one["metadata"]["namespace"]
        for one in objects
        if one["kind"] == "ResourceQuota" and _admits(one["spec"])
    }
    for one, spec in _templates(objects):
        space = one["metadata"].get("namespace", "")
        if spec.get("priorityClassName") in CRITICAL and space not in (*admitted, "kube-system"):
            yield f"{_called(one)} has priority {spec['priorityClassName']}, and no ResourceQuota admits it there"


def _admits(spec: Mapping[str, Any]) -> bool:
    scopes = spec.get("scopeSelector", {}).get("matchExpressions", [])
    return any(one["scopeName"] == "PriorityClass" and set(CRITICAL) <= set(one["values"]) for one in scopes)


def _everywhere(objects: Sequence[Object]) -> Iterator[str]:
    """A DaemonSet that names no nodes runs on all of them."""
    for one, spec in _templates(objects):
        affinity: Mapping[str, Any] = spec.get("affinity") or {}
        nodes: Mapping[str, Any] = affinity.get("nodeAffinity") or {}
        chosen = bool(nodes.get("requiredDuringSchedulingIgnoredDuringExecution") or spec.get("nodeSelector"))
        if one["kind"] == "DaemonSet" and not chosen:
            yield f"{_called(one)} would run on every node"


INVARIANTS = (
    Invariant(
        "tolerations-are-keyed",
        "admission folds all tolerations into the wildcard, and drains never end",
        "https://github.com/NVIDIA/aicr/pull/1698",
        _wildcards,
    ),
    Invariant(
        "critical-pods-are-admitted",
        "insufficient quota to match these scopes: the DaemonSet makes no pod, and nothing says so",
        "https://github.com/modelplaneai/modelplane/issues/202",
        _quotas,
    ),
    Invariant(
        "daemons-only-where-wanted",
        "the parts run on nodes without accelerators too, and crash there",
        "https://github.com/NVIDIA/gpu-operator/issues/219",
        _everywhere,
    ),
)


ONE_BY_ONE = tuple(one for one in INVARIANTS if one.check is not _quotas)
"""Those that an object keeps or breaks by itself, whatever stands beside it."""


def verify(objects: Sequence[Object], what: str, invariants: Sequence[Invariant] = INVARIANTS) -> None:
    """Raises FairleadError with everything that is wrong with the objects of `what`."""
    found = [
        f"  {said}\n    rule:    {one.name}, {one.thread}"
        for one in invariants
        for said in one.check(objects)
    ]
    if found:
        raise FairleadError("\n".join([f"{what}: what the charts give does not fit", *found]))
