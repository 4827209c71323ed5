"""What a plan's nodes cost, step by step of the ladder, and which quotas they take."""

from __future__ import annotations

from typing import Any

import pytest
from support.clouds import cloud_plan

from fairlead.catalog.read import load
from fairlead.plan import costs
from fairlead.plan.explain import explanation
from fairlead.plan.model import PlatformPlan, PoolPlan

PRICES = load().prices["gcp"]["us-central1"]


def gcp(**given: Any) -> PlatformPlan:
    zones = {"zones": ["us-central1-a"]} if "topology" in given else {}
    return cloud_plan("gcp", {"name": "gpu", "min": 0, "max": 4, **zones, **given})


def pool(plan: PlatformPlan) -> PoolPlan:
    return next(one for one in plan.pools if one.name == "gpu")


def demands(plan: PlatformPlan, *bought: str) -> dict[str, tuple[int, str]]:
    """Quota -> total and unit, of pool `gpu`."""
    found = costs.demands(plan, load(), bought)
    return {one.quota: (one.total, one.unit) for one in found if one.pool == "gpu"}


def test_every_step_has_its_own_price_and_date() -> None:
    found = pool(gcp(accelerators="L4:1", capacity=["on-demand", "spot"])).node
    row = PRICES["g2-standard-4"]
    assert found is not None
    assert found.price_of("on-demand") == (row.on_demand, row.date)
    assert found.price_of("reserved") == (row.on_demand, row.date)
    assert found.price_of("spot") == (row.spot, row.date)
    assert found.price_of("flex") == (None, "")
    assert row.spot != row.on_demand


def test_a_spot_price_of_another_table_has_that_tables_date() -> None:
    found = pool(cloud_plan("aws", {"name": "gpu", "min": 0, "max": 2, "accelerators": "L4:1"})).node
    assert found is not None
    assert (found.price_date, found.spot_date) == ("2026-07-06", "undated")


def test_the_explanation_prices_a_pool_of_spot_nodes_as_spot() -> None:
    plan = gcp(accelerators="L4:1", capacity="spot")
    told, spot = explanation(plan, load()), PRICES["g2-standard-4"].spot or 0.0
    assert f"  price     spot: {spot:.2f} USD/h a node (2026-08-03)" in told
    assert f"  cost      0.00 USD/h at the least, by the first step, to {4 * spot:.2f} at the most" in told


def test_the_explanation_tells_each_step_and_what_no_table_has() -> None:
    told = explanation(gcp(accelerators="L4:1", capacity=["spot", "flex"]), load())
    assert "            flex: no table has one here" in told
    assert "to not known at the most" in told


def test_idle_counts_the_fewest_nodes_by_the_first_step_and_those_that_are_kept_ready() -> None:
    plan = gcp(accelerators="L4:1", capacity=["on-demand", "spot"], min=1)
    (system, gpu) = costs.idle(plan)
    assert (system.pool, system.nodes) == ("system", 2)
    assert (gpu.nodes, gpu.price) == (1, PRICES["g2-standard-4"].on_demand)
    assert [one.pool for one in costs.idle(gcp(accelerators="L4:1"))] == ["system"]
    assert [one.nodes for one in costs.idle(gcp(accelerators="L4:1", warm=2))] == [2, 2]


def test_a_quota_is_asked_for_by_what_its_cloud_counts() -> None:
    assert demands(gcp(accelerators="L4:2")) == {"NVIDIA_L4_GPUS": (8, "accelerators")}
    aws = cloud_plan("aws", {"name": "gpu", "min": 0, "max": 4, "accelerators": "L4:1"})
    assert demands(aws) == {"Running On-Demand G and VT instances": (16, "vCPUs")}


def test_steps_of_one_quota_take_it_once_and_those_above_the_fewest_nodes_take_what_is_left() -> None:
    ladder = {"capacity": ["on-demand", "spot"], "min": 1, "accelerators": "L4:1"}
    assert demands(gcp(**ladder)) == {
        "NVIDIA_L4_GPUS": (4, "accelerators"),
        "PREEMPTIBLE_NVIDIA_L4_GPUS": (3, "accelerators"),
    }
    flexible = gcp(accelerators="L4:1", capacity=["spot", "flex"])
    assert demands(flexible) == {"PREEMPTIBLE_NVIDIA_L4_GPUS": (4, "accelerators")}


def test_a_capacity_block_takes_no_quota_and_a_reservation_does() -> None:
    given = {"accelerators": "H100:8", "capacity": "reserved", "reservation": "cr-0123456789abcdef0"}
    plan = cloud_plan("aws", {"name": "gpu", "min": 2, "max": 2, "zones": ["us-east-1a"], **given})
    assert demands(plan) == {"Running On-Demand P instances": (384, "vCPUs")}
    assert demands(plan, "cr-0123456789abcdef0") == {}


def test_a_price_that_is_not_known_is_not_taken_for_nothing() -> None:
    plan = gcp(accelerators="TPU-7x:4", topology="2x2x1", capacity="flex", machine="tpu7x-standard-4t")
    assert costs.dearest_step(pool(plan)) is None


@pytest.mark.parametrize("cloud", ["aws", "azure", "gcp"])
def test_plain_machines_count_cores_everywhere(cloud: str) -> None:
    (system,) = costs.demands(cloud_plan(cloud), load())
    assert (system.unit, system.nodes) == ("vCPUs", 4)
    assert system.quota
