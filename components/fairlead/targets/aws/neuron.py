"""Neuron's device plugin: nodes with Trainium or Inferentia advertise `aws.amazon.com/neuron`. Pure.

After github.com/aws-neuron/aws-neuron-sdk@4c317ca src/k8/k8s-neuron-device-plugin.yml, 2026-11-23. The rights are
fewer than in k8s-neuron-device-plugin-rbac.yml there, which may also change pods: that the plugin needs that for
the scheduler extension alone, which is not installed here, is not confirmed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead import labels

NAME = "neuron-device-plugin"
NAMESPACE = "kube-system"
RESOURCE = "aws.amazon.com/neuron"
RBAC = "rbac.authorization.k8s.io"
SOCKETS = "/var/lib/kubelet/device-plugins"
"""Where the kubelet listens for device plugins."""

Object = Mapping[str, Any]


def objects(image: str, accelerators: Sequence[str]) -> list[Object]:
    """The plugin with its rights, on the nodes with these accelerators and no others."""
    metadata = {"name": NAME, "namespace": NAMESPACE}
    role = {"apiGroup": RBAC, "kind": "ClusterRole", "name": f"fairlead:{NAME}"}
    subject = {"kind": "ServiceAccount", **metadata}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "ClusterRole",
            "metadata": {"name": role["name"]},
            "rules": _rules(),
        },
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": role["name"]},
            "roleRef": role,
            "subjects": [subject],
        },
        {
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "metadata": metadata,
            "spec": {
                "selector": {"matchLabels": {"name": NAME}},
                "template": {"metadata": {"labels": {"name": NAME}}, "spec": _pod(image, accelerators)},
            },
        },
    ]


def _rules() -> list[Mapping[str, Any]]:
    return [
        {"apiGroups": [""], "resources": ["nodes", "pods"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": [""], "resources": ["nodes/status"], "verbs": ["patch"]},
        {"apiGroups": [""], "resources": ["events"], "verbs": ["create", "patch"]},
    ]


def _pod(image: str, accelerators: Sequence[str]) -> Mapping[str, Any]:
    term = {"matchExpressions": [{"key": labels.ACCELERATOR, "operator": "In", "values": list(accelerators)}]}
    mounts = {"sockets": SOCKETS, "run": "/run"}
    container = {
        "name": NAME,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "env": [{"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": name, "mountPath": path} for name, path in mounts.items()],
    }
    return {
        "serviceAccountName": NAME,
        "priorityClassName": "system-node-critical",
        "affinity": {
            "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
        },
        "tolerations": [{"key": RESOURCE, "operator": "Exists", "effect": "NoSchedule"}],
        "containers": [container],
        "volumes": [{"name": name, "hostPath": {"path": path}} for name, path in mounts.items()],
    }
