"""The plan of the gateway layer: plain data, as the rest of the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fairlead.plan.certificates_model import ISSUER

LAYER = "gateway"
CHART, KINDS = "envoy-gateway", "gateway-api"
"""Charts of the lock: the controller with its own kinds, and those of the Gateway API."""
CONTROLLER, PROXY = "envoy-gateway", "envoy"
IMAGES = (CONTROLLER, PROXY)
"""Images of the lock."""
NAMESPACE = "fairlead-gateway"
NAME = "fairlead"
"""Of the one Gateway: contract rule C7."""


@dataclass(frozen=True)
class GatewayPlan:
    """Whether there is a way in, who may use it, and under which names."""

    enabled: bool = False
    domain: str = ""
    expose: str = "cluster"
    """cluster, internal or internet."""
    allow: tuple[str, ...] = ()
    """Address ranges that the load balancer lets in; empty: all that reach it."""
    annotations: Mapping[str, str] = field(default_factory=dict[str, str])
    """Of the load balancer's Service, as the target asks for."""
    issuer: str = ISSUER
    """The ClusterIssuer of the hosts' certificates."""
    replicas: int = 1
    """Proxies."""
    controllers: int = 1
    """Programs that tell them what to do."""
    namespaces: tuple[str, ...] = ()
    """Of the tenants: each has a listener of its own."""

    def hosts(self, namespace: str) -> str:
        """The names of what this tenant serves: any one label before its namespace."""
        return f"*.{namespace}.{self.domain}"
