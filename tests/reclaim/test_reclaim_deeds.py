"""What the program that takes accelerators back does by each policy, once and not again, and what it tells of it."""

from __future__ import annotations

import json
import time

import pytest
from reclaim.program import active, lines, made
from reclaim.stand_ins import Cluster, Metrics

from fairlead import labels, series


def test_idle_work_is_suspended_and_everybody_can_see_why(
    servers: tuple[str, str], cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    program = made(servers)
    program.turn()
    assert active(cluster) == {"sleeps": False, "busy": True, "chat": True}
    note = json.loads(cluster.workloads[0]["metadata"]["annotations"][labels.RECLAIMED])
    said = (
        "all 16 accelerators of team-a/sleeps on n1, n2 idle for 2h, limit 1h: suspended by policy; "
        "it goes on after `fairlead resume team-a/sleeps`"
    )
    assert (note["said"], note["policy"], note["accelerators"], note["nodes"]) == (
        said,
        "suspend",
        16,
        ["n1", "n2"],
    )
    assert 7200 <= note["idle_seconds"] <= 7202
    [event] = cluster.events.values()
    assert (event["reason"], event["type"], event["message"]) == ("Reclaimed", "Warning", said)
    assert event["involvedObject"] == {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        "name": "sleeps",
        "namespace": "team-a",
        "uid": "uid-sleeps",
    }
    [line] = lines(capsys, "reclaimed")
    assert {**line, **note} == line
    assert line["owner"] == "TrainJob sleeps"
    assert f'{series.RECLAIMS}{{namespace="team-a",action="suspend"}} 1' in program.figures.text()
    assert f'{series.RECLAIMS}{{namespace="team-b",action="suspend"}} 0' in program.figures.text()


def test_what_is_suspended_is_left_as_it_is(servers: tuple[str, str], cluster: Cluster) -> None:
    program = made(servers)
    program.turn()
    before = len(cluster.calls)
    program.turn()
    assert {method for method, _ in cluster.calls[before:]} == {"GET"}
    assert program.figures.reclaims == {"team-a": 1}


def test_by_another_policy_it_is_deleted_with_all_that_it_owns(
    servers: tuple[str, str], cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    made(servers, "cancel").turn()
    assert cluster.deleted == ["/apis/trainer.kubeflow.org/v1alpha1/namespaces/team-a/trainjobs/sleeps"]
    assert all(active(cluster).values())
    [event] = cluster.events.values()
    assert event["message"].endswith("cancelled by policy; send it again to go on")
    assert lines(capsys, "reclaimed")[0]["policy"] == "cancel"


def test_by_a_third_it_is_told_once_an_hour_and_nothing_else_happens(
    servers: tuple[str, str],
    cluster: Cluster,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program, clock = made(servers, "warn"), [1_800_000_000.0]
    monkeypatch.setattr(time, "time", lambda: clock[0])
    monkeypatch.setattr("fairlead.reclaim.look._began", lambda _: 0.0)
    for _ in range(5):
        program.turn()
        clock[0] += 60
    [event] = cluster.events.values()
    assert event["reason"] == "AcceleratorsIdle"
    assert event["message"].endswith("limit 1h: use them, or end it")
    assert all(active(cluster).values())
    assert len(lines(capsys, "warned")) == 1
    assert (program.figures.failures, program.figures.reclaims) == (0, {})
    clock[0] += 3600
    program.turn()
    assert len(cluster.events) == 2


def test_it_is_told_before_when_it_will_be_taken_back_and_how_to_keep_it(
    servers: tuple[str, str], metrics: Metrics, cluster: Cluster
) -> None:
    metrics.idle[("team-a", "sleeps-0", "n1")] = [1900.0] * 8
    made(servers).turn()
    [event] = cluster.events.values()
    assert event["reason"] == "AcceleratorsIdle"
    assert "it is suspended at 2" in event["message"]
    assert event["message"].endswith("unless it uses them; `fairlead keep team-a/sleeps --for 4h` keeps it")
    assert all(active(cluster).values())
