"""Gangs, racks, borrowing, fairness, preemption and repair, as the real Kueue decides them on simulated nodes.

One cluster of its own: two racks of four H100 nodes, ten racks of single L4 nodes, three tenants.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from e2e.flexible import ACCELERATOR, TENANT, Cloud
from e2e.stage import REMOTE_IMAGE, Stage, make_stack, throughout, until
from fairlead import labels
from fairlead.targets.local.node_pools import RACK
from fairlead.workload.model import TrainingJob

pytestmark = pytest.mark.e2e

STACK, SUBNET = "lines", "100.64.85.0/30"
TENANTS = ("team-a", "team-b", "team-c")
L4_NODES = 40
CONSUMED = "autoscaling.x-k8s.io/consume-provisioning-request"
"""Pod annotation by which an autoscaler knows for whom its nodes are; Kueue writes it."""
READY_S = 150
"""Seconds for a gang to become whole."""
WHOLE = "H100:8"
"""All accelerators of one H100 node: a job of n nodes takes n nodes to itself."""

PLATFORM: Mapping[str, Any] = {
    "name": STACK,
    "environment": "dev",
    "target": {"kind": "local", "subnet": SUBNET},
    "pools": [
        {"name": "system", "min": 1, "max": 1},
        {"name": "h100", "accelerators": WHOLE, "min": 8, "max": 8},
        {"name": "l4", "accelerators": "L4:1", "min": L4_NODES, "max": L4_NODES},
    ],
    # Of 64 H100, 32 are team-a's, which lends 16 of them, 16 team-b's, which borrows 16 at most; 16 are free.
    # No L4 is guaranteed: all 40 are borrowed.
    "tenants": [
        {"name": "team-a", "quota": {"accelerators": {"H100": 32}}, "lend_limit": {"H100": 16}},
        {"name": "team-b", "quota": {"accelerators": {"H100": 16}}, "borrow_limit": {"H100": 16}},
        {"name": "team-c", "quota": {}},
    ],
    "layers": {"queue": {"wait_for_pods_ready": {"timeout": f"{READY_S}s"}}},
}


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory, keep: bool) -> Iterator[Stage]:
    """The platform, brought up from nothing and taken down at the end."""
    project = make_stack(tmp_path_factory.mktemp("lines"), STACK, PLATFORM)
    with Stage.standing(project, STACK, keep=keep, samples=False) as made:
        yield made


@pytest.fixture(autouse=True)
def _no_job_stays(lines: Stage) -> Iterator[None]:
    yield
    # One call for each collection: kubectl would delete five hundred jobs one after the other.
    collections = ("trainer.kubeflow.org/v1alpha1/namespaces/{}/trainjobs", "batch/v1/namespaces/{}/jobs")
    for tenant in TENANTS:
        for path in collections:
            lines.kubectl("delete", "--raw", f"/apis/{path.format(tenant)}?propagationPolicy=Background")
    until(
        "no job is left", lambda: not any(lines.objects("trainjobs,jobs,pods", one) for one in TENANTS), 180
    )


def racks(lines: Stage, job: TrainingJob) -> set[str]:
    """Racks that the nodes of a job stand in."""
    of = {node["metadata"]["name"]: node["metadata"]["labels"].get(RACK) for node in lines.objects("nodes")}
    return {str(of[name]) for name in lines.nodes_of(lines.pods(job))}


def runs(lines: Stage, job: TrainingJob, limit: float = 90) -> TrainingJob:
    """The job, when all of its nodes run."""
    until(f"{job.name} runs", lambda: len(lines.running(job)) == job.num_nodes, limit)
    return job


def waits(lines: Stage, job: TrainingJob) -> str:
    """Why the job waits, when the queue has looked at it and for some time after."""
    until(f"{job.name} is judged", lambda: "couldn't assign" in reason(lines, job), 90)
    throughout(f"{job.name} has no pod", lambda: not lines.pods(job), 3)
    why = reason(lines, job)
    assert "couldn't assign" in why
    return why


def reason(lines: Stage, job: TrainingJob) -> str:
    return lines.client.state(job.tenant, job.name).reason


def queue(lines: Stage, tenant: str) -> Mapping[str, int]:
    """How many workloads of a tenant run and wait, as Kueue counts them."""
    status = json.loads(lines.kubectl("get", "clusterqueue", tenant, "-o", "json"))["status"]
    return {"runs": status["admittedWorkloads"], "waits": status["pendingWorkloads"]}


def send(lines: Stage, objects: Sequence[Mapping[str, Any]]) -> None:
    lines.kubectl("create", "-f", "-", given={"apiVersion": "v1", "kind": "List", "items": list(objects)})


def test_a_gang_that_fits_one_rack_stands_in_one_rack_also_where_another_is_half_taken(lines: Stage) -> None:
    runs(lines, lines.submit(name="half", accelerators=WHOLE, num_nodes=2))
    gang = runs(lines, lines.submit(name="gang", tenant="team-c", accelerators=WHOLE, num_nodes=4))
    assert len(racks(lines, gang)) == 1


def test_a_gang_larger_than_a_rack_takes_two_and_is_refused_none_if_it_must_have_one(lines: Stage) -> None:
    wide = runs(lines, lines.submit(name="wide", tenant="team-c", accelerators=WHOLE, num_nodes=6))
    assert len(racks(lines, wide)) == 2
    lines.client.cancel("team-c", "wide")
    strict = lines.submit(name="strict", tenant="team-c", accelerators=WHOLE, num_nodes=5, topology="rack")
    waits(lines, strict)
    fits = runs(
        lines, lines.submit(name="fits", tenant="team-c", accelerators=WHOLE, num_nodes=4, topology="rack")
    )
    assert len(racks(lines, fits)) == 1


def test_jobs_of_one_accelerator_fill_one_node_and_leave_whole_nodes_to_gangs(lines: Stage) -> None:
    """Ten of them: eight fill a node of eight before the next is opened, which stands in the same rack."""
    jobs = [lines.submit(name=f"one-{n}", tenant="team-c", accelerators="H100:1") for n in range(10)]
    for job in jobs:
        runs(lines, job)
    used = Counter(node for job in jobs for node in lines.nodes_of(lines.pods(job)))
    assert sorted(used.values()) == [2, 8]
    assert len({place for job in jobs for place in racks(lines, job)}) == 1
    runs(lines, lines.submit(name="rack", tenant="team-a", accelerators=WHOLE, num_nodes=4, topology="rack"))


def test_no_pod_of_a_gang_starts_while_the_queue_has_less_than_the_whole(lines: Stage) -> None:
    runs(lines, lines.submit(name="own", accelerators=WHOLE, num_nodes=4))
    runs(lines, lines.submit(name="other", tenant="team-b", accelerators=WHOLE, num_nodes=2))
    gang = lines.submit(name="gang", accelerators=WHOLE, num_nodes=3, stage="testing")
    assert "insufficient" in waits(lines, gang), "two nodes are free, and it takes neither"
    lines.client.cancel("team-b", "other")
    runs(lines, gang)


def test_a_gang_that_is_not_whole_in_time_gives_its_place_back(lines: Stage) -> None:
    """Its pods have a place in the queue's eyes and none in the scheduler's: each wants a neighbour it never gets."""
    stranger = {"labelSelector": {"matchLabels": {"app": "nobody"}}, "topologyKey": "kubernetes.io/hostname"}
    stuck = batch("team-a", "stuck", L4_NODES, "600s")
    stuck["spec"]["template"]["spec"]["affinity"] = {
        "podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [stranger]}
    }
    send(lines, [stuck])
    until("it is let go", lambda: queue(lines, "team-a")["runs"] == 1, 60)
    began = time.time()
    send(lines, [batch("team-c", "next", L4_NODES, "600s")])

    def pods() -> int:
        return sum(pod["status"]["phase"] == "Running" for pod in lines.objects("pods", "team-c"))

    throughout("all places are taken", lambda: not lines.objects("pods", "team-c"), 10)
    until("another has all of its places", lambda: pods() == L4_NODES, READY_S + 90)
    print(f"given back {time.time() - began:.0f} s after the admission, with {READY_S} s allowed")
    (workload,) = lines.objects("workloads.kueue.x-k8s.io", "team-a")
    told = {one["type"]: one for one in workload["status"]["conditions"]}
    assert (told["Evicted"]["reason"], told["Requeued"]["status"]) == ("PodsReadyTimeout", "False")


def test_limits_of_borrowing_and_lending_hold_while_nodes_are_idle(lines: Stage) -> None:
    runs(lines, lines.submit(name="most", tenant="team-b", accelerators=WHOLE, num_nodes=4))
    waits(lines, lines.submit(name="beyond", tenant="team-b", accelerators=WHOLE, num_nodes=1))
    lines.client.cancel("team-b", "beyond")
    lines.client.cancel("team-b", "most")
    # team-c has no share: what it uses is 16 that are free, 16 of team-b, 16 that team-a lends.
    runs(lines, lines.submit(name="all", tenant="team-c", accelerators=WHOLE, num_nodes=6))
    waits(lines, lines.submit(name="beyond", tenant="team-c", accelerators=WHOLE, num_nodes=1))
    runs(lines, lines.submit(name="kept", tenant="team-a", accelerators=WHOLE, num_nodes=2))


def test_a_tenant_gets_its_share_back_from_who_has_borrowed_it_and_the_borrower_comes_back(
    lines: Stage,
) -> None:
    borrower = runs(lines, lines.submit(name="all", tenant="team-c", accelerators=WHOLE, num_nodes=6))
    owner = runs(
        lines, lines.submit(name="own", tenant="team-b", accelerators=WHOLE, num_nodes=2, run_for="5s")
    )
    assert lines.client.state("team-c", "all").evictions == 1
    assert lines.finished(owner) == "Succeeded"
    runs(lines, borrower)


def test_a_higher_stage_evicts_the_lowest_of_its_tenant_first_and_never_one_of_its_own_rank(
    lines: Stage,
) -> None:
    low = runs(
        lines, lines.submit(name="low", tenant="team-b", accelerators=WHOLE, num_nodes=2, stage="testing")
    )
    mid = runs(lines, lines.submit(name="mid", tenant="team-b", accelerators=WHOLE, num_nodes=2))
    high = runs(
        lines, lines.submit(name="high", tenant="team-b", accelerators=WHOLE, num_nodes=2, stage="inference")
    )
    assert not lines.running(low)
    assert len(lines.running(mid)) == 2
    equal = lines.submit(name="equal", tenant="team-b", accelerators=WHOLE, num_nodes=2)
    waits(lines, equal)
    assert len(lines.running(mid)) == 2
    assert len(lines.running(high)) == 2


def test_the_client_tells_the_place_of_a_waiting_job(lines: Stage) -> None:
    runs(
        lines, lines.submit(name="most", tenant="team-b", accelerators=WHOLE, num_nodes=4, stage="inference")
    )
    first = lines.submit(name="first", tenant="team-b", accelerators=WHOLE, num_nodes=1)
    lines.submit(name="last", tenant="team-b", accelerators=WHOLE, num_nodes=1, stage="testing")
    # Seconds later: of two jobs of one second the queue puts the one with the lesser UID first.
    waits(lines, first)
    lines.submit(name="second", tenant="team-b", accelerators=WHOLE, num_nodes=1)

    def places() -> Mapping[str, int | None]:
        return {state.name: state.place for state in lines.client.list("team-b")}

    wanted = {"most": None, "first": 1, "second": 2, "last": 3}
    until("the queue tells the places", lambda: places() == wanted, 30)


def test_a_gang_whose_node_dies_leaves_as_a_whole_and_runs_on_nodes_that_live(lines: Stage) -> None:
    gang = runs(lines, lines.submit(name="gang", accelerators=WHOLE, num_nodes=4, run_for="300s"))
    before = {pod["metadata"]["uid"] for pod in lines.running(gang)}
    dead = sorted(lines.nodes_of(lines.pods(gang)))[0]
    node = json.loads(lines.kubectl("get", "node", dead, "-o", "json"))
    lines.kubectl("delete", "node", dead)
    try:

        def again() -> bool:
            alive = lines.running(gang)
            fresh = {pod["metadata"]["uid"] for pod in alive}
            return len(alive) == 4 and not fresh & before and dead not in lines.nodes_of(alive)

        until("all four run again, elsewhere", again, 120)
    finally:
        meta = {key: node["metadata"][key] for key in ("name", "labels", "annotations")}
        lines.apply(
            {"apiVersion": "v1", "kind": "Node", "metadata": meta, "spec": {"taints": node["spec"]["taints"]}}
        )
    assert lines.client.state("team-a", "gang").phase == "Running"


def test_two_tenants_that_borrow_have_equal_parts_though_one_came_first(lines: Stage) -> None:
    """Within 5 %: with 40 single nodes each has 20, one more or less. Both have more work than fits."""
    send(lines, [batch("team-a", f"early-{n}", 1, "600s") for n in range(L4_NODES + 5)])
    until("the first has all", lambda: queue(lines, "team-a")["runs"] == L4_NODES, 240)
    send(lines, [batch("team-c", f"late-{n}", 1, "600s") for n in range(L4_NODES + 5)])

    def parts() -> tuple[int, int]:
        """Both counts of one moment."""
        found = json.loads(lines.kubectl("get", "clusterqueue", "team-a", "team-c", "-o", "json"))["items"]
        mine, theirs = (one["status"]["admittedWorkloads"] for one in found)
        return mine, theirs

    half = L4_NODES / 2
    until("the parts are equal", lambda: all(abs(part - half) <= 0.05 * half for part in parts()), 240)
    seen: list[tuple[int, int]] = []
    for _ in range(30):
        time.sleep(1)
        seen.append(parts())
    for tenant, counts in zip(("team-a", "team-c"), zip(*seen, strict=True), strict=True):
        assert abs(sum(counts) / len(counts) - half) <= 0.05 * half, (tenant, counts)


@pytest.mark.soak
def test_five_hundred_jobs_drain_without_a_deadlock(lines: Stage, tmp_path: Path) -> None:
    """Plain Jobs, as whoever brings a controller of his own sends them: the queue is what is tried here. Every
    tenth is a gang of two to six."""
    jobs = [
        batch(tenant, f"q-{number}", 2 + number // 10 % 5 if number % 10 == 0 else 1, "1s")
        for number in range(250)
        for tenant in ("team-a", "team-c")
    ]
    parts = [jobs[start::4] for start in range(4)]
    with ThreadPoolExecutor(4) as workers:
        list(workers.map(lambda part: send(lines, part), parts))

    def ended() -> int:
        path = "{.items[*].status.completionTime}"
        return sum(
            len(lines.kubectl("get", "jobs", "-n", tenant, "-o", f"jsonpath={path}").split())
            for tenant in ("team-a", "team-c")
        )

    until("all have ended", lambda: ended() == 500, 600)
    until(
        "nothing waits",
        lambda: sum(queue(lines, "team-a").values()) + sum(queue(lines, "team-c").values()) == 0,
    )
    assert ended() == 500


def batch(tenant: str, name: str, pods: int, run_for: str) -> dict[str, Any]:
    """A Job of some pods with one L4 each, all of them at once."""
    amounts = {"cpu": "1", "memory": "1Gi", "nvidia.com/gpu": "1"}
    closed = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    box = {"name": "box", "image": REMOTE_IMAGE, "resources": {"limits": amounts}, "securityContext": closed}
    pod = {
        "restartPolicy": "Never",
        "containers": [box],
        "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
        "nodeSelector": {labels.ACCELERATOR: "L4"},
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 1000,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    template = {"metadata": {"annotations": {labels.RUN_FOR: run_for}}, "spec": pod}
    meta = {"name": name, "namespace": tenant, "labels": {labels.QUEUE: "training"}}
    sizes = {"parallelism": pods, "completions": pods, "completionMode": "Indexed"}
    spec = {"suspend": True, "backoffLimit": 0, **sizes, "template": template}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": spec}


@pytest.fixture(scope="module")
def cloud(lines: Stage) -> Iterator[Cloud]:
    """Capacity that comes as a whole: another platform's queue on this cluster, and who answers its requests."""
    made = Cloud.beside(lines)
    yield made
    made.leave()


@pytest.fixture
def flexible(lines: Stage, cloud: Cloud) -> Iterator[TrainingJob]:
    """A gang of four such machines, of which there is none."""
    yield lines.submit(name="flexible", tenant=TENANT, accelerators=ACCELERATOR, num_nodes=4, run_for="600s")
    lines.kubectl("delete", "trainjobs", "--all", "-n", TENANT, "--timeout=90s")
    cloud.nodes_go()
    until("nothing is asked for", lambda: not cloud.requests() and not lines.objects("pods", TENANT), 90)


def test_capacity_that_comes_as_a_whole_is_asked_for_once_and_the_gang_starts_when_all_of_it_is_there(
    lines: Stage, cloud: Cloud, flexible: TrainingJob
) -> None:
    (request,) = until("nodes are asked for", cloud.requests, 60)
    assert request["spec"]["provisioningClassName"] == "queued-provisioning.gke.io"
    assert request["spec"]["parameters"] == {"maxRunDurationSeconds": "604800"}
    ((count, pod),) = cloud.templates(request)
    (box,) = pod["spec"]["containers"]
    assert (count, box["resources"]["limits"]["nvidia.com/gpu"]) == (4, "1")
    throughout("no pod is made of a request", lambda: not lines.pods(flexible), 5)
    cloud.answer(request, ("Accepted", "it is queued"))
    throughout("nor of its acceptance", lambda: not lines.pods(flexible), 5)
    assert "its nodes are asked for" in reason(lines, flexible)
    cloud.nodes_come(range(3))
    cloud.answer(request, ("Accepted", "it is queued"), ("Provisioned", "all are there"))
    throughout("nor while one of four nodes is missing", lambda: not lines.pods(flexible), 10)
    cloud.nodes_come([3])
    runs(lines, flexible)
    assert lines.nodes_of(lines.pods(flexible)) == {f"flex-{place}" for place in range(4)}
    named = {pod["metadata"]["annotations"][CONSUMED] for pod in lines.pods(flexible)}
    assert named == {request["metadata"]["name"]}
    assert [one["metadata"]["name"] for one in cloud.requests()] == list(named)


def test_a_request_that_failed_is_made_again_after_a_minute_and_the_gang_has_no_pod_till_then(
    lines: Stage, cloud: Cloud, flexible: TrainingJob
) -> None:
    (first,) = until("nodes are asked for", cloud.requests, 60)
    failed = time.time()
    cloud.answer(first, ("Failed", "no machine is left in the zone"))

    def second() -> Any:
        assert not lines.pods(flexible)
        return [one for one in cloud.requests() if one["metadata"]["uid"] != first["metadata"]["uid"]]

    (request,) = until("they are asked for again", second, 150)
    waited = time.time() - failed
    assert waited >= 55, "the first wait is a minute"
    print(f"asked for again {waited:.0f} s after the failure")
    cloud.nodes_come(range(4))
    cloud.answer(request, ("Provisioned", "all are there"))
    runs(lines, flexible)
    state = lines.client.state(TENANT, flexible.name)
    assert (state.phase, state.evictions) == ("Running", 1)
