"""The plan of the monitoring layer: plain data, as the rest of the plan."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead import labels

LAYER = "monitoring"
CHART = OPERATOR = "prometheus-operator"
"""Its kinds, and the image of its operator, of the lock."""
RELOADER, SERVER = "prometheus-config-reloader", "prometheus"
IMAGES = (OPERATOR, RELOADER, SERVER)
NAMESPACE = labels.METRICS_NAMESPACE


@dataclass(frozen=True)
class MonitoringPlan:
    """Whether metrics are gathered, how often, and how long they are kept."""

    enabled: bool = False
    interval: str = ""
    retention: str = ""
    size: str = ""
    """Of the volume, as Kubernetes writes amounts."""
