"""The three ways in which the same jobs are run, as platforms of this product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from schedule.jobs import GPUS_PER_NODE, shares
from schedule.published import published

STACK, SUBNET = "schedule", "100.64.90.0/30"
POOL = "h100"
IDLE_AFTER = "5m"
"""As pools have it where nothing else is said."""
IDLE_SECONDS = 300.0


@dataclass(frozen=True)
class Variant:
    """One way to run the jobs."""

    name: str
    what: str
    borrow: bool = True
    queues: bool = True
    grows: bool = False
    """Whether nodes come and go: then the product places by quota and scheduler, not by topology."""
    leaves: bool = False
    """Whether idle GPU-hours are counted as if nodes that are empty left."""


VARIANTS = {
    one.name: one
    for one in (
        Variant(
            "fairlead",
            "one cohort, borrowing, fair sharing, placed by topology; empty nodes leave after idle_after",
            leaves=True,
        ),
        Variant("fixed", "a fixed part for each tenant, no borrowing; all nodes always on", borrow=False),
        Variant("default", "Kubernetes' default scheduler, no queues; all nodes always on", queues=False),
        Variant(
            "growing",
            "as fairlead, in a pool that grows: by quota and scheduler; empty nodes leave after idle_after",
            grows=True,
            leaves=True,
        ),
    )
}


def platform(variant: Variant, nodes: int, idle_after: str = IDLE_AFTER) -> Mapping[str, Any]:
    """The stack's own configuration."""
    part = shares(published(), nodes)
    layers = {"jobs": {"enabled": False}, "queue": {"enabled": variant.queues}}
    return {
        "name": STACK,
        "environment": "dev",
        "target": {"kind": "local", "subnet": SUBNET},
        "layers": layers,
        "pools": [
            {"name": "system", "machine": "host", "min": 1, "max": 1},
            {
                "name": POOL,
                "accelerators": f"H100:{GPUS_PER_NODE}",
                "min": 0 if variant.grows else nodes,
                "max": nodes,
                "idle_after": idle_after,
            },
        ],
        "tenants": [
            {
                "name": name,
                "quota": {"accelerators": {"H100": own * GPUS_PER_NODE}},
                **({} if variant.borrow else {"borrow": False}),
            }
            for name, own in part.items()
        ],
    }
