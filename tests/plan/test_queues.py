"""What a plan decides of the queues: limits, weights, stages, trees of nodes, capacity that comes as a whole."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clouds import CLOUDS, cloud_plan, cloud_spec, refused, system
from support.specs import gpu_pool, minimal, with_gpus

from fairlead.catalog.read import load as load_catalog
from fairlead.layers.queue import checks
from fairlead.plan import limits
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan
from fairlead.plan.queue_model import FlavorQuota, NearnessPlan
from fairlead.plan.show import to_text
from fairlead.plan.sites.gcp_model import GcpSite

HOSTNAME = "kubernetes.io/hostname"
GPU = "nvidia.com/gpu"
amounts = st.lists(st.integers(0, 64), min_size=1, max_size=4)


def plan_of(data: dict[str, Any]) -> PlatformPlan:
    return load_plan(data, "f", load_catalog())


def tenant(**given: Any) -> dict[str, Any]:
    return {"name": "a", "quota": {"accelerators": {"H100": 16}}, **given}


def quotas(plan: PlatformPlan, name: str = "a") -> dict[str, FlavorQuota]:
    (queue,) = [one for one in plan.queues.queues if one.name == name]
    return {one.flavor: one for one in queue.quotas}


def topology(plan: PlatformPlan, flavor: str) -> tuple[str, ...]:
    """Levels that a flavor's work is placed by; nothing where it is not."""
    (name,) = [one.topology for one in plan.queues.flavors if one.name == flavor]
    return next((tree.levels for tree in plan.queues.topologies if tree.name == name), ())


def test_who_names_no_limit_has_none_and_who_borrows_weighs_one() -> None:
    plan = plan_of(with_gpus(tenants=[tenant()]))
    assert all(not one.borrow and not one.lend for one in quotas(plan).values())
    assert [one.weight for one in plan.queues.queues] == [1]


def test_limits_are_by_accelerator_and_what_is_lent_takes_its_cores_and_memory_along() -> None:
    plan = plan_of(with_gpus(tenants=[tenant(borrow_limit={"h100": 4}, lend_limit={"H100": 8}, weight=3)]))
    own = quotas(plan)["h100-on-demand"]
    assert own.borrow == {GPU: "4"}
    assert own.nominal == {GPU: "16", "cpu": "192", "memory": "2Ti"}
    assert own.lend == {GPU: "8", "cpu": "96", "memory": "1Ti"}
    assert quotas(plan)["cpu-on-demand"].borrow == {}
    assert [one.weight for one in plan.queues.queues] == [3]


def test_a_limit_over_several_capacities_holds_as_a_whole_and_the_cheapest_is_lent_first() -> None:
    pools = [gpu_pool("kept", "H100:8", capacity="reserved"), gpu_pool("bought", "H100:8", capacity="spot")]
    for pool in pools:
        pool.update(min=2, max=2)
    data = minimal(
        tenants=[
            tenant(quota={"accelerators": {"H100": 24}}, borrow_limit={"H100": 6}, lend_limit={"H100": 10})
        ]
    )
    data["pools"] += pools
    given = quotas(plan_of(data))
    names = ("h100-reserved", "h100-spot")
    assert [given[name].nominal[GPU] for name in names] == ["16", "8"]
    assert [given[name].lend[GPU] for name in names] == ["2", "8"]
    assert [given[name].borrow[GPU] for name in names] == ["0", "6"]


@given(st.integers(0, 300), amounts)
def test_parts_of_a_borrowing_limit_add_up_to_it(limit: int, room: list[int]) -> None:
    parts = limits.borrowing(limit, room)
    assert sum(parts) == limit
    assert all(part >= 0 for part in parts)


@given(st.integers(0, 300), amounts)
def test_parts_of_a_lending_limit_never_pass_it_or_what_is_there(limit: int, shares: list[int]) -> None:
    parts = limits.lending(limit, shares)
    assert sum(parts) == min(limit, sum(shares))
    assert all(0 <= part <= share for part, share in zip(parts, shares, strict=True))


def test_stages_of_one_rank_have_one_priority_and_a_higher_rank_a_higher_one() -> None:
    options = {"queue": {"priorities": ["testing", ["inference", "training"]], "fair_sharing": False}}
    queues = plan_of(with_gpus(layers=options)).queues
    assert {one.name: one.value for one in queues.priorities} == {
        "testing": 1000,
        "training": 10000,
        "inference": 10000,
    }
    assert queues.fair is False
    assert queues.stages == ("testing", "training", "inference")


def test_simulated_accelerators_stand_in_racks_and_plain_nodes_by_themselves() -> None:
    plan = plan_of(with_gpus())
    rack, block = "topology.fairlead.dev/rack", "topology.fairlead.dev/block"
    assert topology(plan, "h100-on-demand") == (block, rack, HOSTNAME)
    assert topology(plan, "cpu-on-demand") == (HOSTNAME,)
    assert plan.queues.nearness == (
        NearnessPlan("H100", "near", rack, required=False),
        NearnessPlan("H100", "rack", rack, required=True),
        NearnessPlan("H100", "block", block, required=True),
    )


def test_plain_pools_may_grow_while_accelerators_are_placed_by_topology() -> None:
    plan = cloud_plan("aws", {"name": "gpu", "accelerators": "H100:8", "min": 2, "max": 2})
    assert topology(plan, "cpu-on-demand-unplaced") == ()
    assert topology(plan, "h100-on-demand")[-2:] == ("topology.k8s.aws/network-node-layer-3", HOSTNAME)
    assert "Work of H100 is placed by topology, other work is not" in to_text(plan)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_accelerators_that_grow_have_no_topology_and_plain_work_has_none_beside_them(cloud: str) -> None:
    """Plain work names no topology: with a flavor that has none it would never go to one that has."""
    fixed = system(cloud, min=2, max=2)
    data = cloud_spec(cloud) | {"pools": [fixed, {"name": "gpu", "accelerators": "T4:1", "min": 0, "max": 2}]}
    queues = load_plan(data, "f", load_catalog()).queues
    assert queues.topologies == ()
    assert queues.nearness == ()


@pytest.mark.parametrize("cloud", CLOUDS)
def test_accelerators_of_fixed_size_keep_their_topology_beside_one_that_grows(cloud: str) -> None:
    growing = {"name": "small", "accelerators": "T4:1", "min": 0, "max": 2}
    plan = cloud_plan(cloud, {"name": "gpu", "accelerators": "H100:8", "min": 2, "max": 2}, growing)
    assert topology(plan, "h100-on-demand")[-1] == HOSTNAME
    assert topology(plan, "t4-on-demand-unplaced") == ()
    assert topology(plan, "cpu-on-demand-unplaced") == ()
    assert {one.accelerator for one in plan.queues.nearness} == {"H100"}


def test_where_one_pool_of_an_accelerator_grows_none_of_its_pools_is_placed() -> None:
    """One runtime serves them all, and what it names decides which flavors a job may use."""
    kept = {"name": "kept", "accelerators": "H100:8", "min": 2, "max": 2}
    more = {"name": "more", "accelerators": "H100:8", "min": 0, "max": 2, "capacity": "spot"}
    plan = cloud_plan("aws", kept, more)
    assert topology(plan, "h100-on-demand-unplaced") == ()
    assert topology(plan, "h100-spot-unplaced") == ()
    assert plan.queues.nearness == ()


def test_shares_are_placed_apart_from_whole_accelerators() -> None:
    shares = {"name": "cut", "accelerators": "H100:8", "min": 1, "max": 1, "sharing": {"mig": {"1g.10gb": 7}}}
    growing = {"name": "small", "accelerators": "L4:1", "min": 0, "max": 1}
    data = minimal()
    data["pools"] += [gpu_pool("whole", "H100:8") | {"min": 2, "max": 2}, shares, growing]
    plan = plan_of(data)
    assert {one.accelerator for one in plan.queues.nearness} == {"H100", "H100/1g.10gb"}


def test_a_pool_that_begins_to_grow_gets_a_flavor_of_another_name() -> None:
    """Kueue refuses another topology for a flavor that has one."""

    def names(most: int) -> set[str]:
        pool = {"name": "gpu", "accelerators": "H100:8", "min": 2, "max": most}
        return {one.name for one in cloud_plan("aws", pool).queues.flavors if one.accelerator}

    assert names(2) == {"h100-on-demand"}
    assert names(4) == {"h100-on-demand-unplaced"}


def test_near_means_the_narrowest_place_that_the_nodes_of_its_accelerator_know() -> None:
    pools = [
        {"name": "gpu", "accelerators": "H100:8", "min": 2, "max": 2},
        {"name": "small", "accelerators": "L4:1", "min": 2, "max": 2},
    ]
    plan = cloud_plan("aws", *pools)
    words = {(one.accelerator, one.word): one.level for one in plan.queues.nearness}
    assert words == {
        ("H100", "near"): "topology.k8s.aws/network-node-layer-3",
        ("H100", "rack"): "topology.k8s.aws/network-node-layer-3",
        ("H100", "block"): "topology.k8s.aws/network-node-layer-2",
        ("L4", "near"): "topology.kubernetes.io/zone",
    }
    assert topology(plan, "l4-on-demand") == ("topology.kubernetes.io/zone", HOSTNAME)


def test_blocks_of_a_reservation_are_only_counted_on_where_all_nodes_are_reserved() -> None:
    gpu = {"name": "gpu", "accelerators": "H200:8", "min": 2, "max": 2, "zones": ["us-central1-a"]}
    bought = cloud_plan("gcp", {**gpu, "capacity": "spot"})
    assert topology(bought, "h200-spot") == load_catalog().targets["gcp"].topology_levels
    kept = cloud_plan("gcp", {**gpu, "capacity": "reserved", "reservation": "r"})
    assert topology(kept, "h200-reserved")[0] == "cloud.google.com/gce-topology-block"


@pytest.mark.parametrize(
    ("machine", "gpus"),
    [("a3-highgpu-8g", "H100:8"), ("a3-megagpu-8g", "H100:8"), ("a4-highgpu-8g", "B200:8")],
)
def test_every_machine_that_google_documents_has_the_blocks_of_its_reservation(
    machine: str, gpus: str
) -> None:
    zones = ["us-central1-a"]
    pool = {"name": "gpu", "machine": machine, "accelerators": gpus, "min": 2, "max": 2, "zones": zones}
    kept = cloud_plan("gcp", {**pool, "capacity": "reserved", "reservation": "r"})
    (flavor,) = [one.name for one in kept.queues.flavors if one.accelerator]
    assert topology(kept, flavor)[:2] == (
        "cloud.google.com/gce-topology-block", "cloud.google.com/gce-topology-subblock",
    )  # fmt: skip


def owned(**labels: str) -> PlatformPlan:
    """A platform on nodes of an owner, who says by which labels they stand in racks and blocks."""
    nodes = {"names": ["gpu-0", "gpu-1"], "cpu": "96", "memory": "1Ti"}
    plain = {"names": ["cpu-0"], "cpu": "8", "memory": "32Gi"}
    target = {"kind": "onprem", "kubeconfig": "/k", "context": "c", "topology": labels}
    pools = [
        {"name": "system", "min": 1, "max": 1, "nodes": plain},
        {"name": "gpu", "accelerators": "H100:8", "min": 2, "max": 2, "nodes": nodes},
    ]
    return plan_of(minimal(target=target, pools=pools))


def test_an_owner_says_by_which_labels_accelerator_nodes_stand_in_racks() -> None:
    plan = owned(rack="example.com/rack")
    plain, gpu = (one.name for one in plan.queues.flavors)
    assert topology(plan, gpu) == ("example.com/rack", HOSTNAME)
    assert topology(plan, plain) == (HOSTNAME,)
    assert [one.word for one in plan.queues.nearness] == ["near", "rack"]


def test_other_labels_of_an_owner_are_another_flavor_and_another_tree() -> None:
    """Neither can be changed on a platform that stands."""
    plans = [
        owned(),
        owned(rack="example.com/rack"),
        owned(rack="example.com/row"),
        owned(block="b", rack="r"),
    ]
    flavors = {one.name for plan in plans for one in plan.queues.flavors if one.accelerator}
    trees = {flavor.topology for plan in plans for flavor in plan.queues.flavors if flavor.accelerator}
    assert len(flavors) == len(trees) == len(plans)


QUEUED = {
    "name": "flex",
    "accelerators": "L4:1",
    "min": 0,
    "max": 4,
    "capacity": "flex",
    "max_duration": "7d",
}


def test_a_pool_that_grows_by_request_is_asked_for_as_a_whole_and_keeps_its_topology() -> None:
    plan = cloud_plan("gcp", QUEUED, target={"queued": ["flex"]})
    (request,) = plan.queues.provisioning
    assert (request.flavor, request.class_name) == ("l4-flex", "queued-provisioning.gke.io")
    assert request.resources == (GPU,)
    assert request.parameters == {"maxRunDurationSeconds": "604800"}
    assert topology(plan, "l4-flex")[-1] == HOSTNAME


@pytest.mark.parametrize("capacity", ["on-demand", "spot"])
def test_other_capacity_is_asked_for_by_the_autoscalers_own_class_and_keeps_its_topology_too(
    capacity: str,
) -> None:
    pool = {"name": "grows", "accelerators": "L4:1", "min": 0, "max": 4, "capacity": capacity}
    plan = cloud_plan("gcp", pool, target={"queued": ["grows"]})
    (request,) = plan.queues.provisioning
    assert request.class_name == "best-effort-atomic-scale-up.autoscaling.x-k8s.io"
    assert request.parameters == {}, "nothing ends its nodes after a time"
    assert topology(plan, f"l4-{capacity}")[-1] == HOSTNAME
    (free,) = [one for one in cloud_plan("gcp", pool).queues.flavors if one.accelerator]
    assert free.topology == "", "without a request a pool that grows is not placed"


def test_no_node_of_a_pool_that_is_asked_for_by_the_autoscalers_own_class_is_a_queued_one_of_gke() -> None:
    pool = {"name": "grows", "accelerators": "L4:1", "min": 0, "max": 4}
    plan = cloud_plan("gcp", pool, target={"queued": ["grows"]})
    assert isinstance(plan.site, GcpSite)
    assert not any(one.queued for one in plan.site.node_pools)
    assert not any("gke-queued" in one.key for pool in plan.pools for one in pool.tolerations)


def test_the_row_of_flexible_capacity_says_of_the_queue_what_the_queue_declares() -> None:
    for target, rows in load_catalog().capabilities.items():
        row = rows["flex-start"]
        asked = "ProvisioningRequests that the queue makes" in row.reason
        assert asked == bool(load_catalog().targets[target].flex_class), target
        assert (row.status == "unsupported") != asked, target
    kinds = [one["kind"] for one in checks(cloud_plan("gcp", QUEUED, target={"queued": ["flex"]}).queues)]
    assert kinds == ["ProvisioningRequestConfig", "AdmissionCheck"]


def test_flexible_capacity_that_is_not_queued_grows_node_by_node() -> None:
    plan = cloud_plan("gcp", QUEUED)
    assert plan.queues.provisioning == ()
    assert topology(plan, "l4-flex-unplaced") == ()


def test_one_flavor_is_asked_for_in_one_way() -> None:
    other = {**QUEUED, "name": "other"}
    (problem,) = refused("gcp", QUEUED, other, target={"queued": ["flex"]})
    assert problem.where == "platform.target.queued"
    assert "pool flex" in problem.what


def test_the_printed_plan_tells_limits_and_the_meaning_of_nearness() -> None:
    text = to_text(plan_of(with_gpus(tenants=[tenant(borrow_limit={"H100": 4}, lend_limit={"H100": 8})])))
    assert "h100-on-demand 4" in text
    assert "h100-on-demand 8" in text
    assert "rack within one topology.fairlead.dev/rack" in text
