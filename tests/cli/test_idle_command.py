"""fairlead idle, resume and keep: what is shown, what goes on again, and what may stay as it is."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from typer.testing import CliRunner, Result

from fairlead import labels, series
from fairlead.cli import idle
from fairlead.cli.main import app
from fairlead.reclaim.decide import kept_until
from fairlead.workload.api import Api
from fairlead.workload.client import Client

sys.path.insert(0, str(Path(__file__).parents[1] / "workload"))

from controller_objects import train_job, workload
from fake_cluster import FakeCluster, kubeconfig
from job_samples import job

GPU = {"accelerator": "H100", "pool": "h100"}


def held(job: str, node: str, device: str, **more: str) -> Mapping[str, str]:
    words = {"tenant": "team-a", "namespace": "team-a", "stage": "training", "training_job": job}
    return {**GPU, **words, "workload": job, "pod": f"{job}-0", "node": node, "device": device, **more}


SEEN: dict[str, list[tuple[Mapping[str, str], float]]] = {
    series.ACCELERATOR_IDLE: [
        *((held("sleeps", "n1", str(place)), 7200.0 + place) for place in range(8)),
        *((held("half", "n2", str(place)), 900.0 if place < 4 else 3.0) for place in range(8)),
        (held("", "n3", "0", stage="inference", workload="chat", tenant="team-b"), 11_100.0),
        (held("busy", "n4", "0"), 0.0),
    ],
    series.NODE_EMPTY: [({**GPU, "node": "n9"}, 90_000.0), ({**GPU, "node": "n8"}, 30.0)],
}


class Cluster(FakeCluster):
    """The API server, with Prometheus behind its door."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = SEEN

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        url = urlsplit(str(request.url))
        if not url.path.endswith("/proxy/api/v1/query"):
            return super().handle(request)
        name, _, least = parse_qs(url.query)["query"][0].partition(" >= ")
        found = [(names, value) for names, value in self.seen[name] if value >= float(least or 0)]
        result = [{"metric": names, "value": [0, str(value)]} for names, value in found]
        return httpx2.Response(
            200, json={"status": "success", "data": {"resultType": "vector", "result": result}}
        )


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cluster:
    fake, path = Cluster(), kubeconfig(tmp_path)
    monkeypatch.setattr(
        idle, "client", lambda *_: Client(path, api=Api(path, transport=fake.transport(), patience=0))
    )
    return fake


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(app, list(arguments))
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def printed(*arguments: str) -> list[str]:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


# ---- what lies idle ----------------------------------------------------------------------------


@pytest.mark.usefixtures("cluster")
def test_what_is_idle_is_shown_by_tenant_work_and_node_the_longest_first() -> None:
    assert printed("idle") == [
        "IDLE   TENANT  WORK    STAGE      POOL  NODE  ACCELERATORS",
        "3h 5m  team-b  chat    inference  h100  n3    1 of 1 H100",
        "2h     team-a  sleeps  training   h100  n1    8 of 8 H100",
        "15m    team-a  half    training   h100  n2    4 of 8 H100",
        "",
        "EMPTY  POOL  NODE  ACCELERATOR",
        "25h    h100  n9    H100",
    ]


@pytest.mark.usefixtures("cluster")
def test_only_what_has_lasted_is_shown() -> None:
    lines = printed("idle", "--over", "3h")
    assert [line.split()[3] for line in lines[1:2]] == ["chat"]
    assert printed("idle", "--over", "2d") == ["of 18 accelerators that are held, none has been idle for 48h"]


@pytest.mark.usefixtures("cluster")
def test_programs_get_it_with_all_words() -> None:
    told = json.loads("\n".join(printed("idle", "-o", "json")))
    assert told["told"] == 18
    assert told["work"][1] == {
        "tenant": "team-a",
        "work": "sleeps",
        "stage": "training",
        "pool": "h100",
        "node": "n1",
        "accelerator": "H100",
        "idle": 8,
        "held": 8,
        "seconds": 7207,
    }
    assert told["nodes"] == [{"node": "n9", "pool": "h100", "accelerator": "H100", "seconds": 90000}]


def test_where_nobody_tells_of_accelerators_that_is_said(cluster: Cluster) -> None:
    cluster.seen = {series.ACCELERATOR_IDLE: [], series.NODE_EMPTY: []}
    assert printed("idle") == [
        "no exporter tells of an accelerator that somebody holds: see docs/monitoring.md, Accelerators"
    ]


def test_a_cluster_without_metrics_says_what_to_switch_on(cluster: Cluster) -> None:
    def none(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(404, json={"message": 'services "metrics" not found'})

    cluster.handle = none  # type: ignore[method-assign]
    result = run("idle")
    assert result.exit_code == 1
    assert "platform.layers.monitoring.enabled: true" in result.stderr


@pytest.mark.parametrize(("option", "value"), [("--over", "long"), ("--prometheus", "localhost:9090")])
@pytest.mark.usefixtures("cluster")
def test_an_option_that_cannot_be_meant_is_refused(option: str, value: str) -> None:
    result = run("idle", option, value)
    assert result.exit_code == 2
    assert option in result.stderr
    assert value in result.stderr


# ---- what goes on again ------------------------------------------------------------------------


def suspended(
    name: str, *, kind: str = "TrainJob", space: str = "team-a", active: bool = False
) -> dict[str, Any]:
    made = workload(active=active, uid=f"{kind.lower()}-{name}")
    made["metadata"] |= {
        "namespace": space,
        "annotations": {labels.RECLAIMED: "{}", "other": "stays"},
        "ownerReferences": [{"apiVersion": "x/v1", "kind": kind, "name": name, "uid": "u"}],
    }
    return made


@pytest.mark.parametrize("name", ["team-a/sleeps", "sleeps"])
def test_suspended_work_waits_in_its_queue_again(cluster: Cluster, name: str) -> None:
    made = cluster.put(suspended("sleeps"))
    cluster.put(suspended("other"))
    assert printed("resume", name) == ["team-a/sleeps (TrainJob) waits in its queue again"]
    now = cluster.objects["Workload", "team-a", made["metadata"]["name"]]
    assert now["spec"]["active"] is True
    assert now["metadata"]["annotations"] == {"other": "stays"}
    other = cluster.objects["Workload", "team-a", suspended("other")["metadata"]["name"]]
    assert other["spec"]["active"] is False


def test_work_of_another_kind_goes_on_too(cluster: Cluster) -> None:
    cluster.put(suspended("ray", kind="RayJob"))
    assert printed("resume", "team-a/ray") == ["team-a/ray (RayJob) waits in its queue again"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("team-a/none", "nothing in the queues is called team-a/none"),
        ("team-a/runs", "team-a/runs is not suspended"),
        ("twice", "team-a/TrainJob twice, team-b/TrainJob twice"),
        ("team-b/sleeps", "nothing in the queues is called team-b/sleeps"),
    ],
)
def test_what_cannot_go_on_says_why_and_changes_nothing(cluster: Cluster, name: str, words: str) -> None:
    cluster.put(suspended("sleeps"))
    cluster.put(suspended("runs", active=True))
    cluster.put(suspended("twice"))
    cluster.put(suspended("twice", space="team-b"))
    result = run("resume", name)
    assert result.exit_code == 1
    assert words in result.stderr
    assert "fix:" in result.stderr
    assert not [one for one in cluster.requests if one.startswith("PATCH")]


# ---- what may stay as it is --------------------------------------------------------------------


@pytest.mark.parametrize("name", ["team-a/small", "small"])
def test_an_exception_has_an_end_that_the_reclaimer_reads(cluster: Cluster, name: str) -> None:
    cluster.put(train_job(job()))
    [line] = printed("keep", name, "--for", "4h")
    until = line.rpartition(" ")[2]
    assert line == f"team-a/small may hold what it does not use until {until}"
    kept = cluster.objects["TrainJob", "team-a", "small"]["metadata"]["annotations"][labels.KEEP_IDLE]
    assert kept == until
    read = kept_until(kept)
    assert read is not None
    end = (datetime.now(UTC) + timedelta(hours=4)).timestamp()
    assert end - 60 < read <= end + 1


@pytest.mark.parametrize("length", ["0s", "8d", "ever"])
def test_an_exception_without_a_near_end_is_refused(cluster: Cluster, length: str) -> None:
    cluster.put(train_job(job()))
    result = run("keep", "team-a/small", "--for", length)
    assert result.exit_code == 2
    assert "--for" in result.stderr
    assert not [one for one in cluster.requests if one.startswith("PATCH")]


@pytest.mark.usefixtures("cluster")
def test_a_job_that_is_not_there_is_told_with_what_else_to_do() -> None:
    result = run("keep", "team-a/ray", "--for", "1h")
    assert result.exit_code == 1
    assert labels.KEEP_IDLE in result.stderr
