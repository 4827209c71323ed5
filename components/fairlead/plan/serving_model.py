"""The plan of the serving layer: plain data, as the rest of the plan."""

from __future__ import annotations

from dataclasses import dataclass

LAYER = "serving"
CHART, KINDS = "kserve", "kserve-crd"
"""Charts of the lock: the controller, and its kinds."""
CONTROLLER, FETCHER, SKLEARN = "kserve-controller", "kserve-storage-initializer", "kserve-sklearnserver"
IMAGES = (CONTROLLER, FETCHER, SKLEARN)
"""Images of the lock that every cluster with the layer has; servers that are only pulled come beside them."""
NAMESPACE = "fairlead-serving"


@dataclass(frozen=True)
class ServingPlan:
    """Whether models are served, by how many controllers, and with which servers."""

    enabled: bool = False
    replicas: int = 1
    servers: tuple[str, ...] = ()
    """Images of the lock that models are served by."""
