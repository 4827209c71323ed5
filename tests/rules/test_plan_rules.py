"""Rules about plans and changes where their examples do not reach: the real plans, sums, and edges."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from support.golden import REPO

from fairlead.catalog.read import load
from fairlead.plan.facts import facts
from fairlead.plan.load import load_plan
from fairlead.plan.ruled import RefusedError, keep
from fairlead.plan.stack import plan_of
from fairlead.rules.book import RULES
from fairlead.rules.changes import CLUSTERS, OTHERS, POOLS, keeps
from fairlead.rules.judge import judge
from fairlead.rules.model import Change, Finding, Subject
from fairlead.spec.layers import resolve_stack, stacks
from fairlead.spec.policies import Policies

TODAY = date(2026, 11, 30)
STACKS = stacks(REPO / "stacks")
OWN = [rule for rule in RULES if rule.id.startswith(("cost-", "plan-", "change-"))]


def judged(plan: Any = None, changes: Any = (), **policies: Any) -> list[Finding]:
    found = Policies.model_validate(policies)
    return judge([], found, TODAY, plan=plan, changes=changes, rules=OWN)


def names(findings: list[Finding]) -> set[str]:
    return {one.rule for one in findings}


@pytest.mark.parametrize("stack", STACKS)
def test_no_plan_of_a_sample_stack_is_refused(stack: str) -> None:
    plan = plan_of(REPO / "stacks", stack)
    assert keep(plan, load(), TODAY) == Policies()


def prod() -> Any:
    return facts(plan_of(REPO / "stacks", "aws-prod"), load(), TODAY)


def test_a_sum_that_a_real_bill_exceeds_is_refused_with_both_figures() -> None:
    plan = prod()
    month = plan["bill"]["total"]["expected"]["usd_a_month"]
    (found,) = [one for one in judged(plan, month_most=month - 1) if one.refuses]
    assert (found.rule, found.given) == ("cost-month-most", f"{month:,.2f}")
    assert found.allowed == f"{month - 1:,.2f} or less"
    assert "what has no known price" in found.what
    assert not [one for one in judged(plan, month_most=month) if one.refuses]


def test_regions_that_are_allowed_hold_for_the_plan() -> None:
    assert "plan-region-allowed" in names(judged(prod(), regions=["eu-central-1"]))
    assert "plan-region-allowed" not in names(judged(prod(), regions=["eu-central-1", "us-east-1"]))


def test_what_makes_a_real_plan_worse_is_found() -> None:
    for path, value, rule in (
        (("site", "public"), True, "plan-endpoint-private"),
        (("site", "protect"), False, "plan-state-protected"),
        (("site", "log_days"), 7, "plan-logs-kept"),
        (("databases", "managed", "backup_days"), 0, "plan-backups"),
        (("databases", "managed", "standby"), False, "plan-database-standby"),
    ):
        plan = prod()
        before = names(judged(plan))
        part = plan
        for key in path[:-1]:
            part = part[key]
        part[path[-1]] = value
        assert names(judged(plan)) - before == {rule}, path


def test_promises_beyond_what_pools_have_are_found_in_a_real_plan() -> None:
    plan = prod()
    assert "plan-quota-covered" not in names(judged(plan))
    quota = next(
        one
        for queue in plan["queues"]["queues"]
        for one in queue["quotas"]
        if "nvidia.com/gpu" in one["nominal"]
    )
    quota["nominal"]["nvidia.com/gpu"] = "100000"
    assert "plan-quota-covered" in names(judged(plan))


def test_machines_of_ones_own_need_no_price_and_no_sum() -> None:
    for stack in ("local", "onprem"):
        found = names(judged(facts(plan_of(REPO / "stacks", stack), load(), TODAY)))
        assert not {one for one in found if one.startswith("cost-")}, stack


def test_a_plan_that_breaks_a_rule_is_not_built() -> None:
    merged = resolve_stack(REPO / "stacks", "aws-prod")
    spec = {**merged.value, "policies": {"month_most": 1000}}
    with pytest.raises(RefusedError) as failed:
        keep(load_plan(spec, "stack x", load()), load(), TODAY)
    text = str(failed.value)
    assert text.startswith("the plan breaks 1 rule that must be kept")
    assert "(rule cost-month-most)" in text
    assert failed.value.exit_code == 2


def test_an_exception_for_the_plan_is_of_the_stack() -> None:
    excuse = {
        "rule": "cost-month-most",
        "resource": "stack",
        "owner": "finance",
        "reason": "the year's training run is paid apart",
        "until": "2026-12-31",
    }
    found = [
        one for one in judged(prod(), month_most=1000, exceptions=[excuse]) if one.rule == "cost-month-most"
    ]
    assert [one.excused for one in found] == [
        "finance, until 2026-12-31: the year's training run is paid apart"
    ]


def change(verdict: Any, before: Subject | None = None, after: Subject | None = None) -> Change:
    return Change(verdict, before, after, ("name",) if verdict == "replace" else ())


def test_what_is_only_made_or_stays_as_it_is_breaks_no_rule_about_changes() -> None:
    for kind in (*OTHERS, *CLUSTERS, *POOLS, "aws:s3/bucket:Bucket", "kubernetes:core/v1:Namespace"):
        one = Subject(kind, "x", {}, protect=True)
        assert judged(changes=[change("create", None, one), change("same", one, one)]) == [], kind


@pytest.mark.parametrize("kind", [*OTHERS, "aws:s3/bucket:Bucket", "azure-native:storage:StorageAccount"])
def test_what_holds_data_is_neither_deleted_nor_replaced(kind: str) -> None:
    one = Subject(kind, "x", {})
    assert names(judged(changes=[change("delete", one)])) == {"change-state-not-deleted"}
    assert names(judged(changes=[change("replace", one, one)])) == {"change-state-not-replaced"}
    kept = Subject(kind, "x", {}, retain_on_delete=True)
    assert judged(changes=[change("delete", kept)]) == []


def test_rows_about_types_that_stacks_have_are_not_said_twice() -> None:
    from fairlead.catalog.immutable import row_of

    assert [kind for kind in OTHERS if (row := row_of(kind)) and row.keeps] == []
    assert keeps(Subject("aws:iam/role:Role", "x", {})) == ""


@pytest.mark.parametrize("kind", CLUSTERS)
@pytest.mark.parametrize(
    ("old", "new", "refused"),
    [
        ("1.34", "1.35", False),
        ("1.35", "1.35.2-gke.100", False),
        ("1.33", "1.35", True),
        ("1.35", "1.34", True),
        ("1.35", "latest", False),
    ],
)
def test_versions_go_one_by_one(kind: str, old: str, new: str, refused: bool) -> None:
    path = CLUSTERS[kind]
    before, after = (Subject(kind, "x", {path: version}) for version in (old, new))
    found = names(judged(changes=[change("update", before, after)]))
    assert found == ({"change-version-next"} if refused else set())


def test_a_pool_of_another_pool_is_no_successor() -> None:
    def pool(name: str, of: str) -> Subject:
        return Subject("aws:eks/nodeGroup:NodeGroup", name, {"labels": {"fairlead.dev/pool": of}})

    old = pool("h100-g1", "h100")
    beside = change("create", None, pool("l4-g1", "l4"))
    assert names(judged(changes=[beside, change("replace", old, old)])) == {"change-pool-has-successor"}
    next_one = change("create", None, pool("h100-g2", "h100"))
    assert judged(changes=[next_one, change("replace", old, old)]) == []
