"""What the builder of Google Cloud is handed beside the pools: plain, frozen data, all decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fairlead.plan.model import PoolPlan, Site, Taint, lacking
from fairlead.plan.sites import gcp_words as words
from fairlead.plan.sites.gcp_secrets import SecretPart
from fairlead.plan.sites.gcp_server import SqlServer
from fairlead.plan.store_model import Share


@dataclass(frozen=True)
class SubnetPlan:
    """A subnet and the network that holds it."""

    network: str
    subnet: str
    cidr: str


@dataclass(frozen=True)
class NetworkPlan:
    """Where nodes, pods and services have their addresses."""

    project: str
    """Project that owns the network."""
    made: bool
    """False where the network stands already."""
    network: str
    subnet: str
    cidr: str
    pods: str
    """Name of the secondary range of the pods."""
    pod_cidr: str
    services: str
    service_cidr: str
    router: str
    nat: str
    firewall: str
    private_access: tuple[tuple[str, str], ...]
    """(name, DNS name) of private zones that lead to Google's APIs without the internet."""

    @property
    def path(self) -> str:
        """The network as other services want it."""
        return f"projects/{self.project}/global/networks/{self.network}"


@dataclass(frozen=True)
class FabricPlan:
    """A network between accelerators, and the name under which pods ask for its interfaces."""

    network: str
    profile: str | None
    """Network profile of RDMA networks, which belong to one zone; None for others."""
    mtu: int | None
    subnets: tuple[SubnetPlan, ...]
    objects: tuple[str, ...]
    """Kubernetes Network objects, one for each subnet."""
    device_mode: str
    """NetDevice or RDMA."""
    cidr: str
    """Range that holds every subnet of all fabrics: interfaces of other nodes call from there."""


@dataclass(frozen=True)
class WorkloadPolicyPlan:
    """A resource policy that makes one unit of all nodes of a node pool."""

    name: str
    topology: str
    """Accelerator topology: the shape of a TPU slice, or 1x72 for an NVLink domain."""


@dataclass(frozen=True)
class NodePoolPlan:
    """One node pool of GKE: a step of a pool's ladder, or one TPU slice of it."""

    name: str
    pool: str
    capacity: str
    zones: tuple[str, ...]
    machine_type: str
    image: str
    arch: str
    labels: Mapping[str, str]
    disk_gib: int
    disk_type: str
    guest_accelerator: str | None
    """GKE's name of the GPU; None for plain nodes and TPUs."""
    guest_count: int
    driver: str
    """gpuDriverVersion; empty without GPUs."""
    partition: str
    """gpuPartitionSize: the MIG profile that every GPU is cut into; empty for none."""
    sharing: str
    """gpuSharingStrategy, TIME_SHARING or MPS; empty for none."""
    clients: int
    """maxSharedClientsPerGpu; 0 where nothing is shared that way."""
    taints: tuple[Taint, ...]
    """Beside those that GKE sets by itself."""
    tpu: bool
    fixed: int | None
    """Nodes in each zone, where the number never changes; None where it is scaled."""
    initial: int
    """Nodes in each zone at first, where it is scaled."""
    least: int
    most: int
    """Bounds of all zones together, where it is scaled."""
    spot: bool
    flex: bool
    queued: bool
    max_seconds: int | None
    reservation: str | None
    slice_topology: str | None
    """Shape of the TPU slice that all nodes form; None where each node is its own."""
    policy: str | None
    """Workload policy that the nodes follow."""
    compact: bool
    ephemeral_ssds: int
    raw_ssds: int
    streaming: bool
    cache: tuple[str, ...]
    """Disk images with container images in them."""
    repair: bool
    max_surge: int
    max_unavailable: int
    drain_seconds: int
    networks: tuple[SubnetPlan, ...]
    """Networks of further interfaces."""


@dataclass(frozen=True)
class KeyPlan:
    """The key of the key service, and who must be able to use it."""

    given: str | None
    """A key that stands already; None where one is made."""
    ring: str
    name: str
    rotation_seconds: int
    users: tuple[tuple[str, str], ...]
    """(short name, service agent)."""


@dataclass(frozen=True)
class MaintenancePlan:
    """A weekly window."""

    start: str
    end: str
    recurrence: str
    pinned_since: str | None
    """From when on the minor version stays until its support ends; None where the channel decides."""


@dataclass(frozen=True)
class GrantPlan:
    """A role of the project for one member."""

    name: str
    role: str
    member: str


@dataclass(frozen=True)
class AdminPlan:
    """Somebody who may do everything in the cluster."""

    name: str
    kind: str
    """User or Group of Kubernetes."""
    address: str
    member: str
    """The same one in IAM."""


@dataclass(frozen=True)
class FolderPlan:
    """A part of the bucket and who may use it."""

    share: Share
    folder: str
    principal: str


@dataclass(frozen=True)
class StorePlan:
    """The bucket."""

    bucket: str
    location: str
    expire_days: int
    protect: bool
    folders: tuple[FolderPlan, ...]


@dataclass(frozen=True)
class LustrePlan:
    """A Managed Lustre file system."""

    instance: str
    filesystem: str
    zone: str
    gib: int
    throughput: int
    """MB/s for each TiB."""
    range_name: str
    day: str
    hour: int
    minute: int
    """Begin of its weekly window of one hour, UTC."""


@dataclass(frozen=True)
class StoragePlan:
    """File systems."""

    shared: bool
    shared_peering: bool
    """Filestore reaches a shared network by Private Service Access only."""
    lustre: LustrePlan | None


@dataclass(frozen=True)
class WorkloadLogs:
    """Where output of containers goes."""

    bucket: str
    """Log bucket of Cloud Logging, and of the sink that fills it."""
    filter: str
    """What is output of this cluster's containers, in the language of Cloud Logging."""
    days: int
    """How long it keeps it."""


@dataclass(frozen=True)
class CiPlan:
    """The pipeline's identity."""

    pool: str
    provider: str
    account: str
    issuer: str
    condition: str
    """What must hold for its tokens."""
    principals: tuple[tuple[str, str], ...]
    """(short name, principal) of each subject."""
    roles: tuple[str, ...]
    grantable: tuple[str, ...]
    """Roles of the project that it may grant and take away, and no other."""


@dataclass(frozen=True)
class GcpSite(Site):
    """Everything that only this target has."""

    project: str
    project_number: str
    region: str
    zones: tuple[str, ...]
    cluster: str
    version: str
    """Kubernetes minor version."""
    channel: str
    labels: Mapping[str, str]
    """Labels of every resource, by which its cost is found."""
    protect: bool
    services: tuple[str, ...]
    """APIs that must be on."""
    network: NetworkPlan
    public: bool
    allow: tuple[str, ...]
    dns_endpoint: bool
    security_group: str | None
    maintenance: MaintenancePlan
    key: KeyPlan
    node_account: str
    node_grants: tuple[GrantPlan, ...]
    admins: tuple[AdminPlan, ...]
    store: StorePlan
    servers: tuple[SqlServer, ...]
    """Of PostgreSQL, for layers."""
    agents: tuple[str, ...]
    """Services whose agent is made before it can be given anything."""
    storage: StoragePlan
    secrets: tuple[SecretPart, ...]
    """Who has Secrets in Google Secret Manager; empty where they are kept elsewhere."""
    fabrics: tuple[FabricPlan, ...]
    policies: tuple[WorkloadPolicyPlan, ...]
    node_pools: tuple[NodePoolPlan, ...]
    ladder: tuple[tuple[str, ...], ...]
    """Node pools by step, best first, for the autoscaler; empty where no pool has a ladder."""
    idle_minutes: int
    """How long an idle node stays, where the autoscaler is told; 0 where no pool shrinks."""
    workload_logs: WorkloadLogs | None
    """None where output of containers stays on the nodes."""
    audited: Mapping[str, tuple[str, ...]]
    """Service -> kinds of access that it logs beside those that are always logged."""
    ci: CiPlan | None

    @property
    def workload_pool(self) -> str:
        """Pool of the cluster's own identities."""
        return f"{self.project}.svc.id.goog"

    @property
    def notes(self) -> tuple[str, ...]:
        """Where output of containers is found."""
        kept = self.workload_logs
        return (f"Output of containers is kept in Cloud Logging, log bucket {kept.bucket}.",) if kept else ()

    @property
    def keeps_parts(self) -> bool:
        """Each layer that keeps things has a part of the store and an identity for it."""
        return True

    @property
    def lacks(self) -> Mapping[str, str]:
        """Capability -> why this very platform does not have it."""
        return lacking(shared=self.storage.shared, parallel=self.storage.lustre is not None)

    def pod_selector(self, pool: PoolPlan) -> Mapping[str, str]:
        """Kind and shape of TPUs."""
        kind = words.TPUS.get(words.series(pool.machine))
        return (
            dict(zip(words.TPU_SELECTORS, (kind, pool.topology), strict=True))
            if kind and pool.topology
            else {}
        )

    def fabric_networks(self, pool: str) -> tuple[str, ...]:
        """Network objects of a pool's further interfaces, in the order in which its machines have them."""
        objects = {
            one: name
            for fabric in self.fabrics
            for name, one in zip(fabric.objects, fabric.subnets, strict=True)
        }
        node_pool = next(one for one in self.node_pools if one.pool == pool)
        return tuple(objects[one] for one in node_pool.networks)
