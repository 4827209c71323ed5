"""Where metrics are gathered, and the names by which the parts find each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead import labels
from fairlead.plan.monitoring_model import NAMESPACE

GROUP = "monitoring.coreos.com"
API = f"{GROUP}/v1"
OPERATOR = "prometheus-operator"
"""Its Deployment and its account."""
SERVER = "fairlead"
"""The Prometheus, its account and its rights."""
SERVICE = labels.METRICS_HOST.split(".", 1)[0]
"""Under which the server is asked: the contract's name for it."""
OPERATOR_PORT, PORT = 8080, 9090
STATES = "kube-state-metrics"
"""What tells of the cluster's objects: its Deployment, its account and its rights."""
STATES_PORT, STATES_OWN_PORT = 8080, 8081
"""Where it tells of objects, and of itself."""
ALERTMANAGER = "alertmanager"
"""The account of what tells people of alerts."""
ALERTMANAGER_PORT = 9093
RECLAIMER = "fairlead-reclaimer"
"""What takes accelerators back that nobody uses: its Deployment, its account and its settings."""
RECLAIMER_PORT = 8080
USER = 65_534
"""Of all programs here: nobody, the user of their images."""
LABELS: Mapping[str, str] = {
    "app.kubernetes.io/name": OPERATOR,
    "app.kubernetes.io/part-of": "fairlead-monitoring",
}
"""Of the operator's pods."""
STATES_LABELS: Mapping[str, str] = {**LABELS, "app.kubernetes.io/name": STATES}
RECLAIMER_LABELS: Mapping[str, str] = {**LABELS, "app.kubernetes.io/name": RECLAIMER}
SERVERS: Mapping[str, str] = {"operator.prometheus.io/name": SERVER}
"""Of the server's pods, as the operator labels them: pkg/prometheus/server/statefulset.go of v0.93.1."""
ALERTMANAGERS: Mapping[str, str] = {"alertmanager": SERVER}
"""The same of the Alertmanager's: pkg/alertmanager/statefulset.go."""


def metadata(name: str, namespace: str = NAMESPACE) -> dict[str, Any]:
    """Metadata of an object of the layer."""
    return {"name": name, "namespace": namespace}
