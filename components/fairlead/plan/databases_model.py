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
}
"""Layer that may have a database -> the namespace in which it lies, beside what uses it: its password is made there."""


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
    """Where databases lie."""
    dumps: DumpsPlan | None = None
