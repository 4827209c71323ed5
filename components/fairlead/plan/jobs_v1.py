"""The jobs-v1 layer, decided: how many operators run, and what the reader should know of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fairlead.plan.jobs_v1_model import JobsV1Plan
from fairlead.plan.model import PoolPlan
from fairlead.plan.replicas import pair
from fairlead.spec.jobs_v1 import JobsV1


def jobs_v1_plan(spec: JobsV1, pools: Sequence[PoolPlan]) -> JobsV1Plan:
    """Whether jobs of Kubeflow's old API run."""
    return JobsV1Plan(True, spec.replicas or pair(pools)) if spec.enabled else JobsV1Plan()


def notes(plan: JobsV1Plan) -> Iterator[str]:
    """What the reader of a plan should know: that nobody mends this operator any more."""
    if plan.enabled:
        yield (
            "Jobs of kubeflow.org/v1 run by an operator that its project has given up: move them to TrainJobs and"
            " switch platform.layers.jobs-v1 off."
        )
