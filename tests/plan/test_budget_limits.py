"""Budgets that are limits: what is dealt out, to the last cent, and what is refused with its figures."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clouds import cloud_spec
from support.specs import gpu_pool, minimal, with_gpus

from fairlead.catalog.read import load
from fairlead.errors import InputError, Problem
from fairlead.layers.queue import cluster_queue
from fairlead.plan import budgets, show_tenants
from fairlead.plan.budgets import HOURS, Kind, exact
from fairlead.plan.load import load_merged, load_plan
from fairlead.plan.model import PlatformPlan
from fairlead.plan.queue_model import BudgetPlan, KindPlan, QueuePlan
from fairlead.plan.show import to_text
from fairlead.spec.documents import read_text
from fairlead.spec.layers import Merged, merge
from fairlead.spec.load import draft

GPU = "nvidia.com/gpu"
H100 = gpu_pool("h100", prices={"on-demand": 32.0})
L4 = gpu_pool("l4", "L4:1", 2, prices={"on-demand": 1.0})
"""4 USD an hour for each of 32 H100, 1 USD for each of 2 L4."""


def tenant(month: float = 60 * HOURS, **more: Any) -> dict[str, Any]:
    quota = {"accelerators": {"H100": 8, "L4": 1}}
    return {"name": "a", "quota": quota, "budget": {"month": month, "limit": True}, **more}


def plan_of(
    *tenants: dict[str, Any], pools: Sequence[dict[str, Any]] = (H100, L4), **more: Any
) -> PlatformPlan:
    return load_plan(with_gpus(*pools, tenants=list(tenants), **more), "f", load())


def queue(plan: PlatformPlan, name: str = "a") -> QueuePlan:
    [found] = [one for one in plan.queues.queues if one.name == name]
    return found


def budget(plan: PlatformPlan, name: str = "a") -> BudgetPlan:
    found = queue(plan, name).budget
    assert found is not None
    return found


def borrowed(plan: PlatformPlan, name: str = "a") -> dict[str, int]:
    return {one.flavor: one.borrowed for one in budget(plan, name).kinds}


def refused(*tenants: dict[str, Any], **more: Any) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        plan_of(*tenants, **more)
    return list(caught.value.problems)


def test_what_is_left_after_the_share_is_dealt_out_to_what_may_be_borrowed() -> None:
    """60 an hour: 33 for the share; of 27 the second L4 takes 1, and 26 pay for 6 H100."""
    found = budget(plan_of(tenant()))
    assert found.kinds == (
        KindPlan("h100-on-demand", "H100", 4.0, 8, 6),
        KindPlan("l4-on-demand", "L4", 1.0, 1, 1),
    )
    assert (found.month, found.hour, found.spare) == (43_800, 60.0, 2.0)


def test_the_queue_keeps_it_whatever_else_is_borrowed() -> None:
    plan = plan_of(tenant())
    [group] = cluster_queue(plan.queues, queue(plan))["spec"]["resourceGroups"]
    limits = {
        flavor["name"]: [one.get("borrowingLimit") for one in flavor["resources"] if one["name"] == GPU]
        for flavor in group["flavors"]
    }
    assert limits == {"cpu-on-demand": [None], "h100-on-demand": ["6"], "l4-on-demand": ["1"]}
    nominal = {one.flavor: one.nominal[GPU] for one in queue(plan).quotas}
    assert nominal == {"cpu-on-demand": "0", "h100-on-demand": "8", "l4-on-demand": "1"}


@pytest.mark.parametrize(("hour", "more"), [(33, 0), (36.99, 0), (37, 1), (37.01, 1), (41, 2)])
def test_an_accelerator_is_borrowed_from_the_cent_on_that_pays_for_it(hour: float, more: int) -> None:
    share = {"accelerators": {"H100": 8}}
    found = plan_of(tenant((hour - 1) * HOURS, quota=share))
    assert borrowed(found) == {"h100-on-demand": more}


def test_a_budget_that_just_pays_for_the_share_is_none_too_small() -> None:
    assert borrowed(plan_of(tenant(33 * HOURS))) == {"h100-on-demand": 0, "l4-on-demand": 0}
    [problem] = refused(tenant(33 * HOURS - 1))
    assert problem.where == "platform.tenants[0].budget.month"
    assert "8 of h100-on-demand at 4.00, 1 of l4-on-demand at 1.00 USD are 33.00 an hour" in problem.what
    assert problem.given == "24,089.00 a month, 33.00 an hour"
    assert problem.allowed == "at least 24090"


def test_what_a_tenant_names_nowhere_it_does_not_borrow() -> None:
    share = {"accelerators": {"H100": 8}}
    own = {one.flavor: one.borrow for one in queue(plan_of(tenant(quota=share))).quotas}
    assert own["l4-on-demand"] == {GPU: "0"}
    named = plan_of(tenant(quota=share, borrow_limit={"L4": 1}))
    assert borrowed(named) == {"h100-on-demand": 6, "l4-on-demand": 1}


def test_the_smaller_of_budget_and_borrow_limit_holds_and_leaves_the_money_to_others() -> None:
    assert borrowed(plan_of(tenant(borrow_limit={"H100": 2}))) == {"h100-on-demand": 2, "l4-on-demand": 1}
    assert borrowed(plan_of(tenant(borrow_limit={"L4": 0, "H100": 32}))) == {
        "h100-on-demand": 6,
        "l4-on-demand": 0,
    }


def test_who_does_not_borrow_needs_a_price_for_the_share_alone() -> None:
    found = plan_of(tenant(borrow=False))
    assert borrowed(found) == {"h100-on-demand": 0, "l4-on-demand": 0}
    share = {"accelerators": {"L4": 1}}
    assert budget(plan_of(tenant(borrow=False, quota=share), pools=(gpu_pool(), L4))).kinds[0].own == 1


def test_a_tenant_without_accelerators_may_hold_none() -> None:
    found = plan_of(tenant(quota={"cpu": "1"}))
    assert budget(found).kinds == ()
    assert {one.borrow.get(GPU, "none") for one in queue(found).quotas} == {"none", "0"}
    assert "pays 60.00 an hour: no accelerators; 60.00 an hour are left" in to_text(found)


def on_aws(*pools: dict[str, Any], month: float) -> dict[str, Any]:
    share = {"accelerators": {"L4": 1}}
    return cloud_spec("aws", *pools, tenants=[tenant(month, quota=share)])


def growing(name: str, capacity: list[str], **prices: float) -> dict[str, Any]:
    stated = {"prices": {key.replace("_", "-"): price for key, price in prices.items()}} if prices else {}
    return {"name": name, "accelerators": "L4:4", "capacity": capacity, "min": 0, "max": 2, **stated}


def test_the_dearest_of_a_ladder_and_of_the_pools_of_a_flavor_counts() -> None:
    pools = [
        growing("one", ["on-demand", "spot"], on_demand=24.0, spot=4.0),
        growing("twin", ["on-demand", "spot"], on_demand=20.0, spot=28.0),
    ]
    [kind] = budget(load_plan(on_aws(*pools, month=30 * HOURS), "f", load())).kinds
    assert (kind.price, kind.own, kind.borrowed) == (7.0, 1, 3)


def test_prices_of_the_tables_count_where_the_spec_states_none() -> None:
    [pool] = [growing("one", ["on-demand"])]
    plan = load_plan(on_aws(pool, month=5000), "f", load())
    [kind] = budget(plan).kinds
    node = plan.pools[1].price_of("on-demand")[0]
    assert node is not None
    assert kind.price == pytest.approx(node / 4)
    assert (kind.own + kind.borrowed) * kind.price * HOURS <= 5000 or kind.own + kind.borrowed == 8


def test_an_unknown_price_is_refused_with_every_pool_and_the_way_out() -> None:
    [problem] = refused(tenant(), pools=(gpu_pool(), gpu_pool("l4", "L4:1", 2)))
    assert problem.where == "platform.tenants[0].budget.limit"
    assert "pool h100, on-demand; pool l4, on-demand" in problem.what
    for way in ("platform.pools[1].prices: {on-demand: USD}", "platform.pools[2].prices", "leave limit out"):
        assert way in problem.fix


def test_an_unknown_price_of_what_a_tenant_cannot_hold_is_nobodys_business() -> None:
    share = {"accelerators": {"L4": 1}}
    assert borrowed(plan_of(tenant(quota=share), pools=(gpu_pool(), L4))) == {"l4-on-demand": 1}


def test_without_a_queue_nobody_keeps_it() -> None:
    off = {name: {"enabled": False} for name in ("queue", "jobs")}
    [problem] = refused(tenant(), layers=off)
    assert problem.where == "platform.tenants[0].budget.limit"
    assert "layer queue is off" in problem.what


def test_a_limit_needs_no_monitoring_and_a_sum_alone_does() -> None:
    assert plan_of(tenant()).monitoring.budgets == {}
    assert plan_of(tenant(), layers={"monitoring": {"enabled": True}}).monitoring.budgets == {"a": 60.0}
    [problem] = refused(tenant(budget=500))
    assert problem.where == "platform.tenants[0].budget"
    assert "limit: true" in problem.allowed


def test_a_sum_by_itself_limits_nothing() -> None:
    plan = plan_of(tenant(budget=500), layers={"monitoring": {"enabled": True}})
    assert queue(plan).budget is None
    assert all(not one.borrow for one in queue(plan).quotas)
    assert plan.tenants[0].budget == 500
    assert plan_of(tenant(budget={"month": 500}), layers={"monitoring": {"enabled": True}}) == plan


def test_the_limit_of_one_tenant_leaves_the_queue_of_another_as_it_was() -> None:
    other = {"name": "b", "quota": {"accelerators": {"H100": 8}}}
    limited, free = plan_of(tenant(), other), plan_of({**tenant(), "budget": None}, other)
    assert queue(limited, "b") == queue(free, "b")
    assert queue(limited) != queue(free)


def test_the_plan_says_why_a_tenant_may_hold_no_more() -> None:
    [line] = [line.strip() for line in to_text(plan_of(tenant())).splitlines() if "its budget of" in line]
    assert line == (
        "a: its budget of 43,800.00 USD a month pays 60.00 an hour:"
        " h100-on-demand at most 14 (8 of its own, 6 borrowed) at 4.00;"
        " l4-on-demand at most 2 (1 of its own, 1 borrowed) at 1.00; 2.00 an hour are left"
    )


def test_the_list_of_tenants_says_whether_a_budget_is_a_limit() -> None:
    watched = {**tenant(), "name": "b", "budget": 900, "quota": {}}
    plan = plan_of(tenant(), watched, tenant(budget=None, name="c"), layers={"monitoring": {"enabled": True}})
    told = [one["budget"] for one in show_tenants.to_dict(plan, {})]
    assert told == [{"month": 43_800, "limit": True}, {"month": 900, "limit": False}, None]
    rows = show_tenants.to_text(plan, {}).splitlines()[1:]
    assert ["43,800, a limit" in row for row in rows] == [True, False, False]
    assert " 900 " in rows[1]


def test_a_budget_in_a_team_file_is_told_by_its_path_there() -> None:
    data = with_gpus(H100, L4, tenants=[tenant(1000)])
    merged = merge([read_text("{}", "layer")])
    places = {
        "platform.tenants[0]": "stacks/tenants/a.yaml",
        "platform.tenants[0].budget": "stacks/tenants/a.yaml: budget",
    }
    with pytest.raises(InputError) as caught:
        load_merged(Merged(data, {}, merged.sources, places), "f", load())
    assert caught.value.problems[0].where == "stacks/tenants/a.yaml: budget.month"


@pytest.mark.parametrize(
    "wrong", [0, -1, True, "5000", {"limit": True}, {"month": 0}, {"month": 5, "limits": True}]
)
def test_what_is_no_budget_is_refused(wrong: object) -> None:
    assert draft(minimal(tenants=[{"name": "a", "quota": {}, "budget": wrong}])).problems


def test_a_budget_is_written_as_it_was_said() -> None:
    for said in (5000.0, {"month": 5000.0, "limit": True}):
        platform = draft(minimal(tenants=[{"name": "a", "quota": {}, "budget": said}])).platform
        assert platform is not None
        assert platform.model_dump(mode="json")["tenants"][0]["budget"] == said


KINDS = st.lists(
    st.builds(
        Kind,
        st.uuids().map(str),
        st.just("H100"),
        st.decimals("0.01", "100", places=2).map(Fraction),
        st.just(0),
        st.integers(0, 64),
    ),
    min_size=1,
    max_size=5,
)


@given(KINDS, st.decimals("0", "5000", places=2).map(Fraction))
def test_no_more_is_dealt_out_than_there_is_and_no_whole_one_is_kept_back(
    kinds: list[Kind], left: Fraction
) -> None:
    given = budgets.deal(left, kinds)
    assert all(0 <= given[one.flavor] <= one.room for one in kinds)
    rest = left - sum(given[one.flavor] * one.price for one in kinds)
    assert rest >= 0
    assert not [one for one in kinds if given[one.flavor] < one.room and one.price <= rest]


@given(KINDS, st.decimals("0", "5000", places=2).map(Fraction))
def test_every_kind_gets_its_equal_part_of_the_money_or_all_that_it_can_use(
    kinds: list[Kind], left: Fraction
) -> None:
    given = budgets.deal(left, kinds)
    part = left / len(kinds)
    for one in kinds:
        assert given[one.flavor] >= min(one.room, int(part / one.price))


def test_the_order_of_the_flavors_decides_nothing() -> None:
    kinds = [Kind(name, "H100", Fraction(price), 0, 9) for name, price in (("a", 3), ("b", 3), ("c", 7))]
    assert budgets.deal(Fraction(40), kinds) == budgets.deal(Fraction(40), kinds[::-1])


def test_prices_are_as_they_are_written() -> None:
    assert exact(0.1) == Fraction(1, 10)
    assert exact(1e-7) == Fraction(1, 10_000_000)


def test_what_costs_nothing_is_limited_by_nothing_but_its_room() -> None:
    assert budgets.deal(Fraction(0), [Kind("own", "H100", Fraction(0), 0, 5)]) == {"own": 5}


def test_the_example_of_the_page_is_what_the_plan_says() -> None:
    page = (Path(__file__).parents[2] / "docs" / "cost.md").read_text()
    [line] = [one.strip() for one in to_text(plan_of(tenant())).splitlines() if "its budget of" in one]
    assert line in " ".join(page.split())
