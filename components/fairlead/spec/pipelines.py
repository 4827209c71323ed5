"""The pipelines layer: Kubeflow Pipelines, on top of the workflows layer."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from fairlead.spec.base import Cidr, Flag, Model

HostName = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", min_length=1, max_length=253)
]
"""A DNS name, or an IPv4 address."""
SecretName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", max_length=253)]
"""Name of a Secret."""


class PipelinesDatabase(Model):
    """A MySQL 8 that stands outside of this platform, for example the cloud's managed one."""

    host: HostName
    """Name or address of its server; its certificate must be valid for it."""
    port: Annotated[int, Field(ge=1, le=65_535, strict=True)] = 3306
    """Port of its server."""
    secret: SecretName = "pipelines-database"  # noqa: S105 - a name
    """Secret in the namespace fairlead-pipelines, made by you: `username`, `password`, and `ca.crt`, what the server's
    certificate is checked against. The user owns the databases mlpipeline and metadb."""
    ranges: tuple[Cidr, ...] = ()
    """Address ranges that the server lies in: nothing else is called on its port; left out, any address."""


class Pipelines(Model):
    """Runs pipelines of ML steps, keeps what they did, and starts them by the clock: Kubeflow Pipelines."""

    enabled: Flag = False
    """On: pods of a tenant may send pipelines, runs and recurring runs. Needs the layers tenancy and workflows, an
    object store, and `database`; not on the targets local and azure."""
    replicas: Annotated[int, Field(ge=1, le=3, strict=True)] | None = None
    """How many API servers; left out, 2 where two nodes are always there for the platform's own pods, else 1."""
    database: PipelinesDatabase | None = None
    """Where pipelines, runs and their metadata are kept. It speaks MySQL alone: the layer databases has PostgreSQL."""
    cache: Flag = False
    """On: a step that has run before with the same inputs is not run again. The cache asks nobody who calls: a tenant
    may put results before another."""
