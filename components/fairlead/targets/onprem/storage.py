"""Volumes of the brought cluster under the contract's names (C4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.plan.sites.onprem import VolumesPlan


def storage_class(name: str, source: VolumesPlan) -> Mapping[str, Any]:
    """A storage class of our name over what makes volumes in this cluster."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": source.provisioner,
        **({"parameters": dict(source.parameters)} if source.parameters else {}),
        "volumeBindingMode": source.binding,
        "reclaimPolicy": source.reclaim,
        "allowVolumeExpansion": source.expand,
    }
