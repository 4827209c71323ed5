"""The client against an API server in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from controller_objects import condition, job_set, pod, train_job, workload
from fake_cluster import FakeCluster, kubeconfig, status
from job_samples import job

from fairlead import labels
from fairlead.errors import FairleadError, InputError
from fairlead.workload.api import Api, ApiFailure
from fairlead.workload.client import Client
from fairlead.workload.state import JobState

ADMITTED = (condition("QuotaReserved"), condition("Admitted"))


@pytest.fixture
def cluster() -> FakeCluster:
    fake = FakeCluster()
    for stage in labels.STAGES:
        fake.put(
            {
                "apiVersion": "kueue.x-k8s.io/v1beta2",
                "kind": "LocalQueue",
                "metadata": {"name": stage, "namespace": "team-a"},
            }
        )
    fake.put(
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": "team-a", "labels": {labels.TENANT: "team-a"}},
        }
    )
    return fake


@pytest.fixture
def notes() -> list[str]:
    return []


@pytest.fixture
def client(cluster: FakeCluster, notes: list[str], tmp_path: Path) -> Client:
    path = kubeconfig(tmp_path)
    return Client(path, api=Api(path, notes.append, cluster.transport(), patience=2))


def later(*steps: Callable[[], object]) -> None:
    """Controllers at work: one step after another, each when the clients have looked."""

    def run() -> None:
        for step in steps:
            threading.Event().wait(0.15)
            step()

    threading.Thread(target=run, daemon=True).start()


def test_a_job_is_created_once_and_the_same_again_changes_nothing(
    client: Client, cluster: FakeCluster
) -> None:
    assert client.submit(job()).action == "created"
    version = cluster.version
    assert client.submit(job()).action == "unchanged"
    assert cluster.version == version


def test_a_different_job_of_the_same_name_is_refused_and_the_old_one_kept(
    client: Client, cluster: FakeCluster
) -> None:
    client.submit(job())
    with pytest.raises(FairleadError, match="a different job of the name team-a/small") as caught:
        client.submit(job(run="false"))
    assert "--replace" in str(caught.value)
    assert "true" in cluster.objects["TrainJob", "team-a", "small"]["spec"]["trainer"]["args"][0]


def test_replace_ends_the_old_job_before_the_new_one_is_made(client: Client, cluster: FakeCluster) -> None:
    client.submit(job())
    assert client.submit(job(run="false"), replace=True).action == "replaced"
    assert [r for r in cluster.requests if not r.startswith("GET")][-2:] == [
        "DELETE /apis/trainer.kubeflow.org/v1alpha1/namespaces/team-a/trainjobs/small",
        "POST /apis/trainer.kubeflow.org/v1alpha1/namespaces/team-a/trainjobs",
    ]


def test_an_unknown_tenant_and_an_unknown_queue_are_named(client: Client, cluster: FakeCluster) -> None:
    with pytest.raises(InputError) as caught:
        client.submit(job(tenant="team-b"))
    assert "job.tenant" in str(caught.value)
    assert "team-a" in str(caught.value)
    del cluster.objects["LocalQueue", "team-a", "testing"]
    with pytest.raises(InputError, match=r"job\.stage"):
        client.submit(job(stage="testing"))
    assert not any(request.startswith("POST") for request in cluster.requests)


def test_a_checkpoint_volume_of_an_earlier_run_is_used_again_but_not_a_smaller_one(
    client: Client, cluster: FakeCluster
) -> None:
    client.submit(job(checkpoint={"size": "2Gi"}))
    client.cancel("team-a", "small")
    assert ("PersistentVolumeClaim", "team-a", "small-checkpoint") in cluster.objects
    client.submit(job(checkpoint={"size": "1Gi"}))
    client.cancel("team-a", "small")
    with pytest.raises(InputError, match="at most 2Gi"):
        client.submit(job(checkpoint={"size": "3Gi"}))


def test_a_webhook_that_is_not_ready_is_waited_for_and_told(
    client: Client, cluster: FakeCluster, notes: list[str]
) -> None:
    words = 'failed calling webhook "mtrainjob.kb.io": dial tcp 10.96.0.9:443: connect: connection refused'
    cluster.answers = [status(500, words), httpx2.ConnectError("connection refused")]
    assert client.list() == []
    assert len(notes) == 2
    assert "failed calling webhook" in notes[0]


def test_a_cluster_that_does_not_answer_is_an_error_after_a_bounded_time(tmp_path: Path) -> None:
    def refuse(_: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("connection refused")

    api = Api(kubeconfig(tmp_path), transport=httpx2.MockTransport(refuse), patience=0.5)
    with pytest.raises(ApiFailure, match=r"the cluster at http://127\.0\.0\.1:9 does not answer"):
        api.list("TrainJob", None)


@pytest.mark.parametrize(
    ("code", "words"), [(403, "membership in the tenant's group"), (401, "not valid any more")]
)
def test_a_refusal_is_final_and_says_what_to_do(
    client: Client, cluster: FakeCluster, code: int, words: str
) -> None:
    cluster.answers = [status(code, "no")]
    with pytest.raises(ApiFailure, match=words):
        client.list()
    assert len(cluster.requests) == 1


def test_a_broken_kubeconfig_is_an_error_without_a_traceback(tmp_path: Path) -> None:
    for text in ("", "just text", "clusters: 5", "apiVersion: v1\nkind: Config\ncurrent-context: x\n"):
        path = tmp_path / "broken"
        path.write_text(text)
        with pytest.raises(FairleadError, match="no usable kubeconfig"):
            Client(path)
    with pytest.raises(FairleadError, match="no usable kubeconfig"):
        Client(tmp_path / "missing")


def test_list_brings_each_job_together_with_what_belongs_to_it(client: Client, cluster: FakeCluster) -> None:
    cluster.put(train_job(job(num_nodes=2), uid="u1"))
    cluster.put(workload(*ADMITTED, uid="u1"))
    cluster.put(pod(0))
    cluster.put(pod(1))
    cluster.put(train_job(job(name="other"), uid="u2"))
    small, other = sorted(client.list(), key=lambda state: state.name, reverse=True)
    assert (small.name, small.phase, small.running) == ("small", "Running", 2)
    assert (other.name, other.phase, other.running) == ("other", "Queued", 0)
    assert client.list("team-b") == []


def test_wait_sees_every_state_until_the_end(client: Client, cluster: FakeCluster) -> None:
    cluster.put(train_job())
    seen: list[JobState] = []
    later(
        lambda: cluster.put(workload(condition("QuotaReserved", "False", "no room"))),
        lambda: cluster.put(workload(*ADMITTED)),
        lambda: cluster.put(pod(0)),
        lambda: cluster.put(train_job(job(), condition("Complete"))),
    )
    assert client.wait("team-a", "small", timeout=20, seen=seen.append).phase == "Succeeded"
    assert [state.phase for state in seen] == ["Queued", "Queued", "Starting", "Running", "Succeeded"]
    assert seen[1].reason == "no room"


def test_wait_for_running_ends_when_all_pods_run(client: Client, cluster: FakeCluster) -> None:
    cluster.put(train_job(job(num_nodes=2)))
    cluster.put(workload(*ADMITTED))
    cluster.put(pod(0))
    later(lambda: cluster.put(pod(1)))
    assert client.wait("team-a", "small", "running", timeout=20).running == 2


def test_wait_ends_with_an_error_when_the_time_is_over_or_the_job_deleted(
    client: Client, cluster: FakeCluster
) -> None:
    cluster.put(train_job())
    with pytest.raises(FairleadError, match=r"is not finished after 0\.4 s; it is Queued"):
        client.wait("team-a", "small", timeout=0.4)
    later(lambda: cluster.on_delete(("TrainJob", "team-a", "small")))
    with pytest.raises(FairleadError, match="was deleted meanwhile"):
        client.wait("team-a", "small", timeout=20)


def test_a_watch_that_is_too_old_begins_again_and_misses_no_deletion(
    client: Client, cluster: FakeCluster
) -> None:
    cluster.put(pod(0))
    snapshots = client.api.snapshots("Pod", "team-a")
    assert set(next(snapshots)) == {"small-node-0-0-0"}
    cluster.on_delete(("Pod", "team-a", "small-node-0-0-0"))
    cluster.put(pod(1))
    cluster.compacted = cluster.version + 1
    fresh = next(snapshots)
    cluster.compacted = 0
    assert set(fresh) == {"small-node-0-1-0"}


def test_cancel_returns_when_the_job_is_gone(client: Client, cluster: FakeCluster) -> None:
    cluster.put(train_job())
    remove, key = cluster.on_delete, ("TrainJob", "team-a", "small")
    cluster.on_delete = lambda _: later(lambda: remove(key))
    client.cancel("team-a", "small")
    assert key not in cluster.objects
    with pytest.raises(FairleadError, match="has no job small"):
        client.cancel("team-a", "small")


def test_a_job_that_does_not_go_is_an_error(client: Client, cluster: FakeCluster) -> None:
    cluster.put(train_job())
    cluster.on_delete = lambda _: None
    with pytest.raises(FairleadError, match=r"not gone after 0\.3 s"):
        client.cancel("team-a", "small", timeout=0.3)


def test_logs_are_marked_with_the_rank_and_silent_pods_say_why(client: Client, cluster: FakeCluster) -> None:
    cluster.put(
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": "sim", "labels": {labels.SIMULATED: "true"}},
        }
    )
    cluster.put(train_job(job(num_nodes=3)))
    cluster.put(pod(1, "Pending", {"waiting": {"reason": "ContainerCreating"}}))
    cluster.put(pod(0))
    cluster.put(pod(2, node="sim"))
    cluster.logs["small-node-0-0-0"] = ["one", "two"]
    assert [str(line) for line in client.logs("team-a", "small")] == [
        "[0] one",
        "[0] two",
        "[1] -- pod small-node-0-1-0 has not started: Pending, ContainerCreating",
        "[2] -- pod small-node-0-2-0 runs on simulated node sim: no process, no logs",
    ]


def test_a_job_without_pods_says_why_there_are_no_logs(client: Client, cluster: FakeCluster) -> None:
    cluster.put(train_job())
    cluster.put(workload(condition("QuotaReserved", "False", "no room")))
    assert [str(line) for line in client.logs("team-a", "small")] == [
        "[0] -- the job has no pods; it is Queued: no room"
    ]


def test_following_waits_for_the_pods_goes_through_restarts_and_ends_with_the_job(
    client: Client, cluster: FakeCluster
) -> None:
    cluster.put(train_job(job(max_restarts=1)))
    cluster.put(workload(*ADMITTED))
    cluster.logs = {"small-node-0-0-0": ["first"], "small-node-0-0-1": ["second"]}
    later(
        lambda: cluster.put(pod(0, "Pending", {"waiting": {"reason": "ContainerCreating"}})),
        lambda: cluster.put(pod(0)),
        lambda: cluster.on_delete(("Pod", "team-a", "small-node-0-0-0")),
        lambda: cluster.put(job_set(1)),
        lambda: cluster.put(pod(0, attempt=1)),
        lambda: cluster.put(train_job(job(max_restarts=1), condition("Complete"))),
    )
    lines = [str(line) for line in client.logs("team-a", "small", following=True)]
    assert lines == ["[0] first", "[0] -- attempt 2", "[0] second"]


def test_following_does_not_miss_a_pod_that_came_with_the_end(client: Client, cluster: FakeCluster) -> None:
    cluster.put(train_job(job(), condition("Complete")))
    cluster.put(pod(0, "Succeeded"))
    cluster.logs["small-node-0-0-0"] = ["done"]
    assert [str(line) for line in client.logs("team-a", "small", following=True)] == ["[0] done"]


def test_the_last_lines_are_those_of_ranks_that_failed(client: Client, cluster: FakeCluster) -> None:
    cluster.put(train_job(job(num_nodes=2), condition("Failed", message="m")))
    cluster.put(pod(0, "Succeeded"))
    cluster.put(pod(1, "Failed"))
    cluster.logs = {"small-node-0-0-0": ["fine"], "small-node-0-1-0": ["boom"]}
    assert [str(line) for line in client.last_lines("team-a", "small")] == ["[1] boom"]
