"""How the commands reach a brought cluster: the one context that the spec names, and nothing else of the file."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from fairlead.errors import FairleadError
from fairlead.operate import kubeconfig
from fairlead.stack import Stack

FILE = {
    "current-context": "other",
    "contexts": [
        {"name": "other", "context": {"cluster": "other", "user": "other"}},
        {"name": "rack", "context": {"cluster": "rack", "user": "me"}},
    ],
    "clusters": [
        {"name": "other", "cluster": {"server": "https://other.example.com"}},
        {
            "name": "rack",
            "cluster": {"server": "https://rack.example.com", "certificate-authority": "ca.crt"},
        },
    ],
    "users": [{"name": "other", "user": {"token": "secret"}}, {"name": "me", "user": {"client-key": "/k"}}],
}


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A stack on a brought cluster."""
    monkeypatch.setenv("FAIRLEAD_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "config"
    file.write_text(yaml.safe_dump(FILE))
    return with_target(tmp_path, kubeconfig=str(file), context="rack")


def with_target(folder: Path, **target: Any) -> Stack:
    nodes = {"names": ["a"], "cpu": "1", "memory": "1Gi"}
    platform = {
        "name": "lab",
        "environment": "dev",
        "target": {"kind": "onprem", **target},
        "pools": [{"name": "system", "min": 1, "max": 1, "nodes": nodes}],
        "tenants": [{"name": "team-a", "quota": {"cpu": "1"}}],
    }
    (folder / "stacks" / "layers").mkdir(parents=True, exist_ok=True)
    (folder / "Pulumi.yaml").write_text("name: fairlead\n")
    for layer in ("defaults", "environment-dev"):
        (folder / "stacks" / "layers" / f"{layer}.yaml").write_text("{}\n")
    file = folder / "stacks" / "Pulumi.rack.yaml"
    file.write_text(yaml.safe_dump({"config": {"fairlead:platform": platform}}))
    return Stack(folder, "rack")


def test_only_the_named_context_is_copied_and_only_this_user_can_read_it(
    stack: Stack, tmp_path: Path
) -> None:
    path = kubeconfig.of(stack)
    found = json.loads(path.read_text())
    assert found["current-context"] == "rack"
    assert [one["name"] for part in ("contexts", "clusters", "users") for one in found[part]] == [
        "rack",
        "rack",
        "me",
    ]
    assert "secret" not in path.read_text()
    assert found["clusters"][0]["cluster"]["certificate-authority"] == str(tmp_path / "ca.crt")
    assert found["users"][0]["user"]["client-key"] == "/k"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_copy_follows_the_file(stack: Stack, tmp_path: Path) -> None:
    first = kubeconfig.of(stack).read_text()
    moved = json.loads(json.dumps(FILE))
    moved["clusters"][1]["cluster"]["server"] = "https://new.example.com"
    (tmp_path / "config").write_text(yaml.safe_dump(moved))
    assert kubeconfig.of(stack).read_text() != first


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({**FILE, "contexts": FILE["contexts"][:1]}, "contexts has no rack"),
        ({**FILE, "users": []}, "users has no me"),
        ({}, "contexts has no rack"),
        ([], "contexts has no rack"),
    ],
)
def test_a_file_without_the_context_is_refused_with_what_it_has(
    stack: Stack, tmp_path: Path, content: object, words: str
) -> None:
    (tmp_path / "config").write_text(yaml.safe_dump(content))
    with pytest.raises(FairleadError, match=words) as caught:
        kubeconfig.of(stack)
    assert "fix:" in str(caught.value)


@pytest.mark.parametrize("content", [None, "a: [", ""])
def test_a_file_that_cannot_be_read_is_refused_in_the_users_words(
    stack: Stack, tmp_path: Path, content: str | None
) -> None:
    (tmp_path / "config").unlink()
    if content is not None:
        (tmp_path / "config").write_text(content)
    with pytest.raises(FairleadError, match="fix:"):
        kubeconfig.of(stack)


@pytest.mark.parametrize(
    "target",
    [{"stack": "acme/base/prod"}, {"cluster": {"cloud": "aws", "name": "a", "region": "eu-central-1"}}],
)
def test_a_cluster_that_only_the_engine_reaches_asks_for_a_file(
    stack: Stack, tmp_path: Path, target: dict[str, Any]
) -> None:
    with pytest.raises(FairleadError, match="--kubeconfig"):
        kubeconfig.of(with_target(tmp_path, **target))


def test_without_a_context_the_current_one_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(yaml.safe_dump(FILE))
    assert json.loads(kubeconfig.only(file, None))["current-context"] == "other"
