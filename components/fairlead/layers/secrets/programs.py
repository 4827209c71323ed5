"""The operator and its webhook, as their own chart has them, on this platform's nodes, with our rights and fence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.contract.chart import Object, Release
from fairlead.layers import transform
from fairlead.layers.objects import MONITORING, SEALED, budget, closed, door, spread, unprivileged
from fairlead.layers.secrets.place import (
    LABELS,
    LIVE_PORT,
    METRICS_PORT,
    NAME,
    WEBHOOK,
    WEBHOOK_PORT,
    metadata,
)
from fairlead.layers.tool import CRD, Ground
from fairlead.plan.certificates_model import ISSUER
from fairlead.plan.secrets_model import CHART, IMAGE, KINDS, NAMESPACE

USER = 65_532
RESOURCES: Mapping[str, Any] = {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "512Mi"}}
AT_A_TIME = 5
SERVED = frozenset(
    {
        "externalsecrets.external-secrets.io",
        "secretstores.external-secrets.io",
        # Nobody makes one here; the operator does not start without the kind.
        "generatorstates.generators.external-secrets.io",
    }
)
"""Of its kinds. Those of the whole cluster would reach over tenants; generators call whoever they name."""


def crds(ground: Ground) -> list[Object]:
    """The kinds that tenants use."""
    rendered = ground.render(Release(KINDS, KINDS, NAMESPACE, {}))
    return [one for one in rendered if one["kind"] == CRD and one["metadata"]["name"] in SERVED]


def objects(ground: Ground) -> list[Object]:
    """Both programs, the webhook's certificate and its registration, and their fence."""
    replicas = ground.plan.secrets.replicas
    rendered = ground.render(Release(CHART, NAME, NAMESPACE, values(replicas)))
    placed = [_narrowed(one) for one in transform.in_namespace(rendered, NAMESPACE)]
    made = transform.on_pods(placed, _fitted(ground))
    budgets = [budget(metadata(name), pods) for name, pods in LABELS.items()] if replicas > 1 else []
    return [*made, *_fence(), *budgets]


def values(replicas: int) -> dict[str, Any]:
    """What the chart is told. Settings that both pods have in common are set on the pods themselves."""
    issuer = {"kind": "ClusterIssuer", "name": ISSUER}
    return {
        "replicaCount": replicas,
        # A store that does not answer holds up a few of them, not all.
        "concurrent": AT_A_TIME,
        "leaderElect": True,
        "rbac": {"create": False},
        "processClusterStore": False,
        "processClusterExternalSecret": False,
        "processClusterPushSecret": False,
        # What is in the cluster is not written elsewhere: the stores are read.
        "processPushSecret": False,
        "processClusterGenerator": False,
        "extraArgs": {
            "enable-generator-state": "false",
            # It keeps the names of the cluster's Secrets in mind; what is in them is asked for when it is needed.
            "enable-managed-secrets-caching": "false",
        },
        "livenessProbe": {"enabled": True},
        "webhook": {
            "replicaCount": replicas,
            "certManager": {"enabled": True, "cert": {"issuerRef": issuer}},
        },
        "certController": {"create": False},
    }


def _narrowed(obj: Object) -> Object:
    """The webhook for stores of the whole cluster, of which there are none, is left out: its kind is unknown here."""
    if not obj.get("webhooks"):
        return obj
    kept = [hook for hook in obj["webhooks"] if hook["rules"][0]["scope"] == "Namespaced"]
    # A store that nobody has looked at would be found wrong only by what it brings.
    return {**obj, "webhooks": [{**hook, "failurePolicy": "Fail"} for hook in kept]}


def _fitted(ground: Ground) -> transform.Change:
    image = ground.image(IMAGE)

    def change(spec: Mapping[str, Any]) -> Mapping[str, Any]:
        [box] = spec["containers"]
        program = NAME if box["name"] == CHART else WEBHOOK
        told = {
            "image": image,
            "imagePullPolicy": "IfNotPresent",
            "resources": RESOURCES,
            "securityContext": dict(SEALED),
            "readinessProbe": _asked(program, box),
        }
        return {
            **transform.probed_often({**spec, "containers": [{**box, **told}]}),
            "securityContext": unprivileged(USER),
            "nodeSelector": dict(ground.handle.system_selector),
            "topologySpreadConstraints": spread(LABELS[program]),
        }

    return change


def _asked(program: str, box: Mapping[str, Any]) -> Mapping[str, Any]:
    """The operator's chart has no readiness probe: it is ready when it lives."""
    if program == WEBHOOK:
        return box["readinessProbe"]
    return {"httpGet": {"path": "/healthz", "port": LIVE_PORT}, "timeoutSeconds": 5}


def _fence() -> Sequence[Object]:
    """The webhook is called by the API server, which is no pod; egress stays open, for stores are anywhere."""
    return [
        closed("default-deny", NAMESPACE, {}, [door(METRICS_PORT, [MONITORING])]),
        closed(WEBHOOK, NAMESPACE, LABELS[WEBHOOK], [door(WEBHOOK_PORT)]),
    ]
