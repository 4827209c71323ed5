"""What a value may look like, whoever says so, and the comparison of a value with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from reference.common import is_unknown

Wrong = tuple[str, str]
"""Path of a value and what is wrong with it."""


@dataclass(frozen=True)
class Scalar:
    """A text, number or flag; `kind` is str, int, float, bool or any."""

    kind: str


@dataclass(frozen=True)
class Choice:
    """A text out of a closed list."""

    name: str
    values: frozenset[str]


@dataclass(frozen=True)
class Many:
    """A list."""

    item: Shape


@dataclass(frozen=True)
class Table:
    """A mapping with free keys."""

    value: Shape


@dataclass(frozen=True)
class Limits:
    """Bounds of one value, as msrest's validation names them."""

    pattern: str = ""
    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    min_items: int | None = None
    max_items: int | None = None
    unique: bool = False


@dataclass(frozen=True)
class Part:
    """One property of an object."""

    shape: Shape
    required: bool = False
    read_only: bool = False
    limits: Limits = Limits()


@dataclass(frozen=True)
class Record:
    """An object with known properties, worked out on first use because types refer to themselves."""

    name: str
    read: Callable[[], Mapping[str, Part]] = field(compare=False)

    @cached_property
    def parts(self) -> Mapping[str, Part]:
        """Properties by wire name."""
        return self.read()


Shape = Scalar | Choice | Many | Table | Record


def wrong(value: Any, shape: Shape, path: str = "") -> Iterator[Wrong]:
    """Everything in a value that its shape does not allow."""
    if isinstance(shape, Record):
        yield from _wrong_record(value, shape, path)
    elif isinstance(shape, Many):
        yield from _wrong_list(value, shape, path)
    elif isinstance(shape, Table):
        yield from _wrong_table(value, shape, path)
    elif isinstance(shape, Choice):
        if not isinstance(value, str) or (value not in shape.values and not is_unknown(value)):
            yield path, f"{value!r} is none of {shape.name}: {', '.join(sorted(shape.values))}"
    elif not _is_a(value, shape.kind):
        yield path, f"{value!r} is no {shape.kind}"


def _wrong_record(value: Any, shape: Record, path: str) -> Iterator[Wrong]:
    if not isinstance(value, Mapping):
        yield path, f"{value!r} is no {shape.name}"
        return
    for key, inner in value.items():
        part, at = shape.parts.get(key), f"{path}.{key}" if path else key
        if part is None:
            yield at, f"{shape.name} has no property {key!r}"
        elif part.read_only:
            yield at, f"{key!r} of {shape.name} is read-only"
        else:
            yield from wrong(inner, part.shape, at)
            yield from outside(inner, part.limits, at)
    for key, part in shape.parts.items():
        if part.required and not part.read_only and key not in value:
            yield path, f"{shape.name} needs {key!r}"


def _wrong_list(value: Any, shape: Many, path: str) -> Iterator[Wrong]:
    if not isinstance(value, list):
        yield path, f"{value!r} is no list"
        return
    for index, inner in enumerate(value):
        yield from wrong(inner, shape.item, f"{path}[{index}]")


def _wrong_table(value: Any, shape: Table, path: str) -> Iterator[Wrong]:
    if not isinstance(value, Mapping):
        yield path, f"{value!r} is no mapping"
        return
    for key, inner in value.items():
        yield from wrong(inner, shape.value, f"{path}.{key}")


def _is_a(value: Any, kind: str) -> bool:
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "float":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return kind != "str" or isinstance(value, str)


def outside(value: Any, limits: Limits, path: str) -> Iterator[Wrong]:
    """Where a value leaves its limits; nothing is said of a value that only exists after creation."""
    if isinstance(value, str) and not is_unknown(value):
        if limits.pattern and not re.search(limits.pattern, value):
            yield path, f"{value!r} does not match {limits.pattern}"
        yield from _outside(len(value), limits.min_length, limits.max_length, f"{path} has a length of")
    elif isinstance(value, list):
        yield from _outside(len(value), limits.min_items, limits.max_items, f"{path} has items:")
        if limits.unique and len({repr(one) for one in value}) < len(value):
            yield path, "an item occurs twice"
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _outside(value, limits.minimum, limits.maximum, path)


def _outside(value: float, low: float | None, high: float | None, what: str) -> Iterator[Wrong]:
    if low is not None and value < low:
        yield what.partition(" ")[0], f"{what.partition(' ')[2]} {value}, at least {low:g}".strip()
    if high is not None and value > high:
        yield what.partition(" ")[0], f"{what.partition(' ')[2]} {value}, at most {high:g}".strip()
