"""What stands beside a job's container for the network between nodes: a daemon, folders of the node, claims.

Pure, as the runtimes are: a pod in, a pod out. Who may run a pod with a daemon is for the API server: `layers.fabric`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fairlead.plan.fabric_model import Daemon, Folder, JobFabric
from fairlead.workload.claims import claiming

Pod = Mapping[str, Any]
SHARED = "fabric-shared"
"""Volume that the daemon and the job share."""
STARTS = {"periodSeconds": 5, "failureThreshold": 60}
"""A daemon that cannot serve within five minutes fails the attempt, on its node alone."""


def added(pod: Pod, fabric: JobFabric | None) -> Pod:
    """The pod with all that jobs get of the network beside variables and resources."""
    if fabric is None:
        return pod
    if fabric.daemon:
        pod = _with_daemon(pod, fabric.daemon, fabric.folders)
    claim = fabric.claim
    return claiming(pod, claim.domain, claim.template) if claim else pod


def notes(fabric: JobFabric | None) -> Mapping[str, str]:
    """Annotations of the pod: the networks that it joins, and the devices of its daemon."""
    if fabric is None:
        return {}
    return {**fabric.annotations, **(fabric.daemon.annotations if fabric.daemon else {})}


def _with_daemon(pod: Pod, daemon: Daemon, folders: Sequence[Folder]) -> Pod:
    """A native sidecar: it is ready before the job starts, and ends when the job does."""
    names = {folder.path: _volume(folder.path) for folder in (*daemon.folders, *folders)}
    shared = {SHARED: daemon.shared} if daemon.shared else {}
    sidecar = {
        "name": daemon.name,
        "image": daemon.image,
        "command": list(daemon.command),
        "restartPolicy": "Always",
        "env": [{"name": name, "value": value} for name, value in daemon.env.items()],
        "securityContext": {
            "runAsNonRoot": False,
            "runAsUser": 0,
            "runAsGroup": 0,
            "capabilities": {"add": list(daemon.capabilities)},
        },
        "volumeMounts": [*_mounts(daemon.folders, names, all_writable=True), *_shared(shared)],
        **({"startupProbe": {"exec": {"command": ["cat", daemon.ready]}, **STARTS}} if daemon.ready else {}),
    }
    volumes = [{"name": name, "hostPath": {"path": path}} for path, name in names.items()]
    volumes += [{"name": name, "emptyDir": {}} for name in shared]
    return {
        **pod,
        "initContainers": [sidecar, *pod.get("initContainers", [])],
        "containers": [
            {**box, "volumeMounts": [*box["volumeMounts"], *_mounts(folders, names), *_shared(shared)]}
            for box in pod["containers"]
        ],
        "volumes": [*pod["volumes"], *volumes],
    }


def _volume(path: str) -> str:
    return f"node{path.replace('/', '-').replace('_', '-')}"


def _mounts(
    folders: Iterable[Folder], names: Mapping[str, str], *, all_writable: bool = False
) -> list[Mapping[str, Any]]:
    """The daemon tunes the node's network by the folders that it sees; a job only reads what it may not change."""
    return [
        {
            "name": names[one.path],
            "mountPath": one.mount,
            **({} if one.writable or all_writable else {"readOnly": True}),
        }
        for one in folders
    ]


def _shared(shared: Mapping[str, str]) -> list[Mapping[str, Any]]:
    return [{"name": name, "mountPath": path} for name, path in shared.items()]
