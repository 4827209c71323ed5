"""Mutations: one mistake in one declared resource, and whether a checker notices it."""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reference.common import Checker, Finding, Resource

LEAST = 200
"""Mutations of one cloud: with fewer a rate says little."""
GOAL = 0.95
"""Share of them that must be caught."""

Container = dict[Any, Any] | list[Any]
Change = Callable[[Container, Any], None]
"""Changes a container in place at a key or an index."""


def to(value: Any) -> Change:
    """Another value in the place of one that is there."""

    def change(parent: Container, key: Any) -> None:
        if parent[key] == value:
            raise MutationError(f"{key} is {value!r} already")
        parent[key] = copy.deepcopy(value)

    return change


def edit(function: Callable[[Any], Any]) -> Change:
    """A value made of the one that is there."""

    def change(parent: Container, key: Any) -> None:
        to(function(copy.deepcopy(parent[key])))(parent, key)

    return change


def delete(parent: Container, key: Any) -> None:
    """Change: the value goes."""
    del parent[key]


def rename(name: str) -> Change:
    """The same value under another key."""

    def change(parent: Container, key: Any) -> None:
        parent[name] = parent.pop(key)

    return change


def add(key: str, value: Any) -> Change:
    """A new key inside the mapping that is there, or a new member of the list that is there (key "")."""

    def change(parent: Container, at: Any) -> None:
        place = parent[at]
        if isinstance(place, list):
            place.append(copy.deepcopy(value))
        elif key in place:
            raise MutationError(f"{key} is there already")
        else:
            place[key] = copy.deepcopy(value)

    return change


class MutationError(AssertionError):
    """A mutation that does not apply: its target is not there, or it changes nothing."""


def anything(_resource: Resource) -> bool:
    """The predicate of a mutation that takes any resource of its type."""
    return True


@dataclass(frozen=True)
class Mutation:
    """One mistake in one declared resource that a checker must notice."""

    name: str
    """The mistake in words, unique in its table."""
    type: str
    path: str
    """`taints[0].effect`; `assumeRolePolicy@json.Statement[0]` goes into a JSON text; "" is the inputs."""
    change: Change
    where: Callable[[Resource], bool] = field(default=anything)
    part: str = "inputs"
    """The part of the resource that the path is in: also `depends_on`, `protect` and the other options."""


@dataclass(frozen=True)
class Outcome:
    """What a checker said of one mutation."""

    mutation: Mutation
    target: str
    """Name of the resource that was changed."""
    findings: Sequence[Finding]

    @property
    def caught(self) -> bool:
        """True if the checker said anything; the baseline has no findings."""
        return bool(self.findings)


def steps(path: str) -> list[str | int]:
    """`a.b[0]@json.c` -> a, b, 0, @json, c."""
    parts = re.findall(r"@json|\[\d+\]|[^.\[\]@]+", path)
    return [int(part[1:-1]) if part.startswith("[") else part for part in parts]


def _apply(holder: Container, key: Any, path: Sequence[str | int], change: Change) -> None:
    """Walks from holder[key] along the path, through JSON texts, and changes what lies at its end."""
    if not path:
        change(holder, key)
    elif path[0] == "@json":
        inside = {"json": json.loads(holder[key])}
        _apply(inside, "json", path[1:], change)
        holder[key] = json.dumps(inside["json"])
    else:
        _apply(holder[key], path[0], path[1:], change)


def _has(value: Any, path: Sequence[str | int]) -> bool:
    for step in path:
        try:
            value = json.loads(value) if step == "@json" else value[step]
        except (KeyError, IndexError, TypeError, ValueError):
            return False
    return True


def targets(resources: Sequence[Resource], mutation: Mutation) -> list[int]:
    """Indexes of the resources that a mutation applies to."""
    path = steps(mutation.path)
    return [
        index
        for index, one in enumerate(resources)
        if one["type"] == mutation.type and _has(one[mutation.part], path) and mutation.where(one)
    ]


def mutated(resources: Sequence[Resource], mutation: Mutation) -> tuple[list[Resource], str]:
    """The resources with the mistake in the first one it applies to, and that one's name."""
    possible = targets(resources, mutation)
    if not possible:
        raise MutationError(f"{mutation.name}: no {mutation.type} with {mutation.path!r} is declared")
    changed = copy.deepcopy(dict(resources[possible[0]]))
    _apply(changed, mutation.part, steps(mutation.path), mutation.change)
    return [*resources[: possible[0]], changed, *resources[possible[0] + 1 :]], changed["name"]


def without(resources: Sequence[Resource], kind: str) -> list[Resource]:
    """The resources less the first one of a type; raises MutationError if there is none."""
    index = next((index for index, one in enumerate(resources) if one["type"] == kind), None)
    if index is None:
        raise MutationError(f"no {kind} is declared")
    return [*resources[:index], *resources[index + 1 :]]


def assert_clean(check: Checker, resources: Sequence[Resource]) -> None:
    """Fails with every finding on its own line."""
    findings = check(resources)
    assert not findings, f"{len(findings)} findings:\n" + "\n".join(f"  {one}" for one in findings)


def run_mutations(
    stacks: Mapping[str, Sequence[Resource]], mutations: Sequence[Mutation], check: Checker
) -> list[Outcome]:
    """Every mutation, in the first stack that has its target.

    Raises AssertionError if a stack is not clean to begin with, if two mutations share a name, or if
    no stack has a mutation's target.
    """
    double = [name for name, count in Counter(one.name for one in mutations).items() if count > 1]
    assert not double, f"mutations of the same name: {double}"
    for resources in stacks.values():
        assert_clean(check, resources)
    return [_outcome(stacks, one, check) for one in mutations]


def _outcome(stacks: Mapping[str, Sequence[Resource]], mutation: Mutation, check: Checker) -> Outcome:
    resources = next((one for one in stacks.values() if targets(one, mutation)), [])
    changed, name = mutated(resources, mutation)
    return Outcome(mutation, name, check(changed))


def report(title: str, outcomes: Sequence[Outcome]) -> str:
    """The catch rate, who caught how many, and every escape."""
    caught = [one for one in outcomes if one.caught]
    by = Counter(name for one in caught for name in {finding.reference for finding in one.findings})
    lines = [f"{title}: {len(caught)} of {len(outcomes)} mutations caught ({rate(outcomes):.1%})"]
    lines += [f"  {count:3} seen by {name}" for name, count in by.most_common()]
    lines += [f"  ESCAPED {one.mutation.name} ({one.target})" for one in outcomes if not one.caught]
    return "\n".join(lines)


def rate(outcomes: Sequence[Outcome]) -> float:
    """Share of the mutations that were caught."""
    return sum(one.caught for one in outcomes) / len(outcomes)


def assert_caught(title: str, outcomes: Sequence[Outcome], tell: Callable[[str], None]) -> None:
    """Tells the catch rate of a cloud, and fails if it is below the goal or made of too few mutations."""
    told = report(title, outcomes)
    tell(told)
    assert len(outcomes) >= LEAST, f"{title}: only {len(outcomes)} mutations"
    assert rate(outcomes) >= GOAL, told
