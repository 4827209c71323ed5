"""The monitoring layer: what the platform's own programs say of themselves, gathered in one place."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from fairlead.spec.base import Flag, Model, Quantity

Span = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*[smhdw]$")]
"""A whole number and its unit: 30s, 15d."""


class Monitoring(Model):
    """Metrics of the platform's own programs: Prometheus, kept by its operator."""

    enabled: Flag = False
    """On: Prometheus runs in the cluster and gathers the metrics of every layer that runs."""
    interval: Span = "30s"
    """How often each program is asked."""
    retention: Span = "15d"
    """How long is kept what they said."""
    size: Quantity = "20Gi"
    """Of the volume that it is kept on. What is oldest goes when it is nearly full."""
