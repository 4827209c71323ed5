"""The serving layer: models behind the gateway."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fairlead.spec.base import Flag, Model


class Serving(Model):
    """Models of the tenants, as InferenceServices behind the gateway: KServe in its Standard mode."""

    enabled: Flag = False
    """On: the controller runs, with servers for models of several kinds."""
    replicas: Annotated[int, Field(ge=1, le=3, strict=True)] | None = None
    """How many controllers; left out, 2 where two nodes are always there for the platform's own pods, else 1."""
