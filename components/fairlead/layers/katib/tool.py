"""The katib layer: its database, its programs behind their webhooks, then what experiments are held to."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.contract.chart import Object, Release
from fairlead.layers.certificates.tool import AUTHORITY
from fairlead.layers.databases.tool import called, database
from fairlead.layers.katib import config, fence, members, place, policies, programs, rights, webhooks
from fairlead.layers.tool import CRD, Ground, Measured, Part, Tool
from fairlead.plan.katib_model import CHART, CONTROLLER, LAYER, MANAGER, NAMESPACE
from fairlead.plan.model import PlatformPlan

DATABASE, PART, POLICIES = "katib-database", "katib", "katib-policies"


def _parts(ground: Ground) -> list[Part]:
    return [
        database(DATABASE, LAYER, place.DATABASE, ground),
        Part(PART, _programs(ground), after=(DATABASE, AUTHORITY)),
        # Behind the webhooks' answer: so nothing counts as standing whose experiments nobody would look at.
        Part(POLICIES, policies.objects(), after=(PART,), probes=[webhooks.probe()]),
    ]


def _programs(ground: Ground) -> Sequence[Object]:
    replicas, selector = ground.plan.katib.replicas, ground.handle.system_selector
    stored = called(LAYER, place.DATABASE, ground)
    told = config.settings(ground.image, replicas)
    return [
        # Beside the kinds lies what kustomize reads.
        *(one for one in ground.render(Release(CHART, CHART, NAMESPACE, {})) if one["kind"] == CRD),
        *fence.objects(stored.reach),
        *rights.objects(),
        *webhooks.objects(),
        *programs.controller(told, ground.image(CONTROLLER), replicas, selector),
        *programs.manager(stored, ground.image(MANAGER), replicas, selector),
    ]


def _measured(_: PlatformPlan) -> list[Measured]:
    pods = place.labels(place.PROGRAM[CONTROLLER])
    return [Measured("katib", NAMESPACE, pods, place.METRICS_PORT, PART)]


TOOL = Tool(LAYER, _parts, members.objects, place.MARKED, _measured)
