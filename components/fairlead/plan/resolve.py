"""Spec and catalogue in, plan out: a pure function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fairlead.catalog import faults
from fairlead.catalog.model import Catalog, TargetRow
from fairlead.errors import InputError, Problem
from fairlead.plan import (
    budget_limits,
    certificates,
    channels,
    claimed,
    compatibility,
    databases,
    events,
    fabric,
    gateway,
    health,
    jobs_v1,
    katib,
    lws,
    model_registry,
    monitoring,
    opencost,
    pipelines,
    pipelines_model,
    ray,
    scaling,
    secrets,
    selecting,
    serving,
    sharing,
    sites,
    spark,
    store,
    tracking,
    tracking_model,
    workflows,
)
from fairlead.plan.check import check
from fairlead.plan.jobs_model import JobsPlan
from fairlead.plan.layers import layer_plans
from fairlead.plan.model import Capability, PeoplePlan, PlatformPlan, PoolPlan, TenantPlan
from fairlead.plan.policy import TENANT_OBJECTS
from fairlead.plan.pools import kubernetes_of, pool_plan
from fairlead.plan.provisioning import provisioned
from fairlead.plan.queue_model import QueuesPlan
from fairlead.plan.queues import Claim, Ground, milli, share_out, size
from fairlead.plan.software import gpu_plan
from fairlead.plan.topology import placing, placing_notes, tree_of
from fairlead.spec.jobs import Jobs
from fairlead.spec.load import of
from fairlead.spec.model import Platform
from fairlead.spec.paths import in_input_order
from fairlead.spec.tenant import Tenant


def resolve(spec: Platform, catalog: Catalog) -> PlatformPlan:
    """Everything that will be built. Raises InputError with every problem between parts of the spec."""
    problems = check(of(spec), catalog)
    if problems:
        raise InputError(f"platform {spec.name}", in_input_order(problems, spec.model_dump(by_alias=True)))
    plan = build(spec, catalog)
    problems = of_whole(plan, spec, catalog)
    if problems:
        raise InputError(f"platform {spec.name}", problems)
    return plan


def of_whole(plan: PlatformPlan, spec: Platform, catalog: Catalog) -> list[Problem]:
    """What only a whole plan can tell: what does not run on its Kubernetes, and budgets that cannot be kept."""
    claims, kept = [_claim(tenant, catalog) for tenant in spec.tenants], spec.layers.queue.enabled
    problems = [
        *compatibility.of_plan(plan, spec.target),
        *opencost.problems(spec.layers, plan.opencost, plan.pools),
        *budget_limits.problems(plan.queues, plan.pools, spec.tenants, claims, kept=kept),
    ]
    return in_input_order(problems, spec.model_dump(by_alias=True))


def build(spec: Platform, catalog: Catalog) -> PlatformPlan:
    """The plan of a spec that `plan.check` has passed."""
    target = catalog.targets[spec.target.kind]
    pools = health.left_alone(
        spec.layers.health, [pool_plan(pool, spec.target, target, catalog) for pool in spec.pools]
    )
    claims = [_claim(tenant, catalog) for tenant in spec.tenants]
    queues = share_out(spec.name, pools, claims, _ground(spec, pools, catalog), spec.layers.queue)
    queues = budget_limits.with_budgets(queues, pools, spec.tenants, claims)
    site = sites.of(target.name).site(spec, pools, catalog)
    mending = health.health_plan(spec.layers.health, pools, target.name, faults.load())
    gpu = gpu_plan(spec.layers.gpu, pools, target, catalog)
    permitted = [tenant.name for tenant in spec.tenants if fabric.FABRIC in tenant.host_access]
    fabrics = fabric.fabrics_plan(pools, site, catalog, gpu, permitted)
    queues = claimed.with_devices(channels.with_channels(queues, pools, fabrics.jobs), pools)
    services = scaling.scaling_plan(spec.layers.scaling, pools)
    steps = workflows.workflows_plan(spec.layers.workflows, pools)
    graphs = pipelines.pipelines_plan(spec.layers.pipelines, pools)
    applications = spark.spark_plan(spec.layers.spark, pools)
    old = jobs_v1.jobs_v1_plan(spec.layers.jobs_v1, pools)
    names = [tenant.name for tenant in spec.tenants]
    kept_outside = secrets.secrets_plan(spec.layers, pools)
    kept = databases.databases_plan(spec.layers, pools, target.name)
    lacks = {
        **store.lacks(spec.layers.store, spec.target, site.lacks),
        **gateway.lacks(spec.layers.gateway),
    }
    capabilities = tuple(_capabilities(target, catalog, lacks))
    shared = any(one.name == "storage-shared" and one.status != "unsupported" for one in capabilities)
    layers = layer_plans(spec.layers, pools, target, gpu)
    kubernetes = kubernetes_of(spec.target, target)
    uses = compatibility.planned(layers, fabrics, site.own_charts)
    stored = spec.layers.store.enabled or site.keeps_parts
    runs = tracking.tracking_plan(spec.layers, pools, names, stored=stored, shared=shared)
    models = serving.serving_plan(spec.layers.serving, target.name, pools)
    tuning = katib.katib_plan(spec.layers.katib, pools)
    registries = model_registry.model_registry_plan(spec.layers.model_registry, pools)
    shown = opencost.opencost_plan(spec.layers.opencost, pools)
    entrance = gateway.gateway_plan(spec.layers, target.name, pools, names)
    return PlatformPlan(
        name=spec.name,
        environment=spec.environment,
        target=target.name,
        site=site,
        kubernetes=kubernetes,
        pools=pools,
        queues=queues,
        tenants=tuple(_tenant(tenant) for tenant in spec.tenants),
        layers=layers,
        capabilities=capabilities,
        notes=(
            *_notes(pools, claims, queues),
            *site.notes,
            *selecting.notes(pools, site),
            *fabric.notes(fabrics),
            *health.notes(mending, pools),
            *scaling.notes(services, measured=spec.layers.monitoring.enabled),
            *gateway.notes(entrance),
            *secrets.notes(kept_outside),
            *serving.notes(models),
            *workflows.notes(steps, capabilities),
            *pipelines.notes(graphs, brought=kept_outside.wanted_by(pipelines_model.LAYER) is not None),
            *spark.notes(applications),
            *jobs_v1.notes(old),
            *databases.notes(kept),
            *tracking.notes(runs, entrance.page(tracking_model.PAGE)),
            *katib.notes(tuning),
            *model_registry.notes(registries, len(names)),
            *opencost.notes(shown, pools),
            *compatibility.notes(uses, kubernetes),
        ),
        gpu=gpu,
        health=mending,
        fabrics=fabrics,
        scaling=services,
        certificates=certificates.certificates_plan(spec.layers.certificates, pools),
        secrets=kept_outside,
        gateway=entrance,
        store=store.store_plan(spec.layers, names),
        policies=spec.policies.model_dump(mode="json"),
        databases=kept,
        tracking=runs,
        workflows=steps,
        pipelines=graphs,
        serving=models,
        jobs=_jobs(spec.layers.jobs),
        ray=ray.ray_plan(spec.layers.ray, pools),
        lws=lws.lws_plan(spec.layers.lws, pools),
        katib=tuning,
        spark=applications,
        model_registry=registries,
        jobs_v1=old,
        events=events.events_plan(spec.layers.events, pools),
        monitoring=monitoring.monitoring_plan(spec.layers.monitoring, pools, spec.tenants, catalog),
        opencost=shown,
    )


def _jobs(spec: Jobs) -> JobsPlan:
    return JobsPlan(spec.runtimes, dict[str, str](spec.images.items())) if spec.enabled else JobsPlan()


def _claim(tenant: Tenant, catalog: Catalog) -> Claim:
    shares = ((sharing.find(name, "", catalog), count) for name, count in tenant.quota.accelerators.items())
    return Claim(
        tenant=tenant.name,
        borrow=tenant.borrow,
        preemption=tenant.preemption,
        accelerators={one.name: count for one, count in shares if isinstance(one, sharing.Asked) and count},
        cpu=milli(tenant.quota.cpu),
        memory=size(tenant.quota.memory),
        borrow_limits=_by_name(tenant.borrow_limit, catalog),
        lend_limits=_by_name(tenant.lend_limit, catalog),
        weight=tenant.weight,
    )


def _by_name(amounts: Mapping[str, int], catalog: Catalog) -> dict[str, int]:
    """By the catalogue's names; the checks have refused others."""
    found = ((sharing.find(name, "", catalog), count) for name, count in amounts.items())
    return {one.name: count for one, count in found if isinstance(one, sharing.Asked)}


def _ground(spec: Platform, pools: Sequence[PoolPlan], catalog: Catalog) -> Ground:
    row, names = catalog.targets[spec.target.kind], provisioned(spec.target)
    trees = placing(pools, names, lambda pool: tree_of(pool, spec.target, row, catalog))
    return Ground(row, trees, names)


def _tenant(tenant: Tenant) -> TenantPlan:
    quota = {
        "requests.storage": tenant.quota.storage,
        "persistentvolumeclaims": str(tenant.quota.volumes),
        **TENANT_OBJECTS,
    }
    admin, viewer = tenant.roles.admin, tenant.roles.viewer
    return TenantPlan(
        name=tenant.name,
        namespace=tenant.name,
        groups=tenant.groups,
        pod_security=tenant.pod_security,
        egress=tenant.egress,
        quota=quota,
        host_access=tenant.host_access,
        owner=tenant.owner or "",
        cost_center=tenant.cost_center or "",
        members=tenant.members,
        budget=tenant.budget.month if tenant.budget else None,
        admins=PeoplePlan(admin.groups, admin.members),
        viewers=PeoplePlan(viewer.groups, viewer.members),
    )


def _capabilities(target: TargetRow, catalog: Catalog, lacks: Mapping[str, str]) -> Iterator[Capability]:
    for row in catalog.capabilities[target.name].values():
        if row.name in lacks:
            yield Capability(row.name, "unsupported", lacks[row.name])
            continue
        match row.status:
            case "supported" | "unsupported" | "unproven":
                yield Capability(row.name, row.status, row.reason)
            case other:
                raise AssertionError(f"{row.name}: {other} has passed the catalogue's check")


def _notes(pools: Sequence[PoolPlan], claims: Sequence[Claim], queues: QueuesPlan) -> Iterator[str]:
    simulated = [pool.name for pool in pools if pool.simulated]
    if simulated:
        names = ", ".join(simulated)
        yield f"Pods on the nodes of pool {names} are simulated: no process runs, there are no logs."
    yield from placing_notes(pools, queues)
    yield from sharing.notes(pools)
    for pool in (pool for pool in pools if len(pool.rungs) > 1):
        yield (
            f"Each step of pool {pool.name}'s ladder may grow to {pool.max_nodes} nodes: their maximum together is"
            " kept by the queue's quota."
        )
    borrowers = any(claim.borrow for claim in claims)
    use = (
        "every tenant that may borrow can use them"
        if borrowers
        else "they lie idle, for no tenant may borrow"
    )
    for flavor, shared in zip(queues.flavors, queues.shared, strict=True):
        resource = next((pool.resource for pool in pools if pool.asked_as == flavor.accelerator), None)
        if resource and shared.nominal[resource] != "0":
            left, whole = shared.nominal[resource], f"{flavor.totals[resource]} {flavor.accelerator}"
            yield f"{left} of {whole} in flavor {flavor.name} are promised to nobody: {use}."
