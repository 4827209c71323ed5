"""Device plugins that come out of no chart: a DaemonSet on the nodes of its pools, and no more rights than it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers.gpu import place
from fairlead.layers.objects import binding, role
from fairlead.plan.model import PoolPlan, Toleration

SOCKETS = "/var/lib/kubelet/device-plugins"
"""Where the kubelet listens for device plugins.
https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/, 2026-11-24"""


@dataclass(frozen=True)
class Plugin:
    """A vendor's device plugin."""

    name: str
    mounts: Mapping[str, str]
    """Volume -> directory of the node, mounted at the same place, beside the kubelet's sockets."""
    rules: Sequence[Mapping[str, Any]] = ()
    """Rights at the API server; without any it gets no token."""


AMD = Plugin("amd-device-plugin", {"sys": "/sys"})
"""After github.com/ROCm/k8s-device-plugin k8s-ds-amdgpu-dp.yaml, 2026-11-24: it reads /sys, and needs no API server."""

NEURON = Plugin(
    "neuron-device-plugin",
    {"run": "/run"},
    (
        {"apiGroups": [""], "resources": ["nodes", "pods"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": [""], "resources": ["nodes/status"], "verbs": ["patch"]},
        {"apiGroups": [""], "resources": ["events"], "verbs": ["create", "patch"]},
    ),
)
"""After the Neuron SDK's repository at 4c317ca, src/k8/k8s-neuron-device-plugin.yml, 2026-11-23. The rights are
fewer than in k8s-neuron-device-plugin-rbac.yml there, which may also change pods: that the plugin needs that for
the scheduler extension alone, which is not installed here, is not confirmed."""


def objects(plugin: Plugin, pools: Sequence[PoolPlan], further: Sequence[Toleration]) -> list[Object]:
    """The plugin on these pools, with its rights; its image comes later, with those of all parts."""
    metadata = {"name": plugin.name, "namespace": place.NAMESPACE}
    return [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": metadata,
            "automountServiceAccountToken": bool(plugin.rules),
        },
        *_rights(plugin, metadata),
        {
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "metadata": metadata,
            "spec": {
                "selector": {"matchLabels": {"name": plugin.name}},
                "template": {
                    "metadata": {"labels": {"name": plugin.name}},
                    "spec": _pod(plugin, pools, further),
                },
            },
        },
    ]


def _rights(plugin: Plugin, metadata: Mapping[str, str]) -> list[Object]:
    if not plugin.rules:
        return []
    name = f"fairlead:{plugin.name}"
    account = {"kind": "ServiceAccount", **metadata}
    return [
        role({"name": name}, plugin.rules),
        binding({"name": name}, ("ClusterRole", name), [account]),
    ]


def _pod(plugin: Plugin, pools: Sequence[PoolPlan], further: Sequence[Toleration]) -> Mapping[str, Any]:
    mounts = {"sockets": SOCKETS, **plugin.mounts}
    container = {
        "name": plugin.name,
        "image": plugin.name,
        "imagePullPolicy": "IfNotPresent",
        "env": [{"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": name, "mountPath": path} for name, path in mounts.items()],
    }
    return {
        "serviceAccountName": plugin.name,
        "priorityClassName": "system-node-critical",
        "affinity": place.affinity(pools),
        "tolerations": place.tolerations(pools, further),
        "containers": [container],
        "volumes": [{"name": name, "hostPath": {"path": path}} for name, path in mounts.items()],
    }
