"""A preview for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fairlead.preview import words
from fairlead.preview.model import SIGNS, Preview, Step
from fairlead.spec.table import table

MOST_FIELDS = 8
"""Inputs of one resource that are listed: -o json has them all."""
MOST_NAMES = 3
"""Names that are listed where many resources do the same, or break the same rule."""


def to_text(preview: Preview) -> str:
    """The preview, with a newline at the end."""
    head = f"Stack {preview.stack} ({preview.target}) against {preview.since.words}: {words.counted(preview)}"
    extra = [part for part in (words.judged(preview), words.bill(preview)) if part]
    lines = [head, *(f"  {part}" for part in extra)]
    for title, part in (
        ("Resources", [*_resources(preview.changes)]),
        ("Findings", [*_findings(preview)]),
        ("Decisions", [f"  {one.subject}: {one.what}" for one in preview.decisions]),
        ("Cost, USD a month", _cost(preview)),
        ("Notes", [f"  {note}" for note in preview.notes] if preview.changes else []),
    ):
        if part:
            lines += ["", title, *part]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _resources(steps: Sequence[Step]) -> Iterator[str]:
    told = [step for step in steps if step.fields or step.refused or step.keeps or step.stopped]
    plain = [step for step in steps if step not in told]
    for step in told:
        yield f"  {SIGNS[step.verdict]:>2} {step.resource.type} {words.place(step)}"
        for one in step.fields[:MOST_FIELDS]:
            yield f"       {words.field(one)}"
        if len(step.fields) > MOST_FIELDS:
            yield f"       and {len(step.fields) - MOST_FIELDS} more inputs"
    yield from _many(plain)


def _many(steps: Sequence[Step]) -> Iterator[str]:
    """Resources that come or go, type by type."""
    groups: dict[tuple[str, str], list[str]] = {}
    for step in steps:
        groups.setdefault((SIGNS[step.verdict], step.resource.type), []).append(words.place(step))
    for (sign, kind), names in groups.items():
        more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        yield f"  {sign:>2} {kind} {', '.join(names[:MOST_NAMES])}{more}"


def _findings(preview: Preview) -> Iterator[str]:
    for one in words.groups(preview):
        new = " (new)" if one.new and preview.standing else ""
        yield f"  {one.label:9} {one.rule}{new}: {one.what}"
        yield f"            {one.names(MOST_NAMES)}"
        first = one.members[0]
        for label, text in (("given", first.given), ("allowed", first.allowed), ("fix", first.fix)):
            if text and one.refuses:
                yield f"            {label + ':':9}{text}"


def _cost(preview: Preview) -> list[str]:
    if preview.cost is None or not preview.cost.pools:
        return []
    rows = [
        (one.pool, "; ".join(one.what) or one.kind, words.bounds(one.delta)) for one in preview.cost.pools
    ]
    total = preview.cost.delta
    rows.append(("all pools", "", words.bounds(total)))
    note = words.partial(total)
    return [
        *table(("pool", "change", "fewest / expected / most nodes"), rows),
        *([f"  {note}"] if note else []),
    ]
