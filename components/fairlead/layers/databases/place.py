"""Where CloudNativePG runs, and the names by which its parts find each other.

The operator has most of them in its program: module github.com/cloudnative-pg/cloudnative-pg v1.30.0,
internal/cmd/manager/controller/controller.go; a test holds them against the module's manifests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NAMESPACE = "fairlead-databases"
OPERATOR = "cnpg-controller-manager"
ACCOUNT = "cnpg-manager"
WEBHOOK_SERVICE = "cnpg-webhook-service"
"""The certificate of the webhooks is made for this name."""
MUTATION, VALIDATION = "cnpg-mutating-webhook-configuration", "cnpg-validating-webhook-configuration"
"""The two objects that the operator writes its certificate authority into, by these names."""
CERTIFICATES = "cnpg-webhook-cert"
"""Secret of the operator's making."""
CERT_DIR = "/run/secrets/cnpg.io/webhook"
GROUP = "postgresql.cnpg.io"
WEBHOOKS_PORT = 9443
METRICS_PORT = 8080
LABELS: Mapping[str, str] = {"app.kubernetes.io/name": "cloudnative-pg"}
"""The operator finds its own Deployment by this label."""

POSTGRES_PORT = 5432
STATUS_PORT = 8000
"""Where an instance tells the operator and the other instances how it is."""
INSTANCE_METRICS_PORT = 9187
INSTANCES: Mapping[str, str] = {"cnpg.io/podRole": "instance"}
"""Labels of the servers of every database: pkg/utils/labels_annotations.go of CloudNativePG."""
CLUSTER = "cnpg.io/cluster"
"""Label of every pod of a database: its name."""


def metadata(name: str) -> dict[str, Any]:
    """Metadata of an object of the operator."""
    return {"name": name, "namespace": NAMESPACE, "labels": dict(LABELS)}
