"""One accelerator for several pods: what a pool's sharing becomes in the plan, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support.clouds import cloud_plan
from support.specs import gpu_pool, minimal, with_gpus

from fairlead import labels
from fairlead.catalog.read import load as load_catalog
from fairlead.errors import InputError, Problem
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan, PoolPlan

GPU = "nvidia.com/gpu"
MIG = {"mig": {"1g.10gb": 7}}


def plan(*pools: dict[str, Any], **changes: Any) -> PlatformPlan:
    return load_plan(with_gpus(*pools, **changes), "f", load_catalog())


def pool(found: PlatformPlan, name: str = "h100") -> PoolPlan:
    return next(one for one in found.pools if one.name == name)


def problems(*pools: dict[str, Any], **changes: Any) -> list[Problem]:
    try:
        plan(*pools, **changes)
    except InputError as error:
        return list(error.problems)
    return []


def refusal(cloud: str, *pools: dict[str, Any], **more: Any) -> list[Problem]:
    try:
        cloud_plan(cloud, *pools, **more)
    except InputError as error:
        return list(error.problems)
    return []


def tenant(name: str, **accelerators: int) -> dict[str, Any]:
    return {"name": name, "quota": {"accelerators": accelerators, "cpu": "1", "memory": "1Gi"}}


def test_a_pool_that_shares_nothing_hands_out_whole_accelerators() -> None:
    whole = pool(plan(gpu_pool()))
    assert (whole.asked_as, whole.offered, whole.count) == ("H100", 8, 8)
    assert [taint.key for taint in whole.taints] == [GPU]


@pytest.mark.parametrize(
    ("sharing", "name", "label", "each"),
    [
        (MIG, "H100/1g.10gb", "H100_1g.10gb", 7),
        ({"mig": {"3g.40gb": 2}}, "H100/3g.40gb", "H100_3g.40gb", 2),
        ({"time-slicing": 4}, "H100/shared", "H100_shared", 4),
        ({"mps": 8}, "H100/shared", "H100_shared", 8),
    ],
)
def test_a_share_is_an_accelerator_of_its_own_name_on_nodes_that_say_so(
    sharing: Any, name: str, label: str, each: int
) -> None:
    shared = pool(plan(gpu_pool(sharing=sharing)))
    assert (shared.asked_as, shared.offered, shared.count) == (name, 8 * each, 8)
    assert shared.labels[labels.ACCELERATOR] == label
    assert [(taint.key, taint.value) for taint in shared.taints] == [
        (GPU, "present"),
        (labels.SHARE, name.partition("/")[2]),
    ]
    assert {one.key for one in shared.tolerations} >= {GPU, labels.SHARE}


def test_quota_of_a_share_counts_shares_in_a_flavor_of_its_own() -> None:
    found = plan(
        gpu_pool(nodes=2),
        gpu_pool("slices", nodes=1, sharing=MIG),
        gpu_pool("l4", "L4:1", 2, sharing={"time-slicing": 4}),
        tenants=[tenant("team-a", **{"H100": 8, "H100/1g.10gb": 50, "l4/shared": 3})],
    )
    totals = {one.name: one.totals[GPU] for one in found.queues.flavors}
    assert totals == {
        "cpu-on-demand": "0",
        "h100-on-demand": "16",
        "h100-1g-10gb-on-demand": "56",
        "l4-shared-on-demand": "8",
    }
    (queue,) = found.queues.queues
    given = {one.flavor: one.nominal[GPU] for one in queue.quotas}
    assert (given["h100-on-demand"], given["h100-1g-10gb-on-demand"]) == ("8", "50")
    assert given["l4-shared-on-demand"] == "3"
    assert found.queues.resources == ("cpu", "memory", GPU)


def test_a_flavor_of_shares_keeps_out_what_asks_for_whole_accelerators() -> None:
    found = plan(gpu_pool(nodes=2), gpu_pool("slices", nodes=1, sharing=MIG))
    flavors = {one.name: one for one in found.queues.flavors}
    shares, whole = flavors["h100-1g-10gb-on-demand"], flavors["h100-on-demand"]
    assert labels.SHARE in {taint.key for taint in shares.node_taints}
    assert labels.SHARE not in {taint.key for taint in whole.node_taints}
    assert shares.node_labels[labels.ACCELERATOR] != whole.node_labels[labels.ACCELERATOR]


def test_the_plan_says_what_the_shares_are_and_how_to_ask_for_them() -> None:
    notes = plan(gpu_pool("l4", "L4:1", 2, sharing={"time-slicing": 4})).notes
    (note,) = [one for one in notes if "L4/shared" in one and "Each L4" in one]
    assert "4 shares" in note
    assert "nothing holds their memory apart" in note


def test_more_shares_than_there_are_cannot_be_promised() -> None:
    (found,) = problems(gpu_pool(nodes=1, sharing=MIG), tenants=[tenant("team-a", **{"H100/1g.10gb": 57})])
    assert (found.where, found.allowed) == (
        "platform.tenants[0].quota.accelerators.H100/1g.10gb",
        "at most 56",
    )


def test_whole_accelerators_of_a_pool_that_shares_cannot_be_promised() -> None:
    (found,) = problems(gpu_pool(sharing=MIG), tenants=[tenant("team-a", H100=1)])
    assert (found.what, found.allowed) == ("no pool has H100", "H100/1g.10gb")


@pytest.mark.parametrize(
    ("mig", "words"),
    [
        ({"3g.40gb": 3}, "9 of 7 compute slices; 12 of 8 memory slices; 3g.40gb fits 2 times"),
        ({"3g.40gb": 2, "1g.10gb": 1}, "9 of 8 memory slices"),
        ({"1g.20gb": 5}, "10 of 8 memory slices"),
        ({"4g.40gb": 1, "2g.20gb": 1, "1g.10gb": 2}, "8 of 7 compute slices"),
    ],
)
def test_slices_that_do_not_fit_are_refused_with_the_sum(mig: dict[str, int], words: str) -> None:
    (found,) = problems(gpu_pool(sharing={"mig": mig}))
    assert found.where == "platform.pools[1].sharing.mig"
    assert words in found.what
    assert "7 compute and 8 memory slices in all" in found.allowed


def test_a_mix_that_fits_is_refused_because_slices_of_a_pool_are_alike() -> None:
    (found,) = problems(gpu_pool(sharing={"mig": {"3g.40gb": 1, "1g.10gb": 4}}))
    assert (found.allowed, found.fix) == ("one profile", "make a pool for each profile")


def test_two_pools_whose_shares_have_one_name_and_two_sizes_are_refused() -> None:
    pools = [gpu_pool(name, "L4:1", 1, sharing=sharing) for name, sharing in _SIZES.items()]
    (found,) = problems(*pools[:2])
    assert found.where == "platform.pools[2].sharing"
    assert found.allowed == "the same as there (time-slicing: 4)"
    assert not problems(pools[0], pools[2])


_SIZES = {"four": {"time-slicing": 4}, "eight": {"mps": 8}, "again": {"time-slicing": 4}}


def test_where_the_autoscaler_counts_whole_accelerators_a_pool_that_shares_keeps_its_size() -> None:
    (found,) = refusal("aws", _l4(min=0, max=2))
    assert found.given == "time-slicing, min 0, max 2"
    assert found.fix.startswith("write min: 2, or leave sharing out (rule karpenter-counts-whole: ")
    assert not refusal("aws", _l4(min=2, max=2))


def test_the_autoscaler_of_a_cloud_that_cuts_by_itself_knows_shares() -> None:
    assert not refusal("gcp", _l4(min=0, max=2))


def _l4(**more: Any) -> dict[str, Any]:
    return {"name": "l4", "accelerators": "L4:1", "sharing": {"time-slicing": 4}, **more}


def claimed(**more: Any) -> dict[str, Any]:
    return {**_l4(min=1, max=1), "sharing": "dra", **more}


def test_where_no_driver_runs_nothing_can_be_claimed() -> None:
    (found,) = problems(gpu_pool(sharing="dra"))
    assert found.where == "platform.pools[1].sharing"
    assert found.allowed == "none, mig, time-slicing, mps"


def test_nodes_whose_devices_are_claimed_advertise_none_and_the_queue_counts_them() -> None:
    found = cloud_plan("aws", claimed())
    l4 = pool(found, "l4")
    assert (l4.asked_as, l4.offered, l4.count) == ("L4/dra", 0, 1)
    assert labels.SHARE in {taint.key for taint in l4.taints}
    (flavor,) = [one for one in found.queues.flavors if one.accelerator == "L4/dra"]
    assert flavor.totals[GPU] == "1"


def test_quota_of_claimed_devices_is_taken_where_a_pool_has_them() -> None:
    assert not refusal("aws", claimed(), tenants=[tenant("team-a", **{"L4/dra": 1})])
    (found,) = refusal("aws", _l4(min=1, max=1), tenants=[tenant("team-a", **{"L4/dra": 1})])
    assert (found.what, found.allowed) == ("no pool has L4/dra", "L4/shared")


def test_a_growing_pool_of_claimed_devices_is_refused_with_the_threads() -> None:
    (found,) = refusal("aws", claimed(min=0, max=2))
    assert found.fix.startswith("write min: 2, or leave sharing out (rule karpenter-without-dra: ")


def test_where_only_the_operator_cuts_accelerators_it_must_be_there() -> None:
    asked = {"name": "h100", "accelerators": "H100:8", "min": 1, "max": 1, "sharing": MIG}
    (found,) = refusal("aws", asked)
    assert "MIG manager" in found.what
    layers = {"gpu": {"operator": {}}}
    h100 = pool(cloud_plan("aws", asked, layers=layers))
    assert h100.labels["nvidia.com/mig.config"] == "all-1g.10gb"


def test_a_cloud_that_is_told_a_profile_alone_cuts_all_slices_of_it() -> None:
    asked = {"name": "h100", "accelerators": "H100:8", "min": 0, "max": 2, "zones": ["us-central1-c"]}
    zones = {"zones": ["us-central1-a", "us-central1-c"]}
    (found,) = refusal("gcp", {**asked, "sharing": {"mig": {"1g.10gb": 4}}}, target=zones)
    assert (found.given, found.allowed) == ("4", "7")
    assert not refusal("gcp", {**asked, "sharing": MIG}, target=zones)


def test_the_plugin_that_this_platform_runs_is_told_by_labels_of_the_node() -> None:
    found = cloud_plan("aws", {**_l4(min=1, max=1), "sharing": {"mps": 4}})
    (l4,) = [one for one in found.pools if one.name == "l4"]
    assert l4.labels["nvidia.com/device-plugin.config"] == "mps-4"
    assert l4.labels["nvidia.com/mps.capable"] == "true"
    cloud = cloud_plan("gcp", _l4(min=1, max=1))
    assert not [key for key in cloud.pools[-1].labels if key.startswith("nvidia.com/")]


def test_a_profile_that_leaves_no_room_for_its_count_is_no_row_of_the_catalogue() -> None:
    from fairlead.catalog.check import check

    catalog = load_catalog()
    rows = catalog.mig["H100"]
    wrong = {**rows, "3g.40gb": replace(rows["3g.40gb"], most=3)}
    (found,) = check(replace(catalog, mig={**catalog.mig, "H100": wrong}))
    assert "3 of it take more than" in found.what


def test_a_plain_pool_has_nothing_to_share() -> None:
    system = {"name": "system", "min": 1, "max": 1, "sharing": {"time-slicing": 2}}
    with pytest.raises(InputError) as caught:
        load_plan(minimal(pools=[system]), "f", load_catalog())
    assert [one.where for one in caught.value.problems] == ["platform.pools[0].sharing"]
