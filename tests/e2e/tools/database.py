"""The database of MLflow, asked where it runs."""

from __future__ import annotations

from e2e.stage import Stage
from fairlead.layers.tracking.place import DATABASE, NAMESPACE


def sql(stage: Stage, query: str) -> list[str]:
    """Its answer, a row each; columns are parted by |."""
    asked = ["psql", "-At", "-U", "postgres", "-d", DATABASE.database, "-c", query]
    return stage.kubectl(
        "exec", f"{DATABASE.name}-1", "-n", NAMESPACE, "-c", "postgres", "--", *asked
    ).splitlines()
