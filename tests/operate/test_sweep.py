"""Sweep: which nodes are taken out, which wait, and when all are left alone."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.clouds import cloud_plan

from fairlead import labels
from fairlead.catalog.read import load
from fairlead.operate import sweep
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan
from fairlead.workload.client import Client

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
Object = dict[str, Any]


def policy(**layer: Any) -> PlatformPlan:
    """A cluster that stands, where nobody mends: gpu-lost after ten minutes."""
    own = {"cpu": "90", "memory": "900Gi"}
    gpus = {"names": [f"gpu-{index}" for index in range(20)], **own}
    system = {"name": "system", "min": 1, "max": 1, "nodes": {"names": ["cpu-0"], **own}}
    spec = {
        "name": "lab",
        "environment": "dev",
        "target": {"kind": "onprem", "kubeconfig": "~/.kube/config", "context": "rack"},
        "pools": [system, {"name": "gpu", "accelerators": "H100:8", "min": 20, "max": 20, "nodes": gpus}],
        "tenants": [{"name": "team-a", "quota": {"cpu": "1", "memory": "1Gi"}}],
        "layers": {"health": layer},
    }
    return load_plan(spec, "f", load())


def node(
    index: int, minutes: float | None = None, kind: str = "GPULost", out: bool = False, pool: str = "gpu"
) -> Object:
    """A node of pool gpu; minutes: since when it shows a fault."""
    ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-01T00:00:00Z"}
    since = NOW - timedelta(minutes=minutes or 0)
    shown = {
        "type": kind,
        "status": "False" if minutes is None else "True",
        "lastTransitionTime": since.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "message": "XID 79",
    }
    return {
        "metadata": {"name": f"gpu-{index}", "resourceVersion": "1", "labels": {labels.POOL: pool}},
        "spec": {"taints": [{"key": labels.QUARANTINE, "effect": "NoExecute"}] if out else []},
        "status": {"conditions": [ready, shown]},
    }


def names(found: tuple[sweep.Seen, ...]) -> list[str]:
    return [one.node for one in found]


def test_a_fault_that_has_lasted_takes_its_node_out_and_a_younger_one_waits() -> None:
    found = sweep.find([*map(node, range(18)), node(18, 10), node(19, 9.9)], policy(), NOW)
    assert (names(found.taken), names(found.waiting), found.spared) == (["gpu-18"], ["gpu-19"], ())
    assert not found.needs_somebody


def test_the_specs_delay_and_action_decide() -> None:
    nodes = [*map(node, range(19)), node(19, 10)]
    assert names(sweep.find(nodes, policy(node_fatal={"after": "11m"}), NOW).waiting) == ["gpu-19"]
    off = sweep.find(nodes, policy(node_fatal={"action": "none"}), NOW)
    assert (off.taken, off.waiting) == ((), ())


def test_a_node_that_is_out_already_is_left_as_it_is() -> None:
    found = sweep.find([*map(node, range(19)), node(19, 60, out=True)], policy(), NOW)
    assert (found.taken, found.waiting, found.spared) == ((), (), ())


def test_nothing_is_taken_while_more_of_a_pool_is_unhealthy_than_the_spec_allows() -> None:
    """Of twenty 20 % are four: what is out counts, and so does what has not lasted yet."""
    healthy = [node(index) for index in range(15)]
    four = [node(15, out=True), node(16, 1), node(17, 60), node(18, 60)]
    assert names(sweep.find([*healthy, *four, node(19)], policy(), NOW).taken) == ["gpu-17", "gpu-18"]
    found = sweep.find([*healthy, *four, node(19, 1)], policy(), NOW)
    assert (found.taken, names(found.spared)) == ((), ["gpu-17", "gpu-18"])
    assert found.crowds == (sweep.Crowd("gpu", 5, 20, 4),)
    assert found.needs_somebody
    assert "5 of 20 nodes of pool gpu are unhealthy, and 4 may be" in "\n".join(sweep.told(found))
    assert names(sweep.find([*healthy, *four, node(19, 1)], policy(stop_above=25), NOW).taken)


def test_one_node_of_a_small_pool_may_always_go() -> None:
    assert names(sweep.find([node(0), node(1, 60)], policy(), NOW).taken) == ["gpu-1"]


def test_one_plain_node_is_left_to_the_platforms_own_controllers() -> None:
    found = sweep.find([node(0, 60, "ReadonlyFilesystem", pool="system"), node(1)], policy(), NOW)
    assert (found.taken, found.crowds) == ((), (sweep.Crowd("system", 1, 1, 0),))
    two = [node(index, 60 * index or None, "ReadonlyFilesystem", pool="system") for index in range(2)]
    assert names(sweep.find(two, policy(), NOW).taken) == ["gpu-1"]


def test_a_silent_node_is_a_fault_too() -> None:
    silent = node(0)
    silent["status"]["conditions"][0] |= {"status": "Unknown", "lastTransitionTime": "2026-11-28T11:29:00Z"}
    (seen,) = sweep.find([silent, node(1)], policy(), NOW).taken
    assert (seen.fault, seen.lasts, seen.after) == ("not-ready", 1860, 1800)


def test_nodes_of_other_pools_and_conditions_of_others_are_not_ours() -> None:
    stranger = node(0, 60)
    stranger["metadata"]["labels"] = {}
    found = sweep.find([stranger, node(1, 60, kind="SomebodyElses")], policy(), NOW)
    assert (found.taken, found.waiting) == ((), ())


def test_what_a_cloud_mends_itself_is_left_to_it_and_what_it_does_not_is_taken() -> None:
    """AKS mends nodes that are not ready, and shows faults of GPUs on which it does not act."""
    plan = cloud_plan("azure", {"name": "gpu", "accelerators": "H100:8", "min": 1, "max": 1})
    by_fault = {one.fault: one.by_sweep for one in plan.health.faults if one.pool == "gpu"}
    assert (by_fault["not-ready"], by_fault["gpu-lost"]) == (False, True)
    assert not by_fault["gpu-application"]


def test_a_pool_that_is_not_to_be_mended_is_not_swept_either() -> None:
    plan = cloud_plan("gcp", {"name": "gpu", "accelerators": "H100:8", "min": 1, "max": 1, "repair": False})
    assert not any(one.by_sweep for one in plan.health.faults if one.pool == "gpu")


class Cluster:
    """Nodes without pods."""

    def __init__(self, *nodes: Object) -> None:
        self.nodes = {one["metadata"]["name"]: one for one in nodes}

    def get(self, kind: str, name: str, namespace: str | None = None) -> Object | None:
        return copy.deepcopy(self.nodes.get(name))

    def list(self, kind: str, namespace: str | None, *_: Any) -> tuple[list[Object], str]:
        return (list(self.nodes.values()) if kind == "Node" else []), "1"

    def patch(self, kind: str, name: str, change: Object) -> Object:
        self.nodes[name]["spec"].update(change["spec"])
        return change


def test_it_does_what_it_finds_once_and_a_dry_run_touches_nothing() -> None:
    cluster = Cluster(node(0), node(1, 1e6), node(2), node(3))
    client = Client(Path(), api=cluster)  # type: ignore[arg-type]
    assert names(sweep.sweep(client, policy(), dry_run=True).taken) == ["gpu-1"]
    assert cluster.nodes["gpu-1"]["spec"] == {"taints": []}
    swept = sweep.sweep(client, policy())
    assert [one.node for one in swept.done] == ["gpu-1"]
    taint = {"key": labels.QUARANTINE, "value": "gpu-lost", "effect": "NoExecute"}
    assert cluster.nodes["gpu-1"]["spec"] == {"unschedulable": True, "taints": [taint]}
    again = sweep.sweep(client, policy())
    assert sweep.told(again) == ["no node shows a fault that nobody else mends"]


def test_a_node_that_cannot_be_emptied_is_told_and_the_others_are_taken_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from fairlead.errors import FairleadError

    cluster = Cluster(*map(node, range(10)), node(10, 1e6), node(11, 1e6))
    client = Client(Path(), api=cluster)  # type: ignore[arg-type]
    real = sweep.quarantine

    def fails_on_ten(client: Client, name: str, reason: str) -> Any:
        if name == "gpu-10":
            raise FairleadError("pods are still there")
        return real(client, name, reason)

    monkeypatch.setattr(sweep, "quarantine", fails_on_ten)
    swept = sweep.sweep(client, policy())
    assert ([one.node for one in swept.done], swept.failed) == (
        ["gpu-11"],
        ("node gpu-10: pods are still there",),
    )
    assert swept.needs_somebody
