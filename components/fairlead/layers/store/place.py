"""Where the store runs, and how it is called."""

from __future__ import annotations

from typing import Any

NAME = "store"
NAMESPACE = "fairlead-store"
PORT = 8333
"""S3 and STS."""
METRICS_PORT = 9327
ENDPOINT = f"http://{NAME}.{NAMESPACE}.svc.cluster.local:{PORT}"
AUDIENCE = "fairlead-store"
"""Whom the tokens are for by which workloads sign in: no other service takes them."""
TOKEN_FOLDER = "/var/run/secrets/fairlead.dev/store"  # noqa: S105 - a folder
TOKEN_SECONDS = 3600
LABELS = {"app.kubernetes.io/name": NAME, "app.kubernetes.io/part-of": "fairlead"}
USER = 1000


def metadata(name: str = NAME) -> dict[str, Any]:
    """Metadata of an object in the layer's namespace."""
    return {"name": name, "namespace": NAMESPACE, "labels": dict(LABELS)}
