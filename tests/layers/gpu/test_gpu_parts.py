"""The parts of the gpu layer as they go into a cluster: on their nodes alone, with images of the lock, valid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import jsonschema
import pytest
from support.charts import chart_values, renderer
from support.clouds import cloud_plan
from support.golden import REPO
from support.strict import containers, pods, problems, schemas

from fairlead import labels
from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.contract.chart import Object, Release
from fairlead.layers import gpu
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan
from fairlead.plan.stack import plan_of
from fairlead.platform import controllers

CHARTS = ("node-feature-discovery", "nvidia-device-plugin", "dra-driver-nvidia-gpu")
OTHERS = {"kueue", "jobset", "kubeflow-trainer"}
SYSTEM = {labels.POOL: "system"}


def brought(*pools: dict[str, Any], **layer: Any) -> PlatformPlan:
    nodes = {"cpu": "90", "memory": "900Gi"}
    system = {"name": "system", "min": 1, "max": 1, "nodes": {"names": ["cpu-0"], **nodes}}
    made = [{"min": 1, "max": 1, "nodes": {"names": [f"{one['name']}-0"], **nodes}, **one} for one in pools]
    spec = {
        "name": "lab",
        "environment": "dev",
        "target": {"kind": "onprem", "kubeconfig": "~/.kube/config", "context": "rack"},
        "pools": [system, *made],
        "tenants": [{"name": "team-a", "quota": {"cpu": "1", "memory": "1Gi"}}],
        "layers": {"gpu": layer},
    }
    return load_plan(spec, "f", load())


def pool(name: str, accelerators: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "accelerators": accelerators, **more}


@cache
def plans() -> Mapping[str, PlatformPlan]:
    """Every way in which this platform brings parts itself; the operator is tried in a file of its own."""
    own = {"key": "example.com/gpu", "value": "yes"}
    shared = pool("l4", "L4:2", sharing={"time-slicing": 4})
    return {
        "several vendors": plan_of(REPO / "stacks", "aws-prod"),
        "taints of the target": plan_of(REPO / "stacks", "azure-prod"),
        "amd": brought(pool("amd", "MI300X:8")),
        "dra": brought(pool("h100", "H100:8", sharing="dra"), pool("l4", "L4:1")),
        "shared": brought(pool("h100", "H100:8"), shared),
        "taints of the owner": brought(pool("h100", "H100:8"), tolerations=[own]),
        "no labels": brought(pool("h100", "H100:8"), discovery=False),
    }


WAYS = ("several vendors", "taints of the target", "amd", "dra", "shared", "taints of the owner", "no labels")


@cache
def parts(way: str) -> Sequence[gpu.Part]:
    return gpu.parts(plans()[way], renderer(CHARTS))


def on_cluster(way: str) -> dict[str, list[Object]]:
    images = {name: row.pinned for name, row in lock.images().items()}
    return {one.name: gpu.on_cluster(one.name, one.objects, images, SYSTEM) for one in parts(way)}


def test_every_way_is_tried() -> None:
    assert set(WAYS) == set(plans())


@pytest.mark.parametrize("way", WAYS)
def test_every_daemon_runs_on_the_nodes_of_its_pools_and_tolerates_their_taints_and_no_other(
    way: str,
) -> None:
    plan, seen = plans()[way], 0
    by_name = {one.name: one for one in plan.pools}
    for name, objects in on_cluster(way).items():
        wanted = [by_name[one] for one in plan.gpu.pools_of(name)]
        taints = {(one.key, one.effect, one.value) for p in wanted for one in p.tolerations}
        taints |= {(one.key, one.effect, one.value) for one in plan.gpu.tolerations}
        for obj in (one for one in objects if one["kind"] == "DaemonSet"):
            seen += 1
            spec = obj["spec"]["template"]["spec"]
            required = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
            (term,) = required["nodeSelectorTerms"]
            (rule,) = term["matchExpressions"]
            assert (rule["key"], rule["operator"]) == (labels.POOL, "In")
            assert set(rule["values"]) == {one.name for one in wanted}, obj["metadata"]["name"]
            given = [(one["key"], one["effect"], one.get("value", "")) for one in spec["tolerations"]]
            assert len(given) == len(set(given))
            assert set(given) == taints, obj["metadata"]["name"]
    assert seen


@pytest.mark.parametrize("way", WAYS)
def test_every_other_pod_runs_on_the_systems_nodes_and_tolerates_nothing(way: str) -> None:
    for objects in on_cluster(way).values():
        for obj in (one for one in objects if one["kind"] == "Deployment"):
            spec = obj["spec"]["template"]["spec"]
            assert spec["nodeSelector"] == SYSTEM, obj["metadata"]["name"]
            assert not spec.get("tolerations")


@pytest.mark.parametrize("way", WAYS)
def test_every_object_keeps_its_schema_and_lies_in_the_layers_namespace(way: str) -> None:
    custom: dict[tuple[str, str], Mapping[str, Any]] = {}
    found = on_cluster(way)
    crds = [one for objects in found.values() for one in objects if one["kind"] == "CustomResourceDefinition"]
    for crd in crds:
        custom |= schemas(crd)
    for objects in found.values():
        for obj in objects:
            if obj["kind"] == "CustomResourceDefinition":
                continue
            schema = custom.get((obj["apiVersion"], obj["kind"]))
            wrong = (
                list(jsonschema.Draft7Validator(schema).iter_errors(obj)) if schema else problems(dict(obj))
            )
            assert wrong == [], obj["metadata"]["name"]
            assert obj["metadata"].get("namespace", gpu.NAMESPACE) == gpu.NAMESPACE


@pytest.mark.parametrize("way", WAYS)
def test_every_image_is_the_locks_by_its_digest_unless_the_lock_says_why_it_has_none(way: str) -> None:
    for name, objects in on_cluster(way).items():
        used = {box["image"] for _, pod in pods(list(objects)) for box in containers(pod["spec"])}
        assert used <= {lock.images()[name].pinned} if used else name == gpu.BASE
        assert all("@sha256:" in one or lock.images()[name].no_digest for one in used)


@pytest.mark.parametrize("way", WAYS)
def test_no_daemon_may_grow_without_bound(way: str) -> None:
    for objects in on_cluster(way).values():
        for name, pod in pods(list(objects)):
            for box in pod["spec"]["containers"]:
                assert box["resources"]["limits"]["memory"], name


def test_the_namespace_comes_first_and_admits_pods_of_system_priority() -> None:
    first, *others = parts("several vendors")
    assert (first.name, first.after) == (gpu.BASE, ())
    assert [one["kind"] for one in first.objects] == ["Namespace", "ResourceQuota"]
    assert all(gpu.BASE in one.after for one in others)


def test_a_plan_that_brings_nothing_makes_nothing() -> None:
    assert gpu.parts(plan_of(REPO / "stacks", "local"), renderer(CHARTS)) == []
    assert gpu.parts(plan_of(REPO / "stacks", "gcp-prod"), renderer(CHARTS)) == []


def objects_of(way: str, part: str) -> list[Object]:
    return next(list(one.objects) for one in parts(way) if one.name == part)


def test_claims_and_plugins_never_meet_on_a_node() -> None:
    plan = plans()["dra"]
    assert plan.gpu.pools_of("dra-driver-nvidia-gpu") == ("h100",)
    assert plan.gpu.pools_of("nvidia-device-plugin") == ("l4",)
    kinds = {(one["kind"], one["metadata"]["name"]) for one in objects_of("dra", "dra-driver-nvidia-gpu")}
    assert ("DeviceClass", "gpu.nvidia.com") in kinds
    assert not [name for kind, name in kinds if kind == "Deployment"], "no domain needs a controller here"
    classes = [one for one in objects_of("dra", "dra-driver-nvidia-gpu") if one["kind"] == "DeviceClass"]
    assert {one["apiVersion"] for one in classes} == {"resource.k8s.io/v1"}


def test_nvlink_over_nodes_brings_domains_and_no_claims() -> None:
    one = {"name": "rack", "accelerators": "GB200:4", "min": 0, "max": 2}
    plan = cloud_plan("azure", one)
    assert plan.gpu.parts == (
        *("node-feature-discovery", "nvidia-device-plugin", "dra-driver-nvidia-gpu", "dcgm-exporter"),
    )
    found = next(one for one in gpu.parts(plan, renderer(CHARTS)) if one.name == "dra-driver-nvidia-gpu")
    named = {(one["kind"], one["metadata"]["name"]) for one in found.objects}
    assert ("CustomResourceDefinition", "computedomains.resource.nvidia.com") in named
    assert ("DeviceClass", "gpu.nvidia.com") not in named
    boxes = [box["name"] for _, pod in pods(list(found.objects)) for box in pod["spec"]["containers"]]
    assert "gpus" not in boxes
    assert "compute-domains" in boxes


def test_pools_that_share_bring_the_plugins_configurations_and_others_do_not() -> None:
    maps = [one for one in objects_of("shared", "nvidia-device-plugin") if one["kind"] == "ConfigMap"]
    assert [sorted(one["data"]) for one in maps] == [["time-slicing-4", "whole"]]
    assert not [one for one in objects_of("amd", "amd-device-plugin") if one["kind"] == "ConfigMap"]
    whole = objects_of("taints of the owner", "nvidia-device-plugin")
    assert not [one for one in whole if one["kind"] == "ConfigMap"]


def test_labels_are_made_only_where_they_are_wanted() -> None:
    assert [one.name for one in parts("no labels")] == [gpu.BASE, "nvidia-device-plugin", "dcgm-exporter"]
    names = {one["metadata"]["name"] for one in objects_of("no labels", "nvidia-device-plugin")}
    assert not [one for one in names if "feature-discovery" in one]
    names = {one["metadata"]["name"] for one in objects_of("shared", "nvidia-device-plugin")}
    assert [one for one in names if "feature-discovery" in one]


def tokens(case: str) -> dict[str, bool]:
    """DaemonSet of NVIDIA's plugin -> whether its pods get a token."""
    daemons = [one for one in objects_of(case, "nvidia-device-plugin") if one["kind"] == "DaemonSet"]
    return {
        one["metadata"]["name"].removeprefix("nvidia-device-plugin"): one["spec"]["template"]["spec"][
            "automountServiceAccountToken"
        ]
        for one in daemons
    }


def test_of_nvidias_programs_those_that_call_the_api_server_have_a_token() -> None:
    """Feature discovery writes what it finds; where devices are shared, a companion looks for its node's settings."""
    assert tokens("taints of the owner") == {
        "": False,
        "-gpu-feature-discovery": True,
        "-mps-control-daemon": False,
    }
    assert set(tokens("shared").values()) == {True}


def test_a_plugin_that_needs_no_api_server_gets_no_token_and_no_rights() -> None:
    found = objects_of("amd", "amd-device-plugin")
    assert {one["kind"] for one in found} == {"ServiceAccount", "NetworkPolicy", "DaemonSet"}
    assert found[0]["automountServiceAccountToken"] is False
    neuron = objects_of("several vendors", "neuron-device-plugin")
    assert {"ClusterRole", "ClusterRoleBinding"} <= {one["kind"] for one in neuron}


def test_the_platform_registers_the_parts_behind_their_namespace() -> None:
    plan = plans()["several vendors"]
    made = controllers(plan, renderer([*CHARTS, *OTHERS]))
    order = [one.name for one in made if one.layer == "gpu"]
    assert order[0] == gpu.BASE
    for one in made:
        assert set(one.after) <= {other.name for other in made[: made.index(one)]}


def paths(values: Any, under: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(values, dict) or not values:
        return [under]
    return [path for key, value in values.items() for path in paths(value, (*under, key))]


FREE_FORM = {
    ("affinity",),
    ("config", "map"),
    ("master", "config"),
    ("worker", "config"),
    ("worker", "affinity"),
    *((part, "podSecurityContext") for part in ("master", "worker", "gc")),
}
"""Values that a chart hands on as they are: what lies in them belongs to Kubernetes or to the program."""
CONDITIONS = {("nfd", "enabled")}


@pytest.mark.parametrize("way", WAYS)
def test_every_value_that_we_set_is_one_that_the_chart_has(way: str) -> None:
    seen: list[Release] = []

    def spy(release: Release) -> Sequence[Object]:
        seen.append(release)
        return renderer(CHARTS)(release)

    gpu.parts(plans()[way], spy)
    for release in seen:
        default: Any = chart_values(release.chart)
        for path in paths(dict(release.values)):
            if path in CONDITIONS:
                continue
            free = next((one for one in FREE_FORM if path[: len(one)] == one), path)
            here = default
            for key in free:
                assert isinstance(here, dict), (release.chart, path)
                assert key in here, (release.chart, path)
                here = here[key]
