"""The events layer: what happens starts workflows."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fairlead.spec.base import Flag, Model


class Events(Model):
    """Workflows that start by the calendar, by a call or by what others send: Argo Events."""

    enabled: Flag = False
    """On: members of a tenant may send EventSources and Sensors to its namespace, which has a bus of its own. Needs the
    layers workflows and certificates."""
    replicas: Annotated[int, Field(ge=1, le=3, strict=True)] | None = None
    """How many controllers; left out, 2 where two nodes are always there for the platform's own pods, else 1. One
    works, the others wait for its end."""
    most: Annotated[int, Field(ge=1, le=200, strict=True)] = 20
    """Most event sources of a tenant, and most sensors: each has a pod that waits in no queue."""
