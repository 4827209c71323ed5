"""A small sound spec of a brought cluster to start from."""

from __future__ import annotations

import copy
from typing import Any

from fairlead.catalog.read import load
from fairlead.errors import InputError, Problem
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan

FILE = {"kubeconfig": "~/.kube/config", "context": "rack"}
NAMED: dict[str, dict[str, str]] = {
    "aws": {"cloud": "aws", "name": "prod", "region": "eu-central-1"},
    "gcp": {"cloud": "gcp", "name": "prod", "region": "europe-west4", "project": "acme"},
    "azure": {"cloud": "azure", "name": "prod", "resource_group": "platform"},
}
DISK = {"provisioner": "disk.csi.example.com", "parameters": {"type": "ssd"}, "expand": True}
STORE = {
    "uri": "s3://models/platform",
    "endpoint": "https://s3.example.com",
    "region": "eu",
    "ranges": ["10.1.0.0/16"],
}


def nodes(*names: str, cpu: str = "96", memory: str = "1Ti") -> dict[str, Any]:
    return {"names": list(names), "cpu": cpu, "memory": memory}


def gpu(name: str = "h100", **more: Any) -> dict[str, Any]:
    pool = {"name": name, "accelerators": "H100:8", "min": 2, "max": 2, "nodes": nodes("gpu-0", "gpu-1")}
    return {**pool, **more}


def spec(*pools: dict[str, Any], target: dict[str, Any] | None = None, **way: Any) -> dict[str, Any]:
    """A spec; way: how the cluster is found, by its kubeconfig where nothing is said."""
    system = {"name": "system", "min": 1, "max": 1, "nodes": nodes("cpu-0", cpu="8", memory="32Gi")}
    return copy.deepcopy(
        {
            "name": "lab",
            "environment": "dev",
            "target": {"kind": "onprem", **(way or FILE), **(target or {})},
            "pools": [system, *(pools or (gpu(),))],
            "tenants": [
                {"name": "team-a", "quota": {"cpu": "1", "memory": "1Gi"}},
                {"name": "team-b", "quota": {"cpu": "1", "memory": "1Gi"}},
            ],
        }
    )


def plan(*pools: dict[str, Any], target: dict[str, Any] | None = None, **way: Any) -> PlatformPlan:
    return load_plan(spec(*pools, target=target, **way), "f", load())


def refused(*pools: dict[str, Any], target: dict[str, Any] | None = None, **way: Any) -> tuple[Problem, ...]:
    """The problems of a spec; empty where it is accepted."""
    try:
        plan(*pools, target=target, **way)
    except InputError as error:
        return error.problems
    return ()
