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
USER = 65_534
"""Of all programs here: nobody, the user of their images."""
LABELS: Mapping[str, str] = {
    "app.kubernetes.io/name": OPERATOR,
    "app.kubernetes.io/part-of": "fairlead-monitoring",
}
"""Of the operator's pods."""
SERVERS: Mapping[str, str] = {"operator.prometheus.io/name": SERVER}
"""Of the server's pods, as the operator labels them: pkg/prometheus/server/statefulset.go of v0.93.1."""


def metadata(name: str, namespace: str = NAMESPACE) -> dict[str, Any]:
    """Metadata of an object of the layer."""
    return {"name": name, "namespace": namespace}
