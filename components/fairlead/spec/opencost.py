"""The opencost layer: what has run, and what it has cost, by tenant, job and model."""

from __future__ import annotations

from fairlead.spec.base import Flag, Model, Quantity


class Opencost(Model):
    """Showback of what has run, at the prices of this plan: OpenCost."""

    enabled: Flag = False
    """On: OpenCost runs in the cluster and says what namespaces, jobs and models have cost. Needs the layer monitoring,
    and the price of at least one pool."""
    memory: Quantity = "1Gi"
    """The most that it may use: it keeps every pod of the cluster in memory, and grows with the days asked for."""
