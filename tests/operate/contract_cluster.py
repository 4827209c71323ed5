"""A living brought cluster in which every rule of the contract is met, as plain objects to break."""

from __future__ import annotations

import copy
from typing import Any

from fairlead.catalog.read import load
from fairlead.operate.contract import Report, judge
from fairlead.operate.live import KINDS, Seen
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan

GPU = "nvidia.com/gpu"
TAINT = {"key": GPU, "value": "present", "effect": "NoSchedule"}
STORE = {
    "uri": "s3://models",
    "endpoint": "https://s3.example.com",
    "region": "eu",
    "ranges": ["10.1.0.0/16"],
}
Object = dict[str, Any]


def nodes(*names: str, cpu: str, memory: str) -> Object:
    return {"names": list(names), "cpu": cpu, "memory": memory}


def spec(**target: Any) -> Object:
    way = {"kind": "onprem", "kubeconfig": "~/.kube/config", "context": "rack"}
    storage = {"block": {"provisioner": "a"}, "shared": {"provisioner": "b"}}
    return {
        "name": "lab",
        "environment": "dev",
        "target": {**way, "storage": storage, "object_store": STORE, **target},
        "pools": [
            {"name": "system", "min": 1, "max": 1, "nodes": nodes("cpu-0", cpu="8", memory="32Gi")},
            {
                "name": "h100",
                "accelerators": "H100:8",
                "min": 2,
                "max": 2,
                "nodes": nodes("gpu-0", "gpu-1", cpu="96", memory="1Ti"),
            },
        ],
        "tenants": [{"name": "team-a", "quota": {"accelerators": {"H100": 8}}}],
    }


def plan(**target: Any) -> PlatformPlan:
    return load_plan(spec(**target), "f", load())


def node(name: str, pool: str, accelerator: str, **offered: str) -> Object:
    own = {"kubernetes.io/hostname": name, "fairlead.dev/pool": pool, "fairlead.dev/capacity": "on-demand"}
    return {
        "metadata": {"name": name, "labels": {**own, "fairlead.dev/accelerator": accelerator}},
        "spec": {"taints": [TAINT]} if accelerator != "none" else {},
        "status": {"allocatable": offered},
    }


def inside(name: str, **rest: Any) -> Object:
    return {"metadata": {"name": name, "namespace": "team-a"}, **rest}


def outside(name: str, **rest: Any) -> Object:
    return {"metadata": {"name": name}, **rest}


def pod(name: str, on: str, **rest: Any) -> Object:
    made: Object = inside(
        name, spec={"nodeName": on, "containers": [{"name": "a"}]}, status={"phase": "Running"}
    )
    return {**made, **rest}


def objects() -> dict[str, list[Object]]:
    """Kind -> objects; a fresh copy."""
    h100 = [node(f"gpu-{n}", "h100", "H100", cpu="96", memory="1Ti", **{GPU: "8"}) for n in range(2)]
    store = {"FAIRLEAD_OBJECT_STORE_URI": "s3://models/team-a", "FAIRLEAD_OBJECT_STORE_REGION": "eu"}
    store["FAIRLEAD_OBJECT_STORE_ENDPOINT"] = "https://s3.example.com"
    active = {"conditions": [{"type": "Active", "status": "True"}]}
    priorities = {"testing": 1_000, "training": 10_000, "inference": 100_000}
    daemon = pod("exporter", "gpu-0")
    daemon["metadata"]["ownerReferences"] = [{"kind": "DaemonSet", "name": "exporter"}]
    found: dict[str, list[Object]] = {
        "Node": [node("cpu-0", "system", "none", cpu="8", memory="32Gi"), *h100],
        "Pod": [pod("web", "cpu-0"), daemon],
        "StorageClass": [outside("fairlead-block"), outside("fairlead-shared")],
        "ConfigMap": [inside("fairlead-object-store", data=store)],
        "ServiceAccount": [inside("fairlead-workload")],
        "LocalQueue": [inside(stage) for stage in priorities],
        "ClusterQueue": [outside("team-a", status=active)],
        "WorkloadPriorityClass": [outside(name, value=value) for name, value in priorities.items()],
    }
    return copy.deepcopy({kind: found.get(kind, []) for kind in KINDS})


def report(found: dict[str, list[Object]], refusals: dict[str, str] | None = None, **target: Any) -> Report:
    seen = Seen("https://rack.example.com:6443", found, refusals or {})
    return judge(plan(**target), seen, ["~/.kube/config"])


def broken(found: dict[str, list[Object]], **more: Any) -> dict[str, tuple[tuple[str, str], ...]]:
    """Rules that are not met, with their problems."""
    return {one.rule: one.problems for one in report(found, **more).verdicts if one.status == "not met"}
