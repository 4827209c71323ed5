"""The model-registry layer: which models there are, in which versions, and where their files lie."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fairlead.spec.base import Flag, Model


class ModelRegistry(Model):
    """A registry of models for each tenant, which no other tenant reaches: Kubeflow Model Registry."""

    enabled: Flag = False
    """On: each tenant has a server, and its jobs are told where it is. Needs the layers tenancy and databases; only
    on targets whose images are built, for the released one fails with PostgreSQL."""
    replicas: Annotated[int, Field(ge=1, le=3, strict=True)] | None = None
    """How many servers each tenant has; left out, 2 where two nodes are always there for the platform's own pods,
    else 1."""
