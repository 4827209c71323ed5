"""Where the gateway runs, and the names by which it and what it makes are found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.plan.gateway_model import NAMESPACE

GROUP, OWN = "gateway.networking.k8s.io", "gateway.envoyproxy.io"
API, OWN_API = f"{GROUP}/v1", f"{OWN}/v1alpha1"
CLASS = "fairlead"
"""GatewayClass and the settings behind it."""
SERVICE = "fairlead"
"""Of the proxies: fairlead.fairlead-gateway.svc is where pods of the cluster call."""
CONTROLLER = "gateway.envoyproxy.io/gatewayclass-controller"
"""Name by which the controller knows the classes that are its own."""
HTTP, HTTPS = 80, 443
PROXY_HTTP, PROXY_HTTPS = 10080, 10443
"""Where the proxies listen for them: without rights of root, 10000 above (internal/gatewayapi/translator.go)."""
PROXY_METRICS, METRICS, XDS = 19001, 19001, 18000
"""Ports of metrics, and the one on which proxies ask the controller what to do."""
PROXIES: Mapping[str, str] = {"app.kubernetes.io/name": "envoy", "app.kubernetes.io/component": "proxy"}
"""Labels of the proxies' pods: internal/infrastructure/kubernetes/proxy/resource.go of 1.8.3."""
CONTROLLERS: Mapping[str, str] = {"control-plane": "envoy-gateway"}
"""Labels of the controller's pods: the chart's deployment."""


def metadata(name: str) -> dict[str, Any]:
    """Metadata of an object in the layer's namespace."""
    return {"name": name, "namespace": NAMESPACE}


def secret_of(tenant_namespace: str) -> str:
    """The Secret in which the certificate of a tenant's hosts lies."""
    return f"hosts-{tenant_namespace}"


def page_listener(page: str) -> str:
    """The listener of one of the platform's own pages; no tenant is called so."""
    return f"fairlead-{page}"


def page_secret(page: str) -> str:
    """The Secret in which the certificate of its host lies."""
    return f"page-{page}"
