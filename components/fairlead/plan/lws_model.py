"""The plan of the lws layer: plain data, as the rest of the plan."""

from __future__ import annotations

from dataclasses import dataclass

LAYER = CHART = IMAGE = "lws"
"""The layer, its chart and its image of the lock."""
NAMESPACE = "fairlead-lws"


@dataclass(frozen=True)
class LwsPlan:
    """Whether there are LeaderWorkerSets, and how many controllers."""

    enabled: bool = False
    replicas: int = 1
