"""Pools of the local target that grow: what the plan decides, and what Karpenter is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema
from support.engine import Recorder, recorded, value
from support.specs import MINIMAL
from support.strict import problems, schemas
from support.targets import TARGETS

from fairlead import labels
from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.contract.handle import ClusterHandle
from fairlead.operate.wanted import wanted
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan
from fairlead.plan.sites.local import LocalSite, Provisioner
from fairlead.program import charts_of
from fairlead.targets.local import autoscaling
from fairlead.targets.local.node_pools import KWOK, RESOURCES
from fairlead.tools import wrappers
from fairlead.values import quantity

H100 = {"name": "h100", "accelerators": "H100:8", "min": 1, "max": 4, "capacity": ["reserved", "spot"]}


def plan_of(*pools: Mapping[str, Any], **target: Any) -> PlatformPlan:
    system = {"name": "system", "machine": "host", "min": 1, "max": 1}
    spec = {**MINIMAL, "pools": [system, *pools], "target": {"kind": "local", **target}}
    return load_plan(spec, "test", load())


def steps(*pools: Mapping[str, Any], **target: Any) -> dict[str, Provisioner]:
    site = plan_of(*pools, **target).site
    assert isinstance(site, LocalSite)
    return {one.name: one for one in site.provisioners}


def told(pool: Mapping[str, Any], **target: Any) -> dict[str, Mapping[str, Any]]:
    """The NodePools of a pool."""
    plan = plan_of(pool, **target)
    (planned,) = [one for one in plan.pools if one.name == pool["name"]]
    return {name: autoscaling.node_pool(step, planned) for name, step in steps(pool, **target).items()}


@cache
def built() -> tuple[ClusterHandle, Recorder]:
    plan = plan_of(H100)
    return recorded(lambda: TARGETS["local"].cluster(plan), "local-grows")


def test_the_steps_of_a_ladder_are_tried_in_their_order() -> None:
    made = steps(H100)
    assert list(made) == ["h100-1-reserved", "h100-1-spot"]
    assert made["h100-1-reserved"].weight > made["h100-1-spot"].weight


def test_a_step_has_room_above_the_nodes_that_are_always_there_and_no_more_than_the_market_has() -> None:
    """The one node that is always there is a reserved one: of three reserved ones, two are left to grow by."""
    assert [one.nodes for one in steps(H100).values()] == [3, 3]
    assert [one.nodes for one in steps(H100, stock={"h100": {"reserved": 3}}).values()] == [2, 3]
    assert [one.nodes for one in steps(H100, stock={"h100": {"spot": 0}}).values()] == [3, 0]


def test_a_platform_whose_pools_do_not_grow_runs_no_autoscaler() -> None:
    fixed = {**H100, "capacity": "reserved", "min": 4}
    plan = plan_of(fixed)
    assert steps(fixed) == {}
    assert autoscaling.CHART not in charts_of(plan)
    assert autoscaling.CHART not in wanted(plan, samples=False).images


def test_what_a_growing_platform_needs_is_had_before_the_cluster_starts() -> None:
    found = wanted(plan_of(H100), samples=False)
    assert autoscaling.CHART in found.images
    assert autoscaling.CHART in found.charts


def test_a_gang_that_comes_at_once_is_held_to_the_limit() -> None:
    """Karpenter counts the number of nodes too late (kubernetes-sigs/karpenter#2915), what they offer in time."""
    limits = told(H100, stock={"h100": {"reserved": 2}})["h100-1-reserved"]["spec"]["limits"]
    offered = autoscaling.resources(next(one for one in plan_of(H100).pools if one.name == "h100"))
    assert limits == {"nodes": "1", "pods": offered["pods"]}


def test_nodes_that_come_are_those_of_the_contract_and_played_by_kwok() -> None:
    pool = next(one for one in plan_of(H100).pools if one.name == "h100")
    for capacity, made in zip(("reserved", "spot"), told(H100).values(), strict=True):
        template = made["spec"]["template"]
        assert (
            template["metadata"]["labels"].items()
            >= dict(next(rung.labels for rung in pool.rungs if rung.capacity == capacity)).items()
        )
        assert template["metadata"]["labels"][labels.CAPACITY] == capacity
        assert json.loads(template["metadata"]["annotations"][RESOURCES])["nvidia.com/gpu"] == "8"
        assert template["spec"]["taints"] == [
            {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
        ]
    assert KWOK == "kwok.x-k8s.io/node", "which Karpenter's provider writes by itself"


def test_only_empty_nodes_go_all_at_once_after_the_time_that_the_pool_says() -> None:
    for made in told({**H100, "idle_after": "90s"}).values():
        disruption = made["spec"]["disruption"]
        assert disruption["consolidationPolicy"] == "WhenEmpty"
        assert disruption["consolidateAfter"] == "90s"
        assert {"nodes": "100%", "reasons": ["Empty"]} in disruption["budgets"]
        assert made["spec"]["template"]["spec"]["expireAfter"] == "Never"


def test_a_machine_offers_what_its_nodes_advertise_after_the_providers_overhead() -> None:
    pool = next(one for one in plan_of(H100).pools if one.name == "h100")
    machine = autoscaling.machine(pool)
    for resource in ("cpu", "memory"):
        rest = quantity(machine["resources"][resource]) - quantity(autoscaling.OVERHEAD[resource])
        assert rest == quantity(autoscaling.resources(pool)[resource])
    assert machine["resources"]["nvidia.com/gpu"] == "8"
    markets = [one["Requirements"][0]["values"] for one in machine["offerings"]]
    assert markets == [["on-demand"], ["spot"]]


def test_other_machines_are_another_pod_of_the_controller() -> None:
    pools = [one for one in plan_of(H100).pools if one.name == "h100"]
    notes = [
        autoscaling.controller("x:1", {}, autoscaling.machines(some)).values["podAnnotations"]
        for some in (pools, [])
    ]
    assert notes[0] != notes[1]


def test_every_object_keeps_the_schema_of_its_kind() -> None:
    _, recorder = built()
    kinds: dict[tuple[str, str], Any] = {}
    for crd in recorder.objects("CustomResourceDefinition"):
        kinds |= schemas(crd)
    assert ("karpenter.kwok.sh/v1alpha1", "KWOKNodeClass") in kinds
    checked = 0
    for obj in recorder.objects():
        schema = kinds.get((obj["apiVersion"], obj["kind"]))
        if schema is not None:
            assert [*jsonschema.Draft7Validator(schema).iter_errors(obj)] == [], obj["metadata"]["name"]
            checked += 1
        elif obj["kind"] != "CustomResourceDefinition" and obj["metadata"].get("namespace") == "karpenter":
            assert problems(obj) == []
    assert checked == 3


def test_pools_come_last_and_go_first_while_karpenter_can_still_let_go_of_their_nodes() -> None:
    handle, recorder = built()
    running = {
        one.urn
        for one in recorder.of_kind("Deployment")
        if one.object["metadata"]["namespace"] == autoscaling.NAMESPACE
    }
    assert len(running) == 1
    above = running | {one.urn for one in recorder.of_kind("KWOKNodeClass")}
    above |= {one.urn for one in recorder.of_kind("ClusterRole") if "karpenter" in one.name}
    pools = recorder.of_kind("NodePool")
    assert len(pools) == 2
    for one in pools:
        assert above <= recorder.behind(one.urn), one.name
    assert {one.urn for one in pools} <= {value(one.urn) for one in handle.ready}


def test_the_controller_runs_beside_the_systems_pods_from_the_image_of_the_lock() -> None:
    _, recorder = built()
    (made,) = [
        one.object
        for one in recorder.of_kind("Deployment")
        if one.object["metadata"]["namespace"] == autoscaling.NAMESPACE
    ]
    pod = made["spec"]["template"]["spec"]
    assert pod["nodeSelector"].items() >= {labels.POOL: "system"}.items()
    assert pod["containers"][0]["image"] == lock.images()[autoscaling.CHART].reference
    gates = next(one["value"] for one in pod["containers"][0]["env"] if one["name"] == "FEATURE_GATES")
    assert gates.count("=") == gates.count("=true") + gates.count("=false"), gates
    mounted = {one["name"] for one in pod["containers"][0]["volumeMounts"]}
    assert mounted == {one["name"] for one in pod["volumes"]}


def test_the_controller_is_built_from_the_module_that_carries_its_chart() -> None:
    name = autoscaling.CHART
    build = lock.images()[name].build
    assert build is not None
    assert build.go is not None
    assert build.go.package.startswith(lock.charts()[name].module.path)
    assert lock.images()[name].tag == lock.charts()[name].module.version
    assert wrappers.pinned("controllers", lock.charts()[name].module.path) == lock.charts()[name].module
