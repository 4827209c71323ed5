"""Findings for the reader: one in full, all in a table, and as a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from fairlead.errors import Problem, nearest
from fairlead.rules.book import BY_ID
from fairlead.rules.model import Finding

HOW_TO_EXCEPT = "what must be so is named in platform.policies, by a level or an exception: docs/policies.md"

HOW_TO_SEE = "all that a stack breaks: fairlead check policies -s STACK"


def rules_like(given: str) -> str:
    """What rules there are, for who has named none of them: there are too many to list."""
    near = nearest(given, BY_ID)
    return f"one of {len(BY_ID)} rules" + (f" (nearest: {', '.join(near)})" if near else "")


def text(finding: Finding) -> str:
    """A finding in full, without its level: where, what, given, allowed, fix."""
    what = f"{finding.what} (rule {finding.rule})"
    return str(Problem(place(finding), what, finding.given, finding.allowed, finding.fix))


def place(finding: Finding) -> str:
    """Whose value it is, and which."""
    return " ".join(part for part in (finding.name, finding.path) if part)


def refusal(found: Sequence[Finding]) -> str:
    """What is told in place of building."""
    many = len({one.rule for one in found})
    head = f"{found[0].type} {found[0].name}" if found[0].type else "the plan"
    lines = [f"{head} breaks {many} rule{'s' if many > 1 else ''} that must be kept"]
    for one in found:
        lines += [f"  {line}" for line in text(one).split("\n")]
    return "\n".join([*lines, f"  {HOW_TO_EXCEPT}", f"  {HOW_TO_SEE}"])


def summary(found: Sequence[Finding]) -> str:
    """How many of each kind, in a sentence without a full stop."""
    kinds = (
        ("refused", sum(one.refuses for one in found)),
        ("advised", sum(one.level == "advisory" and not one.excused for one in found)),
        ("excused", sum(bool(one.excused) for one in found)),
    )
    return ", ".join(f"{count} {kind}" for kind, count in kinds)


def to_dict(finding: Finding) -> dict[str, Any]:
    """A finding as plain data."""
    return {**asdict(finding), "refuses": finding.refuses}
