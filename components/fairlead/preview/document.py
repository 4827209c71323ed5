"""Previews as plain data for programs. The form has a version: a reader refuses one that it does not know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from fairlead.plan.bill_show import change_dict
from fairlead.preview.model import MISSING, Field, Preview, Step

VERSION = 1
LONGEST = 4_096
"""Characters of a text that are written whole; of a longer one the beginning, and a mark."""


def to_document(previews: Sequence[Preview]) -> dict[str, Any]:
    """All previews. What is the same is counted, not listed."""
    return {"fairlead_preview": VERSION, "stacks": [_stack(one) for one in previews]}


def _stack(preview: Preview) -> dict[str, Any]:
    since = preview.since
    return {
        "stack": preview.stack,
        "file": preview.file,
        "target": preview.target,
        "against": {
            "kind": since.kind,
            "words": since.words,
            "commit": since.commit,
            "existed": since.existed,
        },
        "counts": dict(preview.counts),
        "refused": any(one.refuses for one in preview.findings),
        "changes": [_step(step) for step in preview.changes],
        "findings": [
            {**asdict(one), "refuses": one.refuses, "new": preview.brought(one)} for one in preview.findings
        ],
        "decisions": [asdict(one) for one in preview.decisions],
        "cost": change_dict(preview.cost) if preview.cost else None,
        "notes": list(preview.notes),
    }


def _step(step: Step) -> dict[str, Any]:
    one = step.resource
    return {
        "verdict": step.verdict,
        "urn": one.urn,
        "type": one.type,
        "name": one.name,
        "renamed_from": step.renamed_from,
        "forced_by": list(step.forced_by),
        "fields": [_field(each) for each in step.fields],
        "refused": [asdict(each) for each in step.refused],
        "protected": step.stopped,
        "kept": step.kept,
        "delete_first": step.delete_first,
        "keeps": step.keeps,
        "unsure": step.unsure,
    }


def _field(one: Field) -> dict[str, Any]:
    found: dict[str, Any] = {"path": one.path, "kind": one.kind, "forces": one.forces}
    if one.because:
        found["because"] = one.because
    for name, value in (("old", one.old), ("new", one.new)):
        if value is not MISSING:
            found[name] = _short(value)
    return found


def _short(value: Any) -> Any:
    if isinstance(value, str) and len(value) > LONGEST:
        return f"{value[:LONGEST]}… ({len(value)} characters)"
    if isinstance(value, list):
        return [_short(part) for part in value]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, dict):
        return {str(key): _short(part) for key, part in value.items()}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return value
