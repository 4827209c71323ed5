"""A rule in Python and the same rule in CEL say the same of every example and every attack."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from support.attacks import attacks

from fairlead.layers.admission import UNCHANGED
from fairlead.layers.objects import FROM_WITHIN
from fairlead.rules.book import RULES
from fairlead.rules.examples import examples
from fairlead.rules.kubernetes_admission import PODS, SENT
from fairlead.rules.model import Admission, AnyRule, ResourceRule, Subject
from fairlead.rules.unseen import is_unseen
from reference.kubernetes import cel

TOLD = [rule for rule in RULES if rule.admission and isinstance(rule, ResourceRule)]


def resource(subject: Subject) -> str:
    """`GROUP/PLURAL` of an object's type."""
    group, _, _ = subject.type.split(":")[1].partition("/")
    return f"{'' if group == 'core' else group}/{subject.kind.lower()}s"


def looked_at(told: Admission, subject: Subject) -> bool:
    """Whether the policy would be asked about it; those about what pods are made of, about pods as well."""
    wanted = (
        (*told.resources, *PODS) if set(told.resources) <= {*PODS, *SENT} - set(PODS[1:]) else told.resources
    )
    kinds = {f"{group}/{plural}" for group, _, plural in (one.split("/", 2) for one in wanted)}
    return resource(subject) in kinds


def cases() -> Iterator[tuple[AnyRule, str, Subject]]:
    """Every object of every example and attack, with each rule whose policy would be asked about it."""
    subjects = [
        *(one for found in examples().values() for example in found for one in example.subjects),
        *(attack.subject for attack in attacks()),
    ]
    for rule in TOLD:
        for place, one in enumerate(subjects):
            if rule.admission and looked_at(rule.admission, one):
                yield rule, f"{rule.id}-{one.kind}-{place}", one


CASES = list(cases())


def keeps(rule: AnyRule, subject: Subject) -> bool:
    assert isinstance(rule, ResourceRule)
    return not any(not is_unseen(subject.inputs, flaw.path) for flaw in rule.check(subject))


def differing(changed: Callable[[Admission], Admission] = lambda told: told, only: str = "") -> list[str]:
    """Where the two disagree."""
    found: list[str] = []
    for rule, name, one in CASES:
        if (
            rule.admission
            and only in ("", rule.id)
            and keeps(rule, one) != cel.admits(changed(rule.admission), one.inputs)
        ):
            found.append(name)
    return found


def test_there_is_much_to_agree_about() -> None:
    assert len(TOLD) >= 18
    assert len(CASES) >= 1000
    refused = {rule.id for rule, _, one in CASES if not keeps(rule, one)}
    assert refused == {rule.id for rule in TOLD}


def test_python_and_the_api_server_say_the_same_of_every_example_and_attack(
    tell: Callable[[str], None],
) -> None:
    assert differing() == []
    tell(f"{len(CASES)} verdicts of {len(TOLD)} rules are the same in Python and in CEL")


@pytest.mark.parametrize("rule", [one.id for one in TOLD])
def test_a_policy_that_admits_everything_or_nothing_would_be_noticed(rule: str) -> None:
    for wrong in ("true", "false"):
        assert differing(lambda told, wrong=wrong: replace(told, expression=wrong), rule), wrong


def test_a_policy_that_has_lost_a_kind_of_container_would_be_noticed() -> None:
    def without_init(told: Admission) -> Admission:
        variables = tuple(
            (name, text.replace("p.initContainers", "p.nothing")) for name, text in told.variables
        )
        return replace(told, variables=variables)

    assert differing(without_init, "kubernetes-no-privileged")


@pytest.mark.parametrize(
    "lost",
    [
        "jobTemplate",
        "replicatedJobs",
        "workerGroupSpecs",
        "runtimePatches",
        "pytorchReplicaSpecs",
        "workerTemplate",
    ],
)
def test_a_policy_that_does_not_see_the_pods_of_a_kind_would_be_noticed(lost: str) -> None:
    def blind(told: Admission) -> Admission:
        variables = tuple(
            (name, text.replace(f"has(variables.spec.{lost})", "false")) for name, text in told.variables
        )
        gone = tuple(
            (name, text.replace(f"has(variables.cluster.{lost})", "false").replace(f"{lost}.spec", "nothing"))
            for name, text in variables
        )
        return replace(told, variables=gone)

    def seen() -> bool:
        try:
            return bool(differing(blind))
        except (RuntimeError, ValueError, TypeError, KeyError):
            return True

    assert seen()


# ---- conditions ---------------------------------------------------------------------------------

JOB: Mapping[str, Any] = {"metadata": {"name": "x", "namespace": "team-a"}, "spec": {"a": 1}}


@pytest.mark.parametrize(
    ("user", "within"),
    [
        ("somebody", True),
        ("system:serviceaccount:team-a:spark", True),
        ("system:serviceaccount:team-b:spark", False),
        ("system:serviceaccount:kube-system:job-controller", False),
    ],
)
def test_people_and_the_tenants_own_accounts_are_looked_at_and_controllers_are_not(
    user: str, within: bool
) -> None:
    request = {"userInfo": {"username": user}, "namespace": "team-a"}
    assert cel.holds(FROM_WITHIN, request=request) is within


def test_what_stays_as_it_is_is_not_looked_at_again() -> None:
    marked = {**JOB, "metadata": {**JOB["metadata"], "labels": {"a": "b"}}}
    assert cel.holds(UNCHANGED, object=JOB, oldObject=None)
    assert not cel.holds(UNCHANGED, object=marked, oldObject=JOB)
    assert cel.holds(UNCHANGED, object={**JOB, "spec": {"a": 2}}, oldObject=JOB)
    secret = {"metadata": {"name": "x"}, "type": "Opaque"}
    assert cel.holds(UNCHANGED, object=secret, oldObject=secret)
