"""The events layer: the controller, what event sources and sensors are held to, and what each tenant gets."""

from __future__ import annotations

from fairlead.layers.events import controller, members, place, policies, rights
from fairlead.layers.objects import restricted_namespace
from fairlead.layers.tool import Ground, Measured, Part, Tool
from fairlead.plan.events_model import IMAGE, LAYER, NAMESPACE
from fairlead.plan.model import PlatformPlan

PART = "events"


def _parts(ground: Ground) -> list[Part]:
    made = controller.objects(ground.image(IMAGE), ground.plan.events.replicas, ground.handle.system_selector)
    objects = [
        restricted_namespace(NAMESPACE),
        *controller.crds(ground.render),
        *policies.objects(),
        *rights.objects(),
        *made,
    ]
    return [Part(PART, objects)]


def _measured(_: PlatformPlan) -> list[Measured]:
    return [Measured("argo-events", NAMESPACE, place.LABELS, place.METRICS_PORT, PART)]


TOOL = Tool(LAYER, _parts, members.objects, measured=_measured)
