"""What a plan's nodes cost at the fewest, as expected and at the most, and what is said beside the figures."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from support.clouds import cloud_plan, cloud_spec

from fairlead.catalog.read import load
from fairlead.errors import InputError
from fairlead.plan.bill import bill, priced
from fairlead.plan.bill_model import HOURS, Amount, Bill, PoolCost
from fairlead.plan.bill_notes import OLD_DAYS
from fairlead.plan.bill_show import to_dict, to_text
from fairlead.plan.load import load_plan
from fairlead.plan.model import STATED

NOW = date(2026, 8, 10)
"""A week after the table of Google's prices, a month after that of AWS's."""
PRICES = {cloud: load().prices[cloud] for cloud in ("aws", "azure", "gcp")}
L4 = PRICES["gcp"]["us-central1"]["g2-standard-4"]


def of(cloud: str, today: date = NOW, share: float = 0.5, **given: Any) -> Bill:
    pool = {"name": "gpu", "min": 0, "max": 4, "accelerators": "L4:1", **given}
    return bill(cloud_plan(cloud, pool), load(), today, share)


def gpu(found: Bill) -> PoolCost:
    return next(one for one in found.pools if one.pool == "gpu")


def hours(found: PoolCost) -> list[float | None]:
    return [one.hour for one in found.cost.bounds.values()]


def nodes(found: PoolCost) -> list[float]:
    return [one.nodes for one in found.cost.bounds.values()]


def said(found: Bill, words: str) -> list[str]:
    return [note for note in found.notes if words in note]


def test_the_fewest_nodes_are_of_the_first_step_and_the_most_are_bought_as_dearly_as_the_ladder_allows() -> (
    None
):
    found = gpu(of("gcp", capacity=["spot", "on-demand"], min=1, max=5))
    spot, dear = L4.spot or 0.0, L4.on_demand or 0.0
    assert nodes(found) == [1, 3, 5]
    assert hours(found) == pytest.approx([spot, 3 * spot, spot + 4 * dear])
    assert dear > spot


def test_a_month_has_730_hours() -> None:
    assert HOURS == 730
    assert Amount(1, 2.0).month == 1460.0
    assert Amount(1, None).month is None


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1), (0.25, 2), (1.0, 5)])
def test_expected_is_the_given_part_of_the_nodes_above_those_that_always_run(
    share: float, expected: float
) -> None:
    found = gpu(of("gcp", share=share, min=1, max=5))
    assert nodes(found) == [1, expected, 5]
    assert found.cost.expected.hour == pytest.approx(expected * (L4.on_demand or 0.0))


def test_nodes_that_are_kept_ready_always_run() -> None:
    assert nodes(gpu(of("gcp", warm=2, max=4))) == [2, 3, 4]


def test_a_pool_that_keeps_its_size_costs_the_same_at_all_times() -> None:
    found = gpu(of("azure", accelerators="T4:1", min=2, max=2))
    price = PRICES["azure"]["eastus2"]["Standard_NC4as_T4_v3"].on_demand or 0.0
    assert hours(found) == [2 * price] * 3


def test_the_total_is_the_sum_of_the_pools() -> None:
    found = of("aws", min=1)
    for bound, amount in found.total.bounds.items():
        parts = [pool.cost.bounds[bound] for pool in found.pools]
        assert amount.hour == pytest.approx(sum(one.hour or 0.0 for one in parts))
        assert amount.nodes == sum(one.nodes for one in parts)
        assert amount.whole


def test_every_step_names_its_table_and_its_date() -> None:
    (spot, dear) = gpu(of("aws", capacity=["spot", "on-demand"])).steps
    row = PRICES["aws"]["us-east-1"]["g6.xlarge"]
    assert (spot.usd, spot.date, spot.source) == (row.spot, "undated", row.spot_source)
    assert (dear.usd, dear.date, dear.source) == (row.on_demand, row.date, row.source)


def test_a_price_that_is_not_known_is_told_with_machine_region_and_capacity_and_blurs_the_total() -> None:
    found = of("gcp", capacity=["spot", "flex"])
    assert hours(gpu(found))[:2] == [0.0, pytest.approx(2 * (L4.spot or 0.0))]
    assert hours(gpu(found))[2] is None
    (note,) = said(found, "price not known")
    assert "g2-standard-4 in us-central1 as flex (pool gpu): no table has flexible capacity" in note
    assert "prices: {flex: USD an hour}" in note
    assert [one.whole for one in found.total.bounds.values()] == [True, True, False]
    assert f"{found.total.most.hour:,.2f} + ?" in to_text(found)
    assert "not known" in to_text(found)


def test_no_node_costs_nothing_even_where_its_price_is_not_known() -> None:
    found = gpu(of("gcp", capacity="flex", min=0))
    assert hours(found) == [0.0, None, None]


def test_a_region_that_no_table_has_is_told_with_those_that_have_prices() -> None:
    plan = load_plan(
        cloud_spec("aws", target={"region": "eu-west-1", "zones": ["eu-west-1a", "eu-west-1b"]}), "f", load()
    )
    found = bill(plan, load(), NOW)
    assert "no table has this region; those that have prices: ap-southeast-4, us-east-1" in found.notes[0]


def test_what_the_spec_says_is_paid_goes_before_every_table() -> None:
    found = of("gcp", capacity=["spot", "flex"], prices={"flex": 0.55, "spot": 0.25})
    assert [(one.usd, one.date) for one in gpu(found).steps] == [(0.25, STATED), (0.55, STATED)]
    assert hours(gpu(found)) == [0.0, 0.5, pytest.approx(2.2)]
    assert said(found, "from the spec, not from a table: gpu spot, gpu flex")
    assert not said(found, "price not known")


RESERVED = {"accelerators": "H100:8", "reservation": "cr-0123456789abcdef0", "zones": ["us-east-1a"]}


def test_a_reservation_costs_what_its_row_says_and_the_row_is_named() -> None:
    found = of("aws", capacity="reserved", min=2, max=2, **RESERVED)
    row = load().reserved["aws"]["reservation"]
    price = PRICES["aws"]["us-east-1"]["p5.48xlarge"].on_demand or 0.0
    assert hours(gpu(found)) == [pytest.approx(2 * price * (row.factor or 0.0))] * 3
    (note,) = said(found, "times the price on demand")
    assert row.source in note
    assert row.date in note
    assert not said(found, "does not have its size")


def test_the_size_of_a_reservation_that_may_be_larger_than_its_nodes_is_said_to_be_unknown() -> None:
    found = of("aws", capacity=["reserved", "on-demand"], min=2, max=8, **RESERVED)
    assert said(found, "the spec does not have its size: of gpu only the nodes are counted")


def test_a_capacity_block_has_a_price_of_its_own_that_no_table_has() -> None:
    pool = {"name": "gpu", "capacity": "reserved", "min": 2, "max": 2, **RESERVED}
    blocks = {"capacity_blocks": [RESERVED["reservation"]]}
    found = bill(cloud_plan("aws", pool, target=blocks), load(), NOW)
    assert hours(gpu(found)) == [None] * 3
    assert said(found, "a Capacity Block is paid for in advance")
    paid = bill(cloud_plan("aws", {**pool, "prices": {"reserved": 39.33}}, target=blocks), load(), NOW)
    assert hours(gpu(paid)) == [pytest.approx(78.66)] * 3


def test_a_table_is_called_old_one_day_after_its_time_and_not_before() -> None:
    last = date.fromordinal(date.fromisoformat(L4.date).toordinal() + OLD_DAYS)
    assert not said(of("gcp", today=last), "price old")
    (note,) = said(of("gcp", today=date.fromordinal(last.toordinal() + 1)), "price old")
    assert (
        f"of {L4.date}, {OLD_DAYS + 1} days ago (more than {OLD_DAYS}): system on-demand, gpu on-demand"
        in note
    )


def test_a_table_without_a_date_is_of_unknown_age() -> None:
    assert said(of("aws", capacity="spot"), "its table has no date: gpu spot")
    assert not said(of("aws"), "no date")


def test_what_the_tables_have_no_prices_of_is_said_each_time() -> None:
    last = of("gcp").notes[-1]
    assert last.startswith("not counted")
    for word in ("control plane", "disks", "network", "taxes"):
        assert word in last


def test_a_platform_of_which_no_price_is_known_is_refused_with_what_to_do() -> None:
    spec = {
        **cloud_spec("aws"),
        "target": {"kind": "onprem", "kubeconfig": "~/.kube/config", "context": "rack"},
        "pools": [
            {"name": "cpu", "min": 1, "max": 1, "nodes": {"names": ["a"], "cpu": "15", "memory": "60Gi"}}
        ],
    }
    with pytest.raises(InputError) as caught:
        priced(bill(load_plan(spec, "f", load()), load(), NOW), "stack rack")
    text = str(caught.value)
    assert "platform.pools: not one pool has a price: target onprem buys no machines" in text
    assert "given:   cpu" in text
    assert "fix:     add prices" in text
    spec["pools"][0]["prices"] = {"on-demand": 4.2}
    owned = priced(bill(load_plan(spec, "f", load()), load(), NOW), "stack rack")
    assert owned.total.least.month == pytest.approx(4.2 * 730)


def test_the_text_has_a_line_for_each_pool_and_states_what_it_assumes() -> None:
    found = of("gcp", share=0.25, min=1)
    text = to_text(found)
    assert text.startswith(
        "Platform lab on gcp, us-central1: what its nodes cost, USD\n  expected: 0.25 of the nodes"
    )
    (line,) = [line for line in text.splitlines() if line.startswith("  gpu ")]
    words = line.split()
    assert words[1:3] == ["g2-standard-4", "on-demand"]
    assert words[3:8] == ["1", "/", "1.75", "/", "4"]
    price = L4.on_demand or 0.0
    assert words[8:14] == [f"{n * price * h:,.2f}" for h in (1, 730) for n in (1, 1.75, 4)]
    assert words[14] == L4.date
    assert all(line == line.rstrip() for line in text.splitlines())


def test_the_plain_data_say_what_is_complete() -> None:
    plain = to_dict(of("gcp", capacity=["spot", "flex"]))
    pool = next(one for one in plain["pools"] if one["pool"] == "gpu")
    assert (plain["utilization"], plain["hours_a_month"], plain["region"]) == (0.5, 730, "us-central1")
    assert [pool["cost"][bound]["complete"] for bound in ("min", "expected", "max")] == [True, True, False]
    assert pool["cost"]["max"]["usd_an_hour"] is None
    assert plain["total"]["max"]["complete"] is False
    assert [one["why"] for one in pool["prices"]] == ["", "no table has flexible capacity"]
