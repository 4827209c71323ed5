"""The monitoring layer, decided."""

from __future__ import annotations

from fairlead.plan.monitoring_model import MonitoringPlan
from fairlead.spec.monitoring import Monitoring


def monitoring_plan(spec: Monitoring) -> MonitoringPlan:
    """Whether metrics are gathered."""
    if not spec.enabled:
        return MonitoringPlan()
    return MonitoringPlan(True, spec.interval, spec.retention, spec.size)
