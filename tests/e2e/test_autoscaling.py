"""Pools grow from nothing and shrink to nothing: the real Karpenter on a real API server, simulated machines."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from e2e.stage import Stage, make_stack, throughout, until
from fairlead import labels
from fairlead.errors import InputError
from fairlead.layers import warm
from fairlead.layers.measured import OF_CHARTS
from fairlead.targets.local.node_pools import RACK
from fairlead.workload.model import TrainingJob

pytestmark = pytest.mark.e2e

STACK, SUBNET = "grow", "100.64.84.0/30"
IDLE = 15
"""Seconds after which an idle node goes."""
GOES_WITHIN = IDLE + 60
"""Karpenter looks again 15 s after the time is up, then drains and deletes."""
REQUESTED_WITHIN = 30
PLATFORM: dict[str, Any] = {
    "name": STACK,
    "environment": "dev",
    "target": {"kind": "local", "subnet": SUBNET, "stock": {"h100": {"reserved": 1}}},
    "pools": [
        {
            "name": "h100",
            "accelerators": "H100:8",
            "capacity": ["reserved", "on-demand"],
            "min": 0,
            "max": 4,
            "idle_after": f"{IDLE}s",
        },
        {"name": "l4", "accelerators": "L4:1", "min": 0, "max": 2, "warm": 1, "idle_after": f"{IDLE}s"},
        # Two racks of four, which stand whatever the others do. Nobody is promised them: they are borrowed.
        {"name": "a100", "accelerators": "A100-80GB:8", "min": 8, "max": 8},
    ],
    "tenants": [
        {
            "name": "team-a",
            "quota": {"accelerators": {"H100": 32, "L4": 2}, "cpu": "64", "memory": "64Gi"},
        }
    ],
}


@pytest.fixture(scope="module")
def grow(tmp_path_factory: pytest.TempPathFactory, keep: bool) -> Iterator[Stage]:
    """A platform whose accelerator pools have no node that is always there."""
    project = make_stack(tmp_path_factory.mktemp("grow"), STACK, PLATFORM)
    with Stage.standing(project, STACK, keep=keep) as made:
        yield made


@pytest.fixture(autouse=True)
def from_nothing(grow: Stage) -> None:
    """Each test begins without jobs, without H100 nodes, and with one L4 node kept warm."""
    namespaces = grow.kubectl("get", "namespaces", "-o", "name")
    if "team-a" in namespaces:
        grow.kubectl("delete", "trainjobs,jobs,pods", "--all", "-n", "team-a", "--timeout=90s")
    until("all H100 nodes are gone", lambda: not nodes(grow, "h100"), GOES_WITHIN)
    until("one L4 node is warm", lambda: len(nodes(grow, "l4")) == 1 and placeholder(grow), GOES_WITHIN)


def nodes(stage: Stage, pool: str) -> dict[str, dict[str, str]]:
    """Nodes of a pool: name -> labels."""
    found = (node["metadata"] for node in stage.objects("nodes"))
    return {one["name"]: one["labels"] for one in found if one["labels"].get(labels.POOL) == pool}


def requested(stage: Stage, pool: str) -> list[dict[str, Any]]:
    """Machines that Karpenter has asked for, for a pool."""
    claims = stage.objects("nodeclaims")
    return [one for one in claims if one["metadata"]["labels"][labels.POOL] == pool]


def machines(claim: dict[str, Any]) -> list[str]:
    """Machine types that a claim allows."""
    wanted = claim["spec"]["requirements"]
    return next(one["values"] for one in wanted if one["key"] == "node.kubernetes.io/instance-type")


def capacities(stage: Stage) -> Counter[str]:
    return Counter(one[labels.CAPACITY] for one in nodes(stage, "h100").values())


def placeholder(stage: Stage) -> str:
    """Node on which a placeholder runs; empty while none does."""
    pods = stage.objects("pods", warm.NAMESPACE)
    return next((pod["spec"]["nodeName"] for pod in pods if pod["status"].get("phase") == "Running"), "")


def runs(stage: Stage, job: TrainingJob, limit: float = 60) -> set[str]:
    """Waits until all pods of a job run; their nodes."""
    until(f"all of {job.name} runs", lambda: len(stage.running(job)) == job.num_nodes, limit)
    return stage.nodes_of(stage.pods(job))


def racks(stage: Stage, names: Iterable[str]) -> set[str]:
    """Racks that some nodes stand in."""
    found = {one["metadata"]["name"]: one["metadata"]["labels"] for one in stage.objects("nodes")}
    return {found[name][RACK] for name in names}


def told(stage: Stage, namespace: str, pod: str, words: str) -> bool:
    """Whether Karpenter has said this of a pod."""
    events = stage.objects("events", namespace)
    return any(
        one["involvedObject"].get("name") == pod
        and (one.get("reportingComponent") or one["source"].get("component")) == "karpenter"
        and words in one["message"]
        for one in events
    )


def test_a_job_from_no_nodes_gets_the_right_machines_runs_and_they_leave_when_idle(grow: Stage) -> None:
    sent = time.monotonic()
    job = grow.submit(name="first", accelerators="H100:8", num_nodes=2, run_for="10s")
    claims = until("machines are requested", lambda: requested(grow, "h100"), REQUESTED_WITHIN)
    asked = time.monotonic() - sent
    assert [machines(claim) for claim in claims] == [["sim-h100-8"]] * len(claims)
    used = runs(grow, job)
    running = time.monotonic() - sent
    assert len(used) == 2
    for name, found in nodes(grow, "h100").items():
        assert found[labels.ACCELERATOR] == "H100", name
        assert found[labels.LADDER] == "reserved.on-demand", name
        assert found[labels.SIMULATED] == "true", name
    assert grow.finished(job) == "Succeeded"
    ended = time.monotonic()
    until("idle nodes are gone", lambda: not nodes(grow, "h100") and not requested(grow, "h100"), GOES_WITHIN)
    gone = time.monotonic() - ended
    print(f"requested {asked:.1f} s, runs {running:.1f} s after submission, gone {gone:.1f} s after its end")
    assert gone > IDLE - 5


def test_nodes_that_come_keep_the_contract(grow: Stage) -> None:
    """C2 and C3: the taint keeps other pods off, and what is advertised is what the plan says."""
    job = grow.submit(name="contract", accelerators="H100:8", run_for="60s")
    (name,) = runs(grow, job)
    node = next(one for one in grow.objects("nodes") if one["metadata"]["name"] == name)
    pool = next(one for one in grow.plan().pools if one.name == "h100")
    assert [(one["key"], one["value"], one["effect"]) for one in node["spec"]["taints"]] == [
        ("nvidia.com/gpu", "present", "NoSchedule")
    ]
    offered = node["status"]["allocatable"]
    assert (offered["nvidia.com/gpu"], offered["cpu"]) == ("8", pool.cpu)


def test_a_gang_on_nodes_that_stand_keeps_to_one_rack_while_another_accelerator_grows_from_nothing(
    grow: Stage,
) -> None:
    """One queue, two ways: what stands is placed by topology, what grows is admitted by quota."""
    stands = {"accelerators": "A100-80GB:8", "run_for": "300s"}
    half = runs(grow, grow.submit(name="half", num_nodes=2, **stands))
    assert len(racks(grow, half)) == 1
    gang = grow.submit(name="gang", num_nodes=3, **stands)
    growing = grow.submit(name="growing", accelerators="H100:8", num_nodes=2, run_for="60s")
    placed = runs(grow, gang)
    assert len(racks(grow, placed)) == 1
    assert not racks(grow, placed) & racks(grow, half)
    assert len(runs(grow, growing)) == 2
    assert runs(grow, growing) <= set(nodes(grow, "h100"))
    # Three nodes are free and within quota: two in one rack, one in the other.
    strict = grow.submit(name="strict", num_nodes=3, topology="rack", **stands)
    until("the queue says why", lambda: "couldn't assign" in grow.client.state("team-a", "strict").reason)
    throughout("it has no pod", lambda: not grow.pods(strict), 3)


def test_nearness_that_a_pool_which_grows_cannot_keep_is_refused_at_once(grow: Stage) -> None:
    with pytest.raises(
        InputError, match=r"none places nodes that near(.|\n)*topology rack(.|\n)*fix: .*fairlead plan"
    ):
        grow.submit(name="tight", accelerators="H100:8", num_nodes=2, topology="rack")


def test_jobs_of_one_accelerator_go_to_the_node_with_the_least_room_where_the_queue_does_not_place(
    grow: Stage,
) -> None:
    """By the scheduler's own scoring: its default would take the emptier node, and leave room for no gang."""
    (full,) = runs(grow, grow.submit(name="five", accelerators="H100:5", run_for="300s"))
    (other,) = runs(grow, grow.submit(name="four", accelerators="H100:4", run_for="300s"))
    assert full != other
    small = [grow.submit(name=f"one-{n}", accelerators="H100:1", run_for="300s") for n in range(4)]
    used = Counter(node for job in small for node in runs(grow, job))
    assert used == {full: 3, other: 1}


def test_the_ladder_falls_to_the_next_step_when_the_first_is_exhausted(grow: Stage) -> None:
    """One reserved machine is in stock. Three at once are one reserved and two on-demand ones."""
    first = grow.submit(name="gang", accelerators="H100:8", num_nodes=3, run_for="90s")
    runs(grow, first)
    assert capacities(grow) == {"reserved": 1, "on-demand": 2}
    second = grow.submit(name="one-more", accelerators="H100:8", run_for="60s")
    runs(grow, second)
    assert capacities(grow) == {"reserved": 1, "on-demand": 3}
    third = grow.submit(name="too-much", accelerators="H100:8")
    until("the queue says why", lambda: grow.client.state("team-a", "too-much").reason)
    throughout("the pool stays at its maximum", lambda: sum(capacities(grow).values()) == 4)
    assert not grow.pods(third)


def test_an_empty_node_leaves_while_a_job_runs_on_beside_it(grow: Stage) -> None:
    long = grow.submit(name="long", accelerators="H100:8", run_for="240s")
    (kept,) = runs(grow, long)
    short = grow.submit(name="short", accelerators="H100:8", run_for="2s")
    (left,) = runs(grow, short)
    assert grow.finished(short) == "Succeeded"
    until("the empty node is gone", lambda: left not in nodes(grow, "h100"), GOES_WITHIN)
    assert set(nodes(grow, "h100")) == {kept}
    (pod,) = grow.running(long)
    assert pod["spec"]["nodeName"] == kept
    assert not pod["status"].get("reason")


def test_consolidation_moves_no_running_job_though_its_nodes_are_half_empty(grow: Stage) -> None:
    """Two halves of two nodes would fit on one. With a policy that would move them, the annotation of every
    job's pods forbids it; without the annotation one is moved."""
    left = grow.submit(name="left", accelerators="H100:4", run_for="600s")
    filler = grow.submit(name="filler", accelerators="H100:4", run_for="600s")
    runs(grow, left)
    runs(grow, filler)
    right = grow.submit(name="right", accelerators="H100:4", run_for="600s")
    runs(grow, right)
    grow.kubectl("delete", "trainjob", "filler", "-n", "team-a")
    steps = [name for name in grow.kubectl("get", "nodepools", "-o", "name").split() if "h100" in name]
    assert len(nodes(grow, "h100")) == 2
    before = {pod["metadata"]["uid"] for job in (left, right) for pod in grow.running(job)}
    try:
        consolidate(grow, steps, "WhenEmptyOrUnderutilized")
        throughout(
            "both run on",
            lambda: before == {pod["metadata"]["uid"] for job in (left, right) for pod in grow.running(job)},
            IDLE + 30,
        )
        selector = f"{labels.JOB} in (left, right)"
        grow.kubectl("annotate", "pods", "-n", "team-a", "-l", selector, "karpenter.sh/do-not-disrupt-")
        until("one is moved", lambda: before - uids(grow, left, right), GOES_WITHIN)
    finally:
        consolidate(grow, steps, "WhenEmpty")


def uids(stage: Stage, *jobs: TrainingJob) -> set[str]:
    return {pod["metadata"]["uid"] for job in jobs for pod in stage.running(job)}


def consolidate(stage: Stage, pools: list[str], policy: str) -> None:
    for name in pools:
        patch = f'{{"spec": {{"disruption": {{"consolidationPolicy": "{policy}"}}}}}}'
        stage.kubectl("patch", name, "--type=merge", "-p", patch)


def test_work_without_accelerators_never_brings_up_an_accelerator_node(grow: Stage) -> None:
    """Neither a job that no plain node has room for, nor a pod that asks for nothing but many cores."""
    job = grow.submit(name="plain", cpus="48", memory="1Gi")
    (pod,) = until("its pod waits", lambda: grow.pods(job))
    box = {"name": "box", "image": "registry.example.com/any:1", "resources": {"requests": {"cpu": "48"}}}
    meta = {"name": "stray", "namespace": "default"}
    grow.apply({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": [box]}})
    try:
        for space, name in (("team-a", pod["metadata"]["name"]), ("default", "stray")):
            until(f"{name} is refused", lambda s=space, n=name: told(grow, s, n, "Failed to schedule pod"))
        assert not requested(grow, "h100")
        assert len(requested(grow, "l4")) == 1, "the warm one"
        assert all(not one["spec"].get("nodeName") for one in grow.pods(job))
    finally:
        grow.kubectl("delete", "pod", "stray", "-n", "default", "--now")


def test_a_job_takes_the_warm_node_at_once_and_the_next_one_comes(grow: Stage) -> None:
    ready = placeholder(grow)
    assert set(nodes(grow, "l4")) == {ready}
    job = grow.submit(name="quick", accelerators="L4:1", run_for="20s")
    assert runs(grow, job, 15) == {ready}
    until("another is warm", lambda: placeholder(grow) not in ("", ready))
    assert len(nodes(grow, "l4")) == 2
    assert grow.finished(job) == "Succeeded"
    until("the idle one is gone", lambda: len(nodes(grow, "l4")) == 1, GOES_WITHIN)
    assert placeholder(grow) in nodes(grow, "l4")


def test_what_makes_nodes_tells_of_itself_where_monitoring_asks(grow: Stage) -> None:
    """The layer is off here: the same pod, port and path, asked through the API server."""
    asked = OF_CHARTS["karpenter-kwok"]
    chosen = ",".join(f"{key}={value}" for key, value in asked.pods.items())
    names = grow.kubectl("get", "pods", "-n", asked.namespace, "-l", chosen, "-o", "name").split()
    assert len(names) == 1
    address = f"/api/v1/namespaces/{asked.namespace}/pods/{names[0].partition('/')[2]}:{asked.port}/proxy"
    told = grow.kubectl("get", "--raw", address + asked.path)
    assert "\nkarpenter_nodepools_limit{" in told


def test_a_second_up_changes_nothing_with_nodes_that_have_come(grow: Stage) -> None:
    job = grow.submit(name="living", accelerators="H100:8", run_for="60s")
    runs(grow, job)
    assert set(grow.engine.up().counts) == {"unchanged"}


def test_destroy_leaves_nothing_though_jobs_run_and_nodes_live(grow: Stage) -> None:
    """The last test: pools and their nodes go while Karpenter is there to let go of them."""
    runs(grow, grow.submit(name="living", accelerators="H100:8", num_nodes=2, run_for="600s"))
    assert set(grow.engine.destroy().counts) == {"deleted"}
    assert [node["metadata"]["name"] for node in grow.objects("nodes")] == ["node-0"]
    left = grow.kubectl("get", "crds,namespaces,priorityclasses,clusterroles", "-o", "name").split()
    ours = ("karpenter", "fairlead-", "team-a", "kueue")
    assert [name for name in left if any(word in name for word in ours)] == []
