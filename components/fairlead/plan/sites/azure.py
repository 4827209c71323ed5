"""The Azure target's own part of the plan: what is refused, and what the cluster is built from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fairlead.catalog.model import Catalog
from fairlead.errors import Problem
from fairlead.plan import databases, secrets, store
from fairlead.plan.machines import Choice
from fairlead.plan.model import PoolPlan
from fairlead.plan.sites import azure_databases, cuts, idle
from fairlead.plan.sites import azure_names as naming
from fairlead.plan.sites.azure_check import pool_problems, target_problems
from fairlead.plan.sites.azure_model import AzureSite, WorkloadLogs
from fairlead.plan.sites.azure_pools import agent_pools, priorities, provisioned
from fairlead.plan.sites.window import window
from fairlead.spec.azure import AzureTarget
from fairlead.spec.model import Platform
from fairlead.spec.pool import Pool


def check(
    target: AzureTarget, pools: Mapping[int, Pool], choices: Mapping[int, Choice], catalog: Catalog
) -> Iterator[Problem]:
    """Every problem that Azure alone knows."""
    yield from target_problems(target)
    yield from pool_problems(target, pools, choices)
    yield from cuts.all_slices(pools, choices, catalog)
    yield from cuts.smallest_of_its_compute(pools, choices, catalog)
    yield from cuts.not_on("azurelinux", pools, choices, catalog)
    if not target.node_provisioning:
        yield from idle.check(pools, "the cluster autoscaler of AKS")


def site(spec: Platform, pools: Sequence[PoolPlan], catalog: Catalog) -> AzureSite:
    """Everything that only the Azure target needs, for a spec that the checks have passed."""
    target = spec.target
    if not isinstance(target, AzureTarget):
        raise TypeError(f"{target.kind} is not azure")
    made = tuple(agent_pools(pools, target.node_provisioning))
    names = [tenant.name for tenant in spec.tenants]
    shares, kept = store.shares(spec.layers, names), secrets.shares(spec.layers, names)
    containers = tuple(naming.container(spec.name, share) for share in shares)
    managed = databases.managed_plan(spec.layers, "azure")
    return AzureSite(
        region=target.region,
        subscription=target.subscription,
        entra_tenant=target.tenant,
        zones=target.zones,
        region_zones=catalog.regions["azure"][target.region].zones,
        version=target.version or ".".join(catalog.targets["azure"].kubernetes.split(".")[:2]),
        names=naming.names(spec.name, target.subscription),
        network=naming.network_plan(target, naming.most_nodes(pools)),
        agent_pools=made,
        provisioned=tuple(provisioned(pools)) if target.node_provisioning else (),
        priorities=priorities(made),
        tier=target.tier,
        upgrade_channel=target.upgrade_channel,
        node_image_channel=target.node_image_channel,
        node_provisioning=target.node_provisioning,
        idle_minutes=idle.minutes(pools),
        host_encryption=target.host_encryption,
        admins=target.admins,
        public=target.endpoint.public,
        allow=target.endpoint.allow,
        maintenance_day=target.maintenance.day,
        maintenance_start=target.maintenance.start,
        maintenance_hours=target.maintenance.hours,
        window=window(target.maintenance),
        log_days=target.log_days,
        workload_logs=WorkloadLogs(f"{spec.name}-workloads", spec.logs.days) if spec.logs else None,
        key=naming.key_of(target),
        protect=target.protect,
        containers=containers,
        secrets=tuple(naming.secret_part(spec.name, share, target.subscription) for share in kept),
        servers=tuple(azure_databases.servers(spec.name, managed, target, containers)),
        expire_days=target.object_store.expire_days,
        keep_objects=target.object_store.protect,
        shared_storage=target.shared_storage,
        lustre_tib=target.parallel_storage_tib or 0,
        ci_issuer=target.ci.issuer if target.ci else "",
        ci_subjects=target.ci.subjects if target.ci else (),
    )
