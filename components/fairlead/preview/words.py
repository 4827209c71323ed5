"""Words and figures that the reports for people share."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.plan.bill_model import Spread
from fairlead.plan.bill_show import MORE, PARTIAL
from fairlead.plan.bill_show import UNKNOWN as NOT_KNOWN
from fairlead.preview.model import MISSING, Field, Preview, Step, Verdict
from fairlead.rules.model import Finding
from fairlead.rules.unseen import UNKNOWN

LONGEST = 60
"""Characters of a value that a line shows."""
DONE: Mapping[Verdict, str] = {
    "create": "to create",
    "update": "to update",
    "replace": "to replace",
    "delete": "to delete",
    "same": "unchanged",
}
FIRST: Sequence[Verdict] = ("create", "update", "replace", "delete", "same")
PATCH = "known after the change"


def counted(preview: Preview) -> str:
    """`3 to create, 1 to replace, 210 unchanged`; what is none is left out, but for an empty stack."""
    parts = [f"{preview.counts[one]} {DONE[one]}" for one in FIRST if preview.counts[one]]
    return ", ".join(parts) or "no resources"


def judged(preview: Preview) -> str:
    """`3 findings: 2 refusing (1 new), 1 advisory`; empty where there are none."""
    found = preview.findings
    kinds = {
        "refusing": [one for one in found if one.refuses],
        "advisory": [one for one in found if not one.refuses and not one.excused],
        "excused": [one for one in found if one.excused],
    }
    parts = [f"{len(many)} {kind}{_new(preview, many)}" for kind, many in kinds.items() if many]
    return f"{_many(len(found), 'finding')}: {', '.join(parts)}" if parts else ""


def _new(preview: Preview, many: Sequence[Finding]) -> str:
    """How many the change has brought; nothing is said where all stood before, or where all are new."""
    new = sum(preview.brought(one) for one in many)
    return f" ({new} new)" if 0 < new < len(many) else ""


@dataclass(frozen=True)
class Group:
    """Findings that say the same of several resources."""

    label: str
    """mandatory, advisory or excused."""
    refuses: bool
    new: bool
    rule: str
    what: str
    members: tuple[Finding, ...]

    def names(self, most: int) -> str:
        """Where: the first, and how many more there are."""
        if len(self.members) == 1:
            (one,) = self.members
            return " ".join(part for part in (one.name, one.path) if part)
        told = list(dict.fromkeys(one.name for one in self.members))
        more = f" and {len(told) - most} more" if len(told) > most else ""
        return ", ".join(told[:most]) + more


def groups(preview: Preview) -> list[Group]:
    """Findings by what they say: those that refuse first, and among those the ones that the change has brought."""
    found: dict[tuple[str, bool, bool, str, str], list[Finding]] = {}
    for one in preview.findings:
        label = "excused" if one.excused else one.level
        key = (label, one.refuses, preview.brought(one), one.rule, one.what)
        found.setdefault(key, []).append(one)
    made = [Group(*key, tuple(many)) for key, many in found.items()]
    return sorted(
        made, key=lambda one: (not one.refuses, one.label == "excused", not one.new, one.rule, one.what)
    )


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def bill(preview: Preview) -> str:
    """`+12.00 USD an hour expected (+8,760.00 a month)`; empty where no pool costs anything else."""
    if preview.cost is None or not preview.cost.pools:
        return ""
    return f"cost {amount(preview.cost.delta)}"


def amount(delta: Spread) -> str:
    """A difference in figures: what is expected, an hour and a month."""
    one = delta.expected
    if one.hour is None or one.month is None:
        return NOT_KNOWN
    more = "" if one.whole else MORE
    return f"{_usd(one.hour)}{more} USD an hour expected ({_usd(one.month)}{more} a month)"


def bounds(delta: Spread) -> str:
    """A difference from the fewest nodes to the most, USD a month."""
    return " / ".join(NOT_KNOWN if one.month is None else _usd(one.month) for one in delta.bounds.values())


def partial(delta: Spread) -> str:
    """What the mark of a sum means that is not whole; empty where it is."""
    return "" if all(one.whole for one in delta.bounds.values()) else PARTIAL


def _usd(value: float) -> str:
    return f"{round(value, 2) + 0.0:+,.2f}"


def value(one: Any, longest: int = LONGEST) -> str:
    """A value in a line, shortened; unknown ones as such."""
    if one is MISSING:
        return ""
    if one == UNKNOWN:
        return f"({PATCH})"
    text = one if isinstance(one, str) else json.dumps(one, sort_keys=True, ensure_ascii=False)
    text = " ".join(text.split()) if isinstance(one, str) else text
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def field(one: Field, longest: int = LONGEST) -> str:
    """`spec.replicas: 1 -> 3, forces replacement`."""
    return one.path + ": " + ", ".join(part for part in (_what(one, longest), _why(one)) if part)


def _what(one: Field, longest: int) -> str:
    if one.because:
        return (
            f"({PATCH})" if one.old == one.new else f"{value(one.old, longest)} -> {value(one.new, longest)}"
        )
    if one.kind == "added":
        return f"+ {value(one.new, longest)}"
    if one.kind == "removed":
        return f"- {value(one.old, longest)}"
    return _lines(one) or _pair(one, longest)


def _pair(one: Field, longest: int) -> str:
    """Both values, from shortly before the place where they part."""
    old, new = value(one.old, 10**6), value(one.new, 10**6)
    if old == new:
        return f"{value(new, longest)}, another one"
    if max(len(old), len(new)) <= longest:
        return f"{old} -> {new}"
    same = next(
        (at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new))
    )
    begin = max(0, same - 12)
    lead = "…" if begin else ""
    return " -> ".join(lead + value(text[begin:], longest) for text in (old, new))


def _lines(one: Field) -> str:
    """How many lines of a longer text are others."""
    if not (isinstance(one.old, str) and isinstance(one.new, str)) or "\n" not in one.old + one.new:
        return ""
    from difflib import SequenceMatcher

    old, new = one.old.splitlines(), one.new.splitlines()
    parts = [
        part for part in SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if part[0] != "equal"
    ]
    gone, come = sum(part[2] - part[1] for part in parts), sum(part[4] - part[3] for part in parts)
    if not parts:
        return "blanks at line ends"
    return f"+{come} -{gone} lines, from line {parts[0][3] + 1}"


def _why(one: Field) -> str:
    return "; ".join(part for part in ("forces replacement" if one.forces else "", one.because) if part)


def place(step: Step) -> str:
    """What the resource is called, with what else is to be known of it."""
    notes = [
        f"was {step.renamed_from}" if step.renamed_from else "",
        "the old one goes first" if step.delete_first else "",
        "stays where it is, the engine forgets it" if step.kept and step.verdict == "delete" else "",
        "protected" if step.stopped else "",
        "will be refused" if step.refused else "",
        "it is not known whether that replaces it" if step.unsure else "",
    ]
    told = "; ".join(note for note in notes if note)
    return f"{step.resource.name} ({told})" if told else step.resource.name


def finding(one: Finding) -> str:
    """`aws-bucket-private acme-data acl: is public`, as one line."""
    where = " ".join(part for part in (one.name, one.path) if part)
    return f"{one.rule} {where}: {one.what}" if where else f"{one.rule}: {one.what}"
