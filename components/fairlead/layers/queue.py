"""The queue layer: Kueue, with flavors, cohort, a cluster queue per tenant and priorities out of the plan.

Pure functions from the plan to objects; `platform` registers them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object, Release, Renderer
from fairlead.layers import transform
from fairlead.plan.model import FlavorQuota, QueuePlan, QueuesPlan

API = "kueue.x-k8s.io/v1beta2"
NAMESPACE = "kueue-system"
FRAMEWORKS = ("batch/job", "jobset.x-k8s.io/jobset", "trainer.kubeflow.org/trainjob")
"""Kinds of work that wait in queues; every one of them makes whole gangs."""
PODS_READY_TIMEOUT = "30m"
"""A gang not wholly ready by then gives its place back: pulling an image of 20 GiB may take 10 minutes."""


def config() -> Mapping[str, Any]:
    """Kueue's own configuration file: Configuration of config.kueue.x-k8s.io/v1beta2."""
    return {
        "apiVersion": "config.kueue.x-k8s.io/v1beta2",
        "kind": "Configuration",
        "health": {"healthProbeBindAddress": ":8081"},
        "metrics": {"bindAddress": ":8443", "enableClusterQueueResources": True},
        "webhook": {"port": 9443},
        "leaderElection": {"leaderElect": True, "resourceName": "c1f6bfd2.kueue.x-k8s.io"},
        "controller": {
            "groupKindConcurrency": {
                "Job.batch": 5,
                "Workload.kueue.x-k8s.io": 10,
                "LocalQueue.kueue.x-k8s.io": 5,
                "ClusterQueue.kueue.x-k8s.io": 5,
                "ResourceFlavor.kueue.x-k8s.io": 1,
            }
        },
        "clientConnection": {"qps": 300, "burst": 500},
        # In a tenant's namespace nothing runs past the queue: work without a queue name stays suspended.
        # The chart puts the selector into the webhooks too: outside tenants Kueue stops no install.
        "manageJobsWithoutQueueName": True,
        "managedJobsNamespaceSelector": {"matchExpressions": [{"key": labels.TENANT, "operator": "Exists"}]},
        "waitForPodsReady": {
            "timeout": PODS_READY_TIMEOUT,
            "recoveryTimeout": "10m",
            "blockAdmission": False,
            "requeuingStrategy": {
                "timestamp": "Eviction",
                "backoffBaseSeconds": 60,
                "backoffMaxSeconds": 3600,
            },
        },
        "integrations": {"frameworks": list(FRAMEWORKS)},
    }


def release() -> Release:
    """Kueue's chart with this layer's values."""
    import yaml

    values = {"managerConfig": {"controllerManagerConfigYaml": yaml.safe_dump(config(), sort_keys=False)}}
    return Release("kueue", "kueue", NAMESPACE, values)


def controller(render: Renderer) -> list[Object]:
    """Kueue's objects: the chart, without roles that only feed other roles."""
    objects = transform.without_hooks(render(release()))
    objects = transform.in_namespace(objects, NAMESPACE)
    return [obj for obj in transform.flatten_aggregation(objects) if not _only_aggregated(obj)]


def _only_aggregated(obj: Object) -> bool:
    if obj["kind"] != "ClusterRole":
        return False
    return any(key.startswith("rbac.kueue.x-k8s.io/") for key in obj["metadata"].get("labels", {}))


def _object(kind: str, name: str, spec: Mapping[str, Any]) -> Object:
    return {"apiVersion": API, "kind": kind, "metadata": {"name": name}, "spec": spec}


def priorities(plan: QueuesPlan) -> list[Object]:
    """Priority classes of contract rule C6."""
    return [
        {
            "apiVersion": API,
            "kind": "WorkloadPriorityClass",
            "metadata": {"name": one.name},
            "value": one.value,
            "description": f"Workloads of the stage {one.name}",
        }
        for one in plan.priorities
    ]


def probe() -> Object:
    """A harmless object that Kueue's webhook must answer for before any other is created."""
    return _object("ResourceFlavor", "fairlead-probe", {})


def topology(plan: QueuesPlan) -> list[Object]:
    """The tree of nodes that gangs are placed in. With it quota counts only where nodes really are free.

    None where pools grow: there Kueue's wait for ready pods holds a gang together.
    """
    if not plan.topology:
        return []
    return [_object("Topology", plan.topology, {"levels": [{"nodeLabel": level} for level in plan.levels]})]


def flavors(plan: QueuesPlan) -> list[Object]:
    """One flavor per accelerator and capacity. Its taints keep workloads out that do not tolerate them."""
    return [
        _object(
            "ResourceFlavor",
            one.name,
            {
                "nodeLabels": dict(one.node_labels),
                **({"topologyName": plan.topology} if plan.topology else {}),
                **(
                    {
                        "nodeTaints": [
                            {"key": t.key, "value": t.value, "effect": t.effect} for t in one.node_taints
                        ]
                    }
                    if one.node_taints
                    else {}
                ),
            },
        )
        for one in plan.flavors
    ]


def _groups(
    plan: QueuesPlan, quotas: Sequence[FlavorQuota], *, borrow: bool = True
) -> list[Mapping[str, Any]]:
    limit = {} if borrow else {"borrowingLimit": "0"}
    given = [
        {
            "name": quota.flavor,
            "resources": [
                {"name": name, "nominalQuota": quota.nominal[name], **limit} for name in plan.resources
            ],
        }
        for quota in quotas
    ]
    return [{"coveredResources": list(plan.resources), "flavors": given}]


def cohort(plan: QueuesPlan) -> list[Object]:
    """The cohort and what no tenant is guaranteed: everybody may borrow it."""
    return [_object("Cohort", plan.cohort, {"resourceGroups": _groups(plan, plan.shared)})]


def cluster_queue(plan: QueuesPlan, queue: QueuePlan) -> Object:
    """A tenant's queue. Its guaranteed share comes back to it at once; waiting is by priority, then age.

    Kueue lets a workload that is larger than the guaranteed share preempt nothing, not even its own
    tenant's, unless it may do so while it borrows: both are switched on together.
    """
    policy = {"never": "Never", "lower-priority": "LowerPriority"}[queue.preemption]
    preemption = {
        "withinClusterQueue": policy,
        "reclaimWithinCohort": "Any",
        "borrowWithinCohort": {"policy": policy},
    }
    return _object(
        "ClusterQueue",
        queue.name,
        {
            "cohortName": plan.cohort,
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": queue.namespace}},
            "queueingStrategy": "BestEffortFIFO",
            "preemption": preemption,
            "flavorFungibility": {"whenCanBorrow": "MayStopSearch", "whenCanPreempt": "TryNextFlavor"},
            "resourceGroups": _groups(plan, queue.quotas, borrow=queue.borrow),
        },
    )


def local_queues(plan: QueuesPlan, queue: QueuePlan) -> list[Object]:
    """Contract rule C6: a queue per stage in the tenant's namespace."""
    return [
        {
            "apiVersion": API,
            "kind": "LocalQueue",
            "metadata": {"name": stage, "namespace": queue.namespace, "labels": {labels.STAGE: stage}},
            "spec": {"clusterQueue": queue.name},
        }
        for stage in plan.stages
    ]
