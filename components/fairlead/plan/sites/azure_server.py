"""A flexible server of Azure Database for PostgreSQL, as plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FlexibleServer:
    """One server, and who signs in to it."""

    layer: str
    share: str
    """Part of the object store whose identity signs in to the server too."""
    name: str
    """Unique in the world."""
    database: str
    user: str
    """The name of that identity."""
    version: str
    machine: str
    tier: str
    storage_gib: int
    standby: bool
    backup_days: int
    maintenance_day: int
    """0 is Sunday."""
    maintenance_hour: int
    maintenance_minute: int
    authority: str
    """Certificates in PEM."""
