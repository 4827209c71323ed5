"""The plan of the workflows layer: plain data, as the rest of the plan."""

from __future__ import annotations

from dataclasses import dataclass

CONTROLLER, EXECUTOR = "workflow-controller", "argoexec"
IMAGES = (CONTROLLER, EXECUTOR)
"""Images of the lock: what makes pods of steps, and what runs in those pods beside the step."""


@dataclass(frozen=True)
class Archive:
    """A PostgreSQL database that keeps what ended workflows were and did, beyond their time in the cluster."""

    host: str
    port: int
    database: str
    secret: str
    """Secret in the layer's namespace with the keys `username` and `password`."""
    days: int
    """How long it keeps them."""


@dataclass(frozen=True)
class WorkflowsPlan:
    """Whether workflows run, by how many controllers, and within which bounds."""

    enabled: bool = False
    replicas: int = 1
    retention_seconds: int = 0
    """How long a workflow stays after its end."""
    parallelism: int = 0
    """Workflows of one tenant at the same time."""
    api_server: tuple[str, ...] = ()
    """Address ranges of the API server; empty where nobody has said."""
    archive: Archive | None = None
    """None: a workflow is forgotten when its time is over."""
