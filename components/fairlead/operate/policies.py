"""`fairlead check policies`: a stack held against every rule, without credentials, network or cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from fairlead.catalog.read import load
from fairlead.operate.resources import resources
from fairlead.plan.facts import facts
from fairlead.plan.stack import plan_of
from fairlead.rules.book import RULES
from fairlead.rules.judge import judge, subjects_of
from fairlead.rules.model import Finding
from fairlead.rules.show import place, summary, to_dict
from fairlead.spec.policies import Policies
from fairlead.stack import Stack

SIGNS = {"mandatory": "refused", "advisory": "advised"}


@dataclass(frozen=True)
class Checked:
    """What the rules say of a stack."""

    stack: str
    resources: int
    findings: tuple[Finding, ...]
    """What refuses first; those that are excused too."""

    @property
    def open(self) -> tuple[Finding, ...]:
        """Findings that nobody has excused."""
        return tuple(one for one in self.findings if not one.excused)

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "stack": self.stack,
            "rules": len(RULES),
            "resources": self.resources,
            "findings": [to_dict(one) for one in self.findings],
        }


def check(stack: Stack, today: date) -> Checked:
    """Holds a stack's plan and all that its program declares against the rules.

    today: the day on which exceptions still hold or no more. Raises FairleadError as the program does.
    """
    plan = plan_of(stack.folder, stack.name)
    subjects = subjects_of(resources(stack))
    policies = Policies.model_validate(dict(plan.policies))
    found = judge(subjects, policies, today, plan=facts(plan, load(), today))
    return Checked(stack.name, len(subjects), tuple(found))


def lines(checked: Checked, excused: bool) -> Iterator[str]:
    """What was found, for people: each rule once, with all that breaks it."""
    yield f"Stack {checked.stack}: {checked.resources} resources and the plan, {len(RULES)} rules"
    yield from _by_rule(checked.open)
    if excused:
        yield from _by_rule([one for one in checked.findings if one.excused])
    yield f"{summary(checked.findings)}{_more(checked, excused)}"


def _more(checked: Checked, excused: bool) -> str:
    hidden = not excused and any(one.excused for one in checked.findings)
    return " (--excused lists them)" if hidden else ""


def _by_rule(findings: Sequence[Finding]) -> Iterator[str]:
    for rule in dict.fromkeys(one.rule for one in findings):
        found = [one for one in findings if one.rule == rule]
        sign = "excused" if found[0].excused else SIGNS[found[0].level]
        yield ""
        yield f"{sign}: {found[0].title} ({rule})"
        for said in dict.fromkeys(map(_said, found)):
            yield from (f"  {place(one)}" for one in found if _said(one) == said)
            yield from (f"    {line}" for line in said)
    if findings:
        yield ""


def _said(finding: Finding) -> tuple[str, ...]:
    """What is told of a finding beside its place: the same of many."""
    if finding.excused:
        return (f"excused by {finding.excused}",)
    asked = (("given", finding.given), ("allowed", finding.allowed), ("fix", finding.fix))
    return (finding.what, *(f"{label + ':':9}{value}" for label, value in asked if value))
