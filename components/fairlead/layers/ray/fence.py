"""Who may call the operator, and where a tenant's fence lets it in."""

from __future__ import annotations

from fairlead.contract.chart import Object
from fairlead.layers.objects import MONITORING, closed, door, pods_of
from fairlead.layers.ray.place import DASHBOARD_PORT, LABELS, METRICS_PORT, NODE, OPERATOR, SERVE_PORT
from fairlead.plan.ray_model import NAMESPACE

_OPERATOR = pods_of(NAMESPACE, LABELS)


def objects() -> list[Object]:
    """Nobody calls it but who gathers metrics. Egress stays open: it calls the API server and tenants' pods."""
    return [
        closed("default-deny", NAMESPACE, {}),
        closed(OPERATOR, NAMESPACE, LABELS, [door(METRICS_PORT, [MONITORING])]),
    ]


def nodes(namespace: str) -> Object:
    """The operator asks Ray clusters for their jobs and services; among themselves pods of a tenant may call anyway."""
    doors = [door(DASHBOARD_PORT, [_OPERATOR]), door(SERVE_PORT, [_OPERATOR])]
    return closed("ray", namespace, NODE, doors)
