"""The operator of Prometheus: its Deployment and its rights, which end with the layer's namespace and its labels.

Arguments and rights after cmd/operator/main.go and example/rbac/prometheus-operator of
github.com/prometheus-operator/prometheus-operator v0.93.1; a test holds them against those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers import programs
from fairlead.layers.monitoring.place import (
    GROUP,
    LABELS,
    NAMESPACE,
    OPERATOR,
    OPERATOR_PORT,
    USER,
    metadata,
)
from fairlead.layers.objects import READ, SEALED, binding, role, rule, spread, unprivileged
from fairlead.layers.programs import ALONE, asked, deployment

KEPT = ("prometheuses", "alertmanagers")
"""What it runs."""
KINDS = (
    *KEPT,
    "alertmanagerconfigs",
    "podmonitors",
    "servicemonitors",
    "prometheusrules",
    "probes",
    "scrapeconfigs",
)
"""What it reads."""
STATED = tuple(kind for kind in KINDS if kind != "alertmanagerconfigs")
"""What it says of what it reads; of settings of an Alertmanager it says nothing."""
RESOURCES: Mapping[str, Any] = {"requests": {"cpu": "20m", "memory": "96Mi"}, "limits": {"memory": "512Mi"}}
EVERYWHERE = "fairlead:monitoring:operator"
"""It looks at the labels of the namespace that it watches: no role of a namespace lets anybody watch that itself."""
RELOADER = ("10m", "32Mi", "128Mi")
"""Of the program beside the server that tells it of new settings: cpu, memory, most memory."""


def objects(image: str, reloader: str, selector: Mapping[str, str]) -> list[Object]:
    """Account, rights and Deployment. reloader: the image that it runs beside the server."""
    meta = metadata(OPERATOR)
    account = {"kind": "ServiceAccount", "name": OPERATOR, "namespace": NAMESPACE}
    return [
        programs.account(meta),
        role(meta, rights()),
        binding(meta, ("Role", OPERATOR), [account]),
        role({"name": EVERYWHERE}, [rule(("",), ("namespaces",), READ, [NAMESPACE])]),
        binding({"name": EVERYWHERE}, ("ClusterRole", EVERYWHERE), [account]),
        _deployment(image, reloader, selector),
    ]


def rights() -> list[Mapping[str, Any]]:
    """What it may do in the layer's namespace; it watches that one alone."""
    return [
        rule((GROUP,), KINDS, READ),
        rule((GROUP,), KEPT, ("patch",)),
        rule((GROUP,), [f"{kind}/finalizers" for kind in KEPT], ("patch", "update")),
        rule((GROUP,), [f"{kind}/status" for kind in STATED], ("create", "update", "patch", "delete")),
        rule(("apps",), ("statefulsets",), (*READ, "create", "update", "patch", "delete")),
        rule(("",), ("configmaps", "secrets"), (*READ, "create", "update", "delete")),
        rule(("",), ("pods",), ("list", "delete")),
        rule(("",), ("services", "services/finalizers"), ("get", "create", "update", "delete")),
        rule(("events.k8s.io",), ("events",), ("create", "patch")),
    ]


def arguments(reloader: str) -> list[str]:
    """How it is started: for one namespace, without a list of kubelets, which would want rights everywhere."""
    cpu, memory, most = RELOADER
    return [
        f"--namespaces={NAMESPACE}",
        f"--prometheus-config-reloader={reloader}",
        f"--config-reloader-cpu-request={cpu}",
        "--config-reloader-cpu-limit=0",
        f"--config-reloader-memory-request={memory}",
        f"--config-reloader-memory-limit={most}",
        "--enable-config-reloader-probes=true",
        "--disable-unmanaged-prometheus-configuration=true",
        "--kubelet-endpoints=false",
    ]


def _deployment(image: str, reloader: str, selector: Mapping[str, str]) -> Object:
    pod = {
        "serviceAccountName": OPERATOR,
        "nodeSelector": dict(selector),
        "securityContext": unprivileged(USER),
        "topologySpreadConstraints": spread(LABELS),
        "containers": [_container(image, arguments(reloader))],
    }
    meta = {**metadata(OPERATOR), "labels": dict(LABELS)}
    # Without it nothing that runs stops; a second would do the same work twice.
    return deployment(meta, LABELS, pod, more=ALONE)


def _container(image: str, args: Sequence[str]) -> dict[str, Any]:
    healthy = asked("/healthz", OPERATOR_PORT)
    return {
        "name": OPERATOR,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "args": list(args),
        "ports": [{"name": "http", "containerPort": OPERATOR_PORT, "protocol": "TCP"}],
        "readinessProbe": {**healthy, "periodSeconds": 2},
        "livenessProbe": {**healthy, "periodSeconds": 20, "initialDelaySeconds": 30},
        "resources": RESOURCES,
        "securityContext": dict(SEALED),
    }
