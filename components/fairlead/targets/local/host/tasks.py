"""One-time steps of a start that are no processes: API objects, images, the node's labels."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairlead.targets.local.host import images, objects
from fairlead.targets.local.host.config import NODE_NAME, HostConfig
from fairlead.targets.local.host.nodefiles import CONTAINERD_SOCKET
from fairlead.targets.local.host.probes import api
from fairlead.targets.local.host.processes import Processes

_IMPORT_TIMEOUT_S = 300
_PARALLEL_IMPORTS = 2
_CTR = ("ctr", "--address", str(CONTAINERD_SOCKET), "--namespace", "k8s.io")


class NotYet(Exception):
    """The step cannot be done yet; it is tried again."""


@dataclass(frozen=True)
class Task:
    """A step, what must be ready before it, and its function, which may raise NotYet, ApiError or OSError."""

    name: str
    after: tuple[str, ...]
    run: Callable[[HostConfig, Processes], None]


def rows() -> tuple[Task, ...]:
    """All steps."""
    return (
        Task("objects", ("kube-apiserver",), lambda cfg, _: objects.apply_all(cfg.paths.pki)),
        Task("images", ("containerd",), import_images),
        Task("node", ("kubelet", "kube-proxy"), settle_node),
    )


def import_images(cfg: HostConfig, processes: Processes) -> None:
    """Imports each image tar whose images are not in containerd yet. Raises OSError, ValueError."""
    listing = processes.run((*_CTR, "images", "ls"), cfg.paths.log("images-list"), _IMPORT_TIMEOUT_S)
    have = images.present(listing)
    wanted = [tar for tar in cfg.images if not set(images.carried(tar)) <= have]

    def load(numbered: tuple[int, Path]) -> None:
        number, tar = numbered
        argv = (*_CTR, "images", "import", "--snapshotter", "overlayfs", str(tar))
        processes.run(argv, cfg.paths.log(f"image-{number}"), _IMPORT_TIMEOUT_S)

    with ThreadPoolExecutor(_PARALLEL_IMPORTS) as pool:
        list(pool.map(load, enumerate(wanted)))


_STARTED = time.time()


def settle_node(cfg: HostConfig, _: Processes) -> None:
    """Gives the real node its labels and returns when it is Ready. Raises NotYet, ApiError."""
    path = f"/api/v1/nodes/{NODE_NAME}"
    node = api(cfg.paths.pki, "GET", path)
    labels: dict[str, str] = node["metadata"].get("labels", {})
    if any(labels.get(key) != value for key, value in cfg.node_labels.items()):
        # a node that is in the data of an earlier start keeps the labels of then
        patch: dict[str, Any] = {"metadata": {"labels": dict(cfg.node_labels)}}
        api(cfg.paths.pki, "PATCH", path, patch, "application/merge-patch+json")
    for condition in node["status"].get("conditions", []):
        if condition["type"] == "Ready":
            _check_ready(condition)
            return
    raise NotYet("the node has not reported yet")


def _check_ready(condition: dict[str, Any]) -> None:
    beat = datetime.datetime.fromisoformat(condition["lastHeartbeatTime"].replace("Z", "+00:00"))
    if beat.timestamp() < int(_STARTED):
        raise NotYet("the node's report is from before this start")
    if condition["status"] != "True":
        raise NotYet(f"the node is not Ready: {condition.get('message', '')}")
