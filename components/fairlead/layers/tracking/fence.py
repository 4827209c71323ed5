"""Who may call MLflow: pods of tenants, and the gateway where people log in there. Whom MLflow may call: its database
and the object store."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.contract.handle import Inside, Reach
from fairlead.layers.gateway.fence import GATEWAY
from fairlead.layers.objects import DNS, MONITORING, calling, closed, door, namespaces, outward
from fairlead.layers.tracking.place import LABELS, NAME, NAMESPACE, PORT
from fairlead.plan.model import TenantPlan


def objects(spaces: Sequence[str], reach: Sequence[Inside | Reach], *, gateway: bool) -> list[Object]:
    """spaces: namespaces of the tenants; reach: what MLflow calls; gateway: its proxies call it.

    It sends what tenants tell it to (webhooks, models behind its gateway): without a fence it would send it anywhere.
    """
    callers = [*namespaces(spaces), *([GATEWAY] if gateway else []), MONITORING]
    return [
        closed(NAME, NAMESPACE, LABELS, [door(PORT, callers)]),
        calling(f"{NAME}-calls", NAMESPACE, LABELS, [DNS, *(outward(one) for one in reach)]),
    ]


def of_tenant(tenant: TenantPlan) -> Object:
    """Pods of a tenant, to whom everything is closed by default, may call MLflow."""
    made = calling("tracking", tenant.namespace, {}, [outward(Inside(NAMESPACE, LABELS, (PORT,)))])
    return {**made, "metadata": {**made["metadata"], "labels": {labels.TENANT: tenant.name}}}
