"""The pipelines layer on targets that can have it: plans, and the objects of parts and tenants, all values known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pulumi

from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.contract.handle import ClusterHandle, ObjectStore
from fairlead.layers.pipelines import members
from fairlead.layers.pipelines.tool import CONTROLLERS, SERVERS, TOOL
from fairlead.layers.store.tool import with_store
from fairlead.layers.tool import Ground
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan
from support.clouds import cloud_spec
from support.engine import run
from support.specs import minimal

Object = Mapping[str, Any]
HERE = {"fairlead.dev/pool": "system"}
IMAGES = {name: row.pinned for name, row in lock.images().items()}
DATABASE = {"host": "mysql.example.com", "ranges": ["10.9.0.0/24"]}
STORES = {
    "aws": ObjectStore({"team-a": "s3://lab/team-a"}, "https://s3.example.com", "eu-central-1"),
    "gcp": ObjectStore({"team-a": "gs://lab/team-a"}, "https://storage.googleapis.com", "europe-west4"),
}
"""What the clouds' targets hand over, in their form."""
TARGETS = ("aws", "gcp", "onprem")
NONE: Any = None


def spec(target: str, **pipelines: Any) -> dict[str, Any]:
    """A sound spec; pipelines: changes of the layer."""
    layers: dict[str, Any] = {
        "databases": {"enabled": True},
        "tracking": {"enabled": True},
        "workflows": {"enabled": True},
        "pipelines": {"enabled": True, "database": DATABASE, **pipelines},
    }
    if target != "onprem":
        return dict(cloud_spec(target, layers=layers))
    nodes = {"names": ["cpu-0"], "cpu": "15", "memory": "60Gi"}
    return minimal(
        target={
            "kind": "onprem",
            "kubeconfig": "~/.kube/config",
            "context": "rack",
            "storage": {"block": {"provisioner": "driver.example.com"}},
        },
        pools=[{"name": "system", "min": 1, "max": 1, "nodes": nodes}],
        layers={**layers, "store": {"enabled": True}},
    )


def plan(target: str = "aws", **pipelines: Any) -> PlatformPlan:
    return load_plan(spec(target, **pipelines), "test", load())


@dataclass(frozen=True)
class Made:
    """What the layer makes on a target."""

    plan: PlatformPlan
    servers: Sequence[Object]
    controllers: Sequence[Object]
    tenant: Sequence[Object]

    @property
    def objects(self) -> list[Object]:
        """Everything, in the order in which it is made."""
        return [*self.servers, *self.controllers, *self.tenant]

    def one(self, kind: str, name: str) -> Any:
        [found] = [o for o in self.objects if (o["kind"], o["metadata"]["name"]) == (kind, name)]
        return found

    def box(self, name: str) -> Any:
        """The container of a program."""
        [found] = self.one("Deployment", name)["spec"]["template"]["spec"]["containers"]
        return found


def made(target: str = "aws", groups: tuple[str, ...] = ("people",), **pipelines: Any) -> Made:
    """All of the layer for one tenant."""
    decided = plan(target, **pipelines)
    handle = ClusterHandle("x", target, NONE, NONE, {}, IMAGES, HERE, {}, {}, [], STORES.get(target))
    ground = Ground(decided, with_store(decided.store, handle), NONE)

    async def inside() -> Made:
        # What the store is may be known later: such values belong to the program's loop.
        parts = {part.name: part.objects for part in TOOL.parts(ground)}
        tenant = members.objects(ground, replace(decided.tenants[0], groups=groups))
        return Made(decided, parts[SERVERS], parts[CONTROLLERS], [await _known(one) for one in tenant])

    return run(inside())


async def _known(one: Object) -> Object:
    if "data" not in one:
        return one
    return {**one, "data": await pulumi.Output.from_input(one["data"]).future()}
