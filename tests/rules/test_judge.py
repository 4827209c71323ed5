"""Levels, exceptions and the order of findings: how a stack is held against rules."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest

from fairlead.errors import InputError
from fairlead.plan.policies import check
from fairlead.rules.excuses import EXPIRED, UNUSED
from fairlead.rules.judge import judge, of_resource, subjects_of
from fairlead.rules.model import Flaw, ResourceRule, Subject, Whole, WholeRule
from fairlead.spec.load import load
from fairlead.spec.policies import Policies

TODAY = date(2026, 11, 30)
COLOUR = ResourceRule(
    id="test-colour",
    title="Nothing is red",
    reason="Red things are seen from afar, which nobody wants of them.",
    level="mandatory",
    references=(),
    types=("test:*:Thing", "kubernetes:*:Pod"),
    check=lambda one: (
        [Flaw("colour", "is red", "red", "blue", "paint it")] if one.get("colour") == "red" else []
    ),
)
EMPTY = WholeRule(
    id="test-company",
    title="Nothing is alone",
    reason="What is alone has nobody who would notice that it is gone.",
    level="advisory",
    references=(),
    looks_at="resources",
    check=lambda whole: [Flaw("", "is alone", subject=whole.subjects[0])] if len(whole.subjects) == 1 else [],
)
PLANNED = WholeRule(
    id="test-plan",
    title="The plan has a name",
    reason="What has no name cannot be asked for by those who need it.",
    level="mandatory",
    references=(),
    looks_at="plan",
    check=lambda whole: [] if whole.plan.get("name") else [Flaw("name", "is empty")],
)
RULES = (EMPTY, COLOUR, PLANNED)


def thing(name: str = "door", colour: str = "red", kind: str = "test:index:Thing", **more: Any) -> Subject:
    return Subject(kind, name, {"colour": colour, **more}, f"urn:{name}")


def excuse(resource: str, until: str = "2026-12-31", rule: str = "test-colour") -> dict[str, str]:
    return {
        "rule": rule,
        "resource": resource,
        "owner": "team-paint",
        "reason": "the painter comes before the year ends",
        "until": until,
    }


def said(subjects: Iterable[Subject], **policies: Any) -> list[tuple[str, bool]]:
    found = judge(subjects, Policies.model_validate(policies), TODAY, rules=RULES)
    return [(one.rule, one.refuses) for one in found]


def test_what_refuses_comes_first() -> None:
    assert said([thing()]) == [("test-colour", True), ("test-company", False)]


def test_a_level_of_the_stack_holds_in_place_of_the_rules_own() -> None:
    assert said([thing()], levels={"test-colour": "advisory"}) == [
        ("test-colour", False),
        ("test-company", False),
    ]
    assert said([thing()], levels={"test-colour": "off", "test-company": "mandatory"}) == [
        ("test-company", True)
    ]
    assert said([thing()], levels={"test-colour": "remediate"})[0] == ("test-colour", True)


def test_an_exception_excuses_until_its_last_day_and_says_who_answers_for_it() -> None:
    policies = Policies.model_validate({"exceptions": [excuse("door", "2026-11-30")]})
    found = judge([thing(), thing("gate")], policies, TODAY, rules=RULES)
    assert [(one.name, one.refuses) for one in found] == [("gate", True), ("door", False)]
    assert found[1].excused == "team-paint, until 2026-11-30: the painter comes before the year ends"
    later = judge([thing(), thing("gate")], policies, date(2026, 12, 1), rules=RULES)
    assert [(one.rule, one.refuses) for one in later] == [("test-colour", True)] * 2 + [(EXPIRED, False)]
    assert "expired on 2026-11-30" in later[2].what


def test_an_exception_for_nothing_is_told_where_all_of_a_stack_was_looked_at() -> None:
    policies = Policies.model_validate({"exceptions": [excuse("window")]})
    assert [one.rule for one in judge([thing(colour="blue")], policies, TODAY, rules=(COLOUR,))] == [UNUSED]
    assert of_resource(thing(colour="blue"), policies, TODAY, rules=(COLOUR,)) == []


def test_an_object_of_kubernetes_is_excused_by_kind_namespace_and_name() -> None:
    pod = thing(
        "x-pod", kind="kubernetes:core/v1:Pod", metadata={"namespace": "kube-system", "name": "driver-1"}
    )
    for resource, excused in (("Pod/kube-system/driver-*", True), ("Pod/driver-*", False), ("x-pod", True)):
        policies = Policies.model_validate({"exceptions": [excuse(resource)]})
        assert bool(of_resource(pod, policies, TODAY, rules=(COLOUR,))[0].excused) == excused, resource


def test_rules_about_a_plan_are_silent_where_none_is_given() -> None:
    assert judge([thing(colour="blue"), thing("gate", "blue")], Policies(), TODAY, rules=RULES) == []
    found = judge([], Policies(), TODAY, plan={"name": "", "pools": []}, rules=RULES)
    assert [(one.rule, one.path, one.urn, one.name) for one in found] == [("test-plan", "name", "", "stack")]


def test_a_long_value_is_cut_where_it_is_shown() -> None:
    long = ResourceRule(
        id="test-long",
        title="x",
        reason="x",
        level="advisory",
        references=(),
        types=("*",),
        check=lambda one: [Flaw("colour", "is long", "y" * 500)],
    )
    found = judge([thing()], Policies(), TODAY, rules=(long,))
    assert len(found[0].given) == 121


def test_subjects_are_what_a_program_declares_without_its_components() -> None:
    one = {
        "type": "t",
        "name": "n",
        "inputs": {"a": {"b": 1}},
        "urn": "u",
        "protect": True,
        "retain_on_delete": False,
    }
    found = subjects_of([{**one, "custom": True}, {**one, "custom": False}])
    assert found == [Subject("t", "n", {"a": {"b": 1}}, "u", protect=True)]
    assert (found[0].get("a.b"), found[0].get("a.c.d"), found[0].kind) == (1, None, "t")


def test_resources_are_found_by_patterns_of_types() -> None:
    whole = Whole((thing(), thing("p", kind="kubernetes:core/v1:Pod")))
    assert [one.name for one in whole.of("kubernetes:*:Pod", "nothing")] == ["p"]


def test_what_a_stack_says_of_rules_is_checked_all_at_once() -> None:
    policies = Policies.model_validate(
        {
            "levels": {"kubernetes-no-privilege": "off", "kubernetes-no-privileged": "remediate"},
            "regions": ["us-east-1", "mars-1"],
            "exceptions": [excuse("x", rule="no-such-rule")],
        }
    )
    found = list(check(policies, ["us-east-1"]))
    assert [one.where for one in found] == [
        "platform.policies.levels.kubernetes-no-privilege",
        "platform.policies.levels.kubernetes-no-privileged",
        "platform.policies.exceptions[0].rule",
        "platform.policies.regions[1]",
    ]
    assert "nearest: kubernetes-no-privileged" in found[0].allowed
    assert all(one.given and one.allowed for one in found)


@pytest.mark.parametrize("field", ["owner", "reason", "until", "resource", "rule"])
def test_an_exception_without_owner_reason_or_date_is_refused(field: str) -> None:
    lacking = {key: value for key, value in excuse("x").items() if key != field}
    with pytest.raises(InputError, match=rf"platform\.policies\.exceptions\[0\]\.{field}"):
        load({"policies": {"exceptions": [lacking]}}, "f")
