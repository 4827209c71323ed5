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
    "availabilityZones": "the zones",
    "vnetSubnetID": "the network",
    "scaleSetPriority": "how nodes are bought",
    "proximityPlacementGroupID": "where nodes are placed",
    "capacityReservationGroupID": "the reservation",
    "maxPods": "how many pods a node takes",
    "enableEncryptionAtHost": "encryption on the host",
}
"""Input of an agent pool -> what it decides.

https://learn.microsoft.com/azure/aks/manage-node-pools, https://learn.microsoft.com/azure/aks/use-nvidia-gpu, and the
descriptions of AgentPoolArgs in pulumi-azure-native 3.29.0, 2026-11-23
"""


def refused(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Problem]:
    """Every change between two inputs of one agent pool that Azure refuses."""
    return list(_changed(name, old, new))


def _changed(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Problem]:
    for key, meaning in FIXED.items():
        before, after = _plain(old.get(key)), _plain(new.get(key))
        if before != after:
            yield Problem(
                f"agent pool {name}: {key}",
                f"{meaning} cannot be changed in a pool that stands",
                str(after),
                str(before),
                "raise the pool's generation: new nodes then stand beside the old ones, which go when they are"
                " drained; or take the change back",
            )


def _plain(value: Any) -> Any:
    """Order does not matter in a list of zones; absent and empty are the same."""
    if isinstance(value, (list, tuple)):
        return sorted(value) or None  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return value or None
