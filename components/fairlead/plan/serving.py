"""The serving layer, decided: how many controllers, and which servers a target can have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fairlead.catalog import lock
from fairlead.plan.model import PoolPlan
from fairlead.plan.replicas import pair
from fairlead.plan.serving_model import FORMATS, ServingPlan
from fairlead.spec.serving import Serving

SERVERS = tuple(FORMATS)
"""Images of the lock."""
LOCAL = "local"


def serving_plan(spec: Serving, target: str, pools: Sequence[PoolPlan]) -> ServingPlan:
    """Whether models are served."""
    if not spec.enabled:
        return ServingPlan()
    rows = lock.images()
    # The local target has what is built there, and pulls nothing that was not pinned by a digest.
    had = tuple(one for one in SERVERS if target != LOCAL or rows[one].build is not None)
    return ServingPlan(True, spec.replicas or pair(pools), had)


def notes(plan: ServingPlan) -> Iterator[str]:
    """What the reader of a plan should know: what cannot be served here."""
    lacking = [name for name in SERVERS if name not in plan.servers]
    if plan.enabled and lacking:
        yield f"Models that {', '.join(lacking)} would serve are not served here: those images are only pulled."
