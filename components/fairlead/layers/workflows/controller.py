"""The controller as objects: its Deployment, Service, settings, and what keeps it up.

Arguments, ports and paths after the module github.com/argoproj/argo-workflows/v4 v4.0.5,
cmd/workflow-controller/main.go and manifests/base/workflow-controller; a test holds these objects against those.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.contract.chart import Object
from fairlead.contract.database import Database
from fairlead.layers import programs
from fairlead.layers.databases import client
from fairlead.layers.objects import SEALED
from fairlead.layers.workflows.place import LABELS, METRICS_PORT, NAME, PROBE_PORT, SETTINGS, USER, metadata

COMMAND = "workflow-controller"
RESOURCES: Mapping[str, Any] = {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "1Gi"}}
_SLOW = {"timeoutSeconds": 5}
"""The usual second is too short for a node that is busy: a controller that lives would be killed."""


def objects(
    told: Mapping[str, Any],
    image: str,
    executor: str,
    system: Mapping[str, str],
    replicas: int,
    archive: Database | None = None,
) -> list[Object]:
    """told: its settings. executor: image of what runs beside steps. system: labels of the platform's own nodes."""
    import yaml

    text = yaml.safe_dump(dict(told), sort_keys=False)
    box, volumes = _container(image, executor, archive), [client.volume(archive)] if archive else []
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(SETTINGS), "data": {"config": text}},
        _service(),
        *programs.controller(metadata(), box, replicas, system, user=USER, volumes=volumes),
    ]


def _service() -> Object:
    port = {"name": "metrics", "protocol": "TCP", "port": METRICS_PORT, "targetPort": METRICS_PORT}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(),
        "spec": {"selector": dict(LABELS), "ports": [port]},
    }


def _container(image: str, executor: str, archive: Database | None) -> dict[str, Any]:
    own = {"fieldRef": {"fieldPath": "metadata.name"}}
    health = {"path": "/healthz", "port": PROBE_PORT}
    return {
        "name": NAME,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": [COMMAND],
        "args": [
            f"--configmap={SETTINGS}",
            f"--executor-image={executor}",
            "--loglevel=info",
            "--log-format=json",
        ],
        "env": [
            {"name": "LEADER_ELECTION_IDENTITY", "valueFrom": own},
            *([client.authority()] if archive else []),
        ],
        **({"volumeMounts": [client.mount()]} if archive else {}),
        "ports": [
            {"name": "metrics", "containerPort": METRICS_PORT, "protocol": "TCP"},
            {"name": "health", "containerPort": PROBE_PORT, "protocol": "TCP"},
        ],
        "livenessProbe": {
            "httpGet": health,
            "initialDelaySeconds": 90,
            "periodSeconds": 60,
            "timeoutSeconds": 30,
        },
        "readinessProbe": {"httpGet": health, "periodSeconds": 1, **_SLOW},
        "resources": RESOURCES,
        "securityContext": dict(SEALED),
    }
