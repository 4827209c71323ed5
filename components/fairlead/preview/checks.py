"""What a preview alone can say about a change, in the shape of the rules' findings: `rules.changes` has the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fairlead.preview.model import Step
from fairlead.rules.model import Finding, Level

REFUSED, UNSURE = "preview-refused", "preview-unsure"
TITLES = {
    REFUSED: "What cannot be changed in place is not changed in place",
    UNSURE: "It is known which inputs force a replacement",
}


def findings(steps: Iterable[Step]) -> list[Finding]:
    """One finding for every change that will fail, or of which nobody knows what it does."""
    return [one for step in steps for one in _of(step)]


def _of(step: Step) -> Iterator[Finding]:
    for one in step.refused:
        fix = one.fix or "take the change back, or make another resource beside it"
        yield _finding(REFUSED, "mandatory", step, one.path, one.why, fix)
    if step.unsure:
        what = f"nobody has written down which inputs of {step.resource.type} force a replacement"
        yield _finding(UNSURE, "advisory", step, "", what, "add a row to catalog/data/immutable")


def _finding(rule: str, level: Level, step: Step, path: str, what: str, fix: str) -> Finding:
    one = step.resource
    return Finding(rule, TITLES[rule], level, one.urn, one.type, one.name, path, what, fix=fix)
