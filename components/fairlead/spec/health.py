"""The health layer: what is done about faults of nodes, said once for every target."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from fairlead.spec.base import Duration, Flag, Model, between
from fairlead.values import seconds

Action = Literal["none", "reboot", "replace"]


def _whole_minutes(value: str) -> str:
    if seconds(value) < 60 or seconds(value) % 60:
        raise ValueError("must be whole minutes, at least one: the clouds count no finer")
    return value


Delay = Annotated[Duration, AfterValidator(_whole_minutes)]
Grace = Annotated[Duration, between("1s", "1h")]
"""How long a pod may take to stop: a node that is drained waits no longer than an hour."""


class Repair(Model):
    """What is done about a node with a fault of one class; what is left out is as the fault's own row says."""

    action: Action | None = None
    """none: the fault is only shown. reboot: the same machine starts again. replace: another machine comes."""
    after: Delay | None = None
    """How long the fault must last."""


class Health(Model):
    """Finds faults of nodes and has them mended: one policy, compiled to what each target offers."""

    enabled: Flag = True
    """Off: this platform installs no detector, and asks its target to mend nothing."""
    recoverable: Repair = Repair()
    """Faults that a restart of the machine clears, for example a GPU that must be reset."""
    node_fatal: Repair = Repair()
    """Faults that stay: a GPU off the bus, a node that is silent."""
    stop_above: Annotated[int, Field(ge=1, le=100, strict=True)] = 20
    """Percent of a pool's nodes; nothing is mended while more are unhealthy: then the cause lies elsewhere."""
    checkpoint_grace: Grace = "60s"
    """How long a job's pods have to write a checkpoint once they are told to stop; a job may ask for its own."""
