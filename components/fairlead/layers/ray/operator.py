"""KubeRay's operator as objects: its Deployment, what leads to its metrics, and what keeps it up.

Arguments and environment: main.go of github.com/ray-project/kuberay/ray-operator v1.6.2 and, in it,
controllers/ray; a test holds them against those and against the manifests in its folder config.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.contract.chart import Object, Release, Renderer
from fairlead.layers import programs
from fairlead.layers.objects import SEALED
from fairlead.layers.programs import asked
from fairlead.layers.ray.place import LABELS, METRICS_PORT, OPERATOR, PROBE_PORT, metadata
from fairlead.plan.ray_model import CHART, NAMESPACE

USER = 65_532
"""The user of the image: distroless' nonroot."""
RESOURCES = ("50m", "128Mi", "1Gi")
"""cpu, memory, most memory. Upstream: 100m and 512 MiB, both also as limits, and about 1 MB for each Ray pod."""
AT_A_TIME = 10
"""Of each kind; upstream's 1 would let one tenant's cluster that does not answer hold up all others."""
ARGS = (
    "--enable-leader-election",
    f"--metrics-addr=:{METRICS_PORT}",
    f"--health-probe-bind-address=:{PROBE_PORT}",
    f"--reconcile-concurrency={AT_A_TIME}",
    "--enable-metrics",
)
ENVIRONMENT: Mapping[str, str] = {
    # A service that changes would run twice for a while, and its queue has admitted it once.
    "ENABLE_ZERO_DOWNTIME": "false",
    # The job that clears another's Redis cannot run in a namespace that is being deleted, which would then not go.
    "ENABLE_GCS_FT_REDIS_CLEANUP": "false",
}


def crds(render: Renderer) -> Sequence[Object]:
    """Ray's kinds. That of jobs by the clock too, which nobody here serves: upstream switches it off itself."""
    return render(Release(CHART, CHART, NAMESPACE, {}))


def objects(image: str, replicas: int, selector: Mapping[str, str]) -> list[Object]:
    """Everything of the operator but its namespace, its rights, its fence and its kinds."""
    ports = [{"name": "metrics", "protocol": "TCP", "port": METRICS_PORT, "targetPort": METRICS_PORT}]
    service = {"selector": dict(LABELS), "ports": ports}
    return [
        {"apiVersion": "v1", "kind": "Service", "metadata": metadata(OPERATOR), "spec": service},
        *programs.controller(metadata(OPERATOR), _container(image), replicas, selector, user=USER),
    ]


def _container(image: str) -> dict[str, Any]:
    cpu, memory, most = RESOURCES
    return {
        "name": OPERATOR,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["/manager"],
        "args": list(ARGS),
        "env": [{"name": key, "value": value} for key, value in ENVIRONMENT.items()],
        "ports": [
            {"name": "http", "containerPort": METRICS_PORT, "protocol": "TCP"},
            {"name": "probes", "containerPort": PROBE_PORT, "protocol": "TCP"},
        ],
        "readinessProbe": {**asked("/readyz", PROBE_PORT), "periodSeconds": 1},
        "livenessProbe": {**asked("/healthz", PROBE_PORT), "initialDelaySeconds": 25},
        "resources": {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": most}},
        "securityContext": dict(SEALED),
    }
