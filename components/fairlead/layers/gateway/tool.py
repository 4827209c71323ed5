"""The gateway layer: certificates, the controller that asks for them, then the Gateway."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers.certificates.tool import AUTHORITY
from fairlead.layers.gateway import certificates, controller, entrance, fence, login, place
from fairlead.layers.objects import restricted_namespace, told
from fairlead.layers.secrets import brought
from fairlead.layers.secrets.tool import STORES
from fairlead.layers.tool import Ground, Measured, Part, Tool
from fairlead.plan.gateway_model import LAYER, NAMESPACE, PROXY
from fairlead.plan.model import PlatformPlan, TenantPlan

SECRETS = "gateway-secrets"
CERTIFICATES, PART, KIND = "gateway-certificates", "gateway", "gateway-class"
ENTRANCE = "gateway-entrance"
"""Who writes routes stands after it."""


def _parts(ground: Ground) -> list[Part]:
    plan = ground.plan.gateway
    own = [
        restricted_namespace(NAMESPACE),
        *fence.objects(),
        *certificates.between(),
        *certificates.hosts(plan),
    ]
    known = entrance.kind(plan, ground.image(PROXY), ground.handle.system_selector)
    guarded = login.objects(plan.login) if plan.login else []
    come = brought.objects(ground, LAYER)
    secrets = [Part(SECRETS, come, after=(CERTIFICATES, STORES))] if come else []
    waits = brought.arrivals(ground, LAYER, "SecurityPolicy")
    return [
        Part(CERTIFICATES, own, after=(AUTHORITY,)),
        *secrets,
        Part(PART, [*controller.crds(ground), *controller.objects(ground)], after=(CERTIFICATES,)),
        # The class goes when no Gateway is left of it: deleted side by side, the controller may never let go of it.
        Part(KIND, known, after=(PART,)),
        Part(
            ENTRANCE,
            [*guarded, *entrance.objects(plan)],
            (KIND, *(one.name for one in secrets)),
            arrivals=waits,
        ),
    ]


def _tenant(ground: Ground, tenant: TenantPlan) -> Sequence[Object]:
    """Under which names it serves, who calls its pods, and who writes its routes."""
    named = {labels.GATEWAY_DOMAIN: ground.plan.gateway.domain}
    return [told(tenant, labels.GATEWAY, named), *fence.of_tenant(tenant)]


def _measured(_: PlatformPlan) -> list[Measured]:
    """The controller, and the proxies that it makes, which call theirs by another path."""
    return [
        Measured("envoy-gateway", NAMESPACE, place.CONTROLLERS, place.METRICS, CERTIFICATES),
        Measured("envoy", NAMESPACE, place.PROXIES, place.PROXY_METRICS, CERTIFICATES, "/stats/prometheus"),
    ]


TOOL = Tool(LAYER, _parts, _tenant, measured=_measured)
