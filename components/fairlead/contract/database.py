"""The optional protocol O: a database that somebody hands to a layer, in this cluster or outside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairlead.contract.handle import Inside, Reach


@dataclass(frozen=True)
class SecretKey:
    """One entry of a Secret in the namespace of the layer that uses it. What it holds is known to the cluster alone."""

    name: str
    key: str


@dataclass(frozen=True)
class Database:
    """A PostgreSQL database of one layer, called over TLS. Nothing in it is secret."""

    host: str
    port: int
    name: str
    user: str
    password: SecretKey
    authority: SecretKey
    """Certificates that the server's own is checked against, and its name with it."""
    reach: Sequence[Inside | Reach]
    """What pods of the layer call, although everything is denied to them by default."""
