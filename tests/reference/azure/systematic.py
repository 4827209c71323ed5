"""Mistakes that nobody chose: they follow from what is declared.

Of form: each key misspelt, each value of another type, each word in another case, each required one left
out. Of meaning: each reference pointed at another resource of the same kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from reference.azure import sdk
from reference.azure.kinds import KINDS
from reference.azure.shapes import Choice, Many, Record, Scalar, Shape
from reference.common import Resource, is_unknown, texts, whole_reference
from reference.mutation import Mutation, mutated, to

Mistake = tuple[str, Resource]
"""What was done and where, and the resource with it."""


def mistakes(one: Resource) -> Iterator[Mistake]:
    """All of them in one resource, one at a time."""
    shape = sdk.shape(one["type"]) if one["type"] in KINDS else None
    if shape is not None:
        for what, inputs in _in(one["inputs"], shape, one["name"]):
            yield what, {**one, "inputs": inputs}


def _in(value: Any, shape: Shape, path: str) -> Iterator[tuple[str, Any]]:
    if shape == Scalar("any"):
        return
    if path.count(".") > 0:
        yield f"{path} of another type", _other(value)
    if isinstance(shape, Choice) and not is_unknown(value) and value.swapcase() not in shape.values:
        yield f"{path} in another case", value.swapcase()
    if isinstance(shape, Many):
        for index, inner in enumerate(value):
            for what, changed in _in(inner, shape.item, f"{path}[{index}]"):
                yield what, [*value[:index], changed, *value[index + 1 :]]
    if isinstance(shape, Record):
        yield from _in_record(value, shape, path)


def _in_record(value: dict[str, Any], shape: Record, path: str) -> Iterator[tuple[str, Any]]:
    for key, inner in value.items():
        rest = {other: kept for other, kept in value.items() if other != key}
        yield f"{path}.{key} misspelt", {**rest, f"{key}z": inner}
        if key in shape.parts:
            if shape.parts[key].required:
                yield f"{path}.{key} left out", rest
            for what, changed in _in(inner, shape.parts[key].shape, f"{path}.{key}"):
                yield what, {**value, key: changed}


def _other(value: Any) -> Any:
    """A value that is of no type that this one may have."""
    return {"no": "such"} if isinstance(value, str | int | float | list) else 7


def crossings(resources: Sequence[Resource]) -> Iterator[tuple[str, Sequence[Resource]]]:
    """What was crossed, and all resources with one reference pointed at the first other one of its kind."""
    for one in resources:
        for path, text in texts(one["inputs"]) if one["type"] in KINDS else ():
            ref = whole_reference(text)
            others = (other["name"] for other in resources if ref and other["type"] == ref.type)
            other = next((name for name in others if ref and name != ref.name), None)
            if ref and other:
                crossed = text.replace(f"::{ref.name}.", f"::{other}.")
                urn = one["urn"]
                change = Mutation(
                    path, one["type"], path, to(crossed), lambda found, urn=urn: found["urn"] == urn
                )
                yield f"{one['name']} {path}: {ref.name} -> {other}", mutated(resources, change)[0]
