"""cert-manager's three programs, as its own chart has them, on this platform's nodes and within its fence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.catalog import lock
from fairlead.contract.chart import Object, Release
from fairlead.layers import transform
from fairlead.layers.objects import MONITORING, budget, closed, door, restricted_namespace, spread
from fairlead.layers.tool import Ground
from fairlead.plan.certificates_model import CHART, IMAGES, NAMESPACE

NAME = "cert-manager"
WEBHOOK_PORT, METRICS_PORT = 10250, 9402
RESOURCES: Mapping[str, Any] = {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"memory": "512Mi"}}
SOLVER = "cert-manager-acmesolver"
"""Image of the pods that answer for a name where an issuer of somebody's own uses ACME."""


def objects(ground: Ground) -> list[Object]:
    """All of it but the authority; its CRDs too."""
    rendered = ground.render(Release(CHART, NAME, NAMESPACE, values(ground.plan.certificates.replicas)))
    made = transform.on_pods(rendered, _fitted(ground))
    return [restricted_namespace(NAMESPACE), *_fence(), *made, *_budgets(made)]


def values(replicas: int) -> dict[str, Any]:
    """What the chart is told. Settings that a pod has in common are set on the pods themselves."""
    solver = lock.images()[SOLVER]
    return {
        "fullnameOverride": NAME,
        "crds": {"enabled": True, "keep": False},
        "global": {
            "leaderElection": {"namespace": NAMESPACE},
            # Roles that the controller manager puts together outlive the chart; administrators alone use these.
            "rbac": {"aggregateClusterRoles": False},
        },
        # Its job waits for the webhook: readiness is asked for here by a dry run instead.
        "startupapicheck": {"enabled": False},
        "replicaCount": replicas,
        "cainjector": {"replicaCount": replicas},
        "webhook": {"replicaCount": replicas},
        "acmesolver": {
            "image": {"repository": solver.repository, "tag": solver.tag, "digest": solver.digest}
        },
    }


def _fitted(ground: Ground) -> transform.Change:
    images = {name: ground.image(name) for name in IMAGES}

    def change(spec: Mapping[str, Any]) -> Mapping[str, Any]:
        [box] = spec["containers"]
        told = {"image": images[box["name"]], "imagePullPolicy": "IfNotPresent", "resources": RESOURCES}
        pods = {"app.kubernetes.io/instance": NAME, "app.kubernetes.io/component": _component(box["name"])}
        return {
            **spec,
            "containers": [{**box, **told}],
            "nodeSelector": dict(ground.handle.system_selector),
            "topologySpreadConstraints": spread(pods),
        }

    return change


def _component(container: str) -> str:
    return container.removeprefix(f"{NAME}-")


def _budgets(made: list[Object]) -> list[Object]:
    several = [one for one in made if one["kind"] == "Deployment" and one["spec"]["replicas"] > 1]
    return [
        budget(
            {"name": one["metadata"]["name"], "namespace": NAMESPACE}, one["spec"]["selector"]["matchLabels"]
        )
        for one in several
    ]


def _fence() -> list[Object]:
    """The webhook is called by the API server, which is no pod; egress stays open, for all three call it."""
    of_webhook = {"app.kubernetes.io/instance": NAME, "app.kubernetes.io/component": "webhook"}
    metrics = door(METRICS_PORT, [MONITORING])
    return [
        closed("default-deny", NAMESPACE, {}, [metrics]),
        closed("webhook", NAMESPACE, of_webhook, [door(WEBHOOK_PORT)]),
    ]
