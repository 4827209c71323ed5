"""The objects that a real API server is asked about are refused by rules already, and without the attack by none."""

from __future__ import annotations

from datetime import date

import pytest
from support.attacks import REFUSERS, Attack, attacks, subject

from fairlead import labels
from fairlead.rules.book import BY_ID
from fairlead.rules.judge import judge
from fairlead.rules.model import Subject
from fairlead.spec.policies import Policies

TODAY = date(2026, 11, 30)
FOUND = [one for one in attacks() if one.rule]
FOREIGN = [one for one in attacks() if not one.rule]


def broken(one: Subject, *, mandatory: bool = False) -> set[str]:
    """Rules that say something of an object, unexcused."""
    found = judge([one], Policies(), TODAY)
    return {each.rule for each in found if not each.excused and (each.refuses or not mandatory)}


def test_there_are_attacks_of_every_kind_and_many_are_found_before_anybody_sends_them() -> None:
    assert len(FOUND) >= 55
    assert {one.by for one in attacks()} == set(REFUSERS)
    assert len({one.name for one in attacks()}) == len(attacks())
    assert len({one.rule for one in FOUND}) >= 30


@pytest.mark.parametrize("attack", FOUND, ids=lambda one: one.name)
def test_an_attack_is_refused_by_the_rule_that_it_names(attack: Attack) -> None:
    assert attack.rule in broken(attack.subject)


@pytest.mark.parametrize("attack", [one for one in FOUND if one.laid_over], ids=lambda one: one.name)
def test_what_the_attack_was_laid_over_keeps_that_rule(attack: Attack) -> None:
    assert attack.rule not in broken(subject(attack.harmless))


@pytest.mark.parametrize("attack", FOREIGN, ids=lambda one: one.name)
def test_an_attack_without_a_rule_names_the_policy_or_is_about_who_sends_it(attack: Attack) -> None:
    assert attack.policy or attack.by in ("rbac", "queue")
    assert not {
        one for one in broken(attack.subject, mandatory=True) if one in BY_ID and one.startswith("workload")
    }


def test_attacks_are_on_the_tenant_that_the_test_on_a_cluster_has() -> None:
    spaces = {one.object["metadata"].get("namespace") for one in attacks()}
    assert spaces <= {"team-a", "team-b", "kube-system", None}
    queues = {(one.object["metadata"].get("labels") or {}).get(labels.QUEUE) for one in attacks()}
    assert queues <= {"training", "inference", None}
