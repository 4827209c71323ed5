"""What cannot be changed in an agent pool that stands, and how to move: pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fairlead.errors import Problem

FIXED: Mapping[str, str] = {
    "vmSize": "the machine",
    "osDiskType": "where the node's own disk is",
    "osDiskSizeGB": "the size of the node's own disk",
    "gpuProfile": "who installs the accelerator's driver",
    "gpuInstanceProfile": "how accelerators are cut",
    "availabilityZones": "the zones",
    "vnetSubnetID": "the network",
    "scaleSetPriority": "how nodes are bought",
    "proximityPlacementGroupID": "where nodes are placed",
    "capacityReservationGroupID": "the reservation",
    "maxPods": "how many pods a node takes",
    "enableEncryptionAtHost": "encryption on the host",
}
"""Input of an agent pool -> what it decides.

https://learn.microsoft.com/azure/aks/manage-node-pools, https://learn.microsoft.com/azure/aks/use-nvidia-gpu,
https://learn.microsoft.com/azure/aks/gpu-multi-instance, and the
descriptions of AgentPoolArgs in pulumi-azure-native 3.29.0, 2026-11-23
"""


MOVE = (
    "raise the pool's generation: new nodes then stand beside the old ones, which go when they are drained; or take"
    " the change back"
)
STAY = "take the change back: the first plain pool of the spec stays as it was made"


def refused(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Problem]:
    """Every change between two inputs of one agent pool that Azure refuses."""
    return list(_changed(name, old, new, MOVE))


def refused_of_cluster(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Problem]:
    """Every change of the pool that came with a cluster that Azure refuses, or that would take it away."""
    before, after = _profiles(old), _profiles(new)
    found = [
        problem for key in before if key in after for problem in _changed(key, before[key], after[key], STAY)
    ]
    if not set(before) - set(after):
        return found
    what = "the pool that came with the cluster carries AKS' own pods and cannot be taken away"
    fix = "leave it the first plain pool of the spec, with its name, its generation and its first capacity"
    where = f"cluster {name}: agentPoolProfiles"
    return [Problem(where, what, ", ".join(after), ", ".join(before), fix), *found]


def _profiles(inputs: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    profiles: list[Mapping[str, Any]] = inputs.get("agentPoolProfiles") or []
    return {one["name"]: one for one in profiles}


def _changed(name: str, old: Mapping[str, Any], new: Mapping[str, Any], fix: str) -> Iterator[Problem]:
    for key, meaning in FIXED.items():
        before, after = _plain(old.get(key)), _plain(new.get(key))
        if before != after:
            what = f"{meaning} cannot be changed in a pool that stands"
            yield Problem(f"agent pool {name}: {key}", what, str(after), str(before), fix)


def _plain(value: Any) -> Any:
    """Order does not matter in a list of zones; absent and empty are the same."""
    if isinstance(value, (list, tuple)):
        return sorted(value) or None  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return value or None
