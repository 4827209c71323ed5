"""The plan of the scaling layer: plain data, as the rest of the plan."""

from __future__ import annotations

from dataclasses import dataclass

OPERATOR, ADAPTER, WEBHOOKS = "keda", "keda-metrics-apiserver", "keda-admission-webhooks"
IMAGES = (OPERATOR, ADAPTER, WEBHOOKS)
"""Images of the lock: what watches services, what answers for external metrics, what checks what is sent."""


@dataclass(frozen=True)
class ScalingPlan:
    """Whether services are scaled, and by how many of each controller."""

    enabled: bool = False
    replicas: int = 1
