"""A rule for the reader: what it asks for, what breaks and what keeps it, and how an exception from it is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import Any

from fairlead.rules.book import RULES
from fairlead.rules.examples import Example, examples
from fairlead.rules.model import AnyRule, Data, ResourceRule

WIDTH = 100
KINDS = {"resources": "all resources together", "plan": "the plan", "changes": "what a preview changes"}


def families() -> list[str]:
    """First words of the rules' names."""
    return sorted({one.id.partition("-")[0] for one in RULES})


def rows(rules: Iterable[AnyRule]) -> list[tuple[str, str, str]]:
    """(name, level, title) of each."""
    return [(one.id, one.level, one.title) for one in rules]


def to_dict(rule: AnyRule) -> dict[str, Any]:
    """A rule as plain data, with its examples."""
    found = examples().get(rule.id, ())
    return {
        "rule": rule.id,
        "level": rule.level,
        "title": rule.title,
        "reason": rule.reason,
        "references": list(rule.references),
        "looks_at": _looks_at(rule),
        "types": list(rule.types) if isinstance(rule, ResourceRule) else [],
        "mends": isinstance(rule, ResourceRule) and rule.remedy is not None,
        "admission": rule.admission is not None,
        "bad": [dict(one.shown) for one in found if one.breaks],
        "good": [dict(one.shown) for one in found if not one.breaks],
    }


def to_text(rule: AnyRule) -> str:
    """A rule in full, with a newline at the end."""
    return "\n".join([*_head(rule), "", *_examples(rule), *exception(rule)]) + "\n"


def _head(rule: AnyRule) -> Iterator[str]:
    yield rule.title
    yield f"  rule:       {rule.id}"
    yield f"  level:      {rule.level}, where a stack says nothing else"
    yield f"  looks at:   {_looks_at(rule)}"
    if rule.references:
        yield f"  references: {'; '.join(rule.references)}"
    if isinstance(rule, ResourceRule) and rule.remedy:
        yield "  mends:      the policy pack can, at level remediate"
    if rule.admission:
        yield "  admission:  the API server refuses what enters the cluster later, too"
    yield ""
    yield from wrap(rule.reason, WIDTH)


def _looks_at(rule: AnyRule) -> str:
    return ", ".join(rule.types) if isinstance(rule, ResourceRule) else KINDS[rule.looks_at]


def _examples(rule: AnyRule) -> Iterator[str]:
    for title, breaks in (("Breaks it", True), ("Keeps it", False)):
        for one in examples().get(rule.id, ()):
            if one.breaks == breaks:
                yield f"{title}:"
                yield from (f"  {line}" for line in as_yaml(one).splitlines())
                yield ""


def as_yaml(example: Example) -> str:
    """An example as its file has it."""
    import yaml

    return yaml.safe_dump(_plain(example.shown), sort_keys=False, allow_unicode=True, width=WIDTH)


def _plain(data: Data) -> Any:
    """Without the marks by which YAML names what it says twice."""
    import json

    return json.loads(json.dumps(data, default=str))


def exception(rule: AnyRule) -> Sequence[str]:
    """How an exception from a rule is written in a stack's file."""
    return (
        "To except something, in the stack's file:",
        "  policies:",
        "    exceptions:",
        f"      - rule: {rule.id}",
        f"        resource: {_resource(rule)}",
        "        owner: who answers for it",
        "        reason: why it must be so, in 20 characters or more",
        "        until: the last day on which it holds, YYYY-MM-DD",
        "To look away altogether, or only to be told:",
        f'  policies: {{levels: {{{rule.id}: "off"}}}}    # or advisory',
    )


def _resource(rule: AnyRule) -> str:
    """What the rule's things are called in an exception."""
    if not isinstance(rule, ResourceRule):
        return "stack" if rule.looks_at == "plan" else "the engine's name, or KIND/NAMESPACE/NAME"
    kubernetes = all(one.startswith("kubernetes:") for one in rule.types)
    return "KIND/NAMESPACE/NAME" if kubernetes else "the engine's name"
