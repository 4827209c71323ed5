"""Where External Secrets Operator runs, and the names by which others find it and what it makes.

Names and ports: deploy/charts/external-secrets of github.com/external-secrets/external-secrets v0.20.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.plan.secrets_model import NAMESPACE

GROUP = "external-secrets.io"
API = f"{GROUP}/v1"
GENERATORS = "generators.external-secrets.io"
NAME = "external-secrets"
WEBHOOK = f"{NAME}-webhook"
"""Its two programs: Deployments, accounts, and the Secret and Service of the second."""
METRICS_PORT, LIVE_PORT, WEBHOOK_PORT, READY_PORT = 8080, 8082, 10250, 8081
LABELS: Mapping[str, Mapping[str, str]] = {
    name: {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": NAME} for name in (NAME, WEBHOOK)
}
"""Program -> labels of its pods."""
STORE = "fairlead"
"""In each tenant's namespace: the SecretStore that ExternalSecrets name."""


def kept_in(tenant: str) -> str:
    """The namespace of a tenant's Secrets, where they are kept in this cluster."""
    return f"{NAMESPACE}-{tenant}"


def metadata(name: str) -> dict[str, Any]:
    """Metadata of an object beside the programs."""
    return {"name": name, "namespace": NAMESPACE}
