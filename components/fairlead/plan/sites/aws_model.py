"""The part of the plan that only AWS has, as plain data: names, ranges, node groups, provisioners, access."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from fairlead.plan.model import Site, Taint, lacking
from fairlead.plan.sites.aws_server import Server
from fairlead.plan.sites.window import Window
from fairlead.plan.store_model import Share


@dataclass(frozen=True)
class ZonePlan:
    """The subnets of one zone, as ranges."""

    zone: str
    nodes: str
    """Private; nodes and pods."""
    control: str
    """Private; the API server's addresses and endpoints."""
    public: str
    """The NAT gateway."""


@dataclass(frozen=True)
class OwnNetwork:
    """A network that is made for the platform."""

    cidr: str
    zones: tuple[ZonePlan, ...]
    nat: tuple[str, ...]
    """Zones with a NAT gateway; a zone without one uses the first of them."""
    endpoints: tuple[str, ...]
    """Services that are reached through an interface inside the network."""


@dataclass(frozen=True)
class BroughtNetwork:
    """A network that stands already."""

    vpc: str
    subnets: Mapping[str, str]
    """Zone -> id of its private subnet."""


@dataclass(frozen=True)
class Addon:
    """A managed add-on of the cluster, pinned."""

    name: str
    version: str
    settings: str
    """Its configuration as JSON; empty for none."""
    role: str
    """Name of the role of its service account; empty where it needs none."""
    account: str
    """Its service account; empty where it needs no role."""
    before_nodes: bool
    """Whether nodes need it to become ready."""


@dataclass(frozen=True)
class Interface:
    """A network interface of a node."""

    card: int
    device: int
    kind: Literal["interface", "efa-only"]


@dataclass(frozen=True)
class Shape:
    """What the nodes of a pool have in common, whoever starts them."""

    pool: str
    machine: str
    arch: str
    os: str
    """al2023 or bottlerocket."""
    zones: tuple[str, ...]
    labels: Mapping[str, str]
    taints: tuple[Taint, ...]
    disk_gib: int
    stripe: bool
    """Whether the disks inside the machine are striped, for images and scratch space."""
    interfaces: tuple[Interface, ...]
    """In full where the fast network is used; empty: one, which needs no saying."""
    placement: str
    """Name of the placement group; empty for none."""
    reservation: str
    """Id of the reservation; empty for none."""


@dataclass(frozen=True)
class RepairOverride:
    """What EKS does about one reason of its node monitoring agent."""

    condition: str
    reason: str
    minutes: int
    action: str
    """Replace, Reboot or NoAction."""


@dataclass(frozen=True)
class NodeGroup:
    """Nodes that are always there: a managed node group of fixed size."""

    name: str
    shape: Shape
    ami_type: str
    release: str
    """Release of the image; empty where no release is pinned: EKS takes its newest when the group is made."""
    market: Literal["ON_DEMAND", "SPOT", "CAPACITY_BLOCK"]
    nodes: int
    max_unavailable: int
    repair: bool
    repair_stop_above: int
    """Percent of the group's nodes; nothing is repaired while more are unhealthy."""
    repair_overrides: tuple[RepairOverride, ...]
    user_data: str
    template_tags: Mapping[str, str]
    """Tags of the Auto Scaling group from which an autoscaler knows its nodes while there are none."""


@dataclass(frozen=True)
class Provisioner:
    """Nodes that come and go: what Karpenter may start for one step of a pool's ladder."""

    name: str
    shape: Shape
    alias: str
    """Node image family and release in Karpenter's words."""
    market: Literal["reserved", "on-demand", "spot"]
    nodes: int
    """Most nodes of this step."""
    cores: int
    """Cores of so many nodes together."""
    weight: int
    """The higher is tried first."""
    accelerated: bool
    resource: str
    """Extended resource that its nodes advertise; empty for plain nodes."""
    idle_seconds: int
    """How long a node without any pod is kept."""
    max_unavailable: int
    drain_minutes: int


@dataclass(frozen=True)
class Access:
    """Who reaches the API server, by an IAM role or user."""

    principal: str
    """Its ARN."""
    admin: bool
    groups: tuple[str, ...]
    """Groups of Kubernetes."""


@dataclass(frozen=True)
class Roles:
    """Names of the IAM roles, each within 64 characters."""

    cluster: str
    nodes: str
    karpenter: str
    karpenter_nodes: str
    flow_logs: str
    ci: str
    shares: Mapping[str, str]
    """Name of a part of the object store -> role of those who use it."""


@dataclass(frozen=True)
class Pipeline:
    """The pipeline that deploys."""

    issuer: str
    host: str
    """The issuer without its scheme: how IAM calls it in conditions."""
    subjects: tuple[str, ...]


@dataclass(frozen=True)
class Store:
    """The object store."""

    bucket: str
    expire_days: int
    keep: bool
    """Whether a bucket with content is kept when the platform goes."""
    shares: tuple[Share, ...]
    """Its parts."""


@dataclass(frozen=True)
class SecretPart:
    """The Secrets of one namespace in AWS Secrets Manager, and who reads them."""

    share: Share
    role: str
    names: str
    """What their names begin with."""


@dataclass(frozen=True)
class WorkloadLogs:
    """Where output of containers goes."""

    groups: tuple[str, ...]
    """Log groups of CloudWatch: of containers, of what runs each node, of the nodes themselves."""
    days: int
    """How long they keep it."""


@dataclass(frozen=True)
class Lustre:
    """The parallel file system."""

    gib: int
    zone: str
    maintenance: str
    """Begin of the maintenance window as d:HH:MM, 1 is Monday."""


@dataclass(frozen=True)
class AwsSite(Site):
    """Everything that the cluster of this cloud is built from, beside the pools."""

    region: str
    account: str
    version: str
    """Kubernetes minor version."""
    service_cidr: str
    public: bool
    allow: tuple[str, ...]
    network: OwnNetwork | BroughtNetwork
    key: str
    """ARN of the key; empty: one is made."""
    protect: bool
    log_days: int
    workload_logs: WorkloadLogs | None
    """None where output of containers stays on the nodes."""
    access: tuple[Access, ...]
    roles: Roles
    addons: tuple[Addon, ...]
    groups: tuple[NodeGroup, ...]
    provisioners: tuple[Provisioner, ...]
    repair: bool
    """Whether Karpenter replaces nodes that have failed."""
    system_pool: str
    """Pool on which the platform's own pods run."""
    controllers: int
    """Copies of Karpenter: no more than there are nodes for them."""
    placement_groups: tuple[str, ...]
    fabric: bool
    """Whether any node has the fast network."""
    window: Window
    store: Store
    servers: tuple[Server, ...]
    """PostgreSQL of layers that RDS runs."""
    secrets: tuple[SecretPart, ...]
    """Who has Secrets in AWS Secrets Manager; empty where they are kept elsewhere."""
    shared_storage: bool
    lustre: Lustre | None
    pipeline: Pipeline | None
    queue: str
    """Name of the queue of interruptions."""
    charts: tuple[str, ...]
    """Charts of the lock that the target itself installs."""
    remarks: tuple[str, ...]
    """What the reader of the plan must know."""

    @property
    def own_charts(self) -> tuple[str, ...]:
        """Karpenter's, where a pool grows."""
        return self.charts

    @property
    def notes(self) -> tuple[str, ...]:
        """The remarks, and where output of containers is found."""
        if self.workload_logs is None:
            return self.remarks
        groups = ", ".join(self.workload_logs.groups)
        return (*self.remarks, f"Output of containers is kept in CloudWatch, log groups {groups}.")

    @property
    def keeps_parts(self) -> bool:
        """Each layer that keeps things has a part of the store and an identity for it."""
        return True

    @property
    def lacks(self) -> Mapping[str, str]:
        """Capability -> why this very platform does not have it."""
        return lacking(shared=self.shared_storage, parallel=self.lustre is not None)
