"""The workflows layer: steps that run as pods, one after another."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fairlead.spec.base import Cidr, Duration, Flag, Model, between


class Workflows(Model):
    """Runs graphs of steps as pods in the tenants' namespaces: Argo Workflows."""

    enabled: Flag = False
    """On: members of a tenant may send Workflows, WorkflowTemplates and CronWorkflows to its namespace."""
    replicas: Annotated[int, Field(ge=1, le=3, strict=True)] | None = None
    """How many controllers; left out, 2 where two nodes are always there for the platform's own pods, else 1. One
    works, the others wait for its end."""
    retention: Annotated[
        Duration, between("1h", "365d", "what has ended stays in the API server until then")
    ] = "7d"
    """How long a workflow that has ended can be seen; its artefacts stay in the object store."""
    archive_days: Annotated[int, Field(ge=1, le=3_650, strict=True)] | None = None
    """For how many days a database keeps what ended workflows were and did; left out, they are forgotten with
    `retention`. Needs the layer databases."""
    parallelism: Annotated[int, Field(ge=1, le=1_000, strict=True)] = 20
    """Most workflows of a tenant that run at the same time; others wait for their turn."""
    api_server: tuple[Cidr, ...] = ()
    """Address ranges that the API server's own addresses lie in, behind its Service. Steps report to it, so their pods
    may call these ranges; left out, any address, on ports 443 and 6443 alone."""
