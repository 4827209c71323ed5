"""Scales sent to a cluster: made once, changed where they differ, refused where there is no service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fake_cluster import FakeCluster, kubeconfig, reply, status

from fairlead.errors import FairleadError
from fairlead.workload.api import Api, ApiFailure
from fairlead.workload.scale import ServiceScale
from fairlead.workload.scale_render import render
from fairlead.workload.scale_send import send


@pytest.fixture
def cluster() -> FakeCluster:
    fake = FakeCluster()
    fake.put({"kind": "Deployment", "metadata": {"name": "chat", "namespace": "team-a"}})
    return fake


@pytest.fixture
def api(cluster: FakeCluster, tmp_path: Path) -> Api:
    return Api(kubeconfig(tmp_path), transport=cluster.transport(), patience=0)


def scale(**changes: Any) -> ServiceScale:
    base = {"name": "chat", "tenant": "team-a", "max": 4, "targets": {"concurrency": 8}}
    return ServiceScale.model_validate({**base, **changes})


def stored(cluster: FakeCluster) -> dict[str, Any]:
    return cluster.objects["ScaledObject", "team-a", "chat"]["spec"]


def test_the_same_scale_again_changes_nothing(cluster: FakeCluster, api: Api) -> None:
    assert send(api, scale()) == "created"
    assert stored(cluster) == render(scale())[0]["spec"]
    before = len(cluster.requests)
    assert send(api, scale()) == "unchanged"
    assert {one.split()[0] for one in cluster.requests[before:]} == {"GET"}


def test_what_keda_adds_when_it_writes_a_scale_back_is_no_difference(cluster: FakeCluster, api: Api) -> None:
    send(api, scale())
    stored(cluster)["advanced"]["scalingModifiers"] = {}
    assert send(api, scale()) == "unchanged"
    assert send(api, scale(scale_down_after="1m")) == "changed"
    assert stored(cluster)["advanced"] == {
        "scalingModifiers": {},
        **render(scale(scale_down_after="1m"))[0]["spec"]["advanced"],
    }


def test_what_differs_is_changed_and_what_is_gone_is_taken_away(cluster: FakeCluster, api: Api) -> None:
    send(api, scale(min=0, idle_after="2m"))
    assert stored(cluster)["cooldownPeriod"] == 120
    assert send(api, scale(min=1, max=9)) == "changed"
    assert stored(cluster) == render(scale(min=1, max=9))[0]["spec"]
    assert "cooldownPeriod" not in stored(cluster)


def test_a_service_that_is_not_there_is_named(api: Api, cluster: FakeCluster) -> None:
    with pytest.raises(FairleadError, match=r"team-a has no StatefulSet chat: there is nothing to scale"):
        send(api, scale(workload_kind="StatefulSet"))
    assert not [one for one in cluster.requests if one.startswith("POST")]


def test_the_webhooks_refusal_is_passed_on(cluster: FakeCluster, api: Api) -> None:
    words = "the workload 'chat' of type 'apps/v1.Deployment' is already managed by the hpa 'old'"
    there = cluster.objects["Deployment", "team-a", "chat"]
    cluster.answers = [reply(200, there), status(404, "not found"), status(403, words)]
    with pytest.raises(ApiFailure, match="already managed by the hpa 'old'"):
        send(api, scale())
