"""The spark layer: Spark applications in the tenants' namespaces."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fairlead.spec.base import Cidr, Flag, Model


class Spark(Model):
    """Spark applications in the tenants' namespaces, whose drivers and executors wait in queues: the Spark operator."""

    enabled: Flag = False
    """On: members of a tenant may send SparkApplications and ScheduledSparkApplications to its namespace. Needs the
    layer queue."""
    replicas: Annotated[int, Field(ge=1, le=3, strict=True)] | None = None
    """How many operators, and how many of what answers for its webhooks; left out, 2 where two nodes are always there
    for the platform's own pods, else 1. One operator works, the others wait for its end."""
    api_server: tuple[Cidr, ...] = ()
    """Address ranges that the API server's own addresses lie in, behind its Service. Drivers ask it for executors, so
    their pods may call these ranges; left out, any address, on ports 443 and 6443 alone."""
