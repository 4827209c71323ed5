"""What containers write, kept where it can be searched when they are gone."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fairlead.spec.base import Model


class Logs(Model):
    """Output of all containers, of tenants and of the platform, in the cloud's own log service."""

    days: Annotated[int, Field(ge=1, le=3653, strict=True)] = 30
    """How long it is kept; each cloud's service knows certain periods only."""
