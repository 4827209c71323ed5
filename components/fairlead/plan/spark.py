"""The spark layer, decided: how many operators run, and what the reader should know of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fairlead.plan.model import PoolPlan
from fairlead.plan.replicas import pair
from fairlead.plan.spark_model import SparkPlan
from fairlead.spec.spark import Spark


def spark_plan(spec: Spark, pools: Sequence[PoolPlan]) -> SparkPlan:
    """Whether Spark applications run."""
    return SparkPlan(True, spec.replicas or pair(pools), spec.api_server) if spec.enabled else SparkPlan()


def notes(plan: SparkPlan) -> Iterator[str]:
    """What the reader of a plan should know: what drivers may call."""
    if plan.enabled and not plan.api_server:
        yield (
            "Drivers of Spark applications may call any address on ports 443 and 6443, for they ask the API server for"
            " executors and platform.layers.spark.api_server does not say where it is."
        )
