"""Accelerators that pods claim: what jobs and quotas call them, in which numbers, and how the queue counts them."""

from __future__ import annotations

from typing import Any

import pytest
from support.clouds import cloud_plan

from fairlead.errors import InputError, Problem
from fairlead.layers.queue_controller import config
from fairlead.plan import claimed
from fairlead.plan.channels import CHANNEL
from fairlead.plan.model import PlatformPlan

GPU = "nvidia.com/gpu"
CLASS = "gpu.nvidia.com"


def pool(accelerators: str = "A100-80GB:4", **more: Any) -> dict[str, Any]:
    return {"name": "claimed", "accelerators": accelerators, "min": 2, "max": 2, "sharing": "dra", **more}


def tenant(name: str = "team-a", **more: Any) -> dict[str, Any]:
    accelerators = more.pop("accelerators", {})
    return {"name": name, "quota": {"cpu": "1", "memory": "1Gi", "accelerators": accelerators}, **more}


def plan(*pools: dict[str, Any], **more: Any) -> PlatformPlan:
    return cloud_plan("azure", *(pools or (pool(),)), **more)


def problems(*pools: dict[str, Any], **more: Any) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        plan(*pools, **more)
    return list(caught.value.problems)


def flavor(made: PlatformPlan, name: str) -> Any:
    (found,) = [one for one in made.queues.flavors if one.accelerator == name]
    return found


def test_the_queue_counts_what_pods_claim_under_the_resources_own_name() -> None:
    made = plan()
    told = config(made.queues, made.fabrics.uncounted)["resources"]
    assert told["deviceClassMappings"] == [{"name": GPU, "deviceClassNames": [CLASS]}]
    assert flavor(made, "A100-80GB/dra").totals[GPU] == "8"


def test_a_cluster_where_nothing_is_claimed_maps_no_class() -> None:
    made = plan(pool(sharing="none"))
    assert made.queues.claims == {}
    assert claimed.templates(made.pools) == ()
    assert flavor(made, "A100-80GB").totals[GPU] == "8"


def test_a_share_of_claimed_accelerators_is_a_guarantee_like_any_other() -> None:
    made = plan(tenants=[tenant(accelerators={"A100-80GB/dra": 6}, borrow_limit={"A100-80GB/dra": 1})])
    (quota,) = [one for one in made.queues.queues[0].quotas if "dra" in one.flavor]
    assert (quota.nominal[GPU], quota.borrow[GPU]) == ("6", "1")
    (left,) = [one for one in made.queues.shared if "dra" in one.flavor]
    assert left.nominal[GPU] == "2"


def test_more_than_the_nodes_have_is_refused_with_the_sum() -> None:
    (found,) = problems(tenants=[tenant(accelerators={"A100-80GB/dra": 9})])
    assert "1 A100-80GB/dra more than the pools have" in found.what
    assert found.allowed == "at most 8"


def test_whole_accelerators_are_no_claimed_ones_and_the_problem_names_those_that_there_are() -> None:
    (found,) = problems(tenants=[tenant(accelerators={"A100-80GB": 1})])
    assert (found.what, found.allowed) == ("no pool has A100-80GB", "A100-80GB/dra")


def test_claimed_ones_and_advertised_ones_of_one_cluster_are_counted_each_in_its_flavor() -> None:
    made = plan(pool(), pool("T4:1", name="plain", sharing="none"))
    assert flavor(made, "A100-80GB/dra").totals[GPU] == "8"
    assert flavor(made, "T4").totals[GPU] == "2"
    assert flavor(made, "A100-80GB/dra").node_labels.items() & flavor(made, "T4").node_labels.items() == {
        ("fairlead.dev/capacity", "on-demand")
    }


def test_channels_of_nvlink_are_counted_beside_them() -> None:
    rack = {"name": "rack", "accelerators": "GB200:4", "min": 2, "max": 2}
    made = plan(pool(), rack)
    assert set(made.queues.claims.values()) == {CHANNEL, GPU}
    assert flavor(made, "A100-80GB/dra").totals == {
        **flavor(made, "A100-80GB/dra").totals,
        CHANNEL: "0",
        GPU: "8",
    }


@pytest.mark.parametrize(
    ("accelerators", "numbers"),
    [(["T4:1"], (1,)), (["A100-80GB:4"], (1, 2, 4)), (["A100-80GB:1", "A100-80GB:2"], (1, 2))],
)
def test_a_node_gives_each_power_of_two_up_to_what_it_has(
    accelerators: list[str], numbers: tuple[int, ...]
) -> None:
    made = plan(*(pool(one, name=f"p{place}") for place, one in enumerate(accelerators)))
    (found,) = claimed.counts(made.pools).values()
    assert found == numbers
    assert claimed.templates(made.pools) == numbers


def test_all_that_an_odd_node_has_can_be_claimed_too() -> None:
    from dataclasses import replace

    pools = [replace(one, count=6) if one.name == "claimed" else one for one in plan().pools]
    assert claimed.templates(pools) == (1, 2, 4, 6)


def test_gangs_are_not_placed_by_topology_which_sees_no_claim_and_the_note_says_so() -> None:
    made = plan()
    assert flavor(made, "A100-80GB/dra").topology == ""
    assert all(flavor.topology == "" for flavor in made.queues.flavors if flavor.accelerator is None)
    (note,) = [note for note in made.notes if "admitted by quota and not by the nodes" in note]
    assert "ccelerators of pools claimed are claimed" in note
    (said,) = [note for note in made.notes if "advertise none" in note]
    assert "A100-80GB/dra" in said
    assert "Served models" in said


def test_jobs_over_whole_nodes_of_them_get_the_network_of_their_machine() -> None:
    (found,) = plan(pool("GB200:4", min=4, max=4)).fabrics.jobs
    assert (found.accelerator, found.kind, found.given, found.count) == ("GB200/dra", "infiniband", True, 4)


def test_what_runs_on_nodes_for_the_network_is_told_the_label_that_those_nodes_carry() -> None:
    made = cloud_plan("aws", pool("H100:8", machine="p5.48xlarge"))
    (part,) = made.fabrics.parts
    (nodes,) = [one for one in made.pools if one.name == "claimed"]
    assert part.accelerators == (nodes.labels["fairlead.dev/accelerator"],) == ("H100_dra",)


def test_channels_of_nvlink_and_accelerators_are_counted_side_by_side() -> None:
    made = plan(pool("GB200:4", min=4, max=4))
    told = config(made.queues, made.fabrics.uncounted)["resources"]["deviceClassMappings"]
    assert {one["name"]: one["deviceClassNames"] for one in told} == {
        CHANNEL: ["compute-domain-default-channel.nvidia.com"],
        GPU: [CLASS],
    }
    assert (flavor(made, "GB200/dra").totals[GPU], flavor(made, "GB200/dra").totals[CHANNEL]) == ("16", "4")


def test_pools_that_advertise_and_pools_that_are_claimed_decide_each_for_themselves() -> None:
    other = {"name": "plain", "accelerators": "GB200:4", "min": 2, "max": 2, "fabric": "off"}
    found = {one.accelerator: one.given for one in plan(pool("GB200:4"), other).fabrics.jobs}
    assert found == {"GB200/dra": True, "GB200": False}


def test_accelerators_beside_them_keep_their_topology() -> None:
    fixed = {"name": "plain", "accelerators": "T4:1", "min": 2, "max": 2}
    assert flavor(plan(pool(), fixed), "T4").topology != ""


def test_what_a_pod_takes_is_told_by_the_template_that_it_names() -> None:
    def pod(*names: str) -> dict[str, Any]:
        return {"resourceClaims": [{"name": "a", "resourceClaimTemplateName": name} for name in names]}

    assert claimed.taken(pod(claimed.template(8))) == 8
    assert claimed.taken(pod("nvlink-channel", claimed.template(2))) == 2
    assert claimed.taken(pod("nvidia-gpu-many")) == 0
    assert claimed.taken({}) == claimed.taken({"resourceClaims": None}) == 0
