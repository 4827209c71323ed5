"""Where KubeRay's operator runs, and the names by which others find it and what it makes.

Ports, labels and paths: module github.com/ray-project/kuberay/ray-operator v1.6.2, apis/config/v1alpha1/defaults.go and
controllers/ray/utils/constant.go; a test holds them against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.plan.ray_model import NAMESPACE

GROUP = "ray.io"
OPERATOR = "kuberay-operator"
METRICS_PORT, PROBE_PORT = 8080, 8082
LABELS: Mapping[str, str] = {"app.kubernetes.io/name": "kuberay", "app.kubernetes.io/component": OPERATOR}
NODE: Mapping[str, str] = {"ray.io/is-ray-node": "yes"}
"""Label of every pod of a Ray cluster."""
DASHBOARD_PORT, SERVE_PORT = 8265, 8000
"""Where the operator asks a Ray cluster: for its jobs and applications, and whether it serves."""
KINDS = ("rayclusters", "rayjobs", "rayservices")


def metadata(name: str) -> dict[str, Any]:
    """Metadata of an object of the operator."""
    return {"name": name, "namespace": NAMESPACE, "labels": dict(LABELS)}
