"""InfiniBand: a device plugin offers a node's interfaces to one pod at a time, and its companion settles the node.

A process registers memory with the network card by locking it. Containers inherit how much they may lock from the
container runtime, often 64 KiB or 8 MiB; a pod can ask for no more, and the capability IPC_LOCK does nothing for a
process that is not root: https://github.com/NVIDIA/nvcf/pull/1354. So the limit is raised where it is inherited from,
on these nodes alone. What a pod locks counts as its memory, which stays limited.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fairlead.catalog.fabrics import OFFERED
from fairlead.contract.chart import Object
from fairlead.layers.fabric import place
from fairlead.plan.fabric_model import NodePart

NAME = "rdma-device-plugin"
SETTLED = "/tmp/settled"  # noqa: S108 - in the container
EVERY = 60
"""Seconds after which the node is looked at again: a container runtime that started anew has its old limit."""
MODULES = ("mlx5_ib", "ib_uverbs", "ib_umad", "rdma_ucm", "ib_ipoib")
"""Of the kernel, for verbs, connection manager and the link type by which the plugin tells the interfaces."""
NODE = f"""\
for module in {" ".join(MODULES)}; do modprobe "$module" || echo "the kernel has no module $module"; done
modprobe nvidia-peermem || echo "no nvidia-peermem: accelerators reach the network by dma-buf or through memory"
[ -n "$(ls /sys/class/infiniband)" ] || {{ echo "the node has no InfiniBand"; exit 1; }}
"""
LIMIT = """\
runtimes=$(pidof containerd crio)
[ -n "$runtimes" ] || { echo "no containerd and no CRI-O runs here"; exit 1; }
for process in $runtimes; do prlimit --pid "$process" --memlock=unlimited:unlimited || exit 1; done
"""
"""Both run on the node, with its own programs."""
SETTLE = f"""\
nsenter -t 1 -m -p sh -c "$0" || exit 1
while nsenter -t 1 -m -p sh -c "$1"; do
  touch {SETTLED}
  sleep {EVERY}
done
exit 1
"""
VENDOR = "15b3"
"""Of the PCI devices: github.com/Mellanox/k8s-rdma-shared-dev-plugin v1.5.3, README.md."""


def config() -> Mapping[str, Any]:
    """What the plugin is told: every InfiniBand interface of the node, to one pod at a time."""
    prefix, _, name = OFFERED.partition("/")
    return {
        "periodicUpdateInterval": 300,
        "configList": [
            {
                "resourceName": name,
                "resourcePrefix": prefix,
                "rdmaHcaMax": 1,
                "selectors": {"vendors": [VENDOR], "linkTypes": ["infiniband"]},
            }
        ],
    }


def objects(part: NodePart, image: str) -> list[Object]:
    """The plugin and its configuration."""
    metadata = {"name": part.name, "namespace": place.NAMESPACE}
    data = {"config.json": json.dumps(config(), indent=2)}
    folders = {
        "sockets": "/var/lib/kubelet/device-plugins",
        "registry": "/var/lib/kubelet/plugins_registry",
        "devices": "/dev",
    }
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data},
        place.daemon_set(part, _pod(part, image, folders), folders),
    ]


def _pod(part: NodePart, image: str, folders: Mapping[str, str]) -> Mapping[str, Any]:
    mounts = [{"name": name, "mountPath": path} for name, path in folders.items()]
    return {
        # The plugin reads the interfaces of the node's own network, its companion acts on the node's processes.
        "hostNetwork": True,
        "hostPID": True,
        "initContainers": [
            {
                "name": "node",
                "image": image,
                "restartPolicy": "Always",
                "command": ["/bin/sh", "-c", SETTLE, NODE, LIMIT],
                "startupProbe": {
                    "exec": {"command": ["test", "-e", SETTLED]},
                    "periodSeconds": 5,
                    "failureThreshold": 60,
                },
                "securityContext": {"privileged": True},
                "resources": _resources("10m", "16Mi", "64Mi"),
            }
        ],
        "containers": [
            {
                "name": "plugin",
                "image": image,
                "securityContext": {"privileged": True},
                "resources": _resources("10m", "32Mi", "128Mi"),
                "volumeMounts": [*mounts, {"name": "config", "mountPath": "/k8s-rdma-shared-dev-plugin"}],
            }
        ],
        "volumes": [{"name": "config", "configMap": {"name": part.name}}],
    }


def _resources(cpu: str, memory: str, limit: str) -> Mapping[str, Any]:
    return {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": limit}}
