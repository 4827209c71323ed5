"""Pools of the local target: the real node stands already, simulated nodes are Node objects.

KWOK plays the kubelet of every node with its annotation. What such a node advertises, accelerators
included, stands in another annotation, from where KWOK writes it into the node's status.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi

from fairlead import labels
from fairlead.contract.handle import NodePoolHandle
from fairlead.contract.manifest import Manifest
from fairlead.plan.model import PoolPlan

KWOK = "kwok.x-k8s.io/node"
RESOURCES = f"{labels.SIMULATION}/resources"
"""Node annotation: JSON of the resources that a simulated node advertises."""
PODS_PER_NODE = "110"
ZONE = "local-a"


NODES_PER_RACK, RACKS_PER_BLOCK = 4, 4
RACK, BLOCK = f"topology.{labels.DOMAIN}/rack", f"topology.{labels.DOMAIN}/block"
"""Node labels of simulated nodes, in the places that catalog/data/topologies.toml names."""


def place(pool: PoolPlan, index: int) -> Mapping[str, str]:
    """Where a simulated node stands: racks and blocks are filled one after the other."""
    rack = index // NODES_PER_RACK
    stands = f"{pool.name}-{pool.generation}"
    return {RACK: f"{stands}-rack-{rack}", BLOCK: f"{stands}-block-{rack // RACKS_PER_BLOCK}"}


def node_name(pool: PoolPlan, index: int) -> str:
    """`h100-1-0`: pool, generation, index. A new generation's nodes stand beside the old ones."""
    return f"{pool.name}-{pool.generation}-{index}"


def resources(pool: PoolPlan) -> Mapping[str, str]:
    """What one simulated node of the pool advertises."""
    basic = {
        "cpu": pool.cpu or "0",
        "memory": pool.memory or "0",
        "pods": PODS_PER_NODE,
        "ephemeral-storage": "1Ti",
    }
    return {**basic, pool.resource: str(pool.offered)} if pool.resource else basic


def node(pool: PoolPlan, index: int) -> Mapping[str, Any]:
    """The Node object of one simulated node."""
    name = node_name(pool, index)
    well_known = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "node.kubernetes.io/instance-type": pool.machine,
        "topology.kubernetes.io/zone": ZONE,
    }
    taints = [{"key": t.key, "value": t.value, "effect": t.effect} for t in pool.taints]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {**well_known, **place(pool, index), **pool.labels},
            "annotations": {KWOK: "fake", RESOURCES: json.dumps(resources(pool), sort_keys=True)},
        },
        "spec": {"taints": taints},
    }


class NodePool(pulumi.ComponentResource):
    """One pool. The handle's `ready` is empty for the real node: it stands before the program runs."""

    handle: NodePoolHandle

    def __init__(self, name: str, pool: PoolPlan, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("fairlead:local:NodePool", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        count = pool.min_nodes if pool.simulated else 0
        made = [
            Manifest(f"{name}-{pool.generation}-{index}", node(pool, index), child) for index in range(count)
        ]
        self.handle = NodePoolHandle(pool, made)
        self.register_outputs({})
