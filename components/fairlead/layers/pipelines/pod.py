"""How a program of the layer runs: one Deployment each, under the restricted standard, on the platform's own nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers.objects import SEALED, budget, spread, unprivileged
from fairlead.layers.pipelines.place import AUDIENCE, DATABASE_FOLDER, TOKENS, USER, labels, metadata
from fairlead.layers.programs import deployment
from fairlead.plan.pipelines_model import AUTHORITY_KEY, PASSWORD_KEY, USER_KEY, PipelinesDatabasePlan

AUTHORITY = "database"
"""Volume of MySQL's authority."""
SCRATCH = "/tmp"  # noqa: S108 - a directory of the container


@dataclass(frozen=True)
class Program:
    """One program of the layer."""

    name: str
    image: str
    """Reference."""
    command: Sequence[str]
    args: Sequence[str]
    resources: tuple[str, str, str]
    """Asked for: cpu, memory, most memory."""
    env: Sequence[Mapping[str, Any]] = ()
    ports: Mapping[str, int] = field(default_factory=dict[str, int])
    probes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Keys of a container."""
    volumes: Sequence[Mapping[str, Any]] = ()
    mounts: Sequence[Mapping[str, Any]] = ()
    before: Sequence[Mapping[str, Any]] = ()
    """Containers that end before it starts."""
    replicas: int = 1
    alone: bool = False
    """Whether two at a time would do the same work twice: the next starts when the last has ended."""
    token: bool = True
    """Whether it calls Kubernetes' API."""
    settings: str = ""
    """What it reads once, at its start: hashed into the pod, which is made anew when it changes."""


def objects(program: Program, selector: Mapping[str, str]) -> list[Object]:
    """Account, Deployment, and what keeps several of them up; selector: labels of the platform's own nodes."""
    account: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata(program.name),
        "automountServiceAccountToken": False,
    }
    guard = [budget(metadata(program.name), labels(program.name))] if program.replicas > 1 else []
    return [account, _deployment(program, selector), *guard]


def _deployment(program: Program, selector: Mapping[str, str]) -> Object:
    marks: dict[str, Any] = {"labels": labels(program.name)}
    if program.settings:
        marks["annotations"] = {"fairlead.dev/settings": program.settings}
    more = {"strategy": {"type": "Recreate" if program.alone else "RollingUpdate"}}
    pod, pods = _pod(program, selector), labels(program.name)
    return deployment(metadata(program.name), pods, pod, program.replicas, marks=marks, more=more)


def _pod(program: Program, selector: Mapping[str, str]) -> dict[str, Any]:
    pod: dict[str, Any] = {
        "serviceAccountName": program.name,
        "automountServiceAccountToken": program.token,
        # Viper reads every variable of the environment: those of Services would be taken for settings.
        "enableServiceLinks": False,
        "nodeSelector": dict(selector),
        "terminationGracePeriodSeconds": 30,
        "securityContext": {**unprivileged(USER), "fsGroup": USER},
        "topologySpreadConstraints": spread(labels(program.name)),
        "initContainers": [dict(one) for one in program.before],
        "containers": [_container(program)],
        "volumes": [{"name": "scratch", "emptyDir": {"sizeLimit": "1Gi"}}, *program.volumes],
    }
    return {key: value for key, value in pod.items() if value != []}


def _container(program: Program) -> dict[str, Any]:
    made = box(program.name, program.image, program.resources)
    ports = [{"name": name, "containerPort": port, "protocol": "TCP"} for name, port in program.ports.items()]
    told: dict[str, Any] = {
        **made,
        "command": list(program.command),
        "args": list(program.args),
        "env": [dict(one) for one in program.env],
        "ports": ports,
        "volumeMounts": [{"name": "scratch", "mountPath": SCRATCH}, *program.mounts],
        **program.probes,
    }
    return {key: value for key, value in told.items() if value != []}


def box(name: str, image: str, resources: tuple[str, str, str]) -> dict[str, Any]:
    """What every container of the layer has."""
    cpu, memory, most = resources
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "resources": {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": most}},
        "securityContext": dict(SEALED),
    }


def said(name: str, value: str) -> dict[str, Any]:
    """A variable."""
    return {"name": name, "value": value}


def credentials(database: PipelinesDatabasePlan, user: str, password: str) -> list[dict[str, Any]]:
    """Who calls MySQL, in two variables of these names: no argument and no object has them."""
    keys = {user: USER_KEY, password: PASSWORD_KEY}
    return [
        {"name": name, "valueFrom": {"secretKeyRef": {"name": database.secret, "key": key}}}
        for name, key in keys.items()
    ]


def authority(database: PipelinesDatabasePlan) -> tuple[dict[str, Any], dict[str, Any]]:
    """Volume and mount of what MySQL's certificate is checked against, and of nothing else of that secret."""
    items = [{"key": AUTHORITY_KEY, "path": "ca.crt"}]
    volume = {"name": AUTHORITY, "secret": {"secretName": database.secret, "items": items}}
    return volume, {"name": AUTHORITY, "mountPath": DATABASE_FOLDER, "readOnly": True}


def own_token(file: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Volume and mount of the token by which the API knows this program; the kubelet renews it."""
    token = {"path": file, "audience": AUDIENCE, "expirationSeconds": 3600}
    volume = {"name": "token", "projected": {"sources": [{"serviceAccountToken": token}]}}
    return volume, {"name": "token", "mountPath": TOKENS, "readOnly": True}
