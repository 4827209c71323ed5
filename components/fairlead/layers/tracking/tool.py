"""The tracking layer: its database, its servers, and what each tenant is told of them."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers.databases import postgres
from fairlead.layers.databases.tool import database
from fairlead.layers.tool import Ground, Part, Tool
from fairlead.layers.tracking import artifacts, fence, server
from fairlead.layers.tracking.place import DATABASE
from fairlead.plan.model import TenantPlan
from fairlead.plan.tracking_model import IMAGE, LAYER

DATABASE_PART, PART = "tracking-database", "tracking"


def _parts(ground: Ground) -> list[Part]:
    return [
        database(DATABASE_PART, DATABASE, ground),
        Part(PART, _servers(ground), after=(DATABASE_PART,)),
    ]


def _servers(ground: Ground) -> list[Object]:
    plan, handle = ground.plan.tracking, ground.handle
    called, place = postgres.database(DATABASE), artifacts.place(plan, handle)
    stored = handle.object_store.reach if handle.object_store and not place.claim else ()
    spaces = [tenant.namespace for tenant in ground.plan.tenants]
    return [
        *fence.objects(spaces, [*called.reach, *stored]),
        *([artifacts.claim(plan, handle, place.claim)] if place.claim else []),
        *server.objects(plan, called, place, ground.image(IMAGE), handle.system_selector),
    ]


def variables(tenant: TenantPlan) -> dict[str, str]:
    """Where MLflow is, as its own client reads it."""
    return {"MLFLOW_TRACKING_URI": labels.TRACKING_URL, "MLFLOW_WORKSPACE": tenant.name}


def _tenant(_: Ground, tenant: TenantPlan) -> Sequence[Object]:
    """Jobs take the ConfigMap as environment variables."""
    named = {
        "name": labels.TRACKING,
        "namespace": tenant.namespace,
        "labels": {labels.TENANT: tenant.name},
    }
    told = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": named, "data": variables(tenant)}
    return [told, fence.of_tenant(tenant)]


TOOL = Tool(LAYER, _parts, _tenant)
