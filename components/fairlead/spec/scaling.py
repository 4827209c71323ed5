"""The scaling layer: services get more and fewer replicas by what is asked of them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fairlead.spec.base import Flag, Model


class Scaling(Model):
    """Scales services by requests, queues and accelerator use, to and from zero: KEDA."""

    enabled: Flag = False
    """On: KEDA is installed, and is then this cluster's one provider of external metrics."""
    replicas: Annotated[int, Field(ge=1, le=3, strict=True)] | None = None
    """How many of each controller; left out, 2 where two nodes are always there for the platform's own pods, else 1."""
