"""What runs in the cluster: kubectl with its kubeconfig, nodes and pods that it is given, and how they are."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

SERVER_PORT = 8080
WEB = b"/coredns\0-conf\0/etc/web/Corefile"
"""Command line of the pod `web`, as the machine sees it."""


class Kubectl:
    """kubectl with the kubeconfig that `up` wrote."""

    def __init__(self, program: Path, kubeconfig: Path) -> None:
        self._argv = [str(program), "--kubeconfig", str(kubeconfig)]

    def __call__(self, *arguments: str, text: str = "") -> str:
        done = subprocess.run(
            [*self._argv, *arguments], capture_output=True, text=True, input=text, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def apply(self, *objects: dict[str, Any]) -> None:
        self("apply", "-f", "-", text=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))

    def get(self, *arguments: str) -> dict[str, Any]:
        return json.loads(self("get", *arguments, "-o", "json"))


def ready(item: dict[str, Any]) -> bool:
    conditions = item["status"].get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def restarted(item: dict[str, Any]) -> dict[str, Any] | None:
    statuses = item["status"].get("containerStatuses", [])
    return item if statuses and statuses[0]["restartCount"] > 0 and statuses[0]["ready"] else None


def simulated_node(name: str) -> dict[str, Any]:
    size = {"cpu": "96", "memory": "1Ti", "pods": "110", "nvidia.com/gpu": "8"}
    labels = {"kubernetes.io/hostname": name}
    metadata = {"name": name, "annotations": {"kwok.x-k8s.io/node": "fake"}, "labels": labels}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": metadata,
        "status": {"allocatable": size, "capacity": size},
    }


def pod(name: str, *, node: str, image: str, config: str = "") -> dict[str, Any]:
    container: dict[str, Any] = {"name": "main", "image": image}
    spec: dict[str, Any] = {"containers": [container], "nodeSelector": {"kubernetes.io/hostname": node}}
    if config:
        container["args"] = ["-conf", "/etc/web/Corefile"]
        container["volumeMounts"] = [{"name": "config", "mountPath": "/etc/web"}]
        container["readinessProbe"] = {
            "httpGet": {"path": "/health", "port": SERVER_PORT},
            "periodSeconds": 1,
        }
        spec["volumes"] = [{"name": "config", "configMap": {"name": config}}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": spec,
    }
