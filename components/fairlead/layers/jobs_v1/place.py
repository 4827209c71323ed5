"""Where the training operator runs, its kinds, and the names by which others find it.

Names, ports and paths: module github.com/kubeflow/training-operator v1.9.3, manifests/base,
cmd/training-operator.v1/main.go and pkg/cert/cert.go; a test holds them against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.plan.jobs_v1_model import NAMESPACE

GROUP = "kubeflow.org"
OPERATOR = "training-operator"
"""Its Deployment, its account and its Service; the program makes its certificate for a Service of this name."""
KINDS: Mapping[str, str] = {
    "PyTorchJob": "pytorchjobs",
    "TFJob": "tfjobs",
    "XGBoostJob": "xgboostjobs",
    "JAXJob": "jaxjobs",
}
"""Kinds that wait in queues, and their plurals. Not MPIJob and PaddleJob: see docs/jobs-v1.md."""
METRICS_PORT, PROBE_PORT, WEBHOOK_PORT = 8080, 8081, 9443
LABELS: Mapping[str, str] = {"control-plane": "kubeflow-training-operator"}
HOOKS = "validator.training-operator.kubeflow.org"
"""The object that it writes its certificate authority into."""
CERTIFICATE, FOLDER = "training-operator-webhook-cert", "/tmp/k8s-webhook-server/serving-certs"  # noqa: S108 - a mount
"""The Secret that it writes its certificate into, and where its pod has that."""


def metadata(name: str = OPERATOR) -> dict[str, Any]:
    """Metadata of an object of the operator."""
    return {"name": name, "namespace": NAMESPACE, "labels": dict(LABELS)}


def account() -> list[Mapping[str, str]]:
    """The operator, as the one who has rights."""
    return [{"kind": "ServiceAccount", "name": OPERATOR, "namespace": NAMESPACE}]
