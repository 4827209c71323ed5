"""What a cluster's objects say about pools, queues and layers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from support.golden import REPO

from fairlead.operate import show, status
from fairlead.plan.layer_rows import ROWS
from fairlead.plan.model import PlatformPlan, SharingPlan
from fairlead.plan.stack import plan_of
from fairlead.workload.api import Api

KUEUE, JOBSET, TRAINER = "kueue-system", "jobset-system", "kubeflow-system"
DETECTOR = "fairlead-health"
GPU = "nvidia.com/gpu"


@pytest.fixture(scope="module")
def plan() -> PlatformPlan:
    return plan_of(REPO / "stacks", "local")


def condition(kind: str, holds: bool) -> dict[str, str]:
    return {"type": kind, "status": "True" if holds else "False"}


def node(name: str, pool: str, gpus: int = 0, ready: bool = True) -> dict[str, Any]:
    labels = {"fairlead.dev/pool": pool}
    allocatable = {"cpu": "8", **({GPU: str(gpus)} if gpus else {})}
    conditions = [condition("MemoryPressure", False), condition("Ready", ready)]
    return {
        "metadata": {"name": name, "labels": labels},
        "status": {"allocatable": allocatable, "conditions": conditions},
    }


def pod(on: str, gpus: int, phase: str = "Running") -> dict[str, Any]:
    box = {"name": "a", "resources": {"requests": {GPU: str(gpus)}}}
    return {
        "metadata": {"name": "p"},
        "spec": {"nodeName": on, "containers": [box, {"name": "b"}]},
        "status": {"phase": phase},
    }


def deployment(name: str, space: str, available: bool = True) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": space},
        "status": {"conditions": [condition("Available", available)]},
    }


def stateful_set(name: str, space: str, ready: int) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": space},
        "spec": {"replicas": 1},
        "status": {"readyReplicas": ready},
    }


def cluster_queue(name: str, active: bool = True) -> dict[str, Any]:
    def flavor(flavor: str, field: str, gpus: str) -> dict[str, Any]:
        return {"name": flavor, "resources": [{"name": GPU, field: gpus}, {"name": "cpu", field: "9"}]}

    quota = [flavor("h100", "nominalQuota", "16"), flavor("l4", "nominalQuota", "1")]
    used = [flavor("h100", "total", "8"), flavor("l4", "total", "1")]
    return {
        "metadata": {"name": name},
        "spec": {"resourceGroups": [{"flavors": quota}]},
        "status": {
            "conditions": [condition("Active", active)],
            "admittedWorkloads": 2,
            "pendingWorkloads": 3,
            "flavorsUsage": used,
        },
    }


SPACES = ("team-a", "team-b", KUEUE, JOBSET, TRAINER, DETECTOR)


def cluster(**changes: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Objects of a local cluster in which all is well."""
    h100 = [node(f"h100-1-{n}", "h100", 8) for n in range(4)]
    return {
        "Node": [node("node-0", "system"), *h100, *(node(f"l4-1-{n}", "l4", 1) for n in range(2))],
        "Pod": [pod("h100-1-0", 8), pod("l4-1-0", 1, "Pending"), pod("h100-1-1", 8, "Succeeded")],
        "Deployment": [
            deployment("kueue", KUEUE),
            deployment("jobset", JOBSET),
            deployment("trainer", TRAINER),
        ],
        "StatefulSet": [stateful_set("kueue-store", KUEUE, 1)],
        "Namespace": [{"metadata": {"name": name}} for name in SPACES],
        "ClusterQueue": [cluster_queue("team-a"), cluster_queue("team-b")],
        **changes,
    }


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch, plan: PlatformPlan) -> Any:
    """The status of a cluster with these objects."""

    def of(objects: Mapping[str, list[dict[str, Any]]]) -> status.Status:
        def listed(_: Api, kind: str, __: Any) -> tuple[list[dict[str, Any]], str]:
            return objects[kind], "1"

        monkeypatch.setattr(Api, "__init__", lambda *_, **__: None)
        monkeypatch.setattr(Api, "list", listed)
        monkeypatch.setattr(Api, "close", lambda _: None)
        return status.read(REPO, plan)

    return of


def test_accelerators_that_pods_claim_are_told_by_the_plan_and_by_the_templates(
    read: Any, plan: PlatformPlan
) -> None:
    seen = cluster()
    (first, *_) = [one for one in seen["Node"] if one["metadata"]["labels"]["fairlead.dev/pool"] == "h100"]
    running = pod(first["metadata"]["name"], 0)
    running["spec"]["resourceClaims"] = [{"name": "a", "resourceClaimTemplateName": "nvidia-gpu-4"}]
    read({**seen, "Pod": [running]})
    pools = [replace(one, sharing=SharingPlan("dra")) if one.name == "h100" else one for one in plan.pools]
    found = status.read(REPO, replace(plan, pools=tuple(pools)))
    (h100,) = [one for one in found.pools if one.name == "h100"]
    assert (h100.used, h100.total, h100.accelerator) == (4, 32, "H100/dra")


def test_a_cluster_in_which_all_stands_is_healthy(read: Any) -> None:
    found = read(cluster())
    assert found.healthy
    assert [(one.name, one.ready, one.wanted) for one in found.pools] == [
        ("system", 1, 1),
        ("h100", 4, 4),
        ("l4", 2, 2),
    ]


def test_accelerators_in_use_are_those_of_pods_that_hold_them(read: Any) -> None:
    pools = {one.name: one for one in read(cluster()).pools}
    assert (pools["h100"].used, pools["h100"].total) == (8, 32)
    assert (pools["l4"].used, pools["l4"].total) == (1, 2)
    assert pools["system"].total == 0


def test_queues_count_accelerators_over_flavors_and_leave_cores_out(read: Any) -> None:
    queue = read(cluster()).queues[0]
    assert (queue.tenant, queue.running, queue.waiting) == ("team-a", 2, 3)
    assert (queue.used, queue.guaranteed) == ({GPU: "9"}, {GPU: "17"})


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"Node": [node("node-0", "system", ready=False)]}, "pools"),
        ({"ClusterQueue": [cluster_queue("team-a", active=False)]}, "queues"),
        ({"Deployment": [deployment("kueue", KUEUE, available=False)]}, "layers"),
        ({"StatefulSet": [stateful_set("kueue-store", KUEUE, 0)]}, "layers"),
        ({"Namespace": [{"metadata": {"name": name}} for name in SPACES if name != "team-b"]}, "layers"),
        ({"Namespace": [{"metadata": {"name": name}} for name in SPACES if name != JOBSET]}, "layers"),
    ],
)
def test_whatever_does_not_stand_makes_it_ill(read: Any, changed: dict[str, Any], where: str) -> None:
    found = read(cluster(**changed))
    assert not found.healthy
    parts = {
        "pools": all(one.ready >= one.wanted for one in found.pools),
        "queues": all(one.active for one in found.queues),
        "layers": all(one.healthy for one in found.layers),
    }
    assert [name for name, fine in parts.items() if not fine] == [where]


def test_what_is_missing_is_named(read: Any) -> None:
    spaces = [{"metadata": {"name": name}} for name in ("team-a", KUEUE, TRAINER, DETECTOR)]
    ill = {one.name: one.detail for one in read(cluster(Namespace=spaces)).layers if not one.healthy}
    assert ill == {"tenancy": "namespaces missing: team-b", "jobs": f"not installed: {JOBSET}"}
    broken = [deployment("kueue", KUEUE, available=False)]
    ill = {one.name: one.detail for one in read(cluster(Deployment=broken)).layers if not one.healthy}
    assert ill["queue"] == "not available: kueue"


def test_a_cluster_without_its_platform_is_ill_and_no_error(read: Any) -> None:
    found = read(cluster(Namespace=[], Deployment=[], StatefulSet=[], Pod=[], ClusterQueue=[]))
    assert not found.healthy
    assert found.queues == []


def test_the_tables_say_all_of_it(read: Any) -> None:
    text = "\n".join(show.status(read(cluster())))
    for word in ("h100", "4/4", "H100 8/32 in use", "simulated", "real", "nvidia.com/gpu 9 of 17", "healthy"):
        assert word in text
    assert " ill " not in text


def test_the_status_is_plain_data(read: Any) -> None:
    data = json.loads(json.dumps(read(cluster()).to_dict()))
    assert data["healthy"] is True
    assert [one["name"] for one in data["layers"]] == list(ROWS)
