"""Who sees nothing takes nothing: the program that takes accelerators back, where a server fails it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from reclaim.program import SLEEPS, active, lines, made
from reclaim.stand_ins import Cluster, Metrics, serving


def vector(*found: Any) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": "vector", "result": list(found)}}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((503, {"status": "error", "error": "starting up"}), "503 starting up"),
        ((200, {"status": "error", "error": "query timed out"}), "query timed out"),
        ((200, vector({"metric": {}})), "the answer cannot be read: KeyError 'value'"),
        ((200, vector({"metric": {}, "value": [0, "NaN"]})), "a value is no number"),
        (
            (200, vector({"metric": {}, "value": [0, "9999"]})),
            "a series lacks one of the labels namespace, pod",
        ),
        ((200, b"<html>not me</html>"), "Expecting value"),
        ((200, []), "the answer is no object"),
    ],
)
def test_where_prometheus_says_nothing_that_can_be_read_nothing_is_done(
    servers: tuple[str, str],
    cluster: Cluster,
    metrics: Metrics,
    answer: Any,
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    metrics.broken = answer
    program = made(servers)
    program.turn()
    assert cluster.calls == []
    [line] = lines(capsys, "failed")
    assert line["doing"] == "nothing is done: it cannot be seen what is used"
    assert words in line["why"]
    assert "fairlead_reclaimer_failures_total 1" in program.figures.text()
    assert program.figures.looked == 0


def test_where_nobody_answers_nothing_is_done(cluster: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(cluster.answer) as api:
        made(("http://127.0.0.1:1", api)).turn()
    assert cluster.calls == []
    assert len(lines(capsys, "failed")) == 1


def test_it_says_when_nobody_tells_of_accelerators_and_when_somebody_does_again(
    servers: tuple[str, str], metrics: Metrics, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    program, kept = made(servers), dict(metrics.idle)
    metrics.idle = {}
    program.turn()
    program.turn()
    metrics.idle = kept
    program.turn()
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["what"], one["count"]) for one in told if "told of" in one["what"]] == [
        ("no accelerator is told of", 0),
        ("accelerators are told of", 32),
    ]


def test_what_was_changed_meanwhile_is_looked_at_anew(servers: tuple[str, str], cluster: Cluster) -> None:
    """Somebody may have kept it, or used it, between the look and the deed."""
    cluster.refused["PATCH"] = (409, {"message": "the object has been modified"})
    program = made(servers)
    program.turn()
    assert (cluster.events, program.figures.reclaims, program.figures.failures) == ({}, {}, 0)
    del cluster.refused["PATCH"]
    program.turn()
    assert not active(cluster)["sleeps"]


def test_a_deed_whose_event_is_refused_is_counted_and_logged(
    servers: tuple[str, str], cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.refused["POST"] = (403, {"message": "forbidden"})
    program = made(servers)
    program.turn()
    assert program.figures.reclaims == {"team-a": 1}
    out = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["what"] for one in out if one["what"] in ("reclaimed", "failed")] == ["reclaimed", "failed"]


def test_one_that_cannot_be_changed_does_not_keep_the_others(
    servers: tuple[str, str], cluster: Cluster
) -> None:
    cluster.job("second", "n5")
    kept = cluster._patch

    def refuses_the_first(space: str, name: str, body: Any, kind: str) -> Any:
        return (500, {"message": "no"}) if name == "trainjob-sleeps" else kept(space, name, body, kind)

    cluster._patch = refuses_the_first  # type: ignore[method-assign]
    with serving(_with(servers, ("team-a", "second-0", "n5"))) as prometheus:
        made((prometheus, servers[1])).turn()
    assert active(cluster) == {"sleeps": True, "busy": True, "chat": True, "second": False}


def _with(servers: tuple[str, str], key: tuple[str, str, str]) -> Any:
    told = Metrics()
    told.idle = {
        ("team-a", "sleeps-0", "n1"): [*SLEEPS],
        ("team-a", "sleeps-1", "n2"): [*SLEEPS],
        key: [*SLEEPS],
    }
    return told.answer
