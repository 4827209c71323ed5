"""The lws layer, decided: how many controllers."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.plan.lws_model import LwsPlan
from fairlead.plan.model import PoolPlan
from fairlead.plan.replicas import pair
from fairlead.spec.lws import Lws


def lws_plan(spec: Lws, pools: Sequence[PoolPlan]) -> LwsPlan:
    """Whether there are LeaderWorkerSets."""
    return LwsPlan(True, spec.replicas or pair(pools)) if spec.enabled else LwsPlan()
