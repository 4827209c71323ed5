"""The platform spec: one object under the key `fairlead:platform` of a stack.

What one field alone decides is checked here. What needs the catalogue or another part of the
spec is checked by `fairlead.plan`, so that every problem is reported in one go.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fairlead.spec.base import Model, Name
from fairlead.spec.layer import Layers
from fairlead.spec.logs import Logs
from fairlead.spec.policies import Policies
from fairlead.spec.pool import Pool
from fairlead.spec.targets import Target
from fairlead.spec.tenant import Tenant


class Platform(Model):
    """All of one environment's platform."""

    name: Name
    """Name of the cluster and prefix of what belongs to it."""
    environment: Name
    """Which environment layer of the configuration applies, for example dev."""
    target: Target
    """Where the cluster is built."""
    pools: Annotated[tuple[Pool, ...], Field(min_length=1)]
    """The nodes; at least one pool without accelerators, for the system's own pods."""
    tenants: Annotated[tuple[Tenant, ...], Field(min_length=1)]
    """Who works here."""
    layers: Layers = Layers()
    """What runs here."""
    logs: Logs | None = None
    """Sends what containers write to the cloud's own log service; left out, it stays on the nodes."""
    policies: Policies = Policies()
    """Which rules hold here, and who is excused."""
