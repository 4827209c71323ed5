"""What the operator may do: write Secrets in tenants' namespaces alone, and take no token but of the account there.

The chart's one role writes every Secret of the cluster and takes a token of every account, so that who can talk the
operator into something has the cluster. Here it may do so only where a tenant is, by a binding that comes and goes with
the tenant. It still reads Secrets everywhere: its program watches their metadata in all namespaces, and the API server
knows no right that ends there.
"""

from __future__ import annotations

from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers.objects import EVENTS, READ, binding, role, rule
from fairlead.layers.secrets.place import GENERATORS, GROUP, NAME, metadata
from fairlead.plan.secrets_model import ACCOUNT, NAMESPACE

EVERYWHERE, IN_TENANTS = "fairlead:secrets:everywhere", "fairlead:secrets:tenants"
"""Names of its two roles; the second is bound in each tenant's namespace."""
KINDS = ("externalsecrets", "secretstores")


def everywhere() -> list[dict[str, Any]]:
    """In the whole cluster: what its caches hold, and what it notes down on its own kinds.

    An ExternalSecret that takes its Secret along is held until that one is seen to be gone, also where a tenant's
    binding went first.
    """
    marked = [f"{kind}/{part}" for kind in KINDS for part in ("status", "finalizers")]
    return [
        rule(("",), ("secrets",), READ),
        rule(("",), ("serviceaccounts",), READ),
        rule((GROUP,), KINDS, (*READ, "update", "patch")),
        rule((GROUP,), marked, ("get", "update", "patch")),
        rule((GENERATORS,), ("generatorstates",), READ),
    ]


def in_tenants() -> list[dict[str, Any]]:
    """In a tenant's namespace."""
    return [
        rule(("",), ("secrets",), ("create", "update", "patch", "delete")),
        rule(("",), ("configmaps",), ("get",)),
        rule(("",), ("serviceaccounts/token",), ("create",), (ACCOUNT,)),
        EVENTS,
    ]


def own() -> list[dict[str, Any]]:
    """In its own namespace: who leads."""
    return [rule(("coordination.k8s.io",), ("leases",), ("get", "create", "update", "patch")), EVENTS]


def tenants_role() -> Object:
    """What is bound in each tenant's namespace."""
    return role({"name": IN_TENANTS}, in_tenants())


def objects() -> list[Object]:
    """The roles beside that, and where they hold."""
    return [
        role({"name": EVERYWHERE}, everywhere()),
        role(metadata(NAME), own()),
        binding({"name": EVERYWHERE}, ("ClusterRole", EVERYWHERE), operator()),
        binding(metadata(NAME), ("Role", NAME), operator()),
    ]


def operator() -> list[dict[str, str]]:
    """The operator, as the one who has rights."""
    return [{"kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE}]
