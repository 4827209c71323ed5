"""The model-registry layer: its database, a registry for each tenant, and what the tenant is told of it."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers.databases.tool import called, database
from fairlead.layers.model_registry import fence, place, server
from fairlead.layers.objects import told
from fairlead.layers.tool import Ground, Part, Tool
from fairlead.plan.databases_model import SERVER
from fairlead.plan.model import TenantPlan
from fairlead.plan.model_registry_model import IMAGE, LAYER

DATABASE, PART = "model-registry-database", "model-registry"


def _parts(ground: Ground) -> list[Part]:
    return [
        database(DATABASE, LAYER, place.DATABASE, ground),
        Part(PART, _registries(ground), after=(DATABASE,)),
    ]


def _registries(ground: Ground) -> list[Object]:
    stored = called(LAYER, place.DATABASE, ground)
    images = ground.image(IMAGE), ground.image(SERVER)
    replicas, selector = ground.plan.model_registry.replicas, ground.handle.system_selector
    made = (server.objects(tenant.name, stored, images, replicas, selector) for tenant in ground.plan.tenants)
    return [*fence.objects(ground.plan.tenants, stored.reach), *(obj for one in made for obj in one)]


def variables(tenant: TenantPlan) -> dict[str, str]:
    """Where the tenant's registry is, in the words of upstream's client: address and port."""
    return {
        "MODEL_REGISTRY_ADDRESS": place.address(tenant.name),
        "MODEL_REGISTRY_PORT": str(place.PORT),
    }


def _tenant(_: Ground, tenant: TenantPlan) -> Sequence[Object]:
    """Jobs take the ConfigMap as environment variables."""
    return [told(tenant, labels.MODEL_REGISTRY, variables(tenant)), fence.of_tenant(tenant)]


TOOL = Tool(LAYER, _parts, _tenant)
