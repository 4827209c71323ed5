"""The onprem target in the contract suite: nodes that stand, with what the program puts onto them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead import labels
from fairlead.catalog import lock
from fairlead.contract.handle import ClusterHandle
from fairlead.plan.model import PlatformPlan
from support.engine import Recorder
from support.targets import Target


def cluster(plan: PlatformPlan) -> ClusterHandle:
    from fairlead.targets.onprem.cluster import OnpremCluster, OnpremClusterArgs

    def render(_: Any) -> list[Mapping[str, Any]]:
        raise AssertionError("a brought cluster needs no chart of its own")

    images = {name: row.reference for name, row in lock.images().items()}
    return OnpremCluster(plan.name, OnpremClusterArgs(plan, images, render)).handle


def nodes(recorder: Recorder, plan: PlatformPlan) -> Mapping[str, list[Mapping[str, Any]]]:
    """Nodes as they stand, with their host name and what the spec says they offer, and our patch on them."""
    pools = {pool.name: pool for pool in plan.pools}
    found: dict[str, list[Mapping[str, Any]]] = {name: [] for name in pools}
    for patch in recorder.objects("Node"):
        metadata = patch["metadata"]
        pool = pools[metadata["labels"][labels.POOL]]
        own = {"kubernetes.io/hostname": metadata["name"], **metadata["labels"]}
        offered = {pool.resource: str(pool.count)} if pool.resource else {}
        found[pool.name].append(
            {
                **patch,
                "metadata": {**metadata, "labels": own},
                "spec": patch.get("spec", {}),
                "status": {"allocatable": offered},
            }
        )
    return found


TARGET = Target("onprem", cluster, nodes)
