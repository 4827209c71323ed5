"""API objects that the cluster's own processes need before anything else is installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fairlead.targets.local.host.probes import api

_RBAC = "rbac.authorization.k8s.io"
_BASE = f"/apis/{_RBAC}/v1"

KWOK_RULES: list[dict[str, list[str]]] = [
    # kwok v0.8.0 kustomize/rbac/role.yaml, less its own custom resources, which are not used here
    {"apiGroups": [""], "resources": ["events"], "verbs": ["create", "patch", "update"]},
    {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get", "list", "watch"]},
    {"apiGroups": [""], "resources": ["nodes/status", "pods/status"], "verbs": ["patch", "update"]},
    {
        "apiGroups": [""],
        "resources": ["pods"],
        "verbs": ["delete", "get", "list", "patch", "update", "watch"],
    },
    {
        "apiGroups": ["coordination.k8s.io"],
        "resources": ["leases"],
        "verbs": ["create", "get", "list", "patch", "update", "watch"],
    },
]


def _binding(name: str, role: str, user: str) -> dict[str, Any]:
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": _RBAC, "kind": "User", "name": user}],
    }


def objects() -> list[dict[str, Any]]:
    """Roles of the two users that Kubernetes does not know: KWOK, and the API server at the kubelet."""
    role = {"apiVersion": f"{_RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": "fairlead:kwok"}}
    return [
        {**role, "rules": KWOK_RULES},
        _binding("fairlead:kwok", "fairlead:kwok", "system:kwok"),
        _binding("fairlead:kubelet-api", "system:kubelet-api-admin", "kube-apiserver-kubelet-client"),
    ]


def apply_all(pki: Path) -> None:
    """Server-side apply of each object. Raises ApiError."""
    for item in objects():
        plural = f"{item['kind'].lower()}s"
        path = f"{_BASE}/{plural}/{item['metadata']['name']}?fieldManager=fairlead-host&force=true"
        api(pki, "PATCH", path, item, "application/apply-patch+yaml")
