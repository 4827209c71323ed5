"""Models sent to a cluster: calls go to a version when it is ready, what a file lacks goes, others' things stay."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_cluster import FakeCluster, kubeconfig

from fairlead import labels
from fairlead.errors import FairleadError, InputError
from fairlead.workload import serve_send
from fairlead.workload.api import Api
from fairlead.workload.serve import ServedModel
from fairlead.workload.serve_load import load_model
from fairlead.workload.serve_send import Served, models, serve, unserve

SCALE: dict[str, Any] = {"min": 0, "max": 2, "targets": {"concurrency": 8}}
TWO = {"1": {"uri": "s3://models/1", "weight": 90}, "2": {"uri": "s3://models/2", "weight": 10}}


@pytest.fixture
def cluster() -> FakeCluster:
    fake = FakeCluster()
    fake.put({"kind": "LocalQueue", "metadata": {"name": "inference", "namespace": "team-a"}})
    told = {labels.GATEWAY_DOMAIN: "ml.example.com"}
    fake.put({"kind": "ConfigMap", "metadata": {"name": labels.GATEWAY, "namespace": "team-a"}, "data": told})
    return fake


@pytest.fixture
def api(cluster: FakeCluster, tmp_path: Path) -> Api:
    return Api(kubeconfig(tmp_path), transport=cluster.transport(), patience=0)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve_send, "LOOK", 0.01)
    monkeypatch.setattr(serve_send, "MADE_WITHIN", 0.5)


@pytest.fixture
def kserve(cluster: FakeCluster) -> Iterator[threading.Event]:
    """Makes a Deployment of every InferenceService and says that it is ready; while the event is set, it is slow."""
    slow, over = threading.Event(), threading.Event()

    def work() -> None:
        while not over.wait(0.005):
            for (kind, space, name), obj in list(cluster.objects.items()):
                if kind != "InferenceService" or "status" in obj or slow.is_set():
                    continue
                made = {"name": f"{name}-predictor", "namespace": space}
                cluster.put({"kind": "Deployment", "metadata": made})
                obj["status"] = {"conditions": [{"type": "Ready", "status": "True"}]}

    thread = threading.Thread(target=work)
    thread.start()
    yield slow
    over.set()
    thread.join()


def model(**changes: Any) -> ServedModel:
    where = {} if "versions" in changes else {"uri": "s3://models/flowers"}
    return load_model(
        {"name": "flowers", "tenant": "team-a", "format": "sklearn", **where, **changes}, "test"
    )


def weights(cluster: FakeCluster) -> dict[str, int]:
    route = cluster.objects["HTTPRoute", "team-a", "flowers"]
    [rule] = route["spec"]["rules"]
    return {one["name"]: one["weight"] for one in rule["backendRefs"]}


def names(cluster: FakeCluster, kind: str) -> list[str]:
    return sorted(name for one, _, name in cluster.objects if one == kind)


@pytest.mark.usefixtures("kserve")
def test_a_model_is_served_under_the_domain_of_the_cluster(cluster: FakeCluster, api: Api) -> None:
    done = serve(api, model())
    assert done == Served(
        "https://flowers.team-a.ml.example.com",
        [("version flowers-1", "created"), ("route flowers", "created")],
    )
    assert weights(cluster) == {"flowers-1-predictor": 1}


@pytest.mark.usefixtures("kserve")
def test_the_same_model_again_changes_nothing(api: Api) -> None:
    serve(api, model(versions=TWO, scale=SCALE))
    assert {action for _, action in serve(api, model(versions=TWO, scale=SCALE)).actions} == {"unchanged"}


@pytest.mark.usefixtures("kserve")
def test_what_differs_is_changed_and_what_is_said_no_more_goes(cluster: FakeCluster, api: Api) -> None:
    serve(api, model(args=["--a=1"]))
    assert dict(serve(api, model(cpus="2")).actions) == {
        "version flowers-1": "changed",
        "route flowers": "unchanged",
    }
    assert (
        "args" not in cluster.objects["InferenceService", "team-a", "flowers-1"]["spec"]["predictor"]["model"]
    )


def test_calls_go_to_a_version_only_when_it_is_ready(
    cluster: FakeCluster, api: Api, kserve: threading.Event
) -> None:
    serve(api, model())
    kserve.set()
    told: list[str] = []
    with pytest.raises(
        FairleadError, match=r"team-a/flowers is not served after 0.05 s: flowers-2 starts"
    ) as caught:
        serve(api, model(versions=TWO), 0.05, told.append)
    assert "the calls go where they went before" in str(caught.value)
    assert told == ["flowers-2 starts"]
    assert weights(cluster) == {"flowers-1-predictor": 1}
    kserve.clear()
    serve(api, model(versions=TWO), 5)
    assert weights(cluster) == {"flowers-1-predictor": 90, "flowers-2-predictor": 10}


def test_nobody_waits_for_a_version_that_gets_no_calls(
    cluster: FakeCluster, api: Api, kserve: threading.Event
) -> None:
    serve(api, model())
    kserve.set()
    later = {"1": {"uri": "s3://models/flowers", "weight": 1}, "2": {"uri": "s3://models/2", "weight": 0}}
    serve(api, model(versions=later), 1)
    assert weights(cluster) == {"flowers-1-predictor": 1, "flowers-2-predictor": 0}


@pytest.mark.usefixtures("kserve")
def test_a_version_that_the_file_lacks_goes_with_its_scale_after_the_calls(
    cluster: FakeCluster, api: Api
) -> None:
    serve(api, model(versions=TWO, scale=SCALE))
    assert names(cluster, "ScaledObject") == ["flowers-1", "flowers-2"]
    done = serve(api, model(versions={"2": TWO["2"]}, scale=SCALE)).actions
    assert done[-3:] == [
        ("route flowers", "changed"),
        ("scale flowers-1", "removed"),
        ("version flowers-1", "removed"),
    ]
    assert names(cluster, "InferenceService") == names(cluster, "ScaledObject") == ["flowers-2"]


@pytest.mark.usefixtures("kserve")
def test_without_a_scale_no_scale_is_asked_for_and_one_that_was_is_taken_first(
    cluster: FakeCluster, api: Api
) -> None:
    serve(api, model())
    serve(api, model(replicas=3))
    assert not [one for one in cluster.requests if "scaledobjects" in one], "members have no right to"
    serve(api, model(scale=SCALE))
    done = serve(api, model(replicas=2)).actions
    assert done[:2] == [("scale flowers-1", "removed"), ("version flowers-1", "changed")]
    assert names(cluster, "ScaledObject") == []


def test_a_deployment_that_never_comes_is_told(api: Api, kserve: threading.Event) -> None:
    kserve.set()
    with pytest.raises(FairleadError, match="KServe has not made the Deployment team-a/flowers-1-predictor"):
        serve(api, model(scale=SCALE))


@pytest.mark.parametrize(("kind", "name"), [("InferenceService", "flowers-1"), ("HTTPRoute", "flowers")])
def test_what_others_have_made_is_not_overwritten(
    cluster: FakeCluster, api: Api, kind: str, name: str
) -> None:
    theirs = cluster.put(
        {"kind": kind, "metadata": {"name": name, "namespace": "team-a"}, "spec": {"mine": True}}
    )
    with pytest.raises(FairleadError, match=f"the {kind} team-a/{name} was not made by `fairlead serve`"):
        serve(api, model(), 0.05)
    assert theirs["spec"] == {"mine": True}
    assert not [one for one in cluster.requests if one.startswith(("POST", "PATCH", "DELETE"))]


def test_what_the_cluster_lacks_is_named_before_anything_is_sent(cluster: FakeCluster, api: Api) -> None:
    with pytest.raises(InputError, match=r"model.tenant: this cluster has no such tenant"):
        serve(api, model(tenant="team-b"), 0.05)
    with pytest.raises(InputError, match=r"model.stage: the tenant has no such queue"):
        serve(api, model(stage="training"), 0.05)
    with pytest.raises(InputError, match=r"model.uri: this cluster has no registry of models"):
        serve(api, model(versions={"1": {"uri": "models:/flowers@champion"}}), 0.05)
    del cluster.objects["ConfigMap", "team-a", labels.GATEWAY]
    with pytest.raises(InputError, match=r"this cluster has no gateway"):
        serve(api, model(), 0.05)
    assert not [one for one in cluster.requests if one.startswith(("POST", "PATCH", "DELETE"))]


@pytest.mark.usefixtures("kserve")
def test_a_model_of_the_registry_is_sent_where_there_is_one(cluster: FakeCluster, api: Api) -> None:
    cluster.put({"kind": "ConfigMap", "metadata": {"name": labels.TRACKING, "namespace": "team-a"}})
    serve(api, model(versions={"1": {"uri": "models:/flowers@champion"}}))
    assert names(cluster, "InferenceService") == ["flowers-1"]


@pytest.mark.usefixtures("kserve")
def test_a_model_that_ends_takes_all_of_its_own_and_nothing_else(cluster: FakeCluster, api: Api) -> None:
    serve(api, model(scale=SCALE))
    serve(api, model(name="roses"))
    assert unserve(api, "team-a", "flowers") == [
        ("route flowers", "removed"),
        ("scale flowers-1", "removed"),
        ("version flowers-1", "removed"),
    ]
    assert names(cluster, "InferenceService") == ["roses-1"]
    assert names(cluster, "HTTPRoute") == ["roses"]
    with pytest.raises(FairleadError, match="the tenant team-a has no model flowers"):
        unserve(api, "team-a", "flowers")


@pytest.mark.usefixtures("kserve")
def test_models_are_listed_with_their_versions_and_weights(api: Api) -> None:
    serve(api, model(versions=TWO))
    [found] = models(api)
    assert (found.tenant, found.name, found.url) == (
        "team-a",
        "flowers",
        "https://flowers.team-a.ml.example.com",
    )
    assert [(one.name, one.weight, one.ready) for one in found.versions] == [("1", 90, True), ("2", 10, True)]
    assert models(api, "team-b") == []
