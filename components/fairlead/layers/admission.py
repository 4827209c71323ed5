"""Rules as policies of the API server: what tenants send later is held to them too, whoever sends it, by what client.

A rule with an `Admission` becomes a ValidatingAdmissionPolicy and its binding. It stands for tenants' namespaces, and
for what people and accounts of theirs send: the platform's own controllers, and what its layers make, are looked at by
the rules themselves when the platform is built. What other policies here say already, or Pod Security, has none:
docs/admission.md, docs/adr/0060.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers.objects import FROM_WITHIN, TENANTS, refusal, sent
from fairlead.rules.book import RULES
from fairlead.rules.judge import level_of
from fairlead.rules.model import Admission, AnyRule, Level
from fairlead.spec.policies import Excuse, Policies

NAME = "admission"
PREFIX = "fairlead-rule-"
"""How their names begin; the rule's id follows."""
ENFORCE = "pod-security.kubernetes.io/enforce"
KEPT: Mapping[str, Sequence[str]] = {"baseline": ("baseline", "restricted"), "restricted": ("restricted",)}
"""Pod Security Standard of a policy -> levels of namespaces that include it."""
ACTIONS: Mapping[Level, Sequence[str]] = {"mandatory": ("Deny",), "advisory": ("Warn", "Audit")}
UNCHANGED = "oldObject == null || !has(object.spec) || object.spec != oldObject.spec"
"""What stays as it is is not looked at again: controllers write marks and statuses, and take finalizers off."""


def objects(policies: Policies, today: date, rules: Sequence[AnyRule] = RULES) -> list[Object]:
    """The policies and their bindings, in the rules' order. today: the day on which exceptions hold, or no more."""
    found: list[Object] = []
    for rule in rules:
        level = level_of(rule, policies)
        if rule.admission and level:
            found += _policy(rule, rule.admission, level, _excepted(rule.id, policies, today))
    return found


def _policy(rule: AnyRule, told: Admission, level: Level, excepted: Sequence[Excuse]) -> list[Object]:
    conditions = [
        {"name": "sent-by-a-tenant", "expression": FROM_WITHIN},
        {"name": "new-or-changed", "expression": UNCHANGED},
        *({"name": f"exception-{place}", "expression": _not(one)} for place, one in enumerate(excepted)),
    ]
    variables = [{"name": name, "expression": text} for name, text in told.variables]
    more = {"matchConditions": conditions, **({"variables": variables} if variables else {})}
    said = f"{told.message} (rule {rule.id})"
    return refusal(
        f"{PREFIX}{rule.id}",
        _looked_at(told),
        [{"expression": told.expression, "message": said}],
        _where(told),
        more,
        ACTIONS[level],
    )


def _looked_at(told: Admission) -> list[Mapping[str, Any]]:
    """By group, in their order."""
    groups: dict[str, list[str]] = {}
    for one in told.resources:
        group, _, kinds = one.split("/", 2)
        groups.setdefault(group, []).append(kinds)
    return [sent(group, kinds, told.operations) for group, kinds in groups.items()]


def _where(told: Admission) -> list[Mapping[str, Any]]:
    kept = KEPT.get(told.standard)
    levels = [{"key": ENFORCE, "operator": "In", "values": list(kept)}] if kept else []
    return [*TENANTS, *levels]


def _excepted(rule: str, policies: Policies, today: date) -> list[Excuse]:
    """Exceptions of objects of Kubernetes that hold on this day. The API server knows no day: they are written anew
    with each `up`, and one that has run out is left out then."""
    named = (one for one in policies.exceptions if one.rule == rule and "/" in one.resource)
    return [one for one in named if one.until >= today]


def _not(one: Excuse) -> str:
    """That an object is another than what an exception names."""
    name = "(has(object.metadata.name) ? object.metadata.name : '')"
    space = "(has(object.metadata.namespace) ? object.metadata.namespace + '/' : '')"
    return f"!(request.kind.kind + '/' + {space} + {name}).matches({json.dumps(_pattern(one.resource))})"


def _pattern(resource: str) -> str:
    """An exception's pattern as RE2 reads it."""
    words = {"*": ".*", "?": "."}
    return f"^{''.join(words.get(letter) or re.escape(letter) for letter in resource)}$"
