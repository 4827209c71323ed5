"""The events layer, decided: how many controllers."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.plan.events_model import EventsPlan
from fairlead.plan.model import PoolPlan
from fairlead.plan.replicas import pair
from fairlead.spec.events import Events


def events_plan(spec: Events, pools: Sequence[PoolPlan]) -> EventsPlan:
    """Whether events start workflows."""
    return EventsPlan(True, spec.replicas or pair(pools), spec.most) if spec.enabled else EventsPlan()
