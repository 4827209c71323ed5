"""CloudNativePG's operator as objects: its Deployment, what the API server calls, and what keeps it up.

Arguments, ports and paths after the module github.com/cloudnative-pg/cloudnative-pg v1.30.0, its folder config; a
test holds these objects against the manifests there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.contract.chart import Object, Release, Renderer
from fairlead.layers import programs
from fairlead.layers.databases.place import (
    ACCOUNT,
    CERT_DIR,
    CERTIFICATES,
    GROUP,
    LABELS,
    METRICS_PORT,
    MUTATION,
    NAMESPACE,
    OPERATOR,
    VALIDATION,
    WEBHOOK_SERVICE,
    WEBHOOKS_PORT,
    metadata,
)
from fairlead.layers.objects import SEALED
from fairlead.plan.databases_model import OPERATOR as CHART

USER = 10_001
"""As upstream's manifest has it."""
RESOURCES = ("50m", "128Mi", "512Mi")
"""Asked for: cpu, memory, most memory. Upstream: 100m, 100Mi, 200Mi and a limit of a tenth of a core."""
CHANGED = ("backup", "cluster", "database", "scheduledbackup")
CHECKED = ("backup", "cluster", "database", "pooler", "scheduledbackup")
"""Kinds that the webhooks fill in, and that they look at, before they are stored."""
ARGS = (
    "controller",
    "--leader-elect",
    "--max-concurrent-reconciles=10",
    f"--webhook-port={WEBHOOKS_PORT}",
)
VOLUMES: Sequence[Mapping[str, Any]] = (
    {"name": "scratch-data", "emptyDir": {"sizeLimit": "256Mi"}},
    # The operator makes the certificate itself: it starts without.
    {"name": "webhook-certificates", "secret": {"secretName": CERTIFICATES, "optional": True}},
)


def crds(render: Renderer) -> list[Object]:
    """CloudNativePG's kinds. All of them: the operator does not start without one."""
    return list(render(Release(CHART, CHART, NAMESPACE, {})))


def objects(image: str, replicas: int, watched: Sequence[str], selector: Mapping[str, str]) -> list[Object]:
    """Everything of the operator but its namespace, its rights and its kinds.

    watched: namespaces that have databases; selector: labels of the nodes of the platform's own pods.
    """
    return [
        _service(),
        *_webhooks(),
        *programs.controller(
            metadata(OPERATOR),
            _container(image, watched),
            replicas,
            selector,
            user=USER,
            volumes=VOLUMES,
            account=ACCOUNT,
        ),
    ]


def _service() -> Object:
    ports = [{"name": "webhooks", "protocol": "TCP", "port": 443, "targetPort": WEBHOOKS_PORT}]
    spec = {"selector": dict(LABELS), "ports": ports}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata(WEBHOOK_SERVICE), "spec": spec}


def _webhooks() -> list[Object]:
    """Refuse while nothing answers: what they would have filled in or refused cannot be mended afterwards."""
    return [
        _configuration("MutatingWebhookConfiguration", MUTATION, "mutate", CHANGED),
        _configuration("ValidatingWebhookConfiguration", VALIDATION, "validate", CHECKED),
    ]


def _configuration(kind: str, name: str, verb: str, kinds: Sequence[str]) -> Object:
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": name, "labels": dict(LABELS)},
        "webhooks": [
            {
                "name": f"{verb[0]}{one}.cnpg.io",
                "admissionReviewVersions": ["v1"],
                "clientConfig": {
                    "service": {
                        "name": WEBHOOK_SERVICE,
                        "namespace": NAMESPACE,
                        "path": f"/{verb}-{GROUP.replace('.', '-')}-v1-{one}",
                        "port": 443,
                    }
                },
                "failurePolicy": "Fail",
                "sideEffects": "None",
                "rules": [
                    {
                        "apiGroups": [GROUP],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE", "UPDATE"],
                        "resources": [f"{one}s"],
                    }
                ],
            }
            for one in kinds
        ],
    }


def _container(image: str, watched: Sequence[str]) -> dict[str, Any]:
    cpu, memory, most = RESOURCES
    probe = {"httpGet": {"path": "/readyz", "port": WEBHOOKS_PORT, "scheme": "HTTPS"}, "timeoutSeconds": 5}
    env = {
        # Each database's pods copy their manager out of this image.
        "OPERATOR_IMAGE_NAME": image,
        "WATCH_NAMESPACE": ",".join([NAMESPACE, *watched]),
    }
    own = {"name": "OPERATOR_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}}
    return {
        "name": "manager",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["/manager"],
        "args": list(ARGS),
        "env": [own, *({"name": key, "value": value} for key, value in env.items())],
        "ports": [
            {"name": "metrics", "containerPort": METRICS_PORT, "protocol": "TCP"},
            {"name": "webhooks", "containerPort": WEBHOOKS_PORT, "protocol": "TCP"},
        ],
        "startupProbe": {**probe, "periodSeconds": 2, "failureThreshold": 90},
        "readinessProbe": {**probe, "periodSeconds": 2},
        "livenessProbe": probe,
        "resources": {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": most}},
        "securityContext": dict(SEALED),
        "volumeMounts": [
            {"name": "scratch-data", "mountPath": "/controller"},
            {"name": "webhook-certificates", "mountPath": CERT_DIR, "readOnly": True},
        ],
    }
