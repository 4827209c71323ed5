"""Google Cloud under the tests of the contract: nodes as GKE makes them out of the node pools declared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead import labels
from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.contract.handle import ClusterHandle
from fairlead.plan.model import PlatformPlan
from support.engine import Recorder
from support.targets import Target

GPU, TPU = "nvidia.com/gpu", "google.com/tpu"


def _no_charts(release: Any) -> Any:
    raise AssertionError(f"this target renders no chart, and was asked for {release}")


def cluster(plan: PlatformPlan) -> ClusterHandle:
    from fairlead.targets.gcp.cluster import GcpCluster, GcpClusterArgs

    images = {name: row.reference for name, row in lock.images().items()}
    return GcpCluster(plan.name, GcpClusterArgs(plan, images, _no_charts)).handle


def node_pools(recorder: Recorder) -> list[Mapping[str, Any]]:
    """Inputs of every node pool declared, without what only its creation would tell."""
    return [one.inputs for one in recorder.resources if one.typ == "gcp:container/nodePool:NodePool"]


def node(pool: Mapping[str, Any], index: int = 0) -> Mapping[str, Any]:
    """One node of a node pool: what is declared, and what GKE documents to add.

    Labels: https://cloud.google.com/kubernetes-engine/docs/how-to/creating-managing-labels; taints of GPUs
    and TPUs: https://cloud.google.com/kubernetes-engine/docs/how-to/gpus and .../how-to/tpus.
    """
    config, name = pool["nodeConfig"], f"gke-{pool['cluster']}-{pool['name']}-{index}"
    added = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "topology.kubernetes.io/zone": pool["nodeLocations"][index % len(pool["nodeLocations"])],
        "cloud.google.com/gke-nodepool": pool["name"],
        "node.kubernetes.io/instance-type": config["machineType"],
    }
    (gpu,) = config.get("guestAccelerators") or [None]
    resources = {GPU: str(int(gpu["count"]))} if gpu else {}
    machine = load().machines["gcp"].get(config["machineType"])
    if machine is not None and machine.chips:
        resources[TPU] = str(machine.chips)
    declared = [
        {"key": one["key"], "value": one["value"], "effect": one["effect"]}
        for one in config.get("taints", [])
    ]
    taints = [{"key": key, "value": labels.TAINT_VALUE, "effect": "NoSchedule"} for key in resources]
    queued = {"key": "cloud.google.com/gke-queued", "value": "true", "effect": "NoSchedule"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {**added, **config["labels"]}},
        "spec": {"taints": [*declared, *taints, *([queued] if "queuedProvisioning" in pool else [])]},
        "status": {"allocatable": resources},
    }


def nodes(recorder: Recorder, plan: PlatformPlan) -> Mapping[str, list[Mapping[str, Any]]]:
    """The nodes that are always there, or else one, of each node pool of the first step of every ladder."""
    found: dict[str, list[Mapping[str, Any]]] = {pool.name: [] for pool in plan.pools}
    first = {pool.name: pool.capacity for pool in plan.pools}
    for pool in node_pools(recorder):
        told = pool["nodeConfig"]["labels"]
        if told[labels.CAPACITY] == first[told[labels.POOL]]:
            fixed = pool.get("nodeCount", 0) * len(pool["nodeLocations"])
            count = int(max(1, fixed, pool.get("autoscaling", {}).get("totalMinNodeCount", 0)))
            found[told[labels.POOL]] += [node(pool, index) for index in range(count)]
    return found


TARGET = Target("gcp-prod", cluster, nodes)
