"""`fairlead scale`: what it prints, sends and refuses."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from fairlead.cli import scale
from fairlead.cli.main import app
from fairlead.workload.api import Api
from fairlead.workload.client import Client

sys.path.insert(0, str(Path(__file__).parents[1] / "workload"))

from fake_cluster import FakeCluster, kubeconfig

WORDS = {"name": "chat", "tenant": "team-a", "min": 0, "max": 4, "targets": {"concurrency": 8}}


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeCluster:
    fake = FakeCluster()
    fake.put({"kind": "Deployment", "metadata": {"name": "chat", "namespace": "team-a"}})
    path = kubeconfig(tmp_path)
    api = Api(path, transport=fake.transport(), patience=0)
    monkeypatch.setattr(scale, "client", lambda *_: Client(path, api=api))
    return fake


def run(tmp_path: Path, *options: str, **changes: object) -> Result:
    file = tmp_path / "scale.yaml"
    file.write_text(yaml.safe_dump({**WORDS, **changes}))
    return CliRunner().invoke(app, ["scale", "-f", str(file), *options])


def test_a_scale_is_sent_and_the_same_again_changes_nothing(cluster: FakeCluster, tmp_path: Path) -> None:
    first, second = run(tmp_path), run(tmp_path)
    assert first.output == "team-a/chat created: chat from 0 to 4 replicas\n"
    assert second.output == "team-a/chat unchanged: chat from 0 to 4 replicas\n"
    assert run(tmp_path, max=6).output == "team-a/chat changed: chat from 0 to 6 replicas\n"
    assert ("ScaledObject", "team-a", "chat") in cluster.objects


def test_it_prints_the_object_without_a_cluster(tmp_path: Path) -> None:
    printed = yaml.safe_load(run(tmp_path, "--render").output)
    assert (printed["kind"], printed["spec"]["maxReplicaCount"]) == ("ScaledObject", 4)


def test_what_cannot_work_is_refused_with_status_2_and_nothing_is_sent(
    cluster: FakeCluster, tmp_path: Path
) -> None:
    refused = run(tmp_path, targets={"accelerator_memory": 80})
    assert refused.exit_code == 2
    assert "scale.min: would sleep for ever" in refused.output
    assert cluster.requests == []


def test_a_service_that_is_not_there_is_a_failure(cluster: FakeCluster, tmp_path: Path) -> None:
    refused = run(tmp_path, workload="code")
    assert refused.exit_code == 1
    assert "team-a has no Deployment code" in refused.output


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    refused = CliRunner().invoke(app, ["scale", "-f", str(tmp_path / "none.yaml")])
    assert refused.exit_code == 2
    assert "none.yaml" in refused.output
