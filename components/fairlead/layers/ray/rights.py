"""What the operator may do: read everywhere what it looks at, make pods in tenants' namespaces alone.

Upstream's one role makes and deletes pods, jobs, roles and secrets in every namespace. Here it has those rights only
where a tenant is, by a binding that comes and goes with the tenant. It reads everywhere, for its caches are of the
whole cluster: a kind that it looks at and may not read would hold up everything that it does.

Left out of upstream's: roles and accounts for Ray's autoscaler, which a queue does not admit; ingresses, routes and
gateways, since the way into a cluster is the platform's; jobs by the clock, which upstream switches off; the API server
as a proxy, which it uses only where an argument says so.
"""

from __future__ import annotations

from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers.objects import EVENTS, RBAC, READ, rule
from fairlead.layers.programs import rights
from fairlead.layers.ray.place import GROUP, KINDS, OPERATOR, metadata
from fairlead.plan.ray_model import NAMESPACE

CHANGE = ("update", "patch")
EVERYWHERE, IN_TENANTS = "fairlead:ray:everywhere", "fairlead:ray:tenants"
"""Names of its two roles; the second is bound in each tenant's namespace."""


def everywhere() -> list[dict[str, Any]]:
    """In the whole cluster. What Ray's own kinds are marked with must come off also when a tenant's binding is gone."""
    return [
        rule(("",), ("pods", "services", "secrets", "serviceaccounts"), READ),
        rule(("batch",), ("jobs",), READ),
        rule(("discovery.k8s.io",), ("endpointslices",), READ),
        rule(("networking.k8s.io",), ("ingresses", "ingressclasses"), READ),
        rule((RBAC,), ("roles", "rolebindings"), READ),
        rule((GROUP,), KINDS, (*READ, *CHANGE)),
        rule((GROUP,), [f"{kind}/finalizers" for kind in KINDS], ("update",)),
        rule((GROUP,), [f"{kind}/status" for kind in KINDS], ("get", *CHANGE)),
    ]


def in_tenants() -> list[dict[str, Any]]:
    """In a tenant's namespace: pods and services of Ray clusters, the jobs that send work to them, their tokens."""
    return [
        rule(("",), ("pods",), ("create", *CHANGE, "delete", "deletecollection")),
        rule(("",), ("services",), ("create", *CHANGE, "delete")),
        rule(("",), ("secrets",), ("create",)),
        rule(("batch",), ("jobs",), ("create", *CHANGE, "delete")),
        rule((GROUP,), ("rayclusters",), ("create", "delete")),
        rule((GROUP,), ("rayjobs",), ("delete",)),
        EVENTS,
    ]


def own() -> list[dict[str, Any]]:
    """In its own namespace: who leads."""
    return [rule(("coordination.k8s.io",), ("leases",), ("get", "list", "create", "update")), EVENTS]


def objects() -> list[Object]:
    """The account, its roles, and the bindings that do not lie in a tenant's namespace."""
    return rights(metadata(OPERATOR), (EVERYWHERE, everywhere()), (IN_TENANTS, in_tenants()), own())


def operator() -> list[dict[str, str]]:
    """The operator, as the one who has rights."""
    return [{"kind": "ServiceAccount", "name": OPERATOR, "namespace": NAMESPACE}]
