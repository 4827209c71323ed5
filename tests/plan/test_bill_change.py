"""What a change of a platform does to its bill, pool by pool."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from support.clouds import cloud_plan

from fairlead.catalog.read import load
from fairlead.plan.bill import bill
from fairlead.plan.bill_change import Change, change
from fairlead.plan.bill_model import Bill
from fairlead.plan.bill_show import change_dict, change_text

NOW = date(2026, 8, 10)
T4 = {"name": "t4", "accelerators": "T4:1", "min": 0, "max": 4}
L4 = {"name": "l4", "accelerators": "L4:1", "min": 1, "max": 3}
FLEX = {"name": "flex", "accelerators": "A100-40GB:1", "capacity": "flex", "min": 0, "max": 2}


def of(*pools: dict[str, Any]) -> Bill:
    return bill(cloud_plan("gcp", *pools), load(), NOW)


def deltas(found: Change) -> list[float | None]:
    return [one.hour for one in found.delta.bounds.values()]


def test_the_same_platform_has_not_changed() -> None:
    found = change(of(T4, L4), of(T4, L4))
    assert found.pools == ()
    assert deltas(found) == [0.0, 0.0, 0.0]
    assert change_text(found, "main") == "Against main: no pool costs anything else\n"


def test_pools_stand_in_the_order_of_the_spec_and_those_that_are_gone_last() -> None:
    found = change(of(T4, L4), of({**L4, "max": 5}, FLEX))
    assert [(one.pool, one.kind) for one in found.pools] == [
        ("l4", "changed"),
        ("flex", "added"),
        ("t4", "removed"),
    ]


def test_a_changed_pool_says_which_facts_are_other_ones_now() -> None:
    now = {**L4, "accelerators": "L4:2", "capacity": ["on-demand", "spot"], "min": 0, "max": 5}
    (one,) = change(of(L4), of(now)).pools
    assert one.what[:4] == (
        "machine g2-standard-4 -> g2-standard-24",
        "capacity on-demand -> on-demand, spot",
        "min 1 -> 0",
        "max 3 -> 5",
    )
    assert one.what[4].startswith("USD/h a node 0.706832 -> 2.00083, ")


def test_a_price_in_the_spec_is_a_change_too() -> None:
    (one,) = change(of(L4), of({**L4, "prices": {"on-demand": 0.5}})).pools
    assert one.what == ("USD/h a node 0.706832 -> 0.5",)
    assert one.delta.least.hour == pytest.approx(0.5 - 0.706832)


def test_the_difference_is_what_the_pools_differ_by_and_adds_up() -> None:
    before, after = of(T4, L4), of({**T4, "max": 8})
    found = change(before, after)
    for bound, amount in found.delta.bounds.items():
        was, now = before.total.bounds[bound].hour or 0.0, after.total.bounds[bound].hour or 0.0
        assert amount.hour == pytest.approx(now - was)
        assert amount.whole
    assert (found.delta.most.hour or 0.0) > 0 > (found.delta.least.hour or 0.0)


def test_what_is_not_known_and_stays_as_it_is_does_not_blur_the_difference() -> None:
    found = change(of(FLEX, L4), of(FLEX, {**L4, "max": 4}))
    assert not found.after.most.whole
    assert found.delta.most.whole
    assert found.delta.most.hour == pytest.approx(0.706832)


def test_what_is_not_known_and_new_blurs_it() -> None:
    found = change(of(L4), of(L4, FLEX))
    assert found.pools[0].delta.most.hour is None
    assert not found.delta.most.whole
    text = change_text(found, "main")
    assert "not known" in text
    assert "+ ?: a part is not known, and not in it" in text


def test_a_platform_that_is_new_has_only_added_pools() -> None:
    now = of(L4)
    found = change(None, now)
    assert [one.kind for one in found.pools] == ["added", "added"]
    assert found.delta == now.total


def test_the_text_gives_every_bound_before_after_and_the_difference() -> None:
    lines = change_text(change(of(L4), of({**L4, "max": 5})), "main (0123456789ab)").splitlines()
    assert lines[0] == "Against main (0123456789ab)"
    assert lines[1].split()[:3] == ["POOL", "CHANGE", "BOUND"]
    assert lines[2].split() == [
        "l4",
        "changed:",
        "max",
        "3",
        "->",
        "5",
        "min",
        "0.71",
        "0.71",
        "+0.00",
        "+0.00",
    ]
    assert lines[3].split() == ["expected", "1.41", "2.12", "+0.71", "+515.99"]
    assert lines[4].split() == ["max", "2.12", "3.53", "+1.41", "+1,031.97"]
    assert [line.split()[:2] for line in lines if "all pools" in line] == [["all", "pools"]]
    assert all(line == line.rstrip() for line in lines)


def test_the_plain_data_have_the_three_sides_of_each_pool_and_of_all() -> None:
    plain = change_dict(change(of(L4), of({**L4, "max": 5})))
    (one,) = plain["pools"]
    assert (one["pool"], one["change"], one["what"]) == ("l4", "changed", ["max 3 -> 5"])
    for sides in (one, plain["total"]):
        assert sides["after"]["max"]["usd_an_hour"] - sides["before"]["max"]["usd_an_hour"] == pytest.approx(
            sides["delta"]["max"]["usd_an_hour"], abs=1e-5
        )
