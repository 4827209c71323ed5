"""The plan of the events layer: plain data, as the rest of the plan."""

from __future__ import annotations

from dataclasses import dataclass

LAYER = "events"
CHART = IMAGE = "argo-events"
"""Its kinds, and the image of its controller, event sources and sensors, of the lock."""
SERVER = "nats"
"""The image of buses."""
IMAGES = (IMAGE, SERVER)
NAMESPACE = "fairlead-events"


@dataclass(frozen=True)
class EventsPlan:
    """Whether events start workflows, by how many controllers, and how many a tenant may have."""

    enabled: bool = False
    replicas: int = 1
    most: int = 0
    """Event sources of a tenant, and as many sensors."""
