"""What serves models: one ClusterServingRuntime for each server of the lock, under the restricted standard.

Formats, arguments and ports: config/runtimes of github.com/kserve/kserve v0.20.0. TorchServe is left out, for its
project is archived (https://github.com/pytorch/serve); what it served, Triton serves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers.serving.place import CONFINED, GRPC, HTTP, MODELS, OLD
from fairlead.plan.serving_model import FORMATS, SKLEARN
from fairlead.plan.store_model import AccountToken
from fairlead.workload.signing import volume

CONTAINER = "kserve-container"
"""Name by which KServe knows the container with the model."""
MODEL = f"{{{{ or (index .Labels `{labels.ENDPOINT}`) .Name }}}}"
"""Name under which a model is asked for: that of the endpoint that it is a version of, else its own. KServe fills it in
within a JSON text, in which quotes would be escaped: backquotes are not."""


@dataclass(frozen=True)
class Server:
    """One server."""

    image: str
    """Of the lock."""
    name: str
    protocols: Sequence[str]
    args: Sequence[str]
    command: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    ready: str = ""
    """Path that answers when the model can be asked; empty: KServe asks whether the port is open."""
    metrics: int = HTTP
    """Port of its metrics; 0: it tells them under another path, and only where it is told to by a file."""

    @property
    def formats(self) -> Mapping[str, str]:
        """Format of models -> its version."""
        return FORMATS[self.image]


SERVERS: Sequence[Server] = (
    Server(
        SKLEARN,
        "fairlead-sklearn",
        ("v1", "v2"),
        (f"--model_name={MODEL}", f"--model_dir={MODELS}", f"--http_port={HTTP}"),
        ready="/v2/health/ready",
    ),
    Server(
        "kserve-xgbserver",
        "fairlead-xgboost",
        ("v1", "v2"),
        (f"--model_name={MODEL}", f"--model_dir={MODELS}", f"--http_port={HTTP}"),
        ready="/v2/health/ready",
    ),
    Server(
        "tensorflow-serving",
        "fairlead-tensorflow",
        ("v1", "grpc-v1"),
        (
            f"--model_name={MODEL}",
            f"--model_base_path={MODELS}",
            f"--rest_api_port={HTTP}",
            f"--port={GRPC}",
            "--rest_api_timeout_in_ms=60000",
        ),
        ("/usr/bin/tensorflow_model_server",),
        metrics=0,
    ),
    Server(
        "tritonserver",
        "fairlead-triton",
        ("v2", "grpc-v2"),
        (
            "tritonserver",
            f"--model-repository={MODELS}",
            f"--http-port={HTTP}",
            f"--grpc-port={GRPC}",
            "--metrics-port=8002",
        ),
        ready="/v2/health/ready",
        metrics=8002,
    ),
    Server(
        "vllm-openai",
        "fairlead-vllm",
        (),
        (f"--port={HTTP}", f"--served-model-name={MODEL}", f"--model={MODELS}"),
        ("python3", "-m", "vllm.entrypoints.openai.api_server"),
        {"HF_HOME": "/tmp", "VLLM_CONFIG_ROOT": "/tmp", "VLLM_WORKER_MULTIPROC_METHOD": "spawn"},  # noqa: S108
        ready="/v1/models",
    ),
)


def objects(
    images: Mapping[str, str], token: AccountToken | None, marks: Mapping[str, str] | None = None
) -> list[Object]:
    """images: of the servers that this cluster has; token: by which whatever fetches a model signs in.

    marks: labels by which the target knows pods that use their account's identity.
    """
    return [_runtime(one, images[one.image], token, marks or {}) for one in SERVERS if one.image in images]


def _runtime(server: Server, image: str, token: AccountToken | None, marks: Mapping[str, str]) -> Object:
    volumes: list[dict[str, Any]] = [{"name": "shm", "emptyDir": {"medium": "Memory"}}]
    if token is not None:
        volumes.append(volume(token))
    spec: dict[str, Any] = {
        "labels": {**marks, **({labels.METRICS: str(server.metrics)} if server.metrics else {})},
        "supportedModelFormats": [
            {"name": name, "version": version, "autoSelect": True, "priority": 1}
            for name, version in server.formats.items()
        ],
        "containers": [_box(server, image)],
        "volumes": volumes,
    }
    if server.protocols:
        spec["protocolVersions"] = list(server.protocols)
    return {
        "apiVersion": OLD,
        "kind": "ClusterServingRuntime",
        "metadata": {"name": server.name},
        "spec": spec,
    }


def _box(server: Server, image: str) -> dict[str, Any]:
    box: dict[str, Any] = {
        "name": CONTAINER,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "args": list(server.args),
        "ports": [{"containerPort": HTTP, "protocol": "TCP"}],
        "env": [{"name": name, "value": value} for name, value in server.env.items()],
        # Cores may be exceeded while they idle, as those of jobs.
        "resources": {"requests": {"cpu": "1", "memory": "2Gi"}, "limits": {"memory": "2Gi"}},
        "securityContext": dict(CONFINED),
        "volumeMounts": [{"name": "shm", "mountPath": "/dev/shm"}],  # noqa: S108 - a directory of the container
    }
    if server.command:
        box["command"] = list(server.command)
    if server.ready:
        probe = {"httpGet": {"path": server.ready, "port": HTTP}, "timeoutSeconds": 5}
        box["readinessProbe"] = {**probe, "periodSeconds": 5}
        # A model of hundreds of gigabytes takes its time from disk to accelerator.
        box["startupProbe"] = {**probe, "periodSeconds": 5, "failureThreshold": 360}
    return {key: value for key, value in box.items() if value != []}
