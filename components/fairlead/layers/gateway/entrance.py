"""The Gateway itself: a listener for each tenant, which takes routes of that tenant alone; and the proxies behind it.

Fields: charts/gateway-helm/charts/crds of github.com/envoyproxy/gateway v1.8.3, config/crd/standard of
sigs.k8s.io/gateway-api v1.5.1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers.gateway.place import (
    API,
    CLASS,
    CONTROLLER,
    GROUP,
    HTTP,
    HTTPS,
    OWN,
    OWN_API,
    PROXIES,
    SERVICE,
    metadata,
    page_listener,
    page_secret,
    secret_of,
)
from fairlead.layers.objects import spread
from fairlead.plan.gateway_model import NAME, NAMESPACE, GatewayPlan

RESOURCES: Mapping[str, Any] = {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "1Gi"}}
DRAIN = "60s"
"""How long a proxy that ends goes on with calls that it has begun."""


def kind(plan: GatewayPlan, image: str, selector: Mapping[str, str]) -> list[Object]:
    """The class and what its proxies are. image: of the proxies; selector: labels of the platform's own nodes."""
    settings = {"group": OWN, "kind": "EnvoyProxy", "name": CLASS, "namespace": NAMESPACE}
    return [
        {
            "apiVersion": OWN_API,
            "kind": "EnvoyProxy",
            "metadata": metadata(CLASS),
            "spec": _proxies(plan, image, selector),
        },
        {
            "apiVersion": API,
            "kind": "GatewayClass",
            "metadata": {"name": CLASS},
            "spec": {"controllerName": CONTROLLER, "parametersRef": settings},
        },
    ]


def objects(plan: GatewayPlan) -> list[Object]:
    """The Gateway, and the route that sends plain HTTP on."""
    return [
        {
            "apiVersion": API,
            "kind": "Gateway",
            "metadata": metadata(NAME),
            "spec": {
                "gatewayClassName": CLASS,
                "listeners": [_plain(), *_pages(plan), *map(_of_tenant(plan), plan.namespaces)],
            },
        },
        _sent_on(),
    ]


def _plain() -> dict[str, Any]:
    """Plain HTTP: the layer's own route, which sends everybody on, and nobody else's."""
    return {
        "name": "http",
        "port": HTTP,
        "protocol": "HTTP",
        "allowedRoutes": {"namespaces": {"from": "Same"}, "kinds": [{"group": GROUP, "kind": "HTTPRoute"}]},
    }


def _of_tenant(plan: GatewayPlan) -> Callable[[str], dict[str, Any]]:
    def made(namespace: str) -> dict[str, Any]:
        chosen = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
        spaces = {"from": "Selector", "selector": chosen}
        return _listener(namespace, plan.hosts(namespace), secret_of(namespace), spaces)

    return made


def _pages(plan: GatewayPlan) -> list[dict[str, Any]]:
    """Listeners of the platform's own pages: they take routes of this namespace alone."""
    return [
        _listener(page_listener(page), plan.page(page), page_secret(page), {"from": "Same"})
        for page in (plan.login.pages if plan.login else ())
    ]


def _listener(name: str, hostname: str, secret: str, namespaces: Mapping[str, Any]) -> dict[str, Any]:
    """namespaces: those whose routes it takes."""
    certificate = {"group": "", "kind": "Secret", "name": secret}
    return {
        "name": name,
        "hostname": hostname,
        "port": HTTPS,
        "protocol": "HTTPS",
        "tls": {"mode": "Terminate", "certificateRefs": [certificate]},
        "allowedRoutes": {
            "namespaces": dict(namespaces),
            "kinds": [{"group": GROUP, "kind": kind} for kind in ("HTTPRoute", "GRPCRoute")],
        },
    }


def _sent_on() -> Object:
    """Who calls without TLS is told the address with it."""
    moved = {"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}}
    return {
        "apiVersion": API,
        "kind": "HTTPRoute",
        "metadata": metadata("to-https"),
        "spec": {
            "parentRefs": [{"group": GROUP, "kind": "Gateway", "name": NAME, "sectionName": "http"}],
            "rules": [{"filters": [moved]}],
        },
    }


def _proxies(plan: GatewayPlan, image: str, selector: Mapping[str, str]) -> dict[str, Any]:
    kind = "ClusterIP" if plan.expose == "cluster" else "LoadBalancer"
    service: dict[str, Any] = {"name": SERVICE, "type": kind}
    if plan.annotations:
        service["annotations"] = dict(plan.annotations)
    if plan.allow:
        service["loadBalancerSourceRanges"] = list(plan.allow)
    if kind == "LoadBalancer":
        # Callers keep their addresses: those that may call are told by them.
        service["externalTrafficPolicy"] = "Local"
    deployment = {
        "name": SERVICE,
        "replicas": plan.replicas,
        "container": {"image": image, "resources": RESOURCES},
        "pod": {"nodeSelector": dict(selector), "topologySpreadConstraints": spread(PROXIES)},
    }
    told = {"envoyDeployment": deployment, "envoyService": service}
    if plan.replicas > 1:
        told["envoyPDB"] = {"maxUnavailable": 1}
    return {
        "provider": {"type": "Kubernetes", "kubernetes": told},
        "shutdown": {"drainTimeout": DRAIN},
        "logging": {"level": {"default": "warn"}},
    }
