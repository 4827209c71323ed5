"""Mistakes made by machine at every place of every declared resource: none was picked because it is noticed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from reference.aws import botocore_models, rules_references, terraform_schema
from reference.aws.stacks import STACKS
from reference.common import Finding, Resource, load, whole_reference

ELSEWHERE = "${aws:ec2/eip:Eip::nobody.publicIp}"
FREE = frozenset({"tags", "labels", "parameters", "tags_all"})
"""Maps whose keys the user chooses."""

Check = Callable[[Resource], list[Finding]]
Place = tuple[str | int, ...]


def places(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every place in the inputs with what lies there."""
    parts = (
        value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, part in parts:
        yield (*place, key), part
        yield from places(part, (*place, key))


def holder(inputs: Any, place: Place) -> Any:
    for step in place[:-1]:
        inputs = inputs[step]
    return inputs


def misspelt(stack: str) -> Iterator[tuple[Resource, Place, Any]]:
    for one, place, value in declared(stack):
        if isinstance(place[-1], str) and not FREE & set(place[:-1]):
            yield one, place, (f"{place[-1]}x", value)


def of_another_type(stack: str) -> Iterator[tuple[Resource, Place, Any]]:
    for one, place, value in declared(stack):
        if value is not None and not isinstance(value, Mapping):
            yield one, place, (place[-1], {"no": "such"} if isinstance(value, str) else "perhaps")


def crossed(stack: str) -> Iterator[tuple[Resource, Place, Any]]:
    for one, place, value in declared(stack):
        if whole_reference(value):
            yield one, place, (place[-1], ELSEWHERE)


def declared(stack: str) -> Iterator[tuple[Resource, Place, Any]]:
    """Each place once for each type of resource, whatever its indexes."""
    seen: set[tuple[Any, ...]] = set()
    for one in load(stack):
        if one["type"].startswith("aws:"):
            for place, value in places(one["inputs"]):
                sign = (one["type"], *(step for step in place if isinstance(step, str)))
                if sign not in seen:
                    seen.add(sign)
                    yield one, place, value


def shapes(resource: Resource) -> list[Finding]:
    """By the schema, and by the API's own model, which alone knows what is newer than the schema."""
    return [*terraform_schema.check(resource), *botocore_models.check(resource)]


def sources(resource: Resource) -> list[Finding]:
    return list(rules_references.sources(resource))


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize(
    ("mistakes", "check"),
    [(misspelt, shapes), (of_another_type, shapes), (crossed, sources)],
    ids=["a misspelt key", "a value of another type", "a reference to another kind"],
)
def test_a_mistake_is_noticed_at_every_place(stack: str, mistakes: Any, check: Check):
    made, escaped = 0, []
    for one, place, (key, value) in mistakes(stack):
        changed = copy.deepcopy(one)
        inside = holder(changed["inputs"], place)
        del inside[place[-1]]
        inside.insert(place[-1], value) if isinstance(inside, list) else inside.update({key: value})
        made += 1
        if not check(changed):
            escaped.append(f"{one['type']} {'.'.join(map(str, place))}")
    print(f"{stack}: {made - len(escaped)} of {made}")
    assert made > 20
    assert not escaped
