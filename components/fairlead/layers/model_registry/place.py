"""Where the registries run, and how each tenant's is called and kept apart.

All are in the platform's own namespace: members of a tenant may read the Secrets of theirs, and the database has one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.labels import TENANT
from fairlead.layers.databases.postgres import Wanted
from fairlead.plan.model_registry_model import LAYER, NAMESPACE

PORT = 8080
LABELS: Mapping[str, str] = {"app.kubernetes.io/name": LAYER}
"""Labels of the servers of all tenants."""
DATABASE = Wanted("model-registry-db", NAMESPACE, database="model_registry", users=(LABELS,))


def name(tenant: str) -> str:
    """Name of a tenant's Deployment, Service and fence: none is that of another object of the namespace."""
    return f"registry-{tenant}"


def labels(tenant: str) -> dict[str, str]:
    """Labels of the pods of a tenant's servers."""
    return {**LABELS, TENANT: tenant}


def metadata(tenant: str) -> dict[str, Any]:
    """Metadata of an object of a tenant's registry."""
    return {"name": name(tenant), "namespace": NAMESPACE, "labels": labels(tenant)}


def schema(tenant: str) -> str:
    """Where a tenant's tables lie, as a word that SQL takes unquoted: no name of a tenant has an underscore."""
    return f"tenant_{tenant.replace('-', '_')}"


def address(tenant: str) -> str:
    """Where a tenant's pods reach their registry, as upstream's client wants it: the port comes beside it."""
    return f"http://{name(tenant)}.{NAMESPACE}.svc"
