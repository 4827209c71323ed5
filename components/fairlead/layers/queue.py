"""The queue layer: flavors, cohort, a cluster queue per tenant and priorities, out of the plan.

Pure functions from the plan to objects; `platform` registers them. Kueue itself: `queue_controller`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers.objects import made_by_their_owner
from fairlead.layers.queue_controller import NAMESPACE, controller
from fairlead.plan.queue_model import FlavorPlan, FlavorQuota, QueuePlan, QueuesPlan

__all__ = ["NAMESPACE", "controller"]

API = "kueue.x-k8s.io/v1beta2"
PROVISIONING = "kueue.x-k8s.io/provisioning-request"
"""Kueue's own controller of admission checks that ask an autoscaler for nodes."""
RETRIES: Mapping[str, int] = {"backoffLimitCount": 50, "backoffBaseSeconds": 60, "backoffMaxSeconds": 1800}
"""A request that failed is made again after 1, 2, 4 … 30 minutes, for about a day. Kueue's own limit is 3: a
workload would be given up for good after seven minutes without capacity, and never wait again by itself."""


def _object(kind: str, name: str, spec: Mapping[str, Any]) -> Object:
    return {"apiVersion": API, "kind": kind, "metadata": {"name": name}, "spec": spec}


def owners() -> list[Object]:
    """What members send names no owner: what a job that runs owns would pass the queue with it."""
    return [
        *made_by_their_owner("fairlead-jobs-owners", "batch", ("jobs",)),
        *made_by_their_owner("fairlead-trainjobs-owners", "trainer.kubeflow.org", ("trainjobs",)),
    ]


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


def topologies(plan: QueuesPlan) -> list[Object]:
    """The trees of nodes that gangs are placed in. With them quota counts only where nodes really are free."""
    return [
        _object("Topology", one.name, {"levels": [{"nodeLabel": level} for level in one.levels]})
        for one in plan.topologies
    ]


def flavors(plan: QueuesPlan) -> list[Object]:
    """One flavor per accelerator and capacity. Its taints keep workloads out that do not tolerate them."""
    return [_object("ResourceFlavor", one.name, _flavor(one)) for one in plan.flavors]


def _flavor(plan: FlavorPlan) -> Object:
    taints = [{"key": t.key, "value": t.value, "effect": t.effect} for t in plan.node_taints]
    return {
        "nodeLabels": dict(plan.node_labels),
        **({"topologyName": plan.topology} if plan.topology else {}),
        **({"nodeTaints": taints} if taints else {}),
    }


def checks(plan: QueuesPlan) -> list[Object]:
    """Capacity that comes as a whole: a workload is admitted when all that it needs is there."""
    made: list[Object] = []
    for one in plan.provisioning:
        spec = {
            "provisioningClassName": one.class_name,
            "managedResources": list(one.resources),
            "retryStrategy": dict(RETRIES),
            **({"parameters": dict(one.parameters)} if one.parameters else {}),
        }
        reference = {"apiGroup": API.partition("/")[0], "kind": "ProvisioningRequestConfig", "name": one.name}
        made.append(_object("ProvisioningRequestConfig", one.name, spec))
        made.append(
            _object("AdmissionCheck", one.name, {"controllerName": PROVISIONING, "parameters": reference})
        )
    return made


def _groups(
    plan: QueuesPlan, quotas: Sequence[FlavorQuota], *, borrow: bool = True
) -> list[Mapping[str, Any]]:
    given = [
        {"name": quota.flavor, "resources": [_resource(quota, name, borrow) for name in plan.resources]}
        for quota in quotas
    ]
    return [{"coveredResources": list(plan.resources), "flavors": given}]


def _resource(quota: FlavorQuota, name: str, borrow: bool) -> Object:
    most = quota.borrow.get(name) if borrow else "0"
    return {
        "name": name,
        "nominalQuota": quota.nominal[name],
        **({} if most is None else {"borrowingLimit": most}),
        **({"lendingLimit": quota.lend[name]} if name in quota.lend else {}),
    }


def cohort(plan: QueuesPlan) -> list[Object]:
    """The cohort and what no tenant is guaranteed: everybody may borrow it."""
    return [_object("Cohort", plan.cohort, {"resourceGroups": _groups(plan, plan.shared)})]


def cluster_queue(plan: QueuesPlan, queue: QueuePlan) -> Object:
    """A tenant's queue. Its guaranteed share comes back to it at once; waiting is by priority, then age."""
    checks = [{"name": one.name, "onFlavors": [one.flavor]} for one in plan.provisioning]
    return _object(
        "ClusterQueue",
        queue.name,
        {
            "cohortName": plan.cohort,
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": queue.namespace}},
            "queueingStrategy": "BestEffortFIFO",
            "preemption": _preemption(plan, queue),
            **({"fairSharing": {"weight": str(queue.weight)}} if plan.fair else {}),
            **({"admissionChecksStrategy": {"admissionChecks": checks}} if checks else {}),
            "flavorFungibility": {"whenCanBorrow": "MayStopSearch", "whenCanPreempt": "TryNextFlavor"},
            "resourceGroups": _groups(plan, queue.quotas, borrow=queue.borrow),
        },
    )


def _preemption(plan: QueuesPlan, queue: QueuePlan) -> Object:
    """Whom a waiting workload may evict: lower priorities of its tenant, and whoever borrows its tenant's share.

    A workload larger than the guaranteed share evicts nothing, not even its own tenant's, unless it may do so
    while it borrows. Fair sharing allows that by itself and excludes `borrowWithinCohort`; without it, the two
    policies are switched on together.
    """
    policy = {"never": "Never", "lower-priority": "LowerPriority"}[queue.preemption]
    own = {"withinClusterQueue": policy, "reclaimWithinCohort": "Any"}
    return own if plan.fair else {**own, "borrowWithinCohort": {"policy": policy}}


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
