"""The platform plan: plain, frozen data. Everything that can be decided without a cluster is decided here.

Layers and targets carry it out and decide nothing. It prints, compares and serialises as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fairlead.plan.certificates_model import CertificatesPlan
from fairlead.plan.databases_model import DatabasesPlan
from fairlead.plan.events_model import EventsPlan
from fairlead.plan.fabric_model import FabricsPlan, RdmaPlan
from fairlead.plan.gateway_model import GatewayPlan
from fairlead.plan.gpu_model import GpuPlan
from fairlead.plan.health_model import HealthPlan
from fairlead.plan.jobs_model import JobsPlan
from fairlead.plan.jobs_v1_model import JobsV1Plan
from fairlead.plan.katib_model import KatibPlan
from fairlead.plan.lws_model import LwsPlan
from fairlead.plan.model_registry_model import ModelRegistryPlan
from fairlead.plan.monitoring_model import MonitoringPlan
from fairlead.plan.node_model import NodePlan
from fairlead.plan.opencost_model import OpencostPlan
from fairlead.plan.pipelines_model import PipelinesPlan
from fairlead.plan.queue_model import QueuesPlan
from fairlead.plan.ray_model import RayPlan
from fairlead.plan.scaling_model import ScalingPlan
from fairlead.plan.secrets_model import SecretsPlan
from fairlead.plan.serving_model import ServingPlan
from fairlead.plan.spark_model import SparkPlan
from fairlead.plan.store_model import StorePlan
from fairlead.plan.tracking_model import TrackingPlan
from fairlead.plan.workflows_model import WorkflowsPlan

CapabilityStatus = Literal["supported", "unsupported", "unproven"]
STATED = "the spec"
"""In the place of a table's date, where the spec says what is paid."""


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
class Rung:
    """One step of a pool's capacity ladder."""

    capacity: str
    """reserved, on-demand, flex or spot."""
    labels: Mapping[str, str]
    """Labels of the nodes that come from it: contract rule C1."""
    taints: tuple[Taint, ...] = ()
    """Taints that the target puts on such nodes by itself, beside those of the pool."""


@dataclass(frozen=True)
class SharingPlan:
    """How pods share one accelerator of a pool."""

    kind: str = "none"
    """none, dra, mig, time-slicing, mps."""
    replicas: int = 1
    """Pods on one accelerator, for time-slicing and mps."""
    profiles: Mapping[str, int] = field(default_factory=dict[str, int])
    """MIG profile -> how many of it on each accelerator."""

    @property
    def share(self) -> str:
        """What a share is called: a MIG profile, `shared`, or `dra` where pods claim devices; empty for whole ones."""
        if self.kind == "mig":
            return next(iter(self.profiles))
        return {"time-slicing": "shared", "mps": "shared", "dra": "dra"}.get(self.kind, "")

    @property
    def claimed(self) -> bool:
        """Whether pods claim whole accelerators as devices, and nodes advertise none."""
        return self.kind == "dra"

    @property
    def whole(self) -> bool:
        """Whether jobs get whole accelerators, by number or by claim."""
        return not self.share or self.claimed

    @property
    def per_accelerator(self) -> int:
        """How many of the resource a node advertises for one accelerator; none where pods claim devices."""
        if self.claimed:
            return 0
        return sum(self.profiles.values()) if self.kind == "mig" else self.replicas


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
    image_cache: tuple[str, ...] = ()
    """Disk images with container images in them."""
    max_seconds: int | None = None
    """Flexible capacity: how long a node is kept at most."""
    sharing: SharingPlan = SharingPlan()
    idle_seconds: int = 300
    """How long a node that nothing runs on is kept, where the pool may shrink."""
    warm: int = 0
    """Nodes kept ready beside those in use, where the pool may grow."""
    repair: bool = True
    max_unavailable: int = 1
    drain_minutes: int = 60
    node: NodePlan | None = None
    """None where nodes are not bought: on the local target, and on a cluster that others have built."""
    rdma: RdmaPlan | None = None
    """What others offer of InfiniBand or RoCE on these nodes; None where nobody else does."""
    paid: Mapping[str, float] = field(default_factory=dict[str, float])
    """How a node is bought -> USD an hour, where the spec says what is paid."""

    def price_of(self, capacity: str) -> tuple[float | None, str]:
        """USD an hour of a node that is bought this way, and the date of the table that says so: STATED where the
        spec does. None where nobody says."""
        if capacity in self.paid:
            return self.paid[capacity], STATED
        return self.node.price_of(capacity) if self.node else (None, "")

    @property
    def asked_as(self) -> str | None:
        """What jobs and quotas ask for to land here: `H100`, or a share, `H100/1g.10gb`."""
        share = self.sharing.share
        return f"{self.accelerator}/{share}" if self.accelerator and share else self.accelerator

    @property
    def offered(self) -> int:
        """How many of `resource` a node advertises: its accelerators, or their shares."""
        return self.count * self.sharing.per_accelerator

    @property
    def counted(self) -> int:
        """How many of `resource` a node has for the queue: what it advertises, or the devices that pods claim."""
        return self.count if self.sharing.claimed else self.offered


@dataclass(frozen=True)
class PeoplePlan:
    """Who has a role in a tenant's namespace."""

    groups: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    """People by themselves."""


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
    host_access: tuple[str, ...] = ()
    """What of the nodes its jobs may touch: fabric, or nothing."""
    owner: str = ""
    """Who answers for it; empty where nobody is named."""
    cost_center: str = ""
    """Whom its costs are charged to; empty where nobody is named."""
    members: tuple[str, ...] = ()
    """People who are members without a group."""
    budget: float | None = None
    """USD a month that it may spend; None where nobody has said."""
    admins: PeoplePlan = PeoplePlan()
    """Who may do more than a member; they are members too."""
    viewers: PeoplePlan = PeoplePlan()
    """Who may look and change nothing."""

    @property
    def working(self) -> PeoplePlan:
        """Who may do what members do: members, and admins."""
        groups = dict.fromkeys((*self.groups, *self.admins.groups))
        return PeoplePlan(tuple(groups), tuple(dict.fromkeys((*self.members, *self.admins.members))))


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
    def job_images(self) -> tuple[str, ...]:
        """Images of the lock that are put on nodes for jobs, where nodes pull none."""
        return ()

    @property
    def own_charts(self) -> tuple[str, ...]:
        """Charts of the lock that the target itself renders, beside those of the layers."""
        return ()

    @property
    def lacks(self) -> Mapping[str, str]:
        """Capability -> why this very platform does not have it, though its target could."""
        return {}

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader of the plan must know of this target."""
        return ()

    @property
    def keeps_parts(self) -> bool:
        """Whether the target's own object store has parts for layers, beside those of tenants."""
        return False

    def pod_selector(self, pool: PoolPlan) -> Mapping[str, str]:
        """Node labels by which pods must ask for a pool's nodes; empty: their resource is enough."""
        return {}

    def fabric_networks(self, pool: str) -> tuple[str, ...]:
        """Network objects by which pods on a pool's nodes ask for interfaces of the fabric; empty: they need not."""
        return ()

    def fabric_apart(self, pool: str) -> str:
        """Why nodes of a pool do not reach each other by their fabric; empty where they do."""
        return ""


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
    gpu: GpuPlan = field(default_factory=GpuPlan)
    """The software of real accelerators: who brings which part."""
    fabrics: FabricsPlan = field(default_factory=FabricsPlan)
    """The network between nodes: which jobs get it, and what runs on nodes for it."""
    health: HealthPlan = field(default_factory=HealthPlan)
    """The fault policy: what is found, by whom, and what is done about it."""
    scaling: ScalingPlan = field(default_factory=ScalingPlan)
    """What scales services."""
    certificates: CertificatesPlan = field(default_factory=CertificatesPlan)
    """TLS inside the cluster."""
    secrets: SecretsPlan = field(default_factory=SecretsPlan)
    """Secrets that are kept elsewhere."""
    gateway: GatewayPlan = field(default_factory=GatewayPlan)
    """One way in."""
    store: StorePlan = field(default_factory=StorePlan)
    """Where objects are kept, if in the cluster itself."""
    databases: DatabasesPlan = field(default_factory=DatabasesPlan)
    """PostgreSQL for the platform's own parts."""
    tracking: TrackingPlan = field(default_factory=TrackingPlan)
    """Experiments, artefacts and models."""
    workflows: WorkflowsPlan = field(default_factory=WorkflowsPlan)
    """Graphs of steps that run as pods."""
    serving: ServingPlan = field(default_factory=ServingPlan)
    """Models behind the gateway."""
    pipelines: PipelinesPlan = field(default_factory=PipelinesPlan)
    """Pipelines of ML steps."""
    serving: ServingPlan = field(default_factory=ServingPlan)
    """Models behind the gateway."""
    jobs: JobsPlan = field(default_factory=JobsPlan)
    """Runtimes of frameworks."""
    ray: RayPlan = field(default_factory=RayPlan)
    """Ray clusters, jobs and services."""
    lws: LwsPlan = field(default_factory=LwsPlan)
    """Groups of pods that live and die together."""
    katib: KatibPlan = field(default_factory=KatibPlan)
    """Experiments of many trials."""
    spark: SparkPlan = field(default_factory=SparkPlan)
    """Spark applications."""
    model_registry: ModelRegistryPlan = field(default_factory=ModelRegistryPlan)
    jobs_v1: JobsV1Plan = field(default_factory=JobsV1Plan)
    """Jobs of Kubeflow's old API."""
    events: EventsPlan = field(default_factory=EventsPlan)
    """What happens starts workflows."""
    monitoring: MonitoringPlan = field(default_factory=MonitoringPlan)
    """Metrics of the platform's own programs."""
    opencost: OpencostPlan = field(default_factory=OpencostPlan)
    """What has run, and what it has cost."""

    policies: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What the spec says under `policies`, as plain data: for `fairlead.rules`."""

    def layer(self, name: str) -> LayerPlan:
        """The plan of one layer. Raises KeyError for a name that no plan has."""
        return {layer.name: layer for layer in self.layers}[name]

    def capability(self, name: str) -> Capability:
        """One capability. Raises KeyError for a name that no target declares."""
        return {capability.name: capability for capability in self.capabilities}[name]
