"""The events layer as tests look at it: its part on one cluster, what a tenant gets, and Argo Events' own source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import yaml
from support.charts import module_of, renderer
from support.specs import minimal

from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.contract.handle import ClusterHandle
from fairlead.layers.events import members, tool
from fairlead.layers.tool import Ground, Part
from fairlead.plan.events_model import CHART, IMAGES, LAYER
from fairlead.plan.load import load_plan

Object = Mapping[str, Any]
NONE: Any = None
HERE = {"fairlead.dev/pool": "system"}
REFERENCES = {name: lock.images()[name].reference for name in IMAGES}


def ground(replicas: int = 1, ranges: Sequence[str] = ()) -> Ground:
    layers = {
        "certificates": {"enabled": True},
        "workflows": {"enabled": True, "api_server": list(ranges)},
        LAYER: {"enabled": True, "replicas": replicas, "most": 7},
    }
    plan = load_plan(minimal(layers=layers), "test", load())
    handle = ClusterHandle("x", "local", NONE, NONE, {}, REFERENCES, HERE, {}, {}, [])
    return Ground(plan, handle, renderer([CHART]))


def part(replicas: int = 1) -> Part:
    [found] = tool.TOOL.parts(ground(replicas))
    return found


def of_tenant(groups: tuple[str, ...] = ("people",), ranges: Sequence[str] = ()) -> list[Object]:
    here = ground(ranges=ranges)
    return list(members.objects(here, replace(here.plan.tenants[0], groups=groups)))


def one(kind: str, objects: Sequence[Object], name: str = "") -> Any:
    [found] = [obj for obj in objects if obj["kind"] == kind and name in ("", obj["metadata"]["name"])]
    return found


def box(objects: Sequence[Object]) -> Mapping[str, Any]:
    [found] = one("Deployment", objects)["spec"]["template"]["spec"]["containers"]
    return found


def source(folder: str) -> str:
    """All Go code of a folder of the module but its tests."""
    files = (path for path in (module_of(CHART) / folder).rglob("*.go") if not path.name.endswith("_test.go"))
    return "\n".join(path.read_text() for path in files)


def upstream(path: str) -> Any:
    [found] = [obj for obj in yaml.safe_load_all((module_of(CHART) / "manifests" / path).read_text()) if obj]
    return found
