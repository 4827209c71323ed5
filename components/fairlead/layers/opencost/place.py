"""Where OpenCost runs, and which of its series are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.plan.opencost_model import LAYER, NAMESPACE

NAME = LAYER
"""Of its Deployment, its Service and its account."""
PORT = 9003
"""Of its API and of what it tells, which are one server."""
USER = 1001
"""As upstream's image has it."""
LABELS: Mapping[str, str] = {"app.kubernetes.io/name": LAYER}
ROLE = "fairlead:opencost"
KEPT = (
    "container_(cpu_allocation|gpu_allocation|memory_allocation_bytes)",
    "kube_node_status_(allocatable|capacity)_(cpu_cores|memory_bytes)",
    "kube_pod_container_status_running",
    "kube_pod_owner",
    "kubecost_node_is_spot",
    "node_(cpu|gpu|ram|total)_hourly_cost",
    "node_gpu_count",
)
"""Of what it tells: costs, and of the cluster's objects what its own queries ask for (allocation.go and cluster.go of
pkg/costmodel, v1.108.1) and kube-state-metrics is not told to tell. What both tell would be counted twice."""

FILLED: Mapping[str, str] = {"provider_id": "node", "instance_type": "node"}
"""A node that no cloud made has no id of a provider, and perhaps no type: Prometheus drops the empty label, and a node
without it costs nothing in what is allocated (queryNodeCostPerCPUHr and what follows it in allocation.go of
pkg/costmodel, v1.108.1). Its name is as good."""


def metadata() -> dict[str, Any]:
    """Metadata of every object of the layer in its namespace."""
    return {"name": NAME, "namespace": NAMESPACE, "labels": dict(LABELS)}
