"""Programs for accelerators that come out of no chart: DaemonSets on their pools' nodes, with the rights they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers.gpu import place
from fairlead.layers.objects import EVENTS, READ, binding, role, rule
from fairlead.layers.programs import account
from fairlead.plan.gpu_model import EXPORTER
from fairlead.plan.model import PoolPlan, Toleration

SOCKETS = {"sockets": "/var/lib/kubelet/device-plugins"}
"""Where the kubelet listens for device plugins.
https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/, 2026-11-24"""


@dataclass(frozen=True)
class Daemon:
    """A program on every node of some pools."""

    name: str
    mounts: Mapping[str, str]
    """Volume -> directory of the node, mounted at the same place."""
    rules: Sequence[Mapping[str, Any]] = ()
    """Rights at the API server; without any it gets no token."""
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    adds: tuple[str, ...] = ()
    """Capabilities of the kernel, where it needs one."""
    port: int = 0
    """Where it tells how it is, at /health; 0: nowhere."""


AMD = Daemon("amd-device-plugin", {**SOCKETS, "sys": "/sys"})
"""After github.com/ROCm/k8s-device-plugin k8s-ds-amdgpu-dp.yaml, 2026-11-24: it reads /sys, and needs no API server."""

NEURON = Daemon(
    "neuron-device-plugin",
    {**SOCKETS, "run": "/run"},
    (
        rule(("",), ("nodes", "pods"), READ),
        rule(("",), ("nodes/status",), ("patch",)),
        EVENTS,
    ),
)
"""After the Neuron SDK's repository at 4c317ca, src/k8/k8s-neuron-device-plugin.yml, 2026-11-23. The rights are
fewer than in k8s-neuron-device-plugin-rbac.yml there, which may also change pods: that the plugin needs that for
the scheduler extension alone, which is not installed here, is not confirmed."""

EXPORTER_PORT = 9400
CLAIMS = (rule(("",), ("pods",), READ), rule(("resource.k8s.io",), ("resourceslices",), READ))
"""What tells whose pod has a claimed device: without, metrics of such devices name no pod."""


def exporter(pools: Sequence[PoolPlan]) -> Daemon:
    """DCGM exporter, which names the pod of each accelerator, also where it is shared or claimed.

    After deployment/templates/daemonset.yaml of github.com/NVIDIA/dcgm-exporter at 00673ef, the flags of its
    pkg/cmd/app.go for the variables, 2026-11-30. The capability is for DCGM's profiling metrics.
    """
    kinds = {pool.sharing.kind for pool in pools}
    env = {
        "DCGM_EXPORTER_KUBERNETES": "true",
        "DCGM_EXPORTER_LISTEN": f":{EXPORTER_PORT}",
        "NVIDIA_VISIBLE_DEVICES": "all",
        **({"KUBERNETES_VIRTUAL_GPUS": "true"} if kinds & {"time-slicing", "mps"} else {}),
        **({"KUBERNETES_ENABLE_DRA": "true"} if "dra" in kinds else {}),
    }
    mounts = {"pod-resources": "/var/lib/kubelet/pod-resources"}
    rules = CLAIMS if "dra" in kinds else ()
    return Daemon(EXPORTER, mounts, rules, env, ("SYS_ADMIN",), EXPORTER_PORT)


def objects(daemon: Daemon, pools: Sequence[PoolPlan], further: Sequence[Toleration]) -> list[Object]:
    """The daemon on these pools, with its rights; its image comes later, with those of all parts."""
    metadata = {"name": daemon.name, "namespace": place.NAMESPACE}
    return [
        {**account(metadata), "automountServiceAccountToken": bool(daemon.rules)},
        *_rights(daemon, metadata),
        {
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "metadata": metadata,
            "spec": {
                "selector": {"matchLabels": {"name": daemon.name}},
                "template": {
                    "metadata": {"labels": {"name": daemon.name}},
                    "spec": _pod(daemon, pools, further),
                },
            },
        },
    ]


def _rights(daemon: Daemon, metadata: Mapping[str, str]) -> list[Object]:
    if not daemon.rules:
        return []
    name = f"fairlead:{daemon.name}"
    own = {"kind": "ServiceAccount", **metadata}
    return [role({"name": name}, daemon.rules), binding({"name": name}, ("ClusterRole", name), [own])]


def _pod(daemon: Daemon, pools: Sequence[PoolPlan], further: Sequence[Toleration]) -> Mapping[str, Any]:
    node = {"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
    sealed = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    # Beside the usual capabilities, as its maker has it: with fewer nobody here could try it.
    opened = {"runAsUser": 0, "capabilities": {"add": list(daemon.adds)}}
    container = {
        "name": daemon.name,
        "image": daemon.name,
        "imagePullPolicy": "IfNotPresent",
        "env": [node, *({"name": name, "value": value} for name, value in daemon.env.items())],
        "securityContext": opened if daemon.adds else sealed,
        "volumeMounts": [{"name": name, "mountPath": path} for name, path in daemon.mounts.items()],
        **(_told(daemon.port) if daemon.port else {}),
    }
    return {
        "serviceAccountName": daemon.name,
        "priorityClassName": "system-node-critical",
        "affinity": place.affinity(pools),
        "tolerations": place.tolerations(pools, further),
        "containers": [container],
        "volumes": [{"name": name, "hostPath": {"path": path}} for name, path in daemon.mounts.items()],
    }


def _told(port: int) -> Mapping[str, Any]:
    """Where a container says what it measures, and how it is."""
    health = {"httpGet": {"path": "/health", "port": port}, "periodSeconds": 10, "failureThreshold": 6}
    ports = [{"name": "metrics", "containerPort": port}]
    return {"livenessProbe": health, "readinessProbe": health, "ports": ports}
