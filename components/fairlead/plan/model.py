"""The platform plan: plain, frozen data. Everything that can be decided without a cluster is decided here.

Layers and targets carry it out and decide nothing. It prints, compares and serialises as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

CapabilityStatus = Literal["supported", "unsupported", "unproven"]


@dataclass(frozen=True)
class Taint:
    """A node taint in Kubernetes' spelling."""

    key: str
    value: str
    effect: str


@dataclass(frozen=True)
class Toleration:
    """A pod toleration in Kubernetes' spelling; an `Exists` toleration has no value."""

    key: str
    operator: str
    effect: str
    value: str = ""


@dataclass(frozen=True)
class NodePlan:
    """What a bought node is: all facts of its machine and image that a target needs to build it."""

    vcpus: int
    memory_mib: int
    arch: str
    image: str
    """Family of the catalogue."""
    image_spelling: str
    """The cloud's own value for it."""
    driver: str
    """Who brings the accelerator's driver: none, image, cloud, layer."""
    device_plugin: str
    """Who runs the device plugin: none, cloud, layer."""
    toolkit: str
    """Who brings the container toolkit: none, image, cloud, layer."""
    fabric: str
    """Fast network that is used: none, or as the machine's row says."""
    fabric_cards: int
    local_disks: int
    """Disks inside the machine that are used, 0 where the pool leaves them alone."""
    local_disk_gib: int
    price: float | None
    """USD an hour, on demand, in the platform's region; None where no table has it."""
    price_date: str


@dataclass(frozen=True)
class Rung:
    """One step of a pool's capacity ladder."""

    capacity: str
    """reserved, on-demand, flex or spot."""
    labels: Mapping[str, str]
    """Labels of the nodes that come from it: contract rule C1."""
    taints: tuple[Taint, ...] = ()
    """Taints that the target puts on such nodes by itself, beside those of the pool."""


@dataclass(frozen=True)
class PoolPlan:
    """Identical nodes, all decided: what they are, how many, how pods get onto them."""

    name: str
    machine: str
    accelerator: str | None
    """Catalogue name, None for plain nodes."""
    resource: str | None
    """Extended resource of the accelerator, for example nvidia.com/gpu."""
    count: int
    """Accelerators per node, 0 for plain nodes."""
    capacity: str
    """First step of the ladder."""
    min_nodes: int
    max_nodes: int
    generation: int
    cpu: str | None
    """Allocatable cores of one node; None where only the running node knows."""
    memory: str | None
    """Allocatable memory of one node; None where only the running node knows."""
    simulated: bool
    """True where nodes and the pods on them are simulated: no process runs there."""
    labels: Mapping[str, str]
    """Node labels of contract rule C1."""
    taints: tuple[Taint, ...]
    """Node taints of contract rule C2."""
    tolerations: tuple[Toleration, ...]
    """What a pod needs to land here, on any step: the pool hands it out, no workload spells it."""
    why: str
    """Why this machine was chosen."""
    rungs: tuple[Rung, ...]
    """How the nodes are bought, best first; never empty."""
    zones: tuple[str, ...] = ()
    """Zones of its nodes; empty where the target has none."""
    placement: str = "spread"
    topology: str | None = None
    """Shape of one TPU slice."""
    slice_nodes: int = 1
    """Nodes of one slice: min_nodes and max_nodes are multiples of it."""
    reservation: str | None = None
    disk_gib: int | None = None
    """Size of a node's own disk; None for the target's usual one."""
    local_disks: str = "ephemeral"
    image_streaming: bool = False
    max_seconds: int | None = None
    """Flexible capacity: how long a node is kept at most."""
    repair: bool = True
    max_unavailable: int = 1
    drain_minutes: int = 60
    node: NodePlan | None = None
    """None where nodes are not bought: on the local target, and on a cluster that others have built."""


@dataclass(frozen=True)
class FlavorPlan:
    """A kind of capacity the queue hands out: one per accelerator and ladder of capacities."""

    name: str
    accelerator: str | None
    node_labels: Mapping[str, str]
    node_taints: tuple[Taint, ...]
    totals: Mapping[str, str]
    """Most of each resource there can be, over all pools of the flavor."""


@dataclass(frozen=True)
class FlavorQuota:
    """A share of one flavor: nominal quota by resource, as Kubernetes quantities."""

    flavor: str
    nominal: Mapping[str, str]


@dataclass(frozen=True)
class QueuePlan:
    """The cluster queue of one tenant."""

    name: str
    namespace: str
    borrow: bool
    preemption: str
    """never or lower-priority: among the tenant's own workloads."""
    quotas: tuple[FlavorQuota, ...]


@dataclass(frozen=True)
class PriorityPlan:
    """A priority class of contract rule C6."""

    name: str
    value: int


@dataclass(frozen=True)
class QueuesPlan:
    """All of contract rule C6: flavors, the cohort's own share, a queue per tenant, priorities."""

    cohort: str
    topology: str
    """Name of the tree of nodes that gangs are placed in; empty where pools grow: see plan.queues.elastic."""
    levels: tuple[str, ...]
    """Topology node labels, widest first; the last is kubernetes.io/hostname."""
    resources: tuple[str, ...]
    """Resources under quota, cpu and memory first."""
    flavors: tuple[FlavorPlan, ...]
    shared: tuple[FlavorQuota, ...]
    """What no tenant is guaranteed: everybody may borrow it."""
    queues: tuple[QueuePlan, ...]
    stages: tuple[str, ...]
    priorities: tuple[PriorityPlan, ...]


@dataclass(frozen=True)
class TenantPlan:
    """A tenant's namespace and its fence."""

    name: str
    namespace: str
    groups: tuple[str, ...]
    pod_security: str
    egress: tuple[str, ...]
    quota: Mapping[str, str]
    """ResourceQuota hard limits."""


@dataclass(frozen=True)
class LayerPlan:
    """One layer: whether it runs, why, and with which charts."""

    name: str
    enabled: bool
    why: str
    mode: str = ""
    """How the layer works here, where there is a choice: for gpu `simulated` or `device-plugin`."""
    charts: tuple[str, ...] = ()
    """Names in the chart lock."""
    needs: tuple[str, ...] = ()
    """Layers that must run before."""


@dataclass(frozen=True)
class Capability:
    """What a target can do, cannot do because, or has not been shown to do."""

    name: str
    status: CapabilityStatus
    reason: str = ""


@dataclass(frozen=True)
class Site:
    """Base of what only one target has: everything its builder needs beside the pools."""

    @property
    def own_charts(self) -> tuple[str, ...]:
        """Charts of the lock that the target itself renders, beside those of the layers."""
        return ()

    @property
    def lacks(self) -> Mapping[str, str]:
        """Capability -> why this very platform does not have it, though its target could."""
        return {}


def lacking(*, shared: bool, parallel: bool) -> Mapping[str, str]:
    """What a cloud's platform has not because its spec has not asked for it."""
    asked = {
        "storage-shared": (shared, "the spec switches it off: platform.target.shared_storage is false"),
        "storage-parallel": (
            parallel,
            "the spec asks for none: platform.target.parallel_storage_tib is not set",
        ),
    }
    return {name: why for name, (there, why) in asked.items() if not there}


@dataclass(frozen=True)
class PlatformPlan:
    """Everything that will be built."""

    name: str
    environment: str
    target: str
    site: Site
    """What only this target has; its class belongs to the target."""
    kubernetes: str
    """Kubernetes version without a leading v."""
    pools: tuple[PoolPlan, ...]
    queues: QueuesPlan
    tenants: tuple[TenantPlan, ...]
    layers: tuple[LayerPlan, ...]
    capabilities: tuple[Capability, ...]
    notes: tuple[str, ...] = field(default_factory=tuple)
    """What the reader should know beside the figures."""

    def layer(self, name: str) -> LayerPlan:
        """The plan of one layer. Raises KeyError for a name that no plan has."""
        return {layer.name: layer for layer in self.layers}[name]

    def capability(self, name: str) -> Capability:
        """One capability. Raises KeyError for a name that no target declares."""
        return {capability.name: capability for capability in self.capabilities}[name]
