"""The ray layer, decided: how many operators."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.plan.model import PoolPlan
from fairlead.plan.ray_model import RayPlan
from fairlead.plan.replicas import pair
from fairlead.spec.ray import Ray


def ray_plan(spec: Ray, pools: Sequence[PoolPlan]) -> RayPlan:
    """Whether Ray runs."""
    return RayPlan(True, spec.replicas or pair(pools)) if spec.enabled else RayPlan()
