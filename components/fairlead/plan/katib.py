"""The katib layer, decided: how many of each program, and what the reader of a plan should know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fairlead.plan.katib_model import KatibPlan
from fairlead.plan.model import PoolPlan
from fairlead.plan.replicas import pair
from fairlead.spec.katib import Katib


def katib_plan(spec: Katib, pools: Sequence[PoolPlan]) -> KatibPlan:
    """Whether there are experiments."""
    return KatibPlan(True, spec.replicas or pair(pools)) if spec.enabled else KatibPlan()


def notes(plan: KatibPlan) -> Iterator[str]:
    """Who may read and write what is measured."""
    if plan.enabled:
        yield (
            "Katib's database manager asks nobody who calls: pods of trials reach it and no others do, but such a pod"
            " may name the trial of another tenant, whose name ends in eight letters and digits drawn by chance."
        )
