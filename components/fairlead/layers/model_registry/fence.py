"""Who may call a registry: the pods of its tenant, for it asks nobody who calls. Whom it may call: its database."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.contract.handle import Inside, Reach
from fairlead.layers.model_registry import place
from fairlead.layers.objects import DNS, calling, closed, door, namespaces, outward
from fairlead.plan.model import TenantPlan
from fairlead.plan.model_registry_model import LAYER, NAMESPACE


def objects(tenants: Sequence[TenantPlan], reach: Sequence[Inside | Reach]) -> list[Object]:
    """reach: what the servers call; the namespace itself is closed beside its database."""
    return [
        calling(f"{LAYER}-calls", NAMESPACE, place.LABELS, [DNS, *(outward(one) for one in reach)]),
        *(_own(tenant) for tenant in tenants),
    ]


def _own(tenant: TenantPlan) -> Object:
    doors = [door(place.PORT, namespaces([tenant.namespace]))]
    return closed(place.name(tenant.name), NAMESPACE, place.labels(tenant.name), doors)


def of_tenant(tenant: TenantPlan) -> Object:
    """Pods of a tenant, to whom everything is closed by default, may call their own registry."""
    called = Inside(NAMESPACE, place.labels(tenant.name), (place.PORT,))
    made = calling(LAYER, tenant.namespace, {}, [outward(called)])
    return {**made, "metadata": {**made["metadata"], "labels": {labels.TENANT: tenant.name}}}
