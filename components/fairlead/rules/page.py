"""Tables of all rules for docs/policies.md, made from the book."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from fairlead.rules.book import RULES
from fairlead.rules.model import AnyRule, ResourceRule

FAMILIES: Mapping[str, str] = {
    "aws": "Amazon Web Services",
    "azure": "Azure",
    "change": "Changes",
    "cloud": "Any cloud",
    "cost": "Costs",
    "gcp": "Google Cloud",
    "kubernetes": "Objects of Kubernetes",
    "plan": "Plans",
    "workload": "Workloads",
}
"""First word of rules -> heading. A family without one stands under its word."""


def count() -> str:
    """How many rules there are, by what happens."""
    mandatory = sum(one.level == "mandatory" for one in RULES)
    mending = sum(isinstance(one, ResourceRule) and one.remedy is not None for one in RULES)
    admitted = sum(one.admission is not None for one in RULES)
    return (
        f"{len(RULES)} rules: {mandatory} are mandatory, {len(RULES) - mandatory} advisory, where a stack says nothing"
        f" else. The policy pack can mend what breaks {mending} of them; {admitted} are written for the API server."
    )


def rules() -> str:
    """Tables of all rules, a family each."""
    found: defaultdict[str, list[AnyRule]] = defaultdict(list)
    for one in RULES:
        found[one.id.partition("-")[0]].append(one)
    lines: list[str] = []
    for family in sorted(found, key=lambda word: FAMILIES.get(word, word)):
        lines += [f"### {FAMILIES.get(family, family)}", "", *_table(found[family]), ""]
    return "\n".join(lines).rstrip()


def _table(rules: Sequence[AnyRule]) -> Iterator[str]:
    yield "| rule | level | what holds | without it | asked for by |"
    yield "|---|---|---|---|---|"
    for one in rules:
        cells = (f"`{one.id}`", one.level, one.title, one.reason, "; ".join(one.references))
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def references() -> str:
    """What each benchmark and standard asks for, and the rules that hold it."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for rule in RULES:
        for one in rule.references:
            found[one].append(rule.id)
    rows = [
        f"| {one} | {', '.join(f'`{rule}`' for rule in found[one])} |" for one in sorted(found, key=_natural)
    ]
    return "\n".join(["| asked for by | rules |", "|---|---|", *rows])


def _natural(text: str) -> list[tuple[int, int, str]]:
    """So that 4.10 comes behind 4.9."""
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in re.split(r"(\d+)", text)]
