"""Where artefacts lie: in a part of the object store that a pod's own identity opens, or on a volume."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi

from fairlead.contract.chart import Object
from fairlead.contract.handle import ClusterHandle
from fairlead.layers.tracking.place import ARTIFACTS, NAME, metadata
from fairlead.plan.store_model import AccountToken
from fairlead.plan.tracking_artifacts import spelt
from fairlead.plan.tracking_model import PART, TrackingPlan


@dataclass(frozen=True)
class Place:
    """What a server needs to write artefacts."""

    destination: pulumi.Input[str]
    """URI or folder."""
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    annotations: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, "pulumi.Input[str]"])
    """Of the service account."""
    pod_labels: Mapping[str, str] = field(default_factory=dict[str, str])
    token: AccountToken | None = None
    claim: str = ""
    """Name of the volume's claim; empty where there is none."""
    sealed: pulumi.Input[str] | None = None
    """URI, apart from all artefacts, below which the word lies that seals tenants' keys; None where a Secret
    has it."""


def place(plan: TrackingPlan, handle: ClusterHandle, *, sealed: bool = False) -> Place:
    """Where artefacts of this platform lie. Raises KeyError where the store has no part for them, as the plan says.

    sealed: no Secret of the cluster can seal tenants' keys.
    """
    if plan.artifacts != "object-store":
        return Place(ARTIFACTS, claim=f"{NAME}-artifacts")
    store, identity = handle.object_store, handle.identity
    if store is None or identity is None:
        raise KeyError(
            f"the plan keeps artefacts in an object store, and target {handle.target} hands none over"
        )
    uri = spelt(store.uris[PART])
    return Place(
        _below(uri, "artifacts") if sealed else uri,
        store.environment.get(PART, {}),
        identity.account_annotations[PART],
        identity.pod_labels,
        identity.token,
        sealed=_below(uri, "sealed") if sealed else None,
    )


def _below(uri: pulumi.Input[str], folder: str) -> pulumi.Input[str]:
    return f"{uri}/{folder}" if isinstance(uri, str) else pulumi.Output.concat(uri, "/", folder)


def claim(plan: TrackingPlan, handle: ClusterHandle, name: str) -> Object:
    """The volume of the artefacts. Several nodes mount it where its class is the shared one."""
    mode = "ReadWriteOnce" if plan.artifacts == "fairlead-block" else "ReadWriteMany"
    spec: dict[str, Any] = {
        "accessModes": [mode],
        "storageClassName": handle.storage_classes[plan.artifacts],
        "resources": {"requests": {"storage": plan.size}},
    }
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata(name), "spec": spec}
