"""Pools of nodes that stand: contract rules C1 and C2 are put onto them, and taken off again with the platform.

Each node gets a server-side apply patch that owns nothing but our labels and the taint. Kubernetes
keeps the list of taints as one value: a node that carries a taint of somebody else's is a conflict,
and the engine says so. Nothing is forced: a second platform on the same node is refused the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from fairlead.contract.handle import NodePoolHandle
from fairlead.contract.manifest import FIELD_MANAGER
from fairlead.plan.model import PoolPlan


def patch(pool: PoolPlan, node: str) -> Mapping[str, Any]:
    """What one node is to carry."""
    taints = [{"key": t.key, "value": t.value, "effect": t.effect} for t in pool.taints]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": node,
            "labels": dict(pool.labels),
            "annotations": {"pulumi.com/patchFieldManager": FIELD_MANAGER},
        },
        **({"spec": {"taints": taints}} if taints else {}),
    }


class NodePatch(pulumi.CustomResource):
    """Labels and taint of one node that stands. Removing it gives the node back without them."""

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__("kubernetes:core/v1:NodePatch", name, dict(props), opts)


class NodePool(pulumi.ComponentResource):
    """One pool over named nodes."""

    handle: NodePoolHandle

    def __init__(
        self, name: str, pool: PoolPlan, nodes: Sequence[str], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("fairlead:onprem:NodePool", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        made = [NodePatch(f"{name}-{node}", patch(pool, node), child) for node in nodes]
        self.handle = NodePoolHandle(pool, made)
        self.register_outputs({})
