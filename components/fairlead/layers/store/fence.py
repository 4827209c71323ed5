"""Who may call the store: pods of tenants and of layers that have a part of it, and who gathers metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers.objects import RBAC, binding, closed, door
from fairlead.layers.store.place import LABELS, METRICS_PORT, NAME, NAMESPACE, PORT
from fairlead.plan.store_model import StorePlan


def objects(plan: StorePlan) -> list[Object]:
    """Ingress is denied by default, and S3's door opened to the namespaces that have a part."""
    spaces = sorted({share.namespace for share in plan.shares})
    doors = [door(PORT, [_in(spaces)])] if spaces else []
    return [
        closed("default-deny", NAMESPACE, {}),
        closed(NAME, NAMESPACE, LABELS, [*doors, door(METRICS_PORT, [_in([labels.METRICS_NAMESPACE])])]),
    ]


def keys() -> list[Object]:
    """The API server tells anybody the public keys of its tokens: the store asks without an identity of its own.

    Where the API server answers nobody who has none, its own settings must let these two paths be asked.
    """
    nobody = {"apiGroup": RBAC, "kind": "Group", "name": "system:unauthenticated"}
    found = ("ClusterRole", "system:service-account-issuer-discovery")
    return [binding({"name": "fairlead:store:issuer-discovery"}, found, [nobody])]


def _in(namespaces: Sequence[str]) -> Mapping[str, Any]:
    chosen = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": list(namespaces)}
    return {"namespaceSelector": {"matchExpressions": [chosen]}}
