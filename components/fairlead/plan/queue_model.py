"""The queues of a platform plan: plain, frozen data that the queue layer and the runtimes of jobs carry out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairlead.plan.model import Taint


@dataclass(frozen=True)
class TopologyPlan:
    """A tree of nodes that gangs are placed in."""

    name: str
    levels: tuple[str, ...]
    """Node labels, widest first; the last is kubernetes.io/hostname. Every node of its flavors carries all."""


@dataclass(frozen=True)
class NearnessPlan:
    """What a word of a job about nearness means for an accelerator of this platform."""

    accelerator: str
    """As jobs ask for it: H100, or a share, H100/1g.10gb."""
    word: str
    """near, rack or block."""
    level: str
    """Node label whose value the job's nodes share; empty where any nodes that are free will do."""
    required: bool
    """Whether the job waits until it can be kept; else it is kept where it can be."""


@dataclass(frozen=True)
class ProvisioningPlan:
    """Capacity that is asked for as a whole before a workload starts, and comes when all of it is there."""

    name: str
    flavor: str
    class_name: str
    """Class of the ProvisioningRequest, which the target's autoscaler answers."""
    parameters: Mapping[str, str]
    resources: tuple[str, ...]
    """Only workloads that ask for one of these wait for it."""


@dataclass(frozen=True)
class FlavorPlan:
    """A kind of capacity the queue hands out: one per accelerator and ladder of capacities."""

    name: str
    accelerator: str | None
    node_labels: Mapping[str, str]
    node_taints: tuple[Taint, ...]
    totals: Mapping[str, str]
    """Most of each resource there can be, over all pools of the flavor."""
    topology: str = ""
    """Name of its tree of nodes; empty where its work is not placed by topology: see plan.topology."""


@dataclass(frozen=True)
class FlavorQuota:
    """A share of one flavor: nominal quota by resource, as Kubernetes quantities."""

    flavor: str
    nominal: Mapping[str, str]
    borrow: Mapping[str, str] = field(default_factory=dict[str, str])
    """Most of a resource that may be used beyond it; a resource that is not named: no limit."""
    lend: Mapping[str, str] = field(default_factory=dict[str, str])
    """Most of a resource that others may use of it; a resource that is not named: all."""


@dataclass(frozen=True)
class KindPlan:
    """Accelerators of one flavor, as a tenant's budget pays for them."""

    flavor: str
    accelerator: str
    price: float
    """USD an hour of one, at the dearest price of its capacity."""
    own: int
    """Guaranteed."""
    borrowed: int
    """Most that may be held beyond it."""


@dataclass(frozen=True)
class BudgetPlan:
    """A budget that is a limit: what may be held at once, so that no month of 730 hours costs more."""

    month: float
    """USD."""
    hour: float
    """USD that an hour may cost."""
    kinds: tuple[KindPlan, ...]
    spare: float
    """USD an hour that nothing is held for: it pays for no whole one more, or there is no more to hold."""


@dataclass(frozen=True)
class QueuePlan:
    """The cluster queue of one tenant."""

    name: str
    namespace: str
    borrow: bool
    preemption: str
    """never or lower-priority: among the tenant's own workloads."""
    quotas: tuple[FlavorQuota, ...]
    weight: int = 1
    """Its part of what is borrowed, against the weights of the others."""
    budget: BudgetPlan | None = None
    """What its budget pays for; None where none is a limit."""


@dataclass(frozen=True)
class PriorityPlan:
    """A priority class of contract rule C6."""

    name: str
    value: int


@dataclass(frozen=True)
class ReadyPlan:
    """How long, in seconds, a gang holds its place without being whole."""

    start: int
    """From its admission."""
    recovery: int
    """From the moment it lost a pod."""


@dataclass(frozen=True)
class QueuesPlan:
    """All of contract rule C6: flavors, the cohort's own share, a queue per tenant, priorities."""

    cohort: str
    levels: tuple[str, ...]
    """Topology labels that every node of the target carries, widest first; the last is kubernetes.io/hostname."""
    topologies: tuple[TopologyPlan, ...]
    nearness: tuple[NearnessPlan, ...]
    """Words of jobs that can be kept here, for each accelerator that is placed by topology."""
    resources: tuple[str, ...]
    """Resources under quota, cpu and memory first."""
    flavors: tuple[FlavorPlan, ...]
    provisioning: tuple[ProvisioningPlan, ...]
    shared: tuple[FlavorQuota, ...]
    """What no tenant is guaranteed: everybody may borrow it."""
    queues: tuple[QueuePlan, ...]
    fair: bool
    """Whether what is borrowed is shared by weight, also by eviction."""
    ready: ReadyPlan
    stages: tuple[str, ...]
    priorities: tuple[PriorityPlan, ...]
    claims: Mapping[str, str] = field(default_factory=dict[str, str])
    """Device class of which pods claim a device -> the resource by which the queue counts it."""

    @property
    def accelerators(self) -> tuple[str, ...]:
        """What jobs may ask for here, in the order of the flavors."""
        return tuple(dict.fromkeys(one.accelerator for one in self.flavors if one.accelerator))

    def levels_of(self, accelerator: str | None) -> tuple[str, ...]:
        """Topology labels of the nodes that are asked for by this name, None for plain ones."""
        named = {flavor.topology for flavor in self.flavors if flavor.accelerator == accelerator}
        trees = [tree.levels for tree in self.topologies if tree.name in named]
        return tuple(
            dict.fromkeys((*self.levels[:-1], *(one for levels in trees for one in levels), self.levels[-1]))
        )
