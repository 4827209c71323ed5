"""Rules C4 to C10 on a living cluster: stores, accounts, queues, gateway, metrics, access, what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fairlead import labels, series
from fairlead.operate.findings import Cluster, NotApplicable, Problems
from fairlead.plan.credentials import held, is_text
from fairlead.plan.gateway_model import NAME, NAMESPACE
from fairlead.plan.sites.onprem import OnpremSite
from fairlead.workload.conditions import condition

CLASSES = {"fairlead-block": "storage-block", "fairlead-shared": "storage-shared"}
"""Storage class -> the capability that says why where there is none."""
STORE_KEYS = ("FAIRLEAD_OBJECT_STORE_URI", "FAIRLEAD_OBJECT_STORE_ENDPOINT", "FAIRLEAD_OBJECT_STORE_REGION")
AGAIN = "run `pulumi up --refresh` (target local: `fairlead up`): it makes what is missing"


def stores(cluster: Cluster) -> tuple[str, Problems]:
    """C4. Parts that the cluster lacks are named with the reason; where it lacks all, the rule does not apply."""
    lacks, there = cluster.lacks, cluster.seen.named("StorageClass")
    wanted = [name for name, capability in CLASSES.items() if capability not in lacks]
    without = [
        f"no {name}: {lacks[capability]}" for name, capability in CLASSES.items() if capability in lacks
    ]
    found = [(f"no storage class {name}", AGAIN) for name in wanted if name not in there]
    if "object-store" in lacks:
        without.append(f"no object store: {lacks['object-store']}")
    else:
        found += _announced(cluster)
        wanted.append("object store")
    if not wanted:
        raise NotApplicable("; ".join(without))
    return "; ".join([", ".join(wanted), *without]), tuple(found)


def _announced(cluster: Cluster) -> Iterator[tuple[str, str]]:
    for tenant in cluster.plan.tenants:
        told = cluster.seen.inside("ConfigMap", tenant.namespace).get(labels.OBJECT_STORE)
        data: Mapping[str, str] = (told or {}).get("data") or {}
        absent = [key for key in STORE_KEYS if not data.get(key)]
        if told is None:
            yield f"tenant {tenant.name}: no ConfigMap {labels.OBJECT_STORE}", AGAIN
        elif absent:
            yield f"tenant {tenant.name}: ConfigMap {labels.OBJECT_STORE} lacks {', '.join(absent)}", AGAIN


def accounts(cluster: Cluster) -> tuple[str, Problems]:
    """C5."""
    if not cluster.plan.layer("tenancy").enabled:
        raise NotApplicable("layer tenancy is switched off")
    found = list(_accounts(cluster))
    lacking = cluster.lacks.get("identity")
    if lacking and not found:
        raise NotApplicable(lacking)
    return f"service account {labels.WORKLOAD_ACCOUNT} of {len(cluster.plan.tenants)} tenants", tuple(found)


def _accounts(cluster: Cluster) -> Iterator[tuple[str, str]]:
    site = cluster.plan.site
    own_marks = site.accounts if isinstance(site, OnpremSite) else None
    marks: Mapping[str, Mapping[str, str]] = own_marks.annotations if own_marks else {}
    for tenant in cluster.plan.tenants:
        account = cluster.seen.inside("ServiceAccount", tenant.namespace).get(labels.WORKLOAD_ACCOUNT)
        if account is None:
            yield f"tenant {tenant.name}: no service account {labels.WORKLOAD_ACCOUNT}", AGAIN
            continue
        if account.get("secrets"):
            what = f"tenant {tenant.name}: a Secret with a token hangs on {labels.WORKLOAD_ACCOUNT}"
            yield (
                what,
                f"kubectl -n {tenant.namespace} describe sa {labels.WORKLOAD_ACCOUNT}; delete that Secret",
            )
        own: Mapping[str, str] = account["metadata"].get("annotations") or {}
        for key, value in marks.get(tenant.name, {}).items():
            if own.get(key) != value:
                yield f"tenant {tenant.name}: {labels.WORKLOAD_ACCOUNT} lacks its annotation {key}", AGAIN


def queues(cluster: Cluster) -> tuple[str, Problems]:
    """C6."""
    if not cluster.plan.layer("queue").enabled:
        raise NotApplicable("layer queue is switched off")
    found = [*_queues(cluster), *_priorities(cluster)]
    fix = "look at the controllers: `fairlead status` names those that are ill"
    found += [
        (f"tenant {tenant}: a job would be refused: {why}", fix)
        for tenant, why in cluster.seen.refusals.items()
    ]
    count = len(cluster.plan.tenants) * len(cluster.plan.queues.stages)
    tried = ", jobs would be taken" if cluster.plan.layer("jobs").enabled and not found else ""
    return f"{count} queues of {len(cluster.plan.tenants)} tenants{tried}", tuple(found)


def _queues(cluster: Cluster) -> Iterator[tuple[str, str]]:
    shares = cluster.seen.named("ClusterQueue")
    for queue in cluster.plan.queues.queues:
        there = cluster.seen.inside("LocalQueue", queue.namespace)
        absent = [stage for stage in cluster.plan.queues.stages if stage not in there]
        if absent:
            yield f"tenant {queue.namespace}: no queue {', '.join(absent)}", AGAIN
        if queue.name not in shares:
            yield f"tenant {queue.namespace}: its share {queue.name} (ClusterQueue) is not there", AGAIN
        elif why := _inactive(shares[queue.name]):
            yield f"tenant {queue.namespace}: its share {queue.name} admits nothing: {why}", AGAIN


def _inactive(queue: Mapping[str, Any]) -> str:
    active = condition(queue, "Active")
    if active is None:
        return "its controller has not looked at it"
    return "" if active["status"] == "True" else active.get("message", "it is not active")


def _priorities(cluster: Cluster) -> Iterator[tuple[str, str]]:
    there = cluster.seen.named("WorkloadPriorityClass")
    for one in cluster.plan.queues.priorities:
        if one.name not in there:
            yield f"no priority {one.name}", AGAIN
        elif there[one.name].get("value") != one.value:
            yield f"priority {one.name} is {there[one.name].get('value')}, not {one.value}", AGAIN


def gateway(cluster: Cluster) -> tuple[str, Problems]:
    """C7."""
    if "gateway" in cluster.lacks:
        raise NotApplicable(cluster.lacks["gateway"])
    there = [
        one
        for one in cluster.seen.objects["Gateway"]
        if (one["metadata"]["namespace"], one["metadata"]["name"]) == (NAMESPACE, NAME)
    ]
    if not there:
        return "none", ((f"no Gateway {NAME} in namespace {NAMESPACE}", AGAIN),)
    told = condition(there[0], "Programmed") or {
        "status": "Unknown",
        "message": "its controller has not looked at it",
    }
    if told["status"] == "True":
        return f"Gateway {NAMESPACE}/{NAME}", ()
    return f"Gateway {NAMESPACE}/{NAME}", ((f"it takes no calls: {told.get('message', '')}", AGAIN),)


def metrics(cluster: Cluster) -> tuple[str, Problems]:
    """C8: what the layer computes is what the contract names."""
    if not cluster.plan.monitoring.enabled:
        raise NotApplicable("layer monitoring is off: nothing of this platform gathers metrics")
    made = {
        rule.get("record")
        for one in cluster.seen.objects["PrometheusRule"]
        for group in one["spec"].get("groups", ())
        for rule in group.get("rules", ())
    }
    wanted = {series.NODE, series.POD, series.POOL_ACCELERATORS, series.POOL_HELD}
    if cluster.plan.monitoring.readings:
        wanted |= {series.ACCELERATOR_UTILIZATION, series.ACCELERATOR_IDLE}
    missing = tuple((f"nothing is recorded as {name}", AGAIN) for name in sorted(wanted - made))
    return f"{len(made - {None})} recorded series", missing


def keyless(cluster: Cluster) -> tuple[str, Problems]:
    """C9."""
    found = [
        (
            f"the program gives the engine a kubeconfig with {', '.join(keys)}",
            "give it a path, or an exec plugin",
        )
        for keys in map(held, cluster.kubeconfigs)
        if keys
    ]
    if not cluster.kubeconfigs:
        found.append(
            ("the program declares no Kubernetes provider", "`fairlead resources` shows what it declares")
        )
    way = "an exec plugin" if any(map(is_text, cluster.kubeconfigs)) else "the path of a file"
    return f"the engine is given {way}", tuple(found)


def declared(cluster: Cluster) -> tuple[str, Problems]:
    """C10: nothing is missing without a reason, and nothing is there that is declared missing."""
    lacks, classes = cluster.lacks, cluster.seen.named("StorageClass")
    found = [
        (f"{one.name} is {one.status} without a reason", "write the reason into its row")
        for one in cluster.plan.capabilities
        if one.status != "supported" and not one.reason
    ]
    for name, capability in CLASSES.items():
        if capability in lacks and name in classes:
            fix = "remove the class, or say in the spec what makes its volumes"
            found.append((f"storage class {name} is there, though {capability} is declared missing", fix))
    return f"{len(lacks)} of {len(cluster.plan.capabilities)} capabilities are missing", tuple(found)
