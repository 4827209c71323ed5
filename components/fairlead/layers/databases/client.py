"""How a pod calls its database: libpq's own variables, so that no URI and no argument ever holds a password.

https://www.postgresql.org/docs/15/libpq-envars.html
"""

from __future__ import annotations

from typing import Any

from fairlead.contract.chart import Object
from fairlead.contract.database import Database, SecretKey

FOLDER = "/etc/database"
"""Where what the server's certificate is checked against is mounted."""
VOLUME = "database"
AUTHORITY = "database-authority"
"""ConfigMap with the certificates of the authority, where no Secret has them."""
SIGNED_IN = "/run/database"
"""Folder in memory with the password of a database that is opened by identity."""
PASSWORDS = f"{SIGNED_IN}/pgpass"
"""Read by libpq at each connection: https://www.postgresql.org/docs/17/libpq-pgpass.html"""


def environment(database: Database) -> list[dict[str, Any]]:
    """Where the database is, and who calls it."""
    said: dict[str, Any] = {
        "PGHOST": database.host,
        "PGPORT": str(database.port),
        "PGDATABASE": database.name,
        "PGUSER": database.user,
        "PGSSLMODE": "verify-full",
    }
    return [
        *({"name": name, "value": value} for name, value in said.items()),
        authority(),
        _password(database),
    ]


def _password(database: Database) -> dict[str, Any]:
    kept = database.password
    if isinstance(kept, SecretKey):
        return {"name": "PGPASSWORD", "valueFrom": {"secretKeyRef": {"name": kept.name, "key": kept.key}}}
    return {"name": "PGPASSFILE", "value": PASSWORDS}


def authority() -> dict[str, Any]:
    """Where the mounted certificate of the authority is."""
    return {"name": "PGSSLROOTCERT", "value": f"{FOLDER}/ca.crt"}


def volume(database: Database) -> dict[str, Any]:
    """The authority's certificate alone: its own key may lie in the same secret."""
    authority = database.authority
    if not isinstance(authority, SecretKey):
        return {"name": VOLUME, "configMap": {"name": AUTHORITY}}
    items = [{"key": authority.key, "path": "ca.crt"}]
    return {"name": VOLUME, "secret": {"secretName": authority.name, "items": items}}


def objects(database: Database, namespace: str) -> list[Object]:
    """What that volume is made of, where no Secret is: certificates are public."""
    if isinstance(database.authority, SecretKey):
        return []
    named = {"name": AUTHORITY, "namespace": namespace}
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": named, "data": {"ca.crt": database.authority}}
    ]


def mount() -> dict[str, Any]:
    """The mount of that volume."""
    return {"name": VOLUME, "mountPath": FOLDER, "readOnly": True}
