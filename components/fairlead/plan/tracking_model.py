"""The plan of the tracking layer: plain data, as the rest of the plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fairlead.plan.databases_model import USERS

LAYER = "tracking"
IMAGE = "mlflow"
"""Image of the lock."""
NAMESPACE = USERS[LAYER]
PAGE = "mlflow"
"""First label of its host, where it is reached from outside."""
PART = NAMESPACE
"""Name of its part of the object store: no tenant may be called so."""
Artifacts = Literal["object-store", "fairlead-shared", "fairlead-block"]


@dataclass(frozen=True)
class TrackingPlan:
    """Whether experiments are kept, by how many servers, and where artefacts lie."""

    enabled: bool = False
    replicas: int = 1
    artifacts: Artifacts = "fairlead-block"
    """The object store, or the storage class of the one volume that all servers mount."""
    size: str = ""
    """Of that volume."""
    workspaces: tuple[str, ...] = ()
    """One for each tenant, under its name."""
