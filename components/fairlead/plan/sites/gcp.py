"""Google Cloud's own part of the plan: checks, and everything its builder needs beside the pools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fairlead.catalog.model import Catalog
from fairlead.errors import Problem
from fairlead.plan import databases, secrets, store
from fairlead.plan.check_pools import IDLE_AFTER
from fairlead.plan.machines import Choice
from fairlead.plan.model import PoolPlan
from fairlead.plan.pools import kubernetes_of
from fairlead.plan.sites import cuts, gcp_databases, gcp_pools, gcp_secrets, gcp_time, idle
from fairlead.plan.sites import gcp_access as access
from fairlead.plan.sites import gcp_check as checks
from fairlead.plan.sites import gcp_network as net
from fairlead.plan.sites import gcp_words as words
from fairlead.plan.sites.gcp_model import (
    GcpSite,
    KeyPlan,
    LustrePlan,
    StoragePlan,
    StorePlan,
    WorkloadLogs,
)
from fairlead.plan.sites.gcp_server import SqlServer
from fairlead.spec.gcp import GcpTarget
from fairlead.spec.model import Platform
from fairlead.spec.pool import Pool

SERVICES = (
    "artifactregistry.googleapis.com",
    "cloudkms.googleapis.com",
    "compute.googleapis.com",
    "container.googleapis.com",
    "dns.googleapis.com",
    "file.googleapis.com",
    "iam.googleapis.com",
    "iamcredentials.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "storage.googleapis.com",
)
"""APIs of every platform."""
LUSTRE_SERVICES = ("lustre.googleapis.com", "servicenetworking.googleapis.com")
ROTATION_SECONDS = 90 * 86_400
"""A new version of the key every 90 days: this product's choice."""


def check(
    target: GcpTarget, pools: Mapping[int, Pool], choices: Mapping[int, Choice], catalog: Catalog
) -> Iterator[Problem]:
    """Every problem of the target's own settings and of pools on this target."""
    yield from checks.target(target)
    yield from checks.ranges(target, pools, choices, complete=len(choices) == len(pools) > 0)
    yield from checks.pools(target, pools, choices, catalog)
    yield from cuts.all_slices(pools, choices, catalog)
    yield from cuts.few_clients(pools)
    yield from _idle(pools)


def _idle(pools: Mapping[int, Pool]) -> Iterator[Problem]:
    """The time lies in a ComputeClass, which is there where a pool has a ladder.

    https://docs.cloud.google.com/kubernetes-engine/docs/reference/crds/computeclass, 2026-11-24
    """
    if any(len(pool.capacity) > 1 for pool in pools.values()):
        yield from idle.check(pools, "GKE's autoscaler")
        return
    for place, pool in pools.items():
        if pool.min < pool.max and pool.idle_after != IDLE_AFTER:
            yield Problem(
                f"platform.pools[{place}].idle_after",
                "GKE lets a ComputeClass say it, which is there where a pool has a ladder of capacities",
                pool.idle_after,
                fix="leave idle_after out, or give a pool a second capacity",
            )


def site(spec: Platform, pools: Sequence[PoolPlan], catalog: Catalog) -> GcpSite:
    """What the builder needs, for a spec that the checks have passed."""
    target = spec.target
    if not isinstance(target, GcpTarget):
        raise TypeError(f"{target.kind} is not gcp")
    name = words.fit(spec.name, words.NODE_POOL_NAME)
    fabrics = net.fabrics(name, target, gcp_pools.fabric_use(pools))
    units = gcp_pools.policies(name, pools)
    made = gcp_pools.node_pools(target, pools, fabrics, units)
    version = kubernetes_of(target, catalog.targets["gcp"]).rsplit(".", 1)[0]
    account = access.account(name, "nodes", target)
    kept = secrets.shares(spec.layers, [tenant.name for tenant in spec.tenants])
    servers = tuple(gcp_databases.servers(name, databases.managed_plan(spec.layers, "gcp"), target))
    return GcpSite(
        project=target.project,
        project_number=target.project_number,
        region=target.region,
        zones=target.zones,
        cluster=name,
        version=version,
        channel=target.channel.upper(),
        labels={"fairlead-platform": name, "fairlead-environment": spec.environment},
        protect=target.protect,
        services=(*_services(target, servers), *((gcp_secrets.SERVICE,) if kept else ())),
        network=net.network(name, target),
        public=target.endpoint.public,
        allow=target.endpoint.allow,
        dns_endpoint=target.dns_endpoint,
        security_group=target.security_group,
        maintenance=gcp_time.window(target.maintenance, pinned=target.version is not None),
        key=KeyPlan(
            target.key, name, "platform", ROTATION_SECONDS, access.key_users(target, databases=bool(servers))
        ),
        node_account=account.partition("@")[0],
        node_grants=access.node_grants(account),
        admins=access.admins(target),
        store=_store(spec, name, target),
        servers=servers,
        agents=(gcp_databases.SERVICE,) if servers else (),
        storage=StoragePlan(
            shared=target.shared_storage,
            shared_peering=target.network is not None and target.network.project is not None,
            lustre=_lustre(name, target),
        ),
        secrets=tuple(access.secret_part(spec.name, share, target) for share in kept),
        fabrics=fabrics,
        policies=units,
        node_pools=made,
        ladder=gcp_pools.ladder(pools, made),
        idle_minutes=idle.minutes(pools),
        workload_logs=_workload_logs(spec, name, target),
        audited=access.AUDITED if target.data_access_logs else {},
        ci=access.ci(
            name,
            target,
            (*(gcp_databases.CI_ROLES if servers else ()), *(access.LOGS_ROLES if spec.logs else ())),
            (*((gcp_databases.LOGIN,) if servers else ()), *((gcp_secrets.ROLE,) if kept else ())),
        ),
    )


def _services(target: GcpTarget, servers: Sequence[SqlServer]) -> tuple[str, ...]:
    lustre = LUSTRE_SERVICES if target.parallel_storage_tib else ()
    return (*SERVICES, *lustre, *((gcp_databases.SERVICE,) if servers else ()))


def _store(spec: Platform, name: str, target: GcpTarget) -> StorePlan:
    shares = store.shares(spec.layers, [tenant.name for tenant in spec.tenants])
    return StorePlan(
        bucket=words.fit(f"{target.project}-{name}", words.BUCKET_NAME),
        location=target.region.upper(),
        expire_days=target.object_store.expire_days,
        protect=target.object_store.protect,
        folders=tuple(access.folder(share, target) for share in shares),
    )


def _workload_logs(spec: Platform, name: str, target: GcpTarget) -> WorkloadLogs | None:
    """https://docs.cloud.google.com/logging/docs/api/v2/resource-list, k8s_container, 2026-11-30"""
    if spec.logs is None:
        return None
    asked = {"project_id": target.project, "location": target.region, "cluster_name": name}
    terms = [f'resource.labels.{label}="{value}"' for label, value in asked.items()]
    every = " AND ".join(['resource.type="k8s_container"', *terms])
    return WorkloadLogs(f"{name}-workloads", every, spec.logs.days)


def _lustre(name: str, target: GcpTarget) -> LustrePlan | None:
    if target.parallel_storage_tib is None:
        return None
    hour, minute = (int(part) for part in target.maintenance.start.split(":"))
    return LustrePlan(
        instance=words.fit(f"{name}-parallel", words.COMPUTE_NAME),
        filesystem="fairlead",
        zone=target.zones[0],
        gib=target.parallel_storage_tib // 9 * words.LUSTRE_STEP,
        throughput=words.LUSTRE_THROUGHPUT,
        range_name=words.fit(f"{name}-services", words.COMPUTE_NAME),
        day=target.maintenance.day.upper(),
        hour=hour,
        minute=minute,
    )
