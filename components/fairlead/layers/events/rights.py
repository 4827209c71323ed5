"""What the controller may do: read its kinds everywhere, make pods' Deployments in tenants' namespaces alone.

Upstream's one role makes pods, enters them, and reads and writes Secrets in every namespace: for buses that it makes.
Here the platform makes a bus with each tenant, so that all of this is left out.
"""

from __future__ import annotations

from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers.events.place import GROUP, KINDS, metadata
from fairlead.layers.objects import EVENTS, READ, rule
from fairlead.layers.programs import rights

CHANGE = ("update", "patch")
EVERYWHERE, IN_TENANTS = "fairlead:events:everywhere", "fairlead:events:tenants"
"""Names of its two roles; the second is bound in each tenant's namespace."""


def everywhere() -> list[dict[str, Any]]:
    """In the whole cluster, which its caches are of. What its kinds are marked with must come off also when a tenant's
    binding is gone."""
    return [
        rule((GROUP,), KINDS, (*READ, *CHANGE)),
        rule((GROUP,), [f"{kind}/finalizers" for kind in KINDS], ("update",)),
        rule((GROUP,), [f"{kind}/status" for kind in KINDS], ("get", *CHANGE)),
        rule(("",), ("configmaps", "services"), READ),
        rule(("apps",), ("deployments", "statefulsets"), READ),
    ]


def in_tenants() -> list[dict[str, Any]]:
    """In a tenant's namespace: the Deployments of event sources and sensors, and Services of those that are called."""
    return [
        rule(("apps",), ("deployments",), ("create", "update")),
        rule(("",), ("services",), ("create", "delete")),
        EVENTS,
    ]


def own() -> list[dict[str, Any]]:
    """In its own namespace: who leads."""
    return [rule(("coordination.k8s.io",), ("leases",), ("get", "create", "update")), EVENTS]


def objects() -> list[Object]:
    """The account, its roles, and the bindings that do not lie in a tenant's namespace."""
    return rights(metadata(), (EVERYWHERE, everywhere()), (IN_TENANTS, in_tenants()), own())
