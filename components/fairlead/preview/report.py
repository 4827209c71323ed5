"""From two sets of declared resources and two plans to a preview that may be shown to anybody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from fairlead.catalog.model import Catalog
from fairlead.plan.bill import bill
from fairlead.plan.bill_change import change
from fairlead.plan.facts import facts
from fairlead.plan.model import PlatformPlan
from fairlead.preview import checks
from fairlead.preview.decisions import decisions
from fairlead.preview.model import Field, Preview, Refusal, Resource, Since, Step, mark
from fairlead.preview.paths import parsed
from fairlead.preview.secrecy import MARKED, Veil
from fairlead.preview.steps import PROVIDER, steps
from fairlead.rules.judge import judge
from fairlead.rules.model import Change, Finding, Subject
from fairlead.spec.policies import Policies

NEW_PROGRAM = (
    "the stack files of {} went through the program and the catalogue of today: what changed in those is not shown"
    " (--baseline shows it)"
)
NO_PLAN = "a baseline has resources only: what the plan decides otherwise, and what that costs, is not shown"
SECRETS = "whether secrets changed is not known: a baseline has none of them"


@dataclass(frozen=True)
class Side:
    """A stack at one time."""

    resources: Sequence[Mapping[str, Any]]
    """As `fairlead resources -o json` prints them."""
    plan: PlatformPlan | None = None


def preview(
    stack: str, file: str, before: Side, after: Side, since: Since, today: date, catalog: Catalog
) -> Preview:
    """All that a change of a stack does. after must have a plan. Raises InputError for a bad catalogue."""
    old, new = [[Resource.of(one) for one in side.resources] for side in (before, after)]
    plan = after.plan
    if plan is None:
        raise ValueError("a preview is of a stack that has a plan")
    veil = Veil([*old, *new])
    found = steps(old, new)
    bought = bill(plan, catalog, today)
    then = bill(before.plan, catalog, today) if before.plan else None
    return Preview(
        stack,
        file,
        plan.target,
        since,
        tuple(_veiled(step, veil) for step in found),
        tuple(
            _told(one, veil) for one in _findings(found, _judged(new, plan, today, catalog, _changes(found)))
        ),
        frozenset(mark(one) for one in _judged(old, before.plan, today, catalog))
        if before.plan
        else frozenset(),
        decisions(before.plan, plan),
        change(then, bought) if since.kind != "baseline" else None,
        tuple(_notes(since, found, old)),
    )


def _findings(found: Sequence[Step], judged: Sequence[Finding]) -> list[Finding]:
    return sorted(
        [*checks.findings(found), *judged],
        key=lambda one: (not one.refuses, bool(one.excused), one.level, one.rule, one.urn, one.path),
    )


def _changes(found: Sequence[Step]) -> list[Change]:
    return [Change(step.verdict, _maybe(step.before), _maybe(step.after), step.forced_by) for step in found]


def _judged(
    resources: Sequence[Resource],
    plan: PlatformPlan,
    today: date,
    catalog: Catalog,
    changes: Sequence[Change] = (),
) -> list[Finding]:
    """What the rules have against a stack."""
    policies = Policies.model_validate(dict(plan.policies))
    subjects = [_subject(one) for one in resources if one.custom]
    return judge(subjects, policies, today, plan=facts(plan, catalog, today), changes=changes)


def _subject(one: Resource) -> Subject:
    return Subject(one.type, one.name, one.inputs, one.urn, one.protect, one.retain_on_delete)


def _maybe(one: Resource | None) -> Subject | None:
    return _subject(one) if one else None


def _veiled(step: Step, veil: Veil) -> Step:
    """A step without secrets: its fields are hidden where they must be, and no other input is in it."""
    fields = tuple(_field(one, step, veil) for one in step.fields)
    refused = tuple(Refusal(one.path, veil.text(one.why), veil.text(one.fix)) for one in step.refused)
    before, after = (replace(one, inputs={}) if one else None for one in (step.before, step.after))
    return replace(step, before=before, after=after, fields=fields, refused=refused)


def _field(one: Field, step: Step, veil: Veil) -> Field:
    if one.path == PROVIDER:
        return one
    keys = parsed(one.path)
    old = veil.value(step.before or step.resource, keys, one.old)
    new = veil.value(step.after or step.resource, keys, one.new)
    return replace(one, old=old, new=new, because=veil.text(one.because))


def _told(one: Finding, veil: Veil) -> Finding:
    given, allowed, fix = veil.text(one.given), veil.text(one.allowed), veil.text(one.fix)
    return replace(one, what=veil.text(one.what), given=given, allowed=allowed, fix=fix)


def _notes(since: Since, found: Iterable[Step], old: Iterable[Resource]) -> Iterable[str]:
    if since.kind == "ref":
        yield NEW_PROGRAM.format(since.words)
    if since.kind == "baseline":
        yield NO_PLAN
        if any(MARKED.search(str(one.inputs)) for one in old):
            yield SECRETS
