"""Notebooks sent to a cluster: started, started again, replaced; their token made once and told to nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from controller_objects import condition
from fake_cluster import FakeCluster, kubeconfig, status

from fairlead import labels
from fairlead.errors import FairleadError, InputError
from fairlead.workload import notebook_send
from fairlead.workload.api import Api, ApiFailure
from fairlead.workload.client import Client
from fairlead.workload.notebook import Notebook
from fairlead.workload.notebook_load import load_notebook
from fairlead.workload.notebook_send import send

BESIDE = (("Service", "team-a", "lab-notebook"), ("HTTPRoute", "team-a", "lab-notebook"))
JOB, CLAIM = ("TrainJob", "team-a", "lab"), ("PersistentVolumeClaim", "team-a", "lab-workspace")
SECRET = ("Secret", "team-a", "lab-notebook")


@pytest.fixture
def cluster() -> FakeCluster:
    fake = FakeCluster()
    for stage in labels.STAGES:
        fake.put({"kind": "LocalQueue", "metadata": {"name": stage, "namespace": "team-a"}})
    told = {"name": labels.NOTEBOOKS, "namespace": "team-a"}
    fake.put({"kind": "ConfigMap", "metadata": told, "data": {labels.NOTEBOOK_DOMAIN: "ml.example.com"}})
    return fake


@pytest.fixture
def client(cluster: FakeCluster, tmp_path: Path) -> Client:
    path = kubeconfig(tmp_path)
    return Client(path, api=Api(path, transport=cluster.transport(), patience=0))


def notebook(**changes: Any) -> Notebook:
    words = {"name": "lab", "tenant": "team-a", "image": "example.com/lab:1", **changes}
    return load_notebook(words, "test")


def token(cluster: FakeCluster) -> str:
    return cluster.objects[SECRET]["stringData"]["token"]


def ended(cluster: FakeCluster, how: str = "Complete") -> None:
    cluster.put({**cluster.objects[JOB], "status": {"conditions": [condition(how)]}})


def test_it_is_started_once_and_the_same_again_only_looks(cluster: FakeCluster, client: Client) -> None:
    sent = send(client, notebook())
    assert (sent.job.action, sent.url) == ("created", "https://lab.team-a.ml.example.com/lab")
    assert {JOB, CLAIM, SECRET, *BESIDE} <= set(cluster.objects)
    before = len(cluster.requests)
    assert send(client, notebook()).job.action == "unchanged"
    assert {one.split()[0] for one in cluster.requests[before:]} == {"GET"}


def test_the_token_is_there_before_the_job_is_long_and_in_no_other_object(
    cluster: FakeCluster, client: Client
) -> None:
    send(client, notebook())
    made = [one.rpartition("/")[2] for one in cluster.requests if one.startswith("POST")]
    assert made.index("secrets") < made.index("trainjobs")
    assert len(token(cluster)) >= 43
    others = [obj for key, obj in cluster.objects.items() if key != SECRET]
    assert token(cluster) not in str(others)


def test_what_leads_to_it_goes_with_the_job_and_its_files_and_token_do_not(
    cluster: FakeCluster, client: Client
) -> None:
    send(client, notebook())
    uid = cluster.objects[JOB]["metadata"]["uid"]
    for key in BESIDE:
        [owner] = cluster.objects[key]["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["name"], owner["uid"]) == ("TrainJob", "lab", uid)
        assert "controller" not in owner
    for key in (CLAIM, SECRET):
        assert "ownerReferences" not in cluster.objects[key]["metadata"]


@pytest.mark.parametrize("how", ["Complete", "Failed"])
def test_what_has_ended_starts_again_with_its_token_and_takes_its_way_over(
    cluster: FakeCluster, client: Client, how: str
) -> None:
    send(client, notebook())
    before, old = token(cluster), cluster.objects[JOB]["metadata"]["uid"]
    ended(cluster, how)
    assert send(client, notebook()).job.action == "replaced"
    new = cluster.objects[JOB]["metadata"]["uid"]
    assert new != old
    assert token(cluster) == before
    for key in BESIDE:
        assert cluster.objects[key]["metadata"]["ownerReferences"][0]["uid"] == new


def test_a_different_one_that_runs_is_kept_unless_one_says_otherwise(
    cluster: FakeCluster, client: Client
) -> None:
    send(client, notebook())
    uid = cluster.objects[JOB]["metadata"]["uid"]
    with pytest.raises(FairleadError, match="a different job of the name team-a/lab is there already"):
        send(client, notebook(memory="2Gi"))
    assert cluster.objects[JOB]["metadata"]["uid"] == uid
    assert send(client, notebook(memory="2Gi"), replace=True).job.action == "replaced"


def test_a_job_of_the_name_that_has_ended_is_no_notebook_and_is_kept(
    cluster: FakeCluster, client: Client
) -> None:
    send(client, notebook())
    cluster.objects[JOB]["spec"]["runtimeRef"]["name"] = "fairlead"
    ended(cluster)
    with pytest.raises(FairleadError, match="is there already"):
        send(client, notebook(memory="2Gi"))


def test_a_way_that_was_changed_or_lost_is_mended(cluster: FakeCluster, client: Client) -> None:
    send(client, notebook())
    own, other = "lab.team-a.ml.example.com", "elsewhere.team-a.ml.example.com"
    for changed in ([other], [own, other], []):
        cluster.objects[BESIDE[1]]["spec"]["hostnames"] = changed
        send(client, notebook())
        assert cluster.objects[BESIDE[1]]["spec"]["hostnames"] == [own]
    del cluster.objects[BESIDE[0]]
    assert send(client, notebook()).job.action == "unchanged"
    assert BESIDE[0] in cluster.objects


def test_what_the_api_server_fills_in_is_no_difference(cluster: FakeCluster, client: Client) -> None:
    send(client, notebook())
    cluster.objects[BESIDE[0]]["spec"] |= {"clusterIP": "10.0.0.7", "sessionAffinity": "None"}
    cluster.objects[BESIDE[1]]["spec"]["rules"][0]["matches"] = [
        {"path": {"type": "PathPrefix", "value": "/"}}
    ]
    before = len(cluster.requests)
    send(client, notebook())
    assert {one.split()[0] for one in cluster.requests[before:]} == {"GET"}


def test_a_cluster_without_the_layer_says_so_and_gets_nothing(cluster: FakeCluster, client: Client) -> None:
    del cluster.objects["ConfigMap", "team-a", labels.NOTEBOOKS]
    with pytest.raises(InputError, match=r"notebook\.kind: this cluster offers no notebooks"):
        send(client, notebook())
    assert not [one for one in cluster.requests if one.startswith("POST")]


def test_a_tenant_that_is_not_there_is_said_of_the_notebook(cluster: FakeCluster, client: Client) -> None:
    with pytest.raises(InputError, match=r"notebook\.tenant: this cluster has no such tenant"):
        send(client, notebook(tenant="team-x"))
    assert not [one for one in cluster.requests if one.startswith("POST")]


@pytest.mark.parametrize(
    "words",
    ["ClusterTrainingRuntime must be created before the TrainJob", "runtime 'fairlead-h100' not found"],
    ids=["trainer", "kueue"],
)
def test_a_cluster_without_the_accelerators_says_so_of_the_notebook(
    words: str, cluster: FakeCluster, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(obj: Any) -> Any:
        if obj["kind"] == "TrainJob":
            raise ApiFailure(words, 403)
        return cluster.put(obj)

    monkeypatch.setattr(client.api, "create", refused)
    with pytest.raises(InputError, match=r"notebook\.accelerators: this cluster has no such nodes"):
        send(client, notebook(accelerators="H100:1"))


def test_a_volume_that_is_too_small_is_said_of_the_workspace(cluster: FakeCluster, client: Client) -> None:
    send(client, notebook(workspace={"size": "1Gi"}))
    ended(cluster)
    with pytest.raises(InputError, match=r"notebook\.workspace\.size: the volume of an earlier job"):
        send(client, notebook(workspace={"size": "2Gi"}))


def test_a_token_that_somebody_made_meanwhile_is_the_one(
    cluster: FakeCluster, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = client.api.create

    def late(obj: Any) -> Any:
        if obj["kind"] == "Secret":
            cluster.put({**obj, "stringData": {"token": "first"}})
        return real(obj)

    monkeypatch.setattr(client.api, "create", late)
    send(client, notebook())
    assert token(cluster) == "first"


def test_a_refusal_of_the_token_is_passed_on(
    cluster: FakeCluster, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = client.api.create

    def refused(obj: Any) -> Any:
        cluster.answers = [status(403, "secrets are not yours")] if obj["kind"] == "Secret" else []
        return real(obj)

    monkeypatch.setattr(client.api, "create", refused)
    with pytest.raises(ApiFailure, match="secrets are not yours"):
        send(client, notebook())


def test_what_the_collector_takes_meanwhile_is_made_anew(
    cluster: FakeCluster, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the job before owns goes with it, also between the look at it and its change."""
    send(client, notebook())
    ended(cluster)

    def gone(kind: str, name: str, body: Any, namespace: str) -> Any:
        del cluster.objects[kind, namespace, name]
        raise ApiFailure("not found", 404)

    monkeypatch.setattr(client.api, "patch", gone)
    send(client, notebook())
    assert set(BESIDE) <= set(cluster.objects)


def test_what_the_collector_has_begun_to_take_is_made_anew_when_it_is_gone(
    cluster: FakeCluster, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Service has dependents of its own: deleted in the foreground, it stands until they are gone."""
    send(client, notebook())
    ended(cluster)
    going = {
        **cluster.objects[BESIDE[0]]["metadata"],
        "deletionTimestamp": "2026-11-30T12:00:00Z",
        "uid": "old",
    }
    cluster.put({**cluster.objects[BESIDE[0]], "metadata": going})
    monkeypatch.setattr(notebook_send.time, "sleep", lambda _: cluster.objects.pop(BESIDE[0]))
    send(client, notebook())
    made = cluster.objects[BESIDE[0]]["metadata"]
    assert "deletionTimestamp" not in made
    assert made["ownerReferences"][0]["uid"] == cluster.objects[JOB]["metadata"]["uid"]


def test_what_does_not_go_is_said(
    cluster: FakeCluster, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(client, notebook())
    going = {
        **cluster.objects[BESIDE[0]]["metadata"],
        "deletionTimestamp": "2026-11-30T12:00:00Z",
        "uid": "old",
    }
    cluster.put({**cluster.objects[BESIDE[0]], "metadata": going})
    monkeypatch.setattr(notebook_send, "GOING_SECONDS", -1)
    with pytest.raises(FairleadError, match="Service team-a/lab-notebook is being deleted"):
        send(client, notebook())
