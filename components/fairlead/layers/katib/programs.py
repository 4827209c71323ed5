"""The two programs of the platform: the controller, and what keeps the metrics of trials.

Commands, ports, probes and variables: manifests/v1beta1/components, cmd/katib-controller, cmd/db-manager and
pkg/db/v1beta1 of github.com/kubeflow/katib v0.19.0; a test holds these objects against them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.contract.database import Database, SecretKey
from fairlead.layers.databases import client
from fairlead.layers.katib import config, place, webhooks
from fairlead.layers.objects import SEALED, budget, spread, unprivileged
from fairlead.layers.programs import deployment
from fairlead.plan.katib_model import CONTROLLER, MANAGER

RESOURCES: Mapping[str, tuple[str, str, str]] = {
    CONTROLLER: ("50m", "128Mi", "1Gi"),
    MANAGER: ("20m", "64Mi", "256Mi"),
}
"""Asked for by each: cpu, memory, most memory."""
SETTINGS = f"{labels.DOMAIN}/settings"
"""Annotation: what the controller reads only at its start. Other settings start it anew."""
_SLOW = {"timeoutSeconds": 5}
"""The usual second is too short for a node that is busy."""


def controller(
    told: Mapping[str, Any], image: str, replicas: int, selector: Mapping[str, str]
) -> list[Object]:
    """The controller with its settings; selector: labels of the nodes of the platform's own pods."""
    import yaml

    text = yaml.safe_dump(dict(told), sort_keys=False)
    component = place.PROGRAM[CONTROLLER]
    probe = {"port": place.PROBE_PORT}
    box = {
        **_box(CONTROLLER, image),
        "args": [f"--katib-config=/etc/katib/{config.FILE}"],
        "env": [
            {"name": "KATIB_CORE_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}}
        ],
        "ports": _ports(webhook=place.WEBHOOK_PORT, metrics=place.METRICS_PORT, healthz=place.PROBE_PORT),
        "readinessProbe": {"httpGet": {"path": "/readyz", **probe}, "periodSeconds": 1, **_SLOW},
        "livenessProbe": {"httpGet": {"path": "/healthz", **probe}, "initialDelaySeconds": 30, **_SLOW},
        "volumeMounts": [
            {"name": "cert", "mountPath": webhooks.FOLDER, "readOnly": True},
            {"name": "settings", "mountPath": "/etc/katib", "readOnly": True},
        ],
    }
    pod = {
        "serviceAccountName": CONTROLLER,
        "containers": [box],
        "volumes": [
            {"name": "cert", "secret": {"secretName": webhooks.SECRET}},
            {"name": "settings", "configMap": {"name": config.NAME}},
        ],
    }
    note = {SETTINGS: hashlib.sha256(text.encode()).hexdigest()}
    served = [("webhook", 443, place.WEBHOOK_PORT), ("metrics", place.METRICS_PORT, place.METRICS_PORT)]
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": place.metadata(config.NAME, component),
            "data": {config.FILE: text},
        },
        *_served(CONTROLLER, served),
        *_deployed(CONTROLLER, pod, replicas, selector, note),
    ]


def manager(database: Database, image: str, replicas: int, selector: Mapping[str, str]) -> list[Object]:
    """What keeps the metrics: in PostgreSQL, over TLS, by a password that the cluster has drawn."""
    password = database.password
    if not isinstance(password, SecretKey):
        raise TypeError(
            "Katib takes a password from a Secret alone: the plan leaves its database in the cluster"
        )
    told = {
        "DB_NAME": "postgres",
        "DB_USER": database.user,
        "KATIB_POSTGRESQL_DB_HOST": database.host,
        "KATIB_POSTGRESQL_DB_PORT": str(database.port),
        "KATIB_POSTGRESQL_DB_DATABASE": database.name,
        "KATIB_POSTGRESQL_SSL_MODE": "verify-full",
    }
    box = {
        **_box(MANAGER, image),
        "env": [
            *({"name": name, "value": value} for name, value in told.items()),
            # Its driver reads libpq's variable where the connection says nothing of it.
            client.authority(),
            {
                "name": "DB_PASSWORD",
                "valueFrom": {"secretKeyRef": {"name": password.name, "key": password.key}},
            },
        ],
        "ports": _ports(api=place.API_PORT),
        # Asks the database too: without it no pod is called, and none is started anew.
        "readinessProbe": {"grpc": {"port": place.API_PORT}, "periodSeconds": 2, **_SLOW},
        "livenessProbe": {"tcpSocket": {"port": place.API_PORT}, "initialDelaySeconds": 60, **_SLOW},
        "volumeMounts": [client.mount()],
    }
    pod = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "containers": [box],
        "volumes": [client.volume(database)],
    }
    served = [("api", place.API_PORT, place.API_PORT)]
    return [*_served(MANAGER, served), *_deployed(MANAGER, pod, replicas, selector)]


def _box(name: str, image: str) -> dict[str, Any]:
    cpu, memory, most = RESOURCES[name]
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": [f"/app/{name}"],
        "resources": {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": most}},
        "securityContext": dict(SEALED),
    }


def _ports(**ports: int) -> list[dict[str, Any]]:
    return [{"name": name, "containerPort": port, "protocol": "TCP"} for name, port in ports.items()]


def _served(name: str, ports: Sequence[tuple[str, int, int]]) -> list[Object]:
    component = place.PROGRAM[name]
    given = [{"name": one, "protocol": "TCP", "port": port, "targetPort": to} for one, port, to in ports]
    spec = {"selector": place.labels(component), "ports": given}
    return [
        {"apiVersion": "v1", "kind": "Service", "metadata": place.metadata(name, component), "spec": spec}
    ]


def _deployed(
    name: str,
    pod: Mapping[str, Any],
    replicas: int,
    selector: Mapping[str, str],
    notes: Mapping[str, str] | None = None,
) -> list[Object]:
    component = place.PROGRAM[name]
    pods = place.labels(component)
    spec = {
        **pod,
        "nodeSelector": dict(selector),
        "securityContext": unprivileged(place.USER),
        "topologySpreadConstraints": spread(pods),
    }
    named = place.metadata(name, component)
    marks = {"labels": pods, **({"annotations": dict(notes)} if notes else {})}
    made = deployment(named, pods, spec, replicas, marks=marks)
    return [made, *([budget(named, pods)] if replicas > 1 else [])]
