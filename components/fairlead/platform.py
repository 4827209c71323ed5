"""The whole platform: a cluster from its target, then the layers, each waiting for what it really needs.

Nothing here waits by time. Deletion runs the other way round: tenants and their workloads go while
the controllers that must release them still work, then queues, controllers, CRDs, pools, cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

import pulumi

from fairlead.contract.chart import Object, Renderer
from fairlead.contract.crd import without_descriptions
from fairlead.contract.group import ObjectGroup
from fairlead.contract.handle import ClusterHandle
from fairlead.layers import (
    admission,
    arrivals,
    claims,
    fabric,
    gpu,
    jobs,
    queue,
    readiness,
    runtimes,
    tenancy,
    transform,
    warm,
    woven,
)
from fairlead.layers.fabric import domains, guard
from fairlead.layers.health import detector
from fairlead.layers.objects import restricted_namespace
from fairlead.layers.scaling import keda
from fairlead.layers.tool import Ground, Part, Tool
from fairlead.layers.tools import measured, running
from fairlead.plan.claimed import templates
from fairlead.plan.model import PlatformPlan, TenantPlan
from fairlead.spec.policies import Policies

CONTROLLER = ("50m", "128Mi", "1Gi")
"""What a controller asks for: cpu, memory, most memory."""


@dataclass(frozen=True)
class Controller:
    """A controller of a layer: its objects without CRDs, and the CRDs."""

    name: str
    layer: str
    objects: Sequence[Object]
    crds: Sequence[Object]
    after: tuple[str, ...] = ()
    """Controllers that must stand before it does."""


def controllers(plan: PlatformPlan, render: Renderer) -> list[Controller]:
    """The controllers of all layers that run, in a fixed order. Renders charts, registers nothing."""
    on = [layer.name for layer in plan.layers if layer.enabled]
    wanted: list[tuple[str, str, Callable[[], list[Object]]]] = [
        ("kueue", "queue", lambda: queue.controller(render, plan.queues, plan.fabrics.uncounted, on)),
        ("jobset", "jobs", lambda: jobs.jobset(render)),
        ("kubeflow-trainer", "jobs", lambda: jobs.trainer(render)),
    ]
    made = [_split(name, layer, objects()) for name, layer, objects in wanted if plan.layer(layer).enabled]
    if plan.scaling.enabled:
        made.append(_split(keda.NAME, "scaling", [*keda.objects(plan.scaling), *keda.crds(render)]))
    return [*made, *(_split(one.name, "gpu", one.objects, one.after) for one in gpu.parts(plan, render))]


def _split(name: str, layer: str, objects: Sequence[Object], after: tuple[str, ...] = ()) -> Controller:
    crds = [without_descriptions(obj) for obj in objects if obj["kind"] == "CustomResourceDefinition"]
    rest = [obj for obj in objects if obj["kind"] != "CustomResourceDefinition"]
    return Controller(name, layer, rest, crds, after)


def settled(controller: Controller, handle: ClusterHandle) -> list[Object]:
    """A controller's objects for one cluster: its namespace, its image, its nodes, its resources."""
    if controller.layer == "gpu":
        return gpu.on_cluster(controller.name, controller.objects, handle.images, handle.system_selector)
    if controller.layer == "scaling":
        return keda.on_cluster(controller.objects, handle.images, handle.system_selector)
    space = controller.objects[0]["metadata"].get("namespace") or _namespace_of(controller.objects)
    objects = transform.on_pods(controller.objects, transform.with_image(handle.images[controller.name]))
    objects = transform.on_pods(objects, transform.with_resources(*CONTROLLER))
    objects = transform.on_pods(objects, transform.probed_often)
    objects = woven.sealed(transform.on_pods(objects, transform.on_nodes(handle.system_selector)))
    return [restricted_namespace(space), *woven.fence(controller.name, space, objects), *objects]


def _namespace_of(objects: Sequence[Object]) -> str:
    return next(obj["metadata"]["namespace"] for obj in objects if obj["metadata"].get("namespace"))


@dataclass
class Platform:
    """A platform while it is registered, and what it hands out."""

    plan: PlatformPlan
    handle: ClusterHandle
    render: Renderer
    parent: pulumi.Resource | None = None
    """Component under which everything is registered; None: the stack itself."""
    ready: dict[str, Sequence[pulumi.Resource]] = field(default_factory=dict[str, Sequence[pulumi.Resource]])
    """Layer or part -> what to depend on."""

    def build(self) -> None:
        """Registers everything of the plan that is switched on."""
        made = controllers(self.plan, self.render)
        ground = Ground(self.plan, self.handle, self.render, measured(self.plan))
        tools = running([layer.name for layer in self.plan.layers if layer.enabled])
        parts = [part for tool in tools for part in tool.parts(ground)]
        crds = [crd for controller in made for crd in controller.crds]
        crds += [without_descriptions(crd) for part in parts for crd in part.crds]
        self.ready["crds"] = self._group("crds", crds, [])
        for one in made:
            before = [made for name in one.after for made in self.ready[name]]
            after = [*self.ready["crds"], *self.handle.ready, *before]
            self.ready[one.name] = self._group(one.name, settled(one, self.handle), after)
        self._health()
        self._fabrics()
        self._guard()
        self._admission()
        self._warm()
        if self.plan.layer("queue").enabled:
            self._queues()
        if self.plan.layer("jobs").enabled:
            self._runtimes()
        if self.plan.scaling.enabled:
            self._scaling()
        for part in parts:
            self._part(part)
        if self.plan.layer("tenancy").enabled:
            self._tenants(ground, tools)

    def _group(
        self,
        name: str,
        objects: Sequence[Object],
        after: Sequence[pulumi.Resource],
        hooks: pulumi.ResourceHookBinding | None = None,
    ) -> Sequence[pulumi.Resource]:
        opts = pulumi.ResourceOptions(provider=self.handle.provider, parent=self.parent)
        return ObjectGroup(name, objects, opts, after=after, hooks=hooks).ready

    def _health(self) -> None:
        """The detector of faults, on real nodes of this target alone; the clouds bring their own."""
        if self.plan.health.detector is not None:
            objects = detector.objects(self.plan.health.detector, self.handle.images[detector.NAME])
            nodes = [one for pool in self.handle.pools.values() for one in pool.ready]
            self.ready[detector.NAME] = self._group(detector.NAME, objects, [*nodes, *self.handle.ready])

    def _fabrics(self) -> None:
        """What the network between nodes needs on them; a pool that grows has none yet, and no pod waits for it."""
        if self.plan.fabrics.parts:
            self.ready["fabric"] = self._group("fabric", fabric.space(), self.handle.ready)
        for part in self.plan.fabrics.parts:
            objects = fabric.objects(self.render, part, self.handle.images)
            self.ready[part.name] = self._group(part.name, objects, self.ready["fabric"])

    def _guard(self) -> None:
        """Who may touch nodes for a fabric: it stands before any tenant's namespace lets a pod do so."""
        from fairlead.workload.runtime import runtime_name

        names = {
            one.accelerator: f"{runtime_name(0, one.accelerator, connected=True)}-"
            for one in self.plan.fabrics.daemons
        }
        objects = guard.objects(fabric.pinned(self.plan.fabrics, self.handle.images), names)
        if objects:
            self.ready["fabric-guard"] = self._group("fabric-guard", objects, self.handle.ready)

    def _admission(self) -> None:
        """What tenants may not send: it stands before their namespaces."""
        if self.plan.layer("tenancy").enabled:
            policies = Policies.model_validate(self.plan.policies)
            objects = admission.objects(policies, date.today())
            if objects:
                self.ready[admission.NAME] = self._group(admission.NAME, objects, self.handle.ready)

    def _warm(self) -> None:
        """Placeholders come when all that makes nodes stands, and go before it."""
        pools = [self.handle.pools[pool.name] for pool in warm.warm(self.plan.pools)]
        nodes = [one for pool in pools for one in pool.ready]
        objects = warm.objects(pools, self.handle.images["placeholder"])
        if objects:
            self.ready["warm"] = self._group("warm", objects, [*nodes, *self.handle.ready])

    def _queues(self) -> None:
        plan = self.plan.queues
        hooks = readiness.answered("kueue", self.handle.kubeconfig, [queue.probe()], self.handle.context)
        pools = [resource for pool in self.handle.pools.values() for resource in pool.ready]
        first = [*queue.owners(), *queue.priorities(plan), *queue.topologies(plan), *queue.checks(plan)]
        base = self._group("queue-base", first, self.ready["kueue"], hooks)
        flavors = self._group("queue-flavors", queue.flavors(plan), [*base, *pools], hooks)
        shared = self._group("queue-cohort", queue.cohort(plan), flavors, hooks)
        own = [queue.cluster_queue(plan, one) for one in plan.queues]
        self.ready["queues"] = self._group("queue-tenants", own, shared, hooks)

    def _runtimes(self) -> None:
        hooks = readiness.answered("jobs", self.handle.kubeconfig, jobs.probes(), self.handle.context)
        after = [*self.ready["kubeflow-trainer"], *self.ready["jobset"]]
        made = [*runtimes.objects(self.plan, self.handle), *runtimes.readers(self.plan.tenants)]
        self.ready["runtimes"] = self._group("job-runtimes", made, after, hooks)

    def _scaling(self) -> None:
        """The metrics API last: behind it a service may be scaled, for KEDA's webhooks and its adapter answer."""
        hooks = readiness.answered("keda", self.handle.kubeconfig, [keda.probe()], self.handle.context)
        after = self.ready[keda.NAME]
        self.ready["scaling"] = self._group("scaling-metrics", [keda.metrics_api()], after, hooks)

    def _part(self, part: Part) -> None:
        hooks = self._hooks(part)
        before = [one for name in part.after for one in self.ready[name]]
        after = [*self.ready["crds"], *self.handle.ready, *before]
        self.ready[part.name] = self._group(part.name, part.rest, after, hooks)

    def _hooks(self, part: Part) -> pulumi.ResourceHookBinding | None:
        """What holds its objects back: webhooks that do not answer yet, and what others bring."""
        path, context = self.handle.kubeconfig, self.handle.context
        if not part.arrivals:
            return readiness.answered(part.name, path, part.probes, context) if part.probes else None
        if part.probes:
            raise ValueError(f"part {part.name} waits for webhooks and for arrivals: make two parts of it")
        return arrivals.there(part.name, path, part.arrivals, context)

    def _tenants(self, ground: Ground, tools: Sequence[Tool]) -> None:
        # Behind every controller: a namespace goes first, while they can still release what is in it.
        after = [one for key in self.ready for one in self.ready[key]]
        marks = {key: value for tool in tools for key, value in tool.marks.items()}
        for tenant in self.plan.tenants:
            space = self._group(f"tenant-{tenant.name}", [tenancy.namespace(tenant, marks)], after)
            inside = self._group(f"tenant-{tenant.name}-fence", self._fence(tenant), space)
            joined = domains.objects(self.plan.fabrics.claims, tenant.name, tenant.namespace)
            if joined:
                inside = [*inside, *self._group(f"tenant-{tenant.name}-nvlink", joined, space)]
            claimed = claims.objects(templates(self.plan.pools), tenant.name, tenant.namespace)
            if claimed:
                inside = [*inside, *self._group(f"tenant-{tenant.name}-claims", claimed, space)]
            if self.plan.layer("queue").enabled:
                inside = [*inside, *self._local_queues(tenant.name, space)]
            own = [one for tool in tools for one in tool.tenant(ground, tenant)]
            if own:
                inside = [*inside, *self._group(f"tenant-{tenant.name}-tools", own, space)]
            self.ready[f"tenant-{tenant.name}"] = inside

    def _fence(self, tenant: TenantPlan) -> Sequence[Object]:
        return tenancy.objects(tenant, self.handle.object_store, self.handle.identity)

    def _local_queues(self, tenant: str, space: Sequence[pulumi.Resource]) -> Sequence[pulumi.Resource]:
        own = next(one for one in self.plan.queues.queues if one.name == tenant)
        objects = queue.local_queues(self.plan.queues, own)
        return self._group(f"tenant-{tenant}-queues", objects, [*space, *self.ready["queues"]])
