"""The scaling layer, decided: how many controllers run, and what the reader should know of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fairlead import labels
from fairlead.plan.model import PoolPlan
from fairlead.plan.replicas import pair
from fairlead.plan.scaling_model import ScalingPlan
from fairlead.spec.scaling import Scaling


def scaling_plan(spec: Scaling, pools: Sequence[PoolPlan]) -> ScalingPlan:
    """Whether services are scaled, and by how many of each controller."""
    if not spec.enabled:
        return ScalingPlan()
    return ScalingPlan(True, spec.replicas or pair(pools))


def notes(plan: ScalingPlan, *, measured: bool) -> Iterator[str]:
    """What the reader of a plan should know: services that nobody measures stay as they are."""
    if plan.enabled and not measured:
        yield (
            f"Services are scaled by what {labels.METRICS_URL} answers, and nothing of this platform answers there,"
            " for layer monitoring is off: until something does, they keep the replicas that they have."
        )
