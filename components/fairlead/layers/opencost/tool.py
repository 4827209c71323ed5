"""The opencost layer: one program, what it counts with, and what it tells."""

from __future__ import annotations

from fairlead.layers.monitoring.prometheus import asked
from fairlead.layers.monitoring.tool import SERVER_PART
from fairlead.layers.objects import restricted_namespace
from fairlead.layers.opencost import fence, server
from fairlead.layers.opencost.place import FILLED, KEPT, LABELS, NAME, NAMESPACE, PORT
from fairlead.layers.tool import Ground, Measured, Part, Tool
from fairlead.plan.model import PlatformPlan
from fairlead.plan.opencost_model import IMAGE, LAYER

PART = LAYER


ITSELF = Measured(NAME, NAMESPACE, LABELS, PORT, PART, of_others=True, kept=KEPT, filled=FILLED, above=True)


def _parts(ground: Ground) -> list[Part]:
    plan, selector = ground.plan, ground.handle.system_selector
    made = [
        restricted_namespace(NAMESPACE),
        *fence.objects(),
        *server.objects(plan.opencost, plan.name, ground.image(IMAGE), selector),
        *asked([ITSELF]),
    ]
    return [Part(PART, made, after=(SERVER_PART,))]


def _measured(_: PlatformPlan) -> list[Measured]:
    return [ITSELF]


TOOL = Tool(LAYER, _parts, measured=_measured)
