"""Where the controller runs, and the names by which it, event sources, sensors and buses find each other.

Ports, labels and paths: module github.com/argoproj/argo-events v1.9.10, pkg/apis/events/v1alpha1/const.go and
pkg/reconciler; a test holds them against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.plan.events_model import NAMESPACE

GROUP = "argoproj.io"
CONTROLLER = "argo-events-controller"
"""Its Deployment and its account."""
SETTINGS, FILE, FOLDER = "argo-events-controller-config", "controller-config.yaml", "/etc/argo-events"
METRICS_PORT, PROBE_PORT = 7777, 8081
USER = 9731
"""The user of upstream's manifests."""
LABELS: Mapping[str, str] = {"app.kubernetes.io/name": CONTROLLER, "app.kubernetes.io/part-of": "argo-events"}
SENT = ("eventsources", "sensors")
"""Kinds that members send."""
KINDS = (*SENT, "eventbus")
ACCOUNT = "fairlead-sensor"
"""The account of sensors in a tenant's namespace."""
SENSOR = "sensor-name"
"""Label of every pod of a sensor."""
BUS = "fairlead-events-bus"
"""What serves a tenant's bus, its Service, its certificate and its settings."""
DEFAULT = "default"
"""The bus that event sources and sensors use which name none."""
BUS_LABELS: Mapping[str, str] = {"app.kubernetes.io/name": BUS, "app.kubernetes.io/part-of": "argo-events"}
CLIENT_PORT, MONITOR_PORT = 4222, 8222


def metadata(name: str = CONTROLLER) -> dict[str, Any]:
    """Metadata of an object of the controller."""
    return {"name": name, "namespace": NAMESPACE, "labels": dict(LABELS)}


def account() -> list[Mapping[str, str]]:
    """The controller, as the one who has rights."""
    return [{"kind": "ServiceAccount", "name": CONTROLLER, "namespace": NAMESPACE}]


def host(namespace: str) -> str:
    """By which name a tenant's bus is called."""
    return f"{BUS}.{namespace}.svc"
