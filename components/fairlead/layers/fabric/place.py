"""Where the parts of the layer run: their namespace, exactly the nodes of their pools, their taints and no others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.plan.fabric_model import NodePart

NAMESPACE = "fairlead-fabric"


CRITICAL = ("system-node-critical", "system-cluster-critical")
MOST_PODS = 10_000
"""Pods of these priorities in the namespace: a bound that no cluster of this catalogue reaches."""


def space() -> list[Object]:
    """The namespace, and the quota without which some targets admit no pod of system priority outside kube-system.

    Privileged: the parts mount folders and devices of the node.
    https://kubernetes.io/docs/concepts/policy/resource-quotas/#limit-priority-class-consumption-by-default, 2026-11-28
    """
    level = {"pod-security.kubernetes.io/enforce": "privileged"}
    scopes = [{"scopeName": "PriorityClass", "operator": "In", "values": list(CRITICAL)}]
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": level}},
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "critical-pods", "namespace": NAMESPACE},
            "spec": {"hard": {"pods": str(MOST_PODS)}, "scopeSelector": {"matchExpressions": scopes}},
        },
    ]


def rule(part: NodePart) -> Mapping[str, Any]:
    """Node selector: the nodes of these pools."""
    return {"key": labels.POOL, "operator": "In", "values": list(part.pools)}


def tolerations(part: NodePart) -> list[Mapping[str, str]]:
    """The taints of these pools."""
    return [
        {
            "key": one.key,
            "operator": one.operator,
            **({"value": one.value} if one.value else {}),
            "effect": one.effect,
        }
        for one in part.tolerations
    ]


def daemon_set(part: NodePart, pod: Mapping[str, Any], folders: Mapping[str, str]) -> Object:
    """A DaemonSet of this product's own on these nodes. folders: volume -> folder of the node."""
    required = {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": [rule(part)]}]
        }
    }
    volumes: Sequence[Mapping[str, Any]] = pod.get("volumes", [])
    spec = {
        "automountServiceAccountToken": False,
        "affinity": {"nodeAffinity": required},
        "tolerations": tolerations(part),
        **pod,
        "volumes": [
            *volumes,
            *({"name": name, "hostPath": {"path": path}} for name, path in folders.items()),
        ],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": part.name, "namespace": NAMESPACE},
        "spec": {
            "selector": {"matchLabels": {"name": part.name}},
            "template": {"metadata": {"labels": {"name": part.name}}, "spec": spec},
        },
    }
