"""The device plugin of a fabric as it goes into a cluster, out of its real chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from support.charts import chart_values, renderer
from support.clouds import cloud_plan
from support.strict import containers, pods, problems

from fairlead.catalog import lock
from fairlead.layers.fabric import device_plugin

POOL = {"name": "fast", "accelerators": "H100:8", "min": 2, "max": 2}
IMAGE = "registry.example.com/plugin:1"


def part() -> Any:
    (found,) = cloud_plan("aws", POOL).fabrics.parts
    return found


def objects() -> Sequence[Mapping[str, Any]]:
    return device_plugin.objects(renderer(["efa-device-plugin"]), part(), IMAGE)


def spec() -> Mapping[str, Any]:
    ((_, template),) = pods(list(objects()))
    return template["spec"]


def test_every_value_that_is_set_exists_in_the_chart() -> None:
    known = chart_values("efa-device-plugin")
    values = device_plugin.values(part())
    assert set(values) <= set(known)
    assert set(values["supportedInstanceLabels"]) == set(known["supportedInstanceLabels"])


def test_every_object_keeps_its_schema() -> None:
    assert [obj["kind"] for obj in objects()] == ["DaemonSet"]
    assert [problem for obj in objects() for problem in problems(obj)] == []


def test_it_runs_on_the_nodes_of_its_pools_and_nowhere_else() -> None:
    (term,) = spec()["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][
        "nodeSelectorTerms"
    ]
    wanted = {one["key"]: one["values"] for one in term["matchExpressions"] if one["operator"] == "In"}
    assert wanted == {"fairlead.dev/pool": ["fast"], "fairlead.dev/accelerator": ["H100"]}


def test_it_tolerates_the_taint_of_its_pools_and_no_other() -> None:
    assert spec()["tolerations"] == [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]


def test_it_runs_the_image_that_it_is_given_within_bounds() -> None:
    (box,) = containers(spec())
    assert box["image"] == IMAGE
    assert box["resources"]["limits"]["memory"]


def test_the_locks_tag_is_the_charts_own() -> None:
    assert chart_values("efa-device-plugin")["image"]["tag"] == lock.images()["efa-device-plugin"].tag
