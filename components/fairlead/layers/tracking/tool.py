"""The tracking layer: its database, its servers, and what each tenant is told of them."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.contract.database import SignIn
from fairlead.layers.databases.tool import called, database
from fairlead.layers.gateway.tool import ENTRANCE
from fairlead.layers.objects import told
from fairlead.layers.tool import Ground, Measured, Part, Tool
from fairlead.layers.tracking import artifacts, fence, page, server
from fairlead.layers.tracking.place import DATABASE, LABELS, NAME, PORT
from fairlead.plan.model import PlatformPlan, TenantPlan
from fairlead.plan.tracking_model import IMAGE, LAYER, NAMESPACE, PAGE

DATABASE_PART, PART, PAGE_PART = "tracking-database", "tracking", "tracking-page"


def _parts(ground: Ground) -> list[Part]:
    return [
        database(DATABASE_PART, LAYER, DATABASE, ground),
        Part(PART, _servers(ground), after=(DATABASE_PART,)),
        *_page(ground),
    ]


def _page(ground: Ground) -> list[Part]:
    """Behind the listener and its policy, which lets nobody in whom the page's own does not name."""
    gateway = ground.plan.gateway
    host = gateway.page(PAGE)
    if gateway.login is None or not host:
        return []
    made = page.objects(gateway.login, host, ground.plan.tenants)
    return [Part(PAGE_PART, made, after=(PART, ENTRANCE))]


def _servers(ground: Ground) -> list[Object]:
    plan, handle, host = ground.plan.tracking, ground.handle, ground.plan.gateway.page(PAGE)
    kept = called(LAYER, DATABASE, ground)
    place = artifacts.place(plan, handle, sealed=isinstance(kept.password, SignIn))
    stored = handle.object_store.reach if handle.object_store and not place.claim else ()
    spaces = [tenant.namespace for tenant in ground.plan.tenants]
    return [
        *fence.objects(spaces, [*kept.reach, *stored], gateway=bool(host)),
        *([artifacts.claim(plan, handle, place.claim)] if place.claim else []),
        *server.objects(plan, kept, place, ground.image(IMAGE), handle.system_selector, host),
    ]


def variables(tenant: TenantPlan) -> dict[str, str]:
    """Where MLflow is, as its own client reads it."""
    return {"MLFLOW_TRACKING_URI": labels.TRACKING_URL, "MLFLOW_WORKSPACE": tenant.name}


def _tenant(_: Ground, tenant: TenantPlan) -> Sequence[Object]:
    """Jobs take the ConfigMap as environment variables."""
    return [told(tenant, labels.TRACKING, variables(tenant)), fence.of_tenant(tenant)]


def _measured(_: PlatformPlan) -> list[Measured]:
    return [Measured(NAME, NAMESPACE, LABELS, PORT, PART)]


TOOL = Tool(LAYER, _parts, _tenant, measured=_measured)
