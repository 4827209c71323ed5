"""Every rule fires on its bad examples and is silent on its good ones; and says of itself what readers need."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest

from fairlead.rules.book import BY_ID, RULES
from fairlead.rules.examples import Example, examples, laid_over
from fairlead.rules.judge import judge, of_resource
from fairlead.rules.model import AnyRule, Finding, ResourceRule, Subject, WholeRule
from fairlead.spec.policies import Policies

TODAY = date(2026, 11, 30)
ALL = [one for found in examples().values() for one in found]
ALONE = tuple(rule for rule in RULES if isinstance(rule, ResourceRule))
IDS = [rule.id for rule in RULES]
REFERENCE = re.compile(
    r"CIS-(EKS|GKE|AKS|AWS|GCP|Azure|Kubernetes) \d+\.\d+(\.\d+)? \d+(\.\d+)+"
    r"|AWS FSBP [A-Z][A-Za-z0-9]+\.\d+"
    r"|MCSB [A-Z]{2}-\d+"
    r"|PSS (baseline|restricted)"
    r"|NSA 1\.2 (Kubernetes Pod security|Network separation and hardening|Authentication and authorization"
    r"|Audit logging and threat detection|Upgrading and application security practices)"
)
"""Benchmark and its version, then the number or the section there; nothing that a reader could not look up."""


def found_in(example: Example) -> list[Finding]:
    """What the rule, and every rule about one resource alone, says of an example."""
    rule = BY_ID[example.rule]
    rules: tuple[AnyRule, ...] = ALONE if isinstance(rule, ResourceRule) else (*ALONE, rule)
    policies = Policies.model_validate(example.policies)
    return judge(example.subjects, policies, TODAY, plan=example.plan, changes=example.changes, rules=rules)


def label(example: Example) -> str:
    of_rule = [one for one in ALL if (one.rule, one.breaks) == (example.rule, example.breaks)]
    return f"{example.rule}-{'bad' if example.breaks else 'good'}-{of_rule.index(example)}"


BAD = [pytest.param(one, id=label(one)) for one in ALL if one.breaks]
GOOD = [pytest.param(one, id=label(one)) for one in ALL if not one.breaks]


@pytest.mark.parametrize("rule", IDS)
def test_every_rule_has_an_example_of_each_kind(rule: str) -> None:
    assert {one.breaks for one in examples().get(rule, ())} == {True, False}


def test_examples_are_of_rules_that_there_are() -> None:
    assert set(examples()) <= set(IDS)


@pytest.mark.parametrize("example", BAD)
def test_a_bad_example_breaks_its_rule_and_no_other(example: Example) -> None:
    assert {one.rule for one in found_in(example)} == {example.rule}


@pytest.mark.parametrize("example", GOOD)
def test_a_good_example_breaks_nothing(example: Example) -> None:
    assert [(one.rule, one.path, one.what) for one in found_in(example)] == []


@pytest.mark.parametrize("example", [one for one in BAD if len(one.values[0].subjects) == 1])
def test_a_resource_alone_is_told_the_same_as_in_a_stack(example: Example) -> None:
    if not isinstance(BY_ID[example.rule], ResourceRule):
        return
    policies = Policies.model_validate(example.policies)
    assert of_resource(example.subjects[0], policies, TODAY) == found_in(example)


@pytest.mark.parametrize("example", BAD)
def test_a_finding_says_where_what_and_what_to_do(example: Example) -> None:
    for one in found_in(example):
        assert one.what
        assert one.fix
        assert not one.what.endswith("."), one.what
        assert not one.fix.endswith("."), one.fix


def leaves(value: object, path: str = "") -> set[tuple[str, str]]:
    """Every value of nested data with its path, as text."""
    if isinstance(value, dict):
        return {leaf for key, one in value.items() for leaf in leaves(one, f"{path}.{key}")}
    if isinstance(value, (list, tuple)):
        return {leaf for place, one in enumerate(value) for leaf in leaves(one, f"{path}[{place}]")}
    return {(path, json.dumps(value, default=str))}


@pytest.mark.parametrize("example", [one for one in BAD if one.values[0].subjects])
def test_a_good_example_is_a_neighbour_of_the_bad_one(example: Example) -> None:
    """So that what is learnt from the pair is the rule, and not some other difference."""

    def of(one: Example) -> set[tuple[str, str]]:
        everything = [
            {"type": each.type, **each.inputs, "protect": each.protect, "retain": each.retain_on_delete}
            for each in one.subjects
        ]
        return leaves([everything, one.plan, one.policies])

    good = [one for one in examples()[example.rule] if not one.breaks]
    apart = min(len({path for path, _ in of(example) ^ of(one)}) for one in good)
    kinds = {each.type for one in good for each in one.subjects}
    assert apart <= 4 or not {each.type for each in example.subjects} <= kinds


@pytest.mark.parametrize("rule", [one for one in ALONE if one.remedy], ids=lambda one: one.id)
def test_what_a_rule_mends_keeps_it_and_every_other(rule: ResourceRule) -> None:
    assert rule.remedy
    mended = 0
    for example in examples()[rule.id]:
        (one,) = example.subjects
        inputs = rule.remedy(one)
        if inputs is None:
            continue
        mended += example.breaks
        after = Subject(one.type, one.name, inputs, one.urn, one.protect, one.retain_on_delete)
        assert of_resource(after, Policies(), TODAY) == []
    assert mended


def test_ids_are_unique_and_name_what_they_are_about() -> None:
    assert len(set(IDS)) == len(IDS)
    for rule in IDS:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", rule), rule
        assert len(rule) <= 63, rule


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_a_rule_says_what_holds_why_and_who_asks_for_it(rule: AnyRule) -> None:
    assert re.fullmatch(r"[A-Z0-9].{8,88}[^.]", rule.title), rule.title
    assert re.fullmatch(r"[A-Z0-9].{38,400}\.", rule.reason), rule.reason
    assert [one for one in rule.references if not REFERENCE.fullmatch(one)] == []
    assert len(set(rule.references)) == len(rule.references)
    assert rule.level in {"advisory", "mandatory"}
    assert isinstance(rule, WholeRule) or rule.types


def test_an_example_says_only_what_it_is_about() -> None:
    below = {"a": 1, "b": {"c": 2, "d": 3}, "e": [{"f": 1, "g": 2}, {"f": 3}], "h": [1, 2]}
    above = {"b": {"c": None}, "e": [{"f": 9}], "h": [3]}
    assert laid_over(below, above) == {"a": 1, "b": {"d": 3}, "e": [{"f": 9, "g": 2}], "h": [3]}
