"""Gangs, queues, priorities, quotas and restarts, as the real controllers decide them."""

from __future__ import annotations

import pytest

from e2e.stage import Stage, throughout, until
from fairlead import labels

pytestmark = pytest.mark.e2e

H100 = {f"h100-1-{index}" for index in range(4)}


def test_a_gang_of_four_nodes_starts_all_its_pods_on_the_nodes_of_its_accelerator(stage: Stage) -> None:
    gang = stage.submit(name="gang", accelerators="H100:8", num_nodes=4)
    until("all four run", lambda: len(stage.running(gang)) == 4)
    assert stage.nodes_of(stage.pods(gang)) == H100


def test_a_gang_starts_no_pod_while_one_node_is_missing_and_all_when_it_is_back(stage: Stage) -> None:
    stage.kubectl("cordon", "h100-1-3")
    gang = stage.submit(name="gang", accelerators="H100:8", num_nodes=4)
    reason = until("the queue says why", lambda: stage.client.state("team-a", "gang").reason)
    throughout("no pod exists", lambda: not stage.pods(gang))
    assert stage.phase(gang) == "Queued", reason
    stage.kubectl("uncordon", "h100-1-3")
    until("all four run", lambda: len(stage.running(gang)) == 4, 90)


def test_a_job_lands_on_the_pool_that_has_its_accelerator(stage: Stage) -> None:
    job = stage.submit(name="small", accelerators="L4:1")
    until("it runs", lambda: stage.running(job))
    assert stage.nodes_of(stage.pods(job)) <= {"l4-1-0", "l4-1-1"}


def test_a_job_without_accelerators_never_lands_on_accelerator_nodes(stage: Stage) -> None:
    plain = stage.submit(name="plain", num_nodes=3, cpus="50m", memory="32Mi", run="sleep 3")
    assert stage.finished(plain) == "Succeeded"
    assert stage.nodes_of(stage.pods(plain)) == {"node-0"}


def test_a_pod_without_the_request_is_kept_off_accelerator_nodes_by_their_taint(stage: Stage) -> None:
    box = {"name": "box", "image": "registry.example.com/any:1"}
    spec = {"containers": [box], "nodeSelector": {labels.POOL: "h100"}}
    stage.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "stray"}, "spec": spec})

    def refusal() -> str:
        pod = next(pod for pod in stage.objects("pods", "default") if pod["metadata"]["name"] == "stray")
        assert not pod["spec"].get("nodeName")
        return next((one.get("message", "") for one in pod["status"].get("conditions", [])), "")

    try:
        assert "taint" in until("the scheduler says why", refusal)
    finally:
        stage.kubectl("delete", "pod", "stray", "-n", "default", "--now")


def test_nobody_passes_the_queue_by_naming_a_job_that_runs_as_the_owner(stage: Stage) -> None:
    small = stage.submit(name="small", cpus="50m", memory="32Mi", run="sleep 60")
    until("it runs", lambda: stage.running(small))
    [owner] = [one for one in stage.objects("trainjobs", "team-a") if one["metadata"]["name"] == "small"]
    owned = {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": "small",
        "uid": owner["metadata"]["uid"],
        "controller": True,
    }
    devices = {"limits": {"nvidia.com/gpu": "8"}}
    box = {"name": "box", "image": "registry.example.com/any:1", "resources": devices}
    greedy = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "greedy", "namespace": "team-a", "ownerReferences": [owned]},
        "spec": {"template": {"spec": {"containers": [box], "restartPolicy": "Never"}}},
    }
    said = stage.kubectl("create", "-f", "-", given=greedy, check=False)
    assert "leave ownerReferences" in said


def test_two_gangs_that_do_not_fit_together_run_one_after_the_other(stage: Stage) -> None:
    first = stage.submit(name="first", accelerators="H100:8", num_nodes=4, run_for="8s")
    until("the first runs", lambda: len(stage.running(first)) == 4)
    second = stage.submit(name="second", accelerators="H100:8", num_nodes=4, run_for="2s")
    throughout("they are never there together", lambda: not (stage.pods(second) and stage.running(first)), 4)
    assert stage.finished(first) == "Succeeded"
    assert stage.finished(second) == "Succeeded"


def test_the_higher_priority_goes_first_and_nothing_is_evicted_where_preemption_is_off(stage: Stage) -> None:
    whole = {"tenant": "team-b", "accelerators": "H100:8", "num_nodes": 4}
    running = stage.submit(name="running", **whole, run_for="10s")
    until("it runs", lambda: len(stage.running(running)) == 4)
    low = stage.submit(name="low", **whole, stage="testing", run_for="30s")
    high = stage.submit(name="high", **whole, stage="inference", run_for="5s")
    assert stage.finished(running) == "Succeeded"
    assert stage.client.state("team-b", "running").evictions == 0
    until("the higher priority runs", lambda: len(stage.running(high)) == 4)
    assert not stage.running(low)
    assert stage.finished(high) == "Succeeded"
    until("then the lower", lambda: len(stage.running(low)) == 4)


def test_a_higher_priority_evicts_a_lower_one_where_preemption_is_on_and_it_comes_back(stage: Stage) -> None:
    whole = {"accelerators": "H100:8", "num_nodes": 4}
    low = stage.submit(name="low", **whole, stage="testing", run_for="20s")
    until("the lower runs", lambda: len(stage.running(low)) == 4)
    high = stage.submit(name="high", **whole, stage="inference", run_for="5s")
    until("the higher runs", lambda: len(stage.running(high)) == 4)
    assert not stage.running(low)
    assert stage.client.state("team-a", "low").evictions == 1
    assert stage.finished(high) == "Succeeded"
    until("the lower runs again", lambda: len(stage.running(low)) == 4)


def test_a_full_tenant_does_not_block_another_that_has_its_own_quota(stage: Stage) -> None:
    greedy = stage.submit(name="greedy", accelerators="H100:8", num_nodes=4, run_for="300s")
    until("team-a borrows all", lambda: len(stage.running(greedy)) == 4)
    waiting = stage.submit(name="waiting", accelerators="H100:8", num_nodes=4)
    own = stage.submit(name="own", tenant="team-b", accelerators="H100:8", num_nodes=1)
    until("team-b gets what is its own", lambda: len(stage.running(own)) == 1)
    assert not stage.running(waiting)


def test_a_job_that_fails_is_started_again_and_then_succeeds(stage: Stage) -> None:
    script = '[ "$FAIRLEAD_RESTART" = 1 ] || exit 7'
    job = stage.submit(name="once", cpus="50m", memory="32Mi", max_restarts=1, run=script)
    assert stage.finished(job) == "Succeeded"
    assert stage.client.state("team-a", "once").restarts == 1


def test_a_job_that_always_fails_is_started_again_no_more_than_its_limit(stage: Stage) -> None:
    job = stage.submit(
        name="never",
        accelerators="H100:8",
        num_nodes=2,
        max_restarts=1,
        run_for="1s",
        annotations={labels.EXIT: "failure"},
    )
    assert stage.finished(job) == "Failed"
    assert stage.client.state("team-a", "never").restarts == 1


def test_work_without_a_queue_does_not_run_in_a_tenants_namespace(stage: Stage) -> None:
    box = {"name": "box", "image": "registry.example.com/any:1"}
    template = {"spec": {"restartPolicy": "Never", "containers": [box]}}
    meta = {"name": "bypass", "namespace": "team-a"}
    stage.apply({"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": {"template": template}})
    job = next(job for job in stage.objects("jobs", "team-a") if job["metadata"]["name"] == "bypass")
    assert job["spec"]["suspend"] is True
    throughout("it has no pod", lambda: not stage.objects("pods", "team-a"), 3)
