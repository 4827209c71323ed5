"""The pipelines layer: the servers, then the two controllers that call them, and what each tenant gets of it."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.contract.chart import Object
from fairlead.layers.objects import restricted_namespace
from fairlead.layers.pipelines import agents, api, fence, kinds, members, place, rights, store
from fairlead.layers.secrets import brought
from fairlead.layers.secrets.tool import STORES
from fairlead.layers.tool import Ground, Measured, Part, Tool
from fairlead.layers.workflows.place import NAME as WORKFLOWS
from fairlead.plan.model import PlatformPlan
from fairlead.plan.pipelines_model import (
    AGENT,
    API,
    DRIVER,
    LAUNCHER,
    LAYER,
    METADATA,
    NAMESPACE,
    SCHEDULES,
)

SERVERS, CONTROLLERS = "pipelines-servers", "pipelines"


def _parts(ground: Ground) -> list[Part]:
    selector = ground.handle.system_selector
    runs = agents.objects(ground.image(AGENT), ground.image(SCHEDULES), selector)
    come = brought.objects(ground, LAYER)
    waits = brought.arrivals(ground, LAYER, "Deployment")
    return [
        Part(SERVERS, [*_servers(ground), *come], after=(STORES,) if come else (), arrivals=waits),
        # They end when the API does not answer for two minutes; and they watch Argo's kinds.
        Part(CONTROLLERS, runs, after=(SERVERS, WORKFLOWS)),
    ]


def _servers(ground: Ground) -> Sequence[Object]:
    plan, selector = ground.plan.pipelines, ground.handle.system_selector
    database = plan.database
    if database is None:
        raise KeyError("layer pipelines has a database in every plan that runs it")
    spaces = [tenant.namespace for tenant in ground.plan.tenants]
    images = (ground.image(API), ground.image(DRIVER), ground.image(LAUNCHER))
    return [
        restricted_namespace(NAMESPACE),
        kinds.crd(),
        *fence.objects(spaces, database, ground.plan.workflows.api_server),
        *rights.objects(),
        *store.objects(database, ground.image(METADATA), ground.image(AGENT), selector),
        *api.objects(plan, database, images, selector),
    ]


def _measured(_: PlatformPlan) -> list[Measured]:
    return [
        Measured(f"pipelines-{name}", NAMESPACE, place.labels(name), port, SERVERS)
        for name, port in ((place.API, place.HTTP), (place.SCHEDULES, place.METRICS_PORT))
    ]


TOOL = Tool(LAYER, _parts, members.objects, measured=_measured)
