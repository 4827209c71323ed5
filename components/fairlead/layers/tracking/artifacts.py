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
from fairlead.plan.tracking_model import PART, TrackingPlan

AZURE = "abfs://"


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


def place(plan: TrackingPlan, handle: ClusterHandle) -> Place:
    """Where artefacts of this platform lie. Raises KeyError where the store has no part for them, as the plan says."""
    if plan.artifacts != "object-store":
        return Place(ARTIFACTS, claim=f"{NAME}-artifacts")
    store, identity = handle.object_store, handle.identity
    if store is None or identity is None:
        raise KeyError(
            f"the plan keeps artefacts in an object store, and target {handle.target} hands none over"
        )
    return Place(
        _spelt(store.uris[PART]),
        store.environment.get(PART, {}),
        identity.account_annotations[PART],
        identity.pod_labels,
        identity.token,
    )


def _spelt(uri: pulumi.Input[str]) -> pulumi.Input[str]:
    """As MLflow writes it: a container of Azure is abfs:// in the contract, and wasbs:// to MLflow on the same host.

    mlflow 3.17.2, mlflow/store/artifact/azure_blob_artifact_repo.py, parse_wasbs_uri
    """
    if isinstance(uri, str):
        return f"wasbs://{uri.removeprefix(AZURE)}" if uri.startswith(AZURE) else uri
    return uri


def claim(plan: TrackingPlan, handle: ClusterHandle, name: str) -> Object:
    """The volume of the artefacts. Several nodes mount it where its class is the shared one."""
    mode = "ReadWriteOnce" if plan.artifacts == "fairlead-block" else "ReadWriteMany"
    spec: dict[str, Any] = {
        "accessModes": [mode],
        "storageClassName": handle.storage_classes[plan.artifacts],
        "resources": {"requests": {"storage": plan.size}},
    }
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata(name), "spec": spec}
