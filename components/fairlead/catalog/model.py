"""Typed rows of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


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
    mig: tuple[str, ...]
    """Profiles into which one accelerator can be partitioned, as NVIDIA names them; empty: none known."""
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


@dataclass(frozen=True)
class PriceRow:
    """What one machine costs in one region, USD an hour."""

    name: str
    region: str
    on_demand: float | None
    spot: float | None
    source: str
    date: str
    """Of the table that has it: prices age."""


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
    versions: tuple[str, ...]
    """Kubernetes minor versions that can be asked for; empty where there is no choice."""
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
