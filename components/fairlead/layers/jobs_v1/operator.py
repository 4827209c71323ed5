"""The training operator as objects: Deployment, Service, webhooks, settings, what keeps it up and who may call it.

Arguments and paths: cmd/training-operator.v1/main.go and manifests/base of github.com/kubeflow/training-operator
v1.9.3; a test holds these objects against those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.contract.chart import Object, Release, Renderer
from fairlead.layers import programs
from fairlead.layers.jobs_v1.place import (
    CERTIFICATE,
    FOLDER,
    GROUP,
    HOOKS,
    KINDS,
    LABELS,
    METRICS_PORT,
    OPERATOR,
    PROBE_PORT,
    WEBHOOK_PORT,
    metadata,
)
from fairlead.layers.objects import ADMISSION, MONITORING, SEALED, closed, door
from fairlead.layers.programs import asked
from fairlead.layers.tool import CRD
from fairlead.plan.jobs_v1_model import CHART, NAMESPACE

USER = 65_532
"""The user of the image: distroless' nonroot."""
RESOURCES = ("50m", "128Mi", "1Gi")
"""cpu, memory, most memory. Upstream asks for nothing."""
AT_A_TIME = 10
"""Of each kind; upstream's 1 would let one tenant's job that is slow hold up all others."""
SETTINGS, FILE, SETTINGS_FOLDER = "training-operator", "initContainer.yaml", "/etc/config"
"""The ConfigMap, its file and its mount: what waits for the first pod of a PyTorchJob before each of the others."""
VOLUMES: Sequence[Mapping[str, Any]] = (
    {"name": "cert", "secret": {"secretName": CERTIFICATE}},
    {"name": "settings", "configMap": {"name": SETTINGS}},
)
NOTHING_WAITS = "[]\n"
"""Upstream puts a container of an old alpine, without a security context, before each worker, so that it starts when
the name of the first pod is known. A tenant's Pod Security refuses it; torch itself tries again until it is."""
ARGS = (
    "--leader-elect",
    f"--metrics-bind-address=:{METRICS_PORT}",
    f"--health-probe-bind-address=:{PROBE_PORT}",
    f"--webhook-server-port={WEBHOOK_PORT}",
    f"--webhook-service-name={OPERATOR}",
    f"--webhook-secret-name={CERTIFICATE}",
    f"--controller-threads={AT_A_TIME}",
    f"--pytorch-init-container-template-file={SETTINGS_FOLDER}/{FILE}",
    *(f"--enable-scheme={kind.lower()}" for kind in KINDS),
)


def crds(render: Renderer) -> list[Object]:
    """The kinds that wait in queues, of those that the module has."""
    names = {f"{plural}.{GROUP}" for plural in KINDS.values()}
    found = render(Release(CHART, CHART, NAMESPACE, {}))
    return [one for one in found if one["kind"] == CRD and one["metadata"]["name"] in names]


def objects(image: str, replicas: int, selector: Mapping[str, str]) -> list[Object]:
    """Everything of the operator but its namespace, its rights and its kinds. selector: labels of the nodes."""
    # The program fills it, and does not make it.
    certificate: Object = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata(CERTIFICATE),
        "type": "Opaque",
    }
    return [
        certificate,
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata(SETTINGS),
            "data": {FILE: NOTHING_WAITS},
        },
        _service(),
        _webhooks(),
        *programs.controller(metadata(), _container(image), replicas, selector, user=USER, volumes=VOLUMES),
        *_fence(),
    ]


def _fence() -> list[Object]:
    """The API server, which is no pod, calls its webhooks; who gathers metrics asks it. Egress stays open."""
    doors = [door(WEBHOOK_PORT), door(METRICS_PORT, [MONITORING])]
    return [closed("default-deny", NAMESPACE, {}), closed(OPERATOR, NAMESPACE, LABELS, doors)]


def _service() -> Object:
    port = {"name": "webhook-server", "protocol": "TCP", "port": 443, "targetPort": WEBHOOK_PORT}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(),
        "spec": {"selector": dict(LABELS), "ports": [port]},
    }


def _webhooks() -> Object:
    """What looks at jobs before they are taken. The operator writes into it by whom it is known."""
    return {
        "apiVersion": ADMISSION,
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": HOOKS, "labels": dict(LABELS)},
        "webhooks": [_webhook(kind.lower(), plural) for kind, plural in KINDS.items()],
    }


def _webhook(kind: str, plural: str) -> Mapping[str, Any]:
    service = {"name": OPERATOR, "namespace": NAMESPACE, "path": f"/validate-kubeflow-org-v1-{kind}"}
    wanted = {
        "apiGroups": [GROUP],
        "apiVersions": ["v1"],
        "operations": ["CREATE", "UPDATE"],
        "resources": [plural],
    }
    return {
        "name": f"validator.{kind}.training-operator.kubeflow.org",
        "admissionReviewVersions": ["v1"],
        "clientConfig": {"service": service},
        "failurePolicy": "Fail",
        "rules": [wanted],
        "sideEffects": "None",
    }


def _container(image: str) -> dict[str, Any]:
    cpu, memory, most = RESOURCES
    return {
        "name": OPERATOR,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["/manager"],
        "args": list(ARGS),
        "env": [_own("MY_POD_NAMESPACE", "namespace"), _own("MY_POD_NAME", "name")],
        "ports": [
            {"name": "metrics", "containerPort": METRICS_PORT, "protocol": "TCP"},
            {"name": "probes", "containerPort": PROBE_PORT, "protocol": "TCP"},
            {"name": "webhook-server", "containerPort": WEBHOOK_PORT, "protocol": "TCP"},
        ],
        "readinessProbe": {**asked("/readyz", PROBE_PORT), "periodSeconds": 1},
        "livenessProbe": {**asked("/healthz", PROBE_PORT), "initialDelaySeconds": 25},
        "volumeMounts": _mounts({"cert": FOLDER, "settings": SETTINGS_FOLDER}),
        "resources": {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": most}},
        "securityContext": dict(SEALED),
    }


def _own(name: str, field: str) -> Mapping[str, Any]:
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": f"metadata.{field}"}}}


def _mounts(folders: Mapping[str, str]) -> Sequence[Mapping[str, Any]]:
    return [{"name": name, "mountPath": path, "readOnly": True} for name, path in folders.items()]
