"""Typed rows of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fairlead.catalog.alerts import AlertRow
from fairlead.catalog.exporters import ExporterRow
from fairlead.catalog.fabrics import DaemonRow, FabricRow
from fairlead.catalog.prices import AbsentRow, PriceRow, ReservedRow
from fairlead.catalog.readings import ReadingRow


@dataclass(frozen=True)
class AcceleratorRow:
    """An accelerator that can be asked for by name."""

    name: str
    vendor: str
    resource: str
    """Extended resource its device plugin advertises."""
    memory_gib: int
    """Memory of one accelerator, whole GiB, rounded down."""
    job_cpu: str
    """Cores a job asks for beside one accelerator unless it says otherwise: this product's choice."""
    job_memory: str
    """Memory a job asks for beside one accelerator unless it says otherwise: this product's choice."""
    aliases: tuple[str, ...]
    """Other spellings of the same thing that are accepted; never a name that could mean two things."""
    source: str
    date: str
    whole_node: int = 0
    """How many make a whole node of the largest machine that has a network between nodes, on any target; 0: none.
    Jobs over several nodes that ask for so many get that network: it is a fact of the accelerator, not of a
    cluster, so that a job is the same everywhere."""
    driver_from: str = ""
    """Oldest NVIDIA driver that its maker names for it, with MIG where it has that; empty: none that can be cited."""
    driver_source: str = ""
    """Who says so, and when it was read."""


@dataclass(frozen=True)
class MigRow:
    """One MIG profile of one accelerator."""

    name: str
    """As NVIDIA writes it: 1g.10gb."""
    compute: int
    """Compute slices that it takes."""
    memory: int
    """Memory slices that it takes."""
    most: int
    """How many fit on one accelerator that holds nothing else."""
    source: str
    date: str


@dataclass(frozen=True)
class MachineRow:
    """A machine type of one target."""

    name: str
    target: str
    accelerator: str | None
    count: int
    cpu: str | None
    """Allocatable cores; None where only the running node knows."""
    memory: str | None
    """Allocatable memory; None where only the running node knows."""
    simulated: bool
    capacities: tuple[str, ...]
    """How it can be bought: reserved, on-demand, flex, spot."""
    vcpus: int | None
    """Hardware threads of the whole machine; None where only the running node knows."""
    memory_mib: int | None
    """Memory of the whole machine; None where only the running node knows."""
    arch: str
    """amd64 or arm64."""
    fabric: str
    """Fast network between nodes: none, efa, gpudirect-tcpx, gpudirect-tcpxo, gpudirect-rdma, infiniband, ici."""
    fabric_cards: int
    """Network interfaces of the fabric; 0 where there is no fabric or no figure for it."""
    local_disks: int
    local_disk_gib: int
    """Size of one local disk."""
    node_images: tuple[str, ...]
    """Families of node_images.<target>.toml that run on it, the usual one first."""
    kubernetes_from: str
    """Oldest Kubernetes minor version that runs it; empty: no limit known."""
    topologies: tuple[str, ...]
    """Shapes of a TPU slice that these machines form; empty for what is no TPU."""
    chips: int
    """Accelerator chips that count in a topology; 0 for what is no TPU."""
    regions: tuple[str, ...]
    """Regions that are known to have it; empty: not known."""
    quota: str
    """Name of the quota to ask the cloud for; empty: none known."""
    max_nodes: int | None
    """Most nodes of this type there can be; None for no limit known."""
    max_nodes_reason: str
    """Why there cannot be more; empty where max_nodes is None."""
    source: str
    date: str
    nccl_busbw_gbps: float | None = None
    """Bus bandwidth of an all-reduce over two such nodes that somebody has measured and published, GB/s, out of
    place, at the largest message of 8 GiB or more; None where no public figure is known."""
    nccl_source: str = ""
    spot_quota: str = ""
    """Name of the quota that spot and flexible capacity take; empty: none known."""
    fabric_first_card: int = 0
    """Number of the first network card that takes the fabric; the cards before it have an address alone."""


@dataclass(frozen=True)
class NodeImageRow:
    """A family of node images of one target, and who brings what accelerators need."""

    name: str
    spelling: str
    """The cloud's own value for it."""
    os: str
    arch: str
    vendors: tuple[str, ...]
    """Vendors of accelerators that it serves; empty: plain nodes only."""
    driver: str
    """Who brings the driver: none, image, cloud, layer."""
    device_plugin: str
    """Who runs the device plugin: none, cloud, layer."""
    toolkit: str
    """Who brings the container toolkit: none, image, cloud, layer."""
    kubernetes_from: str
    source: str
    date: str
    runtime_class: str = ""
    """Name of the vendor's runtime in the image's containerd, which a GPU operator must be told; empty: none."""
    driver_root: str = "/"
    """Directory of the node in which the driver lies."""
    toolkit_dir: str = ""
    """Directory into which a GPU operator must put its toolkit; empty: wherever it wants."""
    containerd_config: str = ""
    """containerd's file on the node, where it is not /etc/containerd/config.toml."""
    containerd_drop_in: str = ""
    """File of its own that the toolkit may write beside it; empty: the toolkit's usual one."""
    containerd_socket: str = ""
    """containerd's socket, where it is not /run/containerd/containerd.sock."""
    containerd_source: str = ""
    """What the toolkit must read the present configuration from: `file`; empty: as it likes."""
    metrics: str = "none"
    """Who exports the accelerators' metrics: none, cloud, layer."""


@dataclass(frozen=True)
class RegionRow:
    """A region of a cloud and its zones."""

    name: str
    zones: tuple[str, ...]
    source: str
    date: str


@dataclass(frozen=True)
class TaintRow:
    """A taint that a target puts on nodes of a capacity by itself."""

    name: str
    target: str
    capacity: str
    key: str
    value: str
    effect: str
    source: str
    date: str
    queued: bool = False
    """Whether only nodes of pools that grow by request carry it."""


@dataclass(frozen=True)
class CapabilityRow:
    """Whether a target can do something, and why not."""

    name: str
    status: str
    """supported, unsupported or unproven."""
    reason: str
    """Why it is unsupported or unproven; for what is supported a caveat, or empty."""
    source: str
    date: str


@dataclass(frozen=True)
class TargetRow:
    """What holds for a target as a whole."""

    name: str
    title: str
    kubernetes: str
    autoscaling: bool
    """False where pools keep their size: min and max must be equal there."""
    topology_levels: tuple[str, ...]
    """Topology node labels, widest first; the last is kubernetes.io/hostname."""
    gpu_mode: str
    """Who advertises accelerators: `simulated` or `device-plugin`."""
    flex_class: str
    """Class of ProvisioningRequests by which a pool of flexible capacity grows as a whole; empty: none."""
    atomic_class: str
    """The same for a pool of any other capacity."""
    versions: tuple[str, ...]
    """Kubernetes minor versions that can be asked for; empty where there is no choice."""
    source: str
    date: str
    quota_counts: str = "vCPUs"
    """What the seller's quota of machines with accelerators counts: vCPUs, or accelerators."""


@dataclass(frozen=True)
class TopologyRow:
    """A tree of nodes that some machines of a target stand in, finer than the target's own labels."""

    name: str
    target: str
    machines: str
    """Pattern of the names of the machines whose nodes carry all labels."""
    capacities: tuple[str, ...]
    """Capacities whose nodes carry all labels."""
    levels: tuple[str, ...]
    """Node labels, widest first; the last is kubernetes.io/hostname."""
    block: str
    """Label that nodes share which are in one block of racks."""
    rack: str
    """Label that nodes share which stand nearest to each other."""
    source: str
    date: str


@dataclass(frozen=True)
class LimitRow:
    """A limit that somebody else sets: Kubernetes, a controller, a file system."""

    name: str
    value: int
    unit: str
    source: str
    date: str


@dataclass(frozen=True)
class Catalog:
    """All rows, by name."""

    accelerators: Mapping[str, AcceleratorRow]
    machines: Mapping[str, Mapping[str, MachineRow]]
    """target -> machine type -> row."""
    targets: Mapping[str, TargetRow]
    capabilities: Mapping[str, Mapping[str, CapabilityRow]]
    """target -> capability -> row."""
    limits: Mapping[str, LimitRow]
    node_images: Mapping[str, Mapping[str, NodeImageRow]]
    """target -> family -> row."""
    regions: Mapping[str, Mapping[str, RegionRow]]
    """target -> region -> row."""
    prices: Mapping[str, Mapping[str, Mapping[str, PriceRow]]]
    """target -> region -> machine -> row."""
    taints: Mapping[str, TaintRow]
    """Of every target: jobs tolerate them all."""
    fabrics: Mapping[str, FabricRow]
    fabric_daemons: Mapping[str, DaemonRow]
    """Fast network by the word that machine rows use."""
    topologies: Mapping[str, TopologyRow]
    """Of every target."""
    mig: Mapping[str, Mapping[str, MigRow]]
    """accelerator -> MIG profile -> row."""
    readings: Mapping[str, ReadingRow] = field(default_factory=dict[str, ReadingRow])
    """vendor -> row."""
    exporters: Mapping[str, ExporterRow] = field(default_factory=dict[str, ExporterRow])
    """Of every target."""
    alerts: Mapping[str, AlertRow] = field(default_factory=dict[str, AlertRow])
    """Of every topic."""
    absent: Mapping[str, Mapping[str, AbsentRow]] = field(default_factory=dict[str, Mapping[str, AbsentRow]])
    """target -> accelerator -> row."""
    reserved: Mapping[str, Mapping[str, ReservedRow]] = field(
        default_factory=dict[str, Mapping[str, ReservedRow]]
    )
    """target -> kind of reservation -> row."""

    def accelerator(self, name: str) -> AcceleratorRow | None:
        """The row of an accelerator by its name or an alias, any case; None if there is none."""
        wanted = name.casefold()
        for row in self.accelerators.values():
            if wanted in (row.name.casefold(), *(alias.casefold() for alias in row.aliases)):
                return row
        return None

    def variants(self, name: str) -> list[str]:
        """Accelerators that a name without its variant could mean: A100 -> A100-40GB, A100-80GB."""
        return [row for row in self.accelerators if row.casefold().startswith(f"{name.casefold()}-")]
