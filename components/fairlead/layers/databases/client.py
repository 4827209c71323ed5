"""How a pod calls its database: libpq's own variables, so that no URI and no argument ever holds a password.

https://www.postgresql.org/docs/15/libpq-envars.html
"""

from __future__ import annotations

from typing import Any

from fairlead.contract.database import Database

FOLDER = "/etc/database"
"""Where what the server's certificate is checked against is mounted."""
VOLUME = "database"


def environment(database: Database) -> list[dict[str, Any]]:
    """Where the database is, and who calls it."""
    password = {"name": database.password.name, "key": database.password.key}
    said = {
        "PGHOST": database.host,
        "PGPORT": str(database.port),
        "PGDATABASE": database.name,
        "PGUSER": database.user,
        "PGSSLMODE": "verify-full",
    }
    return [
        *({"name": name, "value": value} for name, value in said.items()),
        authority(),
        {"name": "PGPASSWORD", "valueFrom": {"secretKeyRef": password}},
    ]


def authority() -> dict[str, Any]:
    """Where the mounted certificate of the authority is."""
    return {"name": "PGSSLROOTCERT", "value": f"{FOLDER}/ca.crt"}


def volume(database: Database) -> dict[str, Any]:
    """The authority's certificate alone: its own key may lie in the same secret."""
    authority = database.authority
    items = [{"key": authority.key, "path": "ca.crt"}]
    return {"name": VOLUME, "secret": {"secretName": authority.name, "items": items}}


def mount() -> dict[str, Any]:
    """The mount of that volume."""
    return {"name": VOLUME, "mountPath": FOLDER, "readOnly": True}
