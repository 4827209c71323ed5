"""What a preview itself has to say about a change, in the shape of the rules' findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fairlead.preview.model import Step
from fairlead.rules.model import Finding, Level

STOPPED, REFUSED, LOST, UNSURE = (
    "preview-protected",
    "preview-refused",
    "preview-data-lost",
    "preview-unsure",
)
TITLES = {
    STOPPED: "What is protected is neither deleted nor replaced",
    REFUSED: "What cannot be changed in place is not changed in place",
    LOST: "What keeps data stays",
    UNSURE: "It is known which inputs force a replacement",
}
UNPROTECT = "take the protection away in a change of its own, when it is meant: the engine stops before that"


def findings(steps: Iterable[Step]) -> list[Finding]:
    """One finding for every change that will fail, or that loses something."""
    return [one for step in steps for one in _of(step)]


def _of(step: Step) -> Iterator[Finding]:
    does = {"delete": "is deleted", "replace": "is replaced"}.get(step.verdict, "")
    path = next(iter(step.forced_by), "")
    if step.stopped:
        yield _finding(
            STOPPED, "mandatory", step, path, f"is protected and {does}: the engine stops", UNPROTECT
        )
    elif step.keeps and not step.kept:
        yield _finding(LOST, "advisory", step, path, f"{does}: {step.keeps} would be lost", _spare(step))
    for one in step.refused:
        fix = one.fix or "take the change back, or make another resource beside it"
        yield _finding(REFUSED, "mandatory", step, one.path, one.why, fix)
    if step.unsure:
        what = f"nobody has written down which inputs of {step.resource.type} force a replacement"
        yield _finding(UNSURE, "advisory", step, "", what, "add a row to catalog/data/immutable")


def _spare(step: Step) -> str:
    if step.verdict == "delete":
        return "keep it, or make sure that a copy stands elsewhere"
    return f"leave {', '.join(step.forced_by[:3])} as it is, or move the data to another one first"


def _finding(rule: str, level: Level, step: Step, path: str, what: str, fix: str) -> Finding:
    one = step.resource
    return Finding(rule, TITLES[rule], level, one.urn, one.type, one.name, path, what, fix=fix)
