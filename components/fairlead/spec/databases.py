"""The databases layer: PostgreSQL for the platform's own parts."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from fairlead.spec.base import Flag, Model, Quantity

Cron = Annotated[str, StringConstraints(pattern=r"^\S+( \S+){4}$")]
"""Minute, hour, day of the month, month, day of the week, as cron has them; UTC."""


class Dumps(Model):
    """Copies of each database, as `pg_dump` makes them, on a volume beside it."""

    schedule: Cron = "17 2 * * *"
    """When; left out, every night."""
    keep: Annotated[int, Field(ge=1, le=365, strict=True)] = 7
    """How many are kept of each database."""
    size: Quantity = "10Gi"
    """Of the volume that they lie on. It cannot shrink."""


class Databases(Model):
    """PostgreSQL for those of the platform's own parts that need it: CloudNativePG. Tenants get none of it."""

    enabled: Flag = False
    """On: the operator is installed, and each layer that needs a database gets one in its own namespace."""
    instances: Annotated[int, Field(ge=1, le=3, strict=True)] | None = None
    """Servers of each database, one of which writes; left out, 2 where two nodes are always there for the
    platform's own pods, else 1."""
    size: Quantity = "10Gi"
    """Of the volume of each server. It cannot shrink."""
    dumps: Dumps | None = None
    """Left out, no copies are made."""
