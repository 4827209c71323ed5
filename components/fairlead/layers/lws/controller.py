"""LeaderWorkerSet's controller, as its own chart has it, on this platform's nodes, with fewer rights and a fence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.contract.chart import Object, Release
from fairlead.layers import transform
from fairlead.layers.objects import (
    MONITORING,
    READ,
    budget,
    closed,
    door,
    restricted_namespace,
    rule,
    spread,
    unprivileged,
)
from fairlead.layers.tool import Ground
from fairlead.plan.lws_model import CHART, IMAGE, NAMESPACE

NAME = "lws"
CONTROLLER = "lws-controller-manager"
"""Its Deployment and its account."""
USER = 65_532
WEBHOOK_PORT, METRICS_PORT = 9443, 8443
RESOURCES: Mapping[str, Any] = {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "1Gi"}}
"""The chart asks for a whole core and 1 GiB."""
HOOKS = ("lws-mutating-webhook-configuration", "lws-validating-webhook-configuration")
"""The two objects that it writes its certificate authority into, by these names."""
ROLE, LEADING = "lws-manager-role", "lws-leader-election-role"
FOREIGN = frozenset({"lws-prometheus-k8s"})
"""Role and binding for an account of somebody else's Prometheus, in a namespace that need not be."""


def objects(ground: Ground) -> list[Object]:
    """All of it; its CRDs too, also that of disaggregated sets, without which it does not start."""
    rendered = ground.render(Release(CHART, NAME, NAMESPACE, values(ground.plan.lws.replicas)))
    kept = [obj for obj in rendered if obj["metadata"]["name"] not in FOREIGN]
    made = transform.on_pods([_limited(obj) for obj in kept], _fitted(ground, _labels(kept)))
    return [restricted_namespace(NAMESPACE), *_fence(_labels(kept)), *made, *_budgets(ground, made)]


def values(replicas: int) -> dict[str, Any]:
    """What the chart is told. It makes its certificate itself; nothing needs cert-manager."""
    return {"replicaCount": replicas, "podSecurityContext": unprivileged(USER)}


def _labels(made: Sequence[Object]) -> Mapping[str, str]:
    [selector] = [obj["spec"]["selector"]["matchLabels"] for obj in made if obj["kind"] == "Deployment"]
    return selector


def _limited(obj: Object) -> Object:
    """Fewer rights than the chart gives: no secret but in its own namespace, no change of nodes or foreign webhooks."""
    if obj["kind"] == "ClusterRole" and obj["metadata"]["name"] == ROLE:
        return {**obj, "rules": [new for old in obj["rules"] for new in _narrowed(old)]}
    if obj["kind"] == "Role" and obj["metadata"]["name"] == LEADING:
        return {**obj, "rules": [*obj["rules"], rule(("",), ("secrets",), (*READ, "update"))]}
    return obj


def _narrowed(old: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    [first, *_] = old["resources"]
    if first == "secrets":
        return []
    if first == "nodes":
        return [{**old, "verbs": list(READ)}]
    if first == "mutatingwebhookconfigurations":
        # What is listed and watched cannot be named.
        return [
            {**old, "verbs": ["list", "watch"]},
            {**old, "verbs": ["get", "update"], "resourceNames": list(HOOKS)},
        ]
    return [old]


def _fitted(ground: Ground, labels: Mapping[str, str]) -> transform.Change:
    image = ground.image(IMAGE)

    def change(spec: Mapping[str, Any]) -> Mapping[str, Any]:
        [box] = spec["containers"]
        # The chart does not name the port of its metrics: who gathers them finds pods by their ports.
        measured = {"name": "metrics", "containerPort": METRICS_PORT, "protocol": "TCP"}
        told = {
            "image": image,
            "imagePullPolicy": "IfNotPresent",
            "resources": RESOURCES,
            "ports": [*box["ports"], measured],
        }
        return {
            **transform.probed_often({**spec, "containers": [{**box, **told}]}),
            "nodeSelector": dict(ground.handle.system_selector),
            "topologySpreadConstraints": spread(labels),
        }

    return change


def _budgets(ground: Ground, made: Sequence[Object]) -> list[Object]:
    if ground.plan.lws.replicas == 1:
        return []
    return [budget({"name": CONTROLLER, "namespace": NAMESPACE}, _labels(made))]


def _fence(labels: Mapping[str, str]) -> list[Object]:
    """The webhooks are called by the API server, which is no pod; egress stays open, for the controller calls it."""
    doors = [door(WEBHOOK_PORT), door(METRICS_PORT, [MONITORING])]
    return [closed("default-deny", NAMESPACE, {}), closed(CONTROLLER, NAMESPACE, labels, doors)]
