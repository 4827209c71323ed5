"""A preview as plain data: a step for every resource, with what changes in it and what forces what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from fairlead.plan.bill_change import Change as CostChange
from fairlead.rules.model import Finding

Verdict = Literal["create", "update", "replace", "delete", "same"]
ORDER: Sequence[Verdict] = ("delete", "replace", "update", "create", "same")
"""As reports list them: what hurts comes first."""
SIGNS: Mapping[Verdict, str] = {"create": "+", "update": "~", "replace": "+-", "delete": "-", "same": " "}
"""The engine's own signs."""


class Missing:
    """Stands for a value that is not there: null is a value too."""

    def __repr__(self) -> str:
        return "(not there)"


MISSING = Missing()


@dataclass(frozen=True)
class Resource:
    """A declared resource, as far as a preview looks at it: see `declared.record.Declared`."""

    urn: str
    type: str
    name: str
    inputs: Mapping[str, Any]
    custom: bool = True
    parent: str = ""
    provider: str = ""
    protect: bool = False
    retain_on_delete: bool = False
    aliases: tuple[str, ...] = ()
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    delete_before_replace: bool = False

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Resource:
        """Reads one entry of what `fairlead resources -o json` prints. Raises KeyError for one without its parts."""
        return cls(
            urn=data["urn"],
            type=data["type"],
            name=data["name"],
            inputs=data["inputs"],
            custom=data["custom"],
            parent=data.get("parent", ""),
            provider=data.get("provider", ""),
            protect=data.get("protect", False),
            retain_on_delete=data.get("retain_on_delete", False),
            aliases=tuple(data.get("aliases", ())),
            ignore_changes=tuple(data.get("ignore_changes", ())),
            replace_on_changes=tuple(data.get("replace_on_changes", ())),
            delete_before_replace=data.get("delete_before_replace", False),
        )


@dataclass(frozen=True)
class Field:
    """One input that is another one now."""

    path: str
    """As the engine writes it: `spec.template.spec.containers[0].image`."""
    old: Any
    """MISSING where it was not there."""
    new: Any
    """MISSING where it is gone; where it is unknown, the reference that stands for it."""
    forces: bool = False
    """Whether it forces a replacement."""
    because: str = ""
    """Why it counts as changed, or forces, where that does not show in the values."""

    @property
    def kind(self) -> Literal["added", "removed", "changed"]:
        """What became of it."""
        return "added" if self.old is MISSING else "removed" if self.new is MISSING else "changed"


@dataclass(frozen=True)
class Refusal:
    """A change that the cloud, or the API server, does not take."""

    path: str
    why: str
    fix: str = ""


@dataclass(frozen=True)
class Step:
    """What happens to one resource."""

    verdict: Verdict
    before: Resource | None
    after: Resource | None
    fields: tuple[Field, ...] = ()
    renamed_from: str = ""
    """The name it had; what stands stays, by an alias."""
    refused: tuple[Refusal, ...] = ()
    unsure: bool = False
    """True where nobody has written down which of its inputs force a replacement."""
    delete_first: bool = False
    """Of a replacement: the old one goes before the new one comes."""
    keeps: str = ""
    """What is lost with it; empty where nothing is, or where it is kept."""

    @property
    def resource(self) -> Resource:
        """The resource as it will be, or as it was."""
        one = self.after or self.before
        if one is None:
            raise ValueError("a step is about a resource")
        return one

    @property
    def forced_by(self) -> tuple[str, ...]:
        """Paths of the inputs that force the replacement."""
        return tuple(one.path for one in self.fields if one.forces)

    @property
    def stopped(self) -> bool:
        """Whether the engine refuses it: a protected resource is not deleted, and not replaced while it stays so.

        pkg/v3 v3.255.0, resource/deploy/step_generator.go: a replacement goes on where the new state is not protected.
        """
        if self.before is None or not self.before.protect:
            return False
        still = self.after is not None and self.after.protect
        return self.verdict == "delete" or (self.verdict == "replace" and still)

    @property
    def kept(self) -> bool:
        """Whether what is deleted here stays where it is: the engine forgets it only."""
        gone = self.verdict in ("delete", "replace")
        return gone and self.before is not None and self.before.retain_on_delete


@dataclass(frozen=True)
class Decision:
    """Something that the plan decides otherwise now."""

    subject: str
    """What it is about: `pool h100`, `tenant team-a`, `platform`."""
    what: str
    """In words: `machine a3-highgpu-8g -> a3-megagpu-8g: the smallest with H100:8`."""


@dataclass(frozen=True)
class Since:
    """What a preview is held against."""

    words: str
    """For people: `main (1a2b3c4d5e6f)`, `baseline.json`, `nothing`."""
    kind: Literal["nothing", "ref", "baseline"]
    commit: str = ""
    existed: bool = True
    """Whether the stack was there."""


@dataclass(frozen=True)
class Preview:
    """All that a report says of one stack."""

    stack: str
    file: str
    """The stack's own file, from the project's directory: where findings are shown."""
    target: str
    since: Since
    steps: tuple[Step, ...]
    """Sorted by URN; those that stay the same are among them."""
    findings: tuple[Finding, ...] = ()
    standing: frozenset[tuple[str, str, str]] = frozenset()
    """Rule, URN and path of the findings that were there before: the change has not brought them."""
    decisions: tuple[Decision, ...] = ()
    cost: CostChange | None = None
    """None where there is no plan to hold it against."""
    notes: tuple[str, ...] = ()
    """What the reader must know to judge the preview."""
    counts: Mapping[Verdict, int] = field(init=False)

    def __post_init__(self) -> None:
        counted: dict[Verdict, int] = dict.fromkeys(ORDER, 0)
        for step in self.steps:
            counted[step.verdict] += 1
        object.__setattr__(self, "counts", counted)

    def brought(self, finding: Finding) -> bool:
        """Whether the change has brought a finding."""
        return mark(finding) not in self.standing

    @property
    def changes(self) -> list[Step]:
        """Steps that do something, in the order of reports."""
        found = [step for step in self.steps if step.verdict != "same"]
        return sorted(found, key=lambda step: (ORDER.index(step.verdict), step.resource.urn))


def mark(finding: Finding) -> tuple[str, str, str]:
    """By what a finding is known again on the other side of a change."""
    return finding.rule, finding.urn, finding.path
