"""What takes accelerators back that nobody uses: the program `fairlead.reclaim`, its settings, and what it may do.

It is sent as a ConfigMap with its modules, as they lie in this package: there is no image of this product.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers import programs
from fairlead.layers.monitoring.place import (
    NAMESPACE,
    PORT,
    RECLAIMER,
    RECLAIMER_LABELS,
    RECLAIMER_PORT,
    SERVERS,
    USER,
    metadata,
)
from fairlead.layers.objects import (
    DNS,
    SEALED,
    api_server,
    binding,
    calling,
    closed,
    door,
    role,
    rule,
    spread,
    unprivileged,
)
from fairlead.layers.programs import ALONE, asked, deployment
from fairlead.plan.model import PlatformPlan, TenantPlan
from fairlead.plan.monitoring_model import IdlePlan
from fairlead.reclaim.decide import CANCEL, OFF, WARN
from fairlead.reclaim.seen import JOBS

ROLE = "fairlead:monitoring:reclaimer"
MODULES = ("__init__", "labels", "series", "values")
"""Of this product, what the program uses beside its own package."""
AT, SETTINGS = "/app", "settings.json"
SENT = f"{labels.DOMAIN}/sent"
"""Annotation of the pod: what it was started with."""
KINDS_OF: Mapping[str, str] = {
    "jobset.x-k8s.io": "jobs",
    "trainer.kubeflow.org": "jobs",
    "ray.io": "ray",
    "kubeflow.org": "jobs-v1",
}
"""Group of a kind of work -> the layer that brings it; others are Kubernetes' own."""
RESOURCES: Mapping[str, Any] = {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "256Mi"}}


def runs(plan: PlatformPlan) -> bool:
    """Whether there is something to take back, from a queue, and the spec wants it."""
    queues = any(layer.name == "queue" and layer.enabled for layer in plan.layers)
    told = plan.monitoring
    return queues and bool(told.readings) and told.idle.policy != OFF


def objects(plan: PlatformPlan, image: str, selector: Mapping[str, str]) -> list[Object]:
    """Account, rights, fence, the program and its Deployment."""
    sent = program(plan)
    layers = [layer.name for layer in plan.layers if layer.enabled]
    return [
        programs.account(metadata(RECLAIMER)),
        role({"name": ROLE}, rights(plan.monitoring.idle, layers)),
        *_fence(),
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(RECLAIMER), "data": dict(sent)},
        _deployment(image, selector, sent),
    ]


def _fence() -> list[Object]:
    """The server asks it for its figures; it asks the server, and the API server."""
    servers = {"podSelector": {"matchLabels": dict(SERVERS)}}
    out = [DNS, api_server([]), {"to": [servers], "ports": [{"protocol": "TCP", "port": PORT}]}]
    return [
        closed(RECLAIMER, NAMESPACE, RECLAIMER_LABELS, [door(RECLAIMER_PORT, [servers])]),
        calling(f"{RECLAIMER}-calls", NAMESPACE, RECLAIMER_LABELS, out),
    ]


def of(tenant: TenantPlan) -> list[Object]:
    """In a tenant's namespace: its rights there."""
    meta = {"name": RECLAIMER, "namespace": tenant.namespace, "labels": {labels.TENANT: tenant.name}}
    whom = {"kind": "ServiceAccount", "name": RECLAIMER, "namespace": NAMESPACE}
    return [binding(meta, ("ClusterRole", ROLE), [whom])]


def rights(idle: IdlePlan, layers: Sequence[str]) -> list[Mapping[str, Any]]:
    """What it may do in tenants' namespaces: no more than its policy asks for. layers: those that run."""
    groups = sorted({group for group, _ in JOBS if KINDS_OF.get(group, "queue") in layers})
    verbs = ("get", "delete") if idle.policy == CANCEL else ("get",)
    changes = ("patch",) if idle.policy not in (WARN, CANCEL) else ()
    return [
        rule(("",), ("pods",), ("list",)),
        rule(("",), ("events",), ("create",)),
        rule(("kueue.x-k8s.io",), ("workloads",), ("list", *changes)),
        *(
            rule((group,), sorted(kind for (of, _), kind in JOBS.items() if of == group), verbs)
            for group in groups
        ),
    ]


def program(plan: PlatformPlan) -> Mapping[str, str]:
    """The files that it is started from, by their keys in the ConfigMap."""
    package = files("fairlead")
    own = sorted(one.name for one in (package / "reclaim").iterdir() if one.name.endswith(".py"))
    return {
        **{f"fairlead.{name}.py": (package / f"{name}.py").read_text(encoding="utf-8") for name in MODULES},
        **{
            f"fairlead.reclaim.{name}": (package / "reclaim" / name).read_text(encoding="utf-8")
            for name in own
        },
        SETTINGS: json.dumps(settings(plan), indent=1) + "\n",
    }


def settings(plan: PlatformPlan) -> Mapping[str, Any]:
    """What it is told."""
    return {
        "policy": plan.monitoring.idle.policy,
        "after": plan.monitoring.idle.after,
        "prometheus": labels.METRICS_URL,
        "namespaces": sorted(tenant.namespace for tenant in plan.tenants),
        "port": RECLAIMER_PORT,
    }


def path(key: str) -> str:
    """Where a file of the program lies in its pod, below the folder of all of them."""
    module, dot, suffix = key.rpartition(".")
    return f"{module.replace('.', '/')}{dot}{suffix}" if suffix == "py" else key


def _deployment(image: str, selector: Mapping[str, str], sent: Mapping[str, str]) -> Object:
    items = [{"key": key, "path": path(key)} for key in sent]
    pod = {
        "serviceAccountName": RECLAIMER,
        "nodeSelector": dict(selector),
        "securityContext": unprivileged(USER),
        "topologySpreadConstraints": spread(RECLAIMER_LABELS),
        "containers": [_container(image)],
        "volumes": [{"name": "program", "configMap": {"name": RECLAIMER, "items": items}}],
    }
    meta = {**metadata(RECLAIMER), "labels": dict(RECLAIMER_LABELS)}
    text = json.dumps(sent, sort_keys=True)
    marks = {
        "labels": dict(RECLAIMER_LABELS),
        "annotations": {SENT: hashlib.sha256(text.encode()).hexdigest()[:16]},
    }
    # A second would do the same work twice.
    return deployment(meta, RECLAIMER_LABELS, pod, marks=marks, more=ALONE)


def _container(image: str) -> dict[str, Any]:
    healthy = asked("/healthz", RECLAIMER_PORT)
    return {
        "name": RECLAIMER,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-m", "fairlead.reclaim", f"{AT}/{SETTINGS}"],
        "env": [{"name": "PYTHONPATH", "value": AT}, {"name": "PYTHONDONTWRITEBYTECODE", "value": "1"}],
        "ports": [{"name": "http-metrics", "containerPort": RECLAIMER_PORT, "protocol": "TCP"}],
        "readinessProbe": {**healthy, "periodSeconds": 2},
        "livenessProbe": {**healthy, "periodSeconds": 20, "initialDelaySeconds": 30},
        "resources": RESOURCES,
        "volumeMounts": [{"name": "program", "mountPath": AT, "readOnly": True}],
        "securityContext": dict(SEALED),
    }
