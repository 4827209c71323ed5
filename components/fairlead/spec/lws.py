"""The lws layer: services of several nodes each."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fairlead.spec.base import Flag, Model


class Lws(Model):
    """Groups of pods that start, restart and are placed as one, for serving over several nodes: LeaderWorkerSet."""

    enabled: Flag = False
    """On: members of a tenant may send LeaderWorkerSets to its namespace. Needs the layer queue."""
    replicas: Annotated[int, Field(ge=1, le=3, strict=True)] | None = None
    """How many controllers; left out, 2 where two nodes are always there for the platform's own pods, else 1. One
    works, the others wait for its end."""
