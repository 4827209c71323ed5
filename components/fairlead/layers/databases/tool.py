"""The databases layer: the operator, and the namespaces in which it may make databases.

The databases themselves are parts of the layers that use them (`database`): they stand after the operator and
go before it. Their namespaces are made here, because the operator does not start before it may watch them. Where the
cloud runs all of them there is no operator.
"""

from __future__ import annotations

from fairlead.contract.chart import Object
from fairlead.contract.database import Database
from fairlead.layers.databases import client, fence, operator, postgres, rights
from fairlead.layers.databases.place import INSTANCE_METRICS_PORT, INSTANCES, LABELS, METRICS_PORT, NAMESPACE
from fairlead.layers.objects import closed, restricted_namespace
from fairlead.layers.tool import Ground, Measured, Part, Tool
from fairlead.plan.databases_model import LAYER, OPERATOR, SERVER, USERS
from fairlead.plan.model import PlatformPlan

PART = "databases"


def _parts(ground: Ground) -> list[Part]:
    plan = ground.plan.databases
    spaces = [*plan.namespaces, *(USERS[layer] for layer in plan.outside)]
    named = [restricted_namespace(name) for name in spaces]
    return [Part(PART, [*named, *(_operator(ground) if plan.operated else ())])]


def _operator(ground: Ground) -> list[Object]:
    plan, handle = ground.plan.databases, ground.handle
    made = operator.objects(ground.image(OPERATOR), plan.replicas, plan.namespaces, handle.system_selector)
    return [
        restricted_namespace(NAMESPACE),
        *fence.operator(),
        *rights.objects([NAMESPACE, *plan.namespaces]),
        *operator.crds(ground.render),
        *made,
    ]


def called(layer: str, wanted: postgres.Wanted, ground: Ground) -> Database:
    """How a layer calls its database. Raises KeyError where the plan has it outside and the target hands none over."""
    outside = layer in ground.plan.databases.outside
    return ground.handle.databases[layer] if outside else postgres.database(wanted)


def database(name: str, layer: str, wanted: postgres.Wanted, ground: Ground) -> Part:
    """The part of a database that a layer asks for."""
    plan, handle = ground.plan.databases, ground.handle
    if layer in plan.outside:
        told = client.objects(called(layer, wanted, ground), wanted.namespace)
        return Part(name, [closed("default-deny", wanted.namespace, {}), *told], after=(PART,))
    made = postgres.objects(
        wanted,
        plan,
        ground.image(SERVER),
        handle.storage_classes["fairlead-block"],
        handle.system_selector,
    )
    return Part(name, made, after=(PART,), probes=[postgres.probe(wanted.namespace)])


def _measured(plan: PlatformPlan) -> list[Measured]:
    """The operator, and each database that it makes."""
    if not plan.databases.operated:
        return []
    spaces = plan.databases.namespaces
    return [
        Measured("cloudnative-pg", NAMESPACE, LABELS, METRICS_PORT, PART),
        *(Measured(f"{one}-database", one, INSTANCES, INSTANCE_METRICS_PORT, PART) for one in spaces),
    ]


TOOL = Tool(LAYER, _parts, measured=_measured)
