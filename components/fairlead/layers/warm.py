"""Warm nodes: placeholders that hold a node each until real work takes their place.

A placeholder asks for a whole node and has the lowest priority there is: the scheduler evicts it for any
other pod, and while it waits for a place again the autoscaler brings the next node up. No queue knows
it: its namespace is no tenant's. Pure functions from pools to objects; `platform` registers them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.contract.handle import NodePoolHandle
from fairlead.layers.objects import SEALED, restricted_namespace
from fairlead.plan.model import PoolPlan
from fairlead.values import cpu_text, memory_text, quantity

NAMESPACE = "fairlead-warm"
PRIORITY_CLASS = "fairlead-placeholder"
PRIORITY = -10
"""Below every pod, which has 0 unless it says otherwise, and no lower: for pods below -10 a cluster
autoscaler brings up no node (its flag expendable-pods-priority-cutoff). Kubernetes Autoscaler,
cluster-autoscaler/FAQ.md, "How can I configure overprovisioning", 2026-11-24."""
PART = quantity("0.75")
"""How much of a node's cores and memory a placeholder asks for: the rest is for the node's own pods, and
two placeholders never share a node. Accelerators it asks for all."""
LEAVING_SECONDS = 5
"""Not 0: the accelerators of a pod that is deleted without a word are not free when the next one comes."""
USER = 65_535
"""The user of the image."""


def warm(pools: Sequence[PoolPlan]) -> list[PoolPlan]:
    """The pools of which nodes are kept ready."""
    return [pool for pool in pools if pool.warm]


def objects(pools: Sequence[NodePoolHandle], image: str) -> list[Object]:
    """Placeholders of these pools, with their namespace and priority; nothing where there is no pool."""
    if not pools:
        return []
    return [restricted_namespace(NAMESPACE), _priority(), *(_placeholders(pool, image) for pool in pools)]


def _priority() -> Object:
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": PRIORITY_CLASS},
        "value": PRIORITY,
        "preemptionPolicy": "Never",
        "globalDefault": False,
        "description": "placeholders on warm nodes: any other pod takes their place",
    }


def _placeholders(pool: NodePoolHandle, image: str) -> Object:
    plan = pool.plan
    chosen = {labels.POOL: plan.name}
    # A node may be long in coming, and is no reason for a run to fail: nobody waits for it.
    notes = {"pulumi.com/skipAwait": "true"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": plan.name, "namespace": NAMESPACE, "annotations": notes},
        "spec": {
            "replicas": plan.warm,
            "selector": {"matchLabels": chosen},
            # A placeholder of another shape takes the place of the old one; there is no room for both.
            "strategy": {"type": "Recreate"},
            "template": {"metadata": {"labels": chosen}, "spec": _pod(pool, image)},
        },
    }


def _pod(pool: NodePoolHandle, image: str) -> Mapping[str, Any]:
    return {
        "priorityClassName": PRIORITY_CLASS,
        "terminationGracePeriodSeconds": LEAVING_SECONDS,
        "automountServiceAccountToken": False,
        "nodeSelector": dict(pool.node_selector),
        "tolerations": [
            {"key": one.key, "operator": one.operator, "effect": one.effect}
            | ({"value": one.value} if one.value else {})
            for one in pool.tolerations
        ],
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "placeholder",
                "image": image,
                "imagePullPolicy": "IfNotPresent",
                "securityContext": dict(SEALED),
                "resources": _whole_node(pool.plan),
            }
        ],
    }


def _whole_node(plan: PoolPlan) -> Mapping[str, Any]:
    """What one node has. The plan knows it of every pool that grows: the checks refuse others."""
    if plan.cpu is None or plan.memory is None:
        raise ValueError(f"pool {plan.name}: only the running node knows its size, so none can be held warm")
    extended = {plan.resource: str(plan.offered)} if plan.resource else {}
    requests = {
        "cpu": cpu_text(quantity(plan.cpu) * PART),
        "memory": memory_text(quantity(plan.memory) * PART),
        **extended,
    }
    return {"requests": requests, "limits": {"memory": requests["memory"], **extended}}
