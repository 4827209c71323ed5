"""The spark layer as tests look at it: its parts on one cluster, and what a tenant gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from support.charts import renderer
from support.specs import minimal

from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.contract.handle import ClusterHandle
from fairlead.layers.spark import members, place
from fairlead.layers.spark.tool import TOOL
from fairlead.layers.tool import Ground, Part
from fairlead.plan.load import load_plan
from fairlead.plan.spark_model import CHART, IMAGE

Object = Mapping[str, Any]
NONE: Any = None
HERE = {"fairlead.dev/pool": "system"}
REFERENCE = lock.images()[IMAGE].reference
DEPLOYMENTS = (place.OPERATOR, place.WEBHOOK)


def ground(**options: Any) -> Ground:
    plan = load_plan(minimal(layers={"spark": {"enabled": True, "replicas": 1, **options}}), "test", load())
    handle = ClusterHandle("x", "local", NONE, NONE, {}, {IMAGE: REFERENCE}, HERE, {}, {}, [])
    return Ground(plan, handle, renderer([CHART]))


def part(replicas: int = 1) -> Part:
    [own, _] = TOOL.parts(ground(replicas=replicas))
    return own


def of_tenant(groups: tuple[str, ...] = ("people",), **options: Any) -> list[Object]:
    made = ground(**options)
    return list(members.objects(made, replace(made.plan.tenants[0], groups=groups)))


def one(kind: str, objects: Sequence[Object], name: str = "") -> Any:
    [found] = [o for o in objects if o["kind"] == kind and (not name or o["metadata"]["name"] == name)]
    return found


def template(name: str, replicas: int = 1) -> Any:
    return one("Deployment", part(replicas).objects, name)["spec"]["template"]
