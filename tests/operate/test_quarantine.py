"""Quarantine: what is changed on the node, who must leave, who stays, and what is said about it."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from fairlead import labels
from fairlead.errors import FairleadError, InputError
from fairlead.operate import quarantine
from fairlead.workload.client import Client

GPU = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
CORDON = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
OUT = {"key": labels.QUARANTINE, "value": "xid79", "effect": "NoExecute"}
Object = dict[str, Any]


def node(**status: str) -> Object:
    found = [{"type": name, "status": value, "message": "as it is"} for name, value in status.items()]
    return {
        "metadata": {"name": "gpu-0", "resourceVersion": "7"},
        "spec": {"taints": [GPU]},
        "status": {"conditions": found},
    }


def pod(name: str, **spec: Any) -> Object:
    place = {"nodeName": "gpu-0", "terminationGracePeriodSeconds": 1, **spec}
    return {
        "metadata": {"name": name, "namespace": "kube-system", "uid": name},
        "spec": place,
        "status": {"phase": "Running"},
    }


class Cluster:
    """The API of a cluster whose lifecycle controller evicts at once what does not tolerate."""

    def __init__(self, found: Object, *pods: Object, evicts: bool = True) -> None:
        self.node, self.pods, self.evicts = found, list(pods), evicts
        self.patches: list[Object] = []

    def get(self, kind: str, name: str, namespace: str | None = None) -> Object | None:
        return copy.deepcopy(self.node) if (kind, name) == ("Node", "gpu-0") else None

    def list(self, kind: str, namespace: str | None, *_: Any) -> tuple[list[Object], str]:
        return (list(self.pods) if kind == "Pod" else [self.node]), "1"

    def patch(self, kind: str, name: str, change: Object) -> Object:
        self.patches.append(change)
        if self.evicts and change["spec"]["unschedulable"]:
            self.pods = [one for one in self.pods if quarantine.stays(one)]
        return change


def client(cluster: Cluster) -> Client:
    return Client(Path(), api=cluster)  # type: ignore[arg-type]


def test_a_node_is_cordoned_and_tainted_and_keeps_the_taints_of_others() -> None:
    cluster = Cluster(node())
    quarantine.quarantine(client(cluster), "gpu-0", "xid79")
    (change,) = cluster.patches
    assert change["spec"] == {"unschedulable": True, "taints": [GPU, OUT]}
    assert change["metadata"] == {"resourceVersion": "7"}, "a change of somebody else between is a conflict"


def test_a_second_quarantine_changes_the_reason_and_adds_nothing() -> None:
    found = node()
    found["spec"]["taints"] = [GPU, {**OUT, "value": "old"}, CORDON]
    cluster = Cluster(found)
    quarantine.quarantine(client(cluster), "gpu-0", "xid79")
    assert cluster.patches[0]["spec"]["taints"] == [GPU, OUT]


def test_a_released_node_has_the_taints_that_it_had_before() -> None:
    found = node(Ready="True", GPULost="True", ReadonlyFilesystem="False", KernelReady="False")
    found["spec"]["taints"] = [GPU, OUT, CORDON]
    cluster = Cluster(found)
    result = quarantine.release(client(cluster), "gpu-0")
    assert cluster.patches[0]["spec"] == {"unschedulable": None, "taints": [GPU]}
    assert result.was_out
    assert result.conditions == ("GPULost: as it is", "KernelReady: as it is")


def test_what_stays_is_what_tolerates_it_for_good_and_what_belongs_to_the_node() -> None:
    every = {"operator": "Exists"}
    mine = {"key": labels.QUARANTINE, "operator": "Exists", "effect": "NoExecute"}
    static = pod("static")
    static["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "x"}
    staying = [pod("proxy", tolerations=[every]), pod("npd", tolerations=[mine]), static]
    leaving = [
        pod("plain"),
        pod("gpu", tolerations=[{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]),
        pod("noschedule", tolerations=[{"operator": "Exists", "effect": "NoSchedule"}]),
        pod("a-while", tolerations=[{**mine, "tolerationSeconds": 60}]),
    ]
    result = quarantine.quarantine(client(Cluster(node(), *staying, *leaving)), "gpu-0")
    assert result.staying == ("kube-system/proxy", "kube-system/npd", "kube-system/static")
    assert result.others == tuple(f"kube-system/{one['metadata']['name']}" for one in leaving)
    said = "\n".join(quarantine.said(result))
    assert "kube-system/plain has left" in said
    assert "kube-system/npd stays" in said
    assert "fairlead node release gpu-0" in said


def test_pods_of_other_nodes_and_pods_that_have_ended_are_not_waited_for() -> None:
    ended = pod("ended")
    ended["status"]["phase"] = "Succeeded"
    elsewhere = pod("elsewhere", nodeName="gpu-1")
    result = quarantine.quarantine(client(Cluster(node(), ended, elsewhere, evicts=False)), "gpu-0")
    assert (result.others, result.staying) == ((), ())


def test_a_pod_that_does_not_leave_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine, "MARGIN_SECONDS", -1)
    with pytest.raises(FairleadError, match="kube-system/stuck"):
        quarantine.quarantine(client(Cluster(node(), pod("stuck"), evicts=False)), "gpu-0")


def test_an_unknown_node_is_answered_with_those_that_are_there() -> None:
    cluster = Cluster(node())
    with pytest.raises(InputError, match="gpu-0"):
        quarantine.quarantine(client(cluster), "gpu-1")
    assert cluster.patches == []
