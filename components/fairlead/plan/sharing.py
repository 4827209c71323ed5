"""Shares of accelerators: what they are called, how many there are, what nodes carry that have them.

A share is an accelerator of its own name, `H100/1g.10gb` or `L4/shared`, in jobs and in tenants' quotas.
Every target advertises it under the vendor's one resource name, as whole accelerators are: what tells
them apart is the node label and the taint of contract rules C1 and C2 (docs/adr/0017).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from fairlead import labels
from fairlead.catalog.model import AcceleratorRow, Catalog, MigRow
from fairlead.errors import Problem, one_of
from fairlead.plan.machines import unknown_accelerator
from fairlead.plan.model import PoolPlan, SharingPlan, Taint
from fairlead.spec.pool import Pool
from fairlead.spec.sharing import Mig, Sharing, TimeSlicing
from fairlead.values import Accelerators

NVIDIA = "nvidia.com/gpu"
SHARED = "shared"
"""Name of a share whose size is the pool's choice: by time slicing or MPS."""
CLAIMED = "dra"
"""Name of what pods get by a resource claim instead of an extended resource: whole accelerators, any number."""
SHARED_PART = Fraction(1, 4)
"""Part of an accelerator's usual cores and memory that a job on `shared` asks for: this product's choice."""
PLUGIN_CONFIG = "nvidia.com/device-plugin.config"
"""Node label: the device plugin's configuration that holds there. k8s-device-plugin v0.19.3, README.md."""
MIG_CONFIG = "nvidia.com/mig.config"
"""Node label that the GPU operator's MIG manager obeys, where it runs; `all-1g.10gb` is among its own configurations.
https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-operator-mig.html,
github.com/NVIDIA/mig-parted@1400787 deployments/systemd/config-default.yaml, 2026-11-24"""
MPS_CAPABLE = "nvidia.com/mps.capable"
"""Node label on which the MPS control daemon runs. k8s-device-plugin v0.19.3, chart values.yaml."""


@dataclass(frozen=True)
class Asked:
    """An accelerator or a share of one that somebody asks for by name."""

    row: AcceleratorRow
    share: str
    """Empty for whole accelerators."""

    @property
    def name(self) -> str:
        """In the catalogue's spelling: `H100`, `H100/1g.10gb`."""
        return named(self.row.name, self.share)

    @property
    def claimed(self) -> bool:
        """Whether pods claim it as a device: then no container asks for a number of the resource."""
        return self.share == CLAIMED

    @property
    def whole(self) -> bool:
        """Whether they are whole accelerators, by number or by claim."""
        return not self.share or self.claimed


def claimed(accelerators: Accelerators | None) -> int:
    """How many of them a node claims as devices; 0 where a container asks for them by number, or nobody does."""
    return accelerators.count if accelerators and accelerators.share == CLAIMED else 0


def named(accelerator: str, share: str) -> str:
    """What jobs and quotas call it."""
    return Accelerators(accelerator, 1, share).called


def asked_as(pool: Pool, accelerator: str | None) -> str | None:
    """What jobs and quotas ask a pool of the spec for, given its machine's accelerator."""
    return named(accelerator, plan_of(pool.sharing).share) if accelerator else None


def node_value(name: str | None) -> str:
    """Value of the node label for what a pool is asked by: a label value holds no slash."""
    return name.replace("/", "_") if name else labels.NO_ACCELERATOR


def object_name(name: str) -> str:
    """What a pool is asked by, as a part of an object's name: h100, a100-80gb, h100-1g-10gb."""
    return name.lower().replace(".", "-").replace("/", "-")


def plan_of(asked: Sharing) -> SharingPlan:
    """The spec's choice as the plan has it."""
    if isinstance(asked, str):
        return SharingPlan(asked)
    if isinstance(asked, Mig):
        return SharingPlan("mig", profiles=asked.mig)
    return SharingPlan("time-slicing" if isinstance(asked, TimeSlicing) else "mps", asked.replicas)


def taints(sharing: SharingPlan) -> tuple[Taint, ...]:
    """What keeps work that asks for whole accelerators off the pool's nodes."""
    return (Taint(labels.SHARE, sharing.share, "NoSchedule"),) if sharing.share else ()


def plugin_labels(sharing: SharingPlan) -> Mapping[str, str]:
    """Node labels by which the device plugin, where this platform runs it, finds its configuration."""
    if sharing.share in ("", CLAIMED):
        return {}
    found = {PLUGIN_CONFIG: plugin_config_name(sharing)}
    if sharing.kind == "mig":
        found[MIG_CONFIG] = f"all-{sharing.share}"
    return {**found, MPS_CAPABLE: "true"} if sharing.kind == "mps" else found


def plugin_config_name(sharing: SharingPlan) -> str:
    """Name of the plugin's configuration for a way of sharing: `whole`, `mig`, `time-slicing-4`, `mps-8`."""
    if sharing.kind in ("time-slicing", "mps"):
        return f"{sharing.kind}-{sharing.replicas}"
    return "mig" if sharing.kind == "mig" else "whole"


def find(name: str, where: str, catalog: Catalog) -> Asked | Problem:
    """The accelerator, or the share, that a name means; else the problem with it."""
    whole, _, share = name.partition("/")
    row = catalog.accelerator(whole)
    if row is None:
        return unknown_accelerator(where, whole, catalog)
    return _unknown_share(row, share, where, catalog) or Asked(row, share)


def _unknown_share(row: AcceleratorRow, share: str, where: str, catalog: Catalog) -> Problem | None:
    if not share:
        return None
    if row.resource != NVIDIA:
        what = f"accelerators of {row.vendor} are handed out whole"
        return Problem(where, what, named(row.name, share), row.name, "leave the part after the slash out")
    known = (*catalog.mig.get(row.name, {}), SHARED, CLAIMED)
    if share in known:
        return None
    near = one_of([named(row.name, one) for one in known], share)
    return Problem(where, f"{row.name} has no such share", named(row.name, share), near)


def part(asked: Asked, catalog: Catalog) -> Fraction:
    """How much of the cores and memory that belong to one accelerator its share asks for by default."""
    if asked.whole:
        return Fraction(1)
    if asked.share == SHARED:
        return SHARED_PART
    rows = catalog.mig[asked.row.name]
    return Fraction(rows[asked.share].compute, whole_of(rows).compute)


def whole_of(rows: Mapping[str, MigRow]) -> MigRow:
    """The profile that takes the whole accelerator."""
    return max(rows.values(), key=lambda row: (row.compute, row.memory))


def notes(pools: Sequence[PoolPlan]) -> Iterator[str]:
    """What the reader should know of pools that share."""
    for pool in (pool for pool in pools if pool.sharing.claimed):
        yield (
            f"Accelerators of pool {pool.name} are claimed by pods, and its nodes advertise none: jobs, notebooks and"
            f" quotas ask for {pool.asked_as}, and count in whole accelerators. Served models, and runtimes of"
            " frameworks, have none of them."
        )
    for pool in (pool for pool in pools if pool.sharing.per_accelerator > 1 or pool.sharing.kind == "mig"):
        each = pool.sharing.per_accelerator
        held = {
            "mig": "each is held apart in hardware",
            "time-slicing": "they take turns, and nothing holds their memory apart",
            "mps": "they run together, each with an even part of the memory",
        }[pool.sharing.kind]
        yield (
            f"Each {pool.accelerator} of pool {pool.name} is {each} shares, and {held}: jobs and quotas ask for"
            f" {pool.asked_as}, and count in shares."
        )
