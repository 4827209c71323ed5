"""The databases layer: PostgreSQL for the platform's own parts."""

from __future__ import annotations

import binascii
import re
import ssl
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from fairlead.spec.base import Flag, Model, Quantity, Text

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


def _certificates(value: str) -> str:
    """Certificates and nothing else. Raises ValueError for a text that holds none, or a private key."""
    if "PRIVATE KEY" in value:
        raise ValueError("must hold certificates alone: a private key has no place in a spec")
    found = _BLOCK.findall(value)
    if not found:
        raise ValueError("must be certificates in PEM: -----BEGIN CERTIFICATE-----")
    for one in found:
        try:
            ssl.PEM_cert_to_DER_cert(one)
        except (ValueError, binascii.Error) as error:
            raise ValueError(f"holds a certificate that cannot be read: {error}") from None
    return "\n".join(found) + "\n"


_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----\s.*?-----END CERTIFICATE-----", re.DOTALL)
Certificates = Annotated[str, AfterValidator(_certificates)]
Gib = Annotated[int, Field(ge=20, le=65_536, strict=True)]
"""Size of a disk."""


class Managed(Model):
    """The cloud's own PostgreSQL, for the layers that sign in to it by their identity: tracking."""

    machine: Text | None = None
    """Class of its machines in the cloud's words; left out, the catalogue's first."""
    storage_gib: Gib | None = None
    """Of the disk at the beginning; left out, 50, or the next size that the cloud has. It grows by itself."""
    most_gib: Gib | None = None
    """Up to where it grows; left out, 500. Azure's knows no bound but the largest disk."""
    standby: Flag = True
    """A second server in another zone, which takes over."""
    backup_days: Annotated[int, Field(ge=7, le=35, strict=True)] = 14
    """For how many days any moment can be brought back."""
    authority: Certificates | None = None
    """Certificates of those who sign the servers', in PEM; docs/databases.md says where they are. They are public.
    Only on Google Cloud may they be left out: its API tells them of each server."""


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
    managed: Managed | None = None
    """The cloud's own PostgreSQL in place of one in the cluster; left out, all are in the cluster."""
