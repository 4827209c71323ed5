"""The plan of the workflows layer: plain data, as the rest of the plan."""

from __future__ import annotations

from dataclasses import dataclass

CONTROLLER, EXECUTOR = "workflow-controller", "argoexec"
IMAGES = (CONTROLLER, EXECUTOR)
"""Images of the lock: what makes pods of steps, and what runs in those pods beside the step."""


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
    archive_days: int = 0
    """How long a database keeps what ended workflows were; 0: they are forgotten when their time is over."""
