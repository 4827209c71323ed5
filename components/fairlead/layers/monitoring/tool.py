"""The monitoring layer: the operator, the server, and whom it asks."""

from __future__ import annotations

from fairlead.catalog import lock
from fairlead.contract.chart import Release
from fairlead.layers.monitoring import fence, operator, prometheus
from fairlead.layers.monitoring.place import LABELS, NAMESPACE, OPERATOR, OPERATOR_PORT, PORT, SERVERS
from fairlead.layers.objects import restricted_namespace
from fairlead.layers.tool import Ground, Measured, Part, Tool
from fairlead.plan import monitoring_model
from fairlead.plan.model import PlatformPlan
from fairlead.plan.monitoring_model import CHART, LAYER

PART, SERVER_PART, ASKED = "monitoring", "monitoring-server", "monitoring-asked"


def _parts(ground: Ground) -> list[Part]:
    handle = ground.handle
    own = operator.objects(
        ground.image(monitoring_model.OPERATOR),
        ground.image(monitoring_model.RELOADER),
        handle.system_selector,
    )
    server = prometheus.objects(
        ground.plan.monitoring,
        ground.image(monitoring_model.SERVER),
        lock.images()[monitoring_model.SERVER].tag,
        handle.storage_classes["fairlead-block"],
        handle.system_selector,
    )
    kinds = ground.render(Release(CHART, CHART, NAMESPACE, {}))
    fences = fence.objects(ground.measured)
    spaces = tuple(sorted({one.after for one in ground.measured} - {PART}))
    return [
        Part(PART, [*kinds, restricted_namespace(NAMESPACE), *fences, *own]),
        Part(SERVER_PART, server, after=(PART,)),
        Part(ASKED, prometheus.asked(ground.measured), after=(SERVER_PART, *spaces)),
    ]


def _measured(_: PlatformPlan) -> list[Measured]:
    return [
        Measured(OPERATOR, NAMESPACE, LABELS, OPERATOR_PORT, PART),
        Measured("prometheus", NAMESPACE, SERVERS, PORT, PART),
    ]


TOOL = Tool(LAYER, _parts, measured=_measured)
