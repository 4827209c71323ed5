"""From a declared resource to the body of the REST request, by tables: renamed, moved, or not part of it.

A property without a row keeps its name and place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

DROP = ""
"""Row value: the property is the provider's own or part of the URL, not of the body."""


@dataclass(frozen=True)
class Body:
    """Where the request body of one resource type is described, and how to make it."""

    api: str
    """Discovery document: `container.v1`."""
    schema: str
    moves: Mapping[str, str] = field(default_factory=dict)
    """Dotted path of a property, lists not marked -> its name or dotted path below the same parent."""
    wrap: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    """Dotted path -> function that gives its value the API's shape."""


def body(inputs: Mapping[str, Any], row: Body) -> dict[str, Any]:
    """The request body of a resource."""
    return _object(inputs, row, "")


def _object(value: Mapping[str, Any], row: Body, prefix: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, part in value.items():
        path = f"{prefix}{key}"
        steps = row.moves[path].split(".") if path in row.moves else [key]  # keys of maps may have dots
        if steps != [DROP]:
            _put(made, steps, row.wrap.get(path, _same)(_value(part, row, f"{path}.")))
    return made


def _value(value: Any, row: Body, prefix: str) -> Any:
    if isinstance(value, Mapping):
        return _object(value, row, prefix)
    return [_value(part, row, prefix) for part in value] if isinstance(value, list) else value


def _put(made: dict[str, Any], path: list[str], value: Any) -> None:
    for step in path[:-1]:
        made = made.setdefault(step, {})
        if not isinstance(made, dict):
            return  # something else stands there already, and the document says so
    last = path[-1]
    if isinstance(value, dict) and isinstance(made.get(last), dict):
        made[last].update(value)
    else:
        made[last] = value


def _same(value: Any) -> Any:
    return value


def as_list(value: Any) -> Any:
    return [value]


def flag(value: Any) -> Any:
    """A switch that the provider has as a text and the API as a boolean."""
    return {"TRUE": True, "FALSE": False}.get(value, value) if isinstance(value, str) else value


def only(value: Any) -> Any:
    """The one member of a list that the provider has where the API has an object."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def keyed(name: str) -> Callable[[Any], Any]:
    """A list of objects as a map by one of their fields, which goes."""

    def shape(value: Any) -> Any:
        if not isinstance(value, list) or not all(isinstance(one, Mapping) and name in one for one in value):
            return value
        return {one[name]: {key: part for key, part in one.items() if key != name} for one in value}

    return shape
