"""Holds a stack against the rules: every finding, with what the stack says of levels and exceptions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

from fairlead.rules.book import RULES
from fairlead.rules.excuses import Excuses, names
from fairlead.rules.model import (
    AnyRule,
    Change,
    Data,
    Finding,
    Flaw,
    Level,
    ResourceRule,
    Subject,
    Whole,
    matches,
)
from fairlead.rules.unseen import is_unseen
from fairlead.spec.policies import Policies

SHOWN = 120
"""Characters of a value that a finding shows at most."""


def judge(
    subjects: Iterable[Subject],
    policies: Policies,
    today: date,
    *,
    plan: Data | None = None,
    changes: Sequence[Change] = (),
    rules: Sequence[AnyRule] = RULES,
) -> list[Finding]:
    """Everything found, what refuses first, then by rule and place.

    plan: as `fairlead plan -o json` prints it; today: the day on which exceptions still hold or no more.
    """
    whole = Whole(tuple(subjects), plan or {}, policies.model_dump(mode="json"), tuple(changes))
    excuses = Excuses(policies.exceptions, today)
    found = [one for rule in rules for one in _of(rule, whole, policies, excuses)]
    found += excuses.problems(bool(whole.subjects))
    return sorted(
        found, key=lambda one: (not one.refuses, bool(one.excused), one.level, one.rule, one.urn, one.path)
    )


def of_resource(
    subject: Subject, policies: Policies, today: date, rules: Sequence[AnyRule] = RULES
) -> list[Finding]:
    """What one resource alone breaks: for its constructor, and for the policy pack."""
    whole = Whole((subject,))
    excuses = Excuses(policies.exceptions, today)
    own = about(subject.type) if rules is RULES else [one for one in rules if isinstance(one, ResourceRule)]
    return [one for rule in own for one in _of(rule, whole, policies, excuses)]


@cache
def about(kind: str) -> tuple[ResourceRule, ...]:
    """The rules that one resource of a type keeps or breaks by itself."""
    return tuple(rule for rule in RULES if isinstance(rule, ResourceRule) and matches(kind, rule.types))


def level_of(rule: AnyRule, policies: Policies) -> Level | None:
    """At which level a rule stands in a stack; None where it is off."""
    said = policies.levels.get(rule.id, rule.level)
    if said == "off":
        return None
    return "advisory" if said == "advisory" else "mandatory"


def _of(rule: AnyRule, whole: Whole, policies: Policies, excuses: Excuses) -> Iterator[Finding]:
    level = level_of(rule, policies)
    if level is None:
        return
    for subject, flaw in _flaws(rule, whole):
        excused = excuses.of(rule.id, subject)
        yield _finding(rule, level, subject, flaw, excused)


def _flaws(rule: AnyRule, whole: Whole) -> Iterator[tuple[Subject | None, Flaw]]:
    """What breaks a rule, without what nobody sees."""
    for subject, flaw in _all_flaws(rule, whole):
        if subject is None or not is_unseen(subject.inputs, flaw.path):
            yield subject, flaw


def _all_flaws(rule: AnyRule, whole: Whole) -> Iterator[tuple[Subject | None, Flaw]]:
    if isinstance(rule, ResourceRule):
        for kind, subjects in whole.by_type.items():
            if matches(kind, rule.types):
                yield from ((subject, flaw) for subject in subjects for flaw in rule.check(subject))
    elif _known(rule.looks_at, whole):
        yield from ((flaw.subject, flaw) for flaw in rule.check(whole))


def _known(part: str, whole: Whole) -> bool:
    return bool({"resources": whole.subjects, "plan": whole.plan, "changes": whole.changes}[part])


def _finding(rule: AnyRule, level: Level, subject: Subject | None, flaw: Flaw, excused: str) -> Finding:
    return Finding(
        rule=rule.id,
        title=rule.title,
        level=level,
        urn=subject.urn if subject else "",
        type=subject.type if subject else "",
        name=names(subject)[0],
        path=flaw.path,
        what=flaw.what,
        given=_short(flaw.given),
        allowed=flaw.allowed,
        fix=flaw.fix,
        excused=excused,
    )


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def subjects_of(resources: Iterable[Mapping[str, Any]]) -> list[Subject]:
    """Resources as `fairlead resources -o json` prints them, without components: those have no inputs of their own."""
    return [
        Subject(one["type"], one["name"], one["inputs"], one["urn"], one["protect"], one["retain_on_delete"])
        for one in resources
        if one["custom"]
    ]
