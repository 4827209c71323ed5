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
    """How it can be bought: reserved, on-demand, spot."""
    max_nodes: int | None
    """Most nodes of this type there can be; None for no limit known."""
    max_nodes_reason: str
    """Why there cannot be more; empty where max_nodes is None."""
    source: str
    date: str


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
