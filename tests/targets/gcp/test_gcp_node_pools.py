"""Pools become node pools of GKE: each decision once."""

from __future__ import annotations

import pytest
from gcp_programs import ZONES, gpu, h100, node_pools, only, site, tpu

from fairlead import labels
from fairlead.plan.sites.gcp_pools import spread
from fairlead.plan.sites.gcp_words import FLEX_SECONDS, NODE_POOL_NAME, fit


def test_a_pool_of_one_capacity_is_one_node_pool_that_scales_over_all_zones() -> None:
    one = only(gpu(max=6))
    assert (one.name, one.zones) == ("gpu-g1", tuple(ZONES))
    assert (one.fixed, one.least, one.most) == (None, 0, 6)


def test_each_step_of_a_ladder_is_a_node_pool_and_only_the_first_has_nodes_always() -> None:
    made = node_pools(h100(capacity=["reserved", "on-demand", "spot"], reservation="r", min=2))
    assert list(made) == ["h100-g1-res", "h100-g1-od", "h100-g1-spot"]
    assert [(one.least, one.most) for one in made.values()] == [(2, 4), (0, 4), (0, 4)]
    assert [one.labels[labels.CAPACITY] for one in made.values()] == ["reserved", "on-demand", "spot"]
    assert [one.spot for one in made.values()] == [False, False, True]


def test_only_the_reserved_step_takes_from_the_reservation() -> None:
    made = node_pools(
        h100(capacity=["reserved", "on-demand"], reservation="projects/acme-shared/reservations/r")
    )
    assert [one.reservation for one in made.values()] == ["projects/acme-shared/reservations/r", None]


def test_the_autoscaler_is_told_all_first_steps_before_all_second_ones() -> None:
    found = site(h100(capacity=["reserved", "spot"], reservation="r"), gpu(capacity=["spot", "flex"]))
    assert found.ladder == (("system-g1", "h100-g1-res", "gpu-g1-spot"), ("h100-g1-spot", "gpu-g1-flex"))


def test_without_a_ladder_there_is_no_order_and_no_mark_on_nodes() -> None:
    found = site(gpu())
    assert found.ladder == ()
    assert all(
        set(one.labels) == {labels.POOL, labels.ACCELERATOR, labels.CAPACITY} for one in found.node_pools
    )


def test_flexible_nodes_are_never_there_before_and_go_after_a_week_at_most() -> None:
    one = only(gpu(capacity="flex", max=1))
    assert (one.flex, one.fixed, one.least, one.repair) == (True, None, 0, False)
    assert one.max_seconds == FLEX_SECONDS
    assert only(gpu(capacity="flex", max_duration="2d")).max_seconds == 2 * 86_400


def test_a_queued_pool_grows_only_for_a_request() -> None:
    assert only(gpu(capacity="flex"), queued=["gpu"]).queued
    assert not only(gpu(capacity="flex")).queued


@pytest.mark.parametrize(
    ("least", "most", "zones", "wanted"),
    [
        (2, 2, 3, (2, 1)),
        (3, 3, 3, (3, 1)),
        (4, 4, 3, (2, 2)),
        (5, 5, 3, (1, 5)),
        (5, 7, 3, (3, 2)),
        (1, 2, 3, (2, 1)),
        (0, 9, 3, (3, 0)),
    ],
)
def test_first_nodes_lie_within_the_bounds_in_as_many_zones_as_can_be(least, most, zones, wanted) -> None:
    count, each = spread(least, most, zones)
    assert (count, each) == wanted
    assert not least or least <= count * each <= most


def test_a_fixed_pool_says_its_number_for_each_zone() -> None:
    one = only(gpu(min=4, max=4))
    assert (one.zones, one.fixed) == (tuple(ZONES[:2]), 2)


def test_every_slice_of_several_hosts_is_a_node_pool_of_whole_size() -> None:
    made = node_pools(tpu(min=4))
    assert list(made) == ["tpu-g1-s0", "tpu-g1-s1"]
    assert [(one.fixed, one.least, one.most) for one in made.values()] == [(4, 4, 4), (None, 0, 4)]
    assert {one.slice_topology for one in made.values()} == {"4x4"}
    assert {one.zones for one in made.values()} == {("us-central1-b",)}


def test_slices_of_one_host_scale_as_any_nodes() -> None:
    one = only(tpu(accelerators="TPU-v5e:8", topology="2x4", zones=ZONES[:1]))
    assert (one.slice_topology, one.policy, one.tpu, one.guest_accelerator) == (None, None, True, None)
    assert (one.least, one.most) == (0, 8)


def test_a_slice_of_the_newest_tpu_is_formed_by_a_workload_policy() -> None:
    found = site(
        tpu(
            accelerators="TPU-7x:4",
            topology="2x2x2",
            capacity="reserved",
            reservation="r",
            max=2,
            zones=ZONES[2:],
        )
    )
    (policy,) = found.policies
    assert policy.topology == "2x2x2"
    assert [(one.policy, one.slice_topology) for one in found.node_pools if one.tpu] == [(policy.name, None)]


def test_machines_of_an_nvlink_domain_are_one_unit() -> None:
    one = only(gpu(accelerators="GB200:4", capacity="reserved", reservation="r", zones=ZONES[1:2], max=18))
    assert one.policy == "lab-1x72"
    assert (one.arch, one.compact) == ("arm64", False)


def test_compact_nodes_stand_in_one_zone_and_a_reservation_has_its_own_order() -> None:
    made = node_pools(h100(capacity=["reserved", "spot"], reservation="r", placement="compact"))
    assert [one.compact for one in made.values()] == [False, True]
    assert {one.zones for one in made.values()} == {("us-central1-c",)}


def test_local_disks_carry_scratch_space_or_are_left_raw_all_of_them() -> None:
    assert (only(h100()).ephemeral_ssds, only(h100()).raw_ssds) == (16, 0)
    raw = only(h100(local_disks="raw"))
    assert (raw.ephemeral_ssds, raw.raw_ssds) == (0, 16)


def test_an_upgrade_never_asks_for_one_more_accelerator_node() -> None:
    one = only(gpu(disruption={"max_unavailable": 2, "drain_minutes": 30}))
    assert (one.max_surge, one.max_unavailable, one.drain_seconds) == (0, 2, 1800)
    system = next(one for one in site().node_pools if one.pool == "system")
    assert (system.max_surge, system.max_unavailable) == (1, 0)


def test_an_attached_accelerator_is_named_beside_its_machine() -> None:
    one = only(gpu(accelerators="T4:2"))
    assert (one.machine_type, one.guest_accelerator, one.guest_count) == (
        "n1-standard-8",
        "nvidia-tesla-t4",
        2,
    )


def test_the_driver_is_the_one_asked_for_and_plain_nodes_have_none() -> None:
    assert only(gpu(), driver="latest").driver == "LATEST"
    assert {one.driver for one in site().node_pools} == {""}


def test_machines_that_know_hyperdisk_only_boot_from_it() -> None:
    assert only(gpu(accelerators="RTX-PRO-6000:1")).disk_type == "hyperdisk-balanced"
    assert only(gpu()).disk_type == "pd-balanced"
    assert only(gpu(disk_gib=500)).disk_gib == 500


def test_a_new_generation_has_another_name_and_long_names_stay_apart() -> None:
    assert list(node_pools(gpu(generation=2))) == ["gpu-g2"]
    long = [f"{'a' * 39}{end}" for end in "xy"]
    made = node_pools(*(gpu(name=name, capacity=["on-demand", "spot"]) for name in long))
    assert len(made) == 4
    assert all(len(name) <= NODE_POOL_NAME for name in made)


def test_what_fits_is_left_as_it_is() -> None:
    assert fit("a" * 40, 40) == "a" * 40
    assert len(fit("a" * 41, 40)) == 40
    assert fit("a" * 41, 40) != fit("a" * 42, 40)
