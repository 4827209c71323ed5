"""The place of a waiting job, as Kueue's visibility API tells it."""

from __future__ import annotations

from typing import Any

from fairlead.workload.places import places


class Cluster:
    """Answers for queues of one namespace; what was asked is kept."""

    def __init__(self, **queues: list[dict[str, Any]]) -> None:
        self.queues, self.asked = queues, []

    def get(self, kind: str, name: str, namespace: str | None = None) -> dict[str, Any] | None:
        self.asked.append((kind, name, namespace))
        items = self.queues.get(name.partition("/")[0])
        return None if items is None else {"items": items}


def workload(name: str, queue: str = "training", active: bool = True, **conditions: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "team-a"},
        "spec": {"queueName": queue, "active": active},
        "status": {"conditions": [{"type": key, "status": value} for key, value in conditions.items()]},
    }


def item(name: str, **more: int) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "team-a"}, **more}


def ask(cluster: Cluster, *workloads: dict[str, Any]) -> dict[tuple[str, str], int]:
    return dict(places(cluster, workloads))  # type: ignore[arg-type]


def test_places_count_from_one_over_all_stages_of_the_tenant() -> None:
    """The API leaves a zero out, as Go does."""
    cluster = Cluster(
        training=[item("next"), item("later", positionInClusterQueue=4, positionInLocalQueue=1)]
    )
    assert ask(cluster, workload("next"), workload("later")) == {
        ("team-a", "next"): 1,
        ("team-a", "later"): 5,
    }
    assert cluster.asked == [("PendingWorkloads", "training/pendingworkloads", "team-a")]


def test_only_queues_are_asked_in_which_something_waits() -> None:
    cluster = Cluster(training=[], testing=[])
    running = workload("runs", QuotaReserved="True")
    stopped = workload("stopped", active=False)
    over = workload("over", "inference", Finished="True")
    assert ask(cluster, running, stopped, over) == {}
    assert cluster.asked == []
    assert ask(cluster, running, workload("waits", "testing", QuotaReserved="False")) == {}
    assert [name for _, name, _ in cluster.asked] == ["testing/pendingworkloads"]


def test_a_cluster_without_the_api_tells_no_places() -> None:
    assert ask(Cluster(), workload("waits")) == {}
