"""The plan of the databases layer: plain data, as the rest of the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LAYER = "databases"
OPERATOR, SERVER = "cloudnative-pg", "postgresql"
IMAGES = (OPERATOR, SERVER)
"""Images of the lock: what makes databases, and what they run."""
USERS: Mapping[str, str] = {
    "tracking": "fairlead-tracking",
    "workflows": "fairlead-workflows",
    "katib": "fairlead-katib",
    "model-registry": "fairlead-model-registry",
}
"""Layer that may have a database -> the namespace in which it lies, beside what uses it: its password is made there."""


SIGN_IN = ("tracking",)
"""Those of them that a cloud's own PostgreSQL can serve: their image signs in by an identity. Argo 4.0.5 takes a
password from a Secret alone: config/config.go, DatabaseConfig."""
OWN: Mapping[str, str] = {"tracking": "mlflow"}
"""Layer -> name of its database there."""
VERSION = "17"
"""Major version of a cloud's PostgreSQL. Its end is 2029-11-08: https://www.postgresql.org/support/versioning/,
2026-11-29."""


@dataclass(frozen=True)
class ManagedPlan:
    """A cloud's own PostgreSQL: one server for each layer."""

    layers: tuple[str, ...]
    version: str
    machine: str
    tier: str
    """What the cloud wants to be told beside the machine's name; empty where that is enough."""
    storage_gib: int
    most_gib: int
    """0 where the cloud knows no bound."""
    standby: bool
    backup_days: int
    authority: str
    """Certificates in PEM; empty where the cloud's API tells them of each server."""


@dataclass(frozen=True)
class DumpsPlan:
    """Copies of each database."""

    schedule: str
    keep: int
    size: str


@dataclass(frozen=True)
class DatabasesPlan:
    """Whether there are databases, how each is made, and where."""

    enabled: bool = False
    replicas: int = 1
    """Of the operator."""
    instances: int = 1
    """Servers of each database."""
    size: str = ""
    """Of the volume of each server."""
    namespaces: tuple[str, ...] = ()
    """Where databases of the operator lie."""
    dumps: DumpsPlan | None = None
    managed: ManagedPlan | None = None
    """None where all databases are in the cluster."""

    @property
    def operated(self) -> bool:
        """Whether the operator runs: not where the cloud runs every database that there is."""
        return self.enabled and (bool(self.namespaces) or self.managed is None)

    @property
    def outside(self) -> tuple[str, ...]:
        """Layers whose database the cloud runs."""
        return self.managed.layers if self.managed else ()
