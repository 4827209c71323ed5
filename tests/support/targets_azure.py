"""Azure under the tests of the contract: nodes as AKS makes them out of the agent pools declared."""

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

CLUSTER = "azure-native:containerservice:ManagedCluster"
POOL = "azure-native:containerservice:AgentPool"


def _no_charts(release: Any) -> Any:
    raise AssertionError(f"this target renders no chart, and was asked for {release}")


def cluster(plan: PlatformPlan) -> ClusterHandle:
    from fairlead.targets.azure.cluster import AzureCluster, AzureClusterArgs

    images = {name: row.reference for name, row in lock.images().items()}
    return AzureCluster(plan.name, AzureClusterArgs(plan, images, _no_charts)).handle


def agent_pools(recorder: Recorder) -> list[Mapping[str, Any]]:
    """Every agent pool declared: those made with the cluster, under `agentPoolName` too, and the others."""
    found: list[Mapping[str, Any]] = []
    for one in recorder.resources:
        if one.typ == CLUSTER:
            found += [{**pool, "agentPoolName": pool["name"]} for pool in one.inputs["agentPoolProfiles"]]
        elif one.typ == POOL:
            found.append(one.inputs)
    return found


def node(pool: Mapping[str, Any], region: str, index: int = 0) -> Mapping[str, Any]:
    """One node of an agent pool: what is declared, and what AKS documents to add.

    https://learn.microsoft.com/azure/aks/use-labels#reserved-system-labels; zones:
    https://learn.microsoft.com/azure/aks/availability-zones.
    """
    name, zones = f"aks-{pool['agentPoolName']}-00000000-vmss{index:06}", pool["availabilityZones"]
    added = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "topology.kubernetes.io/zone": f"{region}-{zones[index % len(zones)]}",
        "kubernetes.azure.com/agentpool": pool["agentPoolName"],
        "node.kubernetes.io/instance-type": pool["vmSize"],
    }
    machine = load().machines["azure"][pool["vmSize"]]
    row = load().accelerators.get(machine.accelerator or "")
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {**added, **pool["nodeLabels"]}},
        "spec": {"taints": [_taint(text) for text in pool.get("nodeTaints", [])]},
        "status": {"allocatable": {row.resource: str(machine.count)} if row else {}},
    }


def _taint(text: str) -> Mapping[str, str]:
    key, _, rest = text.partition("=")
    value, _, effect = rest.partition(":")
    return {"key": key, "value": value, "effect": effect}


def nodes(recorder: Recorder, plan: PlatformPlan) -> Mapping[str, list[Mapping[str, Any]]]:
    """The nodes that are always there, or else one, of the first step of every ladder."""
    found: dict[str, list[Mapping[str, Any]]] = {pool.name: [] for pool in plan.pools}
    first = {pool.name: pool.capacity for pool in plan.pools}
    for pool in agent_pools(recorder):
        told = pool["nodeLabels"]
        if told[labels.CAPACITY] == first[told[labels.POOL]]:
            count = max(1, int(pool["count"]))
            found[told[labels.POOL]] += [node(pool, plan.site.region, index) for index in range(count)]
    return found


TARGET = Target("azure-prod", cluster, nodes)
