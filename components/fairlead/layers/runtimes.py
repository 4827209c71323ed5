"""The runtimes of one cluster: those of job files, those of frameworks, and who may read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.contract.handle import ClusterHandle
from fairlead.layers import fabric
from fairlead.layers.objects import READ, binding, role, rule, subjects
from fairlead.plan.model import PlatformPlan, TenantPlan

READERS = "fairlead-runtimes"


def objects(plan: PlatformPlan, handle: ClusterHandle) -> list[Object]:
    """Every ClusterTrainingRuntime."""
    from fairlead.catalog.read import load
    from fairlead.plan.claimed import counts
    from fairlead.plan.selecting import selectors
    from fairlead.workload import frameworks, runtime
    from fairlead.workload.nearness import pod_annotations

    identity = handle.identity
    pod_labels: Mapping[str, str] = identity.pod_labels if identity else {}
    token = identity.token if identity else None
    fabrics = fabric.pinned(plan.fabrics, handle.images).jobs
    near, grace = pod_annotations(plan.queues), plan.health.grace_seconds
    chosen = selectors(plan.pools, plan.site)
    images = frameworks.images(plan.jobs.runtimes, handle.images, plan.site.job_images, plan.jobs.images)
    cluster = frameworks.Cluster(images, pod_labels, grace, chosen, token)
    catalog = load()
    return [
        *runtime.runtimes(pod_labels, near, fabrics, grace, chosen, token, counts(plan.pools)),
        *frameworks.runtimes(cluster, frameworks.kinds_of_nodes(near, fabrics, catalog), catalog),
    ]


def readers(tenants: Sequence[TenantPlan]) -> list[Object]:
    """Whoever works in a tenant may read the cluster's runtimes: Trainer's SDK does so before it sends a job.

    A binding for each tenant: what one team changes of its people changes no object of another's.
    """
    read = rule(["trainer.kubeflow.org"], ["clustertrainingruntimes"], READ)
    bound = [_reading(tenant, who) for tenant in tenants if (who := subjects(tenant.working))]
    return [role({"name": READERS}, [read]), *bound] if bound else []


def _reading(tenant: TenantPlan, who: Sequence[Mapping[str, str]]) -> Object:
    meta = {"name": f"{READERS}-{tenant.name}", "labels": {labels.TENANT: tenant.name}}
    return binding(meta, ("ClusterRole", READERS), who)
