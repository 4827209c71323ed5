"""What stands in a cluster: pools, queues, layers and their health, read from the API server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairlead import labels
from fairlead.plan.claimed import taken
from fairlead.plan.layer_rows import ROWS
from fairlead.plan.model import LayerPlan, PlatformPlan, PoolPlan
from fairlead.values import quantity
from fairlead.workload.conditions import holds

if TYPE_CHECKING:
    from fairlead.workload.api import Api

PATIENCE_SECONDS = 5
"""Who asks for the status wants to hear soon that nothing answers."""
EXTERNAL_METRICS = "v1beta1.external.metrics.k8s.io"
"""APIService by which services are scaled."""


@dataclass(frozen=True)
class PoolStatus:
    """A pool: nodes that are ready, of those that should be there; accelerators in use, of all."""

    name: str
    machine: str
    ready: int
    wanted: int
    used: int
    total: int
    accelerator: str
    simulated: bool


@dataclass(frozen=True)
class QueueStatus:
    """A tenant's queue: what is guaranteed and used per accelerator resource, and who waits."""

    tenant: str
    active: bool
    running: int
    waiting: int
    guaranteed: Mapping[str, str]
    used: Mapping[str, str]


@dataclass(frozen=True)
class LayerStatus:
    """A layer: whether it runs, and what is wrong if it does not."""

    name: str
    healthy: bool
    detail: str


@dataclass(frozen=True)
class Status:
    """All of it."""

    pools: Sequence[PoolStatus]
    queues: Sequence[QueueStatus]
    layers: Sequence[LayerStatus]

    @property
    def healthy(self) -> bool:
        """Whether everything that should stand does."""
        pools = all(pool.ready >= pool.wanted for pool in self.pools)
        return (
            pools and all(queue.active for queue in self.queues) and all(one.healthy for one in self.layers)
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return {"healthy": self.healthy, **asdict(self)}


def read(kubeconfig: Path, plan: PlatformPlan) -> Status:
    """The status of a running cluster. Raises ApiFailure if its API server does not answer."""
    from fairlead.workload.api import Api

    api = Api(kubeconfig, patience=PATIENCE_SECONDS)
    nodes, pods = api.list("Node", None)[0], api.list("Pod", None)[0]
    programs = [_program(one, holds(one, "Available")) for one in api.list("Deployment", None)[0]]
    programs += [_program(one, _all_ready(one)) for one in api.list("StatefulSet", None)[0]]
    spaces = {space["metadata"]["name"] for space in api.list("Namespace", None)[0]}
    queues = api.list("ClusterQueue", None)[0] if "kueue-system" in spaces else []
    scaling = _scaling(api) if plan.scaling.enabled and set(ROWS["scaling"].namespaces) <= spaces else None
    api.close()
    return Status(
        [_pool(pool, nodes, pods) for pool in plan.pools],
        [_queue(queue, plan) for queue in queues],
        [_layer(layer, programs, spaces, plan, scaling) for layer in plan.layers],
    )


def _scaling(api: Api) -> tuple[bool, str]:
    """Whether external metrics are answered, and what becomes of the services that are scaled by them."""
    if not any(
        one["metadata"]["name"] == EXTERNAL_METRICS and holds(one, "Available")
        for one in api.list("APIService", None)[0]
    ):
        return False, "external metrics are not answered"
    services = api.list("ScaledObject", None)[0]
    blind = [
        f"{one['metadata']['namespace']}/{one['metadata']['name']}"
        for one in services
        if not holds(one, "Ready") or holds(one, "Fallback")
    ]
    told = f"{len(services)} services scaled"
    return True, f"{told}, without metrics: {', '.join(blind)}" if blind else told


def _pool(
    pool: PoolPlan, nodes: Iterable[Mapping[str, Any]], pods: Sequence[Mapping[str, Any]]
) -> PoolStatus:
    mine = [node for node in nodes if node["metadata"].get("labels", {}).get(labels.POOL) == pool.name]
    names = {node["metadata"]["name"] for node in mine}
    used = total = Fraction(0)
    if pool.resource:
        total = sum((_has(node, pool, pool.resource) for node in mine), Fraction(0))
        used = sum((_requested(pod, pool.resource) for pod in pods if _runs_on(pod, names)), Fraction(0))
    ready = sum(holds(node, "Ready") for node in mine)
    name = pool.asked_as or "-"
    return PoolStatus(
        pool.name, pool.machine, ready, pool.min_nodes, int(used), int(total), name, pool.simulated
    )


def _has(node: Mapping[str, Any], pool: PoolPlan, resource: str) -> Fraction:
    """What the node has of it. Of devices that pods claim it says nothing: then the plan does."""
    if pool.sharing.claimed:
        return Fraction(pool.counted)
    return quantity(node["status"]["allocatable"].get(resource, "0"))


def _runs_on(pod: Mapping[str, Any], nodes: set[str]) -> bool:
    return pod["spec"].get("nodeName") in nodes and pod["status"].get("phase") in {"Pending", "Running"}


def _requested(pod: Mapping[str, Any], resource: str) -> Fraction:
    boxes = pod["spec"]["containers"]
    return sum(
        (quantity(box.get("resources", {}).get("requests", {}).get(resource, "0")) for box in boxes),
        Fraction(taken(pod["spec"])),
    )


def _amounts(groups: Iterable[Mapping[str, Any]], field: str, resources: Iterable[str]) -> dict[str, str]:
    wanted = set(resources) - {"cpu", "memory"}
    sums: dict[str, Fraction] = {}
    for flavor in groups:
        for one in flavor["resources"]:
            if one["name"] in wanted:
                sums[one["name"]] = sums.get(one["name"], Fraction(0)) + quantity(str(one.get(field, "0")))
    return {name: str(int(amount)) for name, amount in sorted(sums.items())}


def _queue(queue: Mapping[str, Any], plan: PlatformPlan) -> QueueStatus:
    status: Mapping[str, Any] = queue.get("status") or {}
    flavors = [flavor for group in queue["spec"]["resourceGroups"] for flavor in group["flavors"]]
    return QueueStatus(
        tenant=queue["metadata"]["name"],
        active=holds(queue, "Active"),
        running=status.get("admittedWorkloads", 0),
        waiting=status.get("pendingWorkloads", 0),
        guaranteed=_amounts(flavors, "nominalQuota", plan.queues.resources),
        used=_amounts(status.get("flavorsUsage") or [], "total", plan.queues.resources),
    )


@dataclass(frozen=True)
class _Program:
    """A Deployment or StatefulSet, and whether it serves."""

    namespace: str
    name: str
    serves: bool


def _program(obj: Mapping[str, Any], serves: bool) -> _Program:
    return _Program(obj["metadata"]["namespace"], obj["metadata"]["name"], serves)


def _all_ready(stateful_set: Mapping[str, Any]) -> bool:
    wanted: int = stateful_set["spec"].get("replicas", 1)
    status: Mapping[str, int] = stateful_set.get("status") or {}
    return status.get("readyReplicas", 0) >= wanted


def _layer(
    layer: LayerPlan,
    programs: Iterable[_Program],
    spaces: set[str],
    plan: PlatformPlan,
    scaling: tuple[bool, str] | None,
) -> LayerStatus:
    if not layer.enabled:
        return LayerStatus(layer.name, True, f"off: {layer.why}")
    if layer.name == "tenancy":
        missing = [one.namespace for one in plan.tenants if one.namespace not in spaces]
        text = f"namespaces missing: {', '.join(missing)}" if missing else "namespaces stand"
        return LayerStatus(layer.name, not missing, text)
    row = ROWS[layer.name]
    installed = layer.charts or row.images or (layer.name == "health" and plan.health.detector)
    expected = row.namespaces if installed else ()
    absent = [space for space in expected if space not in spaces]
    if absent:
        return LayerStatus(layer.name, False, f"not installed: {', '.join(absent)}")
    mine = [one for one in programs if one.namespace in expected]
    ill = [one.name for one in mine if not one.serves]
    if ill:
        return LayerStatus(layer.name, False, f"not available: {', '.join(ill)}")
    names = [one.name for one in mine]
    if layer.name == "scaling" and scaling is not None:
        return LayerStatus(
            layer.name, scaling[0], ", ".join([*names, scaling[1]]) if scaling[0] else scaling[1]
        )
    return LayerStatus(layer.name, True, ", ".join(names) or layer.why)
