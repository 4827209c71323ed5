"""No stack of this repository breaks a rule that refuses, and each is really looked at."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from functools import cache

import pytest
from support.golden import REPO
from support.recorded import of_stack

from fairlead.catalog.read import load
from fairlead.plan.facts import facts
from fairlead.plan.stack import plan_of
from fairlead.rules.book import RULES
from fairlead.rules.judge import judge, subjects_of
from fairlead.rules.model import Data, Finding, Subject
from fairlead.spec.layers import stacks
from fairlead.spec.policies import Policies

TODAY = date(2026, 11, 30)
STACKS = stacks(REPO / "stacks")
FAMILIES = sorted({rule.id.partition("-")[0] for rule in RULES})
CLOUDS = {"aws": "aws:", "gcp": "gcp:", "azure": "azure-native:"}
"""What the types of a target's resources begin with."""


@cache
def plan(stack: str) -> Data:
    return facts(plan_of(REPO / "stacks", stack), load(), TODAY)


@cache
def declared(stack: str, *, unknown: bool = False) -> list[Subject]:
    return subjects_of(asdict(one) for one in of_stack(stack, unknown=unknown))


def refused(stack: str, family: str, *, unknown: bool = False) -> list[Finding]:
    rules = [rule for rule in RULES if rule.id.startswith(f"{family}-")]
    policies = Policies.model_validate(plan(stack)["policies"])
    found = judge(declared(stack, unknown=unknown), policies, TODAY, plan=plan(stack), rules=rules)
    return [one for one in found if one.refuses]


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("family", FAMILIES)
def test_no_stack_breaks_a_rule_that_refuses(stack: str, family: str) -> None:
    assert [(one.rule, one.name, one.path, one.what) for one in refused(stack, family)] == []


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_not_known_yet_is_no_reason_to_refuse(stack: str, family: str) -> None:
    found = refused(stack, family, unknown=True)
    assert [(one.rule, one.name, one.path, one.what) for one in found] == []


@pytest.mark.parametrize("stack", STACKS)
def test_resources_of_the_cluster_and_of_the_cloud_are_looked_at(stack: str) -> None:
    subjects = declared(stack)
    assert sum(one.is_kubernetes for one in subjects) > 100
    begin = CLOUDS.get(plan(stack)["target"])
    if begin:
        assert sum(one.type.startswith(begin) for one in subjects) > 30
