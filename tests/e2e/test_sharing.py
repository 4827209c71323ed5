"""Shares of accelerators on a real control plane: queued by quota in shares, placed on the right nodes only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from e2e.stage import ROOT, Stage, make_project, throughout, until
from fairlead import labels

pytestmark = pytest.mark.e2e

STACK, SUBNET = "share", "100.64.83.0/30"
GPU = "nvidia.com/gpu"
WHOLE, SLICES, TURNS, PARTS = "whole-1-0", "slices-1-0", "turns-1-0", "parts-1-0"
POOLS = [
    {"name": "whole", "accelerators": "H100:8", "min": 1, "max": 1},
    {"name": "slices", "accelerators": "H100:8", "min": 1, "max": 1, "sharing": {"mig": {"1g.10gb": 7}}},
    {"name": "turns", "accelerators": "L4:1", "min": 1, "max": 1, "sharing": {"time-slicing": 4}},
    {"name": "parts", "accelerators": "A100-80GB:8", "min": 1, "max": 1, "sharing": {"mps": 2}},
]
TENANTS = [
    {
        "name": "team-a",
        "borrow": False,
        "quota": {"accelerators": {"H100/1g.10gb": 3, "L4/shared": 2, "A100-80GB/shared": 4, "H100": 8}},
    },
    {"name": "team-b", "quota": {"accelerators": {"L4/shared": 1}}},
]


@pytest.fixture(scope="module")
def share(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A platform with whole accelerators, MIG slices and an accelerator whose pods take turns."""
    project = make_project(tmp_path_factory.mktemp("share"))
    spec = yaml.safe_load((ROOT / "stacks" / "Pulumi.local.yaml").read_text())
    platform = spec["config"]["fairlead:platform"]
    platform |= {"name": STACK, "pools": POOLS, "tenants": TENANTS}
    platform["target"]["subnet"] = SUBNET
    (project / "stacks" / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump(spec))
    made = Stage.of(project, STACK)
    made.down()
    try:
        made.up()
        yield made
    finally:
        made.down()


@pytest.fixture(autouse=True)
def _no_job_left(share: Stage) -> Iterator[None]:
    yield
    share.clean()


def offered(stage: Stage) -> dict[str, str]:
    nodes = stage.objects("nodes")
    return {n["metadata"]["name"]: n["status"]["allocatable"].get(GPU, "0") for n in nodes}


def plain_job(name: str) -> dict[str, Any]:
    """A Kubernetes Job of somebody who knows of accelerators, and nothing of this platform's names."""
    container = {
        "name": "main",
        "image": "registry.example.com/team/train:1.0",
        "resources": {"limits": {GPU: "1", "memory": "1Gi"}, "requests": {"cpu": "1"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "runAsUser": 1000,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    pod = {
        "restartPolicy": "Never",
        "tolerations": [{"key": GPU, "operator": "Exists", "effect": "NoSchedule"}],
        "containers": [container],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": "team-a", "labels": {labels.QUEUE: "training"}},
        "spec": {"template": {"metadata": {"annotations": {labels.RUN_FOR: "60s"}}, "spec": pod}},
    }


def pods_of(stage: Stage, job: str) -> list[dict[str, Any]]:
    listed = stage.kubectl("get", "pods", "-n", "team-a", "-l", f"job-name={job}", "-o", "json")
    return json.loads(listed)["items"]


def test_nodes_advertise_their_shares(share: Stage) -> None:
    found = until("accelerators advertised", lambda: (o := offered(share)).get(TURNS) == "4" and o)
    assert (found[WHOLE], found[SLICES], found[TURNS], found[PARTS]) == ("8", "56", "4", "16")


@pytest.mark.parametrize(
    ("accelerators", "node"),
    [
        ("H100/1g.10gb:1", SLICES),
        ("L4/shared:1", TURNS),
        ("A100-80GB/shared:1", PARTS),
        ("H100:8", WHOLE),
    ],
)
def test_a_job_lands_on_the_nodes_of_what_it_asks_for(share: Stage, accelerators: str, node: str) -> None:
    job = share.submit(name="lands", accelerators=accelerators)
    until("the job runs", lambda: share.running(job))
    assert share.nodes_of(share.pods(job)) == {node}


@pytest.mark.parametrize(
    ("accelerators", "quota", "node"),
    [("H100/1g.10gb:1", 3, SLICES), ("L4/shared:1", 2, TURNS), ("A100-80GB/shared:1", 4, PARTS)],
)
def test_jobs_wait_for_quota_that_counts_shares(
    share: Stage, accelerators: str, quota: int, node: str
) -> None:
    """The node has room for more: it is the tenant's share of shares that is used up."""
    first = [share.submit(name=f"s{i}", accelerators=accelerators, run_for="15s") for i in range(quota)]
    until("all within quota run", lambda: all(share.running(job) for job in first))
    last = share.submit(name="last", accelerators=accelerators)
    throughout("the one beyond quota waits", lambda: not share.pods(last), 4)
    until("it runs when another has ended", lambda: share.running(last))
    assert share.nodes_of(share.pods(last)) == {node}


def test_work_that_wants_a_whole_accelerator_never_lands_on_a_share(share: Stage) -> None:
    full = share.submit(name="full", accelerators="H100:8", run_for="20s")
    until("the only whole node is full", lambda: share.running(full))
    waiting = share.submit(name="waiting", accelerators="H100:1")
    share.apply(plain_job("plain"))
    throughout("76 free shares, and nobody takes them", lambda: not share.pods(waiting), 5)
    assert not pods_of(share, "plain")
    until("both run when the whole node is free", lambda: share.running(waiting) and pods_of(share, "plain"))
    nodes = share.nodes_of([*share.pods(waiting), *pods_of(share, "plain")])
    assert nodes == {WHOLE}


def test_a_second_up_changes_nothing(share: Stage) -> None:
    assert set(share.up().counts) == {"unchanged"}
