"""A server of PostgreSQL that Cloud SQL runs, as plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SqlServer:
    """One server of Cloud SQL, and who signs in to it."""

    layer: str
    namespace: str
    name: str
    account: str
    """Id of the service account as which pods of the layer sign in."""
    email: str
    """The same one's address."""
    principal: str
    """The service account of the cluster whose pods may ask for a token of it."""
    database: str
    user: str
    version: str
    machine: str
    edition: str
    storage_gib: int
    most_gib: int
    standby: bool
    backup_days: int
    backup_start: str
    """UTC; the backup is made in the four hours from then."""
    maintenance_day: int
    """1 is Monday."""
    maintenance_hour: int
    authority: str
    """Certificates in PEM; empty: those that the API tells of the server."""
