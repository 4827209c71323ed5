"""The ray layer: Ray clusters, jobs and services in the tenants' namespaces."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fairlead.spec.base import Flag, Model


class Ray(Model):
    """Ray clusters, jobs and services in the tenants' namespaces, let go by their queues: KubeRay."""

    enabled: Flag = False
    """On: members of a tenant may send RayClusters, RayJobs and RayServices to its namespace. Needs the layer queue."""
    replicas: Annotated[int, Field(ge=1, le=3, strict=True)] | None = None
    """How many operators; left out, 2 where two nodes are always there for the platform's own pods, else 1. One works,
    the others wait for its end."""
