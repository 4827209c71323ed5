"""What a stack says of rules, checked: it names rules that there are, and asks of them what they can."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fairlead.errors import Problem, one_of
from fairlead.spec.policies import Policies

WHERE = "platform.policies"


def check(policies: Policies, regions: Sequence[str]) -> Iterator[Problem]:
    """regions: those of the target that the catalogue knows; empty where it has none."""
    from fairlead.rules.book import BY_ID
    from fairlead.rules.model import ResourceRule
    from fairlead.rules.show import rules_like

    def unknown(rule: str, where: str) -> Iterator[Problem]:
        if rule not in BY_ID:
            yield Problem(where, "no such rule", rule, rules_like(rule), "`fairlead policies` lists them")

    for rule, level in policies.levels.items():
        yield from unknown(rule, f"{WHERE}.levels.{rule}")
        known = BY_ID.get(rule)
        if level == "remediate" and known and not (isinstance(known, ResourceRule) and known.remedy):
            what = "this rule cannot mend what breaks it"
            yield Problem(f"{WHERE}.levels.{rule}", what, level, "off, advisory, mandatory")
    for place, one in enumerate(policies.exceptions):
        yield from unknown(one.rule, f"{WHERE}.exceptions[{place}].rule")
    for place, region in enumerate(policies.regions):
        if regions and region not in regions:
            yield Problem(
                f"{WHERE}.regions[{place}]", "no such region", region, one_of(sorted(regions), region)
            )
