"""The monitoring layer: the operator, the server, whom it asks, what it computes, and who is told."""

from __future__ import annotations

from fairlead.catalog import lock, read
from fairlead.contract.chart import Object, Release
from fairlead.layers.monitoring import (
    alertmanager,
    alerts,
    dashboards,
    fence,
    kubelets,
    operator,
    prometheus,
    reclaimer,
    rules,
    states,
    tenants,
)
from fairlead.layers.monitoring.place import (
    ALERTMANAGER_PORT,
    ALERTMANAGERS,
    LABELS,
    NAMESPACE,
    OPERATOR,
    OPERATOR_PORT,
    PORT,
    RECLAIMER,
    RECLAIMER_LABELS,
    RECLAIMER_PORT,
    SERVERS,
    STATES,
    STATES_LABELS,
    STATES_PORT,
)
from fairlead.layers.objects import restricted_namespace
from fairlead.layers.secrets import brought
from fairlead.layers.tool import Ground, Measured, Part, Tool
from fairlead.plan import monitoring_model as model
from fairlead.plan.model import PlatformPlan, TenantPlan

PART = "monitoring"
PEOPLE, SERVER_PART = f"{PART}-alertmanager", f"{PART}-server"
RULES, ASKED, DASHBOARDS = f"{PART}-rules", f"{PART}-asked", f"{PART}-dashboards"


def _parts(ground: Ground) -> list[Part]:
    waits = brought.arrivals(ground, model.LAYER, "Alertmanager")
    spaces = tuple(sorted({one.after for one in ground.measured if not one.above} - {PART}))
    return [
        Part(PART, _programs(ground)),
        Part(PEOPLE, _people(ground), after=(PART,), arrivals=waits),
        Part(SERVER_PART, _server(ground), after=(PART,)),
        Part(RULES, _rules(ground), after=(SERVER_PART,)),
        Part(DASHBOARDS, dashboards.objects(_layers(ground)), after=(PART,)),
        Part(ASKED, _asked(ground), after=(SERVER_PART, *spaces)),
    ]


def _programs(ground: Ground) -> list[Object]:
    """The namespace with its fence, the operator with its kinds, and what tells of the cluster's objects."""
    selector = ground.handle.system_selector
    images = ground.image(model.OPERATOR), ground.image(model.RELOADER)
    return [
        *ground.render(Release(model.CHART, model.CHART, NAMESPACE, {})),
        restricted_namespace(NAMESPACE),
        *fence.objects(ground.measured, _spaces(ground), _above(ground)),
        *operator.objects(*images, selector),
        *states.objects(ground.image(model.STATES), selector, _layers(ground)),
        *(_reclaimer(ground) if reclaimer.runs(ground.plan) else ()),
        *brought.objects(ground, model.LAYER),
    ]


def _reclaimer(ground: Ground) -> list[Object]:
    return reclaimer.objects(ground.plan, ground.image(model.PYTHON), ground.handle.system_selector)


def _server(ground: Ground) -> list[Object]:
    image, tag = ground.image(model.SERVER), lock.images()[model.SERVER].tag
    disk, selector = ground.handle.storage_classes["fairlead-block"], ground.handle.system_selector
    return [*prometheus.objects(ground.plan.monitoring, image, tag, disk, selector), *alertmanager.finding()]


def _people(ground: Ground) -> list[Object]:
    image, tag = ground.image(model.ALERTMANAGER), lock.images()[model.ALERTMANAGER].tag
    disk, selector = ground.handle.storage_classes["fairlead-block"], ground.handle.system_selector
    return alertmanager.objects(ground.plan.monitoring.receivers, image, tag, disk, selector)


def _rules(ground: Ground) -> list[Object]:
    layers = _layers(ground)
    return [
        *rules.objects(ground.plan.monitoring, layers),
        *alerts.objects(ground.plan.monitoring, layers, read.load().alerts.values()),
    ]


def _asked(ground: Ground) -> list[Object]:
    spaces = _spaces(ground)
    return [
        *prometheus.asked([one for one in ground.measured if not one.above]),
        *kubelets.objects(prometheus.ASKING),
        *([tenants.monitor(spaces)] if spaces else []),
    ]


def _layers(ground: Ground) -> set[str]:
    """Those that run."""
    return {layer.name for layer in ground.plan.layers if layer.enabled}


def _above(ground: Ground) -> list[str]:
    """Namespaces of those that stand on this layer, and ask the server."""
    return sorted({one.namespace for one in ground.measured if one.above})


def _spaces(ground: Ground) -> list[str]:
    """The tenants' namespaces."""
    return [tenant.namespace for tenant in ground.plan.tenants]


def _measured(plan: PlatformPlan) -> list[Measured]:
    took = Measured(RECLAIMER, NAMESPACE, RECLAIMER_LABELS, RECLAIMER_PORT, PART)
    return [
        Measured(OPERATOR, NAMESPACE, LABELS, OPERATOR_PORT, PART),
        Measured("prometheus", NAMESPACE, SERVERS, PORT, PART),
        Measured("alertmanager", NAMESPACE, ALERTMANAGERS, ALERTMANAGER_PORT, PART),
        Measured(STATES, NAMESPACE, STATES_LABELS, STATES_PORT, PART, of_others=True),
        *([took] if reclaimer.runs(plan) else []),
    ]


def _tenant(ground: Ground, tenant: TenantPlan) -> list[Object]:
    return [*tenants.of(tenant), *(reclaimer.of(tenant) if reclaimer.runs(ground.plan) else ())]


TOOL = Tool(model.LAYER, _parts, _tenant, measured=_measured)
