"""Who may call the store: pods of tenants and of layers that have a part of it, and who gathers metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers.store.place import LABELS, METRICS_PORT, NAME, PORT, metadata
from fairlead.plan.store_model import StorePlan


def objects(plan: StorePlan) -> list[Object]:
    """Ingress is denied by default, and S3's door opened to the namespaces that have a part."""
    spaces = sorted({share.namespace for share in plan.shares})
    within = [_space("In", spaces)] if spaces else []
    return [
        _policy("default-deny", {}, []),
        _policy(
            NAME,
            LABELS,
            [_rule(PORT, within), _rule(METRICS_PORT, [_space("In", [labels.METRICS_NAMESPACE])])],
        ),
    ]


def keys() -> list[Object]:
    """The API server tells anybody the public keys of its tokens: the store asks without an identity of its own.

    Where the API server answers nobody who has none, its own settings must let these two paths be asked.
    """
    group = "rbac.authorization.k8s.io"
    return [
        {
            "apiVersion": f"{group}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "fairlead:store:issuer-discovery"},
            "roleRef": {
                "apiGroup": group,
                "kind": "ClusterRole",
                "name": "system:service-account-issuer-discovery",
            },
            "subjects": [{"apiGroup": group, "kind": "Group", "name": "system:unauthenticated"}],
        }
    ]


def _space(operator: str, names: Sequence[str]) -> Mapping[str, Any]:
    chosen = {"key": "kubernetes.io/metadata.name", "operator": operator, "values": list(names)}
    return {"namespaceSelector": {"matchExpressions": [chosen]}}


def _policy(name: str, pods: Mapping[str, str], ingress: Sequence[Mapping[str, Any]]) -> Object:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(name),
        "spec": {
            "podSelector": {"matchLabels": dict(pods)} if pods else {},
            "policyTypes": ["Ingress"],
            "ingress": [rule for rule in ingress if rule["from"]],
        },
    }


def _rule(port: int, peers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"ports": [{"protocol": "TCP", "port": port}], "from": list(peers)}
