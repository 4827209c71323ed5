"""A database of the platform, asked where it runs."""

from __future__ import annotations

from e2e.stage import Stage
from fairlead.layers.databases.postgres import Wanted
from fairlead.layers.tracking.place import DATABASE


def sql(stage: Stage, query: str, of: Wanted = DATABASE) -> list[str]:
    """The answer of a database, MLflow's if none is named, a row each; columns are parted by |."""
    asked = ["psql", "-At", "-U", "postgres", "-d", of.database, "-c", query]
    return stage.kubectl(
        "exec", f"{of.name}-1", "-n", of.namespace, "-c", "postgres", "--", *asked
    ).splitlines()
