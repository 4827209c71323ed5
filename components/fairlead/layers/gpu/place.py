"""Where the parts of the layer run: their namespace, their nodes, the taints that they tolerate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.plan.model import PoolPlan, Toleration

NAMESPACE = "fairlead-gpu"
BASE = "gpu-namespace"
"""The part that all others wait for."""
CRITICAL = ("system-node-critical", "system-cluster-critical")
MOST_PODS = 10_000
"""Pods of these priorities in the namespace: a bound that no cluster of this catalogue reaches."""


def space() -> list[Object]:
    """The namespace, and the quota without which some targets admit no pod of system priority outside kube-system.

    Privileged: the parts mount the kubelet's socket directory and devices of the node.
    https://kubernetes.io/docs/concepts/policy/resource-quotas/#limit-priority-class-consumption-by-default, 2026-11-24
    """
    scopes = [{"scopeName": "PriorityClass", "operator": "In", "values": list(CRITICAL)}]
    return [
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": NAMESPACE, "labels": {"pod-security.kubernetes.io/enforce": "privileged"}},
        },
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "critical-pods", "namespace": NAMESPACE},
            "spec": {"hard": {"pods": str(MOST_PODS)}, "scopeSelector": {"matchExpressions": scopes}},
        },
    ]


def node_terms(pools: Sequence[PoolPlan]) -> list[Mapping[str, Any]]:
    """Node selector terms: the nodes of these pools and no others."""
    names = sorted(pool.name for pool in pools)
    return [{"matchExpressions": [{"key": labels.POOL, "operator": "In", "values": names}]}]


def affinity(pools: Sequence[PoolPlan]) -> Mapping[str, Any]:
    """Pods run on the nodes of these pools and nowhere else."""
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": node_terms(pools)}}
    return {"nodeAffinity": required}


def tolerations(pools: Sequence[PoolPlan], further: Sequence[Toleration]) -> list[Mapping[str, str]]:
    """The taints of these pools, and those that the cluster's owner says they carry besides."""
    found = dict.fromkeys(one for pool in pools for one in pool.tolerations)
    return [
        {
            "key": one.key,
            "operator": one.operator,
            **({"value": one.value} if one.value else {}),
            "effect": one.effect,
        }
        for one in (*found, *further)
    ]
