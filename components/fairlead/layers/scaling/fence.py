"""Who may call KEDA's pods: the API server, its own parts, and who gathers metrics; nobody else."""

from __future__ import annotations

from fairlead.contract.chart import Object
from fairlead.layers.objects import MONITORING, closed, door
from fairlead.layers.scaling.place import (
    ADAPTER,
    ADAPTER_PORT,
    INSIDE_PORT,
    METRICS_PORT,
    NAMESPACE,
    OPERATOR,
    WEBHOOKS,
    WEBHOOKS_PORT,
    labels_of,
)


def objects() -> list[Object]:
    """Ingress is denied by default, and each part's door opened to those that need it.

    The API server is no pod, and its address differs between targets: its two doors are open to all. The adapter asks
    for a certificate that the API server alone has, and the webhooks change nothing. Egress stays open for the same
    reason: no policy names the API server of every target, not by a range where nodes have an identity in its place.
    """
    metrics = door(METRICS_PORT, [MONITORING])
    adapter = {"podSelector": {"matchLabels": labels_of(ADAPTER)}}
    return [
        closed("default-deny", NAMESPACE, {}),
        closed(OPERATOR, NAMESPACE, labels_of(OPERATOR), [door(INSIDE_PORT, [adapter]), metrics]),
        closed(ADAPTER, NAMESPACE, labels_of(ADAPTER), [door(ADAPTER_PORT), metrics]),
        closed(WEBHOOKS, NAMESPACE, labels_of(WEBHOOKS), [door(WEBHOOKS_PORT), metrics]),
    ]
