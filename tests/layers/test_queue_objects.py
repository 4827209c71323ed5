"""Kueue's objects out of the plan: what they say, held against the schemas of Kueue's own CRDs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from support.clouds import cloud_plan
from support.specs import with_gpus
from support.strict import problems

from fairlead.catalog.read import load as load_catalog
from fairlead.layers import queue, queue_controller
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan

FLEX = {"name": "flex", "accelerators": "L4:1", "min": 0, "max": 4, "capacity": "flex", "max_duration": "7d"}


def plan_of(**given: Any) -> PlatformPlan:
    return load_plan(with_gpus(**given), "f", load_catalog())


def limited() -> PlatformPlan:
    quota = {"accelerators": {"H100": 16}}
    tenants = [
        {"name": "a", "quota": quota, "borrow_limit": {"H100": 4}, "lend_limit": {"H100": 8}, "weight": 3},
        {"name": "b", "quota": {}, "borrow": False, "preemption": "never"},
    ]
    return plan_of(tenants=tenants)


def flexible() -> PlatformPlan:
    return cloud_plan("gcp", FLEX, target={"queued": ["flex"]})


def objects(plan: PlatformPlan) -> list[Mapping[str, Any]]:
    """All that Kueue is given."""
    queues = plan.queues
    own = [queue.cluster_queue(queues, one) for one in queues.queues]
    local = [obj for one in queues.queues for obj in queue.local_queues(queues, one)]
    base = [*queue.owners(), *queue.priorities(queues), *queue.topologies(queues), *queue.checks(queues)]
    return [*base, *queue.flavors(queues), *queue.cohort(queues), *own, *local]


def cluster_queue(plan: PlatformPlan, name: str) -> Mapping[str, Any]:
    return next(
        o["spec"] for o in objects(plan) if o["kind"] == "ClusterQueue" and o["metadata"]["name"] == name
    )


def resource(spec: Mapping[str, Any], flavor: str, name: str) -> Mapping[str, Any]:
    (group,) = spec["resourceGroups"]
    (found,) = [one for one in group["flavors"] if one["name"] == flavor]
    return next(one for one in found["resources"] if one["name"] == name)


@pytest.mark.parametrize("plan", [plan_of, limited, flexible], ids=["plain", "limited", "flexible"])
def test_every_object_keeps_kueues_own_schema(plan: Any) -> None:
    made = objects(plan())
    assert len(made) > 10
    assert [problem for obj in made for problem in problems(obj)] == []


def test_members_jobs_name_no_owner_and_controllers_of_other_namespaces_may() -> None:
    policies = [one for one in queue.owners() if one["kind"] == "ValidatingAdmissionPolicy"]
    kinds = {
        kind
        for one in policies
        for rule in one["spec"]["matchConstraints"]["resourceRules"]
        for kind in rule["resources"]
    }
    assert kinds == {"jobs", "trainjobs"}
    for one in policies:
        [who] = one["spec"]["matchConditions"]
        assert "request.namespace" in who["expression"]


def test_limits_and_weight_stand_in_the_tenants_queue() -> None:
    spec = cluster_queue(limited(), "a")
    assert resource(spec, "h100-on-demand", "nvidia.com/gpu") == {
        "name": "nvidia.com/gpu",
        "nominalQuota": "16",
        "borrowingLimit": "4",
        "lendingLimit": "8",
    }
    assert "borrowingLimit" not in resource(spec, "cpu-on-demand", "cpu")
    assert spec["fairSharing"] == {"weight": "3"}


def test_who_may_not_borrow_has_a_limit_of_nothing_everywhere() -> None:
    (group,) = cluster_queue(limited(), "b")["resourceGroups"]
    limits = {one["borrowingLimit"] for flavor in group["flavors"] for one in flavor["resources"]}
    assert limits == {"0"}


def test_fair_sharing_takes_the_place_of_eviction_while_borrowing() -> None:
    """Kueue ignores the one while the other is on: writing both would promise what does not happen."""
    fair = cluster_queue(plan_of(), "team-a")["preemption"]
    assert fair == {"withinClusterQueue": "LowerPriority", "reclaimWithinCohort": "Any"}
    unfair = plan_of(layers={"queue": {"fair_sharing": False}})
    spec = cluster_queue(unfair, "team-a")
    assert spec["preemption"] == {**fair, "borrowWithinCohort": {"policy": "LowerPriority"}}
    assert "fairSharing" not in spec
    assert "fairSharing" in queue_controller.config(plan_of().queues)
    assert "fairSharing" not in queue_controller.config(unfair.queues)


def test_a_gang_that_is_not_whole_gives_its_place_back_when_the_spec_says() -> None:
    def waits(plan: PlatformPlan) -> Mapping[str, Any]:
        found = queue_controller.config(plan.queues)["waitForPodsReady"]
        assert found["blockAdmission"] is False, "a gang that waits for nodes must not hold up all others"
        return {key: found[key] for key in ("timeout", "recoveryTimeout")}

    own = {"queue": {"wait_for_pods_ready": {"timeout": "2h", "recovery_timeout": "45s"}}}
    assert waits(plan_of()) == {"timeout": "1800s", "recoveryTimeout": "600s"}
    assert waits(plan_of(layers=own)) == {"timeout": "7200s", "recoveryTimeout": "45s"}


def test_every_kind_of_job_is_let_go_side_by_side() -> None:
    """A kind that the controllers' settings do not name is let go one by one."""
    at_a_time = queue_controller.config(plan_of().queues)["controller"]["groupKindConcurrency"]
    named = {name.lower() for name in at_a_time}
    for framework in queue_controller.FRAMEWORKS:
        group, kind = framework.split("/")
        assert f"{kind}.{group}" in named
    assert at_a_time["Workload.kueue.x-k8s.io"] >= 20


def test_no_job_starts_with_a_part_of_its_pods() -> None:
    assert queue_controller.config(plan_of().queues)["featureGates"]["PartialAdmission"] is False


def test_each_flavor_names_the_tree_of_its_own_nodes() -> None:
    plan = plan_of()
    trees = {o["metadata"]["name"]: o["spec"]["levels"] for o in queue.topologies(plan.queues)}
    named = {o["metadata"]["name"]: o["spec"]["topologyName"] for o in queue.flavors(plan.queues)}
    assert [level["nodeLabel"] for level in trees[named["cpu-on-demand"]]] == ["kubernetes.io/hostname"]
    assert [level["nodeLabel"] for level in trees[named["h100-on-demand"]]][1] == "topology.fairlead.dev/rack"


def test_capacity_that_comes_as_a_whole_is_asked_for_by_a_check_on_its_flavor_alone() -> None:
    plan = flexible()
    config, check = queue.checks(plan.queues)
    assert config["spec"] == {
        "provisioningClassName": "queued-provisioning.gke.io",
        "managedResources": ["nvidia.com/gpu"],
        "retryStrategy": {"backoffLimitCount": 50, "backoffBaseSeconds": 60, "backoffMaxSeconds": 1800},
        "parameters": {"maxRunDurationSeconds": "604800"},
    }
    assert check["spec"]["controllerName"] == "kueue.x-k8s.io/provisioning-request"
    asked: Sequence[Mapping[str, Any]] = cluster_queue(plan, "team-a")["admissionChecksStrategy"][
        "admissionChecks"
    ]
    assert asked == [{"name": "l4-flex", "onFlavors": ["l4-flex"]}]
    assert "admissionChecksStrategy" not in cluster_queue(plan_of(), "team-a")
