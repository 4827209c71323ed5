"""The network between nodes: which jobs get it, what they ask for, and what the plan says where they do not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from support.clouds import CLOUDS, cloud_plan
from support.specs import with_gpus

from fairlead.catalog.check import check
from fairlead.catalog.fabrics import whole_nodes
from fairlead.catalog.read import load
from fairlead.plan.fabric_model import JobFabric
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan

ZONES = {"region": "us-central1", "zones": ["us-central1-a", "us-central1-b"]}


def pool(name: str = "fast", accelerators: str = "H100:8", nodes: int = 2, **more: Any) -> dict[str, Any]:
    return {"name": name, "accelerators": accelerators, "min": nodes, "max": nodes, **more}


def only(plan: PlatformPlan) -> JobFabric:
    (found,) = plan.fabrics.jobs
    return found


def ultra(name: str = "fast", zone: str = "us-central1-b") -> dict[str, Any]:
    return pool(name, "H200:8", machine="a3-ultragpu-8g", capacity="spot", zones=[zone])


def test_every_accelerators_whole_node_is_what_the_machines_have() -> None:
    catalog = load()
    rows = {row.name: row.whole_node for row in catalog.accelerators.values() if row.whole_node}
    assert rows == whole_nodes(catalog)
    assert rows["H100"] == 8
    wrong = replace(catalog.accelerators["H100"], whole_node=4)
    bad = replace(catalog, accelerators={**catalog.accelerators, "H100": wrong})
    assert [one.where for one in check(bad)] == ["accelerators.toml [H100] whole_node"]


def test_a_fabric_of_a_machine_that_has_no_row_is_a_problem_of_the_catalogue() -> None:
    catalog = load()
    machines = catalog.machines["aws"]
    odd = replace(machines["p5.48xlarge"], fabric="token-ring")
    bad = replace(catalog, machines={**catalog.machines, "aws": {**machines, odd.name: odd}})
    assert "machines.aws.toml [p5.48xlarge] fabric" in [one.where for one in check(bad)]


def test_a_fabric_that_nobody_brings_says_why() -> None:
    catalog = load()
    silent = replace(catalog.fabrics["infiniband"], software="nobody", parts=())
    bad = replace(catalog, fabrics={**catalog.fabrics, "infiniband": silent})
    assert "fabrics.toml [infiniband] missing" in [one.where for one in check(bad)]


def test_jobs_over_whole_nodes_with_efa_ask_for_every_interface_and_huge_pages() -> None:
    found = only(cloud_plan("aws", pool()))
    assert (found.kind, found.given) == ("efa", True)
    assert found.requests == {"vpc.amazonaws.com/efa": "32", "hugepages-2Mi": "5120Mi"}
    assert found.env == {"FI_PROVIDER": "efa"}


def test_the_huge_pages_of_a_job_are_there_on_every_machine_with_efa() -> None:
    from fairlead.catalog.allocatable import EFA_PAGES, PAGE

    asked = load().fabrics["efa"].amounts(1)["hugepages-2Mi"]
    assert int(asked.removesuffix("Mi")) <= EFA_PAGES * PAGE


def test_the_interfaces_are_those_of_the_pools_own_machine() -> None:
    found = only(cloud_plan("aws", pool(accelerators="H200:8", machine="p5en.48xlarge", capacity="spot")))
    assert found.requests["vpc.amazonaws.com/efa"] == "16"


def test_the_plugin_runs_on_exactly_the_pools_whose_jobs_get_the_fabric() -> None:
    plan = cloud_plan("aws", pool(), pool("small", "L4:1"))
    (part,) = plan.fabrics.parts
    assert (part.name, part.pools, part.accelerators) == ("efa-device-plugin", ("fast",), ("H100",))
    assert {one.key for one in part.tolerations} == {"nvidia.com/gpu"}


def test_no_plugin_runs_where_no_job_gets_a_fabric() -> None:
    assert cloud_plan("aws", pool("small", "L4:1")).fabrics.parts == ()
    assert cloud_plan("azure", pool(fabric="off")).fabrics.parts == ()


def test_a_row_whose_daemon_nobody_knows_and_folders_without_one_are_problems_of_the_catalogue() -> None:
    catalog = load()
    row = catalog.fabrics["gpudirect-tcpxo"]
    odd = {**catalog.fabrics, "a": replace(row, name="a", daemon="x"), "b": replace(row, name="b", daemon="")}
    found = [one.where for one in check(replace(catalog, fabrics=odd))]
    assert found == ["fabrics.toml [a] daemon", "fabrics.toml [b] folders"]


def test_pods_ask_for_the_networks_of_their_nodes_in_the_order_of_their_interfaces() -> None:
    plan = cloud_plan("gcp", ultra(), target=ZONES)
    found = only(plan)
    listed = json.loads(found.annotations["networking.gke.io/interfaces"])
    assert found.annotations["networking.gke.io/default-interface"] == "eth0"
    assert [one["interfaceName"] for one in listed] == [f"eth{place}" for place in range(10)]
    networks = [one["network"] for one in listed]
    assert networks[:2] == ["default", "second"]
    assert networks[2:] == [f"rdma-us-central1-b-{card}" for card in range(8)]
    made = {name for fabric in plan.site.fabrics for name in fabric.objects}  # pyright: ignore
    assert set(networks[1:]) <= made


def test_pools_in_different_zones_have_different_networks_so_no_job_gets_them() -> None:
    found = only(cloud_plan("gcp", ultra(), ultra("other", "us-central1-a"), target=ZONES))
    assert not found.given
    assert "different zones" in found.why


@pytest.mark.parametrize("off", ["off", "auto"])
def test_pools_of_one_accelerator_must_have_one_fabric(off: str) -> None:
    found = only(cloud_plan("aws", pool(), pool("plain", fabric=off)))
    assert found.given == (off == "auto")
    assert found.given or "differ (efa x32, none)" in found.why


def test_a_fabric_that_is_switched_off_is_not_given_and_not_mourned() -> None:
    plan = cloud_plan("aws", pool(fabric="off"))
    assert (only(plan).kind, only(plan).given) == ("none", False)
    assert not [note for note in plan.notes if "plain network" in note]


def test_shared_accelerators_and_parts_of_a_node_get_no_fabric() -> None:
    shared = pool(sharing={"time-slicing": 2})
    assert cloud_plan("aws", shared).fabrics.jobs == ()
    assert cloud_plan("aws", pool("small", "L4:1")).fabrics.jobs == ()


def test_simulated_nodes_have_no_fabric_but_their_accelerator_has_its_runtime() -> None:
    found = only(load_plan(with_gpus(), "f", load()))
    assert (found.accelerator, found.count, found.kind, found.given) == ("H100", 8, "none", False)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_target_leaves_the_same_resources_out_of_its_quotas(cloud: str) -> None:
    assert cloud_plan(cloud).fabrics.uncounted == (
        "hugepages-2Mi",
        "rdma/infiniband",
        "vpc.amazonaws.com/efa",
    )
