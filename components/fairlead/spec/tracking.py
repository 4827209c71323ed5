"""The tracking layer: what was trained, how, and what came of it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fairlead.spec.base import Flag, Model, Quantity


class Tracking(Model):
    """Experiments, metrics, artefacts and a registry of models for the tenants: MLflow."""

    enabled: Flag = False
    """On: a server runs, and jobs of every tenant are told where it is."""
    replicas: Annotated[int, Field(ge=1, le=3, strict=True)] | None = None
    """How many servers; left out, 2 where two nodes are always there for the platform's own pods and artefacts lie
    where both reach them, else 1."""
    size: Quantity = "20Gi"
    """Of the volume of the artefacts, where no object store keeps them. It cannot shrink."""
    login: Flag = False
    """On: people and programs that log in reach it at `https://mlflow.<domain>`. Needs `gateway.login`."""
