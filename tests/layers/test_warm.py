"""Placeholders on warm nodes: out of everybody's way, a node each, and the first to go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pod_security import restricted_violations
from support.engine import recorded, value
from support.specs import MINIMAL
from support.strict import problems
from support.targets import TARGETS

from fairlead import labels
from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.contract.handle import NodePoolHandle
from fairlead.layers import queue_controller, warm
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan, PoolPlan
from fairlead.platform import Platform
from fairlead.program import charts_of
from fairlead.values import quantity

WARM = {"name": "h100", "accelerators": "H100:8", "min": 0, "max": 4, "warm": 2}


def plan_of(*pools: Mapping[str, Any]) -> PlatformPlan:
    system = {"name": "system", "machine": "host", "min": 1, "max": 1}
    return load_plan({**MINIMAL, "pools": [system, *pools]}, "test", load())


@pytest.fixture(scope="module")
def pool() -> PoolPlan:
    return next(one for one in plan_of(WARM).pools if one.warm)


@pytest.fixture(scope="module")
def made(pool: PoolPlan) -> dict[str, Any]:
    objects = warm.objects([NodePoolHandle(pool, [])], "registry.example.com/pause:1")
    return {one["kind"]: one for one in objects}


def test_every_object_keeps_its_schema_and_every_pod_the_rules_of_its_namespace(made: dict[str, Any]) -> None:
    assert [problem for one in made.values() for problem in problems(one)] == []
    assert made["Namespace"]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert restricted_violations(made["Deployment"]["spec"]["template"]) == []


def test_a_placeholder_holds_a_node_by_itself(made: dict[str, Any], pool: PoolPlan) -> None:
    """All accelerators, and so much of the rest that two never fit on one node."""
    asked = made["Deployment"]["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]
    assert asked["nvidia.com/gpu"] == str(pool.count)
    assert pool.cpu is not None
    assert pool.memory is not None
    for resource, whole in (("cpu", pool.cpu), ("memory", pool.memory)):
        assert quantity(whole) / 2 < quantity(asked[resource]) < quantity(whole)


def test_as_many_nodes_are_held_as_the_pool_says(made: dict[str, Any]) -> None:
    assert made["Deployment"]["spec"]["replicas"] == 2


def test_any_pod_goes_before_a_placeholder_and_an_autoscaler_still_makes_room_for_it(
    made: dict[str, Any],
) -> None:
    assert made["PriorityClass"]["value"] == -10
    assert made["PriorityClass"]["preemptionPolicy"] == "Never"
    assert not made["PriorityClass"]["globalDefault"]
    pod = made["Deployment"]["spec"]["template"]["spec"]
    assert pod["priorityClassName"] == made["PriorityClass"]["metadata"]["name"]
    assert pod["terminationGracePeriodSeconds"] > 0, "its accelerators would not be free yet"


def test_a_placeholder_lands_on_its_pool_and_nowhere_else(made: dict[str, Any], pool: PoolPlan) -> None:
    pod = made["Deployment"]["spec"]["template"]["spec"]
    assert pod["nodeSelector"][labels.POOL] == pool.name
    assert [one["key"] for one in pod["tolerations"]] == ["nvidia.com/gpu"]


def test_no_queue_holds_a_placeholder_back(made: dict[str, Any]) -> None:
    assert labels.TENANT not in made["Namespace"]["metadata"]["labels"]
    chosen = str(queue_controller.config(plan_of(WARM).queues)["managedJobsNamespaceSelector"])
    assert labels.TENANT in chosen


def test_a_run_does_not_wait_for_nodes_that_are_long_in_coming(made: dict[str, Any]) -> None:
    assert made["Deployment"]["metadata"]["annotations"]["pulumi.com/skipAwait"] == "true"


def test_without_a_warm_pool_there_is_nothing() -> None:
    assert warm.objects([], "x") == []
    assert warm.warm(plan_of({**WARM, "warm": 0}).pools) == []


def test_placeholders_come_after_what_makes_their_nodes_and_go_before_it() -> None:
    from support.charts import renderer

    plan = plan_of(WARM)
    render = renderer(charts_of(plan), plan.kubernetes)

    def program() -> Any:
        handle = TARGETS["local"].cluster(plan)
        Platform(plan, handle, render).build()
        return handle

    handle, recorder = recorded(program, "warm")
    (placeholder,) = [
        one
        for one in recorder.of_kind("Deployment")
        if one.object["metadata"].get("namespace") == warm.NAMESPACE
    ]
    behind = recorder.behind(placeholder.urn)
    assert {one.urn for one in recorder.of_kind("NodePool")} <= behind
    assert {value(one.urn) for one in handle.ready} <= behind
    image = placeholder.object["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image == lock.images()["placeholder"].reference
