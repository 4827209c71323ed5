"""NVIDIA's GPU operator: what it is told follows from the node images; its chart takes all of it.

No package registry carries the chart. What needs it is skipped, with that reason, where NVIDIA's repository is silent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from support.charts import renderer
from support.strict import problems, schemas
from test_gpu_parts import brought, paths, pool

from fairlead.catalog import lock
from fairlead.contract.chart import Object, Release
from fairlead.errors import ToolError
from fairlead.layers import gpu
from fairlead.layers.gpu import operator
from fairlead.plan.model import PlatformPlan
from fairlead.plan.software import SECURE_ENV
from fairlead.tools import charts
from fairlead.tools.cache import Cache
from fairlead.tools.progress import Progress

NFD = "node-feature-discovery"


def plans() -> Mapping[str, PlatformPlan]:
    own = {"key": "example.com/gpu"}
    return {
        "bare": brought(pool("h100", "H100:8", image="bare"), operator={}),
        "k0s": brought(pool("h100", "H100:8", image="bare-k0s"), operator={}),
        "installed": brought(
            pool("h100", "H100:8", image="driver-installed"), operator={}, tolerations=[own]
        ),
        "dra": brought(pool("h100", "H100:8", image="bare", sharing="dra"), operator={}),
        "shared": brought(pool("l4", "L4:2", image="bare", sharing={"time-slicing": 4}), operator={}),
    }


WAYS = tuple(plans())


def values(way: str) -> Mapping[str, Any]:
    plan = plans()[way]
    assert plan.gpu.operator is not None
    pools = [one for one in plan.pools if one.name in plan.gpu.pools_of(operator.NAME)]
    return operator.values(plan.gpu.operator, pools, plan.gpu.tolerations)


def test_it_installs_what_the_nodes_lack_and_nothing_that_they_have() -> None:
    both = {way: (values(way)["driver"]["enabled"], values(way)["toolkit"]["enabled"]) for way in WAYS}
    assert both == {way: (way != "installed", way != "installed") for way in WAYS}


@pytest.mark.parametrize("way", WAYS)
def test_it_serves_one_of_its_two_resources_and_never_both(way: str) -> None:
    told = values(way)
    served = (told["clusterPolicy"]["deployCR"], told["gpuCluster"]["deployCR"])
    assert served == ((False, True) if way == "dra" else (True, False))
    assert told["devicePlugin"]["enabled"] is not told["gpuCluster"]["deployCR"]


@pytest.mark.parametrize("way", WAYS)
def test_node_feature_discovery_is_never_its_own(way: str) -> None:
    assert values(way)["nfd"] == {"enabled": False}
    assert NFD in plans()[way].gpu.parts


def test_where_the_toolkit_is_its_own_no_pod_gets_accelerators_unasked() -> None:
    told = {one["name"]: one["value"] for one in values("k0s")["toolkit"]["env"]}
    assert SECURE_ENV.items() <= told.items()
    assert told["RUNTIME_DROP_IN_CONFIG"] == "/etc/k0s/containerd.d/nvidia.toml"
    (way,) = values("k0s")["devicePlugin"]["env"]
    assert "envvar" not in way["value"].split(",")
    assert values("installed")["toolkit"]["env"] == values("installed")["devicePlugin"]["env"] == []


def test_it_never_looks_for_a_driver_in_the_root_of_the_node() -> None:
    assert {values(way)["hostPaths"]["driverInstallDir"] for way in WAYS} == {"/run/nvidia/driver"}


def test_pools_that_share_reach_it_as_configurations() -> None:
    config = values("shared")["devicePlugin"]["config"]
    assert (config["create"], config["default"]) == (True, "whole")
    assert (
        yaml.safe_load(config["data"]["time-slicing-4"])["sharing"]["timeSlicing"]["resources"][0]["replicas"]
        == 4
    )
    assert "config" not in values("bare")["devicePlugin"]


def test_what_it_is_told_to_do_goes_before_the_operator_that_must_release_it() -> None:
    def render(release: Release) -> Sequence[Object]:
        if release.chart != operator.NAME:
            return []
        metadata = {"name": "x"}
        return [
            {"kind": "Namespace", "metadata": metadata},
            {"kind": "ClusterPolicy", "metadata": metadata},
            {"kind": "NVIDIADriver", "metadata": metadata},
        ]

    made = {one.name: one for one in gpu.parts(plans()["bare"], render)}
    policy = made[operator.POLICY]
    assert [one["kind"] for one in policy.objects] == ["ClusterPolicy", "NVIDIADriver"]
    assert policy.after == (gpu.BASE, operator.NAME)


def test_its_chart_is_pinned_by_a_sum_although_no_registry_carries_it() -> None:
    row = lock.charts()[operator.NAME]
    assert row.module is None
    assert row.archive is not None
    assert row.version in row.archive.url


@pytest.fixture(scope="module")
def chart() -> Path:
    try:
        return charts.ensure([operator.NAME], Cache.default(), Progress(mode="quiet"))[operator.NAME]
    except ToolError as error:
        pytest.skip(f"the GPU operator's chart cannot be had here: {error}")


@pytest.mark.parametrize("way", WAYS)
def test_every_value_that_we_set_is_one_that_the_chart_has(way: str, chart: Path) -> None:
    default: Any = yaml.safe_load((chart / "values.yaml").read_text())
    for path in paths(dict(values(way))):
        here, known = default, path[:3] if path[:3] == ("devicePlugin", "config", "data") else path
        for key in known:
            assert isinstance(here, dict), path
            assert key in here, path
            here = here[key]


@pytest.mark.parametrize("way", WAYS)
def test_what_the_chart_makes_of_it_keeps_the_schemas_of_the_operators_own_kinds(
    way: str, chart: Path
) -> None:
    base = renderer([NFD])
    known = {**base.charts, operator.NAME: chart}
    render = replace(base, charts=known, versions={**base.versions, operator.NAME: "26.7.0"})
    objects = [one for part in gpu.parts(plans()[way], render) for one in part.objects]
    custom: dict[tuple[str, str], Mapping[str, Any]] = {}
    for crd in (one for one in objects if one["kind"] == "CustomResourceDefinition"):
        custom |= schemas(crd)
    told = [one for one in objects if one["kind"] in operator.POLICY_KINDS]
    assert {one["kind"] for one in told} == (
        {"GPUCluster", "NVIDIADriver"} if way == "dra" else {"ClusterPolicy"}
    )
    for one in told:
        assert list(jsonschema.Draft7Validator(custom[one["apiVersion"], one["kind"]]).iter_errors(one)) == []
    for one in objects:
        if one["kind"] not in ("CustomResourceDefinition", *operator.POLICY_KINDS):
            assert problems(dict(one)) == [], one["metadata"]["name"]
