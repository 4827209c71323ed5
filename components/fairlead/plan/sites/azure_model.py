"""What the Azure target is built from: names, sizes and settings, all decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fairlead.plan.model import Site, lacking
from fairlead.plan.sites.azure_server import FlexibleServer
from fairlead.plan.sites.window import Window
from fairlead.plan.store_model import Share


@dataclass(frozen=True)
class AzureNames:
    """Names of resources: within Azure's limits of length and alphabet, unique where they must be."""

    group: str
    """Resource group of the cluster."""
    data_group: str
    """Resource group of what outlives the cluster: keys and data."""
    node_group: str
    """Resource group that AKS makes for the nodes."""
    vault: str
    """Key vault: at most 24 characters, unique in the world."""
    objects: str
    """Storage account of the object store: at most 24 letters and digits, unique in the world."""
    files: str
    """Storage account of shared volumes."""


@dataclass(frozen=True)
class AzureNetworkPlan:
    """Addresses; the subnets are empty where the network stands already."""

    space: str
    nodes: str
    """Subnet of the nodes, with room for every pool twice: a new generation stands beside the old one."""
    endpoints: str
    """Subnet of private endpoints."""
    lustre: str
    """Subnet of the parallel file system; empty without one."""
    pods: str
    services: str
    dns: str
    """Address of the cluster's DNS service."""
    outbound: str
    """How nodes reach the outside, in AKS' word."""
    subnet: str
    """Resource id of a subnet that stands; empty where the network is built."""


@dataclass(frozen=True)
class AgentPoolPlan:
    """One agent pool: one step of a pool's ladder."""

    name: str
    pool: str
    """Name of the pool in the spec."""
    capacity: str
    system: bool
    """The pool on which AKS runs its own pods; it is made with the cluster."""
    vm_size: str
    os_sku: str
    count: int
    """Nodes at the beginning; fixed where nothing scales."""
    smallest: int
    largest: int
    scaled: bool
    """The cluster autoscaler owns the number of nodes."""
    zones: tuple[str, ...]
    labels: Mapping[str, str]
    taints: tuple[str, ...]
    tags: Mapping[str, str]
    """What the autoscaler must know of a pool without nodes."""
    spot: bool
    os_disk: str
    """Ephemeral: on the machine's own disk; Managed: on a network disk."""
    os_disk_gib: int
    gpu_driver: str
    """Install or None in AKS' words; empty on plain nodes."""
    gpu_instance_profile: str
    """MIG1g to MIG7g: the slices that every GPU is cut into; empty for none."""
    reservation: str
    """Resource id of the capacity reservation group; empty without one."""
    proximity: str
    """Name of the proximity placement group; empty without one."""
    max_surge: str
    max_unavailable: str
    drain_minutes: int


@dataclass(frozen=True)
class ProvisionedPool:
    """A pool's room above `min` under node auto-provisioning: one Karpenter NodePool for each step."""

    name: str
    pool: str
    capacity: str
    vm_size: str
    image_family: str
    arch: str
    zones: tuple[str, ...]
    labels: Mapping[str, str]
    taints: tuple[str, ...]
    weight: int
    """Higher goes first."""
    cpu: str
    """Most cores of all its nodes together."""
    memory: str
    """Most memory of all its nodes together."""
    nodes: int
    """Most nodes."""
    os_disk_gib: int
    idle_seconds: int
    """How long a node without any pod is kept."""
    max_unavailable: int
    drain_minutes: int


@dataclass(frozen=True)
class AzureKey:
    """A key that stands already."""

    vault: str
    """Resource id of its vault."""
    vault_uri: str
    name: str
    uri: str
    """With its version."""


@dataclass(frozen=True)
class ContainerPlan:
    """A part of the object store, and the identity that may use it."""

    share: Share
    identity: str
    container: str


@dataclass(frozen=True)
class SecretPart:
    """The Secrets of one namespace: a vault of its own, and the identity that reads it."""

    share: Share
    identity: str
    vault: str
    """At most 24 characters, unique in the world."""


@dataclass(frozen=True)
class WorkloadLogs:
    """Where output of containers goes."""

    workspace: str
    """Log Analytics workspace of its own, which no audit log is in."""
    days: int
    """How long it keeps it."""


@dataclass(frozen=True)
class AzureSite(Site):
    """Everything that only the Azure target has."""

    region: str
    subscription: str
    entra_tenant: str
    zones: tuple[str, ...]
    """Those that the platform uses."""
    region_zones: tuple[str, ...]
    """All of the region: an address is in one of them or in all."""
    version: str
    """Kubernetes minor version: AKS takes the newest patch of it."""
    names: AzureNames
    network: AzureNetworkPlan
    agent_pools: tuple[AgentPoolPlan, ...]
    """The system pool first."""
    provisioned: tuple[ProvisionedPool, ...]
    priorities: Mapping[int, tuple[str, ...]]
    """For the cluster autoscaler's priority expander: patterns of scale set names, higher goes first."""
    tier: str
    upgrade_channel: str
    node_image_channel: str
    node_provisioning: bool
    idle_minutes: int
    """How long the cluster autoscaler keeps an idle node; 0 where no pool shrinks."""
    host_encryption: bool
    admins: tuple[str, ...]
    """Object ids of Entra groups."""
    public: bool
    allow: tuple[str, ...]
    maintenance_day: str
    maintenance_start: str
    maintenance_hours: int
    window: Window
    """The same for Karpenter."""
    log_days: int
    workload_logs: WorkloadLogs | None
    """None where output of containers stays on the nodes."""
    key: AzureKey | None
    """None where a key is made."""
    protect: bool
    containers: tuple[ContainerPlan, ...]
    secrets: tuple[SecretPart, ...]
    """Who has Secrets in Azure Key Vault; empty where they are kept elsewhere."""
    servers: tuple[FlexibleServer, ...]
    """Of PostgreSQL, for layers."""
    expire_days: int
    keep_objects: bool
    """The object store stays when the platform is taken down."""
    shared_storage: bool
    lustre_tib: int
    """0 without a parallel file system."""
    ci_issuer: str
    """Empty without a pipeline."""
    ci_subjects: tuple[str, ...]

    def fabric_networks(self, pool: str) -> tuple[str, ...]:
        """The scale sets of a pool: InfiniBand reaches the nodes of one."""
        return tuple(one.name for one in self.agent_pools if one.pool == pool)

    def fabric_apart(self, pool: str) -> str:
        """Why nodes of a pool do not reach each other by InfiniBand."""
        if any(one.pool == pool for one in self.provisioned):
            return "nodes of node auto-provisioning share no InfiniBand network"
        if len(self.fabric_networks(pool)) > 1:
            return (
                "the steps of its ladder are scale sets of their own, and InfiniBand reaches the nodes of one"
            )
        return ""

    @property
    def notes(self) -> tuple[str, ...]:
        """Names that nobody could guess, and where output of containers is found."""
        vaults = (
            f"Secrets of namespace {one.share.namespace} are kept in the key vault {one.vault}."
            for one in self.secrets
        )
        if self.workload_logs is None:
            return tuple(vaults)
        kept = f"Output of containers is kept in the Log Analytics workspace {self.workload_logs.workspace}."
        return (*vaults, kept)

    @property
    def keeps_parts(self) -> bool:
        """Each layer that keeps things has a part of the store and an identity for it."""
        return True

    @property
    def lacks(self) -> Mapping[str, str]:
        """Capability -> why this very platform does not have it."""
        return lacking(shared=self.shared_storage, parallel=self.lustre_tib > 0)
