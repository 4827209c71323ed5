"""GPUDirect over sockets, on nodes whose jobs get it: the libraries of its plugin, and devices for its daemon.

After github.com/GoogleCloudPlatform/container-engine-accelerators at 992db81, gpudirect-tcpx, gpudirect-tcpxo and
nri_device_injector: what is installed where, and in which order. The daemon itself runs beside each job.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers.fabric import place
from fairlead.layers.objects import SEALED, unprivileged
from fairlead.plan.fabric_model import NodePart

INJECTOR = "device-injector"
INSTALLERS: Mapping[str, str] = {"tcpx-installer": "tcpx", "tcpxo-installer": "tcpxo"}
"""Part -> folder of the node's /var/lib into which its image's own script unpacks."""
LIBRARIES = "/home/kubernetes/bin"
"""Folder of the node below which the driver's libraries lie, and the plugin's beside them."""
INSTALL = """\
set -e
chmod 755 /scripts/container_entry.sh
/scripts/container_entry.sh install --install-nccl
mkdir -p /usr/local/nvidia/lib64
cp -r "/var/lib/$0/lib64/." /usr/local/nvidia/lib64
"""
WINDOWS = """\
set -e
iptables -C INPUT -p tcp -m tcp -j ACCEPT || iptables -I INPUT -p tcp -m tcp -j ACCEPT
modprobe import-helper
mkdir -p /dev/aperture_devices
for device in /sys/bus/pci/devices/*; do
  [ "$(cat "$device/vendor") $(cat "$device/device")" = "0x1ae0 0x0084" ] || continue
  window=/dev/aperture_devices/${device##*/}
  mkdir -p "$window"
  mountpoint -q "$window" || mount --bind "$(readlink -f "$device")" "$window"
  chmod -R a+r "$window"
  chmod a+rw "$window"/resource*
done
"""
"""On the node, for TCPXO: other nodes may call, and jobs that are not root may use the network cards' windows."""
PRIVILEGED = {"privileged": True}
NOBODY = 65_534
"""Who only sleeps."""


def injector(part: NodePart, image: str) -> list[Object]:
    """Gives devices of the node to containers whose pod says so in an annotation: who may say so, `guard` tells."""
    folders = {"devices": "/dev", "nri": "/var/run/nri"}
    box = {
        "name": part.name,
        "image": image,
        "securityContext": PRIVILEGED,
        "resources": _resources("150m", "64Mi", "256Mi"),
        "volumeMounts": [{"name": name, "mountPath": path} for name, path in folders.items()],
    }
    # It switches the interface on in the node's container runtime first.
    pod = {"hostNetwork": True, "hostPID": True, "containers": [box]}
    return [place.daemon_set(part, pod, folders)]


def installer(part: NodePart, image: str) -> list[Object]:
    """Puts the plugin's libraries beside the driver's; for TCPXO it prepares the node first."""
    folders = {"state": "/var/lib", "libraries": LIBRARIES}
    install = {
        "name": "install",
        "image": image,
        "command": ["/bin/sh", "-c", INSTALL, INSTALLERS[part.name]],
        "securityContext": PRIVILEGED,
        "resources": _resources("150m", "128Mi", "1Gi"),
        "volumeMounts": [
            {"name": "state", "mountPath": "/var/lib"},
            {"name": "libraries", "mountPath": "/usr/local"},
        ],
    }
    prepare = {
        "name": "node",
        "image": image,
        "command": ["nsenter", "-at", "1", "--", "sh", "-c", WINDOWS],
        "securityContext": PRIVILEGED,
        "resources": _resources("50m", "32Mi", "128Mi"),
    }
    idle = {
        "name": "installed",
        "image": image,
        "command": ["sleep", "infinity"],
        "securityContext": {**SEALED, **unprivileged(NOBODY)},
        "resources": _resources("1m", "8Mi", "32Mi"),
    }
    first = [prepare] if part.name == "tcpxo-installer" else []
    pod = {
        "hostNetwork": True,
        "hostPID": True,
        "initContainers": [*first, install],
        "containers": [idle],
    }
    return [place.daemon_set(part, pod, folders)]


def _resources(cpu: str, memory: str, limit: str) -> Mapping[str, Any]:
    return {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": limit}}
