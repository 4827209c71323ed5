"""Who may call KEDA's pods: the API server, its own parts, and who gathers metrics; nobody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object
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

Peer = Mapping[str, Any]


def objects() -> list[Object]:
    """Ingress is denied by default, and each part's door opened to those that need it.

    The API server is no pod, and its address differs between targets: its two doors are open to all. The adapter asks
    for a certificate that the API server alone has, and the webhooks change nothing. Egress stays open for the same
    reason: no policy names the API server of every target, not by a range where nodes have an identity in its place.
    """
    monitoring = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": labels.METRICS_NAMESPACE}}
    }
    metrics = _rule(METRICS_PORT, [monitoring])
    adapter = {"podSelector": {"matchLabels": labels_of(ADAPTER)}}
    return [
        _policy("default-deny", {}, []),
        _policy(OPERATOR, labels_of(OPERATOR), [_rule(INSIDE_PORT, [adapter]), metrics]),
        _policy(ADAPTER, labels_of(ADAPTER), [_rule(ADAPTER_PORT), metrics]),
        _policy(WEBHOOKS, labels_of(WEBHOOKS), [_rule(WEBHOOKS_PORT), metrics]),
    ]


def _policy(name: str, pods: Mapping[str, str], ingress: Sequence[Mapping[str, Any]]) -> Object:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "podSelector": {"matchLabels": dict(pods)} if pods else {},
            "policyTypes": ["Ingress"],
            "ingress": list(ingress),
        },
    }


def _rule(port: int, peers: Sequence[Peer] = ()) -> dict[str, Any]:
    """peers: who may call; empty for everybody."""
    ports = [{"protocol": "TCP", "port": port}]
    return {"ports": ports, "from": list(peers)} if peers else {"ports": ports}
