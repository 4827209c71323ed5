"""KServe's controller, as its own chart has it, in Standard mode behind the platform's gateway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.catalog import lock
from fairlead.contract.chart import Object, Release
from fairlead.layers import transform
from fairlead.layers.gateway.place import CLASS
from fairlead.layers.objects import MONITORING, budget, closed, door, spread
from fairlead.layers.serving import fetcher
from fairlead.layers.serving.place import LABELS, METRICS_PORT, NAME, WEBHOOK_PORT, metadata
from fairlead.layers.tool import CRD, Ground
from fairlead.plan.gateway_model import NAME as GATEWAY
from fairlead.plan.gateway_model import NAMESPACE as GATEWAY_NAMESPACE
from fairlead.plan.serving_model import CHART, CONTROLLER, FETCHER, KINDS, NAMESPACE, ServingPlan

RESOURCES: Mapping[str, Any] = {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}}
BESIDE = "kube-rbac-proxy"
"""Container and rights of the proxy before the metrics: a fence does that here."""
UNUSED = frozenset({"kserve-proxy-role", "kserve-proxy-rolebinding", f"{NAME}-metrics-service"})


def crds(ground: Ground) -> list[Object]:
    """KServe's kinds."""
    return [one for one in ground.render(Release(KINDS, KINDS, NAMESPACE, {})) if one["kind"] == CRD]


def objects(ground: Ground) -> list[Object]:
    """The controller with its settings and webhooks, and its fence."""
    plan = ground.plan.serving
    rendered = ground.render(Release(CHART, CHART, NAMESPACE, values(ground.plan.gateway.domain)))
    # Of two that fetch from the same places KServe takes whichever comes first.
    kept = [one for one in rendered if one["metadata"]["name"] not in UNUSED and one["kind"] != fetcher.KIND]
    placed = transform.without_empty_secret_data(transform.in_namespace(kept, NAMESPACE))
    made = transform.on_pods([_sized(one, plan) for one in placed], _fitted(ground))
    return [*made, *_fence(), *([budget(metadata(NAME), LABELS)] if plan.replicas > 1 else [])]


def values(domain: str) -> dict[str, Any]:
    """What the chart is told. Settings that a pod has in common are set on the pod itself."""
    image = lock.images()[FETCHER]
    return {
        "kserve": {
            "storage": {"image": image.repository, "tag": image.tag},
            # Servers sign in at the object store by a token of their own; the API server is none of their business.
            "security": {"autoMountServiceAccountToken": False},
            # A predictor that asks for many cores and names no limit would be held to KServe's own of one.
            "inferenceservice": {"resources": {"limits": {"cpu": ""}}},
            "controller": {
                "deploymentMode": "Standard",
                "metricsBindAddress": "0.0.0.0",  # noqa: S104 - within the pod; the fence says who may call
                "metricsBindPort": str(METRICS_PORT),
                "gateway": {
                    "domain": domain,
                    # One label before the tenant's namespace: what its listener of the gateway takes.
                    "domainTemplate": "{{ .Name }}.{{ .Namespace }}.{{ .IngressDomain }}",
                    "urlScheme": "https",
                    "disableIstioVirtualHost": True,
                    "ingressGateway": {
                        "enableGatewayApi": True,
                        "kserveGateway": f"{GATEWAY_NAMESPACE}/{GATEWAY}",
                        "className": CLASS,
                    },
                },
            },
        }
    }


def _sized(obj: Object, plan: ServingPlan) -> Object:
    if obj["kind"] != "Deployment":
        return obj
    return {**obj, "spec": {**obj["spec"], "replicas": plan.replicas}}


def _fitted(ground: Ground) -> transform.Change:
    image = ground.image(CONTROLLER)

    def change(spec: Mapping[str, Any]) -> Mapping[str, Any]:
        [box] = [one for one in spec["containers"] if one["name"] != BESIDE]
        told = {"image": image, "imagePullPolicy": "IfNotPresent", "resources": RESOURCES}
        # It answers within seconds: upstream's 30 s before the first question are a wait for nothing.
        probes = {
            name: {**box[name], "initialDelaySeconds": 2}
            for name in ("readinessProbe", "livenessProbe")
            if name in box
        }
        return {
            **spec,
            "containers": [{**box, **told, **probes}],
            "nodeSelector": dict(ground.handle.system_selector),
            "topologySpreadConstraints": spread(LABELS),
        }

    return change


def _fence() -> list[Object]:
    """The webhooks are called by the API server, which is no pod."""
    return [
        closed("default-deny", NAMESPACE, {}),
        closed(NAME, NAMESPACE, LABELS, [door(WEBHOOK_PORT), door(METRICS_PORT, [MONITORING])]),
    ]
