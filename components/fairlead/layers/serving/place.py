"""Where KServe's controller runs, and the names by which it and what it makes are found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.layers.objects import HARDENED
from fairlead.plan.serving_model import NAMESPACE

GROUP = "serving.kserve.io"
OLD, NEW = f"{GROUP}/v1alpha1", f"{GROUP}/v1beta1"
NAME = "kserve-controller-manager"
LABELS: Mapping[str, str] = {"control-plane": NAME}
"""Of the controller's pods, as the chart has them."""
WEBHOOK_PORT, METRICS_PORT = 9443, 8080
MODELS = "/mnt/models"
"""Where a server finds its model."""
CONFINED: Mapping[str, Any] = {
    **HARDENED,
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "seccompProfile": {"type": "RuntimeDefault"},
}
"""A container's security context in pods that KServe makes: it takes none for the pod as a whole."""
HTTP, GRPC = 8080, 9000
"""Ports of the servers."""


def metadata(name: str) -> dict[str, Any]:
    """Metadata of an object in the layer's namespace."""
    return {"name": name, "namespace": NAMESPACE}
