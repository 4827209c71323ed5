"""`fairlead contract pools`: the nodes of a cluster as pools of a spec, to be read and pasted into a stack.

Nothing is guessed: an accelerator whose name cannot be told is written as UNKNOWN, which no plan accepts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from fairlead import labels
from fairlead.catalog.model import Catalog
from fairlead.operate.live import Seen
from fairlead.values import cpu_text, memory_text, quantity

Object = Mapping[str, Any]
PRODUCTS = ("nvidia.com/gpu.product", "cloud.google.com/gke-accelerator", "amd.com/gpu.product-name")
"""Node labels by which discovery tools of the vendors and clouds name the accelerator.

https://github.com/NVIDIA/k8s-device-plugin (docs/gpu-feature-discovery), https://github.com/ROCm/k8s-device-plugin,
https://cloud.google.com/kubernetes-engine/docs/how-to/gpus, 2026-11-23
"""
MACHINE = "node.kubernetes.io/instance-type"
SPOT: Mapping[str, tuple[str, ...]] = {
    "karpenter.sh/capacity-type": ("spot",),
    "eks.amazonaws.com/capacityType": ("SPOT",),
    "cloud.google.com/gke-spot": ("true",),
    "kubernetes.azure.com/scalesetpriority": ("spot",),
}
"""Node label -> values that say that the node may be taken back."""
OURS = "fairlead-gpu"
"""Namespace of this platform's own device plugin."""
UNKNOWN = "UNKNOWN"
DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


@dataclass(frozen=True)
class Kind:
    """What nodes of one pool have in common."""

    accelerator: str
    """Catalogue name, UNKNOWN, or empty."""
    resource: str
    count: int
    capacity: str


def document(seen: Seen, catalog: Catalog) -> str:
    """The pools, and what makes volumes, as YAML of a spec."""
    import yaml

    groups, left = _groups(seen, catalog)
    installed = "driver-installed" if OURS in seen.named("Namespace") else "plugin-installed"
    pools = list(_pools(groups, installed))
    notes = [f"# Read from {seen.server}: {sum(map(len, groups.values()))} nodes in {len(pools)} pools."]
    notes += [f"# Left out: {name}: {why}" for name, why in left]
    notes += list(_advice(seen, groups))
    block = _default_class(seen)
    spec: dict[str, Any] = {"target": {"storage": {"block": block}}} if block else {}
    spec["pools"] = pools
    return "\n".join([*notes, yaml.safe_dump(spec, sort_keys=False, default_flow_style=None, width=110)])


def _groups(seen: Seen, catalog: Catalog) -> tuple[dict[Kind, list[Object]], list[tuple[str, str]]]:
    groups: dict[Kind, list[Object]] = {}
    left: list[tuple[str, str]] = []
    for node in sorted(seen.objects["Node"], key=lambda one: one["metadata"]["name"]):
        kind = _kind(node, catalog)
        why = _unusable(node, kind)
        if why:
            left.append((node["metadata"]["name"], why))
        else:
            groups.setdefault(kind, []).append(node)
    return groups, left


def _kind(node: Object, catalog: Catalog) -> Kind:
    offered: Mapping[str, str] = node.get("status", {}).get("allocatable") or {}
    known = {row.resource for row in catalog.accelerators.values()}
    resource = next((key for key in sorted(offered) if key in known and offered[key] != "0"), "")
    count = int(offered[resource]) if resource else 0
    name = _accelerator(node, resource, count, catalog) if resource else ""
    return Kind(name, resource, count, _capacity(node))


def _accelerator(node: Object, resource: str, count: int, catalog: Catalog) -> str:
    """By our own label, else by the machine type, else by what the vendor's discovery says; else UNKNOWN."""
    own: Mapping[str, str] = node["metadata"].get("labels") or {}
    row = catalog.accelerator(own.get(labels.ACCELERATOR, ""))
    if row is not None:
        return row.name
    for machines in catalog.machines.values():
        machine = machines.get(own.get(MACHINE, ""))
        if machine is not None and machine.accelerator and machine.count == count:
            return machine.accelerator
    said = next((own[key] for key in PRODUCTS if own.get(key)), "")
    return _named(said, resource, catalog)


def _named(product: str, resource: str, catalog: Catalog) -> str:
    """The catalogue name all of whose parts are parts of a product name, the longest one."""
    parts = _parts(product)
    fitting = [
        row.name
        for row in catalog.accelerators.values()
        if row.resource == resource and any(_parts(one) <= parts for one in (row.name, *row.aliases))
    ]
    longest = max((len(_parts(name)) for name in fitting), default=0)
    best = [name for name in fitting if len(_parts(name)) == longest]
    return best[0] if len(best) == 1 else UNKNOWN


def _parts(name: str) -> set[str]:
    return {part for part in re.split(r"[^a-z0-9]+", name.casefold()) if part}


def _capacity(node: Object) -> str:
    own: Mapping[str, str] = node["metadata"].get("labels") or {}
    said = own.get(labels.CAPACITY)
    if said:
        return said
    return "spot" if any(own.get(key) in values for key, values in SPOT.items()) else "on-demand"


def _unusable(node: Object, kind: Kind) -> str:
    """Why a node is left out; empty for one that workloads of the platform can use."""
    taints: Sequence[Mapping[str, str]] = node.get("spec", {}).get("taints") or []
    for taint in taints:
        if taint["effect"] != "PreferNoSchedule" and taint["key"] != kind.resource:
            return f"no workload of the platform tolerates its taint {taint['key']}:{taint['effect']}"
    return ""


def _pools(groups: Mapping[Kind, Sequence[Object]], installed: str) -> Iterator[dict[str, Any]]:
    """Plain pools first; names from what the nodes are, told apart where two would be the same."""
    taken: dict[str, int] = {}
    for kind, nodes in sorted(groups.items(), key=lambda item: (item[0].accelerator, item[0].count)):
        base = re.sub(r"[^a-z0-9]+", "-", (kind.accelerator or "system").lower())
        base += "" if kind.capacity == "on-demand" else f"-{kind.capacity}"
        taken[base] = taken.get(base, 0) + 1
        pool: dict[str, Any] = {"name": base if taken[base] == 1 else f"{base}-{kind.count}"}
        if kind.accelerator:
            pool |= {"accelerators": f"{kind.accelerator}:{kind.count}", "image": installed}
        if kind.capacity != "on-demand":
            pool["capacity"] = kind.capacity
        yield {**pool, "min": len(nodes), "max": len(nodes), "nodes": _sizes(nodes)}


def _sizes(nodes: Sequence[Object]) -> dict[str, Any]:
    def least(key: str) -> Fraction:
        return min(quantity(node["status"]["allocatable"][key]) for node in nodes)

    names = [node["metadata"]["name"] for node in nodes]
    return {"names": names, "cpu": cpu_text(least("cpu")), "memory": memory_text(least("memory"))}


def _advice(seen: Seen, groups: Mapping[Kind, Sequence[Object]]) -> Iterator[str]:
    for kind, nodes in groups.items():
        if kind.accelerator == UNKNOWN:
            names = ", ".join(node["metadata"]["name"] for node in nodes)
            yield f"# Write for UNKNOWN what {names} carry: nothing on them says it (`fairlead accelerators`)."
    if not any(kind.accelerator == "" for kind in groups):
        yield "# The platform needs a node without accelerators for its own pods, and found none."
    others = [name for name in seen.named("StorageClass") if not name.startswith("fairlead-")]
    if others:
        yield f"# Storage classes of the cluster: {', '.join(sorted(others))}. target.storage.shared takes one"
        yield "# whose volumes many nodes can write: `kubectl get storageclass NAME -o yaml` shows its parts."


def _default_class(seen: Seen) -> dict[str, Any]:
    """What makes volumes by default; empty where the cluster has no default."""
    for name, one in seen.named("StorageClass").items():
        notes: Mapping[str, str] = one["metadata"].get("annotations") or {}
        if notes.get(DEFAULT_CLASS) == "true" and not name.startswith("fairlead-"):
            said: dict[str, Any] = {"provisioner": one["provisioner"]}
            if one.get("parameters"):
                said["parameters"] = one["parameters"]
            said["binding"] = one.get("volumeBindingMode", "Immediate")
            said["reclaim"] = one.get("reclaimPolicy", "Delete")
            return {**said, "expand": bool(one.get("allowVolumeExpansion", False))}
    return {}
