"""The katib layer: hyperparameters, found by trials that run through the tenants' queues."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fairlead.spec.base import Flag, Model


class Katib(Model):
    """Hyperparameter tuning in the tenants' namespaces: each trial is a job that a queue lets go. Katib."""

    enabled: Flag = False
    """On: members of a tenant may send Experiments to its namespace. Needs the layers jobs, certificates, databases."""
    replicas: Annotated[int, Field(ge=1, le=3, strict=True)] | None = None
    """How many controllers, and how many of what keeps the metrics; left out, 2 where two nodes are always there for
    the platform's own pods, else 1."""
