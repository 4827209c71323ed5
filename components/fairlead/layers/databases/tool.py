"""The databases layer: the operator, and the namespaces in which it may make databases.

The databases themselves are parts of the layers that use them (`database`): they stand after the operator and
go before it. Their namespaces are made here, because the operator does not start before it may watch them.
"""

from __future__ import annotations

from fairlead.layers.databases import fence, operator, postgres, rights
from fairlead.layers.databases.place import NAMESPACE
from fairlead.layers.objects import restricted_namespace
from fairlead.layers.tool import Ground, Part, Tool
from fairlead.plan.databases_model import LAYER, OPERATOR, SERVER

PART = "databases"


def _parts(ground: Ground) -> list[Part]:
    plan, handle = ground.plan.databases, ground.handle
    spaces = [NAMESPACE, *plan.namespaces]
    made = operator.objects(ground.image(OPERATOR), plan.replicas, plan.namespaces, handle.system_selector)
    objects = [
        *(restricted_namespace(name) for name in spaces),
        *fence.operator(),
        *rights.objects(spaces),
        *operator.crds(ground.render),
        *made,
    ]
    return [Part(PART, objects)]


def database(name: str, wanted: postgres.Wanted, ground: Ground) -> Part:
    """The part of a database that a layer asks for."""
    handle = ground.handle
    made = postgres.objects(
        wanted,
        ground.plan.databases,
        ground.image(SERVER),
        handle.storage_classes["fairlead-block"],
        handle.system_selector,
    )
    return Part(name, made, after=(PART,), probes=[postgres.probe(wanted.namespace)])


TOOL = Tool(LAYER, _parts)
