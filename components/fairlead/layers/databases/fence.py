"""Who may call the operator and the databases that it makes.

Egress stays open for both: they call the API server, which no policy can name everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fairlead.contract.chart import Object
from fairlead.layers.databases.place import (
    CLUSTER,
    INSTANCE_METRICS_PORT,
    LABELS,
    METRICS_PORT,
    NAMESPACE,
    OPERATOR,
    POSTGRES_PORT,
    STATUS_PORT,
    WEBHOOKS_PORT,
)
from fairlead.layers.objects import MONITORING, closed, door, pods_of

_OPERATOR = pods_of(NAMESPACE, LABELS)


def operator() -> list[Object]:
    """The API server is no pod, and its address differs between targets: the door of the webhooks is open to all."""
    doors = [door(WEBHOOKS_PORT), door(METRICS_PORT, [MONITORING])]
    return [closed("default-deny", NAMESPACE, {}), closed(OPERATOR, NAMESPACE, LABELS, doors)]


def database(name: str, namespace: str, users: Sequence[Mapping[str, str]]) -> list[Object]:
    """A database is called by who uses it, by its own instances and by the operator.

    users: labels of pods of the same namespace. Nothing else in that namespace is opened.
    """
    own = {CLUSTER: name}
    same = {"podSelector": {"matchLabels": own}}
    callers = [{"podSelector": {"matchLabels": dict(one)}} for one in users]
    doors = [
        door(POSTGRES_PORT, [*callers, same, _OPERATOR]),
        door(STATUS_PORT, [same, _OPERATOR]),
        door(INSTANCE_METRICS_PORT, [MONITORING]),
    ]
    return [closed("default-deny", namespace, {}), closed(name, namespace, own, doors)]
