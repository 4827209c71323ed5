"""Where MLflow runs, and how it is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.labels import TRACKING_HOST, TRACKING_PORT
from fairlead.layers.databases.postgres import Wanted
from fairlead.plan.tracking_model import NAMESPACE

NAME = "mlflow"
PORT = TRACKING_PORT
LABELS: Mapping[str, str] = {"app.kubernetes.io/name": NAME, "app.kubernetes.io/part-of": "fairlead-tracking"}
DATABASE = Wanted(name="mlflow-db", namespace=NAMESPACE, database="mlflow", users=(LABELS,))
HOSTS = (
    f"{TRACKING_HOST}:{PORT}",
    f"{TRACKING_HOST}.cluster.local:{PORT}",
    # Who may forward ports of the pod looks at it from their own machine.
    f"localhost:{PORT}",
    f"127.0.0.1:{PORT}",
)
"""Names by which it answers; all others it refuses, so that no foreign web page leads a browser to it."""
ARTIFACTS = "/artifacts"
"""Where the volume of the artefacts is mounted."""


def metadata(name: str) -> dict[str, Any]:
    """Metadata of an object of the layer."""
    return {"name": name, "namespace": NAMESPACE, "labels": dict(LABELS)}
