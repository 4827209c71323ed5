"""Every rule fires on its bad examples and is silent on its good ones; and says of itself what readers need."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from fairlead.rules.book import BY_ID, RULES
from fairlead.rules.examples import Example, examples, laid_over
from fairlead.rules.judge import judge, of_resource
from fairlead.rules.model import AnyRule, Finding, ResourceRule, Subject, WholeRule
from fairlead.rules.unseen import UNKNOWN
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


def leaves(value: object, path: str = "") -> dict[str, str]:
    """Every value of nested data, as text, by its path; a list of plain values is one."""
    if isinstance(value, dict):
        return {at: leaf for key, one in value.items() for at, leaf in leaves(one, f"{path}.{key}").items()}
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        return {
            at: leaf
            for place, one in enumerate(value)
            for at, leaf in leaves(one, f"{path}[{place}]").items()
        }
    return {path: json.dumps(value, default=str)}


def differences(one: Example, other: Example) -> int:
    """How many values are not the same; a resource that only one has counts once, and so does its type or name."""
    parts = [{(each.type, each.name): each for each in example.subjects} for example in (one, other)]
    found = len(set(parts[0]) ^ set(parts[1]))
    pairs = [(parts[0][key], parts[1][key]) for key in set(parts[0]) & set(parts[1])]
    for this, that in pairs:
        inputs = [leaves(dict(each.inputs)) for each in (this, that)]
        found += sum(inputs[0].get(path) != inputs[1].get(path) for path in {*inputs[0], *inputs[1]})
        found += (this.protect, this.retain_on_delete) != (that.protect, that.retain_on_delete)
    told = [leaves([dict(each.plan), dict(each.policies)]) for each in (one, other)]
    return found + sum(told[0].get(path) != told[1].get(path) for path in {*told[0], *told[1]})


@pytest.mark.parametrize("rule", sorted({one.values[0].rule for one in BAD if one.values[0].subjects}))
def test_a_rule_has_a_bad_example_that_is_nearly_a_good_one(rule: str) -> None:
    """So that what is learnt from the pair is the rule, and not some other difference."""
    bad, good = ([one for one in examples()[rule] if one.breaks == kind] for kind in (True, False))
    assert min(differences(one, other) for one in bad for other in good) <= 3


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


def blanked(value: Any) -> Iterator[Any]:
    """The data as often as it has values, each time with another that is not known yet."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield {**value, key: UNKNOWN}
            yield from ({**value, key: inner} for inner in blanked(one))
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield [*value[:place], UNKNOWN, *value[place + 1 :]]
            yield from ([*value[:place], inner, *value[place + 1 :]] for inner in blanked(one))


@pytest.mark.parametrize("rule", IDS)
def test_a_value_that_is_not_known_yet_makes_no_finding(rule: str) -> None:
    for example in examples()[rule]:
        for place, one in enumerate(example.subjects):
            for inputs in blanked(dict(one.inputs)):
                after = replace(one, inputs=inputs)
                subjects = (*example.subjects[:place], after, *example.subjects[place + 1 :])
                found = {each.rule for each in found_in(replace(example, subjects=subjects)) if each.refuses}
                assert found <= ({rule} if example.breaks else set()), inputs


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
