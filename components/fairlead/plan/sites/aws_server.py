"""A server of PostgreSQL that Amazon RDS runs, as plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Server:
    """One server of RDS."""

    layer: str
    namespace: str
    name: str
    log_group: str
    database: str
    user: str
    version: str
    machine: str
    storage_gib: int
    most_gib: int
    standby: bool
    backup_days: int
    backup_window: str
    maintenance_window: str
    authority: str
    """Certificates in PEM."""
