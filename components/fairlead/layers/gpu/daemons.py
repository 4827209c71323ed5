"""Programs for accelerators that come out of no chart: DaemonSets on their pools' nodes, with the rights they need."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers.gpu import place
from fairlead.layers.objects import EVENTS, HARDENED, MONITORING, READ, binding, closed, door, role, rule
from fairlead.layers.programs import account
from fairlead.plan.model import PoolPlan, Toleration

SOCKETS = {"sockets": "/var/lib/kubelet/device-plugins"}
"""Where the kubelet listens for device plugins.
https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/, 2026-11-24"""


FILES = "/etc/fairlead"
"""Where a daemon's own files lie in its container."""


@dataclass(frozen=True)
class Daemon:
    """A program on every node of some pools."""

    name: str
    mounts: Mapping[str, str] = field(default_factory=dict[str, str])
    """Volume -> directory of the node, mounted at the same place."""
    reads: Mapping[str, str] = field(default_factory=dict[str, str])
    """The same, of which it only reads."""
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    """What it is told in files, below FILES: name -> text."""
    rules: Sequence[Mapping[str, Any]] = ()
    """Rights at the API server; without any it gets no token."""
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    command: tuple[str, ...] = ()
    """What is started; empty: what its image starts."""
    args: tuple[str, ...] = ()
    adds: tuple[str, ...] = ()
    """Capabilities of the kernel, where it needs some; it is root then, with no others."""
    privileged: bool = False
    """Whether it calls the node's devices, which no capability opens."""
    port: int = 0
    """Where it tells what it measures; 0: nowhere."""
    health: str = ""
    """Where it tells there how it is; empty: it is well when the port answers."""


AMD = Daemon("amd-device-plugin", {**SOCKETS, "sys": "/sys"})
"""After github.com/ROCm/k8s-device-plugin k8s-ds-amdgpu-dp.yaml, 2026-11-24: it reads /sys, and needs no API server."""

NEURON = Daemon(
    "neuron-device-plugin",
    {**SOCKETS, "run": "/run"},
    rules=(
        rule(("",), ("nodes", "pods"), READ),
        rule(("",), ("nodes/status",), ("patch",)),
        EVENTS,
    ),
)
"""After the Neuron SDK's repository at 4c317ca, src/k8/k8s-neuron-device-plugin.yml, 2026-11-23. The rights are
fewer than in k8s-neuron-device-plugin-rbac.yml there, which may also change pods: that the plugin needs that for
the scheduler extension alone, which is not installed here, is not confirmed."""


def objects(daemon: Daemon, pools: Sequence[PoolPlan], further: Sequence[Toleration]) -> list[Object]:
    """The daemon on these pools, with its rights; its image comes later, with those of all parts."""
    metadata = {"name": daemon.name, "namespace": place.NAMESPACE}
    return [
        {**account(metadata), "automountServiceAccountToken": bool(daemon.rules)},
        *_rights(daemon, metadata),
        *([_files(daemon, metadata)] if daemon.files else ()),
        closed(daemon.name, place.NAMESPACE, _worn(daemon), _doors(daemon)),
        {
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "metadata": metadata,
            "spec": {
                "selector": {"matchLabels": _worn(daemon)},
                "template": {
                    "metadata": {"labels": _worn(daemon), **_marked(daemon)},
                    "spec": _pod(daemon, pools, further),
                },
            },
        },
    ]


def _worn(daemon: Daemon) -> dict[str, str]:
    return {"name": daemon.name}


def _doors(daemon: Daemon) -> list[Mapping[str, Any]]:
    """Only who gathers metrics calls them, where they have any."""
    return [door(daemon.port, [MONITORING])] if daemon.port else []


def _rights(daemon: Daemon, metadata: Mapping[str, str]) -> list[Object]:
    if not daemon.rules:
        return []
    name = f"fairlead:{daemon.name}"
    own = {"kind": "ServiceAccount", **metadata}
    return [role({"name": name}, daemon.rules), binding({"name": name}, ("ClusterRole", name), [own])]


def _files(daemon: Daemon, metadata: Mapping[str, str]) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": dict(metadata), "data": dict(daemon.files)}


def _marked(daemon: Daemon) -> Mapping[str, Any]:
    """A program that has read its files at its start is started anew by others."""
    if not daemon.files:
        return {}
    digest = hashlib.sha256(
        "".join(f"{key}={text}" for key, text in daemon.files.items()).encode()
    ).hexdigest()
    return {"annotations": {"fairlead.dev/files": digest[:16]}}


def _pod(daemon: Daemon, pools: Sequence[PoolPlan], further: Sequence[Toleration]) -> Mapping[str, Any]:
    volumes = {**daemon.mounts, **daemon.reads}
    return {
        "serviceAccountName": daemon.name,
        "automountServiceAccountToken": bool(daemon.rules),
        "priorityClassName": "system-node-critical",
        "affinity": place.affinity(pools),
        "tolerations": place.tolerations(pools, further),
        "containers": [_container(daemon)],
        "volumes": [
            *({"name": name, "hostPath": {"path": path}} for name, path in volumes.items()),
            *([{"name": "files", "configMap": {"name": daemon.name}}] if daemon.files else ()),
        ],
    }


def _container(daemon: Daemon) -> Mapping[str, Any]:
    node = {"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
    mounts = [
        *({"name": name, "mountPath": path} for name, path in daemon.mounts.items()),
        *({"name": name, "mountPath": path, "readOnly": True} for name, path in daemon.reads.items()),
        *([{"name": "files", "mountPath": FILES, "readOnly": True}] if daemon.files else ()),
    ]
    return {
        "name": daemon.name,
        "image": daemon.name,
        "imagePullPolicy": "IfNotPresent",
        **({"command": list(daemon.command)} if daemon.command else {}),
        **({"args": list(daemon.args)} if daemon.args else {}),
        "env": [node, *({"name": name, "value": value} for name, value in daemon.env.items())],
        "securityContext": _context(daemon),
        "volumeMounts": mounts,
        **(_told(daemon) if daemon.port else {}),
    }


def _context(daemon: Daemon) -> Mapping[str, Any]:
    if daemon.privileged:
        return {"privileged": True}
    if daemon.adds:
        capabilities = {**HARDENED["capabilities"], "add": list(daemon.adds)}
        return {**HARDENED, "runAsUser": 0, "capabilities": capabilities}
    return dict(HARDENED)


def _told(daemon: Daemon) -> Mapping[str, Any]:
    """Where a container says what it measures, and how it is."""
    asked = {"httpGet": {"path": daemon.health, "port": daemon.port}} if daemon.health else _answers(daemon)
    often = {**asked, "periodSeconds": 10, "failureThreshold": 6}
    ports = [{"name": "metrics", "containerPort": daemon.port}]
    return {"livenessProbe": often, "readinessProbe": often, "ports": ports}


def _answers(daemon: Daemon) -> Mapping[str, Any]:
    """Its metrics are not asked for only to see that it lives: each answer may call every device."""
    return {"tcpSocket": {"port": daemon.port}}
