"""InfiniBand and RoCE: who offers the interfaces, which jobs get them, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from coherence_cases import brought
from coherence_cases import pool as standing
from support.clouds import cloud_plan, refused

from fairlead.catalog.fabrics import OFFERED
from fairlead.catalog.read import load
from fairlead.errors import InputError, Problem
from fairlead.plan.fabric_model import JobFabric
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan

THEIRS = {"resources": {"rdma/ib": 8}}
ROCE = {"kind": "roce", "resources": {"rdma/roce": 4}, "networks": ["net/rail-0", "net/rail-1"]}


def pool(name: str = "fast", accelerators: str = "H100:8", nodes: int = 2, **more: Any) -> dict[str, Any]:
    return {"name": name, "accelerators": accelerators, "min": nodes, "max": nodes, **more}


def only(plan: PlatformPlan) -> JobFabric:
    (found,) = plan.fabrics.jobs
    return found


def on_own_nodes(**rdma: Any) -> PlatformPlan:
    return load_plan(brought(standing("driver-installed", rdma=rdma)), "f", load())


def refused_there(**more: Any) -> list[Problem]:
    try:
        load_plan(brought(standing("driver-installed", **more)), "f", load())
    except InputError as error:
        return list(error.problems)
    return []


def test_jobs_over_whole_nodes_with_infiniband_ask_for_all_interfaces_at_once() -> None:
    plan = cloud_plan("azure", pool())
    found = only(plan)
    assert (found.kind, found.given) == ("infiniband", True)
    assert found.requests == {OFFERED: "1"}
    assert (found.env["NCCL_IB_DISABLE"], found.daemon, found.folders) == ("0", None, ())
    (part,) = plan.fabrics.parts
    assert (part.name, part.pools) == ("rdma-device-plugin", ("fast",))


def test_the_catalogue_asks_for_what_this_platforms_plugin_offers() -> None:
    assert load().fabrics["infiniband"].amounts(8) == {OFFERED: "1"}


def test_where_others_offer_the_interfaces_jobs_ask_for_theirs_and_nothing_is_installed() -> None:
    plan = cloud_plan("azure", pool(rdma=THEIRS))
    assert only(plan).requests == {"rdma/ib": "8"}
    assert plan.fabrics.parts == ()
    assert "rdma/ib" in plan.fabrics.uncounted


def test_nodes_that_stand_have_the_network_that_their_owner_names() -> None:
    assert only(on_own_nodes(kind="infiniband")).requests == {OFFERED: "1"}
    found = only(on_own_nodes(**ROCE))
    assert found.requests == {"rdma/roce": "4"}
    assert found.annotations == {"k8s.v1.cni.cncf.io/networks": "net/rail-0,net/rail-1"}


def test_nodes_that_stand_without_a_word_about_it_have_none() -> None:
    plan = load_plan(brought(standing("driver-installed")), "f", load())
    assert (only(plan).kind, only(plan).given) == ("none", False)


@pytest.mark.parametrize(
    ("spec", "word"),
    [
        (pool(capacity=["on-demand", "spot"], max=4), "scale sets of their own"),
        (pool("b", rdma=THEIRS), "different networks"),
    ],
)
def test_nodes_that_do_not_reach_each_other_get_the_plain_network_and_the_plan_says_why(
    spec: dict[str, Any], word: str
) -> None:
    others = [pool("a")] if spec["name"] == "b" else []
    plan = cloud_plan("azure", *others, spec)
    assert not only(plan).given
    assert word in only(plan).why
    (note,) = [note for note in plan.notes if "plain network" in note]
    assert word in note


def test_nodes_of_node_auto_provisioning_share_no_network() -> None:
    plan = cloud_plan("azure", pool(max=4), target={"node_provisioning": True})
    assert "share no InfiniBand" in only(plan).why


def test_what_pools_of_one_accelerator_say_must_be_the_same() -> None:
    first = standing("driver-installed", rdma={"kind": "infiniband"})
    other = standing("driver-installed", name="other", rdma={"kind": "infiniband", **THEIRS})
    plan = load_plan(brought(first, other), "f", load())
    assert "under rdma differs" in only(plan).why


def test_a_ladder_of_scale_sets_is_refused_where_the_network_is_demanded() -> None:
    bad = pool(capacity=["on-demand", "spot"], max=4, fabric="required", zones=["1"])
    (problem,) = refused("azure", bad)
    assert problem.where == "platform.pools[1].capacity"
    assert not refused("azure", {**bad, "capacity": "on-demand"})


@pytest.mark.parametrize(
    ("cloud", "spec", "where"),
    [
        ("aws", pool(rdma=THEIRS), "rdma"),
        ("gcp", pool(rdma={"kind": "roce"}, machine="a3-megagpu-8g", capacity="spot"), "rdma"),
        ("azure", pool(rdma={"kind": "roce"}), "rdma.kind"),
        ("azure", pool(rdma=THEIRS, fabric="off"), "rdma"),
    ],
)
def test_a_word_about_a_network_that_the_nodes_do_not_have_is_refused(
    cloud: str, spec: dict[str, Any], where: str
) -> None:
    assert [one.where for one in refused(cloud, spec)] == [f"platform.pools[1].{where}"]


def test_on_nodes_that_stand_the_kind_must_be_said_and_fabric_means_something_only_with_it() -> None:
    assert [one.where for one in refused_there(rdma=THEIRS)] == ["platform.pools[1].rdma.kind"]
    assert [one.where for one in refused_there(fabric="auto")] == ["platform.pools[1].fabric"]
    assert not refused_there(fabric="required", rdma={"kind": "infiniband"})


def test_an_autoscaler_learns_what_a_node_of_an_empty_pool_would_offer() -> None:
    plan = cloud_plan("azure", pool(nodes=0, max=2))
    (made,) = [one for one in plan.site.agent_pools if one.pool == "fast"]  # pyright: ignore
    tags = {key: value for key, value in made.tags.items() if "rdma" in key}  # pyright: ignore
    assert tags == {"k8s.io_cluster-autoscaler_node-template_resources_rdma_infiniband": "1"}
