"""A cluster with work that idles, work that is busy and work that serves, and a Prometheus that tells of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from reclaim.program import BUSY, SLEEPS
from reclaim.stand_ins import Cluster, Metrics, serving


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def cluster() -> Cluster:
    """A gang on two nodes that does nothing, another tenant's that is busy, one that serves."""
    made = Cluster()
    made.job("sleeps", "n1", "n2")
    made.job("busy", "n3", space="team-b")
    made.job("chat", "n4", queue="inference")
    return made


@pytest.fixture
def servers(metrics: Metrics, cluster: Cluster) -> Iterator[tuple[str, str]]:
    metrics.idle = {
        ("team-a", "sleeps-0", "n1"): [*SLEEPS],
        ("team-a", "sleeps-1", "n2"): [*SLEEPS],
        ("team-b", "busy-0", "n3"): [*BUSY],
        ("team-a", "chat-0", "n4"): [*SLEEPS],
    }
    with serving(metrics.answer) as prometheus, serving(cluster.answer) as api:
        yield prometheus, api
