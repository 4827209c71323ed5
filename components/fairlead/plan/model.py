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
    """What a pod needs to land here: the pool hands it out, no workload spells it."""
    why: str
    """Why this machine was chosen."""


@dataclass(frozen=True)
class FlavorPlan:
    """A kind of capacity the queue hands out: one per accelerator and capacity."""

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
class PlatformPlan:
    """Everything that will be built."""

    name: str
    environment: str
    target: str
    settings: Mapping[str, str]
    """What only this target has, for example the subnet of the local cluster."""
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
