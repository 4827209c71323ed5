"""Argo Events' controller as objects: its Deployment and settings, what keeps it up and who may call it.

Arguments, environment and settings: cmd/commands/controller.go, pkg/reconciler and manifests/base of
github.com/argoproj/argo-events v1.9.10; a test holds these objects against those.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.contract.chart import Object, Release, Renderer
from fairlead.layers import programs
from fairlead.layers.events.place import (
    CONTROLLER,
    FILE,
    FOLDER,
    LABELS,
    METRICS_PORT,
    PROBE_PORT,
    SETTINGS,
    USER,
    metadata,
)
from fairlead.layers.objects import MONITORING, SEALED, closed, door
from fairlead.layers.programs import asked
from fairlead.layers.tool import CRD
from fairlead.plan.events_model import CHART, NAMESPACE

RESOURCES: Mapping[str, Any] = {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"memory": "512Mi"}}
COMMAND = "/bin/argo-events"
ARGS = ("controller", f"--metrics-port={METRICS_PORT}", f"--health-port={PROBE_PORT}")
NO_BUSES: Mapping[str, Any] = {
    "eventBus": {kind: {"versions": [{"version": "none"}]} for kind in ("nats", "jetstream")}
}
"""Releases of the buses that it would make. It makes none here, and does not start without one of each kind."""


def crds(render: Renderer) -> list[Object]:
    """Its three kinds. The folder has a file for kustomize too."""
    return [one for one in render(Release(CHART, CHART, NAMESPACE, {})) if one["kind"] == CRD]


def objects(image: str, replicas: int, selector: Mapping[str, str]) -> list[Object]:
    """Everything of it but its namespace, its rights and its kinds. selector: labels of the platform's own nodes."""
    import yaml

    text = yaml.safe_dump(dict(NO_BUSES), sort_keys=False)
    volume = {"name": "settings", "configMap": {"name": SETTINGS}}
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(SETTINGS), "data": {FILE: text}},
        *programs.controller(metadata(), _container(image), replicas, selector, user=USER, volumes=[volume]),
        *_fence(),
    ]


def _fence() -> list[Object]:
    """Nobody calls it but who gathers metrics. Egress stays open: it calls the API server."""
    return [
        closed("default-deny", NAMESPACE, {}),
        closed(CONTROLLER, NAMESPACE, LABELS, [door(METRICS_PORT, [MONITORING])]),
    ]


def _container(image: str) -> dict[str, Any]:
    """With the image of the pods that it makes, which is its own, and is where it runs already."""
    return {
        "name": "controller-manager",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": [COMMAND],
        "args": list(ARGS),
        "env": [
            {"name": "NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
            {"name": "ARGO_EVENTS_IMAGE", "value": image},
            {"name": "IMAGE_PULL_POLICY", "value": "IfNotPresent"},
        ],
        "ports": [
            {"name": "metrics", "containerPort": METRICS_PORT, "protocol": "TCP"},
            {"name": "probes", "containerPort": PROBE_PORT, "protocol": "TCP"},
        ],
        "readinessProbe": {**asked("/readyz", PROBE_PORT), "periodSeconds": 1},
        "livenessProbe": {**asked("/healthz", PROBE_PORT), "initialDelaySeconds": 25},
        "volumeMounts": [{"name": "settings", "mountPath": FOLDER, "readOnly": True}],
        "resources": RESOURCES,
        "securityContext": dict(SEALED),
    }
