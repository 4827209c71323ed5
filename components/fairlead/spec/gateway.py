"""The gateway layer: one way in, for what tenants serve."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from fairlead.spec.base import Cidr, Flag, Model, Name
from fairlead.spec.login import Login

Expose = Literal["cluster", "internal", "internet"]
LONGEST = 150
"""Letters of the domain: with a service's name and a tenant's before it, a host has at most 253."""
Domain = Annotated[
    str,
    StringConstraints(
        pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)+$",
        max_length=LONGEST,
    ),
]
"""A DNS name of two labels or more, in lower case."""


class Gateway(Model):
    """One Gateway for all tenants, with TLS, by the Gateway API: Envoy Gateway."""

    enabled: Flag = False
    """On: what a tenant serves is reached under `<name>.<tenant>.<domain>`."""
    domain: Domain = "fairlead.internal"
    """Below it all hosts lie. Whoever calls from outside needs a DNS record `*.<tenant>.<domain>` for each tenant."""
    expose: Expose = "cluster"
    """Who reaches it: pods of the cluster; the network around it too, by a load balancer; or the internet."""
    allow: tuple[Cidr, ...] = ()
    """Addresses that may call through the load balancer; it lets nobody else in. Needed for internet."""
    issuer: Name | None = None
    """ClusterIssuer that signs for the hosts; left out, the platform's own authority, known inside alone."""
    replicas: Annotated[int, Field(ge=1, le=10, strict=True)] | None = None
    """How many proxies; left out, 2 where two nodes are always there for the platform's own pods, else 1."""
    login: Login | None = None
    """Who may come to the platform's own pages, and how they prove it; left out, nobody reaches those from outside."""
