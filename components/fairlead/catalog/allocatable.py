"""What pods can use of a machine: its size less what the cloud keeps for the node itself.

The clouds publish how much they keep; a node that runs tells the exact figure. Plans need it before
there is a node, so it is computed, and rounded down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from fairlead.catalog.model import MachineRow
from fairlead.values import cpu_text, memory_text, quantity

Steps = Sequence[tuple[int, float]]
"""(up to this many units, share that is kept of them), from the first unit on."""

CPU_STEPS: Steps = ((1, 0.06), (2, 0.01), (4, 0.005), (10_000, 0.0025))
"""Cores kept by GKE, and by EKS after it.

EKS: github.com/awslabs/amazon-eks-ami@81fec2e nodeadm/internal/kubelet/config.go, 2026-11-23; GKE: as GKE_MEMORY.
"""
GKE_MEMORY: Steps = ((4096, 0.25), (8192, 0.20), (16384, 0.10), (131072, 0.06), (10**9, 0.02))
"""MiB kept by GKE: https://cloud.google.com/kubernetes-engine/docs/concepts/plan-node-sizes as public projects
quote it, 2026-11-23; the page itself was not read as far as its table."""
EVICTION = 100
"""MiB at which the kubelet begins to evict pods, on all three clouds: the sources of the other figures."""
PODS = 110
"""Pods of one node that the memory kept is computed for: this product's choice on every target."""
EKS_MEMORY, EKS_MEMORY_POD = 255, 11
"""MiB kept by EKS, and for each pod. Nodes of a node group are told PODS for this; one of Karpenter's keeps memory
for as many as its interfaces could address: that FIRMWARE leaves room for these, too, is not confirmed.

github.com/awslabs/amazon-eks-ami@81fec2e nodeadm/internal/kubelet/config.go, 2026-11-23
"""
EFA_PAGES, EFA_PAGES_VCPU, PAGE = 5128, 110, 2
"""Huge pages that a node with EFA sets aside, out of reach of pods that do not ask for them by name: so many, or so
many for each vCPU, whichever is more; MiB of a page.

https://docs.aws.amazon.com/eks/latest/userguide/node-efa.html;
https://github.com/bottlerocket-os/bottlerocket-core-kit/pull/141; 2026-11-23. The first has one figure for all
machines, the second one for each vCPU: neither was seen on a node.
"""
FIRMWARE = 0.075
"""Share of a machine's memory that kernel and hypervisor may take before the node counts it.

github.com/aws/karpenter-provider-aws v1.14.1 pkg/operator/options/options.go, vm-memory-overhead-percent, 2026-11-23.
Read for AWS; that it is enough on the other clouds is not confirmed: from general knowledge.
"""


def _stepped(amount: int, steps: Steps) -> float:
    kept, before = 0.0, 0
    for upto, share in steps:
        kept += max(0, min(amount, upto) - before) * share
        before = upto
    return kept


def _eks(vcpus: int, memory_mib: int) -> tuple[float, float]:
    kept = EKS_MEMORY + EKS_MEMORY_POD * PODS
    return vcpus - _stepped(vcpus, CPU_STEPS), memory_mib * (1 - FIRMWARE) - kept - EVICTION


def _gke(vcpus: int, memory_mib: int) -> tuple[float, float]:
    return (
        vcpus - _stepped(vcpus, CPU_STEPS),
        memory_mib * (1 - FIRMWARE) - _stepped(memory_mib, GKE_MEMORY) - EVICTION,
    )


AKS_CPU: Mapping[int, int] = {1: 60, 2: 100, 4: 140, 8: 180, 16: 260, 32: 420, 64: 740}
"""Cores -> thousandths kept. https://docs.azure.cn/en-us/aks/node-resource-reservations, 2026-11-23"""


def _aks(vcpus: int, memory_mib: int) -> tuple[float, float]:
    """Memory: 20 MB a pod and 50 MB, or a quarter if that is less. The page of AKS_CPU ends at 64 cores: that the
    last step, 10 thousandths a core, goes on beyond them is not confirmed."""
    known = max((cores for cores in AKS_CPU if cores <= vcpus), default=1)
    kept = AKS_CPU[known] + max(0, vcpus - known) * 10
    reserved = min(20 * PODS + 50, memory_mib * 0.25)
    return vcpus - kept / 1000, memory_mib * (1 - FIRMWARE) - reserved - EVICTION


RULES: Mapping[str, Callable[[int, int], tuple[float, float]]] = {"aws": _eks, "gcp": _gke, "azure": _aks}
"""Target -> what is left of (vCPUs, MiB)."""


def with_allocatable(rows: Mapping[str, MachineRow], target: str) -> dict[str, MachineRow]:
    """The rows of one target, with cpu and memory filled in where the machine's size is known."""
    rule = RULES.get(target)
    return {name: _filled(row, rule) if rule else row for name, row in rows.items()}


def _filled(row: MachineRow, rule: Callable[[int, int], tuple[float, float]]) -> MachineRow:
    if row.cpu is not None or row.vcpus is None or row.memory_mib is None:
        return row
    cpu, memory = rule(row.vcpus, row.memory_mib)
    if row.fabric == "efa":
        memory -= max(EFA_PAGES, EFA_PAGES_VCPU * row.vcpus) * PAGE
    return replace(
        row,
        cpu=cpu_text(quantity(f"{int(cpu * 1000)}m")),
        memory=memory_text(quantity(f"{max(0, int(memory))}Mi")),
    )
