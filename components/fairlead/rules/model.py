"""What a rule is, what it looks at, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, Literal

Data = Mapping[str, Any]
Level = Literal["advisory", "mandatory"]
"""advisory: it is said. mandatory: it is refused."""


@dataclass(frozen=True)
class Subject:
    """One resource as a program declares it."""

    type: str
    """The engine's token, for example `aws:s3/bucket:Bucket` or `kubernetes:apps/v1:Deployment`."""
    name: str
    inputs: Data
    """In wire case. What exists only after creation is a text `${TYPE::NAME.PATH}`, or `${unknown}`."""
    urn: str = ""
    protect: bool = False
    retain_on_delete: bool = False
    kept: dict[str, Any] = field(default_factory=dict[str, Any], init=False, compare=False, repr=False)
    """What one rule has found out about it, and the next need not look for again."""

    @property
    def is_kubernetes(self) -> bool:
        """Whether it is an object of Kubernetes' API, and not a provider."""
        return self.type.startswith("kubernetes:")

    @property
    def kind(self) -> str:
        """The last part of the type: `Deployment`."""
        return self.type.rpartition(":")[2]

    def get(self, path: str) -> Any:
        """The value at a dotted path of the inputs, for example `spec.template.spec`; None where there is none."""
        found: Any = self.inputs
        for key in path.split("."):
            if not isinstance(found, Mapping) or key not in found:
                return None
            found = found[key]  # pyright: ignore[reportUnknownVariableType]
        return found  # pyright: ignore[reportUnknownVariableType]


@dataclass(frozen=True)
class Change:
    """What a preview says of one resource."""

    verdict: Literal["create", "update", "replace", "delete", "same"]
    before: Subject | None = None
    after: Subject | None = None
    forced_by: tuple[str, ...] = ()
    """Paths of the fields that force a replacement."""


@dataclass(frozen=True)
class Whole:
    """All of a stack: what rules about more than one resource look at."""

    subjects: tuple[Subject, ...]
    plan: Data = field(default_factory=dict[str, Any])
    """The platform plan as `fairlead plan -o json` prints it; empty where only resources are known."""
    settings: Data = field(default_factory=dict[str, Any])
    """`platform.policies` as plain data: what some rules are told, such as the regions that are allowed."""
    changes: tuple[Change, ...] = ()

    @cached_property
    def by_type(self) -> Mapping[str, Sequence[Subject]]:
        """Resources by type."""
        found: dict[str, list[Subject]] = {}
        for one in self.subjects:
            found.setdefault(one.type, []).append(one)
        return found

    def of(self, *patterns: str) -> Iterator[Subject]:
        """Resources whose type matches one of the patterns, such as `kubernetes:*:Namespace`."""
        for kind, subjects in self.by_type.items():
            if matches(kind, patterns):
                yield from subjects


@dataclass(frozen=True)
class Flaw:
    """One way in which something breaks a rule."""

    path: str
    """Of the value, below the resource's inputs or the plan: `spec.template.spec.hostNetwork`."""
    what: str
    """What is wrong with it, one clause, no full stop."""
    given: str = ""
    allowed: str = ""
    fix: str = ""
    subject: Subject | None = None
    """Of rules that look at more than one resource: whose flaw it is; None, the stack's."""


@dataclass(frozen=True)
class Admission:
    """The same rule in the API server's own language, for what enters a cluster later."""

    resources: tuple[str, ...]
    """`GROUP/VERSION/PLURAL`, the core group empty: `/v1/pods`, `apps/v1/deployments`."""
    expression: str
    """CEL that is true for what is admitted; `object` is what comes in."""
    message: str
    variables: tuple[tuple[str, str], ...] = ()
    """Named parts of the expression, in order: (name, CEL)."""
    operations: tuple[str, ...] = ("CREATE", "UPDATE")
    """At which requests it is looked at."""
    standard: Literal["", "baseline", "restricted"] = ""
    """Only where a namespace keeps this Pod Security Standard, or a stricter one: Pod Security refuses the pods there,
    this what makes them. Empty: everywhere."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What must hold, and why."""

    id: str
    """Lower-case words with hyphens; the first says what it is about: `aws-bucket-private`."""
    title: str
    """The rule in a sentence without a full stop, as an order: `Buckets are not public`."""
    reason: str
    """What happens where it is broken."""
    level: Level
    """Where a stack says nothing else."""
    references: tuple[str, ...]
    """Of published benchmarks and standards: `CIS-EKS 1.7.0 5.4.2`, `PSS restricted`; empty where none has it."""
    admission: Admission | None = None


@dataclass(frozen=True, kw_only=True)
class ResourceRule(Rule):
    """One that one resource alone keeps or breaks."""

    types: tuple[str, ...]
    """Patterns of types that it is about."""
    check: Callable[[Subject], Iterable[Flaw]]
    remedy: Callable[[Subject], Data | None] | None = None
    """The inputs mended, or None where that is not for a machine to decide."""


@dataclass(frozen=True, kw_only=True)
class WholeRule(Rule):
    """One about resources together, the plan or its changes."""

    looks_at: Literal["resources", "plan", "changes"]
    check: Callable[[Whole], Iterable[Flaw]]


AnyRule = ResourceRule | WholeRule


@dataclass(frozen=True)
class Finding:
    """A rule broken by something, as every report shows it."""

    rule: str
    title: str
    level: Level
    urn: str
    """Of the resource; empty where the stack or its plan is meant."""
    type: str
    name: str
    path: str
    what: str
    given: str = ""
    allowed: str = ""
    fix: str = ""
    excused: str = ""
    """Who has excused it, until when and why; empty where nobody has. An excused finding refuses nothing."""

    @property
    def refuses(self) -> bool:
        """Whether nothing may be built while it stands."""
        return self.level == "mandatory" and not self.excused


def matches(kind: str, patterns: Iterable[str]) -> bool:
    """Whether a type matches one of the patterns."""
    return any(fnmatchcase(kind, pattern) for pattern in patterns)
