"""The programs that layers run themselves, as Deployments, and what their accounts may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers.objects import binding, budget, role, spread, unprivileged

SECONDS = 5
"""That a program has for an answer: the usual second is too short for a node that is busy."""
ALONE: Mapping[str, Any] = {"strategy": {"type": "Recreate"}}
"""Of a Deployment whose new pod comes when the old one is gone."""


def deployment(
    metadata: Mapping[str, Any],
    pods: Mapping[str, str],
    pod: Mapping[str, Any],
    replicas: int = 1,
    *,
    marks: Mapping[str, Any] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Object:
    """A Deployment. pods: labels by which its pods are found; marks: their metadata where it is more than these; more:
    of its spec."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": dict(metadata),
        "spec": {
            "replicas": replicas,
            **(more or {}),
            "selector": {"matchLabels": dict(pods)},
            "template": {"metadata": dict(marks or {"labels": dict(pods)}), "spec": dict(pod)},
        },
    }


def asked(path: str, port: int) -> dict[str, Any]:
    """A probe by HTTP, but for how often."""
    return {"httpGet": {"path": path, "port": port}, "timeoutSeconds": SECONDS}


def account(metadata: Mapping[str, Any]) -> Object:
    """A service account."""
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": dict(metadata)}


def rights(
    metadata: Mapping[str, Any],
    everywhere: tuple[str, Sequence[Mapping[str, Any]]],
    in_tenants: tuple[str, Sequence[Mapping[str, Any]]],
    own: Sequence[Mapping[str, Any]],
) -> list[Object]:
    """A program's account and its roles: in the whole cluster, in tenants' namespaces, in its own.

    metadata: of the account, which its role at home is called after; the first two roles have names of their own. The
    second is bound in each tenant's namespace, by what lies there.
    """
    labels = {"labels": metadata["labels"]} if "labels" in metadata else {}
    whom = [{"kind": "ServiceAccount", "name": metadata["name"], "namespace": metadata["namespace"]}]
    (wide, rules), (inside, rules_inside) = everywhere, in_tenants
    return [
        account(metadata),
        role({"name": wide, **labels}, rules),
        role({"name": inside, **labels}, rules_inside),
        role(metadata, own),
        binding({"name": wide, **labels}, ("ClusterRole", wide), whom),
        binding(metadata, ("Role", metadata["name"]), whom),
    ]


def controller(
    metadata: Mapping[str, Any],
    container: Mapping[str, Any],
    replicas: int,
    selector: Mapping[str, str],
    *,
    user: int,
    volumes: Sequence[Mapping[str, Any]] = (),
    account: str = "",
) -> list[Object]:
    """A program that watches the API server: its Deployment, and what keeps one of several up.

    metadata: with labels, by which its pods are found too; selector: labels of the platform's own nodes; account: where
    it is not called as the Deployment is.
    """
    pods = metadata["labels"]
    pod = {
        "serviceAccountName": account or metadata["name"],
        "nodeSelector": dict(selector),
        "terminationGracePeriodSeconds": 10,
        "securityContext": unprivileged(user),
        "topologySpreadConstraints": spread(pods),
        "containers": [dict(container)],
        **({"volumes": list(volumes)} if volumes else {}),
    }
    return [deployment(metadata, pods, pod, replicas), *([budget(metadata, pods)] if replicas > 1 else [])]
