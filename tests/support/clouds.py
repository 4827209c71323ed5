"""Small sound platform specs of every cloud to start from, and what all of their tests ask."""

from __future__ import annotations

import copy
from typing import Any

from fairlead.catalog.read import load
from fairlead.errors import InputError, Problem
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan

TARGETS: dict[str, dict[str, Any]] = {
    "aws": {
        "kind": "aws",
        "account": "111122223333",
        "admins": ["arn:aws:iam::111122223333:role/deploy"],
        "region": "us-east-1",
        "zones": ["us-east-1a", "us-east-1b"],
    },
    "gcp": {
        "kind": "gcp",
        "project": "acme-platform",
        "project_number": "123456789012",
        "region": "us-central1",
        "zones": ["us-central1-a", "us-central1-b"],
    },
    "azure": {
        "kind": "azure",
        "subscription": "00000000-0000-4000-8000-000000000001",
        "tenant": "00000000-0000-4000-8000-000000000002",
        "admins": ["00000000-0000-4000-8000-000000000003"],
        "region": "eastus2",
        "zones": ["1", "2"],
    },
}
CLOUDS = sorted(TARGETS)


def system(cloud: str, **more: Any) -> dict[str, Any]:
    """A pool for the platform's own pods: the smallest plain machine of at least four cores."""
    plain = [
        row
        for row in load().machines[cloud].values()
        if row.accelerator is None and row.arch == "amd64" and (row.vcpus or 0) >= 4
    ]
    smallest = min(plain, key=lambda row: ((row.vcpus or 0), (row.memory_mib or 0), row.name))
    return {"name": "system", "machine": smallest.name, "min": 2, "max": 4, **more}


def cloud_spec(cloud: str, *pools: dict[str, Any], target: dict[str, Any] | None = None, **more: Any) -> Any:
    """A sound spec of a cloud; always a fresh copy."""
    return copy.deepcopy(
        {
            "name": "lab",
            "environment": "dev",
            "target": {**TARGETS[cloud], **(target or {})},
            "pools": [system(cloud), *pools],
            "tenants": [{"name": "team-a", "quota": {"cpu": "1", "memory": "1Gi"}}],
            **more,
        }
    )


def cloud_plan(cloud: str, *pools: dict[str, Any], **more: Any) -> PlatformPlan:
    return load_plan(cloud_spec(cloud, *pools, **more), "f", load())


def refused(cloud: str, *pools: dict[str, Any], **more: Any) -> tuple[Problem, ...]:
    """The problems of a spec; empty where it is accepted."""
    try:
        cloud_plan(cloud, *pools, **more)
    except InputError as error:
        return error.problems
    return ()
