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
CLIENT_SECRET = "client-secret"  # noqa: S105 - a name
"""Key of the Secret by which the issuer knows the gateway: api/v1alpha1/oidc_types.go of Envoy Gateway 1.8.3."""
NAME = "fairlead"
"""Of the one Gateway: contract rule C7."""


@dataclass(frozen=True)
class LoginPlan:
    """How those prove who they are that come to the platform's own pages, and which pages there are."""

    pages: tuple[str, ...]
    """First labels of their hosts."""
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    client_id: str
    secret: str
    """Name of the Secret, in the gateway's namespace."""
    audiences: tuple[str, ...]
    """One of them is in every token that is taken."""
    scopes: tuple[str, ...]
    groups_claim: str
    claims: Mapping[str, tuple[str, ...]]
    admins: tuple[str, ...]
    authority: str
    """Name of the ConfigMap, in the gateway's namespace; empty: public authorities sign for the issuer."""


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

    login: LoginPlan | None = None
    """None: nothing of the platform's own is reached through it."""

    def hosts(self, namespace: str) -> str:
        """The names of what this tenant serves: any one label before its namespace."""
        return f"*.{namespace}.{self.domain}"

    def page(self, name: str) -> str:
        """The host of one of the platform's own pages; empty where it is not reached from outside."""
        return f"{name}.{self.domain}" if self.login and name in self.login.pages else ""
