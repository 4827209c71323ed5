"""What becomes of a pool on Azure: agent pools, their names, sizes, taints, disks and drivers."""

from __future__ import annotations

import re

import pytest
from azure_platforms import RESERVATION, agent_pools, pool, site

from fairlead.plan.sites.azure_names import agent_pool_name

SPOT_TAINT = "kubernetes.azure.com/scalesetpriority=spot:NoSchedule"
AKS_NAME = re.compile(r"[a-z][a-z0-9]{0,11}")


@pytest.mark.parametrize("name", ["h100", "a", "very-long-name-of-a-pool", "x-1", "inference-a100-80gb"])
@pytest.mark.parametrize("generation", [1, 42, 999])
def test_every_agent_pool_name_is_one_that_aks_takes(name: str, generation: int) -> None:
    assert AKS_NAME.fullmatch(agent_pool_name(name, generation, "on-demand"))


def test_names_tell_pools_generations_and_capacities_apart() -> None:
    names = [
        agent_pool_name(name, generation, capacity)
        for name in ("gpu", "g-pu", "gp-u", "gpu1", "inference-a", "inference-b")
        for generation in (1, 11)
        for capacity in ("reserved", "on-demand", "spot")
    ]
    assert len(set(names)) == len(names)


def test_a_new_generation_is_another_agent_pool() -> None:
    old = set(agent_pools(pool("t4", "T4:1")))
    new = set(agent_pools(pool("t4", "T4:1", generation=2)))
    assert old - new == {"t4g1o"}
    assert new - old == {"t4g2o"}


def test_each_step_of_a_ladder_is_one_agent_pool_and_only_the_first_is_always_there() -> None:
    ladder = ["reserved", "on-demand", "spot"]
    made = agent_pools(pool("a100", "A100-80GB:1", capacity=ladder, min=2, reservation=RESERVATION))
    steps = [made[name] for name in ("a100g1r", "a100g1o", "a100g1s")]
    assert [(one.count, one.smallest, one.largest) for one in steps] == [(2, 2, 4), (0, 0, 4), (0, 0, 4)]
    assert [one.labels["fairlead.dev/capacity"] for one in steps] == ladder
    assert all(one.labels["fairlead.dev/ladder"] == "reserved.on-demand.spot" for one in steps)
    assert [one.reservation for one in steps] == [RESERVATION, "", ""]


def test_the_autoscaler_takes_the_steps_of_a_ladder_in_their_order() -> None:
    order = site(pool("t4", "T4:1", capacity=["on-demand", "spot"])).priorities
    assert list(order) == sorted(order, reverse=True)
    rank = {name: number for number, patterns in order.items() for name in patterns}
    assert rank["^aks-t4g1o-.*"] > rank["^aks-t4g1s-.*"]


def test_the_autoscaler_knows_every_agent_pool_by_the_name_of_its_scale_set() -> None:
    planned = site(pool("t4", "T4:1", capacity=["spot", "on-demand"]), pool("a100", "A100-80GB:1"))
    patterns = [one for names in planned.priorities.values() for one in names]
    for one in planned.agent_pools:
        hits = [pattern for pattern in patterns if re.match(pattern, f"aks-{one.name}-12345678-vmss")]
        assert len(hits) == 1, one.name


def test_spot_nodes_carry_the_label_and_taint_that_aks_gives_them() -> None:
    made = agent_pools(pool("t4", "T4:1", capacity=["on-demand", "spot"]))
    assert "kubernetes.azure.com/scalesetpriority=spot:NoSchedule" in made["t4g1s"].taints
    assert made["t4g1s"].labels["kubernetes.azure.com/scalesetpriority"] == "spot"
    assert made["t4g1o"].taints == ("nvidia.com/gpu=present:NoSchedule",)


def test_a_pool_of_fixed_size_is_left_alone_by_the_autoscaler() -> None:
    made = agent_pools(pool("t4", "T4:1", min=3, max=3))["t4g1o"]
    assert (made.scaled, made.count, dict(made.tags)) == (False, 3, {})


def test_an_empty_pool_tells_the_autoscaler_what_its_nodes_would_be() -> None:
    made = agent_pools(pool("h100", "H100:8"))["h100g1o"]
    stem = "k8s.io_cluster-autoscaler_node-template"
    assert made.tags[f"{stem}_resources_nvidia.com_gpu"] == "8"
    assert made.tags[f"{stem}_taint_nvidia.com_gpu"] == "present:NoSchedule"
    for key, value in made.labels.items():
        assert made.tags[f"{stem}_label_{key.replace('/', '_')}"] == value
    assert not [key for key in made.tags if set(key) & set("<>%&\\?/")], "Azure refuses such tags"


def test_aks_installs_drivers_for_nvidia_and_for_nobody_else() -> None:
    made = agent_pools(
        pool("t4", "T4:1"),
        pool("own", "A10:1", image="ubuntu-nvidia-bare"),
        pool("amd", "MI300X:8"),
        layers={"gpu": {"brought": ["nvidia-gpu-operator", "amd-gpu-operator"]}},
    )
    assert made["t4g1o"].gpu_driver == "Install"
    assert made["owng1o"].gpu_driver == made["amdg1o"].gpu_driver == "None"
    assert next(one for one in made.values() if one.system).gpu_driver == ""


def test_the_driver_the_toolkit_and_the_device_plugin_have_one_owner() -> None:
    """Either AKS brings driver and toolkit and layer gpu the plugin, or an operator of the user brings all three."""
    from fairlead.catalog.read import load

    trios = {
        (row.driver, row.toolkit, row.device_plugin)
        for row in load().node_images["azure"].values()
        if row.vendors
    }
    assert trios == {("cloud", "cloud", "layer"), ("none", "none", "none")}


def test_nodes_stand_on_the_disk_inside_where_it_is_large_enough() -> None:
    made = agent_pools(
        pool("t4", "T4:1"),
        pool("a100", "A100-80GB:1"),
        pool("a10", "A10:1", local_disks="off"),
        pool("big", "A10:2", disk_gib=2000),
        pool("h100", "H100:8", local_disks="raw"),
    )
    disks = {one.pool: (one.os_disk, one.os_disk_gib) for one in made.values()}
    assert disks["t4"] == ("Ephemeral", 176), "made to fit the temporary disk"
    assert disks["a100"] == ("Managed", 256), "its temporary disk has 64 GiB"
    assert disks["a10"] == ("Managed", 256)
    assert disks["big"] == ("Ephemeral", 2000)
    assert disks["h100"][0] == "Managed"


def test_maintenance_takes_accelerator_nodes_away_and_adds_plain_ones() -> None:
    made = agent_pools(pool("h100", "H100:8", disruption={"max_unavailable": 2}), pool("cpu", max=9))
    assert (made["h100g1o"].max_surge, made["h100g1o"].max_unavailable) == ("0", "2")
    assert (made["cpug1o"].max_surge, made["cpug1o"].max_unavailable) == ("1", "0")


def test_upgrades_of_spot_pools_are_left_to_aks() -> None:
    made = agent_pools(pool("t4", "T4:1", capacity="spot"))["t4g1s"]
    assert (made.max_surge, made.max_unavailable) == ("", "")


def test_the_system_pool_is_the_first_plain_pool_that_keeps_its_nodes() -> None:
    planned = site(pool("t4", "T4:1"), pool("cpu", min=1))
    assert [one.pool for one in planned.agent_pools if one.system] == ["system"]
    assert planned.agent_pools[0].system


def test_compact_nodes_are_in_one_zone_and_one_group_of_their_own_generation() -> None:
    made = agent_pools(pool("h100", "H100:8", placement="compact", generation=3))["h100g3o"]
    assert (made.zones, made.proximity) == (("1",), "h100-3")


KARPENTER = {"node_provisioning": True}
"""Karpenter, run by AKS, in place of the cluster autoscaler."""


def test_only_nodes_that_are_always_there_stand_in_agent_pools() -> None:
    made = agent_pools(pool("t4", "T4:1", min=1), pool("a10", "A10:1"), target=KARPENTER)
    assert {one.pool for one in made.values()} == {"system", "t4"}
    assert not [one for one in made.values() if one.scaled]


def test_room_to_grow_is_bounded_by_cores_and_memory() -> None:
    (grown,) = [
        one
        for one in site(pool("t4", "T4:1", min=1, max=5), target=KARPENTER).provisioned
        if one.pool == "t4"
    ]
    assert (grown.nodes, grown.cpu, grown.memory) == (4, "16", "112Gi")


def test_steps_of_a_ladder_are_weighted_in_their_order() -> None:
    grown = site(pool("t4", "T4:1", capacity=["spot", "on-demand"]), target=KARPENTER).provisioned
    weights = {one.capacity: one.weight for one in grown if one.pool == "t4"}
    assert weights["spot"] > weights["on-demand"]
