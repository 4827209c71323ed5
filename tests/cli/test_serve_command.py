"""`fairlead serve`, `models` and `unserve`: what they print, send and refuse."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from fairlead import labels
from fairlead.cli import serve
from fairlead.cli.main import app
from fairlead.workload.api import Api
from fairlead.workload.client import Client

sys.path.insert(0, str(Path(__file__).parents[1] / "workload"))

from fake_cluster import FakeCluster, kubeconfig

WORDS = {"kind": "Model", "name": "chat", "tenant": "team-a", "format": "vLLM", "uri": "hf://a/b"}


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeCluster:
    """One in which every version is ready as soon as it is sent."""
    fake = FakeCluster()
    fake.put({"kind": "LocalQueue", "metadata": {"name": "inference", "namespace": "team-a"}})
    told = {labels.GATEWAY_DOMAIN: "ml.example.com"}
    fake.put({"kind": "ConfigMap", "metadata": {"name": labels.GATEWAY, "namespace": "team-a"}, "data": told})
    put = fake.put

    def ready(obj: dict[str, object]) -> dict[str, object]:
        return put({**obj, "status": {"conditions": [{"type": "Ready", "status": "True"}]}})

    monkeypatch.setattr(fake, "put", ready)
    path = kubeconfig(tmp_path)
    api = Api(path, transport=fake.transport(), patience=0)
    monkeypatch.setattr(serve, "client", lambda *_: Client(path, api=api))
    return fake


def run(tmp_path: Path, *options: str, **changes: object) -> Result:
    file = tmp_path / "model.yaml"
    file.write_text(yaml.safe_dump({**WORDS, **changes}))
    return CliRunner().invoke(app, ["serve", "-f", str(file), *options])


def command(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


@pytest.mark.usefixtures("cluster")
def test_it_says_what_it_did_and_where_the_model_is_called(tmp_path: Path) -> None:
    assert run(tmp_path).output == (
        "team-a/chat version chat-1 created\n"
        "team-a/chat route chat created\n"
        "team-a/chat served at https://chat.team-a.ml.example.com: 1 1\n"
    )
    assert "version chat-1 unchanged" in run(tmp_path).output


@pytest.mark.usefixtures("cluster")
def test_models_are_listed_for_people_and_for_programs(tmp_path: Path) -> None:
    assert command("models").output == "no models\n"
    run(tmp_path)
    head, line = command("models").output.splitlines()
    assert head.lower().split() == ["model", "version", "weight", "ready", "replicas", "url", "why"]
    assert line.split() == ["team-a/chat", "1", "1", "yes", "0", "https://chat.team-a.ml.example.com"]
    [found] = json.loads(command("models", "-o", "json").output)
    assert found["versions"][0]["uri"] == "hf://a/b"


def test_a_model_is_ended_by_its_whole_name(cluster: FakeCluster, tmp_path: Path) -> None:
    run(tmp_path)
    assert command("unserve", "chat").exit_code == 2
    assert command("unserve", "team-a/chat").output == (
        "team-a/chat route chat removed\nteam-a/chat version chat-1 removed\n"
    )
    assert not [key for key in cluster.objects if key[0] == "InferenceService"]
    gone = command("unserve", "team-a/chat")
    assert (gone.exit_code, "has no model chat" in gone.output) == (1, True)


def test_it_prints_the_objects_without_a_cluster(tmp_path: Path) -> None:
    objects = list(yaml.safe_load_all(run(tmp_path, "--render", "--domain", "x.example.com").output))
    assert [one["kind"] for one in objects] == ["InferenceService", "HTTPRoute"]
    assert objects[1]["spec"]["hostnames"] == ["chat.team-a.x.example.com"]
    usual = list(yaml.safe_load_all(run(tmp_path, "--render").output))
    assert usual[1]["spec"]["hostnames"] == ["chat.team-a.fairlead.internal"]


def test_what_cannot_work_is_refused_with_status_2_and_nothing_is_sent(
    cluster: FakeCluster, tmp_path: Path
) -> None:
    before = len(cluster.requests)
    refused = run(tmp_path, format="vlm")
    assert refused.exit_code == 2
    assert "model.format: no server of the platform takes it" in refused.output
    assert run(tmp_path, "--domain", "x.example.com").exit_code == 2
    assert run(tmp_path, "--timeout", "soon").exit_code == 2
    assert len(cluster.requests) == before
    missing = command("serve", "-f", str(tmp_path / "none.yaml"))
    assert (missing.exit_code, "none.yaml" in missing.output) == (2, True)
