"""`fairlead notebook`: what it prints, sends and refuses."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from fairlead import labels
from fairlead.cli import notebook
from fairlead.cli.main import app
from fairlead.workload.api import Api
from fairlead.workload.client import Client

sys.path.insert(0, str(Path(__file__).parents[1] / "workload"))

from fake_cluster import FakeCluster, kubeconfig

WORDS = {"kind": "Notebook", "name": "lab", "tenant": "team-a", "image": "example.com/lab:1"}


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeCluster:
    fake = FakeCluster()
    fake.put({"kind": "LocalQueue", "metadata": {"name": "testing", "namespace": "team-a"}})
    told = {"name": labels.NOTEBOOKS, "namespace": "team-a"}
    fake.put({"kind": "ConfigMap", "metadata": told, "data": {labels.NOTEBOOK_DOMAIN: "ml.example.com"}})
    path = kubeconfig(tmp_path)
    api = Api(path, transport=fake.transport(), patience=0)
    monkeypatch.setattr(notebook, "client", lambda *_: Client(path, api=api))
    return fake


def run(tmp_path: Path, *options: str, **changes: object) -> Result:
    file = tmp_path / "notebook.yaml"
    file.write_text(yaml.safe_dump({**WORDS, **changes}))
    return CliRunner().invoke(app, ["notebook", "-f", str(file), *options])


def test_it_is_started_and_says_where_it_answers_and_how_one_gets_the_token(
    cluster: FakeCluster, tmp_path: Path
) -> None:
    first, second = run(tmp_path), run(tmp_path)
    where = "Queued  https://lab.team-a.ml.example.com/lab\n"
    how = "    token: kubectl -n team-a get secret lab-notebook -o jsonpath='{.data.token}' | base64 -d\n"
    assert first.output == f"team-a/lab created: {where}{how}"
    assert second.output == f"team-a/lab unchanged: {where}{how}"
    assert cluster.objects["Secret", "team-a", "lab-notebook"]["stringData"]["token"] not in first.output


def test_a_different_one_is_refused_and_replaced_when_said(cluster: FakeCluster, tmp_path: Path) -> None:
    run(tmp_path)
    refused = run(tmp_path, memory="2Gi")
    assert refused.exit_code == 1
    assert "a different job of the name team-a/lab" in refused.output
    assert "team-a/lab replaced" in run(tmp_path, "--replace", memory="2Gi").output


def test_it_prints_the_objects_without_a_cluster(tmp_path: Path) -> None:
    printed = list(yaml.safe_load_all(run(tmp_path, "--render").output))
    kinds = [one["kind"] for one in printed]
    assert kinds == ["PersistentVolumeClaim", "Service", "HTTPRoute", "TrainJob"]
    assert printed[2]["spec"]["hostnames"] == ["lab.team-a.fairlead.internal"]
    again = list(yaml.safe_load_all(run(tmp_path, "--render", "--domain", "ml.example.com").output))
    assert again[2]["spec"]["hostnames"] == ["lab.team-a.ml.example.com"]
    assert [one for one in again if one["kind"] != "HTTPRoute"] == [
        one for one in printed if one["kind"] != "HTTPRoute"
    ]


def test_what_cannot_work_is_refused_with_status_2_and_nothing_is_sent(
    cluster: FakeCluster, tmp_path: Path
) -> None:
    refused = run(tmp_path, idle_after="1s")
    assert refused.exit_code == 2
    assert "notebook.idle_after: must be between 1m and 7d" in refused.output
    assert cluster.requests == []
