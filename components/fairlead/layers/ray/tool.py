"""The ray layer: the operator, the policies that Ray's objects are held to, and what each tenant gets of it."""

from __future__ import annotations

from fairlead.layers.objects import restricted_namespace
from fairlead.layers.ray import fence, members, operator, place, policies, rights
from fairlead.layers.tool import Ground, Measured, Part, Tool
from fairlead.plan.model import PlatformPlan
from fairlead.plan.ray_model import IMAGE, LAYER, NAMESPACE

PART = "ray"


def _parts(ground: Ground) -> list[Part]:
    made = operator.objects(ground.image(IMAGE), ground.plan.ray.replicas, ground.handle.system_selector)
    objects = [
        restricted_namespace(NAMESPACE),
        *operator.crds(ground.render),
        *fence.objects(),
        *policies.objects(),
        *rights.objects(),
        *made,
    ]
    return [Part(PART, objects)]


def _measured(_: PlatformPlan) -> list[Measured]:
    return [Measured("kuberay", NAMESPACE, place.LABELS, place.METRICS_PORT, PART)]


TOOL = Tool(LAYER, _parts, members.objects, measured=_measured)
