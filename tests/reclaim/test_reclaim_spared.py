"""What the program that takes accelerators back leaves alone, and what keeps nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from reclaim.program import SLEEPS, active, lines, made
from reclaim.stand_ins import Cluster, Metrics, pod

from fairlead import labels


def _keep(cluster: Cluster, _: Metrics) -> None:
    until = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    [owner] = [one for path, one in cluster.owners.items() if path.endswith("/sleeps")]
    owner["metadata"]["annotations"][labels.KEEP_IDLE] = until


def _keep_workload(cluster: Cluster, metrics: Metrics) -> None:
    _keep(cluster, metrics)
    [owner] = [one for path, one in cluster.owners.items() if path.endswith("/sleeps")]
    cluster.workloads[0]["metadata"]["annotations"] = owner["metadata"].pop("annotations")


def _young(cluster: Cluster, _: Metrics) -> None:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    cluster.pods[1]["status"]["containerStatuses"][1] = {"state": {"running": {"startedAt": now}}}


def _labelled(cluster: Cluster, _: Metrics) -> None:
    cluster.pods[0]["metadata"]["labels"][labels.STAGE] = "inference"


def _half_told(_: Cluster, metrics: Metrics) -> None:
    del metrics.idle[("team-a", "sleeps-1", "n2")]


def _one_untold(_: Cluster, metrics: Metrics) -> None:
    metrics.idle[("team-a", "sleeps-1", "n2")].pop()


def _of_another_node(_: Cluster, metrics: Metrics) -> None:
    metrics.idle[("team-a", "sleeps-1", "n9")] = metrics.idle.pop(("team-a", "sleeps-1", "n2"))


def _pending(cluster: Cluster, _: Metrics) -> None:
    cluster.pods[1]["status"] = {"phase": "Pending"}


def _crashing(cluster: Cluster, _: Metrics) -> None:
    cluster.pods[1]["status"]["containerStatuses"][1] = {"state": {"waiting": {"reason": "CrashLoopBackOff"}}}


def _lost(cluster: Cluster, _: Metrics) -> None:
    cluster.pods[1]["status"]["phase"] = "Unknown"


def _going(cluster: Cluster, _: Metrics) -> None:
    cluster.pods[1]["metadata"]["deletionTimestamp"] = "2027-01-01T00:00:00Z"


def _claimed(cluster: Cluster, metrics: Metrics) -> None:
    """Claimed devices are in no resources: without a word of one, it may be used."""
    cluster.pods[1]["spec"] = {"nodeName": "n2", "containers": [{}], "resourceClaims": [{"name": "gpu"}]}
    _half_told(cluster, metrics)


def _saved(_: Cluster, metrics: Metrics) -> None:
    metrics.saved[("team-a", "sleeps-1")] = 100.0


def _saving(_: Cluster, metrics: Metrics) -> None:
    metrics.saving.add(("team-a", "sleeps-0"))


def _evicted(cluster: Cluster, _: Metrics) -> None:
    cluster.workloads[0]["status"]["conditions"].append({"type": "Evicted", "status": "True"})


def _waiting(cluster: Cluster, _: Metrics) -> None:
    cluster.workloads[0]["status"]["conditions"] = []


def _finished(cluster: Cluster, _: Metrics) -> None:
    cluster.workloads[0]["status"]["conditions"].append({"type": "Finished", "status": "True"})


def _leaving(cluster: Cluster, _: Metrics) -> None:
    cluster.workloads[0]["metadata"]["deletionTimestamp"] = "2027-01-01T00:00:00Z"


def _unowned(cluster: Cluster, _: Metrics) -> None:
    cluster.workloads[0]["metadata"]["ownerReferences"] = []


def _without_owner(cluster: Cluster, _: Metrics) -> None:
    cluster.owners.clear()


def _no_tenants(_: Cluster, metrics: Metrics) -> None:
    metrics.idle = {("kube-system", "sleeps-0", "n1"): [*SLEEPS]}


LEFT = [
    _keep,
    _keep_workload,
    _young,
    _labelled,
    _half_told,
    _one_untold,
    _of_another_node,
    _pending,
    _crashing,
    _lost,
    _going,
    _claimed,
    _saved,
    _saving,
    _evicted,
    _waiting,
    _finished,
    _leaving,
    _unowned,
    _without_owner,
    _no_tenants,
]


@pytest.mark.parametrize("change", LEFT, ids=lambda change: change.__name__.strip("_"))
def test_it_is_left_alone(
    servers: tuple[str, str],
    cluster: Cluster,
    metrics: Metrics,
    change: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    change(cluster, metrics)
    for action in ("suspend", "cancel"):
        made(servers, action).turn()
    assert all(active(cluster).values())
    assert cluster.deleted == []
    assert {method for method, _ in cluster.calls} <= {"GET", "POST"}
    assert lines(capsys, "failed") == []


def test_it_looks_at_no_namespace_that_is_no_tenants(servers: tuple[str, str], cluster: Cluster) -> None:
    program = made(servers)
    program.namespaces = ["team-b"]
    program.turn()
    assert {path.split("/namespaces/")[1].partition("/")[0] for _, path in cluster.calls} == {"team-b"}


def test_an_old_checkpoint_and_an_exception_that_is_over_keep_nothing(
    servers: tuple[str, str], cluster: Cluster, metrics: Metrics
) -> None:
    metrics.saved[("team-a", "sleeps-1")] = 7000.0
    cluster.workloads[0]["metadata"]["annotations"] = {labels.KEEP_IDLE: "2020-01-01T00:00:00Z"}
    made(servers).turn()
    assert not active(cluster)["sleeps"]


def test_what_has_ended_and_what_is_over_count_no_more(servers: tuple[str, str], cluster: Cluster) -> None:
    """A rank that is done, and an eviction from which the work has come back."""
    cluster.workloads[0]["status"]["conditions"].append({"type": "Evicted", "status": "False"})
    cluster.pods.append(pod("sleeps-2", "n6", cluster.workloads[0], 8, 36000))
    cluster.pods[-1]["status"]["phase"] = "Succeeded"
    made(servers).turn()
    assert not active(cluster)["sleeps"]


def test_an_exception_without_an_end_keeps_nothing_and_is_told(
    servers: tuple[str, str], cluster: Cluster
) -> None:
    cluster.workloads[0]["metadata"]["annotations"] = {labels.KEEP_IDLE: "for ever"}
    made(servers).turn()
    assert not active(cluster)["sleeps"]
    [event] = cluster.events.values()
    assert event["message"].endswith(f"; {labels.KEEP_IDLE} is no time: for ever")


def test_why_something_is_spared_is_logged_once(
    servers: tuple[str, str], cluster: Cluster, metrics: Metrics, capsys: pytest.CaptureFixture[str]
) -> None:
    program = made(servers)
    _keep(cluster, metrics)
    for _ in range(3):
        program.turn()
    [line] = lines(capsys, "spared")
    assert line["why"].startswith("somebody keeps it until 2")
    assert line["owner"] == "TrainJob sleeps"
