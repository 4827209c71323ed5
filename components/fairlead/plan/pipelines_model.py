"""The plan of the pipelines layer: plain data, as the rest of the plan."""

from __future__ import annotations

from dataclasses import dataclass

LAYER = "pipelines"
API, AGENT, SCHEDULES, METADATA = (
    "kfp-api-server",
    "kfp-persistence-agent",
    "kfp-scheduled-workflow-controller",
    "ml-metadata-store-server",
)
DRIVER, LAUNCHER = "kfp-driver", "kfp-launcher"
IMAGES = (API, AGENT, SCHEDULES, METADATA, DRIVER, LAUNCHER)
"""Images of the lock: the servers, then what runs in the pods of steps."""
NAMESPACE = "fairlead-pipelines"
USER_KEY, PASSWORD_KEY, AUTHORITY_KEY = "username", "password", "ca.crt"
DATABASE_KEYS = (USER_KEY, PASSWORD_KEY, AUTHORITY_KEY)
"""Keys of the database's Secret."""


@dataclass(frozen=True)
class PipelinesDatabasePlan:
    """The MySQL that keeps pipelines, runs and metadata."""

    host: str
    port: int
    secret: str
    """Secret of the layer's namespace: username, password, ca.crt."""
    ranges: tuple[str, ...] = ()
    """Where it lies; empty where nobody has said."""


@dataclass(frozen=True)
class PipelinesPlan:
    """Whether pipelines run, by how many API servers, and where what they did is kept."""

    enabled: bool = False
    replicas: int = 1
    database: PipelinesDatabasePlan | None = None
    """None only where the layer is off."""
    cache: bool = False
