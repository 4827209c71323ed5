"""The databases layer: the operator, and the namespaces in which it may make databases.

The databases themselves are parts of the layers that use them (`postgres.objects`): they stand after the operator and
go before it. Their namespaces are made here, because the operator does not start before it may watch them.
"""

from __future__ import annotations

from fairlead.layers.databases import fence, operator, rights
from fairlead.layers.databases.place import NAMESPACE
from fairlead.layers.objects import restricted_namespace
from fairlead.layers.tool import Ground, Part, Tool
from fairlead.plan.databases_model import LAYER, OPERATOR

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


TOOL = Tool(LAYER, _parts)
